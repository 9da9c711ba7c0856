"""Origin IDs that the integrator sends back for our records, and takes away again.

The lock order is kept: staged records that wait or come back, exports, records.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from erpstaging.audit import log as audit
from erpstaging.catalogue.registry import EXTERNAL
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core import sets
from erpstaging.core.errors import Invalid, TooLarge
from erpstaging.core.locks import lock_family
from erpstaging.erp_requests.models import DetailState, ErpRequestDetail
from erpstaging.erp_requests.services import retire_details
from erpstaging.outbox import events
from erpstaging.outbox.models import EventType
from erpstaging.records.external_data import LinkChange, apply_link, clean_link, disabled_accounts, save_links
from erpstaging.records.models import OriginIdHistory, Record
from erpstaging.records.reuse import former_holders
from erpstaging.records.telling import Change, tell
from erpstaging.staging.answers import INT64, Element, finish_exports, lock_newest_exports, refuse_overtaken
from erpstaging.staging.call import COLUMNS, RESOURCE, family_ids, standing, sum_lines
from erpstaging.staging.models import ExportState, Failure, StagedExport, StagedRecord, StagedStatus
from erpstaging.staging.targets import Key, linked_records
from erpstaging.staging.waiting import clear_waiting, naming_families, note_waiting, waiting_ids

UNKNOWN = "does not exist"
NULLED = {"origin_id": None, "origin_code": None, "origin_data": None}


def sync_external_data(company: Company, updates: Sequence[Any], *, actor: Actor) -> list[Element]:
    """Set, change and null origin IDs, codes and data of records; keys that are not sent stay.

    A record with an origin ID is linked at once and its lock list closes; a nulled one is unlinked together with its
    lines, and what was imported as it can be imported again.
    """
    elements = [Element(sent) for sent in updates]
    wanted = [(element, *_named(element)) for element in elements]
    live = [(element, entity_type, item_id) for element, entity_type, item_id in wanted if not element.errors]
    ids = [item_id for _, _, item_id in live if item_id is not None]
    nulled = _nulled(live)
    staged = _lock_staged(company.pk, live, nulled)
    exports = lock_newest_exports(company.pk, ids)
    records = _lock_records(company.pk, ids, nulled)
    refuse_overtaken(company.pk, nulled, exports)
    keys = _wanted_keys(live, records)
    linking = Linking(
        records,
        _holders(company.pk, keys, records),
        disabled_accounts(records.values()),
        actor,
        former_holders(company.pk, keys),
    )
    for element, item_type, item_id in live:
        linking.apply(element, item_type, item_id)
    linking.unlink_lines()
    changes = linking.changes
    applied = [change for change in changes.values() if change.changed]
    save_links(company.pk, applied, reason=f"external data of {actor.name}")
    tell_links(company.pk, applied, actor)
    follow_links(company, applied, exports, actor)
    stage_again(company.pk, [change.record.pk for change in applied if change.unlinked], staged.families, actor)
    linked = [(change.record.item_type, change.record.origin_id) for change in applied if change.record.origin_id]
    clear_waiting(company.pk, staged.waiting, linked)
    if any(change.freed for change in applied):
        note_waiting(company.pk, staged.families)
    return elements


def unlink_objects(company: Company, updates: Sequence[Any], *, actor: Actor) -> list[Element]:
    """Take away the origin IDs, codes and data of what each element names, and the origin IDs of its lines."""
    nulled = [{**sent, **NULLED} if isinstance(sent, Mapping) else sent for sent in updates]
    elements = sync_external_data(company, nulled, actor=actor)
    for element, sent in zip(elements, updates, strict=True):
        element.sent = sent
    return elements


def destroy_external_data(company: Company, item_type: Any, item_ids: Any, *, actor: Actor) -> None:
    """Unlink many records of one type; ids that do not exist are passed over. Raises Invalid, TooLarge.

    If one of those that exist cannot be unlinked, none is.
    """
    if not isinstance(item_type, str):
        raise Invalid.field("item_type", "is required")
    if not isinstance(item_ids, list):
        raise Invalid.field("item_ids", "must be a list of ids")
    if len(item_ids) > settings.MAX_SYNC_ELEMENTS:
        raise TooLarge(f"item_ids may hold {settings.MAX_SYNC_ELEMENTS} ids; split the call.")
    updates = [{"item_type": item_type, "item_id": item_id} for item_id in item_ids]
    for element in unlink_objects(company, updates, actor=actor):
        if element.errors and element.errors != {"item_id": [UNKNOWN]}:
            text = next(iter(element.errors.values()))[0]
            raise Invalid(text, code=element.code, errors=element.errors)


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
        element.errors = {"item_id": [UNKNOWN]}
    return str(item_type or ""), None if element.errors else int(item_id)


Live = Sequence[tuple[Element, str, int | None]]


def _nulled(live: Live) -> list[int]:
    """The records whose origin ID the call takes away."""
    return [one for element, _, one in live if one and "origin_id" in element.sent and not element.sent["origin_id"]]


@dataclass(frozen=True, slots=True)
class Staged:
    """The staged rows that a call may touch, locked: those that a new origin ID frees, and the whole families of those
    that were imported as what is unlinked, or that name it.
    """

    waiting: list[StagedRecord]
    families: list[StagedRecord]


def _lock_staged(company_id: int, live: Live, nulled: Sequence[int]) -> Staged:
    keys = [
        (item_type, str(element.sent["origin_id"])) for element, item_type, _ in live if element.sent.get("origin_id")
    ]
    waiting = waiting_ids(company_id, keys)
    family = _family_ids(company_id, _origin_ids_at_stake(company_id, live, nulled), nulled)
    rows = lock_family(standing(company_id).filter(pk__in={*waiting, *family})) if waiting or family else []
    return Staged([row for row in rows if row.pk in set(waiting)], [row for row in rows if row.pk in set(family)])


def _origin_ids_at_stake(company_id: int, live: Live, nulled: Sequence[int]) -> list[Key]:
    """The origin IDs that the call may take away, those of the lines of what is nulled among them."""
    ids = [item_id for element, _, item_id in live if item_id is not None and "origin_id" in element.sent]
    if not ids:
        return []
    records = Record.objects.of(company_id).filter(Q(pk__in=ids) | Q(parent_id__in=nulled), deleted_at=None)
    return list(records.filter(origin_id__isnull=False).values_list("item_type", "origin_id"))


def _family_ids(company_id: int, at_stake: Sequence[Key], nulled: Sequence[int]) -> list[int]:
    """The staged rows that name what may lose its origin ID, or became it, with their families."""
    unlinked = Q(record_id__in=nulled) | Q(record__parent_id__in=nulled)
    imported = list(standing(company_id).filter(unlinked).values_list("pk", flat=True)) if nulled else []
    # A line brings its parent, whose other lines count too.
    became = family_ids(company_id, family_ids(company_id, imported, []), []) if imported else []
    return [*became, *naming_families(company_id, at_stake)]


def lock_families(company_id: int, record_ids: Sequence[int]) -> list[StagedRecord]:
    """The staged rows that are touched when records, with their lines, lose their origin IDs."""
    records = Record.objects.of(company_id).filter(
        Q(pk__in=record_ids) | Q(parent_id__in=record_ids), origin_id__isnull=False, deleted_at=None
    )
    at_stake: list[Key] = list(records.values_list("item_type", "origin_id"))
    return lock_family(standing(company_id).filter(pk__in=_family_ids(company_id, at_stake, record_ids)))


def _lock_records(company_id: int, ids: Sequence[int], nulled: Sequence[int]) -> dict[int, Record]:
    """The records, the parents whose gate closes them too, and the lines that are unlinked with theirs."""
    standing_records = Record.objects.of(company_id).filter(deleted_at=None)
    parents = standing_records.filter(pk__in=ids, parent_id__isnull=False).values_list("parent_id", flat=True)
    lines = standing_records.filter(parent_id__in=nulled).values_list("pk", flat=True) if nulled else ()
    return {one.pk: one for one in lock_family(standing_records.filter(pk__in={*ids, *parents, *lines}))}


def _wanted_keys(live: Live, records: Mapping[int, Record]) -> set[Key]:
    """The origin IDs that the call wants to give away."""
    return {
        (records[item_id].item_type, str(element.sent["origin_id"]))
        for element, _, item_id in live
        if item_id is not None and item_id in records and element.sent.get("origin_id")
    }


def _holders(company_id: int, keys: Collection[Key], records: Mapping[int, Record]) -> dict[Key, Record]:
    """Which records carry these origin IDs now."""
    ids = linked_records(company_id, keys)
    others = Record.objects.of(company_id).in_bulk([one for one in ids.values() if one not in records])
    return {key: (records.get(record_id) or others[record_id]) for key, record_id in ids.items()}


class Linking:
    """The elements of a call applied in their order to the loaded records; nothing is saved."""

    def __init__(
        self,
        records: Mapping[int, Record],
        taken: dict[Key, Record],
        dormant: frozenset[int],
        actor: Actor,
        former: Mapping[Key, OriginIdHistory],
    ) -> None:
        self.records, self.taken, self.dormant, self.actor, self.former = records, taken, dormant, actor, former
        self.changes: dict[int, LinkChange] = {}

    def apply(self, element: Element, item_type: str, item_id: int | None) -> None:
        record = self.records.get(item_id or 0)
        try:
            if record is None or (item_type and record.item_type not in EXTERNAL[item_type]):
                raise Invalid.field("item_id", UNKNOWN)
            if self.actor.item_types is not None and record.item_type not in self.actor.item_types:
                raise Invalid.field("item_type", "this account may not write objects of this type")
            change = LinkChange(record, clean_link(element.sent))
            if record.pk in self.changes:
                change.before = self.changes[record.pk].before
            parent = self.records.get(record.parent_id or 0)
            apply_link(
                change,
                self.actor,
                self.taken,
                self.dormant,
                parent=parent,
                former=self.former,
                confirmed=element.sent,
            )
        except Invalid as refusal:
            element.refuse(refusal)
            return
        self.changes[record.pk] = change
        element.record = record
        if record.origin_id is not None:
            key = (record.item_type, record.origin_id)
            self.taken[key] = record
            was = self.former.get(key) if change.changed_link else None
            element.was = was if was is not None and was.record_id != record.pk else None

    def unlink_lines(self) -> None:
        """Unlinking a parent unlinks its lines."""
        parents = {record_id for record_id, change in self.changes.items() if change.unlinked}
        for line in self.records.values():
            if line.parent_id in parents and line.pk not in self.changes and line.origin_id is not None:
                self.changes[line.pk] = LinkChange(line, {"origin_id": None}, {"origin_id": line.origin_id})
                line.origin_id, line.account_id = None, None


def tell_links(company_id: int, applied: Sequence[LinkChange], actor: Actor, *, verb: str = "linked") -> None:
    tell(
        company_id,
        actor,
        [
            Change(c.record, EventType.UPDATE, c.before, {name: getattr(c.record, name) for name in c.before})
            for c in applied
        ],
        verb=verb,
    )


def follow_links(
    company: Company, applied: Sequence[LinkChange], exports: Mapping[int, StagedExport], actor: Actor
) -> None:
    """An origin ID that comes after a success makes the export synced; a nulled one ends what was synced.

    An export that is still open waits for the end of its detail, which tells more.
    """
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
        elif (
            change.record.pk in succeeded
            and export.state == ExportState.FAILED
            and export.failure != Failure.PARTIAL
            and change.record.origin_id
        ):
            export.sync(now=now)
            moved.append(export)
    finish_exports(company.pk, moved, actor)
    asked = {export.record_id for export in exports.values() if export.is_open}
    retire_details(company.pk, [c.record.pk for c in applied if c.unlinked and c.record.pk not in asked])


def stage_again(company_id: int, unlinked: Sequence[int], families: Sequence[StagedRecord], actor: Actor) -> None:
    """What was imported as an object that is not linked any more waits for a decision again, with all its children."""
    rows = [row for row in families if row.record_id in set(unlinked) and row.status == StagedStatus.IMPORTED]
    if not rows:
        return
    parents = {row.pk for row in rows}
    children = [row for row in families if row.parent_id in parents and row.status != StagedStatus.STAGED]
    moved = list({row.pk: row for row in (*rows, *children)}.values())
    now = timezone.now()
    for row in moved:
        row.stage_again()
        row.version += 1
        row.updated_at = now
    sets.update(StagedRecord, [{"id": row.pk, **{name: getattr(row, name) for name in COLUMNS}} for row in moved])
    sum_lines(company_id, sorted({row.parent_id for row in children if row.parent_id}))
    audit.record(
        company_id,
        actor,
        [audit.Act("staged_record.staged_again", "staged_record", row.pk, record_id=row.record_id) for row in moved],
    )
    events.record(company_id, actor, [events.Fact(RESOURCE, row.pk, EventType.UPDATE) for row in moved])
