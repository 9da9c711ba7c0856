"""The sweep and its doorbell."""

import threading
import time

import pytest
from django.db import connections

from erpstaging.core.scope import company_scope
from erpstaging.hooks import tasks
from erpstaging.hooks.tasks import sweep, work
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
    monkeypatch.setattr(tasks.bell, "ring", lambda: rung.append(1))
    receiver.behave = lambda request: Reply(delay=0.05)
    tenant.hook(receiver.url)
    tenant.tell(*range(100))
    began = time.monotonic()

    while not rung and time.monotonic() - began < 10:
        sweep()

    assert len(receiver.received) < 100
    assert rung == [1]


def test_a_hook_whose_key_is_lost_does_not_keep_the_others_from_being_served(tenant, receiver, caplog):
    broken, _ = tenant.hook(receiver.url + "/broken"), tenant.hook(receiver.url + "/sound")
    tenant.change(broken, encrypted_secret="0000.not-ours")

    tenant.tell(1)
    sweep_until(lambda: bool(receiver.received) and "could not be served" in caplog.text)

    assert [request.path for request in receiver.received] == ["/hook/sound"]
    assert f"Hook {broken.pk} could not be served" in caplog.text


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
    assert tasks.bell.ring in events.wake_up_calls
    assert sweep.name == "erpstaging.hooks.sweep"
