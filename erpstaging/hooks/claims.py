"""Which deliveries are due, and who may send them: leases by the database's clock.

The unit of a claim is a hook. Whoever claims, and whoever writes what came of it, holds the hook's row for that short
transaction, so that "nobody else sends for this hook" (or for this object of it) stays true in between.
"""

import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from erpstaging.core.locks import lock, lock_if_free
from erpstaging.core.scope import all_companies_scope, in_company
from erpstaging.hooks.egress import Network
from erpstaging.hooks.models import AllowedNetwork, Delivery, DeliveryState, Hook, HookState, Profile
from erpstaging.hooks.networks import parsed

# Deliveries of one claim: it is the number that one write of outcomes covers, and that a killed worker sends again.
RUN = 100
# Workers that may send for one durable hook at a time while it answers well; one while it does not.
SENDERS_PER_HOOK = 2


@dataclass(slots=True)
class Claim:
    """Deliveries of one hook, in the order in which to send them, for as long as the lease is kept.

    `deliveries` have their events loaded.
    """

    company_id: int
    hook: Hook
    deliveries: list[Delivery]
    token: uuid.UUID
    database_time: datetime
    # What the company opened, as it was when the claim was made.
    opened: tuple[Network, ...] = ()
    claimed_at: float = field(default_factory=time.monotonic)

    def clock(self) -> datetime:
        """The database's time now, measured from the claim on by a clock that nobody sets."""
        return self.database_time + timedelta(seconds=time.monotonic() - self.claimed_at)


def lease_length() -> timedelta:
    return timedelta(seconds=settings.WEBHOOK_LEASE_SECONDS)


class DueHook(NamedTuple):
    company_id: int
    hook_id: int
    failing: bool


def due_hooks(limit: int = 500) -> list[DueHook]:
    """Hooks that something can be sent for now, in random order so that none comes last.

    A look without locks: `claim` decides.
    """
    with all_companies_scope(), connection.cursor() as cursor:
        cursor.execute(_DUE_HOOKS, [limit])
        return [DueHook(*row) for row in cursor.fetchall()]


# The recursion walks the index of open deliveries from hook to hook, so hooks with nothing to hear cost nothing.
_DUE_HOOKS = """
    WITH RECURSIVE waiting(hook_id) AS (
        (SELECT hook_id FROM hooks_delivery WHERE completed_at IS NULL ORDER BY hook_id LIMIT 1)
        UNION ALL
        SELECT (SELECT next.hook_id FROM hooks_delivery AS next
                WHERE next.completed_at IS NULL AND next.hook_id > waiting.hook_id ORDER BY next.hook_id LIMIT 1)
        FROM waiting WHERE waiting.hook_id IS NOT NULL
    )
    SELECT hook.company_id, hook.id, hook.first_failure_at IS NOT NULL
    FROM waiting JOIN hooks_hook AS hook ON hook.id = waiting.hook_id
    WHERE (hook.state <> 'paused' OR hook.next_attempt_at <= clock_timestamp())
      AND (hook.profile = 'durable' OR NOT EXISTS (
        SELECT FROM hooks_delivery AS leased
        WHERE leased.hook_id = hook.id AND leased.completed_at IS NULL AND leased.leased_until > clock_timestamp()
          AND NOT leased.is_test
      ))
      AND EXISTS (
        SELECT FROM hooks_delivery AS due
        WHERE due.hook_id = hook.id AND due.completed_at IS NULL AND due.next_attempt_at <= clock_timestamp()
          AND (due.leased_until IS NULL OR due.leased_until <= clock_timestamp()) AND NOT due.is_test
      )
    ORDER BY random() LIMIT %s
"""


def claim(company_id: int, hook_id: int) -> Claim | None:
    """Lease what may be sent for a hook now; None when that is nothing, or when somebody holds the hook."""
    return in_company(company_id, lambda: _claim(company_id, hook_id))


def _claim(company_id: int, hook_id: int) -> Claim | None:
    standing = Hook.objects.of(company_id).filter(pk=hook_id, deleted_at__isnull=True)
    networks = ArraySubquery(AllowedNetwork.objects.of(company_id).values("network"))
    free = lock_if_free(standing.annotate(database_time=Now(), networks=networks))
    if not free or free[0].waits_for_resume:
        return None
    hook: Hook = free[0]
    now: datetime = free[0].database_time
    choose = _of_serial_hook if hook.profile == Profile.PROCORE else _of_durable_hook
    deliveries = choose(hook, now)
    if not deliveries:
        return None
    if hook.state == HookState.IDLE:
        hook.start_afresh()
        hook.save(update_fields=["state", "failures", "first_failure_at", "next_attempt_at"])
    token = uuid.uuid4()
    _lease(hook, deliveries, token, now + lease_length())
    return Claim(company_id, hook, deliveries, token, now, parsed(free[0].networks))


def _lease(hook: Hook, deliveries: list[Delivery], token: uuid.UUID, until: datetime) -> None:
    for delivery in deliveries:
        delivery.lease(token=token, until=until)
    rows = Delivery.objects.of(hook.company_id).filter(pk__in=[delivery.pk for delivery in deliveries])
    rows.update(state=DeliveryState.LEASED, lease_token=token, leased_until=until)


def _of_serial_hook(hook: Hook, now: datetime) -> list[Delivery]:
    """The first of the queue and what follows it, while nobody sends; of a paused hook only the first."""
    queue = _queue(hook)
    if queue.filter(leased_until__gt=now).exists():
        return []
    run = list(queue.order_by("position")[: RUN if hook.state != HookState.PAUSED else 1])
    return run if run and _is_due(run[0], now) else []


def _is_due(delivery: Delivery, now: datetime) -> bool:
    return delivery.next_attempt_at is not None and delivery.next_attempt_at <= now


def _of_durable_hook(hook: Hook, now: datetime) -> list[Delivery]:
    """The first delivery of each object that is due and not being sent."""
    queue = _queue(hook)
    senders = queue.filter(leased_until__gt=now).values("lease_token").distinct().count()
    failing = hook.first_failure_at is not None
    if senders >= (1 if failing else SENDERS_PER_HOOK):
        return []
    before_it = Delivery.objects.of(hook.company_id).filter(
        hook=hook,
        completed_at__isnull=True,
        is_test=False,
        resource_name=OuterRef("resource_name"),
        resource_id=OuterRef("resource_id"),
        position__lt=OuterRef("position"),
    )
    due = queue.filter(_free(now), next_attempt_at__lte=now)
    return list(due.filter(~Exists(before_it)).order_by("next_attempt_at", "position")[: 1 if failing else RUN])


def _queue(hook: Hook) -> "QuerySet[Any]":
    queue = Delivery.objects.of(hook.company_id).filter(hook=hook, completed_at__isnull=True, is_test=False)
    return queue.select_related("event")


def due_tests(limit: int = 20) -> list[tuple[int, int]]:
    """Test deliveries that wait to be sent, as (company id, delivery id): they stand in no queue."""
    with all_companies_scope():
        rows = Delivery.objects.everywhere().filter(_free(Now()), is_test=True, completed_at__isnull=True)
        due = rows.filter(next_attempt_at__lte=Now()).order_by("next_attempt_at")
        return list(due.values_list("company_id", "pk")[:limit])


def claim_test(company_id: int, delivery_id: int) -> Claim | None:
    """Lease a test delivery, whatever state its hook is in; None when somebody has it."""
    return in_company(company_id, lambda: _claim_test(company_id, delivery_id))


def _claim_test(company_id: int, delivery_id: int) -> Claim | None:
    rows = Delivery.objects.of(company_id).filter(_free(Now()), pk=delivery_id, completed_at__isnull=True)
    free = lock_if_free(rows.select_related("event", "hook").annotate(database_time=Now()))
    if not free:
        return None
    delivery, token = free[0], uuid.uuid4()
    now: datetime = free[0].database_time
    _lease(delivery.hook, [delivery], token, now + lease_length())
    opened = parsed(AllowedNetwork.objects.of(company_id).values_list("network", flat=True))
    return Claim(company_id, delivery.hook, [delivery], token, now, opened)


def _free(now: Any) -> Q:
    return Q(leased_until__isnull=True) | Q(leased_until__lte=now)


def renew(claimed: Claim) -> bool:
    """Keep the lease of what is still unanswered for another length; False when it is lost."""

    def command() -> int:
        lock(Hook.objects.of(claimed.company_id).filter(pk=claimed.hook.pk))
        rows = Delivery.objects.of(claimed.company_id).filter(lease_token=claimed.token, completed_at__isnull=True)
        return int(rows.update(leased_until=Now() + lease_length()))

    return in_company(claimed.company_id, command) > 0
