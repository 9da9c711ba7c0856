"""An HTTP receiver on the loopback interface that behaves, or misbehaves, as a test wants."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec


@dataclass(frozen=True)
class Received:
    """One request as it arrived; `number` counts all requests from 1."""

    number: int
    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def event(self) -> dict[str, Any]:
        return msgspec.json.decode(self.body)


@dataclass(frozen=True)
class Reply:
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    # Waits before the answer, in seconds.
    delay: float = 0.0


class Misbehaviour(Exception):
    """Raised by a behaviour to leave HTTP: it is given the open connection."""

    def __init__(self, act: Callable[[socket.socket], None]) -> None:
        self.act = act


OK = Reply()
Behaviour = Callable[[Received], Reply]


class Receiver:
    def __init__(self) -> None:
        self.received: list[Received] = []
        self.behave: Behaviour = lambda request: OK
        # How many requests were being answered at once, at most.
        self.busiest = 0
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._now = 0
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    @property
    def events(self) -> list[dict[str, Any]]:
        return [request.event for request in self.received]

    @property
    def ids(self) -> list[int]:
        """The resource ids in the order in which they arrived."""
        return [event["resource_id"] for event in self.events]

    def wait_for(self, count: int, timeout: float = 10) -> None:
        ends = time.monotonic() + timeout
        while len(self.received) < count and time.monotonic() < ends:
            time.sleep(0.01)

    def take(self, path: str, headers: dict[str, str], body: bytes) -> Reply:
        with self._lock:
            request = Received(len(self.received) + 1, path, headers, body, time.monotonic())
            self.received.append(request)
            self._now += 1
            self.busiest = max(self.busiest, self._now)
        try:
            reply = self.behave(request)
            if reply.delay:
                self.closing.wait(reply.delay)
            return reply
        finally:
            with self._lock:
                self._now -= 1

    def __enter__(self) -> "Receiver":
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that the other side ended is what many tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            reply = self.server.receiver.take(self.path, dict(self.headers.items()), body)
        except Misbehaviour as misbehaviour:
            self.close_connection = True
            with contextlib.suppress(OSError):
                misbehaviour.act(self.connection)
            return
        self.send_response(reply.status)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, *args: Any) -> None:
        pass


def hang(receiver: Receiver) -> Behaviour:
    """Take the request and say nothing."""

    def act(connection: socket.socket) -> None:
        receiver.closing.wait(60)

    return _raising(act)


def drip(receiver: Receiver, start: bytes, drop: bytes = b"x", every: float = 0.05) -> Behaviour:
    """Begin an answer and never come to its end, a drop at a time."""

    def act(connection: socket.socket) -> None:
        connection.sendall(start)
        while not receiver.closing.wait(every):
            connection.sendall(drop)

    return _raising(act)


def reset(request: Received) -> Reply:
    def act(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    raise Misbehaviour(act)


def endless(receiver: Receiver, head: bytes = b"HTTP/1.1 200 OK\r\n\r\n") -> Behaviour:
    """Answer with a body that has no end, as fast as it is read; `sent` counts its bytes."""

    def act(connection: socket.socket) -> None:
        connection.sendall(head)
        chunk = b"x" * 65536
        for _ in range(16 * 1024):  # 1 GiB
            connection.sendall(chunk)
            if receiver.closing.is_set():
                return

    return _raising(act)


def _raising(act: Callable[[socket.socket], None]) -> Behaviour:
    def behave(request: Received) -> Reply:
        raise Misbehaviour(act)

    return behave


@contextlib.contextmanager
def closed_port() -> Iterator[str]:
    """A URL that nobody listens at."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{sock.getsockname()[1]}/hook"
