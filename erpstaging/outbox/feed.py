"""The event feed: what a company's events were since a cursor, in commit order, for whoever missed a notification.

Positions are given by one dispatcher at a time, to events whose writers have all ended. So no event ever appears before
a cursor that somebody was given, and reading on from there misses nothing. See docs/decisions/event-feed.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone
from ulid import ULID

from erpstaging.companies.models import Company
from erpstaging.core.errors import BadRequest, Gone
from erpstaging.outbox.models import Event

if TYPE_CHECKING:
    from django.db.models import QuerySet

DEFAULT_LIMIT, MAX_LIMIT = 100, 1000
# With a filter that little passes, a call looks at so many events and hands out the place it came to.
LOOKED_AT = 10_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events a caller asks for. Without a cursor: from the oldest kept, or from `since` on."""

    cursor: str = ""
    since: datetime | None = None
    resource_names: Sequence[str] = ()
    event_types: Sequence[str] = ()
    project_id: int | None = None
    limit: int = DEFAULT_LIMIT

    @property
    def lookups(self) -> dict[str, Any]:
        asked = {
            "resource_name__in": self.resource_names,
            "event_type__in": self.event_types,
            "project_id": self.project_id,
        }
        return {name: value for name, value in asked.items() if value}


@dataclass(frozen=True, slots=True)
class FeedPart:
    """`next_cursor` is what to ask with next time, None while there is no event at all; `more`: ask at once."""

    events: Sequence[Event]
    next_cursor: str | None
    more: bool


def read_feed(company: Company, wanted: Wanted) -> FeedPart:
    """Events after the cursor. Raises BadRequest for one that names no event here, Gone when events after it went."""
    kept_since = timezone.now() - timedelta(days=settings.EVENT_DAYS)
    rows = Event.objects.of(company).filter(position__isnull=False)
    rows = _after(rows, wanted, kept_since)
    edge, more = _edge(rows) if wanted.lookups else (None, False)
    if edge is not None:
        rows = rows.filter(position__lte=edge.position)
    found = list(rows.filter(**wanted.lookups).order_by("position")[: wanted.limit + 1])
    events = found[: wanted.limit]
    if len(found) > wanted.limit:
        return FeedPart(events, events[-1].ulid, more=True)
    # What the filter left out was looked at, too.
    last = edge or (events[-1] if events else None)
    return FeedPart(events, last.ulid if last else wanted.cursor or None, more=more)


def _after(rows: "QuerySet[Event]", wanted: Wanted, kept_since: datetime) -> "QuerySet[Event]":
    if not wanted.cursor:
        start = max(wanted.since or kept_since, kept_since)
        first = rows.filter(dispatched_at__gte=start).order_by("dispatched_at").first()
        return rows.none() if first is None else rows.filter(position__gte=first.position)
    rows = rows.filter(position__gt=_position_of(rows, wanted.cursor, kept_since))
    following = rows.order_by("position").first()
    if following is not None and following.dispatched_at is not None and following.dispatched_at < kept_since:
        raise _expired()
    return rows


def _position_of(rows: "QuerySet[Event]", cursor: str, kept_since: datetime) -> int:
    try:
        moment = ULID.from_str(cursor).datetime
    except ValueError:
        raise _bad_cursor("is not the ulid of an event") from None
    event = rows.filter(ulid=cursor.upper()).first()
    if event is not None and event.position is not None:
        return int(event.position)
    if moment < kept_since:
        raise _expired()
    raise _bad_cursor("is no event of this company")


def _edge(rows: "QuerySet[Event]") -> tuple[Event | None, bool]:
    """The last event that a call with a filter looks at, and whether there are more behind it.

    It is found before the events themselves: one that is committed in between must not be left behind the cursor.
    """
    at = list(rows.order_by("position")[LOOKED_AT - 1 : LOOKED_AT + 1])
    return (at[0], len(at) > 1) if at else (rows.order_by("-position").first(), False)


def _bad_cursor(text: str) -> BadRequest:
    return BadRequest(f"cursor {text}.", code="bad_query", errors={"cursor": [text]})


def _expired() -> Gone:
    days = settings.EVENT_DAYS
    return Gone(
        f"Events are kept for {days} days, and some after this cursor are older. Read the objects themselves, then "
        "start the feed anew without a cursor.",
        code="cursor_expired",
        errors={"cursor": ["is too old"]},
        kept_days=days,
    )
