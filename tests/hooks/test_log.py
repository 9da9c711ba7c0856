"""The delivery log and the health of a hook."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from erpstaging.core.errors import BadRequest, NotFound
from erpstaging.core.scope import company_scope
from erpstaging.hooks.health import health_of
from erpstaging.hooks.log import Asked, delivery_log, open_delivery
from erpstaging.hooks.models import DeliveryAttempt, Profile
from erpstaging.outbox.models import Event
from tests.fixtures.hooks import Tenant, sweep_until
from tests.fixtures.receiver import Reply

LISTENS = (("ERP Requests", "create"), ("Cost Codes", "update"))


def ids(tenant: Tenant, **asked) -> list[int]:
    with company_scope(tenant.company.pk):
        return [one.delivery.resource_id for one in delivery_log(tenant.company, Asked(**asked)).rows]


@pytest.fixture
def told(tenant, receiver):
    """1 and 2 were taken, 3 refused for good; 4 is of another resource and hook."""
    receiver.behave = lambda request: (
        Reply(422, body=b'{"error": "no"}') if request.event["resource_id"] == 3 else Reply(200, {"X-Seen": "1"})
    )
    hook = tenant.hook(
        receiver.url, profile=Profile.DURABLE, destination_headers={"Authorization": "Bearer abcdef-12345"}
    )
    other = tenant.hook(receiver.url + "/other", listens_to=LISTENS[1:])
    tenant.tell(1, 2, 3)
    tenant.tell(4, name="Cost Codes", event_type="update")
    sweep_until(tenant.settled)
    return hook, other


@pytest.mark.capability("WH-08")
def test_the_log_is_narrowed_by_hook_state_event_object_time_and_correlation(tenant, told):
    hook, other = told
    now, hour = datetime.now(UTC), timedelta(hours=1)
    with company_scope(tenant.company.pk):
        Event.objects.of(tenant.company).filter(resource_id=2).update(correlation_id="call-2")

    assert sorted(ids(tenant)) == [1, 2, 3, 4]
    assert sorted(ids(tenant, hook_id=hook.pk)) == [1, 2, 3]
    assert ids(tenant, hook_id=other.pk) == [4]
    assert ids(tenant, state="refused") == [3]
    assert sorted(ids(tenant, state="delivered")) == [1, 2, 4]
    assert ids(tenant, resource_name="Cost Codes", event_type="update") == [4]
    assert ids(tenant, resource_name="Cost Codes", event_type="create") == []
    assert ids(tenant, resource_id=2) == [2]
    assert ids(tenant, correlation_id="call-2") == [2]
    assert sorted(ids(tenant, since=now - hour, until=now + hour)) == [1, 2, 3, 4]
    assert ids(tenant, until=now - hour) == ids(tenant, since=now + hour) == []
    with pytest.raises(BadRequest):
        ids(tenant, state="lost")


@pytest.mark.capability("WH-08")
def test_a_delivery_shows_what_was_sent_and_what_came_back(tenant, told):
    with company_scope(tenant.company.pk):
        (logged,) = delivery_log(tenant.company, Asked(state="refused")).rows
        opened = open_delivery(tenant.company, logged.delivery.pk)

    (attempt,) = opened.attempts
    sent = attempt.request_headers
    assert opened.delivery.body
    assert sent["Authorization"] == "*" * 10 + "12345"
    assert sent["webhook-id"] == opened.delivery.event.ulid
    assert sent["webhook-signature"].startswith("v1,**********")
    assert (attempt.status, attempt.body) == (422, '{"error": "no"}')
    assert attempt.duration_ms >= 0
    with company_scope(tenant.company.pk), pytest.raises(NotFound):
        open_delivery(tenant.company, 4711)


def test_another_companys_log_is_empty(tenant, other_tenant, told):
    assert ids(other_tenant) == []
    foreign = tenant.deliveries()[0].pk
    with company_scope(other_tenant.company.pk), pytest.raises(NotFound):
        open_delivery(other_tenant.company, foreign)


def test_pages_of_the_log_miss_and_repeat_none_and_cost_the_same(tenant, receiver):
    tenant.hook(receiver.url)
    tenant.tell(*range(1, 24))
    sweep_until(tenant.settled)
    seen, cursor, costs = [], "", set()

    while True:
        with company_scope(tenant.company.pk), CaptureQueriesContext(connection) as queries:
            part = delivery_log(tenant.company, Asked(cursor=cursor, limit=5))
        seen += [one.delivery.resource_id for one in part.rows]
        costs.add(len(queries))
        if not (cursor := part.next_cursor):
            break

    assert seen == sorted(range(1, 24), reverse=True)
    assert costs == {2}
    for odd in ("x", "W10", "eyJ9", "a" * 300):
        with company_scope(tenant.company.pk), pytest.raises(BadRequest):
            delivery_log(tenant.company, Asked(cursor=odd))


@pytest.mark.capability("WH-08")
def test_health_counts_shares_times_and_what_waits(tenant, receiver):
    hook = tenant.hook(receiver.url)
    tenant.tell(*range(10))
    sweep_until(tenant.settled)
    now = datetime.now(UTC)
    with company_scope(tenant.company.pk):
        for number, attempt in enumerate(DeliveryAttempt.objects.of(tenant.company).order_by("pk"), start=1):
            attempt.duration_ms, attempt.started_at = number * 10, now - timedelta(hours=number * 3)
            attempt.outcome = "retried" if number == 1 else "ok"
            attempt.save()
    tenant.change(hook, state="paused")
    tenant.tell(98, 99)
    sweep_until(lambda: all(event.dispatched_at for event in tenant.events()))

    with company_scope(tenant.company.pk):
        health = health_of(tenant.company, hook.pk, now=now)

    # Eight of the ten are within 24 hours: 10 to 80 ms, the first of them not taken.
    assert (health.attempts, health.taken, health.share) == (8, 7, 7 / 8)
    assert (health.p50_ms, health.p95_ms) == (45, 76)
    assert health.backlog.waiting == 2
    assert health.backlog.oldest is not None
    assert len(health.hours) == 24
    assert sum(one.taken + one.failed for one in health.hours) in {7, 8}
    assert sum(one.failed for one in health.hours) == 1


def test_a_hook_that_was_never_called_is_no_success(tenant, receiver):
    hook = tenant.hook(receiver.url)

    with company_scope(tenant.company.pk):
        health = health_of(tenant.company, hook.pk)

    assert (health.attempts, health.share, health.p50_ms, health.backlog.waiting) == (0, None, None, 0)
