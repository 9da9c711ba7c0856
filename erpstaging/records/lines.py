"""Lines of a contract, written together: one check, one insert, one update, however many there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.services import metadata_of
from erpstaging.core.errors import Invalid
from erpstaging.core.locks import lock_family
from erpstaging.outbox.models import EventType
from erpstaging.records.checks import Errors, References, changed_names, checked, reference_ids, refuse
from erpstaging.records.locking import refuse_closed_fields, refuse_deletion
from erpstaging.records.models import Record
from erpstaging.records.telling import Change, tell
from erpstaging.records.writes import GONE, change_record, insert_records, new_record, take_away, update_records

MAX_LINES = 500


@dataclass(frozen=True, slots=True)
class LineEdit:
    """A line as somebody wants it: `id` of an existing one, or None for a new one; `delete` removes it."""

    id: int | None
    data: Mapping[str, Any]
    delete: bool = False


def write_lines(
    company_id: int,
    holder: Record,
    metadata: Metadata,
    edits: Sequence[LineEdit],
    actor: Actor,
    *,
    entity: Entity | None = None,
    alone: bool = False,
) -> list[Record]:
    """Create, change and delete lines of a locked holder; answers with those that changed.

    `entity` is what new ones are, where the holder has lines of several kinds. Errors are named
    `line_items.<n>.<field>`, or by the bare field for a line that came `alone`.
    """
    if not edits:
        return []
    entity = metadata.entity((entity or _line_entity(holder)).under(holder.item_type))
    if len(edits) > MAX_LINES:
        raise Invalid.field("line_items", f"has more than {MAX_LINES} lines")
    standing = {
        one.pk: one for one in lock_family(Record.objects.of(company_id).filter(parent=holder, deleted_at=None))
    }
    kinds = [_kind(holder, standing.get(edit.id or 0), entity, metadata) for edit in edits]
    edits = [
        LineEdit(edit.id, _own_data(holder, kind, edit.data), edit.delete)
        for edit, kind in zip(edits, kinds, strict=True)
    ]
    standing_data = {line_id: line.data for line_id, line in standing.items()}
    references = References(
        company_id,
        [(kind, {**standing_data.get(edit.id or 0, {}), **edit.data}) for edit, kind in zip(edits, kinds, strict=True)],
    )
    changes: list[Change] = []
    errors: Errors = {}
    position = max((line.position or 0 for line in standing.values()), default=0)
    for place, edit in enumerate(edits):
        change, wrong = _planned(company_id, holder, kinds[place], metadata, references, edit, standing, actor)
        errors |= wrong if alone else {f"line_items.{place}.{name}": texts for name, texts in wrong.items()}
        if change is None:
            continue
        if change.kind is EventType.CREATE and change.record.position is None:
            position += 1
            change.record.position = change.record.data["position"] = position
        changes.append(change)
    refuse(entity, errors)
    _store(company_id, changes)
    tell(company_id, actor, changes)
    return [change.record for change in changes]


def _line_entity(holder: Record) -> Entity:
    line_type = ENTITIES[holder.item_type].line_type
    if line_type is None:
        raise Invalid.field("line_items", f"{ENTITIES[holder.item_type].plural} have no lines.")
    return ENTITIES[line_type]


def _kind(holder: Record, line: Record | None, new: Entity, metadata: Metadata) -> Entity:
    return new if line is None else metadata.entity(ENTITIES[line.item_type].under(holder.item_type))


def _own_data(holder: Record, kind: Entity, data: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent of a line; its project is the holder's, where that has one."""
    given = reference_ids(kind, data)
    return {name: value for name, value in given.items() if name != "project_id" or holder.project_id is None}


def _planned(
    company_id: int,
    holder: Record,
    entity: Entity,
    metadata: Metadata,
    references: References,
    edit: LineEdit,
    standing: Mapping[int, Record],
    actor: Actor,
) -> tuple[Change | None, Errors]:
    """What one edit comes to, and what is wrong with it. Raises Invalid when the line is closed."""
    if edit.id is None:
        if edit.delete:
            return None, {}
        refuse_closed_lines(holder, entity, actor)
        cleaned, errors = checked(
            entity, metadata, references, edit.data, actor, current=None, project_id=holder.project_id
        )
        if errors:
            return None, errors
        try:
            line = new_record(company_id, entity, cleaned, actor, currency=holder.currency, parent=holder)
        except Invalid as refusal:
            return None, refusal.errors
        return Change(line, EventType.CREATE, None, cleaned), {}
    line_or_none = standing.get(edit.id)
    if line_or_none is None:
        return None, {"id": [f"{edit.id} is not a line of this object"]}
    line = line_or_none
    if edit.delete:
        refuse_deletion(line, entity, actor, parent=holder)
        return Change(line, EventType.DELETE, line.data, None), {}
    cleaned, errors = checked(
        entity, metadata, references, edit.data, actor, current=line.data, project_id=holder.project_id
    )
    changed = {name: value for name, value in cleaned.items() if line.data.get(name) != value}
    refuse_closed_fields(line, entity, changed_names(line.data, changed), actor, parent=holder)
    if errors or not changed:
        return None, errors
    before = {name: line.data.get(name) for name in changed}
    try:
        change_record(line, changed, actor)
    except Invalid as refusal:
        return None, refusal.errors
    return Change(line, EventType.UPDATE, before, changed), {}


def _store(company_id: int, changes: Sequence[Change]) -> None:
    """What goes goes first: a new line may stand in its place."""
    gone = [change.record for change in changes if change.kind is EventType.DELETE]
    take_away(company_id, gone)
    update_records(gone, GONE)
    update_records([change.record for change in changes if change.kind is EventType.UPDATE])
    insert_records([change.record for change in changes if change.kind is EventType.CREATE])


def remove_lines(company_id: int, holder: Record, item_type: str, actor: Actor) -> None:
    """Delete all lines of one kind. Raises Invalid when one of them is closed."""
    rows = Record.objects.of(company_id).filter(parent=holder, item_type=item_type, deleted_at=None)
    gone = lock_family(rows)
    entity = metadata_of(company_id).entity(ENTITIES[item_type].under(holder.item_type))
    for line in gone:
        refuse_deletion(line, entity, actor, parent=holder)
    changes = [Change(line, EventType.DELETE, line.data, None) for line in gone]
    _store(company_id, changes)
    tell(company_id, actor, changes)


def refuse_closed_lines(holder: Record, entity: Entity, actor: Actor) -> None:
    """Raises Invalid when no line may be added: the holder waits, exports, or is linked with its lines locked."""
    refuse_closed_fields(Record(item_type=entity.item_type), entity, [entity.title_field], actor, parent=holder)
