"""Staging imports: the calls by which an integrator creates, changes and deletes staged records.

A call is one transaction; each element succeeds or fails on its own. See call.py for how one is worked off.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DataError, IntegrityError, transaction
from django.utils import timezone

from erpstaging.audit import log as audit
from erpstaging.catalogue.entity import Level
from erpstaging.catalogue.registry import STAGED
from erpstaging.companies.actors import Actor
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.services import metadata_of
from erpstaging.core import sets
from erpstaging.core.documents import plain
from erpstaging.core.errors import Invalid, NotFound
from erpstaging.core.locks import lock_family
from erpstaging.outbox import events
from erpstaging.outbox.models import EventType
from erpstaging.staging.call import (
    NOT_FOUND,
    RESOURCE,
    IntakeOf,
    Received,
    StagingCall,
    family_ids,
    standing,
    sum_lines,
    waiting_without,
)
from erpstaging.staging.elements import Element, closed_type, flat, read_element, read_elements
from erpstaging.staging.models import StagedRecord
from erpstaging.staging.targets import staged_rows


@dataclass(frozen=True, slots=True)
class Staged:
    """The outcome of a call, each list in request order; `children` are those of the entities, by parent id."""

    entities: list[StagedRecord]
    errors: list[dict[str, Any]]
    children: Mapping[int, list[StagedRecord]]
    metadata: Metadata


def stage_records(
    company_id: int,
    updates: Sequence[Any],
    *,
    actor: Actor,
    received: Received | None = None,
    atomic: bool = False,
) -> Staged:
    """Create and update staged records, each element on its own.

    `errors` holds the failing elements as they were sent, with `errors` added. With `atomic` a single failure raises
    Invalid, naming every failing element, and nothing is stored.
    """
    metadata = metadata_of(company_id)
    elements = _run(company_id, read_elements(updates, metadata, actor), metadata, actor, received)
    failed = [element for element in flat(elements) if element.errors]
    if atomic and failed:
        raise Invalid(
            f"{len(failed)} of {len(elements)} elements are refused; nothing was stored.",
            code="atomic",
            errors={"base": [f"{len(failed)} elements are refused"]},
            elements=[_answer(element) for element in failed],
        )
    rows = [element.row for element in elements if not element.errors and element.row is not None]
    return Staged(rows, [_answer(element) for element in failed], children_of(company_id, rows), metadata)


def create_staged_record(company_id: int, sent: Any, *, actor: Actor, received: Received | None = None) -> StagedRecord:
    """Stage one new object. Raises Invalid; an origin ID that is staged already is refused, naming its row."""
    metadata = metadata_of(company_id)
    values = {name: value for name, value in sent.items() if name != "id"} if isinstance(sent, Mapping) else sent
    element = read_element(values, metadata, actor)
    element.must_be_new = True
    if element.key and (taken_by := staged_rows(company_id, [element.key]).get(element.key)):
        raise Invalid.field(
            "origin_id",
            f"{element.origin_id} is already staged as {taken_by}",
            code="origin_id_taken",
            staged_record_id=taken_by,
        )
    return _single(company_id, element, metadata, actor, received)


def update_staged_record(
    company_id: int, staged_id: int, sent: Any, *, actor: Actor, received: Received | None = None
) -> StagedRecord:
    """Change one staged object. Raises NotFound, Invalid."""
    values = {**sent, "id": staged_id} if isinstance(sent, Mapping) else sent
    metadata = metadata_of(company_id)
    element = read_element(values, metadata, actor)
    return _single(company_id, element, metadata, actor, received)


def delete_staged_record(company_id: int, staged_id: int, *, actor: Actor) -> StagedRecord:
    """Take a staged object and its children away; an object that was made of it stays. Raises NotFound, Invalid."""
    family = {one.pk: one for one in lock_family(standing(company_id).filter(pk__in=_family(company_id, staged_id)))}
    row = family.get(staged_id)
    if row is None:
        raise NotFound()
    if errors := closed_type(STAGED[row.item_type], metadata_of(company_id), actor):
        raise Invalid(f"item_type {errors['item_type'][0]}", errors=errors)
    gone = [one for one in family.values() if staged_id in {one.pk, one.parent_id}]
    now = timezone.now()
    sets.update(StagedRecord, [{"id": one.pk, "deleted_at": now, "updated_at": now} for one in gone])
    if row.parent_id is not None:
        _settle_parent(company_id, family[row.parent_id], row, actor)
    audit.record(
        company_id,
        actor,
        [
            audit.Act("staged_record.deleted", "staged_record", one.pk, one.record_id, before={"status": one.status})
            for one in gone
        ],
    )
    events.record(company_id, actor, [events.Fact(RESOURCE, one.pk, EventType.DELETE) for one in gone])
    return row


def _family(company_id: int, staged_id: int) -> list[int]:
    return family_ids(company_id, [staged_id], [])


def _settle_parent(company_id: int, parent: StagedRecord, line: StagedRecord, actor: Actor) -> None:
    """A parent that lost a line is worth less, waits for less, and is another version to decide on."""
    parent.waiting_for = waiting_without(parent, STAGED[line.item_type], line.origin_id)
    parent.version += 1
    parent.changed_by_kind, parent.changed_by_id, parent.changed_by_name = actor.kind, actor.id, actor.name
    parent.updated_at = timezone.now()
    names = ("waiting_for", "version", "changed_by_kind", "changed_by_id", "changed_by_name", "updated_at")
    parent.save(update_fields=names)
    sum_lines(company_id, [parent.pk])
    events.record(company_id, actor, [events.Fact(RESOURCE, parent.pk, EventType.UPDATE)])


def children_of(company_id: int, rows: Sequence[StagedRecord]) -> dict[int, list[StagedRecord]]:
    """The children of many rows, with one query."""
    parents = [row.pk for row in rows if STAGED[row.item_type].line_type]
    found: dict[int, list[StagedRecord]] = {parent_id: [] for parent_id in parents}
    for child in standing(company_id).filter(parent_id__in=parents).order_by("id") if parents else ():
        found[child.parent_id or 0].append(child)
    return found


def _run(
    company_id: int, elements: list[Element], metadata: Metadata, actor: Actor, received: Received | None
) -> list[Element]:
    """Work a call off in one savepoint; should the database refuse a statement, element by element, each in its own.

    So no element undoes another, and a crash leaves nothing of the call.
    """
    intake = IntakeOf(company_id, received, actor.account_id) if received else None
    if _done(StagingCall(company_id, elements, metadata, actor, intake)):
        return elements
    if len(elements) == 1:
        elements[0].refuse("base", "the database refused the values")
        return elements
    if intake is not None:
        intake.id = None  # it was rolled back with the call; from here on it outlives every savepoint
        intake.keep()
    elements = read_elements([element.sent for element in elements], metadata, actor)
    for element in sorted(elements, key=_rank):
        if not _done(StagingCall(company_id, [element], metadata, actor, intake)):
            element.refuse("base", "the database refused the values")
    return elements


def _done(call: StagingCall) -> bool:
    """Whether the database took what the call writes; if not, nothing of it is left."""
    try:
        with transaction.atomic():
            call.run()
    except (IntegrityError, DataError):
        return False
    return True


def _rank(element: Element) -> int:
    """What may be named by others goes first: companies and projects, then contracts, then lines."""
    return list(Level).index(element.entity.level) if element.entity else 0


def _single(
    company_id: int, element: Element, metadata: Metadata, actor: Actor, received: Received | None
) -> StagedRecord:
    (element,) = _run(company_id, [element], metadata, actor, received)
    if element.errors.get("id") == [NOT_FOUND]:
        raise NotFound()
    failed = [one for one in flat([element]) if one.errors]
    if failed:
        name, texts = next(iter(failed[0].errors.items()))
        raise Invalid(f"{name} {texts[0]}", errors=failed[0].errors)
    if element.row is None:
        raise AssertionError("an element without errors has a row")
    return element.row


def _answer(element: Element) -> dict[str, Any]:
    sent = element.sent if isinstance(element.sent, Mapping) else {"element": element.sent}
    return {**plain(sent), "errors": element.errors}
