"""Problems: the causes that exports fail for, what people do about one, and their end.

A problem is open as long as an export of its cause failed or is being tried again. That is derived from the rows, so a
list never shows one without any; the sweep writes the end down.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Sum, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from erpstaging.audit import log as audit
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import SYSTEM, Actor
from erpstaging.companies.models import Company
from erpstaging.core.errors import NotFound, WrongState
from erpstaging.core.locks import lock_if_free
from erpstaging.staging.bulk import MAX_ROWS, Selection, start_bulk
from erpstaging.staging.bulk_models import BulkJob
from erpstaging.staging.failing import Told, tell_of_problems
from erpstaging.staging.holding import checked_moment
from erpstaging.staging.models import ExportState, StagedExport
from erpstaging.staging.problem_models import Problem
from erpstaging.staging.queue import Asked, View, matching_rows
from erpstaging.staging.queue_filters import Filters

LISTED = 25
MAY_NOT_MUTE = "Muting a problem needs a role on the ERP tool. Ask an ERP administrator."
FAILED = Q(state=ExportState.FAILED)


class Shown(StrEnum):
    """Which problems a list shows."""

    OPEN = "open"
    MUTED = "muted"
    CLOSED = "closed"


@dataclass(slots=True)
class Group:
    """A problem and its rows: those that failed, with one sum per currency, and those that are being tried again."""

    problem: Problem
    failed: int = 0
    retrying: int = 0
    first_at: dt.datetime | None = None
    last_at: dt.datetime | None = None
    item_types: list[str] = field(default_factory=list)
    sums: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    groups: Sequence[Group]
    more: bool = False


def problems_shown(company: Company, shown: Shown, *, page: int = 1, limit: int = LISTED) -> Part:
    """Open and muted ones with the most failed rows first; closed ones are those of today, the last first."""
    begin = (page - 1) * limit
    if shown is Shown.CLOSED:
        rows = _closed_today(company).order_by("-closed_at", "-pk")[begin : begin + limit + 1]
        groups = [Group(one, first_at=one.opened_at, last_at=one.closed_at) for one in rows]
    else:
        causes = list(_causes(company, shown)[begin : begin + limit + 1])
        found = Problem.objects.of(company).filter(closed_at=None, cause__in=causes)
        by_cause = {one.cause: Group(one) for one in found}
        _count(company, by_cause)
        groups = [by_cause[cause] for cause in causes if cause in by_cause]
    return Part(groups[:limit], len(groups) > limit)


def problem_counts(company: Company) -> dict[Shown, int]:
    """How many problems each list has, with one query."""
    now = timezone.now()
    standing = Q(closed_at=None) & Exists(_rows_of(OuterRef("company_id"), OuterRef("cause")))
    today = Q(closed_at__gte=_midnight(company))
    counts = (
        Problem.objects.of(company)
        .filter(standing | today)
        .aggregate(
            open=Count("pk", filter=Q(closed_at=None) & ~Q(muted_until__gt=now)),
            muted=Count("pk", filter=Q(closed_at=None, muted_until__gt=now)),
            closed=Count("pk", filter=Q(closed_at__isnull=False)),
        )
    )
    return {shown: counts[shown.value] for shown in Shown}


def sample_rows(company: Company, groups: Sequence[Group], each: int) -> dict[str, list[StagedExport]]:
    """Of each group the failed rows that failed first, by cause, with two queries."""
    failed = _failing(company).filter(FAILED, cause__in=[group.problem.cause for group in groups])
    place = Window(RowNumber(), partition_by=[F("cause")], order_by=["failed_at", "pk"])
    ids = failed.annotate(place=place).filter(place__lte=each).values_list("pk", flat=True)
    found: dict[str, list[StagedExport]] = {}
    rows = StagedExport.objects.of(company).filter(pk__in=list(ids)).select_related("erp_request")
    for one in rows.order_by("failed_at", "pk"):
        found.setdefault(one.cause, []).append(one)
    return found


def _causes(company: Company, shown: Shown) -> "QuerySet[Any]":
    """The causes of a list, those with the most failed rows first."""
    muted = Q(muted_until__gt=timezone.now())
    problems = Problem.objects.of(company).filter(muted if shown is Shown.MUTED else ~muted, closed_at=None)
    rows = _failing(company).filter(cause__in=problems.values("cause")).order_by().values("cause")
    counted = rows.annotate(n=Count("pk", filter=FAILED)).order_by("-n", "cause")
    return counted.values_list("cause", flat=True)


def _failing(company: Company) -> "QuerySet[StagedExport]":
    rows: QuerySet[StagedExport] = StagedExport.objects.of(company).exclude(cause="")
    return rows


def _rows_of(company_id: Any, cause: Any) -> "QuerySet[StagedExport]":
    rows: QuerySet[StagedExport] = StagedExport.objects.everywhere().exclude(cause="")
    return rows.filter(company_id=company_id, cause=cause)


def _count(company: Company, groups: Mapping[str, Group]) -> None:
    rows = (
        _failing(company)
        .filter(cause__in=list(groups))
        .order_by()
        .values_list("cause", "item_type", "currency")
        .annotate(
            failed=Count("pk", filter=FAILED),
            every=Count("pk"),
            first=Min("failed_at"),
            last=Max("failed_at"),
            total=Sum("amount", filter=FAILED),
        )
    )
    for cause, item_type, currency, failed, every, first, last, total in rows:
        group = groups[cause]
        group.failed += failed
        group.retrying += every - failed
        group.first_at = min(group.first_at or first, first)
        group.last_at = max(group.last_at or last, last)
        group.item_types = [one for one in ENTITIES if one in {*group.item_types, item_type}]
        if total is not None and currency:
            group.sums[currency] = group.sums.get(currency, Decimal(0)) + total


def _closed_today(company: Company) -> "QuerySet[Problem]":
    rows: QuerySet[Problem] = Problem.objects.of(company).filter(closed_at__gte=_midnight(company))
    return rows


def _midnight(company: Company) -> dt.datetime:
    return dt.datetime.combine(timezone.localdate(timezone=company.zone), dt.time.min, company.zone)


# What people do


def retry_problem(company: Company, problem_id: int, *, actor: Actor) -> BulkJob:
    """Send every failed row of a problem again, as one bulk decision; of more than 10,000 those that wait longest.

    Raises NotFound, NotPermitted, and WrongState where nothing of it is left to be sent.
    """
    _standing(company, problem_id)
    pairs = matching_rows(company, Asked(View.FAILED, filters=Filters(problem_ids=(problem_id,))), MAX_ROWS)
    if not pairs:
        raise WrongState("None of its rows is failed any more.")
    return start_bulk(company, "retry", Selection(pairs=pairs), actor=actor)


def mute_problem(company: Company, problem_id: int, *, actor: Actor, until: Any) -> Problem:
    """Keep a problem quiet until a moment, or a day of the company's zone; None lets it be heard again.

    Until then it stands apart, and no notice tells of it, also when it ends and comes again. Raises NotFound,
    NotPermitted, Invalid, WrongState.
    """
    actor.require("erp", MAY_NOT_MUTE)
    moment = None if until is None else checked_moment(until, company, timezone.now())
    problem = _standing(company, problem_id, locked=True)
    problem.muted_until = moment
    problem.muted_by_id, problem.muted_by_name = (actor.user_id, actor.name) if moment else (None, "")
    problem.save(update_fields=["muted_until", "muted_by_id", "muted_by_name"])
    after = {"until": moment.isoformat()} if moment else {}
    audit.record(company.pk, actor, [audit.Act(f"problem.{_verb(moment)}", "problem", problem.pk, after=after)])
    return problem


def _verb(muted_until: dt.datetime | None) -> str:
    return "muted" if muted_until else "unmuted"


def _standing(company: Company, problem_id: int, *, locked: bool = False) -> Problem:
    rows = Problem.objects.of(company).filter(pk=problem_id)
    problem: Problem | None = (rows.select_for_update() if locked else rows).first()
    if problem is None:
        raise NotFound()
    if problem.closed_at is not None:
        raise WrongState("The problem is over.")
    return problem


# What the sweep does


def unsettled_problems(now: dt.datetime, limit: int) -> dict[int, list[int]]:
    """Open problems without a row or whose quiet time is over, by company: for the sweep, which sees every company."""
    rows = Problem.objects.everywhere().filter(closed_at=None)
    rows = rows.filter(Q(muted_until__lte=now) | ~Exists(_rows_of(OuterRef("company_id"), OuterRef("cause"))))
    found: dict[int, list[int]] = {}
    for company_id, problem_id in rows.order_by("pk").values_list("company_id", "pk")[:limit]:
        found.setdefault(company_id, []).append(problem_id)
    return found


def settle_problems(company: Company, problem_ids: Sequence[int]) -> int:
    """End problems whose rows are through, and tell of those whose quiet time is over. Answers how many."""
    now = timezone.now()
    problems = lock_if_free(Problem.objects.of(company).filter(pk__in=problem_ids, closed_at=None))
    # Asked for after the lock: a failure that holds the problem has its row committed by now.
    rows = _failing(company).filter(cause__in=[one.cause for one in problems]).order_by()
    approvers: dict[str, list[tuple[int | None, int]]] = {}
    for cause, approver, count in rows.values_list("cause", "decided_by_id").annotate(n=Count("pk")):
        approvers.setdefault(cause, []).append((approver, count))
    over = [one for one in problems if one.cause not in approvers]
    heard = [one for one in problems if one.cause in approvers and one.muted_until and one.muted_until <= now]
    Problem.objects.of(company).filter(pk__in=[one.pk for one in over]).update(closed_at=now)
    audit.record(company.pk, SYSTEM, [audit.Act("problem.closed", "problem", one.pk) for one in over])
    for one in heard:
        told_at = one.muted_until
        one.muted_until, one.muted_by_id, one.muted_by_name = None, None, ""
        one.save(update_fields=["muted_until", "muted_by_id", "muted_by_name"])
        people = approvers[one.cause]
        told = Told(one.code, one.text, sum(n for _, n in people), frozenset(person for person, _ in people))
        tell_of_problems(company, {one.pk: told}, cause=f"muted until {told_at}")
    return len(over) + len(heard)
