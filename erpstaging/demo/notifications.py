"""What the demo's ledger was told during the last day, and how it answered: the delivery log is not empty on day one.

Nobody is called: the answers are handed to the service as if a receiver had given them. The hook is paused from the
start, for the worker runs already, and must not ask the network for an address that is only an example.
"""

import time
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from erpstaging.companies import actors
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company, Membership
from erpstaging.core import sets
from erpstaging.core.scope import in_company
from erpstaging.hooks.claims import Claim, lease_length
from erpstaging.hooks.destinations import Destination, masked
from erpstaging.hooks.dispatch import dispatch_all
from erpstaging.hooks.models import Delivery, DeliveryAttempt, DeliveryState, Hook, Profile
from erpstaging.hooks.outcomes import Answer, Result, conclude
from erpstaging.hooks.subscriptions import create_hook, create_triggers, headers_of, pause_hook
from erpstaging.outbox.models import Event

NAMESPACE = "northwind"
ADDRESS = Destination("https://ledger.northwind.example/hooks/staging")
HEADERS = {"Authorization": "Bearer northwind-hook-7f3a91x81Qz"}
LISTENS = (("ERP Requests", "create"), ("ERP Requests", "update"), ("Company Vendors", "create"))
PAUSED = "Northwind moves its ledger to another address; resume when it is there."
ROUNDS = 4
MOMENTS = 5
DAY = timedelta(hours=23)
BUSY = (503, '{"error": "nightly close is running", "retry": true}')
REFUSED = (422, '{"error": "vendor group is missing", "field": "vendor_group"}')
TAKEN = (200, '{"received": true}')


def seed_hook(company: Company) -> Hook | None:
    """Called once per start, before the business exists, so that the hook hears of it; None where it stands already."""
    return in_company(company.pk, lambda: _hook(company))


def seed_answers(company: Company, hook: Hook) -> None:
    """Answer what the hook was told of the business, as its receiver would have."""
    _wait_for_dispatch(company)
    for _round in range(ROUNDS):
        claimed = in_company(company.pk, lambda: _claim(hook))
        conclude(claimed, [Result(one, _answer(claimed, one)) for one in claimed.deliveries])
    in_company(company.pk, lambda: _over_the_day(hook))


def _wait_for_dispatch(company: Company) -> None:
    """The worker may be carrying the events on just now; what it has not done in time simply waits."""
    for _moment in range(MOMENTS):
        dispatch_all()
        waiting = Event.objects.of(company).filter(dispatched_at__isnull=True)
        if not in_company(company.pk, waiting.exists):
            return
        time.sleep(0.1)


def _hook(company: Company) -> Hook | None:
    if Hook.objects.of(company).filter(namespace=NAMESPACE).exists():
        return None
    hook, _secret = create_hook(
        company,
        _admin(company),
        destination=ADDRESS,
        api_version="v2",
        namespace=NAMESPACE,
        destination_headers=HEADERS,
        profile=Profile.DURABLE,
    )
    sent = [{"resource_name": name, "event_type": kind} for name, kind in LISTENS]
    create_triggers(company, _admin(company), hook.pk, sent)
    return pause_hook(company, _admin(company), hook.pk, reason=PAUSED)


def _admin(company: Company) -> Actor:
    admin = Membership.objects.select_related("user").get(company=company, user__username="admin")
    return actors.person(admin.user, admin)


def _claim(hook: Hook) -> Claim:
    """All that waits, as a worker would hold it."""
    rows = Delivery.objects.of(hook.company_id).filter(hook=hook, completed_at__isnull=True)
    deliveries, token, now = list(rows.select_related("event").order_by("position")), uuid4(), timezone.now()
    rows.update(state=DeliveryState.LEASED, lease_token=token, leased_until=now + lease_length())
    return Claim(hook.company_id, hook, deliveries, token, now)


def _answer(claimed: Claim, delivery: Delivery) -> Answer:
    """A busy ledger now and then, a vendor that it never takes, and else its thanks."""
    kind = delivery.pk % 9
    status, body = TAKEN
    if delivery.attempts < 2 and kind == 3:
        status, body = BUSY
    elif delivery.resource_name == "Company Vendors" and kind in {1, 8}:
        status, body = REFUSED
    times_out = delivery.attempts == 0 and kind == 7
    return Answer(
        started_at=claimed.clock(),
        duration_s=30.0 if times_out else 0.09 + (delivery.pk * 37 % 83) / 1000,
        status=None if times_out else status,
        headers={} if times_out else {"Content-Type": "application/json", "Server": "northwind"},
        body="" if times_out else body,
        error="No complete answer within 30 s." if times_out else "",
        request_headers=_sent(claimed, delivery),
    )


def _sent(claimed: Claim, delivery: Delivery) -> dict[str, str]:
    return {
        **masked(headers_of(claimed.hook)),
        "Content-Type": "application/json",
        "webhook-id": delivery.event.ulid,
        "webhook-timestamp": str(int(claimed.clock().timestamp())),
        "webhook-signature": "v1,**********3f9A=",
        "webhook-attempt": str(delivery.attempts + 1),
    }


def _over_the_day(hook: Hook) -> None:
    """Spread what was made in one moment over the last day, in its order."""
    deliveries = list(Delivery.objects.of(hook.company_id).filter(hook=hook, attempts__gt=0).order_by("position"))
    now, moved = timezone.now(), {}
    for place, delivery in enumerate(deliveries):
        began = now - DAY * (len(deliveries) - place) / (len(deliveries) + 1)
        moved[delivery.pk] = began
    tries = list(DeliveryAttempt.objects.of(hook.company_id).filter(hook=hook).order_by("delivery_id", "number"))
    last: dict[int, datetime] = {}
    rows: list[dict[str, Any]] = []
    for attempt in tries:
        at = moved[attempt.delivery_id] + timedelta(seconds=1.4 * 2**attempt.number - 2.8)
        last[attempt.delivery_id] = at + timedelta(milliseconds=attempt.duration_ms)
        rows.append({"id": attempt.pk, "started_at": at})
    sets.update(DeliveryAttempt, rows)
    ended = [
        {
            "id": one.pk,
            "created_at": moved[one.pk],
            "completed_at": last[one.pk] if one.completed_at else None,
            "gave_up_at": last[one.pk] if one.gave_up_at else None,
        }
        for one in deliveries
    ]
    sets.update(Delivery, ended)
