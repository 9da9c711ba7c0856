"""What the head of accounting looks at: what waits and since when, what failed, and how long it takes to be synced.

Every number is that of a part of the queue, asked as the queue asks it, so that a list opened from it has as many rows.
The number of queries does not depend on how much there is.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Aggregate, Case, CharField, Count, DurationField, ExpressionWrapper, F, Q, Value, When
from django.db.models.functions import TruncDate
from django.utils import timezone

from erpstaging.companies.models import Company
from erpstaging.connections.services import metadata_of
from erpstaging.staging.problems import Group, Shown, problem_counts, problems_shown
from erpstaging.staging.queue import (
    COUNTED_TO,
    Tab,
    View,
    late_counts,
    objects_synced,
    oldest_by_type,
    tabs_of,
    type_counts,
)

# In the order of their columns. What is on hold was put aside, so it is never late.
WAITING = (View.READY_TO_IMPORT, View.NEEDS_FIXING, View.READY_TO_EXPORT, View.READY_TO_UPDATE, View.ON_HOLD)
LATE = WAITING[:-1]
DAYS = 30
CAUSES = 8


@dataclass(frozen=True, slots=True)
class ViewFigures:
    """Rows of a view, counted to one above 10,000 for each type; `late` is None where nothing can be."""

    view: View
    by_type: Mapping[str, int]
    oldest: Mapping[str, dt.datetime]
    late: int | None

    def count(self, item_types: Sequence[str] | None = None) -> int:
        kinds = self.by_type if item_types is None else item_types
        return sum(self.by_type.get(one, 0) for one in kinds)

    @property
    def oldest_at(self) -> dt.datetime | None:
        return min(self.oldest.values(), default=None)


@dataclass(frozen=True, slots=True)
class TypeFigures:
    """One tab of the queue: its rows by view, in their order, and since when the oldest of them has waited."""

    tab: Tab
    counts: Sequence[int]
    oldest_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Passage:
    """How long exports of a tab took from the accept to the close-out; `objects` is how many of them there are."""

    tab: Tab
    objects: int
    median: dt.timedelta
    p90: dt.timedelta


@dataclass(frozen=True, slots=True)
class Figures:
    """`days` has every day of the time, the first and the last included."""

    views: Sequence[ViewFigures]
    failed: ViewFigures
    types: Sequence[TypeFigures]
    causes: Sequence[Group]
    open_causes: int
    first: dt.date
    last: dt.date
    days: Sequence[tuple[dt.date, int]] = ()
    passages: Sequence[Passage] = ()


class Percentile(Aggregate):
    """The value below which a part of the others lie, between two of them where need be."""

    function = "percentile_cont"
    template = "%(function)s(%(part)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


def figures_of(company: Company, *, days: int = DAYS) -> Figures:
    metadata = metadata_of(company.pk)
    tabs = tabs_of(metadata)
    views = [_view(company, view) for view in WAITING]
    last = timezone.localdate(timezone=company.zone)
    first = last - dt.timedelta(days=days - 1)
    return Figures(
        views=views,
        failed=_view(company, View.FAILED),
        types=_types(tabs, views),
        causes=problems_shown(company, Shown.OPEN, limit=CAUSES).groups,
        open_causes=problem_counts(company)[Shown.OPEN],
        first=first,
        last=last,
        days=_days(company, first, last),
        passages=_passages(company, tabs, first, last),
    )


def is_capped(count: int) -> bool:
    return count > COUNTED_TO


def _view(company: Company, view: View) -> ViewFigures:
    late = late_counts(company, view) if view in LATE else None
    return ViewFigures(view, type_counts(company, view), oldest_by_type(company, view), late)


def _types(tabs: Sequence[Tab], views: Sequence[ViewFigures]) -> list[TypeFigures]:
    """The tabs that have something."""
    rows = []
    for tab in tabs:
        moments = [one.oldest[kind] for one in views for kind in tab.item_types if kind in one.oldest]
        rows.append(TypeFigures(tab, [one.count(tab.item_types) for one in views], min(moments, default=None)))
    return [one for one in rows if any(one.counts)]


def _days(company: Company, first: dt.date, last: dt.date) -> list[tuple[dt.date, int]]:
    """Objects that were synced on each day, by the day's end in the company's zone."""
    rows = (
        objects_synced(company, first, last)
        .order_by()
        .annotate(day=TruncDate("closed_at", tzinfo=company.zone))
        .values_list("day")
        .annotate(n=Count("record_id", distinct=True))
    )
    found = dict(rows)
    every = (first + dt.timedelta(days=number) for number in range((last - first).days + 1))
    return [(day, found.get(day, 0)) for day in every]


def _passages(company: Company, tabs: Sequence[Tab], first: dt.date, last: dt.date) -> list[Passage]:
    by_key = {tab.key: tab for tab in tabs}
    if not by_key:
        return []
    took: Any = ExpressionWrapper(F("closed_at") - F("decided_at"), output_field=DurationField())
    key = Case(
        *(When(item_type__in=tab.item_types, then=Value(tab.key)) for tab in tabs),
        default=Value(""),
        output_field=CharField(),
    )
    # What was synced by hand says nothing of the integration, but it stands in the list.
    timed = Q(decided_at__isnull=False, source="")
    rows = (
        objects_synced(company, first, last)
        .order_by()
        .annotate(tab=key)
        .values_list("tab")
        .annotate(
            n=Count("record_id", distinct=True),
            median=Percentile(took, part=0.5, filter=timed),
            p90=Percentile(took, part=0.9, filter=timed),
        )
    )
    found = {name: (n, median, p90) for name, n, median, p90 in rows}
    return [
        Passage(tab, n, median, p90)
        for tab in tabs
        for n, median, p90 in [found.get(tab.key, (0, None, None))]
        if n and median is not None
    ]
