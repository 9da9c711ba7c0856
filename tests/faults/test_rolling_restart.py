"""Web servers that are replaced one after the other while calls come in: none is lost, none fails."""

import http.client
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from http import HTTPStatus
from pathlib import Path

import pytest

from tests.faults.servers import Service
from tests.fixtures.demo import Demo, PersonSession, running_demo
from tests.processes import environment, free_port, wait_until

pytestmark = pytest.mark.slow
CALLERS = 3
# How long a proxy may take to see that a server is to be passed over; docs/operations.md waits longer.
NOTICED_S = 1.0
NO_LIMITS = {"ERPSTAGING_RATE_LIMIT_HOURLY": "0", "ERPSTAGING_RATE_LIMIT_SPIKE": "0"}


@pytest.fixture(scope="module")
def quiet_demo() -> Iterator[Demo]:
    with running_demo("--no-fake-erp", **NO_LIMITS) as running:
        yield running


class Callers:
    """Threads that write as a proxy does: a server that is not ready or takes no connection is passed over, a
    connection is for one call, and a call that was begun is never repeated.
    """

    def __init__(self, session: PersonSession, ports: list[int]) -> None:
        self.seen: Counter[str] = Counter()
        self._ports = ports
        self._path = f"/api/v1/companies/{session.demo.company_id}/records"
        self._headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in session.cookies.items()),
            "X-CSRFToken": session.cookies["csrftoken"],
            "Content-Type": "application/json",
            "Host": f"127.0.0.1:{session.demo.terminal.port}",
        }
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(CALLERS)]

    def __enter__(self) -> "Callers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _run(self, number: int) -> None:
        turn = number
        while not self._stopped.is_set():
            turn += 1
            body = f'{{"item_type": "vendor", "data": {{"name": "Rolling {number} {turn}"}}}}'
            with closing(self._connected(turn)) as connection:
                try:
                    connection.request("POST", self._path, body, self._headers)
                    with connection.getresponse() as answer:
                        answer.read()
                    self.seen[str(answer.status)] += 1
                except (OSError, http.client.HTTPException) as exc:
                    self.seen[type(exc).__name__] += 1

    def _connected(self, turn: int) -> http.client.HTTPConnection:
        end = time.monotonic() + 10
        while True:
            turn += 1
            port = self._ports[turn % len(self._ports)]
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            try:
                if is_ready(port):
                    connection.connect()
                    return connection
            except ConnectionRefusedError:
                pass
            assert time.monotonic() < end, "No server takes a connection."


def is_ready(port: int) -> bool:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        try:
            connection.request("GET", "/readyz", headers={"Host": "127.0.0.1"})
            with connection.getresponse() as answer:
                return answer.status == HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False


class Server(Service):
    """A web server of the demo's installation on a port of its own."""

    def __init__(self, demo: Demo, port: int, logs: Path) -> None:
        values = environment(
            ERPSTAGING_DATA_DIR=str(demo.folder / "var"),
            ERPSTAGING_ENVIRONMENT="demo",
            ERPSTAGING_BASE_URL=demo.base_url,
            ERPSTAGING_DRAIN_FILE=str(logs / f"drain-{port}"),
            **NO_LIMITS,
        )
        command = (sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--port", str(port))
        options = ("--blocking-threads", "2", "config.wsgi:application")
        super().__init__(f"web-{port}", [*command, *options], values, logs)
        self.port, self.log, self.drain_file = port, logs / f"web-{port}.log", logs / f"drain-{port}"

    def start(self) -> None:
        super().start()
        assert wait_until(lambda: is_ready(self.port), seconds=60), self.log.read_text()

    def drain(self) -> None:
        """Say that no further call should come, and wait until none does."""
        self.drain_file.touch()
        assert wait_until(lambda: not is_ready(self.port), seconds=10)
        time.sleep(NOTICED_S)

    def stop(self) -> None:
        super().stop()
        self.drain_file.unlink(missing_ok=True)


@pytest.fixture
def server(quiet_demo: Demo, tmp_path: Path) -> Iterator[Callable[[int], Server]]:
    """Starts a server at a port; the last one of each port is stopped at the end."""
    running: dict[int, Server] = {}

    def start(port: int) -> Server:
        running[port] = Server(quiet_demo, port, tmp_path)
        running[port].start()
        return running[port]

    yield start
    for one in running.values():
        one.stop()


def test_servers_that_are_stopped_and_started_one_after_the_other_answer_every_call(
    quiet_demo: Demo, server: Callable[[int], Server]
) -> None:
    ports = [free_port(), free_port()]
    servers = {port: server(port) for port in ports}

    with Callers(quiet_demo.person("project_user"), ports) as callers:
        for port in ports:
            servers[port].drain()
            servers[port].stop()
            servers[port] = server(port)

    assert set(callers.seen) == {"201"}
    assert callers.seen.total() > 20
