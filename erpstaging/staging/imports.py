"""The approver's decisions on staged records: import, reject, archive."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone

from erpstaging.audit import log as audit
from erpstaging.catalogue.entity import CUSTOM, Entity
from erpstaging.catalogue.registry import STAGED
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.services import metadata_of
from erpstaging.core import sets
from erpstaging.core.errors import Invalid, NotFound, NotPermitted, WrongState
from erpstaging.core.locks import lock_family
from erpstaging.core.money import TOO_LONG, fits
from erpstaging.core.scope import Again
from erpstaging.erp_requests.services import Item, open_erp_request
from erpstaging.outbox import events
from erpstaging.outbox.models import EventType
from erpstaging.records.checks import References, labels_of, rule_values
from erpstaging.records.external_data import disabled_accounts
from erpstaging.records.locking import closed_record
from erpstaging.records.models import Record
from erpstaging.records.snapshots import nodes
from erpstaging.records.telling import Change, tell
from erpstaging.records.writes import WRITTEN, change_record, insert_records, new_record, update_records
from erpstaging.staging.call import COLUMNS, RESOURCE, comes_back, family_ids, standing
from erpstaging.staging.decisions import (
    clean_reason,
    record_decisions,
    refuse_own,
    refuse_unseen,
    require_metadata,
    staging_authors,
)
from erpstaging.staging.models import StagedRecord, StagedStatus
from erpstaging.staging.targets import Key, keys_of, linked_records
from erpstaging.staging.waiting import clear_waiting, waiting_ids

MAY_NOT_IMPORT = "Importing needs the level Standard on the ERP tool. Ask an ERP administrator."


@dataclass(slots=True)
class Family:
    """A staged record under lock, with the children that stand or fall with it."""

    row: StagedRecord
    children: list[StagedRecord]
    waiting: list[StagedRecord]

    def entity(self, row: StagedRecord) -> Entity:
        return STAGED[row.item_type].under(self.row.item_type)

    @property
    def rows(self) -> list[StagedRecord]:
        """What is imported together: not the children that were archived on their own, nor those imported before."""
        left_out = {StagedStatus.ARCHIVED, StagedStatus.IMPORTED}
        return [self.row, *(child for child in self.children if child.status not in left_out)]


def accept_import(company: Company, staged_id: int, *, actor: Actor, version: int | None) -> StagedRecord:
    """Make a staged record and its children records, linked by their origin IDs.

    A row that breaks a rule comes back `invalid` with its messages, and nothing is created; the caller commits that.
    Raises NotFound, NotPermitted, StaleVersion, VersionMissing, WrongState, and Invalid with code
    `waiting_for_parent` while a reference is not linked.
    """
    family = _locked(company.pk, staged_id)
    entity, metadata = STAGED[family.row.item_type], metadata_of(company.pk)
    _refuse_decision(company.pk, family, actor, version)
    require_metadata(company.pk, metadata)
    _refuse_switched_off(entity, metadata)
    targets = _targets(company.pk, family)
    _refuse_waiting(family, targets)
    seen = family.row.version
    translated = {row.pk: _translated(family.entity(row), row, targets) for row in family.rows}
    messages = _failures(company.pk, family, translated, metadata)
    if messages:
        _invalidate(company.pk, family, actor, messages)
        return family.row
    imported = family.rows
    record = _write_records(company, family, translated, actor)
    _finish(company, family, imported, actor, seen)
    _announce(company, entity, record, actor)
    return family.row


def reject_import(company: Company, staged_id: int, *, actor: Actor, version: int | None, reason: Any) -> StagedRecord:
    """Send a staged record back to the integrator: it becomes invalid and the reason stands first in its messages."""
    family = _locked(company.pk, staged_id)
    _refuse_decision(company.pk, family, actor, version)
    text = clean_reason(reason)
    seen = family.row.version
    _move(company.pk, family.row, lambda row: row.invalidate([text]), actor, "rejected", {"reason": text})
    record_decisions(company.pk, actor, [_decision(family.row, seen, "reject", text)])
    return family.row


def archive_staged_record(
    company: Company, staged_id: int, *, actor: Actor, version: int | None = None
) -> StagedRecord:
    """Put a staged record aside: it will not be imported, its children go along."""
    return _shelve(company, staged_id, actor, version, away=True)


def unarchive_staged_record(
    company: Company, staged_id: int, *, actor: Actor, version: int | None = None
) -> StagedRecord:
    """Bring an archived staged record back, with the children that went with it."""
    return _shelve(company, staged_id, actor, version, away=False)


def _shelve(company: Company, staged_id: int, actor: Actor, version: int | None, *, away: bool) -> StagedRecord:
    family = _locked(company.pk, staged_id)
    refuse_importer(actor)
    _refuse_child(family.row)
    if version is not None:
        refuse_unseen(family.row, version)
    wanted = StagedStatus.STAGED if away else StagedStatus.ARCHIVED
    if family.row.status != wanted:
        raise WrongState(f"It is {family.row.status}, not {wanted}.", version=family.row.version)
    if away:
        family.row.archive()
        moved = [child for child in family.children if child.status == StagedStatus.STAGED]
        for child in moved:
            child.archive(with_parent=True)
    else:
        family.row.stage_again()
        moved = [child for child in family.children if comes_back(child)]
        for child in moved:
            child.stage_again()
    _save(company.pk, [family.row, *moved], actor)
    verb = "archived" if away else "unarchived"
    _tell(company.pk, actor, [family.row, *moved], verb, {"status": family.row.status})
    return family.row


def _locked(company_id: int, staged_id: int) -> Family:
    """The row, its children, and the rows that wait for it: one lock for all, parents first."""
    ids = family_ids(company_id, [staged_id], [])
    named = standing(company_id).filter(pk=staged_id).values_list("item_type", "origin_id").first()
    if named is None:
        raise NotFound()
    waiting = waiting_ids(company_id, [named])
    rows = {row.pk: row for row in lock_family(standing(company_id).filter(pk__in={*ids, *waiting}))}
    if staged_id not in rows:
        raise NotFound()
    children = [row for row in rows.values() if row.parent_id == staged_id]
    return Family(rows[staged_id], children, [rows[one] for one in waiting if one in rows and one != staged_id])


def refuse_importer(actor: Actor) -> None:
    """Raises NotPermitted for whoever may not decide on imports at all."""
    if actor.kind == "service_account":
        raise NotPermitted("A service account never decides.")
    actor.require("erp", MAY_NOT_IMPORT)


def _refuse_child(row: StagedRecord) -> None:
    if row.parent_id is not None:
        raise WrongState("A line is decided with its parent.", version=row.version)


def _refuse_decision(company_id: int, family: Family, actor: Actor, version: int | None) -> None:
    row = family.row
    refuse_importer(actor)
    _refuse_child(row)
    refuse_unseen(row, version)
    if row.status != StagedStatus.STAGED:
        raise WrongState(
            f"It is {row.status} already.",
            version=row.version,
            decided_by=row.changed_by_name,
            decided_at=row.updated_at,
        )
    refuse_own(actor, *staging_authors(company_id, [row.pk, *(child.pk for child in family.children)]))


def _refuse_switched_off(entity: Entity, metadata: Metadata) -> None:
    metadata.require_on(entity)
    rules = metadata.of(entity)
    if rules is not None and not rules.may_import:
        raise Invalid.field("base", f"Importing {entity.plural.lower()} is switched off.", code="import_off")


def _targets(company_id: int, family: Family) -> dict[Key, int]:
    return linked_records(company_id, (key for row in family.rows for key in keys_of(family.entity(row), row.data)))


def _refuse_waiting(family: Family, targets: Mapping[Key, int]) -> None:
    """Raises Invalid, code `waiting_for_parent`, naming every reference that is not linked, with its value."""
    errors: dict[str, list[str]] = {}
    for row in family.rows:
        for origin_field, field in family.entity(row).origin_fields.items():
            value = row.data.get(origin_field)
            if not field.required_at_import or row.data.get(field.name) is not None:
                continue
            if value is None or not any((target, value) in targets for target in field.targets):
                name = origin_field if row is family.row else f"children.{row.origin_id}.{origin_field}"
                errors.setdefault(name, []).append("can't be blank" if value is None else f"{value} is not linked yet")
    if errors:
        name, texts = next(iter(errors.items()))
        raise Invalid(f"Waiting for {name}: {texts[0]}.", code="waiting_for_parent", errors=errors)


def _translated(entity: Entity, row: StagedRecord, targets: Mapping[Key, int]) -> dict[str, Any]:
    """The row's data with origin IDs replaced by the ids of the records they name."""
    data = {name: value for name, value in row.data.items() if name in entity.by_name or name == CUSTOM}
    for origin_field, field in entity.origin_fields.items():
        found = (targets.get((target, row.data.get(origin_field) or "")) for target in field.targets)
        target_id = next(filter(None, found), None)
        if target_id is not None:
            data[field.name] = target_id
    return data


def _failures(
    company_id: int, family: Family, translated: Mapping[int, dict[str, Any]], metadata: Metadata
) -> list[str]:
    """What speaks against the import, the company's rules among it, in words for the row."""
    messages: list[str] = []
    references = References(company_id, [(family.entity(row), translated[row.pk]) for row in family.rows])
    header = metadata.of(family.entity(family.row))
    for row in family.rows:
        entity, data = metadata.entity(family.entity(row)), translated[row.pk]
        place = "" if row is family.row else f"Line {row.origin_id}: "
        labels = labels_of(entity)
        missing = [one for one in entity.fields if one.required_at_import and data.get(one.name) in (None, "")]
        messages += [f"{place}{one.label} can't be blank" for one in missing]
        for name, texts in references.errors(entity, data).items():
            messages += [f"{place}{labels[name]} {text}" for text in texts]
        if row.status == StagedStatus.INVALID:
            messages.append(f"{place}is invalid")
        if place and header and row.origin_code and not header.fits_contract_item(row.origin_code):
            messages.append(f"{place}The code {row.origin_code} does not fit {header.contract_item_format}")
        rules = metadata.of(entity)
        if rules is None:
            continue
        divisions = references.divisions if rules.looks_for_divisions else ()
        for texts in rules.save_failures(rule_values(data), labels, divisions).values():
            messages += [f"{place}{text}" for text in texts]
    return messages


def _invalidate(company_id: int, family: Family, actor: Actor, messages: list[str]) -> None:
    _move(company_id, family.row, lambda row: row.invalidate(messages), actor, "invalid", {"messages": messages})


def _write_records(company: Company, family: Family, translated: Mapping[int, dict[str, Any]], actor: Actor) -> Record:
    """Create the records, or bring the data into those that carry the same origin IDs already."""
    lines = family.rows[1:]
    known = linked_records(company.pk, [(row.item_type, row.origin_id) for row in family.rows])
    found = {record.pk: record for record in lock_family(Record.objects.of(company).filter(pk__in=known.values()))}
    _refuse_taken(family, known, found, actor)
    holder = _write_wave(company, [family.row], known, found, translated, actor, parent=None)[0]
    written = _write_wave(company, lines, known, found, translated, actor, parent=holder)
    if STAGED[family.row.item_type].line_type:
        totals = Record.objects.of(company).filter(parent=holder, deleted_at=None).values_list("amount", flat=True)
        holder.amount = sum((amount for amount in totals if amount is not None), start=Decimal(0))
        if not fits(holder.amount):
            raise Invalid.field("children", f"The sum {TOO_LONG}.")
        holder.save(update_fields=["amount"])
    family.row.import_into(holder)
    for row, record in zip(lines, written, strict=True):
        row.import_into(record)
    return holder


def _refuse_taken(family: Family, known: Mapping[Key, int], found: Mapping[int, Record], actor: Actor) -> None:
    """What stands linked already is brought up to date, unless the gate, another owner or another parent has it.

    Raises Invalid, code `pending_approval`, `locked`, `owned_by_another` or `origin_id_taken`.
    """
    dormant = disabled_accounts(found.values())
    holder_id = known.get((family.row.item_type, family.row.origin_id))
    for row in family.rows:
        record = found.get(known.get((row.item_type, row.origin_id), 0))
        if record is None:
            continue
        if record.deleted_at is not None or record.origin_id != row.origin_id:
            raise Again("The object with this origin ID changed in the meantime.")
        if closed := closed_record(record, actor):
            raise Invalid.field("base", closed.message, code=closed.code, record_id=record.pk)
        if record.account_id not in {None, row.account_id} | dormant:
            raise Invalid.field("base", "Another integration owns this origin ID.", code="owned_by_another")
        if row is not family.row and record.parent_id != holder_id:
            raise Invalid.field(
                f"children.{row.origin_id}.origin_id", "is a line of another object", code="origin_id_taken"
            )


def _write_wave(
    company: Company,
    rows: list[StagedRecord],
    known: Mapping[Key, int],
    found: Mapping[int, Record],
    translated: Mapping[int, dict[str, Any]],
    actor: Actor,
    *,
    parent: Record | None,
) -> list[Record]:
    currency = parent.currency if parent else company.currency
    written: list[Record] = []
    new: list[Record] = []
    changed: list[Record] = []
    for place, row in enumerate(rows, start=1):
        standing_id = known.get((row.item_type, row.origin_id))
        data = translated[row.pk]
        if standing_id is not None:
            record = found[standing_id]
            change_record(record, data, actor)
            changed.append(record)
        else:
            record = new_record(company.pk, STAGED[row.item_type], data, actor, currency=currency, parent=parent)
            record.position = record.position if record.position is not None or parent is None else place
            record.account_id = row.account_id
            new.append(record)
        record.origin_id = row.origin_id
        record.origin_code, record.origin_data = row.origin_code, row.origin_data
        written.append(record)
    insert_records(new)
    if changed:
        update_records(changed, (*WRITTEN, "origin_code", "origin_data"))
    tell(
        company.pk,
        actor,
        [
            *(Change(record, EventType.CREATE, None, {"origin_id": record.origin_id}) for record in new),
            *(Change(record, EventType.UPDATE, None, {"origin_id": record.origin_id}) for record in changed),
        ],
        verb="imported",
    )
    return written


def _finish(company: Company, family: Family, imported: list[StagedRecord], actor: Actor, seen: int) -> None:
    """The staged rows say what became of them; what waited for them waits no longer."""
    _save(company.pk, imported, actor)
    _tell(company.pk, actor, imported, "imported", {"status": StagedStatus.IMPORTED})
    record_decisions(company.pk, actor, [_decision(family.row, seen, "import")])
    clear_waiting(company.pk, family.waiting, [(row.item_type, row.origin_id) for row in imported])


def _announce(company: Company, entity: Entity, record: Record, actor: Actor) -> None:
    """Tell the integrator, where the event catalogue has an event for it."""
    if entity.events.imported:
        node = nodes(company.pk, company.name, [record])[record.pk]
        open_erp_request(company.pk, actor, entity.events.imported, Item(entity.item_type, node))


def _decision(row: StagedRecord, version: int, verdict: str, reason: str = "") -> dict[str, Any]:
    return {
        "object_type": "staged_record",
        "object_id": row.pk,
        "version": version,
        "verdict": verdict,
        "reason": reason,
    }


def _move(company_id: int, row: StagedRecord, move: Any, actor: Actor, verb: str, after: dict[str, Any]) -> None:
    move(row)
    _save(company_id, [row], actor)
    _tell(company_id, actor, [row], verb, after)


def _save(company_id: int, rows: list[StagedRecord], actor: Actor) -> None:
    now = timezone.now()
    for row in rows:
        row.version += 1
        row.changed_by_kind, row.changed_by_id, row.changed_by_name = actor.kind, actor.id, actor.name
        row.updated_at = now
        row.record_id = row.record.pk if row.record is not None else row.record_id
    sets.update(StagedRecord, [{"id": row.pk, **{column: getattr(row, column) for column in COLUMNS}} for row in rows])


def _tell(company_id: int, actor: Actor, rows: list[StagedRecord], verb: str, after: dict[str, Any]) -> None:
    audit.record(
        company_id,
        actor,
        [
            audit.Act(f"staged_record.{verb}", "staged_record", row.pk, record_id=row.record_id, after=after)
            for row in rows
        ],
    )
    events.record(company_id, actor, [events.Fact(RESOURCE, row.pk, EventType.UPDATE) for row in rows])
