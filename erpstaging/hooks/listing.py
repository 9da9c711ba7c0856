"""The deliveries of a hook as its owner sees them, with the newest attempt of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from erpstaging.companies.models import Company
from erpstaging.core.errors import BadRequest
from erpstaging.hooks.models import Delivery, DeliveryAttempt, DeliveryState, Hook
from erpstaging.hooks.subscriptions import get_hook

PAGE_SIZE, MAX_PAGE_SIZE = 100, 1000

# Which group of `filters[status]` a state is in; a delivery that was never tried is in none but that of the discarded.
_TRIED = Q(attempts__gt=0)
GROUPS: Mapping[str, Q] = {
    "any": _TRIED | Q(state=DeliveryState.DISCARDED),
    "successful": Q(state=DeliveryState.OK),
    "discarded": Q(state=DeliveryState.DISCARDED),
    "failing": Q(state__in=[DeliveryState.PENDING, DeliveryState.LEASED, DeliveryState.FAILING, DeliveryState.FAILED])
    & _TRIED,
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A delivery, its newest attempt if there was one, and the hook's word for how it stands."""

    delivery: Delivery
    attempt: DeliveryAttempt | None
    outcome: str

    @property
    def completed_at(self) -> datetime | None:
        """When the newest attempt ended; for what was discarded untried, when it was."""
        if self.attempt is None:
            return self.delivery.completed_at
        return self.attempt.started_at + timedelta(milliseconds=self.attempt.duration_ms)


def list_deliveries(
    company: Company,
    hook_id: int,
    *,
    project_id: int | None = None,
    status: str = "any",
    page_size: int = PAGE_SIZE,
    page_start: int | None = None,
) -> tuple[Hook, list[Listed]]:
    """Newest first; `page_start` is the id that the page before ended with. Raises NotFound, BadRequest."""
    if status not in GROUPS:
        raise BadRequest("Unknown status.", errors={"filters[status]": [f"must be one of {', '.join(GROUPS)}"]})
    hook = get_hook(company, hook_id, project_id=project_id)
    rows = Delivery.objects.of(company).filter(GROUPS[status], hook=hook, is_test=False).select_related("event")
    if page_start is not None:
        rows = _after(rows, page_start)
    deliveries = list(rows.defer("body").order_by("-created_at", "-pk")[: min(page_size, MAX_PAGE_SIZE)])
    attempts = _newest_attempts(company, deliveries)
    return hook, [Listed(one, attempts.get(one.pk), outcome_of(one)) for one in deliveries]


def _after(rows: "QuerySet[Any]", page_start: int) -> "QuerySet[Any]":
    """What stands behind the delivery of this id; where it is gone, what has a lower one."""
    began = rows.filter(pk=page_start).values_list("created_at", flat=True).first()
    if began is None:
        return rows.filter(pk__lt=page_start)
    return rows.filter(Q(created_at__lt=began) | Q(created_at=began, pk__lt=page_start), created_at__lte=began)


def outcome_of(delivery: Delivery) -> str:
    """ok, retried (another try is planned), failed (refused, or held until a resume) or discarded."""
    if delivery.state in {DeliveryState.OK, DeliveryState.FAILED, DeliveryState.DISCARDED}:
        return str(delivery.state)
    return "failed" if delivery.next_attempt_at is None else "retried"


def _newest_attempts(company: Company, deliveries: list[Delivery]) -> dict[int, Any]:
    """The attempt with each delivery's own count as its number, by delivery."""
    by_id = {delivery.pk: delivery.attempts for delivery in deliveries}
    newest = DeliveryAttempt.objects.of(company).filter(delivery_id__in=by_id)
    return {one.delivery_id: one for one in newest.order_by("delivery_id", "-number").distinct("delivery_id")}
