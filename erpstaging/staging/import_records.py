"""The records that an import makes of staged rows, or brings up to date."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Max

from erpstaging.catalogue.entity import CUSTOM, Entity
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core.errors import Invalid
from erpstaging.core.locks import lock_family
from erpstaging.core.money import TOO_LONG, fits
from erpstaging.core.scope import Again
from erpstaging.outbox.models import EventType
from erpstaging.records.editing import currency_of
from erpstaging.records.external_data import disabled_accounts
from erpstaging.records.locking import closed_record
from erpstaging.records.models import Record
from erpstaging.records.reuse import former_holders, silent_reuse
from erpstaging.records.telling import Change, tell
from erpstaging.records.writes import WRITTEN, change_record, insert_records, new_record, update_records
from erpstaging.staging.families import Family
from erpstaging.staging.models import StagedRecord, StagedStatus
from erpstaging.staging.targets import Key, linked_records


@dataclass(frozen=True, slots=True)
class Arrival:
    """A staged row on its way in: its translated data, and of that what the record is to take over."""

    row: StagedRecord
    entity: Entity
    data: Mapping[str, Any]
    news: Mapping[str, Any]


def translated(entity: Entity, data: Mapping[str, Any], targets: Mapping[Key, int]) -> dict[str, Any]:
    """Staged data with origin IDs replaced by the ids of the records they name."""
    found = {name: value for name, value in data.items() if name in entity.by_name or name == CUSTOM}
    for origin_field, field in entity.origin_fields.items():
        named = (targets.get((target, data.get(origin_field) or "")) for target in field.targets)
        target_id = next(filter(None, named), None)
        if target_id is not None:
            found[field.name] = target_id
    return found


def arrivals(family: Family, targets: Mapping[Key, int]) -> list[Arrival]:
    """Everything that comes in with a family. What comes in once more brings only what the integration changed."""
    found = []
    for row in family.rows:
        entity = family.entity(row)
        data = translated(entity, row.data, targets)
        news = data
        if family.comes_again and row.imported_data is not None:
            before = translated(entity, row.imported_data, targets)
            news = {name: value for name, value in data.items() if name not in before or before[name] != value}
        found.append(Arrival(row, entity, data, news))
    return found


def write_records(
    company: Company, family: Family, coming: Sequence[Arrival], actor: Actor, *, confirm_reuse: bool = False
) -> Record:
    """Create the records, or bring the news into those that stand already; answers with the header's.

    Raises Invalid: code `pending_approval`, `locked`, `owned_by_another`, `origin_id_taken`, or `origin_id_was_linked`
    unless the approver knows (`confirm_reuse`); or under `children`.
    """
    header, *lines = coming
    standing = _standing(company.pk, coming)
    _refuse_taken(family, standing, actor)
    if not confirm_reuse:
        _refuse_silent_reuse(company.pk, family, standing)
    currency = currency_of(company, header.data)
    holder = _write_wave(company, [header], standing, actor, currency=currency)[0]
    written = _write_wave(company, lines, standing, actor, currency=holder.currency, parent=holder)
    if header.entity.line_type:
        _sum_up(company.pk, holder)
    for one, record in zip(coming, [holder, *written], strict=True):
        _mark_imported(one.row, record)
    return holder


def _mark_imported(row: StagedRecord, record: Record) -> None:
    if row.status == StagedStatus.IMPORTED:
        row.import_again(record)
    else:
        row.import_into(record)


def _sum_up(company_id: int, holder: Record) -> None:
    totals = Record.objects.of(company_id).filter(parent=holder, deleted_at=None).values_list("amount", flat=True)
    holder.amount = sum((amount for amount in totals if amount is not None), start=Decimal(0))
    if not fits(holder.amount):
        raise Invalid.field("children", f"The sum {TOO_LONG}.")
    holder.save(update_fields=["amount"])


def _standing(company_id: int, coming: Sequence[Arrival]) -> dict[int, Record]:
    """The record that each row means, by the row's id: the one with its origin ID, else the one it was imported as
    before it was unlinked. So nothing comes in as a twin of what it was.
    """
    rows = [one.row for one in coming]
    known = linked_records(company_id, [(row.item_type, row.origin_id) for row in rows])
    ids = {*known.values(), *(row.record_id for row in rows if row.record_id)}
    found = {record.pk: record for record in lock_family(Record.objects.of(company_id).filter(pk__in=ids))}
    standing: dict[int, Record] = {}
    for row in rows:
        linked_id = known.get((row.item_type, row.origin_id))
        if linked_id is not None:
            record = found.get(linked_id)
            if record is None or record.deleted_at is not None or record.origin_id != row.origin_id:
                raise Again("The object with this origin ID changed in the meantime.")
            standing[row.pk] = record
        elif (was := found.get(row.record_id or 0)) and _is_loose(was, standing.get(row.parent_id or 0)):
            standing[row.pk] = was
    return standing


def _is_loose(record: Record, holder: Record | None) -> bool:
    """Whether what was unlinked can be linked again: it stands, has no other origin ID, and a line its old parent."""
    parent_id = holder.pk if holder is not None else None
    return record.deleted_at is None and record.origin_id is None and record.parent_id == parent_id


def _refuse_taken(family: Family, standing: Mapping[int, Record], actor: Actor) -> None:
    """What stands is brought up to date, unless the gate, another owner or another parent has it."""
    dormant = disabled_accounts(standing.values())
    holder = standing.get(family.row.pk)
    for row in family.rows:
        record = standing.get(row.pk)
        if record is None:
            continue
        if closed := closed_record(record, actor):
            raise Invalid.field("base", closed.message, code=closed.code, record_id=record.pk)
        if record.account_id not in {None, row.account_id} | dormant:
            raise Invalid.field("base", "Another integration owns this origin ID.", code="owned_by_another")
        if row is not family.row and (holder is None or record.parent_id != holder.pk):
            raise Invalid.field(
                f"children.{row.origin_id}.origin_id", "is a line of another object", code="origin_id_taken"
            )


def _refuse_silent_reuse(company_id: int, family: Family, standing: Mapping[int, Record]) -> None:
    """Whose origin ID left without the ERP's word is not linked anew before the approver has read that.

    Also where it comes back to the same record: that it means the same thing in the ERP is what nobody proved.
    """
    linked = {row_id for row_id, record in standing.items() if record.origin_id is not None}
    loose = [row for row in family.rows if row.pk not in linked]
    former = former_holders(company_id, ((row.item_type, row.origin_id) for row in loose))
    forced = {
        "origin_id" if row is family.row else f"children.{row.origin_id}.origin_id": was
        for row in loose
        if (was := former.get((row.item_type, row.origin_id))) is not None and was.forced
    }
    if forced:
        raise silent_reuse(forced)


def _write_wave(
    company: Company,
    coming: Sequence[Arrival],
    standing: Mapping[int, Record],
    actor: Actor,
    *,
    currency: str,
    parent: Record | None = None,
) -> list[Record]:
    new: list[Record] = []
    changed: list[Record] = []
    written: list[Record] = []
    for one in coming:
        record = standing.get(one.row.pk)
        if record is not None:
            change_record(record, one.news, actor)
            record.project_id = parent.project_id if parent is not None else record.project_id
            changed.append(record)
        else:
            record = new_record(company.pk, one.entity, one.data, actor, currency=currency, parent=parent)
            new.append(record)
        _link(record, one.row)
        written.append(record)
    if parent is not None:
        _place(company.pk, parent, new)
    insert_records(new)
    update_records(changed, (*WRITTEN, "origin_id", "origin_code", "origin_data", "account_id"))
    tell(company.pk, actor, [*_changes(new, EventType.CREATE), *_changes(changed, EventType.UPDATE)], verb="imported")
    return written


def _place(company_id: int, holder: Record, new: Sequence[Record]) -> None:
    """Lines that name no place of their own come after those that stand there."""
    homeless = [record for record in new if record.position is None]
    if homeless:
        lines = Record.objects.of(company_id).filter(parent=holder, deleted_at=None)
        last = lines.aggregate(last=Max("position"))["last"] or 0
        for place, record in enumerate(homeless, start=last + 1):
            record.position = place


def _link(record: Record, row: StagedRecord) -> None:
    if record.origin_id is None:
        record.origin_id, record.account_id = row.origin_id, row.account_id
    record.origin_code, record.origin_data = row.origin_code, row.origin_data


def _changes(records: Iterable[Record], kind: EventType) -> list[Change]:
    return [Change(record, kind, None, {"origin_id": record.origin_id}) for record in records]
