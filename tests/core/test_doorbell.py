"""The bell that asks a worker to sweep."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery import current_app

from erpstaging.core.doorbell import Doorbell


class Task:
    """Stands where a Celery task would, and notes what it was told."""

    name = "erpstaging.test.sweep"

    def __init__(self, publish: Callable[[], None] = lambda: None) -> None:
        self.sent: list[tuple[Any, Any]] = []
        self._publish = publish

    def apply_async(self, *args: Any, **kwargs: Any) -> None:
        self.sent.append((args, kwargs))
        self._publish()


def eventually(done: Callable[[], bool]) -> None:
    ends = time.monotonic() + 15
    while not done() and time.monotonic() < ends:
        time.sleep(0.01)


def test_the_message_carries_nothing():
    task = Task()

    assert Doorbell(task).publish()

    assert task.sent == [((), {"retry": False, "expires": 30})]


def test_rings_while_a_message_is_on_its_way_are_one_more_message():
    arrived = threading.Event()
    task = Task(lambda: arrived.wait(5) and None)
    bell = Doorbell(task)

    bell.ring()
    eventually(lambda: len(task.sent) == 1)
    for _ in range(50):
        bell.ring()
    arrived.set()
    eventually(lambda: len(task.sent) == 2)
    time.sleep(0.1)

    assert len(task.sent) == 2


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Use a broker address for a while."""

    def use(url: str) -> None:
        monkeypatch.setattr(current_app.conf, "broker_url", url)
        monkeypatch.setattr(current_app.conf, "broker_write_url", url)
        current_app.pool.force_close_all()
        current_app._pool = None
        current_app.amqp._producer_pool = None

    yield use
    current_app._pool = None
    current_app.amqp._producer_pool = None


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_a_broker_that_is_down_keeps_nobody_waiting(broker, scheme, caplog):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        broker(f"{scheme}://127.0.0.1:{closed.getsockname()[1]}//")
        bell = Doorbell(current_app.tasks["erpstaging.hooks.sweep"])
        began = time.monotonic()

        for _ in range(50):
            bell.ring()
        took = time.monotonic() - began
        eventually(lambda: "The broker cannot be reached" in caplog.text)

    assert took < 0.5
    assert caplog.text.count("The broker cannot be reached") == 1
