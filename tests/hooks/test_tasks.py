"""The sweep and its doorbell."""

import socket
import threading
import time

import pytest
from celery import current_app
from django.db import connections

from erpstaging.core.scope import company_scope
from erpstaging.hooks import tasks
from erpstaging.hooks.tasks import _Bell, ring, sweep, work
from erpstaging.outbox import events
from erpstaging.outbox.events import Fact
from erpstaging.outbox.models import EventType
from tests.fixtures.hooks import INTEGRATION, sweep_until
from tests.fixtures.receiver import Reply


@pytest.mark.capability("WH-04")
def test_the_sweep_needs_no_message_to_find_its_work(tenant, receiver):
    tenant.hook(receiver.url)
    tenant.tell(1, 2)

    sweep_until(tenant.settled)

    assert receiver.ids == [1, 2]


def test_a_sweep_that_finds_nothing_ends(transactional_db):
    assert work() is False


def test_a_sweep_makes_room_for_other_tasks_and_rings_for_the_next(tenant, receiver, monkeypatch):
    monkeypatch.setattr(tasks, "BUDGET_S", 0.2)
    rung = []
    monkeypatch.setattr(tasks, "ring", lambda: rung.append(1))
    receiver.behave = lambda request: Reply(delay=0.05)
    tenant.hook(receiver.url)
    tenant.tell(*range(100))
    began = time.monotonic()

    while not rung and time.monotonic() - began < 10:
        sweep()

    assert len(receiver.received) < 100
    assert rung == [1]


def test_a_sweep_waits_a_moment_for_a_writer_that_holds_events_back(tenant, receiver):
    """The doorbell rings at the commit of one change while another, older one is still being written."""
    tenant.hook(receiver.url)
    writing, may_end = threading.Event(), threading.Event()

    def write() -> None:
        with company_scope(tenant.company.pk):
            events.record(tenant.company.pk, INTEGRATION, [Fact("ERP Requests", 1, EventType.CREATE)])
            writing.set()
            may_end.wait(10)
        connections.close_all()

    writer = threading.Thread(target=write)
    writer.start()
    writing.wait(10)
    tenant.tell(2)
    threading.Timer(0.3, may_end.set).start()

    work(budget_s=5)

    writer.join()
    assert receiver.ids == [1, 2]


def test_recorded_events_ring_the_bell():
    assert ring in events.wake_up_calls


def test_the_message_carries_nothing(monkeypatch):
    sent = []
    monkeypatch.setattr(sweep, "apply_async", lambda *args, **kwargs: sent.append((args, kwargs)))

    _Bell().ring()

    assert sent == [((), {"retry": False, "expires": 30})]
    assert sweep.name == "erpstaging.hooks.sweep"


@pytest.fixture
def broker(monkeypatch):
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
def test_a_broker_that_is_down_costs_little_time_and_nothing_else(broker, scheme, caplog):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        broker(f"{scheme}://127.0.0.1:{closed.getsockname()[1]}//")
        bell = _Bell()
        began = time.monotonic()

        for _ in range(50):
            bell.ring()

    assert time.monotonic() - began < 6
    assert caplog.text.count("The broker cannot be reached") == 1
