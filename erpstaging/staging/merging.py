"""Merging vendors: one survives, what names the others names it from then on, and the others are taken away."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.services import metadata_of
from erpstaging.core import sets
from erpstaging.core.errors import Invalid, NotFound, NotPermitted, Refused
from erpstaging.core.locks import lock_family
from erpstaging.core.scope import Again
from erpstaging.erp_requests.services import Item, open_erp_request
from erpstaging.outbox.models import EventType
from erpstaging.records.external_data import KEYS, keep_history
from erpstaging.records.locking import EXPORTING, WAITING
from erpstaging.records.models import Lock, Record
from erpstaging.records.rows import columns_of
from erpstaging.records.telling import Change, tell
from erpstaging.records.writes import sign, update_records
from erpstaging.staging.decisions import require_metadata
from erpstaging.staging.models import LinkState, StagedExport, StagedLink, StagedRecord
from erpstaging.staging.waiting import naming_families, note_waiting

VENDOR = "vendor"
MAX_SOURCES = 20
MAY_NOT_MERGE = "Merging companies is a directory administrator's decision. Ask one."
MOVED = (
    "data", "vendor_id", "parent_id", "unique_key", "updated_at", "version",
    "edited_by_kind", "edited_by_id", "edited_by_name", "edited_by_owner_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Blocked:
    """A record that stands in the way of a merge, and why."""

    record: Record
    reason: str
    code: str


@dataclass(frozen=True, slots=True)
class MergePlan:
    """What a merge would do: how many records of each type move, whose origin ID the master takes, what is in the way.

    `retired` are sources whose origin ID goes to the history.
    """

    master: Record
    sources: list[Record]
    moving: dict[str, int]
    donor: Record | None
    retired: list[Record]
    blocked: list[Blocked]


@dataclass(frozen=True, slots=True)
class Merged:
    master: Record
    source_ids: list[int]
    moved: int
    erp_request_id: int


def refuse_merger(actor: Actor) -> None:
    """Raises NotPermitted."""
    if actor.kind != "person":
        raise NotPermitted("Only people merge companies.")
    actor.require("directory_admin", MAY_NOT_MERGE)


def merge_plan(company: Company, master_id: int, source_ids: Sequence[int], *, actor: Actor) -> MergePlan:
    """What merge_vendors would do now. Raises NotFound, NotPermitted, Invalid."""
    refuse_merger(actor)
    ids = _checked_ids(master_id, source_ids)
    found = Record.objects.of(company).filter(pk__in=[*ids, *_naming_ids(company.pk, ids[1:])], deleted_at=None)
    return _plan(company.pk, ids, {record.pk: record for record in found})


def merge_vendors(company: Company, master_id: int, source_ids: Sequence[int], *, actor: Actor) -> Merged:
    """Merge the sources into the master, and tell the integrator.

    What named a source names the master. A linked source leaves its origin ID to a master that has none; otherwise it
    goes to the history. Raises NotFound, NotPermitted, and Invalid: code `pending_approval` or `locked` with
    `records`, the ids of what is at the gate.
    """
    refuse_merger(actor)
    metadata = metadata_of(company.pk)
    require_metadata(company.pk, metadata)
    metadata.require_on(ENTITIES[VENDOR])
    ids = _checked_ids(master_id, source_ids)
    staged = _locked_rows(company.pk, ids[1:])
    StagedExport.objects.of(company).filter(vendor_id__in=ids[1:]).update(vendor_id=master_id)
    records = _locked(company.pk, ids)
    plan = _plan(company.pk, ids, records)
    _refuse_blocked(plan)
    known = [source for source in plan.sources if source.origin_id is not None]
    told = [{"id": source.pk, "origin_id": source.origin_id} for source in known]
    moved = _move_references(company.pk, plan, [records[one] for one in records if one not in ids], actor)
    _take_away_sources(company.pk, plan, actor)
    became = [row for row in staged if row.record_id in ids[1:]]
    sets.update(StagedRecord, [{"id": row.pk, "record_id": master_id} for row in became])
    note_waiting(company.pk, [row for row in staged if row not in became])
    node = {"master": {"id": plan.master.pk, "origin_id": plan.master.origin_id}, "sources": told}
    merge = ENTITIES[VENDOR].events.merge or ""
    erp_request_id = open_erp_request(company.pk, actor, merge, Item(VENDOR, node))
    return Merged(plan.master, ids[1:], moved, erp_request_id)


def _checked_ids(master_id: int, source_ids: Sequence[int]) -> list[int]:
    """The master's id, then the sources', each once. Raises Invalid."""
    ids = [master_id, *dict.fromkeys(source_ids)]
    if len(ids) < 2:
        raise Invalid.field("source_ids", "name at least one company to merge")
    if master_id in ids[1:]:
        raise Invalid.field("source_ids", "the surviving company cannot be merged into itself")
    if len(ids) > MAX_SOURCES + 1:
        raise Invalid.field("source_ids", f"may hold {MAX_SOURCES} companies")
    return ids


def _locked_rows(company_id: int, source_ids: Sequence[int]) -> list[StagedRecord]:
    """The staged rows that became a source, and those that name one by its origin ID, under lock."""
    sources = Record.objects.of(company_id).filter(pk__in=source_ids, origin_id__isnull=False)
    naming = naming_families(company_id, sources.values_list("item_type", "origin_id"))
    rows = StagedRecord.objects.of(company_id)
    return lock_family(rows.filter(record_id__in=source_ids) | rows.filter(pk__in=naming))


def _locked(company_id: int, ids: Sequence[int]) -> dict[int, Record]:
    """The vendors and everything that names the sources, under lock."""
    naming = _naming_ids(company_id, ids[1:])
    wanted = Record.objects.of(company_id).filter(pk__in=[*ids, *naming], deleted_at=None)
    records: dict[int, Record] = {record.pk: record for record in lock_family(wanted)}
    if set(_naming_ids(company_id, ids[1:])) - records.keys():
        raise Again("Something began to name a merged company in the meantime.")
    return records


def _naming_ids(company_id: int, source_ids: Sequence[int]) -> list[int]:
    """Every record that names one of these vendors: in its own column, in its data, or by standing under it."""
    asked: dict[str, Any] = {"company": company_id, "ids": list(source_ids), "texts": [str(one) for one in source_ids]}
    by_column = [
        "SELECT id FROM records_record WHERE company_id = %(company)s AND deleted_at IS NULL "  # noqa: S608
        f"AND {column} = ANY(%(ids)s)"
        for column in ("vendor_id", "parent_id")
    ]
    in_data = []
    for place, (name, item_types) in enumerate(naming_fields().items()):
        if name != "vendor_id":
            asked |= {f"name{place}": name, f"types{place}": list(item_types)}
            in_data.append(
                "SELECT id FROM records_record WHERE company_id = %(company)s AND deleted_at IS NULL "  # noqa: S608
                f"AND item_type = ANY(%(types{place})s) AND data ->> %(name{place})s = ANY(%(texts)s)"
            )
    with connection.cursor() as cursor:
        cursor.execute(" UNION ".join([*by_column, *in_data]) + " ORDER BY 1", asked)
        return [row[0] for row in cursor.fetchall()]


def naming_fields() -> Mapping[str, tuple[str, ...]]:
    """The fields that refer to a vendor, with the item types that have them."""
    found: dict[str, list[str]] = {}
    for entity in ENTITIES.values():
        for declared in (entity, *entity.variants.values()):
            for field in declared.references:
                if VENDOR in field.targets and entity.item_type not in found.setdefault(field.name, []):
                    found[field.name].append(entity.item_type)
    found.setdefault("parent_id", [VENDOR])
    return {name: tuple(item_types) for name, item_types in found.items()}


def _plan(company_id: int, ids: Sequence[int], records: Mapping[int, Record]) -> MergePlan:
    vendors = [records.get(one) for one in ids]
    if any(one is None or one.item_type != VENDOR for one in vendors):
        raise NotFound()
    master, *sources = (one for one in vendors if one is not None)
    naming = [record for record in records.values() if record.pk not in ids]
    donor = None
    if master.origin_id is None:
        donor = next((source for source in sources if source.origin_id is not None), None)
    return MergePlan(
        master=master,
        sources=sources,
        moving=dict(Counter(record.item_type for record in naming)),
        donor=donor,
        retired=[source for source in sources if source.origin_id is not None and source is not donor],
        blocked=_blocked(company_id, [master, *sources], naming),
    )


def _blocked(company_id: int, vendors: Sequence[Record], naming: Sequence[Record]) -> list[Blocked]:
    """What an approver or the ERP has before it: it was shown with the company that would go."""
    blocked = []
    for record in (*vendors, *naming):
        if record.lock == Lock.WAITING:
            blocked.append(Blocked(record, WAITING, "pending_approval"))
        elif record.lock == Lock.EXPORTING:
            blocked.append(Blocked(record, EXPORTING, "locked"))
    under_way = StagedLink.objects.of(company_id).filter(record__in=vendors, state=LinkState.LINKED)
    fresh = set(under_way.values_list("record_id", flat=True))
    text = "It was linked a moment ago; wait until that cannot be undone any more."
    return blocked + [Blocked(record, text, "link_under_way") for record in vendors if record.pk in fresh]


def _refuse_blocked(plan: MergePlan) -> None:
    if not plan.blocked:
        return
    texts = [f"{one.record.number or one.record.title}: {one.reason}" for one in plan.blocked[:20]]
    raise Invalid(
        texts[0],
        code=plan.blocked[0].code,
        errors={"source_ids": texts},
        records=[one.record.pk for one in plan.blocked],
    )


def _move_references(company_id: int, plan: MergePlan, naming: Sequence[Record], actor: Actor) -> int:
    """Everything that names a source names the master now, with one statement."""
    master_id, gone = plan.master.pk, {source.pk for source in plan.sources}
    now = timezone.now()
    names = naming_fields()
    changes = []
    for record in naming:
        old = {name: record.data[name] for name in names if record.data.get(name) in gone}
        record.data = {**record.data, **dict.fromkeys(old, master_id)}
        columns = columns_of(ENTITIES[record.item_type], record.data)
        record.vendor_id = master_id if record.vendor_id in gone else record.vendor_id
        record.parent_id = master_id if record.parent_id in gone else record.parent_id
        record.unique_key = columns["unique_key"]
        record.version += 1
        record.updated_at = now
        sign(record, actor, "edited_by")
        changes.append(Change(record, EventType.UPDATE, old, dict.fromkeys(old, master_id)))
    update_records(naming, MOVED)
    tell(company_id, actor, changes, verb="moved_by_merge")
    return len(naming)


def _take_away_sources(company_id: int, plan: MergePlan, actor: Actor) -> None:
    """The sources go first, for one origin ID names one object; then the master takes what it is left."""
    now = timezone.now()
    master, donor = plan.master, plan.donor
    left = {key: getattr(donor, key) for key in (*KEYS, "account_id")} if donor is not None else {}
    changes = [
        Change(one, EventType.DELETE, {"origin_id": one.origin_id}, {"merged_into": master.pk}) for one in plan.sources
    ]
    keep_history(
        company_id,
        [(source, source.origin_id) for source in plan.sources if source.origin_id is not None],
        reason=f"merged into {master.pk}",
    )
    for source in plan.sources:
        source.origin_id, source.deleted_at, source.updated_at = None, now, now
        source.version += 1
    update_records(plan.sources, ("origin_id", "deleted_at", "updated_at", "version"))
    before = {key: getattr(master, key) for key in KEYS if key in left}
    for key, value in left.items():
        setattr(master, key, value)
    master.version += 1
    master.updated_at = now
    update_records([master], (*KEYS, "account_id", "updated_at", "version"))
    after = {**{key: left[key] for key in before}, "merged": [source.pk for source in plan.sources]}
    tell(company_id, actor, [*changes, Change(master, EventType.UPDATE, before, after)], verb="merged")


def may_merge(actor: Actor) -> bool:
    try:
        refuse_merger(actor)
    except Refused:
        return False
    return True
