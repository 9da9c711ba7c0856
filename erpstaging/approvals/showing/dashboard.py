"""The dashboard as its page shows it. Every number leads to the part of the queue that it counts."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from erpstaging.approvals.formats import age_text, date_text, day_text, duration_text
from erpstaging.approvals.naming import local
from erpstaging.approvals.presenters import Link, Text
from erpstaging.approvals.showing.problems import problems_url
from erpstaging.approvals.showing.queue import queue_url
from erpstaging.approvals.showing.words import VIEW_LABELS
from erpstaging.companies.models import Company
from erpstaging.monitoring.figures import Figures, Passage, TypeFigures, ViewFigures
from erpstaging.staging.queue import COUNTED_TO, Asked, View
from erpstaging.staging.queue_filters import Filters

# The drawing of the exports per day, in its own units.
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 460, 190, 30, 12, 160
GAP = 0.3
TICKS = 3


@dataclass(frozen=True, slots=True)
class Number:
    """A count, and where its rows stand."""

    count: int
    url: str
    capped: bool = False


@dataclass(frozen=True, slots=True)
class Stat:
    label: Text
    number: Number
    oldest: Text = ""
    late: Number | None = None
    more: Link | None = None


@dataclass(frozen=True, slots=True)
class TypeRow:
    label: Text
    numbers: Sequence[Number]
    oldest: Text


@dataclass(frozen=True, slots=True)
class CauseBar:
    """`width` is the part of the longest bar, in hundredths."""

    label: Text
    number: Number
    width: int


@dataclass(frozen=True, slots=True)
class DayBar:
    """One day: its column in the drawing, and its row in the table."""

    day: Text
    number: Number
    x: float
    y: float
    width: float
    height: float
    label: Text = ""
    today: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class PassageRow:
    label: Text
    number: Number
    median: Text
    p90: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """`said` is the drawing in words."""

    name: str
    stats: Sequence[Stat]
    views: Sequence[Text]
    types: Sequence[TypeRow]
    totals: Sequence[Number]
    causes: Sequence[CauseBar]
    more_causes: Link | None
    days: Sequence[DayBar]
    ticks: Sequence[Tick]
    said: Text
    synced: Number
    passages: Sequence[PassageRow]
    since: Text


def dashboard_shown(company: Company, figures: Figures) -> Dashboard:
    now = timezone.now()
    synced = sum(count for _day, count in figures.days)
    days = _days(company, figures)
    return Dashboard(
        name=company.name,
        stats=[*(_stat(company, one, now) for one in figures.views), _failed(company, figures, now)],
        views=[VIEW_LABELS[one.view] for one in figures.views],
        types=[_type(company, figures, one, now) for one in figures.types],
        totals=[_number(company, Asked(one.view), one.count()) for one in figures.views],
        causes=_causes(company, figures),
        more_causes=_more_causes(company, figures),
        days=days,
        ticks=_ticks(figures),
        said=_said(figures, synced),
        synced=_number(company, _synced_in(figures.first, figures.last), synced),
        passages=[_passage(company, figures, one) for one in figures.passages],
        since=date_text(figures.first),
    )


def _synced_in(first: dt.date, last: dt.date) -> Asked:
    return Asked(View.SYNCED, filters=Filters(synced_from=first, synced_to=last))


def _number(company: Company, asked: Asked, count: int, **more: Any) -> Number:
    return Number(min(count, COUNTED_TO), queue_url(company, asked, **more), capped=count > COUNTED_TO)


def _stat(company: Company, view: ViewFigures, now: dt.datetime) -> Stat:
    late = None
    if view.late:
        late = _number(company, Asked(view.view, filters=Filters(late=True)), view.late)
    return Stat(
        label=VIEW_LABELS[view.view],
        number=_number(company, Asked(view.view), view.count()),
        oldest=_oldest(view.oldest_at, now),
        late=late,
    )


def _failed(company: Company, figures: Figures, now: dt.datetime) -> Stat:
    text = ngettext("%(count)d cause", "%(count)d causes", figures.open_causes) % {"count": figures.open_causes}
    return Stat(
        label=VIEW_LABELS[View.FAILED],
        number=_number(company, Asked(View.FAILED), figures.failed.count()),
        oldest=_oldest(figures.failed.oldest_at, now),
        more=Link(text, problems_url(company)) if figures.open_causes else None,
    )


def _oldest(since: dt.datetime | None, now: dt.datetime) -> str:
    return _("oldest %(age)s") % {"age": age_text(since, now)} if since is not None else ""


def _type(company: Company, figures: Figures, one: TypeFigures, now: dt.datetime) -> TypeRow:
    numbers = [
        _number(company, Asked(view.view), count, type=one.tab.key)
        for view, count in zip(figures.views, one.counts, strict=True)
    ]
    return TypeRow(local(one.tab.label), numbers, age_text(one.oldest_at, now) if one.oldest_at is not None else "")


def _causes(company: Company, figures: Figures) -> list[CauseBar]:
    most = max((one.failed for one in figures.causes), default=0)
    return [
        CauseBar(
            label=one.problem.text or one.problem.code,
            number=_number(company, Asked(View.FAILED, filters=Filters(problem_ids=(one.problem.pk,))), one.failed),
            width=100 * one.failed // most,
        )
        for one in figures.causes
        if one.failed
    ]


def _more_causes(company: Company, figures: Figures) -> Link | None:
    more = figures.open_causes - len(figures.causes)
    if more <= 0:
        return None
    return Link(
        ngettext("%(count)d more cause", "%(count)d more causes", more) % {"count": more}, problems_url(company)
    )


def _days(company: Company, figures: Figures) -> list[DayBar]:
    top = _top(figures)
    step = (WIDTH - LEFT) / max(len(figures.days), 1)
    bars = []
    for place, (day, count) in enumerate(figures.days):
        height = (BOTTOM - TOP) * count / top
        bars.append(
            DayBar(
                day=date_text(day),
                number=_number(company, _synced_in(day, day), count),
                x=round(LEFT + step * (place + GAP / 2), 2),
                y=round(BOTTOM - height, 2),
                width=round(step * (1 - GAP), 2),
                height=round(height, 2),
                label=day_text(day, figures.last) if day.weekday() == 0 else "",
                today=day == figures.last,
            )
        )
    return bars


def _top(figures: Figures) -> int:
    """What the highest line of the drawing stands for: a number that its lines divide."""
    most = max((count for _day, count in figures.days), default=0)
    return max(-(-most // (TICKS - 1)) * (TICKS - 1), TICKS - 1)


def _ticks(figures: Figures) -> list[Tick]:
    top = _top(figures)
    values = [top * number // (TICKS - 1) for number in range(TICKS)]
    return [Tick(round(BOTTOM - (BOTTOM - TOP) * value / top, 2), str(value)) for value in values]


def _said(figures: Figures, synced: int) -> str:
    most_day, most = max(figures.days, key=lambda one: one[1])
    text = _("Objects synced per day from %(first)s to %(last)s: %(count)d in all, at most %(most)d on %(day)s.")
    return text % {
        "first": date_text(figures.first),
        "last": date_text(figures.last),
        "count": synced,
        "most": most,
        "day": date_text(most_day),
    }


def _passage(company: Company, figures: Figures, one: Passage) -> PassageRow:
    asked = _synced_in(figures.first, figures.last)
    return PassageRow(
        label=local(one.tab.label),
        number=_number(company, asked, one.objects, type=one.tab.key),
        median=duration_text(one.median),
        p90=duration_text(one.p90),
    )
