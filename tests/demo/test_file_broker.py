"""Messages as files."""

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kombu import Connection, Consumer, Exchange, Producer, Queue
from kombu.transport import TRANSPORT_ALIASES

from erpstaging.demo import file_broker


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "queue").mkdir()
    return tmp_path


@pytest.fixture
def broker(folder: Path) -> Iterator[Connection]:
    options = {
        "data_folder_in": str(folder / "queue"),
        "data_folder_out": str(folder / "queue"),
        "control_folder": str(folder / "control"),
    }
    with Connection("filesystem://localhost//", transport_options=options) as connection:
        yield connection


@pytest.fixture
def queue() -> Queue:
    """Of a new name: kombu remembers for the whole process which queues it has bound."""
    name = f"doorbell-{uuid.uuid4().hex}"
    return Queue(name, Exchange(name), routing_key=name)


@pytest.fixture
def ring(broker: Connection, queue: Queue) -> Callable[[object], None]:
    """Put a message into the queue."""

    def publish(content: object) -> None:
        Producer(broker.default_channel).publish(
            content, exchange=queue.exchange, routing_key=queue.routing_key, declare=[queue], serializer="json"
        )

    return publish


def test_the_settings_name_this_transport():
    assert TRANSPORT_ALIASES["filesystem"] == "erpstaging.demo.file_broker:Transport"


def test_messages_arrive(broker, queue, ring):
    for number in range(20):
        ring(number)

    heard: list[int] = []
    with Consumer(
        broker.default_channel, [queue], callbacks=[lambda body, message: (heard.append(body), message.ack())]
    ):
        while len(heard) < 20:
            broker.drain_events(timeout=2)

    assert sorted(heard) == list(range(20))


def test_a_message_is_not_seen_before_it_is_whole(folder, ring, monkeypatch):
    dumps = json.dumps
    seen: list[list[Path]] = []

    def looking(content: object, **options: object) -> str:
        seen.append(list((folder / "queue").glob("*.msg")))
        return dumps(content, **options)

    monkeypatch.setattr(file_broker.json, "dumps", looking)
    ring("hello")

    assert seen
    assert not any(seen)
    (message,) = (folder / "queue").iterdir()
    assert json.loads(message.read_text())["body"]


def test_bindings_are_not_seen_before_they_are_a_list(folder, queue, ring):
    ring("hello")
    ring("again")

    (bindings,) = (folder / "control").iterdir()
    assert json.loads(bindings.read_text()) == [[queue.routing_key, "", queue.name]]
