"""The embedded PostgreSQL."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from erpstaging.core.roles import APP, OWNER
from erpstaging.demo.embedded_pg import EmbeddedPostgres, EmbeddedTrouble
from tests.processes import ROOT, alive, environment, open_folder

# Starts a server and waits; the test kills it in the middle.
SUPERVISOR = """
import sys, time
from pathlib import Path
from erpstaging.demo.embedded_pg import EmbeddedPostgres

server = EmbeddedPostgres(Path(sys.argv[1]), durable=False)
server.start()
print(server.process.pid, server.socket_dir, flush=True)
time.sleep(60)
"""


@pytest.fixture
def home() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder / "postgres"


@pytest.fixture
def server(home: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(home, durable=False)
    yield server
    server.stop()


def test_it_starts_empty_and_keeps_what_is_written(home, server):
    addresses = server.start()
    with psycopg.connect(addresses["owner"]) as owner:
        owner.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    server.stop()

    again = EmbeddedPostgres(home, durable=False)
    addresses = again.start()
    with psycopg.connect(addresses["owner"]) as owner:
        assert owner.execute("SELECT answer FROM kept").fetchall() == [(42,)]
    again.stop()


def test_owner_and_application_sign_in_as_themselves(server):
    addresses = server.start()

    for role, address in ((APP, addresses["app"]), (OWNER, addresses["owner"])):
        with psycopg.connect(address) as connection:
            assert connection.execute("SELECT session_user, current_database()").fetchone() == (role, "erpstaging")


def test_nobody_else_on_the_machine_reaches_it(server):
    server.start()

    with psycopg.connect(server.admin_address) as superuser:
        assert superuser.execute("SHOW listen_addresses").fetchone() == ("",)
    assert stat.S_IMODE(server.socket_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700


def test_stopping_leaves_no_process_and_no_socket(server):
    server.start()
    process, socket_dir = server.process.pid, server.socket_dir

    server.stop()

    assert not alive(process)
    assert not socket_dir.exists()


def test_stopping_twice_or_before_a_start_does_no_harm(server):
    server.stop()
    server.start()
    server.stop()
    server.stop()


def test_a_server_that_cannot_start_says_where_to_look(server):
    server.start()
    server.stop()
    (server.data / "postgresql.auto.conf").write_text("no_such_setting = 1\n")

    with pytest.raises(EmbeddedTrouble, match=r"postgres\.log"):
        server.start()

    assert "no_such_setting" in server.log.read_text()
    assert not alive(server.process.pid)


def test_a_first_start_that_was_interrupted_is_begun_again(home, server):
    (home / "data" / "base").mkdir(parents=True)

    addresses = server.start()

    with psycopg.connect(addresses["app"]) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_second_server_in_the_same_folder_is_refused(home, server, monkeypatch):
    monkeypatch.setattr("erpstaging.demo.embedded_pg.TAKEOVER_SECONDS", 0.2)
    server.start()

    with pytest.raises(EmbeddedTrouble, match="still runs"):
        EmbeddedPostgres(home, durable=False).start()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_a_killed_supervisor_leaves_no_server_and_the_next_start_takes_over(home):
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(home)], env=environment(), cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as supervisor:
        told, socket_dir = supervisor.stdout.readline().split()
        process = int(told)
        assert alive(process)
        supervisor.kill()

    server = EmbeddedPostgres(home, durable=False)
    server.start()  # at once: it waits for the old one

    assert not alive(process)
    assert not Path(socket_dir).exists()
    server.stop()


def test_a_folder_that_the_account_cannot_reach_is_replaced_by_one_that_it_can(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root borrows an account")
    tmp_path.chmod(0o700)

    server = EmbeddedPostgres(tmp_path / "postgres", durable=False)
    try:
        server.start()
        assert not server.home.is_relative_to(tmp_path)
        server.stop()
    finally:
        server.remove()
    assert not server.home.exists()


def test_somebody_elses_folder_is_not_used(home):
    home.symlink_to("/etc")

    server = EmbeddedPostgres(home, durable=False)
    server.home = home

    with pytest.raises(EmbeddedTrouble, match="not a folder of this account"):
        server.start()
    with pytest.raises(EmbeddedTrouble, match="not a folder of this account"):
        server.remove()


def test_removing_takes_the_cluster_away(server):
    server.start()
    server.stop()

    server.remove()

    assert not server.home.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_root_is_not_who_runs_it(server):
    server.start()

    assert Path(f"/proc/{server.process.pid}").stat().st_uid != 0


def test_a_crash_loses_nothing_that_was_committed(home):
    server = EmbeddedPostgres(home)  # durable
    addresses = server.start()
    with psycopg.connect(addresses["owner"]) as owner:
        owner.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    time.sleep(0.2)

    again = EmbeddedPostgres(home)
    addresses = again.start()
    with psycopg.connect(addresses["owner"]) as owner:
        assert owner.execute("SELECT answer FROM kept").fetchall() == [(42,)]
    again.stop()
    server.stop()
