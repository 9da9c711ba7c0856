"""What load balancers are told."""

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from erpstaging.core import health

pytestmark = pytest.mark.django_db


def test_a_server_that_can_serve_says_so(client):
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_a_server_that_is_drained_asks_to_be_passed_over(client, settings, tmp_path):
    settings.DRAIN_FILE = str(tmp_path / "drain")
    assert client.get("/readyz").status_code == 200

    (tmp_path / "drain").touch()
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (503, {"status": "unavailable", "failed": ["draining"]})
    assert client.get("/healthz").status_code == 200


def test_a_server_newer_than_its_database_waits_for_the_upgrade(client, monkeypatch):
    monkeypatch.setattr(health, "_missing", {("staging", "0001_initial"), ("staging", "9999_of_tomorrow")})

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (503, {"status": "unavailable", "failed": ["migrations"]})
    MigrationRecorder(connection).record_applied("staging", "9999_of_tomorrow")
    assert client.get("/readyz").status_code == 200
