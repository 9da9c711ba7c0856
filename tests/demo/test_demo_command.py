"""`manage.py demo` and `serve`: real processes, started and stopped as people do."""

import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from erpstaging.demo.embedded_pg import EmbeddedPostgres
from tests.processes import Terminal, alive, credentials_of, free_port, manage, open_folder, wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="follows processes through /proc"),
]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder in which the demo has run once."""
    with open_folder() as folder:
        first = Terminal("demo", folder / "var").wait_until_ready()
        assert first.end() == 0
        yield folder / "var"
        EmbeddedPostgres(folder / "var" / "postgres").remove()


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    """Whatever a test leaves running is ended."""
    started: list[Terminal] = []
    yield started
    for terminal in started:
        terminal.end(signal.SIGKILL)


@pytest.fixture
def demo(folder: Path, terminals: list[Terminal]) -> Terminal:
    """The demo, started again."""
    terminals.append(Terminal("demo", folder).wait_until_ready())
    return terminals[-1]


@pytest.mark.capability("DX-03")
def test_one_command_brings_up_everything_and_says_how_to_sign_in(demo):
    assert demo.get("/readyz") == 200
    assert f"http://127.0.0.1:{demo.port}/accounts/login/" in demo.output
    for username in ("approver", "second_approver", "project_user", "admin", "super_user", "auditor"):
        assert f"  {username} " in demo.output
    for part in ("granian", "celery", "postgres"):
        assert demo.child(part)


def test_its_credentials_are_printed_while_it_runs_and_not_afterwards(demo, folder):
    found = credentials_of(folder)

    assert found["base_url"] == f"http://127.0.0.1:{demo.port}"
    assert found["people"]["approver"]["password"] in demo.output
    assert demo.end() == 0
    assert manage("demo_credentials", "--data", str(folder)).returncode == 1


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_and_leaves_no_process(demo, folder, sign):
    code = demo.end(sign)

    assert code == 0, demo.output
    assert demo.left_behind() == []
    assert not (folder / "database.json").exists()
    assert "Stopped" in demo.output


def test_it_stops_web_first_then_worker_then_database(demo, folder):
    logs = [folder / "log" / "web.log", folder / "log" / "worker.log", folder / "postgres" / "postgres.log"]
    lengths = [log.stat().st_size for log in logs]

    assert demo.end() == 0

    web, worker, database = (log.read_bytes()[length:] for log, length in zip(logs, lengths, strict=True))
    assert b"shutdown completed" in web
    assert b"Warm shutdown" in worker
    assert b"database system is shut down" in database
    times = [log.stat().st_mtime_ns for log in logs]
    assert times == sorted(times)


def test_a_second_start_keeps_the_data(demo, folder):
    before = credentials_of(folder)
    assert demo.end() == 0

    again = Terminal("demo", folder).wait_until_ready()
    after = credentials_of(folder)
    assert again.end() == 0

    assert {**before, "base_url": ""} == {**after, "base_url": ""}


@pytest.mark.parametrize("part", ["granian", "celery", "postgres"])
def test_a_part_that_dies_stops_the_rest_with_exit_code_1(demo, part):
    os.kill(demo.child(part), signal.SIGKILL)

    assert demo.ended() == 1
    assert "was killed by SIGKILL" in demo.output
    assert demo.left_behind() == []


def test_a_killed_supervisor_takes_its_processes_along(demo, folder):
    demo.end(signal.SIGKILL)

    assert demo.left_behind() == []
    again = Terminal("demo", folder).wait_until_ready()
    assert again.get("/readyz") == 200
    assert again.end() == 0


def test_a_dead_web_worker_is_replaced(demo):
    main = demo.child("granian")
    worker = next(child for child in demo.tree if _is_web_worker(child, main))
    os.kill(worker, signal.SIGKILL)

    assert wait_until(lambda: not alive(worker) and _is_ready(demo), seconds=30)
    assert demo.process.poll() is None
    assert demo.end() == 0


def _is_ready(demo):
    try:
        return demo.get("/readyz") == 200
    except OSError:
        return False  # a connection that waited for the dead worker is reset


def _is_web_worker(process: int, main: int) -> bool:
    line = Path(f"/proc/{process}/cmdline").read_text()
    return process != main and "granian" in line


def test_two_do_not_run_in_one_folder(demo, folder):
    second = manage("demo", "--data", str(folder), "--port", str(free_port()))

    assert second.returncode == 1
    assert "already runs" in second.stderr
    assert demo.get("/readyz") == 200


def test_a_taken_port_is_said_plainly(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = manage("demo", "--data", str(folder), "--port", str(port))

    assert ended.returncode == 1
    assert f"Port {port}" in ended.stderr
    assert "--port" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_somebodys_folder_is_not_reset(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")

    ended = manage("demo", "--data", str(tmp_path), "--reset", "--port", str(free_port()))

    assert ended.returncode == 1
    assert (tmp_path / "thesis.txt").exists()


def test_a_given_database_is_not_reset(tmp_path):
    ended = manage(
        "demo", "--data", str(tmp_path / "var"), "--reset", "--port", str(free_port()),
        DATABASE_URL="postgresql://nobody@127.0.0.1/important",
    )  # fmt: skip

    assert ended.returncode == 1
    assert "not ours to remove" in ended.stderr


def test_a_failing_upgrade_ends_the_start_with_its_reason(tmp_path):
    ended = manage(
        "demo", "--data", str(tmp_path / "var"), "--port", str(free_port()),
        DATABASE_URL="postgresql://erpstaging_app@/erpstaging?host=/nowhere",
    )  # fmt: skip

    assert ended.returncode == 1
    assert "upgrade ended with exit code 1" in ended.stderr
    assert "/nowhere" in ended.stderr


def test_reset_starts_anew(folder, terminals):
    password = credentials_in(folder)

    terminals.append(Terminal("demo", folder, "--reset").wait_until_ready())

    assert terminals[-1].end() == 0
    assert credentials_in(folder) != password


def credentials_in(folder: Path) -> str:
    return (folder / "demo_credentials.json").read_text()


def test_serve_runs_a_real_installation_that_demo_leaves_alone(terminals):
    with open_folder() as parent:
        folder = parent / "var"
        terminals.append(Terminal("serve", folder).wait_until_ready())
        serve = terminals[-1]

        assert serve.get("/readyz") == 200
        assert not (folder / "demo_credentials.json").exists()
        assert serve.end() == 0
        assert serve.left_behind() == []

        ended = manage("demo", "--data", str(folder), "--reset", "--port", str(free_port()))
        assert ended.returncode == 1
        assert "made by `serve`" in ended.stderr
        EmbeddedPostgres(folder / "postgres").remove()


def test_help_is_there_and_touches_nothing(tmp_path):
    for command in ("demo", "serve", "demo_credentials", "seed_demo", "upgrade", "setup_roles"):
        ended = manage(command, "--help", ERPSTAGING_DATA_DIR=str(tmp_path / "var"))
        assert ended.returncode == 0
        assert "usage" in ended.stdout

    assert not (tmp_path / "var").exists()
