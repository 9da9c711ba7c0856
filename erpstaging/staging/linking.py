"""Linking staged vendors to vendors that stand already, taking that back, and unlinking (lifecycles, rows 4.12, 1.12).

A link creates nothing: the record gets the origin ID of the staged row, which counts as imported. The integrator is
told when the undo time is over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from erpstaging.audit import log as audit
from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.registry import ENTITIES, STAGED
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.services import metadata_of
from erpstaging.core import sets
from erpstaging.core.errors import Invalid, NotFound, Refused, WrongState
from erpstaging.core.locks import lock, lock_family
from erpstaging.erp_requests.services import Item, open_erp_request, open_erp_requests
from erpstaging.outbox import events
from erpstaging.outbox.models import EventType
from erpstaging.records.external_data import KEYS, LinkChange, disabled_accounts, save_links
from erpstaging.records.locking import closed_record
from erpstaging.records.models import Record
from erpstaging.staging.answers import lock_newest_exports
from erpstaging.staging.call import COLUMNS, RESOURCE, standing
from erpstaging.staging.clearing import Held, clear_links
from erpstaging.staging.decisions import (
    record_decisions,
    refuse_own,
    refuse_unseen,
    require_metadata,
    staging_authors_of_each,
)
from erpstaging.staging.external import lock_families, tell_links
from erpstaging.staging.imports import refuse_importer
from erpstaging.staging.models import LinkState, StagedLink, StagedRecord, StagedStatus
from erpstaging.staging.targets import Key, linked_records
from erpstaging.staging.waiting import clear_waiting, waiting_ids

NO_UNDO = timedelta(0)
MAX_PAIRS = 500
OVER = "The undo time is over. Unlink the vendor instead."


@dataclass(frozen=True, slots=True)
class Pair:
    """A staged row and the record it is; `version` is the row's that was seen."""

    staged_id: int
    record_id: int
    version: int | None = None


@dataclass(slots=True)
class PairOutcome:
    """What became of one pair: the staged row, or why not."""

    pair: Pair
    row: StagedRecord | None = None
    refusal: Refused | None = None


def link_staged_record(
    company: Company, staged_id: int, record_id: int, *, actor: Actor, version: int | None, undo: timedelta = NO_UNDO
) -> StagedRecord:
    """Link one staged vendor to a vendor that stands already; the integrator is told when `undo` is over.

    Raises NotFound, NotPermitted (also code `self_approval`), VersionMissing, StaleVersion, WrongState, and Invalid:
    code `origin_id_taken` when another object carries the origin ID, `already_linked` when the target has one,
    `pending_approval` or `locked` while it is at the gate.
    """
    call = LinkCall(company, [Pair(staged_id, record_id, version)], actor, undo)
    (outcome,) = call.run(versioned=True)
    if outcome.refusal is not None:
        raise outcome.refusal
    if outcome.row is None:
        raise AssertionError("a pair without a refusal has a row")
    if not undo:
        call.release_one_by_one()
    return outcome.row


def link_all(company: Company, pairs: Sequence[Pair], *, actor: Actor) -> list[PairOutcome]:
    """Link many pairs, each on its own; the integrator is told of all of them with one request.

    Raises NotPermitted, and Invalid for more pairs than one call may hold.
    """
    if len(pairs) > MAX_PAIRS:
        raise Invalid.field("pairs", f"may hold {MAX_PAIRS} pairs; split the call")
    call = LinkCall(company, pairs, actor, NO_UNDO)
    outcomes = call.run(versioned=False)
    call.release_together()
    return outcomes


class LinkCall:
    """Pairs linked in one transaction: all rows are locked first, checked in memory, and written set by set."""

    def __init__(self, company: Company, pairs: Sequence[Pair], actor: Actor, undo: timedelta) -> None:
        self.company, self.actor, self.undo = company, actor, undo
        self.outcomes = [PairOutcome(pair) for pair in pairs]
        self.now = timezone.now()
        self.metadata: Metadata = metadata_of(company.pk)
        self.links: list[StagedLink] = []

    def run(self, *, versioned: bool) -> list[PairOutcome]:
        refuse_importer(self.actor)
        require_metadata(self.company.pk, self.metadata)
        self._lock()
        changes: list[LinkChange] = []
        for outcome in self.outcomes:
            row, record = self.rows.get(outcome.pair.staged_id), self.records.get(outcome.pair.record_id)
            try:
                if row is None or record is None:
                    raise NotFound()
                self._refuse(row, record, outcome.pair, versioned=versioned)
            except Refused as refusal:
                outcome.refusal = refusal
                continue
            outcome.row = row
            changes.append(self._apply(row, record))
        self._write(changes)
        return self.outcomes

    def _lock(self) -> None:
        company_id = self.company.pk
        ids = [outcome.pair.staged_id for outcome in self.outcomes]
        keys: list[Key] = list(standing(company_id).filter(pk__in=ids).values_list("item_type", "origin_id"))
        waiting = waiting_ids(company_id, keys)
        locked = lock_family(standing(company_id).filter(pk__in={*ids, *waiting}))
        self.rows = {row.pk: row for row in locked if row.pk in ids}
        self.waiting = [row for row in locked if row.pk in waiting]
        wanted = Record.objects.of(company_id).filter(
            pk__in=[outcome.pair.record_id for outcome in self.outcomes], deleted_at=None
        )
        self.records: dict[int, Record] = {record.pk: record for record in lock(wanted)}
        self.dormant = disabled_accounts(self.records.values())
        holders = linked_records(company_id, [(row.item_type, row.origin_id) for row in self.rows.values()])
        found = Record.objects.of(company_id).in_bulk(list(holders.values()))
        self.taken = {key: found[record_id] for key, record_id in holders.items()}
        self.authors = staging_authors_of_each(company_id, list(self.rows))

    def _refuse(self, row: StagedRecord, record: Record, pair: Pair, *, versioned: bool) -> None:
        entity = STAGED[row.item_type]
        if versioned or pair.version is not None:
            refuse_unseen(row, pair.version)
        refuse_link(row)
        self.metadata.require_on(entity)
        refuse_own(self.actor, *self.authors.get(row.pk, ()))
        self._refuse_taken(row, record)
        refuse_target(entity, record, self.actor)
        if record.account_id not in {None, row.account_id} | self.dormant:
            raise Invalid.field("record_id", "Another integration owns this record.", code="owned_by_another")

    def _refuse_taken(self, row: StagedRecord, record: Record) -> None:
        holder = self.taken.get((row.item_type, row.origin_id))
        if holder is not None and holder.pk != record.pk:
            raise Invalid.field(
                "origin_id",
                f"{row.origin_id} is already the origin ID of {row.item_type} {holder.pk} ({holder.title}).",
                code="origin_id_taken",
                record_id=holder.pk,
            )

    def _apply(self, row: StagedRecord, record: Record) -> LinkChange:
        """The record carries the row's origin ID now; both only in memory."""
        sent = {key: getattr(row, key) for key in KEYS}
        change = LinkChange(record, sent, {key: getattr(record, key) for key in KEYS})
        before = {"origin_code": record.origin_code, "origin_data": record.origin_data, "account_id": record.account_id}
        for key, value in sent.items():
            setattr(record, key, value)
        record.account_id = row.account_id
        self.taken[(row.item_type, row.origin_id)] = record
        row.import_into(record)
        self.links.append(
            StagedLink(
                company=self.company,
                staged_record=row,
                record=record,
                before={**before, "freed": self._freed((row.item_type, row.origin_id))},
                linked_by_id=self.actor.id,
                linked_by_name=self.actor.name,
                linked_at=self.now,
                release_at=self.now + self.undo,
            )
        )
        return change

    def _freed(self, key: Key) -> list[list[Any]]:
        """What other rows wait for no longer, to be put back if the link is undone."""
        waits = [(row.pk, [one for one in row.waiting_for if _means(one, key)]) for row in self.waiting]
        return [[row_id, entries] for row_id, entries in waits if entries]

    def _write(self, changes: Sequence[LinkChange]) -> None:
        rows = [outcome.row for outcome in self.outcomes if outcome.row is not None]
        if not rows:
            return
        company_id = self.company.pk
        seen = {row.pk: row.version for row in rows}
        save_rows(rows, self.actor, self.now)
        save_links(company_id, changes, reason="linked")
        StagedLink.objects.bulk_create(self.links)
        decisions = [
            {"object_type": "staged_record", "object_id": row.pk, "version": seen[row.pk], "verdict": "link"}
            for row in rows
        ]
        record_decisions(company_id, self.actor, decisions)
        tell_rows(company_id, self.actor, rows, "linked", {"status": StagedStatus.IMPORTED})
        tell_links(company_id, changes, self.actor, verb="linked_by_hand")
        clear_waiting(company_id, self.waiting, [(row.item_type, row.origin_id) for row in rows])

    def release_one_by_one(self) -> None:
        _release(self.company, self.links, self.actor)

    def release_together(self) -> None:
        """One request for the whole batch."""
        if not self.links:
            return
        entity = ENTITIES[self.links[0].record.item_type]
        node = {"vendors": [_node(link.record) for link in self.links]}
        erp_request_id = open_erp_request(self.company.pk, self.actor, entity.events.link_all or "", Item("", node))
        for link in self.links:
            link.release(erp_request_id)
        _save(self.links)


def refuse_link(row: StagedRecord) -> None:
    """Raises Invalid for what is never linked, WrongState for what is decided already."""
    entity = STAGED[row.item_type]
    if not entity.supports.linked:
        raise Invalid.field("item_type", f"{entity.plural} are not linked; import them.", code="not_linkable")
    if row.status != StagedStatus.STAGED:
        raise WrongState(
            f"It is {row.status} already.",
            version=row.version,
            decided_by=row.changed_by_name,
            decided_at=row.updated_at,
        )


def refuse_target(entity: Entity, record: Record, actor: Actor) -> None:
    """Raises Invalid for a record of another type, an inactive or linked one, and one that is at the gate."""
    if record.item_type != entity.item_type:
        raise Invalid.field("record_id", f"is not a {entity.label.lower()}")
    if record.origin_id is not None:
        text = f"{record.title} is already linked, to origin ID {record.origin_id}."
        raise Invalid.field("record_id", text, code="already_linked", origin_id=record.origin_id, record_id=record.pk)
    if record.data.get("is_active") is False:
        raise Invalid.field("record_id", f"{record.title} is not active.", code="not_active")
    if closed := closed_record(record, actor):
        raise Invalid.field("record_id", closed.message, code=closed.code, record_id=record.pk)


# Taking a link back


def undo_link(company: Company, staged_id: int, *, actor: Actor, version: int | None = None) -> StagedRecord:
    """Put staged row and record back as they were, while the integrator has not been told.

    Raises NotFound, NotPermitted, StaleVersion, and WrongState once the undo time is over.
    """
    refuse_importer(actor)
    link_id, freed = _newest_link(company.pk, staged_id)
    rows = {row.pk: row for row in lock_family(standing(company.pk).filter(pk__in={staged_id, *freed}))}
    row = rows.get(staged_id)
    links: list[StagedLink] = lock(StagedLink.objects.of(company).filter(pk=link_id))
    if row is None or not links:
        raise NotFound()
    link = links[0]
    if version is not None:
        refuse_unseen(row, version)
    record: Record = lock(Record.objects.of(company).filter(pk=link.record_id))[0]
    _refuse_undo(link, row, record)
    link.undo()
    _save([link])
    _put_back(company.pk, link, row, record, actor)
    _wait_again(link.before["freed"], rows)
    return row


def _newest_link(company_id: int, staged_id: int) -> tuple[int, list[int]]:
    found = (
        StagedLink.objects.of(company_id)
        .filter(staged_record_id=staged_id)
        .order_by("-pk")
        .values_list("pk", "before")
        .first()
    )
    if found is None:
        raise NotFound()
    return found[0], [row_id for row_id, _ in found[1]["freed"]]


def _refuse_undo(link: StagedLink, row: StagedRecord, record: Record) -> None:
    if not undo_is_open(link, timezone.now()):
        raise WrongState(OVER, version=row.version, decided_by=link.linked_by_name, decided_at=link.linked_at)
    if not _stands(link, row, record):
        raise WrongState("The link does not stand any more.", version=row.version)
    if record.lock != "none":
        raise WrongState(f"{record.title} was sent to accounting in the meantime.", version=row.version)


def undo_is_open(link: StagedLink, now: datetime) -> bool:
    return bool(link.state == LinkState.LINKED and link.release_at > now)


def link_can_be_undone(row: StagedRecord) -> bool:
    """Whether a staged row was linked so lately that it can be taken back."""
    links = StagedLink.objects.of(row.company_id).filter(staged_record=row, state=LinkState.LINKED)
    return bool(STAGED[row.item_type].supports.linked and links.filter(release_at__gt=timezone.now()).exists())


def _stands(link: StagedLink, row: StagedRecord, record: Record) -> bool:
    linked = record.deleted_at is None and record.origin_id == row.origin_id
    return bool(linked and row.status == StagedStatus.IMPORTED and row.record_id == link.record_id)


def _put_back(company_id: int, link: StagedLink, row: StagedRecord, record: Record, actor: Actor) -> None:
    change = LinkChange(record, {}, {key: getattr(record, key) for key in KEYS})
    record.origin_id = None
    record.origin_code, record.origin_data = link.before["origin_code"], link.before["origin_data"]
    record.account_id = link.before["account_id"]
    row.stage_again()
    row.record = None
    save_rows([row], actor, timezone.now())
    save_links(company_id, [change], reason="link undone")
    tell_rows(company_id, actor, [row], "link_undone", {"status": StagedStatus.STAGED})
    tell_links(company_id, [change], actor, verb="link_undone")


def _wait_again(freed: Sequence[Any], rows: Mapping[int, StagedRecord]) -> None:
    """Rows that were ready because of the link wait for it again; no version changes, nothing was decided on them."""
    changed = []
    for row_id, entries in freed:
        row = rows.get(row_id)
        missing = [one for one in entries if row is not None and one not in row.waiting_for]
        if row is not None and row.status == StagedStatus.STAGED and missing:
            row.waiting_for = [*row.waiting_for, *missing]
            changed.append(row)
    now = timezone.now()
    sets.update(StagedRecord, [{"id": row.pk, "waiting_for": row.waiting_for, "updated_at": now} for row in changed])


def _means(entry: Mapping[str, Any], key: Key) -> bool:
    return entry["value"] == key[1] and key[0] in entry["targets"]


# Telling the integrator


def due_links(limit: int) -> dict[int, list[int]]:
    """Links whose undo time is over, by company: for the sweep, which sees every company."""
    rows = StagedLink.objects.everywhere().filter(state=LinkState.LINKED, release_at__lte=timezone.now())
    due: dict[int, list[int]] = {}
    for company_id, link_id in rows.order_by("release_at", "pk").values_list("company_id", "pk")[:limit]:
        due.setdefault(company_id, []).append(link_id)
    return due


def release_links(company: Company, link_ids: Sequence[int], *, actor: Actor) -> int:
    """Tell the integrator of those that still stand; what was unlinked meanwhile counts as undone."""
    wanted = StagedLink.objects.of(company).filter(pk__in=link_ids, state=LinkState.LINKED)
    links: list[StagedLink] = lock(wanted.select_related("record", "staged_record"))
    standing_links = [link for link in links if _stands(link, link.staged_record, link.record)]
    gone = [link for link in links if link not in standing_links]
    for link in gone:
        link.undo()
    _save(gone)
    _release(company, standing_links, actor)
    return len(standing_links)


def _release(company: Company, links: Sequence[StagedLink], actor: Actor) -> None:
    """One request for each; there is one request name, for vendors are all that is linked."""
    if not links:
        return
    entity = ENTITIES[links[0].record.item_type]
    items = [Item(entity.item_type, _node(link.record)) for link in links]
    erp_request_ids = open_erp_requests(company.pk, actor, entity.events.link or "", items)
    for link, erp_request_id in zip(links, erp_request_ids, strict=True):
        link.release(erp_request_id)
    _save(links)


def _node(record: Record) -> dict[str, Any]:
    return {"id": record.pk, "origin_id": record.origin_id}


def _save(links: Sequence[StagedLink]) -> None:
    sets.update(
        StagedLink,
        [{"id": link.pk, "state": link.state, "erp_request_id": link.erp_request_id} for link in links],
    )


# Unlinking


def unlink_record(company: Company, record_id: int, *, actor: Actor, version: int | None = None) -> Record:
    """Clear the link of a vendor at once; what it was imported from waits for a decision again.

    Raises NotFound, NotPermitted, StaleVersion, WrongState when it is not linked, or was linked a moment ago and can
    be undone, and Invalid for what cannot be unlinked at once.
    """
    refuse_importer(actor)
    staged = lock_families(company.pk, [record_id])
    exports = lock_newest_exports(company.pk, [record_id])
    pending = lock(StagedLink.objects.of(company).filter(record_id=record_id, state=LinkState.LINKED))
    locked = lock(Record.objects.of(company).filter(pk=record_id, deleted_at=None))
    if not locked:
        raise NotFound()
    record: Record = locked[0]
    if version is not None and version != record.version:
        raise WrongState(f"It changed in the meantime; the version is now {record.version}.", code="stale_version")
    refuse_unlink(record, actor)
    if pending:
        raise WrongState("It was linked a moment ago: undo that, or wait until the undo time is over.")
    node = _node(record)
    clear_links(company, Held(staged, exports, [record]), actor=actor, reason=f"unlinked by {actor.name}")
    entity = ENTITIES[record.item_type]
    open_erp_request(company.pk, actor, entity.events.unlink or "", Item(entity.item_type, node))
    return record


def refuse_unlink(record: Record, actor: Actor) -> None:
    """Raises Invalid for what is not unlinked at once, WrongState for what is not linked or is at the gate."""
    entity = ENTITIES[record.item_type]
    if entity.events.unlink is None or not entity.supports.linked:
        raise Invalid.field("item_type", f"{entity.plural} cannot be unlinked here.", code="not_linkable")
    if record.origin_id is None:
        raise WrongState("It is not linked.", version=record.version)
    if closed := closed_record(record, actor):
        raise Invalid.field("base", closed.message, code=closed.code, record_id=record.pk)


# What the acts on staged rows share


def save_rows(rows: Sequence[StagedRecord], actor: Actor, now: datetime) -> None:
    """Write decided rows with one statement; each is another version now."""
    for row in rows:
        row.version += 1
        row.changed_by_kind, row.changed_by_id, row.changed_by_name = actor.kind, actor.id, actor.name
        row.updated_at = now
        row.record_id = row.record.pk if row.record is not None else None
    sets.update(StagedRecord, [{"id": row.pk, **{name: getattr(row, name) for name in COLUMNS}} for row in rows])


def tell_rows(company_id: int, actor: Actor, rows: Sequence[StagedRecord], verb: str, after: Mapping[str, Any]) -> None:
    """One statement for the audit, one for the outbox."""
    acts = [
        audit.Act(f"staged_record.{verb}", "staged_record", row.pk, record_id=row.record_id, after=dict(after))
        for row in rows
    ]
    audit.record(company_id, actor, acts)
    events.record(company_id, actor, [events.Fact(RESOURCE, row.pk, EventType.UPDATE) for row in rows])
