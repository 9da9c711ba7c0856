"""A worker that is killed with SIGKILL while it delivers."""

import time
from collections import defaultdict
from collections.abc import Callable

import pytest
from django.db import transaction

from erpstaging.core.scope import company_scope
from erpstaging.hooks.models import Profile
from erpstaging.outbox.events import Fact, record
from erpstaging.outbox.models import EventType
from tests.faults.conftest import Workers
from tests.fixtures.hooks import INTEGRATION, Tenant
from tests.fixtures.receiver import OK, Receiver, Reply

pytestmark = pytest.mark.slow

KILLS = 20
ROLLED_BACK = 1_000_000


def eventually(done: Callable[[], bool], timeout: float = 30) -> None:
    ends = time.monotonic() + timeout
    while not done():
        assert time.monotonic() < ends, "It did not happen in time."
        time.sleep(0.02)


def change_and_roll_back(tenant: Tenant, resource_id: int) -> None:
    with company_scope(tenant.company.pk):
        record(tenant.company.pk, INTEGRATION, [Fact("ERP Requests", resource_id, EventType.CREATE)])
        transaction.set_rollback(True)


@pytest.mark.capability("WH-04")
@pytest.mark.parametrize("profile", Profile.values)
def test_every_committed_event_arrives_although_the_worker_is_killed_20_times(
    tenant: Tenant, receiver: Receiver, workers: Workers, profile: str
) -> None:
    """Each time the receiver has the request and the worker does not have the answer."""
    holding = False

    def behave(request) -> Reply:
        # Every other time the answer is on its way already when the worker dies.
        return Reply(delay=0.3 if request.number % 2 else 60) if holding else OK

    receiver.behave = behave
    tenant.hook(receiver.url, profile=profile)
    committed: list[int] = []
    for kill in range(KILLS):
        ids = [kill * 10 + number for number in range(3)]
        change_and_roll_back(tenant, ROLLED_BACK + kill)
        committed += ids
        holding, seen = True, len(receiver.received)
        tenant.tell(*ids)
        worker = workers.start()
        eventually(lambda seen=seen: len(receiver.received) > seen)
        workers.kill(worker)
        holding = False
    workers.start()
    eventually(tenant.settled)

    identities = defaultdict(set)
    for request in receiver.received:
        event = request.event
        identities[event["resource_id"]].add((event["id"], event["ulid"], request.headers["webhook-id"]))
    assert sorted(identities) == sorted(committed)
    assert {len(found) for found in identities.values()} == {1}
    assert len(receiver.received) >= len(committed) + KILLS // 2, "nobody was killed with a request under way"
    deliveries = tenant.deliveries()
    assert sorted(delivery.resource_id for delivery in deliveries) == sorted(committed)
    assert {delivery.state for delivery in deliveries} == {"ok"}
    answered = {attempt.delivery_id for attempt in tenant.attempts() if attempt.outcome == "ok"}
    assert answered == {delivery.pk for delivery in deliveries}
    assert all(attempt.status == 200 for attempt in tenant.attempts() if attempt.outcome == "ok")


def test_three_workers_at_once_deliver_everything_once(tenant: Tenant, receiver: Receiver, workers: Workers) -> None:
    """With nobody killed there is no reason for a repeat."""
    for profile in Profile.values:
        tenant.hook(receiver.url, profile=profile)
    for _ in range(3):
        workers.start()

    for number in range(30):
        tenant.tell(number, number)
    eventually(tenant.settled)

    assert len(receiver.received) == 120
    by_event = defaultdict(int)
    for request in receiver.received:
        by_event[request.event["id"]] += 1
    assert set(by_event.values()) == {2}
