"""Sending again what was sent before: one, and all of a time range."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from standardwebhooks import Webhook

from erpstaging.audit.models import Entry
from erpstaging.core.errors import Invalid, NotFound, NotPermitted, TooLarge, WrongState
from erpstaging.core.scope import company_scope
from erpstaging.hooks.models import Profile
from erpstaging.hooks.replaying import replay, replay_range
from erpstaging.hooks.subscriptions import delete_hook
from tests.fixtures.hooks import ADMIN, Tenant, sweep_until
from tests.fixtures.receiver import OK, Reply

HOUR = timedelta(hours=1)


def replayed(tenant: Tenant, *ids: int, reason: str = "The receiver lost it"):
    with company_scope(tenant.company.pk):
        return replay(tenant.company, ADMIN, list(ids), reason=reason)


def replayed_range(tenant: Tenant, hook, what: str = "gave_up", **when):
    now = datetime.now(UTC)
    asked = {"since": now - HOUR, "until": now + HOUR, "reason": "The vendor group is there now", **when}
    with company_scope(tenant.company.pk):
        return replay_range(tenant.company, ADMIN, hook.pk, what=what, **asked)


@pytest.mark.capability("WH-08")
def test_a_replay_sends_the_stored_bytes_with_the_same_id_and_a_fresh_time(tenant, receiver):
    tenant.hook(receiver.url)
    tenant.tell(1)
    sweep_until(tenant.settled)
    (delivery,) = tenant.deliveries()
    time.sleep(1.1)  # the timestamp has whole seconds

    replayed(tenant, delivery.pk)
    sweep_until(tenant.settled)

    first, second = receiver.received
    assert second.body == first.body == delivery.body.encode()
    assert second.headers["webhook-id"] == first.headers["webhook-id"]
    assert int(second.headers["webhook-timestamp"]) > int(first.headers["webhook-timestamp"])
    assert (first.headers["webhook-attempt"], second.headers["webhook-attempt"]) == ("1", "2")
    assert Webhook(tenant.secret).verify(second.body, second.headers) == first.event
    (delivery,) = tenant.deliveries()
    assert (delivery.state, delivery.replayed_by, delivery.replay_reason) == ("ok", "Ada Admin", "The receiver lost it")
    with company_scope(tenant.company.pk):
        entry = Entry.objects.of(tenant.company).get(action="replay_delivery")
    assert (entry.actor_name, entry.object_id) == ("Ada Admin", delivery.pk)
    assert entry.after == {"reason": "The receiver lost it", "was": "ok"}


@pytest.mark.capability("WH-08")
def test_all_that_failed_in_a_time_range_goes_out_in_one_act(tenant, receiver):
    receiver.behave = lambda request: Reply(422, body=b'{"error": "vendor group is missing"}')
    hook = tenant.hook(receiver.url, profile=Profile.DURABLE)
    tenant.tell(*range(30))
    sweep_until(tenant.settled)
    receiver.behave = lambda request: OK
    too_late = replayed_range(tenant, hook, since=datetime.now(UTC) + timedelta(minutes=1))

    with CaptureQueriesContext(
        connection,
    ) as queries:
        done = replayed_range(tenant, hook, "refused")
    sweep_until(tenant.settled)

    assert (too_late.count, done.count, done.more) == (0, 30, False)
    assert len(queries) < 15
    assert tenant.states() == ["ok"] * 30
    assert sorted(receiver.ids[30:]) == list(range(30))
    with company_scope(tenant.company.pk):
        entry = Entry.objects.of(tenant.company).filter(action="replay_deliveries").latest("pk")
    assert (entry.actor_name, entry.object_id, entry.after["count"]) == ("Ada Admin", hook.pk, 30)
    assert entry.after["reason"] == "The vendor group is there now"


def test_a_range_takes_so_many_at_once_and_says_that_there_are_more(tenant, receiver, monkeypatch):
    monkeypatch.setattr("erpstaging.hooks.replaying.MAX_RANGE", 2)
    receiver.behave = lambda request: Reply(410)
    hook = tenant.hook(receiver.url, profile=Profile.DURABLE)
    tenant.tell(1, 2, 3)
    sweep_until(tenant.settled)

    first, second = replayed_range(tenant, hook), replayed_range(tenant, hook)

    assert (first.count, first.more, second.count, second.more) == (2, True, 1, False)


def test_what_was_taken_is_not_in_a_range(tenant, receiver):
    hook = tenant.hook(receiver.url)
    tenant.tell(1)
    sweep_until(tenant.settled)

    assert replayed_range(tenant, hook).count == 0


def test_what_is_on_its_way_cannot_be_replayed(tenant, receiver):
    receiver.behave = lambda request: Reply(503)
    tenant.hook(receiver.url)
    tenant.tell(1)
    sweep_until(lambda: bool(tenant.attempts()))

    with pytest.raises(WrongState, match="on its way"):
        replayed(tenant, tenant.deliveries()[0].pk)


def test_nothing_goes_to_a_hook_that_is_gone(tenant, receiver):
    hook = tenant.hook(receiver.url)
    tenant.tell(1)
    sweep_until(tenant.settled)
    with company_scope(tenant.company.pk):
        delete_hook(tenant.company, ADMIN, hook.pk)

    with pytest.raises(WrongState) as refused:
        replayed(tenant, tenant.deliveries()[0].pk)

    assert refused.value.code == "hook_deleted"


@pytest.mark.parametrize(
    ("ids", "refusal"),
    [([], Invalid), ("1", Invalid), ([True], Invalid), ([0], Invalid), ([2**63], Invalid), ([1] * 501, TooLarge),
     ([4711], NotFound)],
)  # fmt: skip
def test_a_replay_names_deliveries(tenant, ids, refusal):
    with company_scope(tenant.company.pk), pytest.raises(refusal):
        replay(tenant.company, ADMIN, ids, reason="Because")


def test_a_replay_says_why_and_takes_an_administrator(tenant, receiver, other_tenant):
    tenant.hook(receiver.url)
    tenant.tell(1)
    sweep_until(tenant.settled)
    delivery_id = tenant.deliveries()[0].pk
    reader = type(ADMIN)(kind="person", id=8, name="Rea Reader", rights=frozenset({"member", "erp"}))

    with pytest.raises(Invalid):
        replayed(tenant, delivery_id, reason="  ")
    with company_scope(tenant.company.pk), pytest.raises(NotPermitted):
        replay(tenant.company, reader, [delivery_id], reason="Because")
    with company_scope(other_tenant.company.pk), pytest.raises(NotFound):
        replay(other_tenant.company, ADMIN, [delivery_id], reason="Because")


@pytest.mark.capability("EX-06")
def test_a_receiver_that_is_busy_twice_is_told_three_times_with_growing_gaps(tenant, receiver, settings):
    settings.WEBHOOK_TIME_FACTOR = 0.2
    receiver.behave = lambda request: Reply(503) if request.number <= 2 else OK
    tenant.hook(receiver.url, profile=Profile.DURABLE)

    tenant.tell(1)
    sweep_until(tenant.settled)

    first, second, third = (request.at for request in receiver.received)
    # 1 s and 2 s, each a fifth more or less, a fifth as long here; a busy machine only makes them longer.
    assert second - first > 0.2 * 1 * 0.8
    assert third - second > 0.2 * 2 * 0.8
    assert [(one.outcome, one.status) for one in tenant.attempts()] == [("retried", 503), ("retried", 503), ("ok", 200)]
