"""Leases: who may send, for how long, and what becomes of an outcome that comes too late."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from erpstaging.core.scope import company_scope
from erpstaging.hooks import subscriptions
from erpstaging.hooks.claims import Claim, claim, due_hooks, renew
from erpstaging.hooks.delivery import send
from erpstaging.hooks.leases import Sending
from erpstaging.hooks.models import Hook, Profile
from erpstaging.hooks.outcomes import Answer, Result, conclude
from tests.fixtures.hooks import ADMIN, Tenant, sweep_until
from tests.fixtures.receiver import OK, Reply

BOTH = pytest.mark.parametrize("profile", Profile.values)


@pytest.fixture
def queued(tenant, monkeypatch):
    """Make a hook with dispatched deliveries that nobody has sent."""

    def make(url: str, *resource_ids: int, **values) -> Hook:
        hook = tenant.hook(url, **values)
        tenant.tell(*resource_ids)
        with monkeypatch.context() as patch:
            patch.setattr("erpstaging.hooks.tasks.due_hooks", lambda: [])
            sweep_until(lambda: all(event.dispatched_at for event in tenant.events()))
        return hook

    return make


def claimed(tenant: Tenant, hook: Hook) -> Claim | None:
    return claim(tenant.company.pk, hook.pk)


def answered(status: int = 200) -> Answer:
    return Answer(started_at=datetime.now(UTC), duration_s=0.1, status=status)


def ids(claim: Claim | None) -> list[int]:
    return [] if claim is None else [delivery.resource_id for delivery in claim.deliveries]


def test_a_procore_hook_is_leased_to_one_at_a_time(tenant, queued, receiver):
    hook = queued(receiver.url, 1, 2, 3)

    assert ids(claimed(tenant, hook)) == [1, 2, 3]
    assert claimed(tenant, hook) is None
    assert due_hooks() == []


def test_a_durable_hook_is_leased_by_object_to_two_at_a_time(tenant, queued, receiver, monkeypatch):
    monkeypatch.setattr("erpstaging.hooks.claims.RUN", 2)
    hook = queued(receiver.url, 1, 1, 2, 3, 4, 5, profile=Profile.DURABLE)

    assert [ids(claimed(tenant, hook)) for _ in range(3)] == [[1, 2], [3, 4], []]


def test_the_second_delivery_of_an_object_waits_for_the_first(tenant, queued, receiver):
    hook = queued(receiver.url, 1, 1, profile=Profile.DURABLE)
    first = claimed(tenant, hook)
    while_leased = ids(claimed(tenant, hook))

    conclude(first, [Result(first.deliveries[0], answered())])

    assert while_leased == []
    assert ids(claimed(tenant, hook)) == [1]


@BOTH
def test_a_dead_workers_deliveries_come_back_when_the_lease_ends(tenant, queued, receiver, settings, profile):
    settings.WEBHOOK_LEASE_SECONDS = 0.5
    hook = queued(receiver.url, 1, 2, profile=profile)
    claimed(tenant, hook)
    before = claimed(tenant, hook)

    time.sleep(0.6)

    assert before is None
    assert [due.hook_id for due in due_hooks()] == [hook.pk]
    assert ids(claimed(tenant, hook)) == [1, 2]


def test_an_outcome_of_a_lost_lease_is_dropped(tenant, queued, receiver, settings, caplog):
    settings.WEBHOOK_LEASE_SECONDS = 0.5
    hook = queued(receiver.url, 1)
    first = claimed(tenant, hook)
    time.sleep(0.6)
    second = claimed(tenant, hook)

    conclude(first, [Result(first.deliveries[0], answered(500))])
    after_the_late_one = tenant.states()
    conclude(second, [Result(second.deliveries[0], answered(200))])

    assert after_the_late_one == ["leased"]
    assert "lease of 1 deliveries" in caplog.text
    assert tenant.states() == ["ok"]
    assert [attempt.status for attempt in tenant.attempts()] == [200]
    assert tenant.stored(hook).state == "active"


def test_a_worker_that_lost_its_lease_stops_sending(tenant, queued, receiver, settings):
    """Its clock says that the lease may be over, so it does not even ask the database."""
    settings.WEBHOOK_LEASE_SECONDS = 1
    hook = queued(receiver.url, 1, 2)
    lost = claimed(tenant, hook)
    time.sleep(1)

    assert send(lost) == 0
    assert receiver.received == []


def test_a_lease_can_be_renewed_while_it_is_held_and_not_afterwards(tenant, queued, receiver, settings):
    settings.WEBHOOK_LEASE_SECONDS = 0.6
    hook = queued(receiver.url, 1)
    first = claimed(tenant, hook)
    time.sleep(0.4)
    kept = renew(first)
    time.sleep(0.4)
    meanwhile = claimed(tenant, hook)
    time.sleep(0.4)
    second = claimed(tenant, hook)

    assert kept
    assert meanwhile is None
    assert second is not None
    assert not renew(first)


def test_deliveries_that_the_time_did_not_reach_for_are_given_back_as_they_were(tenant, queued, receiver, monkeypatch):
    monkeypatch.setattr("erpstaging.hooks.delivery.BUDGET_S", 0.05)
    receiver.behave = lambda request: Reply(delay=0.1)
    hook = queued(receiver.url, 1, 2, 3)

    tried = send(claimed(tenant, hook))

    assert tried == 1
    assert tenant.states() == ["ok", "pending", "pending"]
    assert ids(claimed(tenant, hook)) == [2, 3]


def test_what_follows_a_failure_of_a_serial_hook_is_given_back(tenant, queued, receiver):
    receiver.behave = lambda request: Reply(500) if request.number == 2 else OK
    hook = queued(receiver.url, 1, 2, 3)

    send(claimed(tenant, hook))

    assert receiver.ids == [1, 2]
    assert tenant.states() == ["ok", "failing", "pending"]
    assert claimed(tenant, hook) is None


def test_a_hook_deleted_while_it_is_being_sent_to_stays_deleted(tenant, queued, receiver):
    hook = queued(receiver.url, 1)
    sending = claimed(tenant, hook)
    with company_scope(tenant.company.pk):
        subscriptions.delete_hook(tenant.company, ADMIN, hook.pk)

    conclude(sending, [Result(sending.deliveries[0], answered(200))])

    assert tenant.states() == ["discarded"]
    assert tenant.attempts() == []


def test_only_the_databases_clock_counts(tenant, queued, receiver, monkeypatch):
    """A worker whose clock is an hour wrong leases, signs and schedules as every other."""
    hook = queued(receiver.url, 1)
    monkeypatch.setattr(time, "time", lambda: 0.0)

    sending = claimed(tenant, hook)
    conclude(sending, [Result(sending.deliveries[0], answered(500))])

    assert abs(sending.clock() - datetime.now(UTC)) < timedelta(seconds=2)
    planned = tenant.stored(hook).next_attempt_at - datetime.now(UTC)
    assert timedelta(0) < planned < timedelta(seconds=2)


def test_the_keeper_lets_an_attempt_that_never_ends_go(tenant, queued, receiver, settings, monkeypatch):
    settings.WEBHOOK_LEASE_SECONDS = 0.5
    hook = queued(receiver.url, 1)
    sending = Sending(claimed(tenant, hook))
    sending.begin(sending.claim.deliveries[0])
    monkeypatch.setattr("erpstaging.hooks.leases.LONGEST_ATTEMPT_S", 0.2)
    time.sleep(0.6)

    sending.look_after()

    assert ids(claimed(tenant, hook)) == [1]


def test_results_that_could_not_be_written_are_written_later(tenant, queued, receiver, monkeypatch):
    hook = queued(receiver.url, 1)
    sending = Sending(claimed(tenant, hook))
    sending.finish(Result(sending.claim.deliveries[0], answered()))

    with monkeypatch.context() as patch:
        patch.setattr("erpstaging.hooks.leases.conclude", lambda *args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            sending.write()
    sending.close()

    assert tenant.states() == ["ok"]


def test_claims_and_outcomes_take_a_constant_number_of_statements(
    tenant, queued, receiver, django_assert_max_num_queries
):
    hook = queued(receiver.url, *range(40), profile=Profile.DURABLE)

    with django_assert_max_num_queries(10):
        sending = claimed(tenant, hook)
    with django_assert_max_num_queries(12):
        conclude(sending, [Result(delivery, answered()) for delivery in sending.deliveries])

    assert tenant.states() == ["ok"] * 40
