"""The deliveries of a company as people see them: filtered, newest first, paged by key; and one with its attempts."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q, QuerySet

from erpstaging.companies.models import Company
from erpstaging.core.errors import BadRequest, NotFound
from erpstaging.hooks.models import Delivery, DeliveryAttempt, DeliveryState
from erpstaging.outbox.models import Event

DEFAULT_LIMIT, MAX_LIMIT = 50, 100
MAX_CURSOR = 200
# Words that people filter by; one may mean several stored states.
STATES: Mapping[str, Q] = {
    "delivered": Q(state=DeliveryState.OK),
    "waiting": Q(state__in=[DeliveryState.PENDING, DeliveryState.LEASED]),
    "retrying": Q(state=DeliveryState.FAILING, gave_up_at__isnull=True),
    "held": Q(state=DeliveryState.FAILING, gave_up_at__isnull=False),
    "refused": Q(state=DeliveryState.FAILED),
    "discarded": Q(state=DeliveryState.DISCARDED),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of the log; filters narrow each other. `since` is in it, `until` is not."""

    hook_id: int | None = None
    state: str = ""
    resource_name: str = ""
    event_type: str = ""
    resource_id: int | None = None
    correlation_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    cursor: str = ""
    limit: int = DEFAULT_LIMIT


@dataclass(frozen=True, slots=True)
class Logged:
    """A delivery, with hook and event loaded, and its newest attempt if there was one."""

    delivery: Delivery
    attempt: DeliveryAttempt | None

    @property
    def outcome(self) -> str:
        return outcome_of(self.delivery)


@dataclass(frozen=True, slots=True)
class Part:
    rows: list[Logged]
    next_cursor: str


def outcome_of(delivery: Delivery) -> str:
    """How a delivery stands, by a word of `STATES`."""
    match delivery.state:
        case DeliveryState.OK:
            return "delivered"
        case DeliveryState.FAILED:
            return "refused"
        case DeliveryState.DISCARDED:
            return "discarded"
        case DeliveryState.FAILING:
            return "retrying" if delivery.gave_up_at is None else "held"
    return "waiting"


def delivery_log(company: Company, asked: Asked) -> Part:
    """Raises BadRequest for an unknown state, or a cursor that is not one of ours."""
    rows = _filtered(company, asked)
    if asked.cursor:
        moment, last_id = read_cursor(asked.cursor)
        # The bound lets PostgreSQL begin in the index where the page does; the alternatives alone would not.
        rows = rows.filter(Q(created_at__lt=moment) | Q(created_at=moment, pk__lt=last_id), created_at__lte=moment)
    limit = min(asked.limit, MAX_LIMIT)
    rows = rows.select_related("hook", "event").defer("body").order_by("-created_at", "-pk")
    found = list(rows[: limit + 1])
    shown = found[:limit]
    newest = newest_attempts(company, shown)
    cursor = written_cursor(shown[-1].created_at, shown[-1].pk) if len(found) > limit else ""
    return Part([Logged(one, newest.get(one.pk)) for one in shown], cursor)


def _filtered(company: Company, asked: Asked) -> "QuerySet[Any]":
    rows: QuerySet[Any] = Delivery.objects.of(company)
    if asked.state:
        if asked.state not in STATES:
            words = ", ".join(STATES)
            raise BadRequest("The state is unknown.", code="bad_query", errors={"state": [f"must be one of {words}"]})
        rows = rows.filter(STATES[asked.state])
    if asked.correlation_id:
        about = Event.objects.of(company).filter(correlation_id=asked.correlation_id).exclude(correlation_id="")
        rows = rows.filter(event__in=about)
    exact = {
        "hook_id": asked.hook_id,
        "resource_name": asked.resource_name or None,
        "event_type": asked.event_type or None,
        "resource_id": asked.resource_id,
        "created_at__gte": asked.since,
        "created_at__lt": asked.until,
    }
    return rows.filter(**{name: value for name, value in exact.items() if value is not None})


def newest_attempts(company: Company, deliveries: list[Delivery]) -> dict[int, Any]:
    """The newest attempt of each delivery, by its id: one query."""
    newest = DeliveryAttempt.objects.of(company).filter(delivery_id__in=[one.pk for one in deliveries])
    newest = newest.defer("body", "headers", "request_headers")
    return {one.delivery_id: one for one in newest.order_by("delivery_id", "-number").distinct("delivery_id")}


# One delivery

MAX_ATTEMPTS = 200


@dataclass(frozen=True, slots=True)
class Opened:
    """A delivery with its attempts, newest first; the 200 newest where there are more."""

    delivery: Delivery
    attempts: list[DeliveryAttempt]

    @property
    def outcome(self) -> str:
        return outcome_of(self.delivery)


def open_delivery(company: Company, delivery_id: int) -> Opened:
    """Raises NotFound."""
    found = Delivery.objects.of(company).filter(pk=delivery_id).select_related("hook", "event").first()
    if found is None:
        raise NotFound
    attempts = DeliveryAttempt.objects.of(company).filter(delivery=found).order_by("-number")
    return Opened(found, list(attempts[:MAX_ATTEMPTS]))


# Cursors: a moment and an id


def written_cursor(moment: datetime, row_id: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([moment.isoformat(), row_id]).encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[datetime, int]:
    """Raises BadRequest."""
    try:
        if len(cursor) > MAX_CURSOR:
            raise ValueError
        moment, row_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        parsed = datetime.fromisoformat(moment)
        if parsed.tzinfo is None or not isinstance(row_id, int) or not 0 < row_id < 2**63:
            raise ValueError
        return parsed.astimezone(UTC), row_id
    except (ValueError, TypeError, OverflowError):
        raise BadRequest(
            "The cursor is not one of ours.", code="bad_query", errors={"cursor": ["is invalid"]}
        ) from None


def without_paging(asked: Asked) -> Asked:
    return replace(asked, cursor="", limit=DEFAULT_LIMIT)
