"""What settings read from the environment, and from the files of an embedded installation."""

import json
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment as env
from tests.processes import manage

APP, OWNER = "postgresql://erpstaging_app@db/erp", "postgresql://erpstaging_owner@db/erp"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "ERPSTAGING_OWNER_DATABASE_URL", "ERPSTAGING_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_both_addresses_are_taken_as_given(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", APP)
    monkeypatch.setenv("ERPSTAGING_OWNER_DATABASE_URL", OWNER)

    assert env.database_addresses(tmp_path) == (APP, OWNER)


@pytest.mark.parametrize("name", ["DATABASE_URL", "ERPSTAGING_OWNER_DATABASE_URL"])
def test_one_address_plays_both(tmp_path, monkeypatch, name):
    monkeypatch.setenv(name, OWNER)

    assert env.database_addresses(tmp_path) == (OWNER, OWNER)


def test_without_addresses_the_running_embedded_server_is_found(tmp_path):
    (tmp_path / "database.json").write_text(json.dumps({"app": APP, "owner": OWNER}))

    assert env.database_addresses(tmp_path) == (APP, OWNER)


def test_where_no_server_runs_the_address_says_so(tmp_path):
    app, owner = env.database_addresses(tmp_path)

    assert app == owner
    assert "no-server-runs" in app


def test_an_address_becomes_djangos_settings():
    parsed = env.database("postgresql://erpstaging_app:secret@db.example:6432/erp?sslmode=require")

    assert parsed == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "erp", "USER": "erpstaging_app", "PASSWORD": "secret", "HOST": "db.example", "PORT": "6432",
        "OPTIONS": {"sslmode": "require"},
    }  # fmt: skip


def test_an_address_that_cannot_be_read_stops_the_start():
    with pytest.raises(ImproperlyConfigured):
        env.database("postgresql://[broken")


def test_a_given_secret_key_wins(tmp_path, monkeypatch):
    monkeypatch.setenv("ERPSTAGING_SECRET_KEY", "given")
    (tmp_path / "secret_key").write_text("kept")

    assert env.secret_key(tmp_path, may_draw=False) == "given"


def test_the_kept_secret_key_is_read(tmp_path):
    (tmp_path / "secret_key").write_text("kept\n")

    assert env.secret_key(tmp_path, may_draw=False) == "kept"


def test_a_missing_secret_key_stops_the_start_of_a_real_installation(tmp_path):
    with pytest.raises(ImproperlyConfigured, match="ERPSTAGING_SECRET_KEY"):
        env.secret_key(tmp_path, may_draw=False)


def test_a_key_for_one_process_is_drawn_and_written_nowhere(tmp_path):
    assert env.secret_key(tmp_path, may_draw=True) != env.secret_key(tmp_path, may_draw=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ERPSTAGING_SECRET_KEY", "short"),
        ("ERPSTAGING_SECRET_KEY", "insecure-" * 10),
        ("ERPSTAGING_DEBUG", "1"),
        ("ERPSTAGING_DEBUG", "perhaps"),
        ("ERPSTAGING_ALLOWED_HOSTS", "*"),
        ("ERPSTAGING_BASE_URL", "http://erp.example"),
        ("ERPSTAGING_ENVIRONMENT", "staging"),
        ("ERPSTAGING_UNDO_SECONDS", "61"),
        ("ERPSTAGING_UNDO_SECONDS", "1.5"),
        ("ERPSTAGING_UNDO_SECONDS", "soon"),
        ("ERPSTAGING_EGRESS_ALLOW", "everything"),
    ],
)
def test_an_unsafe_or_unreadable_setting_stops_the_start(tmp_path, name, value):
    good = {
        "DATABASE_URL": APP,
        "ERPSTAGING_SECRET_KEY": "a-key-of-this-test-alone-0123456789-abcdefghijklmnopqrstuvwxyz",
        "ERPSTAGING_DATA_DIR": str(tmp_path),
    }

    ended = manage("check", **{**good, name: value})

    assert ended.returncode == 1


def test_settings_write_nothing_and_need_no_server(tmp_path: Path):
    ended = manage("check", ERPSTAGING_DATA_DIR=str(tmp_path / "var"))

    assert ended.returncode == 0, ended.stderr
    assert not (tmp_path / "var").exists()


def test_only_a_demo_hashes_its_drawn_passwords_at_less_than_the_usual_cost(tmp_path):
    asked = "from django.contrib.auth.hashers import get_hasher; print(get_hasher().iterations)"

    def iterations(environment: str) -> int:
        given = {"ERPSTAGING_DATA_DIR": str(tmp_path), "ERPSTAGING_ENVIRONMENT": environment}
        return int(manage("shell", "--no-imports", "--command", asked, **given).stdout.split()[-1])

    assert iterations("demo") * 8 == iterations("development")
