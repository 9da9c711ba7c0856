"""Starting the project's own processes, as a person at a terminal would."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MANAGE = [sys.executable, str(ROOT / "manage.py")]


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that the account which runs PostgreSQL for root can walk into, unlike those of `tmp_path`."""
    folder = Path(tempfile.mkdtemp(prefix="erpstaging-test-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def environment(**values: str) -> dict[str, str]:
    """A person's environment: nothing of the test run's settings, and these values."""
    ours = ("ERPSTAGING_", "DATABASE_URL", "CELERY_BROKER_URL", "DJANGO_SETTINGS_MODULE", "PYTEST_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, **values}


def manage(*arguments: str, **values: str) -> subprocess.CompletedProcess[str]:
    """Run `manage.py` with these arguments and environment variables to its end."""
    return subprocess.run(
        [*MANAGE, *arguments], env=environment(**values), capture_output=True, text=True, timeout=120, cwd=ROOT
    )


def alive(process: int) -> bool:
    """Whether a process runs; one that ended and was not yet collected by its parent does not."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return not Path("/proc/self").exists()  # Linux: it is gone by now; elsewhere the signal has told


def descendants(process: int) -> list[int]:
    """The ids of all processes below one, as Linux knows them."""
    children = [
        int(child)
        for listing in Path(f"/proc/{process}/task").glob("*/children")
        for child in listing.read_text().split()
    ]
    return children + [below for child in children for below in descendants(child)]


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Look every 50 ms whether something came true; False when it did not."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Terminal:
    """`manage.py demo` or `serve` as a person runs it: its output, its processes, and how to end it."""

    def __init__(self, command: str, folder: Path, *arguments: str, port: int | None = None, **values: str) -> None:
        self.folder, self.port = folder, port or free_port()
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [*MANAGE, command, "--data", str(folder), "--port", str(self.port), *arguments],
            env=environment(**values),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
        )
        self.output = ""
        self.tree: list[int] = []

    def wait_until_ready(self) -> "Terminal":
        """Read what it prints until it says how to stop it."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line
            if line.startswith("Ctrl-C"):
                self.tree = descendants(self.process.pid)
                return self
        raise AssertionError(f"It ended before it was ready:\n{self.output}")

    def get(self, path: str) -> int:
        """The status of an answer of the web process."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request("GET", path)
            with connection.getresponse() as answer:
                return answer.status

    def child(self, word: str) -> int:
        """The id of the child with this word on its command line."""
        (found,) = [
            child
            for child in descendants(self.process.pid)
            if word in Path(f"/proc/{child}/cmdline").read_text() and _parent(child) == self.process.pid
        ]
        return found

    def end(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, unless it has ended already; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(sign)
        return self.ended()

    def ended(self) -> int:
        """Wait for its end; its exit code."""
        rest, _ = self.process.communicate(timeout=60)
        self.output += rest
        return self.process.returncode

    def left_behind(self) -> list[int]:
        """Which of its processes still run."""
        wait_until(lambda: not any(map(alive, self.tree)), seconds=5)
        return [process for process in self.tree if alive(process)]


def _parent(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def credentials_of(folder: Path) -> dict[str, Any]:
    ended = manage("demo_credentials", "--data", str(folder))
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found
