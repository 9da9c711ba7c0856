"""Origin IDs that the integrator sends back for our records, and takes away again.

The lock order is kept: staged records that wait or come back, exports, records.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from erpstaging.audit import log as audit
from erpstaging.catalogue.registry import EXTERNAL
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core import sets
from erpstaging.core.errors import Invalid
from erpstaging.core.locks import lock_family
from erpstaging.erp_requests.models import DetailState, ErpRequestDetail
from erpstaging.erp_requests.services import retire_details
from erpstaging.outbox import events
from erpstaging.outbox.models import EventType
from erpstaging.records.external_data import LinkChange, apply_link, clean_link, disabled_accounts, save_links
from erpstaging.records.models import Record
from erpstaging.records.telling import Change, tell
from erpstaging.staging.answers import INT64, Element, finish_exports, lock_newest_exports
from erpstaging.staging.call import COLUMNS, RESOURCE, comes_back, family_ids, standing
from erpstaging.staging.models import ExportState, StagedExport, StagedRecord, StagedStatus
from erpstaging.staging.targets import Key, linked_records
from erpstaging.staging.waiting import clear_waiting, waiting_ids


def sync_external_data(company: Company, updates: Sequence[Any], *, actor: Actor) -> list[Element]:
    """Set, change and null origin IDs, codes and data of records; keys that are not sent stay.

    A record with an origin ID is linked at once and its lock list closes; a nulled one is unlinked together with its
    lines, and what was imported as it can be imported again.
    """
    elements = [Element(sent) for sent in updates]
    wanted = [(element, *_named(element)) for element in elements]
    live = [(element, entity_type, item_id) for element, entity_type, item_id in wanted if not element.errors]
    ids = [item_id for _, _, item_id in live if item_id is not None]
    waiting, imported = _lock_staged(company.pk, live, ids)
    exports = lock_newest_exports(company.pk, ids)
    lines = Record.objects.of(company).filter(parent_id__in=ids, deleted_at=None).values_list("pk", flat=True)
    records = {
        record.pk: record
        for record in lock_family(Record.objects.of(company).filter(pk__in=[*ids, *lines], deleted_at=None))
    }
    taken = _holders(company.pk, live)
    dormant = disabled_accounts(records.values())
    changes: dict[int, LinkChange] = {}
    for element, item_type, item_id in live:
        _apply(element, item_type, records.get(item_id or 0), changes, actor, taken, dormant)
    _unlink_lines(changes, records)
    applied = [change for change in changes.values() if change.changed]
    save_links(company.pk, applied, reason=f"external data of {actor.name}")
    _tell_links(company.pk, applied, actor)
    _after_links(company, applied, exports, actor)
    _stage_again(company.pk, [change.record.pk for change in applied if change.unlinked], imported, actor)
    linked = [(change.record.item_type, change.record.origin_id) for change in applied if change.record.origin_id]
    clear_waiting(company.pk, waiting, linked)
    return elements


def destroy_external_data(company: Company, item_type: Any, item_ids: Any, *, actor: Actor) -> None:
    """Unlink many records of one type; ids that do not exist are passed over. Raises Invalid."""
    if not isinstance(item_ids, list):
        raise Invalid.field("item_ids", "must be a list of ids")
    nulled = {"origin_id": None, "origin_code": None, "origin_data": None}
    updates = [{"item_type": item_type, "item_id": item_id, **nulled} for item_id in item_ids]
    for element in sync_external_data(company, updates, actor=actor):
        if "item_type" in element.errors:
            raise Invalid(element.errors["item_type"][0], errors=element.errors)


def _named(element: Element) -> tuple[str, int | None]:
    """The item type and id an element names; the id of its own row is the record's too."""
    if not isinstance(element.sent, Mapping):
        element.errors = {"base": ["must be an object"]}
        return "", None
    item_type, item_id = element.sent.get("item_type"), element.sent.get("item_id", element.sent.get("id"))
    if item_type is not None and (not isinstance(item_type, str) or item_type not in EXTERNAL):
        element.errors = {"item_type": [f"must be one of {', '.join(EXTERNAL)}"]}
    elif isinstance(item_id, bool) or not isinstance(item_id, (int, str)) or not str(item_id).isascii():
        element.errors = {"item_id": ["must be an id"]}
    elif not str(item_id).isdigit() or not 0 < int(str(item_id)[:20]) < INT64:
        element.errors = {"item_id": ["does not exist"]}
    return str(item_type or ""), None if element.errors else int(item_id)


Live = Sequence[tuple[Element, str, int | None]]


def _lock_staged(
    company_id: int, live: Live, ids: Sequence[int]
) -> tuple[list[StagedRecord], dict[int, list[StagedRecord]]]:
    """The staged rows that a new origin ID frees, and the imported ones that a nulled one brings back."""
    keys = [
        (item_type, str(element.sent["origin_id"])) for element, item_type, _ in live if element.sent.get("origin_id")
    ]
    nulled = [one for e, _, one in live if one and "origin_id" in e.sent and not e.sent["origin_id"]]
    waiting = waiting_ids(company_id, keys)
    imported = list(standing(company_id).filter(record_id__in=nulled).values_list("pk", flat=True)) if nulled else []
    family = family_ids(company_id, imported, []) if imported else []
    rows = lock_family(standing(company_id).filter(pk__in={*waiting, *family})) if waiting or family else []
    by_record: dict[int, list[StagedRecord]] = {}
    for row in rows:
        if row.record_id is not None:
            by_record.setdefault(row.record_id, []).append(row)
    return [row for row in rows if row.pk in set(waiting)], by_record


def _holders(company_id: int, live: Live) -> dict[Key, Record]:
    """Which records carry the origin IDs that the call wants to give away."""
    keys = {(item_type, str(e.sent["origin_id"])) for e, item_type, _ in live if e.sent.get("origin_id")}
    ids = linked_records(company_id, keys)
    by_id = Record.objects.of(company_id).in_bulk(list(ids.values()))
    return {key: by_id[record_id] for key, record_id in ids.items() if record_id in by_id}


def _apply(
    element: Element,
    item_type: str,
    record: Record | None,
    changes: dict[int, LinkChange],
    actor: Actor,
    taken: dict[Key, Record],
    dormant: frozenset[int],
) -> None:
    try:
        if record is None or (item_type and record.item_type != EXTERNAL[item_type].item_type):
            raise Invalid.field("item_id", "does not exist")
        if actor.item_types is not None and record.item_type not in actor.item_types:
            raise Invalid.field("item_type", "this account may not write objects of this type")
        change = LinkChange(record, clean_link(element.sent), changes[record.pk].before if record.pk in changes else {})
        apply_link(change, actor, taken, dormant)
    except Invalid as refusal:
        element.refuse(refusal)
        return
    changes[record.pk] = change
    element.record = record
    if record.origin_id is not None:
        taken[(record.item_type, record.origin_id)] = record


def _unlink_lines(changes: dict[int, LinkChange], records: Mapping[int, Record]) -> None:
    """Unlinking a parent unlinks its lines."""
    parents = {record_id for record_id, change in changes.items() if change.unlinked}
    for line in records.values():
        if line.parent_id in parents and line.pk not in changes and line.origin_id is not None:
            changes[line.pk] = LinkChange(line, {"origin_id": None}, {"origin_id": line.origin_id})
            line.origin_id, line.account_id = None, None


def _tell_links(company_id: int, applied: Sequence[LinkChange], actor: Actor) -> None:
    tell(
        company_id,
        actor,
        [
            Change(c.record, EventType.UPDATE, c.before, {name: getattr(c.record, name) for name in c.before})
            for c in applied
        ],
        verb="linked",
    )


def _after_links(
    company: Company, applied: Sequence[LinkChange], exports: Mapping[int, StagedExport], actor: Actor
) -> None:
    """An origin ID that comes after a success makes the export synced; a nulled one ends it."""
    now = timezone.now()
    succeeded = set(
        ErpRequestDetail.objects.of(company)
        .filter(item_id__in=[c.record.pk for c in applied], current=True, state=DetailState.SUCCESS)
        .values_list("item_id", flat=True)
    )
    moved: list[StagedExport] = []
    for change in applied:
        export = exports.get(change.record.pk)
        if export is None:
            continue
        if change.unlinked and export.state == ExportState.SYNCED:
            export.unlink(now=now)
            moved.append(export)
        elif change.record.pk in succeeded and export.state == ExportState.FAILED and change.record.origin_id:
            export.sync(now=now)
            moved.append(export)
    finish_exports(company.pk, moved, actor)
    retire_details(company.pk, [change.record.pk for change in applied if change.unlinked])


def _stage_again(
    company_id: int, unlinked: Sequence[int], imported: Mapping[int, list[StagedRecord]], actor: Actor
) -> None:
    """What was imported as an object that is not linked any more waits for a decision again, with its children."""
    rows = [row for record_id in unlinked for row in imported.get(record_id, ()) if row.status == StagedStatus.IMPORTED]
    if not rows:
        return
    parents = {row.pk for row in rows}
    children = [row for one in imported.values() for row in one if row.parent_id in parents and comes_back(row)]
    moved = list({row.pk: row for row in (*rows, *children)}.values())
    now = timezone.now()
    for row in moved:
        row.stage_again()
        row.version += 1
        row.updated_at = now
    sets.update(StagedRecord, [{"id": row.pk, **{name: getattr(row, name) for name in COLUMNS}} for row in moved])
    audit.record(
        company_id,
        actor,
        [audit.Act("staged_record.staged_again", "staged_record", row.pk, record_id=row.record_id) for row in moved],
    )
    events.record(company_id, actor, [events.Fact(RESOURCE, row.pk, EventType.UPDATE) for row in moved])
