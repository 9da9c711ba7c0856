"""Resetting: a super user takes a link away without the ERP's word, when a second one agrees (lifecycles, row 4.15)."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q

from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.events import EVENTS
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core.errors import Invalid, NotFound, NotPermitted, WrongState
from erpstaging.core.locks import lock
from erpstaging.erp_requests.services import Item, open_erp_request
from erpstaging.records.editing import refuse_stale
from erpstaging.records.models import Record
from erpstaging.staging.asking import ask_for_confirmation
from erpstaging.staging.clearing import clear_links, hold
from erpstaging.staging.confirmations import Asked, Confirmation
from erpstaging.staging.decisions import clean_reason
from erpstaging.staging.models import OPEN_STATES, StagedExport
from erpstaging.staging.unlinking import node_of

MAY_NOT_RESET = "Resetting is a super user's act. Ask one."
NAMED = 5


def can_be_reset(entity: Entity) -> bool:
    return entity.events.reset is not None


def cleared_by_integrator(entity: Entity) -> bool:
    """Whether the link of such an object stays until the integrator has looked it up in the ERP."""
    return can_be_reset(entity) and EVENTS[entity.events.reset or ""].cleared_by == "integrator"


def refuse_resetter(actor: Actor) -> None:
    """Raises NotPermitted."""
    if actor.kind != "person":
        raise NotPermitted("Only people reset objects.")
    actor.require("super_user", MAY_NOT_RESET)


def reset_record(
    company: Company, record_id: int, *, actor: Actor, reason: Any, version: int | None = None
) -> Confirmation:
    """Ask for the reset of a linked record. Nothing changes before another super user confirms it.

    Raises NotFound, NotPermitted, StaleVersion, WrongState (not linked, code `request_open`, `confirmation_waits`), and
    Invalid: code `reason_required`, `not_resettable`.
    """
    refuse_resetter(actor)
    locked = lock(Record.objects.of(company).filter(pk=record_id, deleted_at=None))
    if not locked:
        raise NotFound()
    record: Record = locked[0]
    refuse_stale(record, version)
    refuse_reset(company, record)
    text = clean_reason(reason)
    seen = {"origin_id": record.origin_id}
    return ask_for_confirmation(
        company, Asked.RESET, record, actor=actor, reason=text, seen=seen, refuse=refuse_resetter
    )


def refuse_reset(company: Company, record: Record) -> None:
    """Raises Invalid for what is never reset, WrongState for what is not linked or has an export under way."""
    entity = ENTITIES[record.item_type]
    if not can_be_reset(entity):
        raise Invalid.field("item_type", f"{entity.plural} are not reset.", code="not_resettable")
    if record.origin_id is None:
        raise WrongState("It is not linked.", version=record.version)
    concerned = Q(record=record) | (Q(project=record) if record.item_type == "project" else Q())
    under_way = StagedExport.objects.of(company).filter(concerned, state__in=OPEN_STATES).order_by("pk")
    found = list(under_way[:NAMED])
    if found:
        names = ", ".join(f"{one.number or one.title or one.record_id} ({one.state})" for one in found)
        text = f"There are exports under way that have to end first: {names}."
        raise WrongState(text, code="request_open", export_id=found[0].pk, version=record.version)


def carry_out_reset(company: Company, confirmation: Confirmation, *, actor: Actor) -> None:
    """The second person agreed: clear the links where that is ours to do, and tell the integrator.

    A project takes everything under it along. Raises what refuse_reset does, and WrongState, code `changed`, when the
    record carries another origin ID than the one that was asked about.
    """
    held = hold(company.pk, _with_what_is_under(company.pk, confirmation.record_id))
    record = next((one for one in held.records if one.pk == confirmation.record_id), None)
    if record is None:
        raise NotFound()
    refuse_reset(company, record)
    if record.origin_id != confirmation.seen["origin_id"]:
        raise WrongState(f"It is linked to {record.origin_id} now; ask for its reset again.", code="changed")
    entity, node, version = ENTITIES[record.item_type], node_of(company, record), record.version
    if not cleared_by_integrator(entity):
        reason = f"reset by {confirmation.asked_by_name}"
        clear_links(company, held, actor=actor, reason=reason, verb="reset", forced=True)
    about = Item(entity.item_type, node, version=version)
    confirmation.erp_request_id = open_erp_request(company.pk, actor, entity.events.reset or "", about)


def _with_what_is_under(company_id: int, record_id: int) -> Sequence[int]:
    """The record, and of a project the linked records that belong to it; lines come along by themselves."""
    rows = Record.objects.of(company_id).filter(
        project_id=record_id, parent_id=None, origin_id__isnull=False, deleted_at=None
    )
    is_project = Record.objects.of(company_id).filter(pk=record_id, item_type="project").exists()
    return [record_id, *(rows.values_list("pk", flat=True) if is_project else ())]
