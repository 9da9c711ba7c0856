"""Waiting for receivers without keeping anybody."""

import threading
import time

import pytest

from erpstaging.hooks import waiting
from erpstaging.hooks.dispatch import dispatch_all
from erpstaging.hooks.models import Profile
from erpstaging.hooks.waiting import Places, deliver
from tests.fixtures.hooks import Tenant
from tests.fixtures.receiver import Reply


def until(condition, timeout_s: float = 20) -> bool:
    ends = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < ends:
        time.sleep(0.02)
    return bool(condition())


def dispatched(tenant: Tenant) -> None:
    assert until(lambda: dispatch_all() and all(event.dispatched_at for event in tenant.events()))


def test_places_are_bounded_and_hooks_that_fail_have_a_share_of_them():
    places = Places(limit=3, failing=2)

    taken = [places.take(failing=failing) for failing in (True, True, True, False, False)]
    places.give_back(failing=True)
    again = [places.take(failing=failing) for failing in (True, False)]

    assert taken == [True, True, False, True, False]
    assert again == [True, False]


def test_a_thread_that_became_free_is_used_again_and_ends_when_nobody_needs_it(monkeypatch):
    monkeypatch.setattr(waiting, "IDLE_S", 0.3)
    places, threads, done = Places(limit=3), [], threading.Event()

    def job() -> None:
        threads.append(threading.current_thread())
        done.set()

    for _ in range(3):
        places.run(job)
        assert done.wait(10)
        done.clear()
        assert until(lambda: places._idle)

    assert len(set(threads)) == 1
    assert until(lambda: not threads[0].is_alive())


@pytest.mark.capability("WH-06")
@pytest.mark.parametrize("profile", Profile.values)
def test_a_receiver_that_drags_is_left_and_its_answer_is_written_when_it_comes(tenant, receiver, profile):
    may_answer = threading.Event()

    def behave(request):
        may_answer.wait(20)
        return Reply()

    receiver.behave = behave
    hook = tenant.hook(receiver.url, profile=profile)
    tenant.tell(1)
    dispatched(tenant)
    told = threading.Event()

    tried = deliver(tenant.company.pk, hook.pk, then=told.set)
    meanwhile = tenant.states()
    may_answer.set()

    assert (tried, meanwhile) == (1, ["leased"])
    assert told.wait(20)
    assert tenant.states() == ["ok"]
    assert len(receiver.received) == 1


def test_without_a_free_place_a_hook_waits_and_nothing_is_leased(tenant, receiver, monkeypatch):
    places = Places(limit=1)
    monkeypatch.setattr(waiting, "places", places)
    hook = tenant.hook(receiver.url)
    tenant.tell(1)
    dispatched(tenant)
    places.take(failing=False)

    assert deliver(tenant.company.pk, hook.pk) == 0
    assert tenant.states() == ["pending"]
    places.give_back(failing=False)
    assert deliver(tenant.company.pk, hook.pk) == 1
    assert until(tenant.settled)


def test_a_hook_with_nothing_to_say_takes_no_place(tenant, receiver, monkeypatch):
    places = Places(limit=1)
    monkeypatch.setattr(waiting, "places", places)
    hook = tenant.hook(receiver.url)

    assert deliver(tenant.company.pk, hook.pk) == 0
    assert places.take(failing=False)
