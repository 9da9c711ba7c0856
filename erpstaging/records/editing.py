"""Project people's objects: create, change, delete, with rights, locks and the company's save rules.

The page, the REST for people and the mirrored routes call the same three functions. They run inside the caller's
company scope.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, Sum
from django.utils import timezone

from erpstaging.audit import log as audit
from erpstaging.catalogue.entity import Entity, clean_data
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.services import metadata_of
from erpstaging.core.errors import Invalid, NotFound, NotPermitted, StaleVersion
from erpstaging.core.locks import lock_family
from erpstaging.outbox import events
from erpstaging.outbox.models import EventType
from erpstaging.records.locking import refuse_closed_fields, refuse_deletion
from erpstaging.records.models import Record
from erpstaging.records.rows import columns_of, settled_data

MAX_LINES = 500


@dataclass(frozen=True, slots=True)
class LineEdit:
    """A line of a form: `id` of an existing one, or None for a new one; `delete` removes it."""

    id: int | None
    data: Mapping[str, Any]
    delete: bool = False


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

    Raises Invalid by field, NotPermitted, NotFound for a project or parent that is not the company's.
    """
    entity, metadata = _entity(item_type), metadata_of(company.pk)
    metadata.require_on(entity)
    _require_right(actor, entity)
    parent = _parent(company, entity, parent_id, actor)
    values = {**data, "project_id": project_id} if project_id is not None else dict(data)
    cleaned = _checked(company, entity, metadata, values, actor, whole=True)
    record = _new(company, entity, cleaned, actor, parent)
    _save_new(record)
    _write_lines(company, record, entity, metadata, lines, actor)
    _settle_amount(company, parent or record)
    _tell(company, actor, [(record, EventType.CREATE, None, cleaned)])
    return _fresh(company, record.pk)


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
    record, parent = _locked(company, record_id)
    entity, metadata = ENTITIES[record.item_type], metadata_of(company.pk)
    _require_right(actor, entity, record)
    if version is not None and version != record.version:
        raise StaleVersion(
            f"{entity.label} {record_id} was changed by {record.edited_by_name}.",
            version=record.version,
            decided_by=record.edited_by_name,
            decided_at=record.updated_at,
        )
    cleaned = _checked(company, entity, metadata, data, actor, whole=False, current=record.data)
    changed = {name: value for name, value in cleaned.items() if record.data.get(name) != value}
    refuse_closed_fields(record, entity, changed, actor, parent=parent)
    before = {name: record.data.get(name) for name in changed}
    if changed:
        _apply(company, record, entity, changed, actor)
    touched = _write_lines(company, record, entity, metadata, lines, actor)
    if changed or touched:
        _settle_amount(company, parent or record)
    if changed:
        _tell(company, actor, [(record, EventType.UPDATE, before, changed)])
    return _fresh(company, record_id)


def delete_record(company: Company, record_id: int, *, actor: Actor) -> None:
    """Remove an object and its lines from sight; what it was stays in the database until purged."""
    record, parent = _locked(company, record_id)
    entity = ENTITIES[record.item_type]
    _require_right(actor, entity, record)
    refuse_deletion(record, entity, actor, parent=parent)
    now = timezone.now()
    Record.objects.of(company).filter(parent_id=record.pk, deleted_at=None).update(deleted_at=now, updated_at=now)
    record.deleted_at = record.updated_at = now
    record.save(update_fields=["deleted_at", "updated_at"])
    if parent is not None:
        _settle_amount(company, parent)
    _tell(company, actor, [(record, EventType.DELETE, record.data, None)])


def _entity(item_type: str) -> Entity:
    entity = ENTITIES.get(item_type)
    if entity is None:
        raise Invalid.field("item_type", f"must be one of {', '.join(ENTITIES)}")
    return entity


def _require_right(actor: Actor, entity: Entity, record: Record | None = None) -> None:
    if actor.is_integration:
        return
    if not (actor.may("project") or actor.may("write")):
        raise NotPermitted("You have no project role in this company. Ask a directory administrator.")
    own = record is None or actor.same_person_as(record.created_by_kind, record.created_by_id)
    if (entity.kept_by_admins or not own) and not (actor.may("project_admin") or actor.may("write")):
        what = entity.plural.lower() if entity.kept_by_admins else "other people's objects"
        raise NotPermitted(f"Changing {what} needs the admin level on the project tools.")


def _parent(company: Company, entity: Entity, parent_id: int | None, actor: Actor) -> Record | None:
    if not entity.is_child:
        return None
    if parent_id is None:
        raise Invalid.field("parent_id", "is required")
    parent, _ = _locked(company, parent_id)
    if parent.item_type not in entity.parents:
        raise Invalid.field("parent_id", f"must be one of {', '.join(entity.parents)}")
    refuse_closed_fields(parent, ENTITIES[parent.item_type], (), actor)
    _refuse_closed_lines(parent, entity, actor)
    return parent


def _refuse_closed_lines(parent: Record, line: Entity, actor: Actor) -> None:
    placeholder = Record(item_type=line.item_type)
    refuse_closed_fields(placeholder, line, [line.title_field], actor, parent=parent)


def _locked(company: Company, record_id: int) -> tuple[Record, Record | None]:
    """The record under lock, and its parent; parents are locked first."""
    parent_id = (
        Record.objects.of(company).filter(pk=record_id, deleted_at=None).values_list("parent_id", flat=True).first()
    )
    family = lock_family(
        Record.objects.of(company).filter(pk__in=[record_id, *filter(None, [parent_id])], deleted_at=None)
    )
    by_id = {one.pk: one for one in family}
    if record_id not in by_id:
        raise NotFound()
    return by_id[record_id], by_id.get(parent_id) if parent_id else None


def _checked(
    company: Company,
    entity: Entity,
    metadata: Metadata,
    data: Mapping[str, Any],
    actor: Actor,
    *,
    whole: bool,
    current: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The values to store. Raises Invalid with everything that is wrong, not only the first."""
    names = frozenset(entity.by_name)
    cleaned, errors = clean_data(entity, data, names)
    merged = {**(current or {}), **cleaned}
    for field in entity.fields:
        sent = whole or field.name in cleaned
        if field.required and sent and field.name not in errors and merged.get(field.name) in (None, ""):
            errors[field.name] = ["can't be blank"]
    for name, texts in _unknown_references(company, entity, cleaned).items():
        errors.setdefault(name, []).extend(texts)
    rules = metadata.of(entity)
    if rules is not None and not actor.is_integration:
        for name, texts in rules.save_failures(rule_values(merged), labels_of(entity)).items():
            errors.setdefault(name, []).extend(texts)
    if errors:
        first = next(iter(errors))
        raise Invalid(f"{labels_of(entity).get(first, first)} {errors[first][0]}", errors=errors)
    return cleaned


def labels_of(entity: Entity) -> dict[str, str]:
    return {field.name: field.label for field in entity.fields}


def rule_values(data: Mapping[str, Any]) -> dict[str, Any]:
    """Values under the names that metadata rules use: a reference by its bare name, an amount as the total."""
    named = dict(data)
    named |= {name.removesuffix("_id"): value for name, value in data.items() if name.endswith("_id")}
    if "amount" in data:
        named["total_amount"] = data["amount"]
    return named


def _unknown_references(company: Company, entity: Entity, data: Mapping[str, Any]) -> dict[str, list[str]]:
    """References to nothing, or to something of the wrong type: one query for all of them."""
    wanted = {field.name: data[field.name] for field in entity.references if data.get(field.name) is not None}
    if not wanted:
        return {}
    found = Record.objects.of(company).filter(pk__in=wanted.values(), deleted_at=None).values_list("pk", "item_type")
    types = dict(found)
    return {
        name: [f"{target_id} does not exist"]
        for name, target_id in wanted.items()
        if types.get(target_id) not in entity.by_name[name].targets
    }


def _new(company: Company, entity: Entity, data: dict[str, Any], actor: Actor, parent: Record | None) -> Record:
    currency = _currency(company, entity, data, parent)
    settled = settled_data(entity, data, currency)
    columns = columns_of(entity, settled)
    if parent is not None:
        columns["project_id"] = parent.project_id
        if columns["position"] is None:
            columns["position"] = _next_position(company, parent.pk)
            settled["position"] = columns["position"]
    return Record(
        company=company,
        item_type=entity.item_type,
        parent=parent,
        data=settled,
        currency=currency,
        created_by_kind=actor.kind,
        created_by_id=actor.id,
        created_by_name=actor.name,
        created_by_owner_id=actor.owner_id,
        edited_by_kind=actor.kind,
        edited_by_id=actor.id,
        edited_by_name=actor.name,
        edited_by_owner_id=actor.owner_id,
        **columns,
    )


def _currency(company: Company, entity: Entity, data: Mapping[str, Any], parent: Record | None) -> str:
    """Own, else the parent's or the project's, else the company's."""
    own = data.get("currency_iso_code")
    if own or parent is not None:
        return str(own or parent.currency if parent else own)
    project_id = data.get("project_id")
    of_project = (
        Record.objects.of(company).filter(pk=project_id).values_list("currency", flat=True).first()
        if project_id
        else None
    )
    return of_project or company.currency


def _next_position(company: Company, parent_id: int) -> int:
    last = Record.objects.of(company).filter(parent_id=parent_id, deleted_at=None).aggregate(last=Max("position"))
    return int(last["last"] or 0) + 1


def _save_new(record: Record) -> None:
    try:
        with transaction.atomic():
            record.save(force_insert=True)
    except IntegrityError as exc:
        raise taken(record, exc) from exc


def taken(record: Record, exc: IntegrityError) -> Invalid:
    """Which value somebody else has, from the name of the broken constraint."""
    if "record_unique_key" in str(exc):
        field = ENTITIES[record.item_type].unique_within[-1]
        return Invalid.field(field, "is already taken", code="taken")
    raise exc


def _apply(company: Company, record: Record, entity: Entity, changed: Mapping[str, Any], actor: Actor) -> None:
    record.data = settled_data(entity, {**record.data, **changed}, record.currency)
    columns = columns_of(entity, record.data)
    if entity.line_type:
        columns.pop("amount", None)
    for name, value in columns.items():
        setattr(record, name, value)
    record.edited_by_kind, record.edited_by_id = actor.kind, actor.id
    record.edited_by_name, record.edited_by_owner_id = actor.name, actor.owner_id
    record.updated_at = timezone.now()
    record.version += 1
    edited = ["edited_by_kind", "edited_by_id", "edited_by_name", "edited_by_owner_id", "updated_at", "version"]
    try:
        with transaction.atomic():
            record.save(update_fields=["data", *columns, *edited])
    except IntegrityError as exc:
        raise taken(record, exc) from exc


def _write_lines(
    company: Company, record: Record, entity: Entity, metadata: Metadata, lines: Sequence[LineEdit], actor: Actor
) -> bool:
    """Create, change and delete a form's lines; errors are named `line_items.<n>.<field>`. True when one changed."""
    if not lines:
        return False
    if entity.line_type is None:
        raise Invalid.field("line_items", f"{entity.plural} have no lines.")
    if len(lines) > MAX_LINES:
        raise Invalid.field("line_items", f"has more than {MAX_LINES} lines")
    line_entity = ENTITIES[entity.line_type]
    standing = {one.pk: one for one in lock_family(Record.objects.of(company).filter(parent=record, deleted_at=None))}
    errors: dict[str, list[str]] = {}
    touched = False
    for place, edit in enumerate(lines):
        try:
            touched |= _write_line(company, record, line_entity, metadata, edit, standing, actor)
        except Invalid as exc:
            if exc.code in {"locked", "pending_approval"}:
                raise
            errors |= {
                f"line_items.{place}.{name}": texts for name, texts in (exc.errors or {"base": [exc.message]}).items()
            }
    if errors:
        raise Invalid("A line is not complete.", errors=errors)
    return touched


def _write_line(
    company: Company,
    holder: Record,
    entity: Entity,
    metadata: Metadata,
    edit: LineEdit,
    standing: Mapping[int, Record],
    actor: Actor,
) -> bool:
    if edit.id is None:
        if edit.delete:
            return False
        _refuse_closed_lines(holder, entity, actor)
        cleaned = _checked(company, entity, metadata, edit.data, actor, whole=True)
        line = _new(company, entity, cleaned, actor, holder)
        _save_new(line)
        _tell(company, actor, [(line, EventType.CREATE, None, cleaned)], record_id=holder.pk)
        return True
    line = standing.get(edit.id) or _missing_line(edit.id)
    if edit.delete:
        refuse_deletion(line, entity, actor, parent=holder)
        line.deleted_at = line.updated_at = timezone.now()
        line.save(update_fields=["deleted_at", "updated_at"])
        _tell(company, actor, [(line, EventType.DELETE, line.data, None)], record_id=holder.pk)
        return True
    cleaned = _checked(company, entity, metadata, edit.data, actor, whole=False, current=line.data)
    changed = {name: value for name, value in cleaned.items() if line.data.get(name) != value}
    if not changed:
        return False
    refuse_closed_fields(line, entity, changed, actor, parent=holder)
    before = {name: line.data.get(name) for name in changed}
    _apply(company, line, entity, changed, actor)
    _tell(company, actor, [(line, EventType.UPDATE, before, changed)], record_id=holder.pk)
    return True


def _missing_line(line_id: int) -> Record:
    raise Invalid.field("id", f"{line_id} is not a line of this object")


def _settle_amount(company: Company, holder: Record) -> None:
    """The amount of a record with lines is the sum of its lines, written with them."""
    if ENTITIES[holder.item_type].line_type is None:
        return
    total = Record.objects.of(company).filter(parent=holder, deleted_at=None).aggregate(total=Sum("amount"))["total"]
    Record.objects.of(company).filter(pk=holder.pk).update(
        amount=total if total is not None else Decimal(0), version=holder.version + 1, updated_at=timezone.now()
    )


Told = tuple[Record, EventType, dict[str, Any] | None, Mapping[str, Any] | None]


def _tell(company: Company, actor: Actor, told: Sequence[Told], *, record_id: int | None = None) -> None:
    verbs = {EventType.CREATE: "created", EventType.UPDATE: "edited", EventType.DELETE: "deleted"}
    audit.record(
        company.pk,
        actor,
        [
            audit.Act(
                f"{'line' if record.parent_id else 'record'}.{verbs[kind]}",
                "record",
                record.pk,
                record_id=record_id or record.parent_id or record.pk,
                before=before,
                after=None if after is None else dict(after),
            )
            for record, kind, before, after in told
        ],
    )
    events.record(
        company.pk,
        actor,
        [
            events.Fact(resource, record.pk, kind, record.project_id)
            for record, kind, _, _ in told
            if (resource := ENTITIES[record.item_type].webhook_resource)
        ],
    )


def _fresh(company: Company, record_id: int) -> Record:
    found: Record = Record.objects.of(company).get(pk=record_id)
    return found
