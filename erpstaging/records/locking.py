"""What is closed, and to whom (lifecycles, section 5)."""

from collections.abc import Iterable
from dataclasses import dataclass

from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.core.errors import Invalid
from erpstaging.records.models import Lock, Record

WAITING = "Waiting for an accounting approver. Retrieve it to change it."
EXPORTING = "On its way to the ERP. It opens again when it is synced, rejected or retrieved."


@dataclass(frozen=True, slots=True)
class Closed:
    """Why a field, or the whole record, cannot be changed."""

    code: str
    message: str
    origin_id: str | None = None
    unlock: str = ""


def closed_record(record: Record, actor: Actor) -> Closed | None:
    """What closes the whole record: the gate, before any lock list."""
    if record.lock == Lock.WAITING:
        return Closed("pending_approval", WAITING, unlock="retrieve")
    if record.lock == Lock.EXPORTING and not actor.is_integration:
        return Closed("locked", EXPORTING, record.origin_id)
    return None


def closed_field(
    record: Record, entity: Entity, name: str, actor: Actor, *, parent: Record | None = None
) -> Closed | None:
    """What closes one field; for a line, its parent's gate and lock list too. None when it may be changed."""
    for one in filter(None, (record, parent)):
        if whole := closed_record(one, actor):
            return whole
    if actor.is_integration:
        return None
    if parent is not None and name in entity.lock.frozen and parent.data.get(entity.lock.frozen_by) is True:
        label = ENTITIES[parent.item_type].label.lower()
        return Closed("locked", f"The {label} is locked: {entity.by_name[name].label.lower()} stays as it is.")
    if record.synced and entity.lock.closes(name):
        return _linked(entity, name, record.origin_id)
    if parent is not None and parent.synced and _closes_lines(entity, parent):
        return _linked(entity, name, parent.origin_id, of=ENTITIES[parent.item_type].label.lower())
    return None


def _closes_lines(entity: Entity, parent: Record) -> bool:
    return entity.parent_locks.get(parent.item_type, ENTITIES[parent.item_type].lock).lines


def _linked(entity: Entity, name: str, origin_id: str | None, of: str = "") -> Closed:
    field = next((one for one in (*entity.fields, *entity.custom) if one.name == name), None)
    label = field.label if field else name.replace("_", " ").capitalize()
    who = f"the {of}" if of else "it"
    why = "is in the ERP" if origin_id is None else f"is linked to origin ID {origin_id}"
    message = f"{label} is locked: {who} {why}. Unlink it to change it here."
    return Closed("locked", message, origin_id, unlock="unlink")


def refuse_closed_fields(
    record: Record, entity: Entity, names: Iterable[str], actor: Actor, *, parent: Record | None = None
) -> None:
    """Raises Invalid, code `pending_approval` or `locked`, naming every closed field, the origin ID and the way out."""
    closed = {name: why for name in names if (why := closed_field(record, entity, name, actor, parent=parent))}
    if not closed:
        return
    first = next(iter(closed.values()))
    raise Invalid(
        first.message,
        code=first.code,
        errors={name: [why.message] for name, why in closed.items()},
        origin_id=first.origin_id,
        unlock=first.unlock,
        record_id=record.pk,
    )


def refuse_deletion(record: Record, entity: Entity, actor: Actor, *, parent: Record | None = None) -> None:
    """People delete what is neither locked nor linked; the integration may delete linked objects too.

    What is on its way to the ERP is deleted by nobody.
    """
    closed = closed_record(record, actor) or (closed_record(parent, actor) if parent else None)
    if closed is None and record.lock == Lock.EXPORTING:
        closed = Closed("locked", EXPORTING, record.origin_id)
    if closed is None and not actor.is_integration:
        if record.synced and entity.lock.deletion:
            why = "In the ERP." if record.origin_id is None else f"Linked to origin ID {record.origin_id}."
            closed = Closed("locked", f"{why} Unlink it to delete it.", record.origin_id, "unlink")
        elif parent is not None and parent.synced and _closes_lines(entity, parent):
            closed = _linked(entity, entity.title_field, parent.origin_id, of=ENTITIES[parent.item_type].label.lower())
    if closed:
        raise Invalid(
            closed.message,
            code=closed.code,
            errors={"base": [closed.message]},
            origin_id=closed.origin_id,
            unlock=closed.unlock,
            record_id=record.pk,
        )
