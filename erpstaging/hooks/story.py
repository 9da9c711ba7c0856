"""How the integrator was told of an object's requests: each delivery, and each attempt at it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from erpstaging.companies.models import Company
from erpstaging.hooks.models import Delivery, DeliveryAttempt

ERP_REQUESTS = "ERP Requests"


@dataclass(frozen=True, slots=True)
class Told:
    """One moment of a delivery: it began to wait (`number` 0), was tried for the `number`th time, or replayed `by` a
    person.

    `status` is the receiver's answer, None where none came; `error` says why then. `duration_ms` is how long it took.
    """

    key: str
    at: datetime
    receiver: str
    correlation_id: str
    erp_request_id: int
    number: int = 0
    outcome: str = ""
    status: int | None = None
    error: str = ""
    duration_ms: int = 0
    by: str = ""
    reason: str = ""


def told_of(company: Company, erp_request_ids: Sequence[int], *, before: datetime | None, limit: int) -> list[Told]:
    """The newest moments of the deliveries about these requests, newest first: two queries, however many there are."""
    if not erp_request_ids:
        return []
    rows = Delivery.objects.of(company).filter(
        resource_name=ERP_REQUESTS, resource_id__in=erp_request_ids, is_test=False
    )
    deliveries = {one.pk: one for one in rows.select_related("hook", "event").defer("body").order_by("-pk")[:limit]}
    tried = DeliveryAttempt.objects.of(company).filter(delivery_id__in=deliveries)
    if before is not None:
        tried = tried.filter(started_at__lt=before)
    attempts = tried.defer("body", "headers").order_by("-started_at")[:limit]
    found = [_begun(one) for one in deliveries.values() if before is None or one.created_at < before]
    found += [_attempt(deliveries[one.delivery_id], one) for one in attempts]
    found += [
        _replayed(one)
        for one in deliveries.values()
        if one.replayed_at and (before is None or one.replayed_at < before)
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)[:limit]


def _begun(delivery: Delivery) -> Told:
    return Told(
        key=f"delivery-{delivery.pk}",
        at=delivery.created_at,
        receiver=delivery.hook.receiver,
        correlation_id=delivery.event.correlation_id,
        erp_request_id=delivery.resource_id,
    )


def _replayed(delivery: Delivery) -> Told:
    if delivery.replayed_at is None:
        raise AssertionError("only what was replayed has a moment of it")
    return Told(
        key=f"replay-{delivery.pk}",
        at=delivery.replayed_at,
        receiver=delivery.hook.receiver,
        correlation_id=delivery.event.correlation_id,
        erp_request_id=delivery.resource_id,
        by=delivery.replayed_by,
        reason=delivery.replay_reason,
    )


def _attempt(delivery: Delivery, attempt: DeliveryAttempt) -> Told:
    return Told(
        key=f"attempt-{attempt.pk}",
        at=attempt.started_at,
        receiver=delivery.hook.receiver,
        correlation_id=delivery.event.correlation_id,
        erp_request_id=delivery.resource_id,
        number=attempt.number,
        outcome=attempt.outcome,
        status=attempt.status,
        error=attempt.error,
        duration_ms=attempt.duration_ms,
    )
