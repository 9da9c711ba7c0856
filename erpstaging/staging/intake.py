"""Staging imports: the calls by which an integrator creates, changes and deletes staged records.

A call is one transaction; each element succeeds or fails on its own. See call.py for how one is worked off.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DataError, IntegrityError, transaction
from django.utils import timezone

from erpstaging.audit import log as audit
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
from erpstaging.staging.call import NOT_FOUND, RESOURCE, Received, StagingCall, family_ids, standing
from erpstaging.staging.elements import Element, flat, read_elements
from erpstaging.staging.models import StagedRecord
from erpstaging.staging.targets import staged_rows


@dataclass(frozen=True, slots=True)
class Staged:
    """The outcome of a call, each list in request order; `children` are those of the entities, by parent id."""

    entities: list[StagedRecord]
    errors: list[dict[str, Any]]
    children: Mapping[int, list[StagedRecord]]


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
    elements = _run(company_id, read_elements(updates, metadata_of(company_id), actor), actor, received)
    failed = [element for element in flat(elements) if element.errors]
    if atomic and failed:
        raise Invalid(
            f"{len(failed)} of {len(elements)} elements are refused; nothing was stored.",
            code="atomic",
            errors={"base": [f"{len(failed)} elements are refused"]},
            elements=[_answer(element) for element in failed],
        )
    rows = [element.row for element in elements if not element.errors and element.row is not None]
    return Staged(rows, [_answer(element) for element in failed], children_of(company_id, rows))


def create_staged_record(company_id: int, sent: Any, *, actor: Actor, received: Received | None = None) -> StagedRecord:
    """Stage one new object. Raises Invalid; an origin ID that is staged already is refused, naming its row."""
    (element,) = read_elements([sent], metadata_of(company_id), actor)
    if element.key and (taken_by := staged_rows(company_id, [element.key]).get(element.key)):
        raise Invalid.field(
            "origin_id",
            f"{element.origin_id} is already staged as {taken_by}",
            code="origin_id_taken",
            staged_record_id=taken_by,
        )
    return _single(company_id, element, actor, received)


def update_staged_record(
    company_id: int, staged_id: int, sent: Any, *, actor: Actor, received: Received | None = None
) -> StagedRecord:
    """Change one staged object. Raises NotFound, Invalid."""
    values = {**sent, "id": staged_id} if isinstance(sent, Mapping) else sent
    (element,) = read_elements([values], metadata_of(company_id), actor)
    return _single(company_id, element, actor, received)


def delete_staged_record(company_id: int, staged_id: int, *, actor: Actor) -> StagedRecord:
    """Take a staged object and its children away; an object that was made of it stays. Raises NotFound."""
    family = lock_family(standing(company_id).filter(pk__in=family_ids(company_id, [staged_id], [])))
    row = next((one for one in family if one.pk == staged_id), None)
    if row is None:
        raise NotFound()
    gone = [one for one in family if staged_id in {one.pk, one.parent_id}]
    now = timezone.now()
    sets.update(StagedRecord, [{"id": one.pk, "deleted_at": now, "updated_at": now} for one in gone])
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


def children_of(company_id: int, rows: Sequence[StagedRecord]) -> dict[int, list[StagedRecord]]:
    """The children of many rows, with one query."""
    parents = [row.pk for row in rows if STAGED[row.item_type].line_type]
    found: dict[int, list[StagedRecord]] = {parent_id: [] for parent_id in parents}
    for child in standing(company_id).filter(parent_id__in=parents).order_by("id") if parents else ():
        found[child.parent_id or 0].append(child)
    return found


def _run(company_id: int, elements: list[Element], actor: Actor, received: Received | None) -> list[Element]:
    """Work a call off in one savepoint; should the database refuse a statement, element by element, each in its own.

    So no element undoes another, and a crash leaves nothing of the call.
    """
    try:
        with transaction.atomic():
            StagingCall(company_id, elements, actor, received).run()
    except (IntegrityError, DataError):
        if len(elements) == 1:
            elements[0].refuse("base", "the database refused the values")
            return elements
        metadata: Metadata = metadata_of(company_id)
        single = (read_elements([element.sent], metadata, actor) for element in elements)
        return [element for one in single for element in _run(company_id, one, actor, received)]
    return elements


def _single(company_id: int, element: Element, actor: Actor, received: Received | None) -> StagedRecord:
    (element,) = _run(company_id, [element], actor, received)
    failed = [one for one in flat([element]) if one.errors]
    if failed:
        if failed[0].errors.get("id") == [NOT_FOUND]:
            raise NotFound()
        name, texts = next(iter(failed[0].errors.items()))
        raise Invalid(f"{name} {texts[0]}", errors=failed[0].errors)
    if element.row is None:
        raise AssertionError("an element without errors has a row")
    return element.row


def _answer(element: Element) -> dict[str, Any]:
    sent = element.sent if isinstance(element.sent, Mapping) else {"element": element.sent}
    return {**plain(sent), "errors": element.errors}
