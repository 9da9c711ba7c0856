"""Plain writes of the mirrored resources: one object is created, changed or deleted.

The integration writes directly, past the gate (staging/direct.py). People, and accounts without the scope `erp`, meet
locks, rights and save rules (records/editing.py), and write no origin IDs.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q

from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.services import metadata_of
from erpstaging.core.errors import Invalid, NotFound, NotPermitted
from erpstaging.core.locks import lock_family
from erpstaging.records.editing import create_record, delete_record, edit_record
from erpstaging.records.models import Record
from erpstaging.staging.call import standing
from erpstaging.staging.direct import ORIGIN_KEYS, write_one
from erpstaging.staging.external import sync_external_data
from erpstaging.staging.mirrored_rules import after_create, refuse_write
from erpstaging.staging.waiting import naming_families, note_waiting

ONLY_ERP = "is written by the ERP integration only"


def create_object(
    company: Company,
    entity: Entity,
    sent: Mapping[str, Any],
    *,
    actor: Actor,
    scope: Mapping[str, Any],
    holder: Record | None = None,
) -> Record:
    """Create one object, or a line of `holder`.

    Raises Invalid by field; an origin ID that another object has is refused under `origin_id`, naming that object.
    """
    refuse_account(actor, entity)
    scope = entity.renamed(scope)
    refuse_write(company, entity, {**entity.renamed(sent), **scope}, None)
    if not actor.is_integration:
        return _created_by_hand(company, entity, sent, actor, scope, holder)
    sent = {name: value for name, value in sent.items() if name != "id"}
    record = write_one(
        company, entity, sent, actor=actor, scope=scope, holder_id=holder.pk if holder is not None else None
    )
    after_create(company, entity, [record], actor)
    return record


def change_object(
    company: Company,
    entity: Entity,
    record: Record,
    sent: Mapping[str, Any],
    *,
    actor: Actor,
    scope: Mapping[str, Any],
    holder: Record | None = None,
    version: int | None = None,
) -> None:
    """Change what was sent of one object. The integration unlinks it with an origin ID of null.

    Raises Invalid by field, with code `locked` or `pending_approval` for what is closed; StaleVersion.
    """
    refuse_account(actor, entity)
    scope = entity.renamed(scope)
    refuse_write(company, entity, entity.renamed(sent), record)
    if not actor.is_integration:
        data = _without_origin(entity, sent, record)
        edit_record(company, record.pk, actor=actor, data=data, version=version)
        return
    if "origin_id" in sent and sent["origin_id"] is None:
        _unlink(company, record, sent, actor)
        sent = {name: value for name, value in sent.items() if name not in ORIGIN_KEYS}
    write_one(
        company,
        entity,
        {**sent, "id": record.pk},
        actor=actor,
        scope=scope,
        holder_id=holder.pk if holder is not None else None,
    )


def remove_object(company: Company, entity: Entity, record: Record, *, actor: Actor) -> None:
    """Delete one object with its lines; what is staged and names it waits again.

    Raises Invalid with code `locked` for what people may not delete.
    """
    refuse_account(actor, entity)
    gone = Record.objects.of(company).filter(Q(pk=record.pk) | Q(parent=record), deleted_at=None)
    keys = list(gone.filter(origin_id__isnull=False).values_list("item_type", "origin_id"))
    naming = lock_family(standing(company.pk).filter(pk__in=naming_families(company.pk, keys)))
    delete_record(company, record.pk, actor=actor)
    note_waiting(company.pk, naming)


def find_object(
    company: Company,
    entities: Sequence[Entity],
    record_id: int,
    *,
    scope: Mapping[str, Any],
    holder: Record | None = None,
) -> Record:
    """The object, if it is of one of the types and belongs to what the call is about. Raises NotFound."""
    rows = Record.objects.of(company).filter(
        pk=record_id, item_type__in=[one.item_type for one in entities], deleted_at=None
    )
    if holder is not None:
        rows = rows.filter(parent=holder)
    record: Record | None = rows.first()
    if record is None or not _in_scope(record, scope):
        raise NotFound()
    return record


def find_holder(company: Company, item_type: str, record_id: int, *, scope: Mapping[str, Any]) -> Record:
    """What the lines of a call stand under. Raises NotFound, also when its entity is switched off."""
    metadata_of(company.pk).require_route(ENTITIES[item_type])
    return find_object(company, [ENTITIES[item_type]], record_id, scope=scope)


def served(
    company: Company, item_types: Sequence[str], holder: Record | None, scope: Mapping[str, Any]
) -> list[Entity]:
    """The declarations of a resource, with the company's own fields, that are switched on and that the scope fits.

    Raises NotFound when there is none: the entity is off, or a record that `scope` names does not exist.
    """
    metadata = metadata_of(company.pk)
    declared = [ENTITIES[item_type].under(holder.item_type if holder else None) for item_type in item_types]
    switched_on = [metadata.entity(entity) for entity in declared if metadata.is_on(entity)]
    rows = Record.objects.of(company).filter(pk__in=scope.values(), deleted_at=None)
    types = dict(rows.values_list("pk", "item_type")) if scope else {}
    found = [entity for entity in switched_on if _scope_fits(entity, scope, types)]
    if not found:
        raise NotFound()
    return found


def _scope_fits(entity: Entity, scope: Mapping[str, Any], types: Mapping[int, str]) -> bool:
    named = {name: value for name, value in entity.renamed(scope).items() if name in entity.by_name}
    return all(types.get(value) in entity.by_name[name].targets for name, value in named.items())


def refuse_account(actor: Actor, entity: Entity) -> None:
    """Raises NotPermitted when the account may not write objects of this type."""
    if actor.item_types is not None and entity.item_type not in actor.item_types:
        raise NotPermitted(f"This account may not write {entity.plural.lower()}.")


def _in_scope(record: Record, scope: Mapping[str, Any]) -> bool:
    values = {**record.data, **({"project_id": record.project_id} if record.project_id else {})}
    named = ENTITIES[record.item_type].renamed(scope)
    return all(values.get(name) == value for name, value in named.items())


def _created_by_hand(
    company: Company,
    entity: Entity,
    sent: Mapping[str, Any],
    actor: Actor,
    scope: Mapping[str, Any],
    holder: Record | None,
) -> Record:
    data = {**_without_origin(entity, sent, None), **scope}
    record = create_record(
        company, actor=actor, item_type=entity.item_type, data=data, parent_id=holder.pk if holder is not None else None
    )
    after_create(company, entity, [record], actor)
    return record


def _without_origin(entity: Entity, sent: Mapping[str, Any], record: Record | None) -> dict[str, Any]:
    """The values without the origin keys, which nobody but the integration changes. Raises Invalid."""
    changed = [name for name in ORIGIN_KEYS if name in sent and sent[name] != getattr(record, name, None)]
    if changed:
        raise Invalid(f"{changed[0]} {ONLY_ERP}", errors={name: [ONLY_ERP] for name in changed})
    return {name: value for name, value in entity.renamed(sent).items() if name not in ORIGIN_KEYS}


def _unlink(company: Company, record: Record, sent: Mapping[str, Any], actor: Actor) -> None:
    """Take the origin ID away, as external data does: with the lines, and what was imported comes back."""
    keys = {name: sent[name] for name in ORIGIN_KEYS if name in sent}
    (element,) = sync_external_data(company, [{"item_id": record.pk, **keys}], actor=actor)
    if element.errors:
        text = next(iter(element.errors.values()))[0]
        raise Invalid(text, code=element.code, errors=element.errors)
