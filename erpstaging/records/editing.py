"""Project people's objects: create, change, delete, with rights, locks and the company's save rules.

The page, the REST for people and the mirrored routes call the same three functions. They run inside the caller's
company scope.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.utils import timezone

from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.services import metadata_of
from erpstaging.core.errors import Invalid, NotFound, NotPermitted, StaleVersion
from erpstaging.core.locks import lock, lock_family
from erpstaging.core.money import TOO_LONG, fits
from erpstaging.outbox.models import EventType
from erpstaging.records.checks import References, changed_names, checked, reference_ids, refuse
from erpstaging.records.codes import below, has_full_code, placed, recode_below
from erpstaging.records.lines import LineEdit, refuse_closed_lines, write_lines
from erpstaging.records.locking import closed_record, refuse_closed_fields, refuse_deletion
from erpstaging.records.models import Record
from erpstaging.records.telling import Change, tell
from erpstaging.records.writes import (
    AUTHOR,
    GONE,
    change_record,
    insert_records,
    new_record,
    sign,
    take_away,
    update_records,
)


def create_record(
    company: Company,
    *,
    actor: Actor,
    item_type: str,
    data: Mapping[str, Any],
    project_id: int | None = None,
    parent_id: int | None = None,
    lines: Sequence[LineEdit] = (),
) -> Record:
    """Create an object, with its lines.

    Raises Invalid by field (lines as `line_items.<n>.<field>`), NotPermitted, NotFound for an unknown parent.
    """
    entity = ENTITIES.get(item_type)
    if entity is None:
        raise Invalid.field("item_type", f"must be one of {', '.join(ENTITIES)}")
    metadata = metadata_of(company.pk)
    metadata.require_on(entity)
    entity = metadata.entity(entity)
    require_right(actor, entity)
    if entity.is_child:
        return _create_line(company, actor, entity, metadata, data, parent_id)
    values = reference_ids(entity, data if project_id is None else {**data, "project_id": project_id})
    references = References(company.pk, [(entity, values)])
    cleaned, errors = checked(entity, metadata, references, values, actor, current=None)
    refuse(entity, errors)
    cleaned = placed(company.pk, entity, {}, cleaned, metadata.code_delimiter, 0)
    record = new_record(company.pk, entity, cleaned, actor, currency=currency_of(company, cleaned))
    insert_records([record])
    tell(company.pk, actor, [Change(record, EventType.CREATE, None, cleaned)])
    if write_lines(company.pk, record, metadata, lines, actor):
        settle_amount(company, record, actor)
    return record


def _create_line(
    company: Company, actor: Actor, entity: Entity, metadata: Metadata, data: Mapping[str, Any], parent_id: int | None
) -> Record:
    if parent_id is None:
        raise Invalid.field("parent_id", "is required")
    holder, _ = _locked(company, parent_id)
    if holder.item_type not in entity.parents:
        raise Invalid.field("parent_id", f"must be one of {', '.join(entity.parents)}")
    refuse_closed_lines(holder, entity, actor)
    (line,) = write_lines(company.pk, holder, metadata, [LineEdit(None, data)], actor, entity=entity, alone=True)
    settle_amount(company, holder, actor)
    return line


def edit_record(
    company: Company,
    record_id: int,
    *,
    actor: Actor,
    data: Mapping[str, Any],
    version: int | None = None,
    lines: Sequence[LineEdit] = (),
) -> Record:
    """Change fields of an object and its lines; values that stay the same count as not sent.

    Raises StaleVersion where `version` is given and is not the current one; Invalid with code `locked` or
    `pending_approval` for closed fields.
    """
    record, holder = _locked(company, record_id)
    metadata = metadata_of(company.pk)
    entity = metadata.entity(ENTITIES[record.item_type].under(holder.item_type if holder else None))
    require_right(actor, entity, record)
    refuse_stale(record, version)
    values = reference_ids(entity, data)
    references = References(company.pk, [(entity, {**record.data, **values})])
    cleaned, errors = checked(
        entity, metadata, references, values, actor, current=record.data, project_id=record.project_id
    )
    changed = {name: value for name, value in cleaned.items() if record.data.get(name) != value}
    names = [*changed_names(record.data, changed), *errors]
    closed = [name for name in names if name in entity.by_name or name in {one.name for one in entity.custom}]
    refuse_closed_fields(record, entity, closed, actor, parent=holder)
    if "project_id" in changed:
        errors["project_id"] = ["cannot be changed"]  # lines, exports and codes belong to the project too
    refuse(entity, errors)
    if changed:
        changed = placed(company.pk, entity, record.data, changed, metadata.code_delimiter, record.pk)
        before = {name: record.data.get(name) for name in changed}
        change_record(record, changed, actor)
        update_records([record])
        tell(company.pk, actor, [Change(record, EventType.UPDATE, before, changed)])
        if "full_code" in changed:
            recode_below(company.pk, entity, [record], metadata.code_delimiter, actor)
    touched = write_lines(company.pk, record, metadata, lines, actor)
    if touched or (changed and holder is not None):
        settle_amount(company, holder or record, actor)
    found: Record = Record.objects.of(company).get(pk=record_id)
    return found


def delete_record(company: Company, record_id: int, *, actor: Actor) -> None:
    """Remove an object, its lines and the codes below it from sight; they stay in the database until they are purged.

    Their origin IDs move to the history, and may be used again.
    """
    record, holder = _locked(company, record_id)
    metadata = metadata_of(company.pk)
    require_right(actor, ENTITIES[record.item_type], record)
    refuse_deletion(record, metadata.entity(ENTITIES[record.item_type]), actor, parent=holder)
    lines = lock_family(Record.objects.of(company).filter(parent_id=record.pk, deleted_at=None))
    if has_full_code(ENTITIES[record.item_type]):
        lines += lock(Record.objects.of(company).filter(pk__in=below(company.pk, record.item_type, [record.pk])))
    for line in lines:
        refuse_deletion(line, metadata.entity(ENTITIES[line.item_type]), actor)
    gone = [record, *lines]
    take_away(company.pk, gone)
    update_records(gone, GONE)
    if holder is not None:
        settle_amount(company, holder, actor)
    tell(company.pk, actor, [Change(one, EventType.DELETE, one.data, None) for one in gone])


def require_right(actor: Actor, entity: Entity, record: Record | None = None) -> None:
    """Project people keep their own objects; contracts and others' objects need the admin level."""
    if entity.kept_by_erp and not actor.is_integration:
        raise NotPermitted(f"{entity.plural} are written by the ERP integration alone.")
    if actor.is_integration or actor.may("write"):
        return
    if not actor.may("project"):
        raise NotPermitted("You have no role on this company's projects. Ask a directory administrator.")
    own = record is None or actor.same_person_as(record.created_by_kind, record.created_by_id)
    if (entity.kept_by_admins or not own) and not actor.may("project_admin"):
        what = entity.plural.lower() if entity.kept_by_admins else "other people's objects"
        raise NotPermitted(f"Changing {what} needs the admin level on the project tools.")


def refuse_stale(record: Record, version: int | None) -> None:
    if version is not None and version != record.version:
        raise StaleVersion(
            f"{record.edited_by_name} changed it in the meantime.",
            version=record.version,
            decided_by=record.edited_by_name,
            decided_at=record.updated_at,
        )


def _locked(company: Company, record_id: int) -> tuple[Record, Record | None]:
    """The record under lock, and its parent; parents are locked first."""
    standing = Record.objects.of(company).filter(deleted_at=None)
    parent_id = standing.filter(pk=record_id).values_list("parent_id", flat=True).first()
    family = {one.pk: one for one in lock_family(standing.filter(pk__in=[record_id, *filter(None, [parent_id])]))}
    if record_id not in family:
        raise NotFound()
    return family[record_id], family.get(parent_id) if parent_id else None


def currency_of(company: Company, data: Mapping[str, Any]) -> str:
    """Own, else the project's, else the company's."""
    if data.get("currency_iso_code"):
        return str(data["currency_iso_code"])
    if not data.get("project_id"):
        return company.currency
    project = Record.objects.of(company).filter(pk=data.get("project_id") or 0).values_list("currency", flat=True)
    return project.first() or company.currency


def settle_amount(company: Company, holder: Record, actor: Actor) -> None:
    """As `settle_amounts`, for one."""
    settle_amounts(company, [holder], actor)


def settle_amounts(company: Company, holders: Sequence[Record], actor: Actor) -> None:
    """The amount of a record with lines is the sum of its lines, written with them; who wrote a line edited it.

    Raises Invalid when no column can hold the sum.
    """
    if not holders:
        return
    lines = Record.objects.of(company).filter(parent__in=holders, deleted_at=None).order_by()
    sums = dict(lines.values_list("parent_id").annotate(total=Sum("amount")))
    for holder in holders:
        holder.amount = sums.get(holder.pk) or Decimal(0)
        if not fits(holder.amount):
            raise Invalid.field("line_items", f"The sum {TOO_LONG}.")
        sign(holder, actor, "edited_by")
        holder.version += 1
        holder.updated_at = timezone.now()
    update_records(holders, ("amount", "version", "updated_at", *(f"edited_by_{part}" for part in AUTHOR)))


def may_write(actor: Actor, entity: Entity, record: Record) -> bool:
    """Whether the caller has the right to edit the record, closed or not."""
    try:
        require_right(actor, entity, record)
    except NotPermitted:
        return False
    return True


def is_open_to(record: Record, actor: Actor) -> bool:
    """Whether the caller may start to edit the record at all."""
    return may_write(actor, ENTITIES[record.item_type], record) and closed_record(record, actor) is None
