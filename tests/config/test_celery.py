"""How tasks run."""

import pytest

from config.celery import app, tell_supervisor
from erpstaging.core.correlation import correlated, correlation_id


@app.task(name="tests.tell_correlation")
def tell_correlation() -> str:
    return correlation_id()


def test_a_task_carries_its_own_id_as_correlation_id():
    ran = tell_correlation.apply()

    assert ran.get() == ran.id
    assert correlation_id() == ""


def test_a_task_does_not_inherit_the_callers_id():
    with correlated("of-a-request") as around:
        ran = tell_correlation.apply()
        assert correlation_id() == around

    assert ran.get() == ran.id


def test_every_task_that_beat_rings_for_exists():
    app.loader.import_default_modules()

    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}

    assert scheduled - set(app.tasks) == set()


def test_a_worker_that_is_ready_says_so_where_it_was_told(tmp_path, monkeypatch):
    monkeypatch.setenv("ERPSTAGING_WORKER_READY_FILE", str(tmp_path / "ready"))

    tell_supervisor()

    assert (tmp_path / "ready").exists()


def test_a_worker_without_a_supervisor_says_nothing(tmp_path, monkeypatch):
    monkeypatch.delenv("ERPSTAGING_WORKER_READY_FILE", raising=False)
    monkeypatch.chdir(tmp_path)

    tell_supervisor()

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("setting", ["task_acks_late", "task_reject_on_worker_lost", "task_ignore_result"])
def test_a_lost_worker_loses_no_message_and_nobody_waits_for_results(setting):
    assert app.conf[setting] is True


def test_messages_are_json_alone():
    assert app.conf.accept_content == ["json"]
