"""The service on servers of its own: PostgreSQL by address, messages by a broker."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from erpstaging.core.roles import APP, OWNER
from tests.processes import Terminal, manage

pytestmark = [
    pytest.mark.server,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="follows processes through /proc"),
]

DATABASE = "erpstaging_servers_test"
OLDEST_SERVED = 150000


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, str]]:
    """Both addresses of an empty database on the given server, with its roles, and a secret key."""
    admin = os.environ["ERPSTAGING_TESTS_ADMIN_DATABASE_URL"]
    drop_database(admin)
    ended = manage("setup_roles", "--admin-url", admin, "--database", DATABASE, "--json")
    assert ended.returncode == 0, ended.stderr
    addresses = json.loads(ended.stdout)["addresses"]
    yield {
        "DATABASE_URL": addresses["DATABASE_URL"],
        "ERPSTAGING_OWNER_DATABASE_URL": addresses["ERPSTAGING_OWNER_DATABASE_URL"],
        "ERPSTAGING_SECRET_KEY": "a-key-of-this-test-alone-0123456789-abcdefghijklmnopqrstuvwxyz",
    }
    drop_database(admin)


def drop_database(admin: str) -> None:
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(DATABASE)))


def test_the_server_is_of_a_version_that_we_serve(servers):
    with psycopg.connect(servers["DATABASE_URL"]) as connection:
        assert connection.info.server_version >= OLDEST_SERVED


def test_migrations_and_grants_run_there(servers):
    ended = manage("upgrade", "--json", **servers)

    assert ended.returncode == 0, ended.stderr
    admin = make_conninfo(os.environ["ERPSTAGING_TESTS_ADMIN_DATABASE_URL"], dbname=DATABASE)
    with psycopg.connect(admin) as inside:
        owners = inside.execute("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'").fetchall()
        (may_truncate, may_change_evidence) = inside.execute(
            "SELECT has_table_privilege(%(app)s, 'records_record', 'TRUNCATE'), "
            "has_table_privilege(%(app)s, 'audit_entry', 'UPDATE')",
            {"app": APP},
        ).fetchone()
    assert owners == [(OWNER,)]
    assert (may_truncate, may_change_evidence) == (False, False)


def brokers() -> list[str]:
    """Broker addresses of the run; a placeholder where none is given, for a skipped test also has a name."""
    return os.environ.get("ERPSTAGING_TESTS_BROKER_URLS", "no-broker://").split(",")


@pytest.mark.parametrize("broker", brokers(), ids=lambda address: address.partition(":")[0])
def test_the_service_runs_on_them(servers, broker, tmp_path):
    serve = Terminal("serve", tmp_path / "var", CELERY_BROKER_URL=broker, **servers).wait_until_ready()
    try:
        assert serve.get("/readyz") == 200
        assert not (tmp_path / "var" / "postgres").exists()
        assert not any("postgres" in Path(f"/proc/{child}/cmdline").read_text() for child in serve.tree)
        assert broker_of(serve.child("celery")) == broker
    finally:
        assert serve.end(signal.SIGTERM) == 0
    assert serve.left_behind() == []


def broker_of(process: int) -> str:
    lines = Path(f"/proc/{process}/environ").read_text().split("\0")
    return dict(line.partition("=")[::2] for line in lines)["CELERY_BROKER_URL"]
