"""A super user's acts on codes: deleting and unlinking at once, with the integrator told of it."""

from typing import Any

from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core.errors import Invalid, NotPermitted, WrongState
from erpstaging.records.locking import EXPORTING
from erpstaging.records.models import Lock, Record
from erpstaging.staging.clearing import Held, clear_links, hold
from erpstaging.staging.deletions import (
    Told,
    delete_records,
    found_rows,
    refuse_missing,
    tell_integrator,
    with_codes_below,
)

MAY_NOT_SUPPORT = "This is a super user's act. Ask one."


def refuse_supporter(actor: Actor) -> None:
    """Raises NotPermitted."""
    if actor.kind != "person":
        raise NotPermitted("Only people do this.")
    actor.require("super_user", MAY_NOT_SUPPORT)


def supported(act: str) -> dict[str, str]:
    """The item types that a super user may delete or unlink, with the request that tells of it."""
    named = {entity.item_type: getattr(entity.events, f"support_{act}") for entity in ENTITIES.values()}
    return {item_type: name for item_type, name in named.items() if name}


def support_delete(company: Company, item_type: Any, ids: Any, *, actor: Actor) -> list[Told]:
    """Delete codes, with those below them, linked or not. Raises NotPermitted, Invalid, WrongState, TooLarge."""
    entity, name, held = _named(company, "delete", item_type, ids, actor)
    told = tell_integrator(company, actor, entity, name, held.records)
    delete_records(company.pk, held, actor, verb="deleted_by_support")
    return told


def support_unlink(company: Company, item_type: Any, ids: Any, *, actor: Actor) -> list[Told]:
    """Take the origin IDs of codes away at once, without the ERP's word. Raises as support_delete does."""
    entity, name, held = _named(company, "unlink", item_type, ids, actor)
    linked = [record for record in held.records if record.origin_id is not None]
    if not linked:
        raise WrongState("None of them is linked.")
    told = tell_integrator(company, actor, entity, name, linked)
    clear_links(company, held, actor=actor, reason=f"unlinked by {actor.name}", forced=True)
    return told


def _named(company: Company, act: str, item_type: Any, ids: Any, actor: Actor) -> tuple[Entity, str, Held]:
    """What the call names, locked with all that it touches. Deleting takes along what stands below."""
    refuse_supporter(actor)
    known = supported(act)
    if not isinstance(item_type, str) or item_type not in known:
        raise Invalid.field("item_type", f"must be one of {', '.join(known)}")
    entity = ENTITIES[item_type]
    found = list(found_rows(company.pk, entity, ids))
    refuse_missing(ids, found)
    wanted = [record.pk for record in found]
    held = hold(company.pk, with_codes_below(company.pk, entity, wanted) if act == "delete" else wanted)
    _refuse_under_way(held.records)
    return entity, known[item_type], held


def _refuse_under_way(records: Any) -> None:
    closed: list[Record] = [record for record in records if record.lock != Lock.NONE]
    if closed:
        first = closed[0]
        text = f"{first.number or first.title}: {EXPORTING}"
        raise WrongState(text, code="request_open", record_id=first.pk, version=first.version)
