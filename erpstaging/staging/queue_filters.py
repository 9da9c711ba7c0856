"""What narrows the work queue. Each filter but text and amount finds its rows by an index.

Values of one filter are alternatives, filters narrow each other.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from django.db.models import Q, QuerySet
from django.utils import timezone

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.erp_settings import DECIDE_WITHIN
from erpstaging.connections.services import metadata_of
from erpstaging.records.models import Record
from erpstaging.staging.decisions import own_exports, own_staged_records
from erpstaging.staging.models import NAMED_BY_ID, ExportState, Failure, StagedExport, StagedRecord, StagedStatus
from erpstaging.staging.problem_models import Problem
from erpstaging.staging.resubmitting import came_back

# When a row of each kind began to wait, or last changed.
SINCE: Mapping[type[Any], str] = {StagedRecord: "created_at", StagedExport: "sent_at", Record: "updated_at"}
NOTHING = Q(pk__in=[])
MOST_BY_ID = 10_000


@dataclass(frozen=True, slots=True, order=True)
class Sender:
    """Who sent it: a person an export, a service account a staged record."""

    kind: Literal["person", "account"]
    id: int

    def __str__(self) -> str:
        return f"{self.kind}-{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What is asked for; an empty one asks for nothing. Days are the company's, amounts are of one currency."""

    project_ids: Sequence[int] = ()
    vendor_ids: Sequence[int] = ()
    senders: Sequence[Sender] = ()
    amount_from: Decimal | None = None
    amount_to: Decimal | None = None
    currency: str = ""
    waiting: dt.timedelta | None = None
    received_from: dt.date | None = None
    received_to: dt.date | None = None
    statuses: Sequence[str] = ()
    flags: Sequence[str] = ()
    codes: Sequence[str] = ()
    decidable_by: Actor | None = None
    late: bool = False
    problem_ids: Sequence[int] = ()
    synced_from: dt.date | None = None
    synced_to: dt.date | None = None


NO_FILTERS = Filters()


def narrowed(company: Company, filters: Filters, model: type[Any]) -> Q:
    """The filters as a condition on one kind of row."""
    condition = Q()
    for part in (_references, _senders, _amount, _times, _words, _decidable, _late, _problems, _synced):
        condition &= part(company, filters, model)
    return condition


def _references(company: Company, filters: Filters, model: type[Any]) -> Q:
    condition = Q()
    for name, ids in (("project", filters.project_ids), ("vendor", filters.vendor_ids)):
        if ids and model is StagedRecord:
            linked = Record.objects.of(company).filter(pk__in=ids, item_type=name, origin_id__isnull=False)
            named = Q(**{f"{name}_origin_id__in": list(linked.values_list("origin_id", flat=True))})
            condition &= named | Q(pk__in=_named_by_id(company, name, ids))
        elif ids:
            condition &= Q(**{f"{name}_id__in": ids})
    return condition


def _named_by_id(company: Company, name: str, ids: Sequence[int]) -> list[int]:
    """Rows that carry our id itself. There are few, so that theirs cost less than the condition would."""
    rows = StagedRecord.objects.of(company).filter(parent=None, deleted_at=None, data__has_any_keys=NAMED_BY_ID)
    return list(rows.filter(**{f"data__{name}_id__in": ids}).values_list("pk", flat=True)[:MOST_BY_ID])


def _senders(company: Company, filters: Filters, model: type[Any]) -> Q:
    if not filters.senders or model is Record:
        return Q()
    kind, column = ("account", "account_id") if model is StagedRecord else ("person", "sent_by_id")
    return Q(**{f"{column}__in": [one.id for one in filters.senders if one.kind == kind]})


def _amount(company: Company, filters: Filters, model: type[Any]) -> Q:
    """What is staged counts in the company's currency."""
    condition = Q()
    if filters.amount_from is not None:
        condition &= Q(amount__gte=filters.amount_from)
    if filters.amount_to is not None:
        condition &= Q(amount__lte=filters.amount_to)
    if not filters.currency:
        return condition
    if model is not StagedRecord:
        return condition & Q(currency=filters.currency, amount__isnull=False)
    return condition & (Q(amount__isnull=False) if filters.currency == company.currency else NOTHING)


def _times(company: Company, filters: Filters, model: type[Any]) -> Q:
    since, condition = SINCE[model], Q()
    if filters.waiting is not None:
        condition &= Q(**{f"{since}__lte": timezone.now() - filters.waiting})
    if filters.received_from is not None:
        condition &= Q(**{f"{since}__gte": _midnight(company, filters.received_from)})
    if filters.received_to is not None:
        condition &= Q(**{f"{since}__lt": _midnight(company, filters.received_to + dt.timedelta(days=1))})
    return condition


def _midnight(company: Company, day: dt.date) -> dt.datetime:
    """The beginning of a day, which may have 23 or 25 hours there."""
    return dt.datetime.combine(day, dt.time.min, company.zone).astimezone(dt.UTC)


Condition = Callable[[Company], Q]


def _unlinking(company: Company) -> Q:
    exports = StagedExport.objects.of(company).filter(state=ExportState.UNLINKING)
    return Q(pk__in=exports.values("record_id"))


STATUSES: Mapping[type[Any], Mapping[str, Condition]] = {
    StagedRecord: {
        "invalid": lambda company: Q(status=StagedStatus.INVALID),
        "waiting_for_parent": lambda company: ~Q(status=StagedStatus.INVALID) & ~Q(waiting_for=[]),
    },
    StagedExport: {
        "accepted": lambda company: Q(state=ExportState.ACCEPTED),
        "exporting": lambda company: Q(state=ExportState.EXPORTING),
        "failed": lambda company: Q(state=ExportState.FAILED, failure=""),
        "stale": lambda company: Q(state=ExportState.FAILED, failure=Failure.STALE),
        "partially_failed": lambda company: Q(state=ExportState.FAILED, failure=Failure.PARTIAL),
    },
    Record: {
        "synced": lambda company: ~_unlinking(company),
        "unlinking": _unlinking,
    },
}
FLAGS: Mapping[type[Any], Mapping[str, Condition]] = {
    StagedRecord: {"resubmitted": lambda company: Q(status=StagedStatus.STAGED, pk__in=came_back(company.pk))},
    StagedExport: {
        "resubmitted": lambda company: Q(resubmits__isnull=False),
        "retried": lambda company: Q(attempts__gt=1),
    },
    Record: {},
}


def _words(company: Company, filters: Filters, model: type[Any]) -> Q:
    condition = Q()
    for chosen, known in ((filters.statuses, STATUSES[model]), (filters.flags, FLAGS[model])):
        if chosen:
            condition &= _any_of([known[word](company) for word in chosen if word in known])
    if filters.codes:
        condition &= Q(reason_code__in=filters.codes) if model is StagedExport else NOTHING
    return condition


def _any_of(alternatives: Sequence[Q]) -> Q:
    first, *others = alternatives or [NOTHING]
    for one in others:
        first |= one
    return first


def _decidable(company: Company, filters: Filters, model: type[Any]) -> Q:
    """Rows whose yes is open to this person: the same rules as in acts.py, as far as they are about the person."""
    actor = filters.decidable_by
    if actor is None:
        return Q()
    if actor.user_id is None or model is Record:
        return NOTHING
    if model is StagedRecord:
        return ~own_staged_records(company.pk, actor.user_id) if actor.may("erp") else NOTHING
    types = [one for one in ENTITIES if may_decide_exports(actor, one)]
    waiting = Q(state=ExportState.READY_TO_EXPORT)
    return Q(item_type__in=types) & ~(waiting & own_exports(actor.user_id)) if types else NOTHING


def _late(company: Company, filters: Filters, model: type[Any]) -> Q:
    """What has waited for a decision for longer than its type may."""
    if not filters.late:
        return Q()
    since, now = SINCE[model], timezone.now()
    own = metadata_of(company.pk).erp.decision_limits
    late = ~Q(item_type__in=list(own)) & Q(**{f"{since}__lt": now - DECIDE_WITHIN})
    for item_type, limit in own.items():
        late |= Q(item_type=item_type) & Q(**{f"{since}__lt": now - limit})
    return late


def _problems(company: Company, filters: Filters, model: type[Any]) -> Q:
    if not filters.problem_ids:
        return Q()
    open_ones = Problem.objects.of(company).filter(pk__in=filters.problem_ids, closed_at=None)
    return Q(cause__in=list(open_ones.values_list("cause", flat=True))) if model is StagedExport else NOTHING


def _synced(company: Company, filters: Filters, model: type[Any]) -> Q:
    """Objects of which an export was synced on these days."""
    if filters.synced_from is None and filters.synced_to is None:
        return Q()
    exports = synced_exports(company, filters.synced_from, filters.synced_to)
    return Q(pk__in=exports.values("record_id")) if model is Record else NOTHING


def synced_exports(company: Company, first: dt.date | None, last: dt.date | None) -> "QuerySet[StagedExport]":
    """The exports that were synced on these days of the company, both included."""
    exports: QuerySet[StagedExport] = StagedExport.objects.of(company).filter(state=ExportState.SYNCED)
    if first is not None:
        exports = exports.filter(closed_at__gte=_midnight(company, first))
    if last is not None:
        exports = exports.filter(closed_at__lt=_midnight(company, last + dt.timedelta(days=1)))
    return exports


def may_decide_exports(actor: Actor, item_type: str) -> bool:
    """Whether the caller decides on exports of this type at all; single ones may still be his own."""
    return actor.may("push") and (actor.may("project_admin") or not ENTITIES[item_type].kept_by_admins)
