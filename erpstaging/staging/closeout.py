"""What the integrator sends back: origin IDs for our records, and how request details ended.

Both take a chunk of elements, each on its own. The lock order is kept: staged records that wait, exports, records,
details.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from erpstaging.audit import log as audit
from erpstaging.catalogue.registry import EXTERNAL
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core import sets
from erpstaging.core.errors import Invalid, NotFound
from erpstaging.core.locks import lock, lock_family
from erpstaging.erp_requests.models import DetailState, ErpRequestDetail
from erpstaging.erp_requests.services import clean_messages, clean_status, lock_details, set_states
from erpstaging.outbox.models import EventType
from erpstaging.records.external_data import LinkChange, apply_link, clean_link, disabled_accounts, save_links
from erpstaging.records.models import Record
from erpstaging.records.telling import Change, tell
from erpstaging.staging.call import COLUMNS, comes_back, family_ids, standing
from erpstaging.staging.exports import give_back, save_exports
from erpstaging.staging.models import OPEN_STATES, Conflict, ExportState, StagedExport, StagedRecord, StagedStatus
from erpstaging.staging.sending import open_record
from erpstaging.staging.targets import Key, linked_records
from erpstaging.staging.waiting import clear_waiting, waiting_ids

NO_ORIGIN_ID = "no origin id received"
INT64 = 2**63


@dataclass(slots=True)
class Element:
    """One element of a close-out call: what was sent, and the record or detail it became, or its errors."""

    sent: Any
    errors: dict[str, list[str]] = field(default_factory=dict)
    record: Record | None = None
    detail: ErpRequestDetail | None = None

    def refuse(self, refusal: Invalid) -> None:
        self.errors = refusal.errors or {"base": [refusal.message]}

    def answer(self) -> dict[str, Any]:
        sent = self.sent if isinstance(self.sent, Mapping) else {"element": self.sent}
        return {**sent, "errors": self.errors}


# External data


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
    exports = _lock_open_exports(company.pk, ids)
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
    nulled = [item_id for element, _, item_id in live if "origin_id" in element.sent and not element.sent["origin_id"]]
    waiting = waiting_ids(company_id, keys)
    imported = list(standing(company_id).filter(record_id__in=nulled).values_list("pk", flat=True)) if nulled else []
    family = family_ids(company_id, imported, []) if imported else []
    rows = lock_family(standing(company_id).filter(pk__in={*waiting, *family})) if waiting or family else []
    by_record: dict[int, list[StagedRecord]] = {}
    for row in rows:
        if row.record_id is not None:
            by_record.setdefault(row.record_id, []).append(row)
    return [row for row in rows if row.pk in set(waiting)], by_record


def _lock_open_exports(company_id: int, record_ids: Sequence[int]) -> dict[int, StagedExport]:
    """The newest export of each record under lock: the open one, or the one that made it synced."""
    newest = (
        StagedExport.objects.of(company_id)
        .filter(record_id__in=record_ids)
        .order_by("record_id", "-id")
        .distinct("record_id")
        .values_list("pk", flat=True)
    )
    locked: list[StagedExport] = lock(StagedExport.objects.of(company_id).filter(pk__in=list(newest)))
    return {export.record_id: export for export in locked}


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
    _finish(company.pk, moved, actor)


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


# Details


def close_detail(company: Company, detail_id: int, sent: Any, *, actor: Actor) -> ErpRequestDetail:
    """End one detail. Raises NotFound, Invalid by field."""
    values = {**sent, "id": detail_id} if isinstance(sent, Mapping) else sent
    (element,) = close_details(company, [values], actor=actor)
    if element.errors:
        if "id" in element.errors:
            raise NotFound()
        name, texts = next(iter(element.errors.items()))
        raise Invalid(f"{name} {texts[0]}", errors=element.errors)
    if element.detail is None:
        raise AssertionError("an element without errors has a detail")
    return element.detail


def close_details(company: Company, updates: Sequence[Any], *, actor: Actor) -> list[Element]:
    """End details, each on its own, and move the exports of those that are current.

    The same status again changes nothing; another one is stored, and never un-syncs or starts a second export.
    """
    elements = [Element(sent) for sent in updates]
    wanted: dict[int, list[tuple[Element, DetailState, list[str]]]] = {}
    for element in elements:
        try:
            detail_id, state, messages = _read_close(element.sent)
            wanted.setdefault(detail_id, []).append((element, state, messages))
        except Invalid as refusal:
            element.refuse(refusal)
    items = dict(ErpRequestDetail.objects.of(company).filter(pk__in=wanted).values_list("pk", "item_id"))
    exports = _lock_open_exports(company.pk, list(items.values()))
    records = {one.pk: one for one in lock(Record.objects.of(company).filter(pk__in=set(items.values())))}
    details = lock_details(company.pk, list(items))
    closes: dict[int, tuple[ErpRequestDetail, DetailState, list[str]]] = {}
    for detail_id, asked in wanted.items():
        detail = details.get(detail_id)
        for element, state, messages in asked:
            if detail is None:
                element.errors = {"id": ["Entity with this ID not found"]}
                continue
            element.detail = detail
            if state != (closes[detail_id][1] if detail_id in closes else detail.state):
                closes[detail_id] = (detail, state, messages)
    before = {detail.pk: detail.state for detail, _, _ in closes.values()}
    set_states(company.pk, actor, list(closes.values()))
    closing = Closing(company, actor)
    for detail, state, messages in closes.values():
        closing.move(detail, before[detail.pk], state, messages, records[detail.item_id], exports.get(detail.item_id))
    closing.finish()
    return elements


def _read_close(sent: Any) -> tuple[int, DetailState, list[str]]:
    if not isinstance(sent, Mapping):
        raise Invalid.field("base", "must be an object")
    detail_id = sent.get("id")
    if isinstance(detail_id, bool) or not isinstance(detail_id, int) or not 0 < detail_id < INT64:
        raise Invalid.field("id", "must be an id")
    return detail_id, clean_status(sent.get("status")), clean_messages(sent.get("messages"))


class Closing:
    """What the ends of details do to their exports and records (lifecycles, sections 3 and 4)."""

    def __init__(self, company: Company, actor: Actor) -> None:
        self.company = company
        self.actor = actor
        self.now = timezone.now()
        self.moved: list[StagedExport] = []
        self.rejected: list[StagedExport] = []
        self.superseded: list[int] = []
        self.conflicts: list[Conflict] = []

    def move(
        self,
        detail: ErpRequestDetail,
        before: str,
        state: DetailState,
        messages: list[str],
        record: Record,
        export: StagedExport | None,
    ) -> None:
        if not detail.current:
            self._late(detail, state, record, export)
        elif export is None or export.state not in OPEN_STATES:
            self._contradicts(detail, before, state, messages, record)
        elif state == DetailState.SUCCESS:
            self._succeed(record, export)
        elif state in {DetailState.FAILED, DetailState.STALE} and export.state == ExportState.EXPORTING:
            export.fail(messages or [f"The ERP answered {state} without a reason."])
            self.moved.append(export)
        elif state == DetailState.REJECTED and export.state == ExportState.EXPORTING:
            reason = " ".join(messages) or "Rejected in the ERP without a reason."
            rejecter = {"rejecter_id": None, "rejecter_name": self.actor.name}
            export.reject_export(**rejecter, now=self.now, reason=reason, code="", pins=[])
            self.rejected.append(export)

    def _succeed(self, record: Record, export: StagedExport) -> None:
        if record.origin_id is not None:
            export.sync(now=self.now)
            self.moved.append(export)
        elif export.state == ExportState.EXPORTING:
            export.fail([NO_ORIGIN_ID])
            self.moved.append(export)

    def _late(self, detail: ErpRequestDetail, state: DetailState, record: Record, export: StagedExport | None) -> None:
        """An answer to an older attempt is kept; one that says the ERP has it, with an origin ID, wins."""
        if state != DetailState.SUCCESS or record.origin_id is None or export is None:
            return
        if export.state in {ExportState.EXPORTING, ExportState.FAILED}:
            export.sync(now=self.now)
            self.moved.append(export)
            self.superseded.append(record.pk)
        self._conflict(record, "late_close", "An older attempt succeeded after a newer one was started.", detail, state)

    def _contradicts(
        self, detail: ErpRequestDetail, before: str, state: DetailState, messages: list[str], record: Record
    ) -> None:
        """Another status for something that is settled: stored, shown, and never un-syncs."""
        if before == DetailState.IN_PROGRESS or state == DetailState.SUCCESS:
            return
        said = " ".join(messages)
        self._conflict(record, "late_close", f"The ERP says {state} of a synced object. {said}".strip(), detail, state)

    def _conflict(self, record: Record, kind: str, message: str, detail: ErpRequestDetail, state: DetailState) -> None:
        self.conflicts.append(
            Conflict(
                company=self.company,
                record=record,
                kind=kind,
                message=message[:500],
                ours={"origin_id": record.origin_id},
                theirs={"detail_id": detail.pk, "status": str(state)},
            )
        )

    def finish(self) -> None:
        """Write everything that moved."""
        company_id = self.company.pk
        _finish(company_id, self.moved, self.actor)
        for export in self.rejected:
            export.version += 1
        save_exports(company_id, self.rejected)
        give_back(self.company, self.rejected, actor=self.actor)
        stale = ErpRequestDetail.objects.of(company_id).filter(
            item_id__in=self.superseded, current=True, state=DetailState.IN_PROGRESS
        )
        set_states(company_id, self.actor, [(detail, DetailState.STALE, []) for detail in lock(stale)])
        Conflict.objects.bulk_create(self.conflicts)
        audit.record(
            company_id,
            self.actor,
            [
                audit.Act("conflict.opened", "record", one.record_id, one.record_id, after={"message": one.message})
                for one in self.conflicts
            ],
        )


def _finish(company_id: int, moved: Sequence[StagedExport], actor: Actor) -> None:
    """Save exports that moved, let go of the records of those that are done, and tell."""
    for export in moved:
        export.version += 1
    save_exports(company_id, moved)
    done = {ExportState.SYNCED, ExportState.UNLINKED}
    open_record(company_id, [export.record_id for export in moved if export.state in done])
    audit.record(
        company_id,
        actor,
        [
            audit.Act(
                f"export.{export.state}",
                "export",
                export.pk,
                record_id=export.record_id,
                after={"state": export.state, "messages": export.messages},
            )
            for export in moved
        ],
    )
