"""A project's budget: made with the first thing that is written into it, locked and unlocked."""

from collections.abc import Mapping
from typing import Any

from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.services import metadata_of
from erpstaging.core.errors import Invalid, NotFound
from erpstaging.core.scope import Again
from erpstaging.outbox.models import EventType
from erpstaging.records.editing import edit_record, require_right
from erpstaging.records.lines import remove_lines
from erpstaging.records.models import Record
from erpstaging.records.telling import Change, tell
from erpstaging.records.writes import insert_records, new_record
from erpstaging.staging.mirrored import refuse_account

BUDGET, MODIFICATION = "budget", "budget_change"


def project_holder(
    company: Company, item_type: str, scope: Mapping[str, Any], *, make: Actor | None = None
) -> Record | None:
    """The one object of a type that the project of a call has; `make` is who makes it where it is missing.

    Raises NotFound for an unknown project, or when the type is switched off; NotPermitted for who may not make it.
    """
    metadata_of(company.pk).require_route(ENTITIES[item_type])
    standing = Record.objects.of(company).filter(deleted_at=None)
    project = standing.filter(item_type="project", pk=scope.get("project_id") or 0).first()
    if project is None:
        raise NotFound()
    found: Record | None = standing.filter(item_type=item_type, project=project).first()
    return found if found is not None or make is None else make_holder(company, item_type, project.pk, make)


def make_holder(company: Company, item_type: str, project_id: int, actor: Actor) -> Record:
    """The project's one object of a type, new. Raises NotPermitted for who may not make it."""
    project = Record.objects.of(company).get(pk=project_id)
    require_right(actor, ENTITIES[item_type])
    return new_holder(company, ENTITIES[item_type], project, actor)


def new_holder(company: Company, entity: Entity, project: Record, actor: Actor) -> Record:
    """The same without asking for the right, for acts that have asked for another."""
    data = {"project_id": project.pk, "name": project.title}
    record = new_record(company.pk, entity, data, actor, currency=project.currency)
    try:
        insert_records([record])
    except Invalid as exc:
        raise Again("A parallel call made it first.") from exc
    tell(company.pk, actor, [Change(record, EventType.CREATE, None, data)])
    return record


def lock_budget(company: Company, project_id: int, *, actor: Actor) -> Record:
    """Lock the project's budget: people leave its original amounts alone. Raises as `project_holder`."""
    refuse_account(actor, ENTITIES[BUDGET])
    found = project_holder(company, BUDGET, {"project_id": project_id})
    budget = found or make_holder(company, BUDGET, project_id, actor)
    return edit_record(company, budget.pk, actor=actor, data={"locked": True})


def unlock_budget(company: Company, project_id: int, *, actor: Actor, drop_modifications: bool) -> Record | None:
    """Unlock it. What was moved between its lines has to go first, or with `drop_modifications` at once.

    Raises Invalid while there are modifications, or while the budget waits for approval.
    """
    refuse_account(actor, ENTITIES[BUDGET])
    budget = project_holder(company, BUDGET, {"project_id": project_id})
    if budget is None:
        return None
    moved = Record.objects.of(company).filter(parent=budget, item_type=MODIFICATION, deleted_at=None)
    if not drop_modifications and moved.exists():
        text = "has modifications; delete them first, or send destroy_all_budget_line_item_transfers"
        raise Invalid(f"The budget {text}.", code="budget_modified", errors={"base": [text]})
    unlocked = edit_record(company, budget.pk, actor=actor, data={"locked": False})
    remove_lines(company.pk, unlocked, MODIFICATION, actor)
    return unlocked
