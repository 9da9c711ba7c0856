"""The work queue: what waits, by view and type, oldest first, paged by key so that a deep page costs as little as the
first.

Three kinds of object stand in it: staged records, staged exports and, under Synced, records.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q, QuerySet, Sum

from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.services import metadata_of
from erpstaging.records.models import Record
from erpstaging.staging.call import standing
from erpstaging.staging.models import Action, ExportState, StagedExport, StagedRecord, StagedStatus
from erpstaging.staging.queue_filters import (
    NO_FILTERS,
    SINCE,
    Filters,
    may_decide_exports,
    narrowed,
    synced_exports,
)
from erpstaging.staging.queue_order import Order, Ordered
from erpstaging.staging.resubmitting import resubmitted
from erpstaging.staging.targets import Key, linked_records

COUNTED_TO = 10_000
DEFAULT_LIMIT, MAX_LIMIT = 50, 100


class View(StrEnum):
    READY_TO_IMPORT = "ready_to_import"
    NEEDS_FIXING = "needs_fixing"
    READY_TO_EXPORT = "ready_to_export"
    READY_TO_UPDATE = "ready_to_update"
    ON_HOLD = "on_hold"
    EXPORTING = "exporting"
    FAILED = "failed"
    SYNCED = "synced"
    REJECTED = "rejected"
    ARCHIVED = "archived"


IMPORT_VIEWS = {View.READY_TO_IMPORT, View.NEEDS_FIXING, View.ARCHIVED}
EXPORT_STATES: Mapping[View, tuple[ExportState, ...]] = {
    View.READY_TO_EXPORT: (ExportState.READY_TO_EXPORT,),
    View.READY_TO_UPDATE: (ExportState.READY_TO_EXPORT,),
    View.ON_HOLD: (ExportState.READY_TO_EXPORT,),
    View.EXPORTING: (ExportState.ACCEPTED, ExportState.EXPORTING),
    View.FAILED: (ExportState.FAILED,),
    View.REJECTED: (ExportState.REJECTED,),
}
WAITING_VIEWS = {View.READY_TO_EXPORT, View.READY_TO_UPDATE, View.ON_HOLD}
IMPORTABLE = (StagedStatus.STAGED, StagedStatus.IMPORTED)  # the latter what may come in once more
NEWEST_FIRST = {View.SYNCED, View.REJECTED}


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of the queue: values of one filter are alternatives, filters narrow each other.

    `sort` is a word of queue_order.SORTS, with a minus for descending; empty for the view's own order.
    """

    view: View
    item_types: Sequence[str] = ()
    text: str = ""
    filters: Filters = NO_FILTERS
    sort: str = ""
    cursor: str = ""
    limit: int = DEFAULT_LIMIT

    @property
    def own_order(self) -> Order:
        return Order("since", descending=self.view in NEWEST_FIRST)

    @property
    def order(self) -> Order:
        return Order.asked(self.sort) if self.sort else self.own_order

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the view and its tab decides which rows it has."""
        return bool(self.text) or self.filters != NO_FILTERS


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the queue. `since` is when it began to wait, or last changed under Synced.

    A `resubmitted` one was rejected, and came back; `unlinking` is a record whose link the ERP is being asked about.
    """

    kind: str  # staged_record, export, record
    object: StagedRecord | StagedExport | Record
    since: dt.datetime
    project: str = ""
    vendor: str = ""
    resubmitted: bool = False
    unlinking: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A page of the queue; `total` counts to 10,000, `sums` is one per currency, where all rows were counted.

    `order` is the one it stands in: more rows than are counted are not sorted, and stand in the view's own.
    """

    rows: list[Row]
    next_cursor: str
    total: int
    capped: bool
    order: Order
    sums: dict[str, Decimal] = field(default_factory=dict)


def queue_part(company: Company, asked: Asked) -> Part:
    """Raises BadRequest for a cursor that is not one of ours."""
    rows = rows_asked(company, asked)
    total = _counted(rows)
    capped = total > COUNTED_TO
    order = asked.order if asked.order.is_indexed or not capped else asked.own_order
    shown, cursor = _page(company, Ordered(rows, order), asked)
    return Part(shown, cursor, min(total, COUNTED_TO), capped, order, {} if capped else _sums(company, rows))


def order_in_effect(company: Company, asked: Asked) -> Order:
    """The one that `queue_part` would give, without its rows."""
    if asked.order.is_indexed:
        return asked.order
    return asked.own_order if _counted(rows_asked(company, asked)) > COUNTED_TO else asked.order


def queue_chunk(company: Company, asked: Asked, order: Order) -> tuple[list[Row], str]:
    """Rows and the cursor of what follows, counted nowhere: for who reads all of them, chunk by chunk."""
    return _page(company, Ordered(rows_asked(company, asked), order), asked)


def _page(company: Company, ordered: Ordered, asked: Asked) -> tuple[list[Row], str]:
    page = list(ordered.behind(asked.cursor)[: asked.limit + 1])
    shown = page[: asked.limit]
    cursor = ordered.cursor(shown[-1]) if len(page) > asked.limit else ""
    return named_rows(company, shown, SINCE[ordered.rows.model]), cursor


def queue_totals(company: Company, asked: Asked) -> Part:
    """The same part without its rows."""
    rows = rows_asked(company, asked)
    total = _counted(rows)
    capped = total > COUNTED_TO
    return Part([], "", min(total, COUNTED_TO), capped, asked.order, {} if capped else _sums(company, rows))


def matching_rows(company: Company, asked: Asked, limit: int) -> list[tuple[int, int]]:
    """(id, version) of what stands in a view at this moment, oldest first; at most `limit`."""
    rows = rows_asked(company, asked)
    return list(rows.order_by(SINCE[rows.model], "pk").values_list("pk", "version")[:limit])


def type_counts(company: Company, view: View, *, asked: Asked | None = None) -> dict[str, int]:
    """How many rows of each type stand in a view, as its tabs show; each counted to one above the limit."""
    return counts_by_type(rows_asked(company, asked or Asked(view)), list(ENTITIES))


def counts_by_type(rows: "QuerySet[Any]", item_types: Sequence[str]) -> dict[str, int]:
    """How many of the rows are of each type, none left out, with one query whose cost does not grow with the table."""
    parts = [rows.filter(item_type=one).order_by().values_list("item_type")[: COUNTED_TO + 1] for one in item_types]
    return dict(_of_all(parts, "item_type, count(*)", "GROUP BY item_type"))


def _of_all(parts: "Sequence[QuerySet[Any, Any]]", columns: str, tail: str = "") -> list[tuple[Any, ...]]:
    """What is asked of the parts together."""
    statements = []
    for part in parts:
        with suppress(EmptyResultSet):  # what filters cannot find needs no question
            statements.append(part.query.sql_with_params())
    if not statements:
        return []
    union = " UNION ALL ".join(f"({statement})" for statement, _ in statements)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM ({union}) found {tail}",  # noqa: S608 - made by the ORM
            [one for _, parameters in statements for one in parameters],
        )
        return list(cursor.fetchall())


def view_counts(company: Company) -> dict[View, int]:
    """How many rows stand in each view, counted to one above the limit so that a full view costs no more."""
    parts, values = [], []
    for view in View:
        rows = _of_view(company, view).order_by().values("pk")[: COUNTED_TO + 1]
        with suppress(EmptyResultSet):
            statement, parameters = rows.query.sql_with_params()
            parts.append(f"SELECT %s, (SELECT count(*) FROM ({statement}) rows)")  # noqa: S608 - made by the ORM
            values += [str(view), *parameters]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
        counted = dict(cursor.fetchall())
    return {view: counted.get(str(view), 0) for view in View}


@dataclass(frozen=True, slots=True)
class Tab:
    """The objects that a company's metadata calls by one name, such as both kinds of commitment."""

    key: str
    label: str
    item_types: tuple[str, ...]


def tabs(company: Company) -> list[Tab]:
    """One tab for each entity of the metadata document that shows one, in the catalogue's order."""
    return tabs_of(metadata_of(company.pk))


def tabs_of(metadata: Metadata) -> list[Tab]:
    listed = metadata.tabs(
        entity for entity in ENTITIES.values() if entity.metadata_name and (entity.staged or entity.events.export)
    )
    groups: dict[str, list[Entity]] = {}
    for entity in listed:
        groups.setdefault(entity.metadata_name or "", []).append(entity)
    return [Tab(key, group[0].plural, tuple(entity.item_type for entity in group)) for key, group in groups.items()]


def may_decide(actor: Actor, view: View, item_type: str) -> bool:
    """Whether the caller decides on rows of this type in this view at all; single rows may still be his own."""
    return actor.may("erp") if view in IMPORT_VIEWS else may_decide_exports(actor, item_type)


def rows_of_view(company: Company, view: View) -> "QuerySet[Any]":
    """All rows that stand in a view; StagedRecord, StagedExport or Record, as the view has them."""
    return _of_view(company, view)


def _staged(company: Company) -> QuerySet[StagedRecord]:
    return standing(company.pk).filter(parent=None)


def _synced(company: Company) -> QuerySet[Record]:
    rows: QuerySet[Record] = Record.objects.of(company).filter(
        deleted_at=None, parent=None, origin_id__isnull=False, item_type__in=_shown_types(company)
    )
    return rows


def _shown_types(company: Company) -> list[str]:
    return [item_type for tab in tabs(company) for item_type in tab.item_types]


def rows_asked(company: Company, asked: Asked) -> "QuerySet[Any]":
    """All rows of a part of the queue, in no order, whatever page of it is asked for."""
    rows = _of_view(company, asked.view)
    if asked.item_types:
        rows = rows.filter(item_type__in=asked.item_types)
    if asked.text:
        rows = rows.filter(_matches(rows.model, asked.text))
    if asked.filters != NO_FILTERS:
        rows = rows.filter(narrowed(company, asked.filters, rows.model))
    return rows


def objects_synced(company: Company, first: dt.date, last: dt.date) -> "QuerySet[StagedExport]":
    """Of the exports that were synced on these days, those whose objects stand under Synced now."""
    return synced_exports(company, first, last).filter(record_id__in=_synced(company).values("pk"))


def late_counts(company: Company, view: View) -> int:
    """How many rows of a view wait longer than the company's limit, counted to one above 10,000."""
    return rows_asked(company, Asked(view, filters=Filters(late=True))).order_by()[: COUNTED_TO + 1].count()


def oldest_by_type(company: Company, view: View) -> dict[str, dt.datetime]:
    """Since when the oldest row of each type has been in a view, with one query."""
    rows = _of_view(company, view)
    since = SINCE[rows.model]
    parts = [rows.filter(item_type=one).order_by(since, "pk").values_list("item_type", since)[:1] for one in ENTITIES]
    return dict(_of_all(parts, "*"))


def _of_view(company: Company, view: View) -> "QuerySet[Any]":
    if view is View.SYNCED:
        return _synced(company)
    if view in EXPORT_STATES:
        exports: QuerySet[StagedExport] = StagedExport.objects.of(company).filter(state__in=EXPORT_STATES[view])
        if view in WAITING_VIEWS:
            exports = exports.filter(hold_until__isnull=view is not View.ON_HOLD)
        if view is View.READY_TO_UPDATE:
            return exports.filter(action=Action.UPDATE)
        return exports.exclude(action=Action.UPDATE) if view is View.READY_TO_EXPORT else exports
    staged = _staged(company)
    if view is View.READY_TO_IMPORT:
        return staged.filter(Q(status=StagedStatus.STAGED, waiting_for=[]) | _comes_again(company, waiting=False))
    if view is View.ARCHIVED:
        return staged.filter(status=StagedStatus.ARCHIVED)
    waiting = Q(status=StagedStatus.STAGED) & ~Q(waiting_for=[])
    return staged.filter(Q(status=StagedStatus.INVALID) | waiting | _comes_again(company, waiting=True))


def _comes_again(company: Company, *, waiting: bool) -> Q:
    """What is imported and may be once more. There is little of it, so that its ids cost less than its condition."""
    rows = _staged(company).filter(status=StagedStatus.IMPORTED, changed_since_import=True)
    rows = rows.exclude(waiting_for=[]) if waiting else rows.filter(waiting_for=[])
    return Q(pk__in=list(rows.values_list("pk", flat=True)[:COUNTED_TO]))


def _matches(model: type[Any], text: str) -> Q:
    found = Q(number__icontains=text) | Q(title__icontains=text)
    if model is StagedExport:
        return found | Q(record__origin_id__icontains=text) | Q(vendor__title__icontains=text)
    found |= Q(origin_id__icontains=text)
    return found if model is StagedRecord else found | Q(vendor__title__icontains=text)


def _counted(rows: "QuerySet[Any]") -> int:
    """To one above the limit."""
    return rows.order_by()[: COUNTED_TO + 1].count()


def _sums(company: Company, rows: "QuerySet[Any]") -> dict[str, Decimal]:
    """One for each currency; staged records are in the company's."""
    if rows.model is StagedRecord:
        total = rows.order_by().aggregate(total=Sum("amount"))["total"]
        return {} if total is None else {company.currency: total}
    by_currency = rows.order_by().values_list("currency").annotate(total=Sum("amount"))
    return {currency: total for currency, total in by_currency if total is not None and currency}


def named_rows(company: Company, shown: Iterable[Any], since: str) -> list[Row]:
    """The rows with the names of their projects and vendors: two queries for a page."""
    objects = list(shown)
    keys: dict[int, tuple[Key, Key]] = {}
    ids: set[int] = set()
    for one in objects:
        if isinstance(one, StagedRecord):
            vendor, project = str(one.data.get("vendor_origin_id") or ""), str(one.data.get("project_origin_id") or "")
            keys[one.pk] = (("project", project), ("vendor", vendor))
            ids |= {one.data[name] for name in ("project_id", "vendor_id") if isinstance(one.data.get(name), int)}
        else:
            ids |= {one_id for one_id in (one.project_id, one.vendor_id) if one_id}
    linked = linked_records(company.pk, [key for pair in keys.values() for key in pair if key[1]])
    titles = dict(Record.objects.of(company).filter(pk__in=ids | set(linked.values())).values_list("pk", "title"))
    back = resubmitted(company.pk, [one.pk for one in objects if isinstance(one, StagedRecord)])
    rows = [_row(one, since, keys, linked, titles, back) for one in objects]
    asked = _unlinking(company, [one.pk for one in objects if isinstance(one, Record)])
    return [replace(row, unlinking=True) if row.object.pk in asked else row for row in rows] if asked else rows


def _unlinking(company: Company, record_ids: Sequence[int]) -> set[int]:
    """Those of the records that are being unlinked."""
    exports = StagedExport.objects.of(company).filter(record_id__in=record_ids, state=ExportState.UNLINKING)
    return set(exports.values_list("record_id", flat=True)) if record_ids else set()


def _row(
    one: Any,
    since: str,
    keys: Mapping[int, tuple[Key, Key]],
    linked: Mapping[Key, int],
    titles: Mapping[int, str],
    back: Collection[int],
) -> Row:
    moment: dt.datetime = getattr(one, since)
    if isinstance(one, StagedRecord):
        project, vendor = keys[one.pk]
        return Row(
            "staged_record",
            one,
            moment,
            titles.get(linked.get(project) or one.data.get("project_id") or 0, project[1]),
            titles.get(linked.get(vendor) or one.data.get("vendor_id") or 0, vendor[1]),
            one.status == StagedStatus.STAGED and one.pk in back,
        )
    kind = "export" if isinstance(one, StagedExport) else "record"
    again = isinstance(one, StagedExport) and one.is_open and one.resubmits_id is not None
    return Row(kind, one, moment, titles.get(one.project_id or 0, ""), titles.get(one.vendor_id or 0, ""), again)
