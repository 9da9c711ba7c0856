"""How tasks run."""

import os
import subprocess
import sys

import pytest
from celery.worker.consumer import Consumer
from kombu.exceptions import OperationalError

from config.celery import app, get_ready, without_delayed_delivery
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

    get_ready()

    assert (tmp_path / "ready").exists()


def test_a_worker_without_a_supervisor_says_nothing(tmp_path, monkeypatch):
    monkeypatch.delenv("ERPSTAGING_WORKER_READY_FILE", raising=False)
    monkeypatch.chdir(tmp_path)

    get_ready()

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("setting", ["task_acks_late", "task_reject_on_worker_lost", "task_ignore_result"])
def test_a_lost_worker_loses_no_message_and_nobody_waits_for_results(setting):
    assert app.conf[setting] is True


def test_messages_are_json_alone():
    assert app.conf.accept_content == ["json"]


def test_a_broker_that_was_away_for_long_is_found_again_within_seconds(monkeypatch):
    """The library's own pauses grow to half a minute."""
    monkeypatch.setattr("config.celery.RECONNECT_S", 0.01)
    pauses = []
    away = app.connection_for_write("amqp://127.0.0.1:1//")

    with pytest.raises(OperationalError):
        away.ensure_connection(lambda exc, pause: pauses.append(pause), 20)

    assert pauses == [0.01] * 20


def test_the_scheduler_stays_on_no_connection_that_broke():
    """Without a retry it would try a dead connection for ever; with an end to the retries a sweep would be lost."""
    options = [entry["options"] for entry in app.conf.beat_schedule.values()]

    assert all(one["retry"] and one["retry_policy"] == {"max_retries": None} for one in options)


def test_schedulers_share_no_file():
    assert app.conf.beat_scheduler == "celery.beat:Scheduler"


@pytest.mark.parametrize(
    ("address", "queue_type"), [("amqp://guest:guest@broker//", "quorum"), ("redis://broker/0", "None")]
)
def test_messages_at_rabbitmq_are_in_a_quorum_queue(address, queue_type):
    ended = subprocess.run(
        [sys.executable, "-c", "from config.celery import app; print(app.amqp.queues['erpstaging'].queue_arguments)"],
        env={**os.environ, "CELERY_BROKER_URL": address, "DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert queue_type in ended.stdout


def test_no_queues_are_kept_for_messages_that_wait(monkeypatch):
    steps = Consumer.Blueprint.default_steps
    monkeypatch.setattr(Consumer.Blueprint, "default_steps", steps)

    without_delayed_delivery()

    assert set(steps) - Consumer.Blueprint.default_steps == {"celery.worker.consumer.delayed_delivery:DelayedDelivery"}
