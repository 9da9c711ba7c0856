"""The second person's answer to what somebody asked for, and which answers wait."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core.errors import NotFound, NotPermitted, Refused, WrongState
from erpstaging.core.locks import lock
from erpstaging.records.models import Record
from erpstaging.staging.asking import tell_confirmation
from erpstaging.staging.confirmations import Asked, Confirmation, ConfirmationState
from erpstaging.staging.marking import carry_out_marking, refuse_marker
from erpstaging.staging.resetting import carry_out_reset, refuse_resetter

OWN = "You asked for it; somebody else has to confirm it."
LISTED = 100
SAVED = ["state", "answered_by_id", "answered_by_name", "answered_at", "erp_request"]


@dataclass(frozen=True, slots=True)
class Confirmable:
    """Who may ask for an act and confirm it, and how it is carried out; both raise what stands in the way."""

    refuse: Callable[[Actor], None]
    carry_out: Callable[..., None]


ACTS: Mapping[str, Confirmable] = {
    Asked.RESET: Confirmable(refuse_resetter, carry_out_reset),
    Asked.MARK_SYNCED: Confirmable(refuse_marker, carry_out_marking),
}


def confirm(company: Company, confirmation_id: int, *, actor: Actor) -> Confirmation:
    """Carry out what another person asked for.

    Raises NotFound, NotPermitted (code `second_person` for who asked), WrongState (code `already_decided`,
    `confirmation_expired`, or what the act itself runs into), Invalid.
    """
    confirmation = _locked(company, confirmation_id)
    refuse_confirmer(confirmation, actor)
    _refuse_over(confirmation)
    now = timezone.now()
    ACTS[confirmation.act].carry_out(company, confirmation, actor=actor)
    confirmation.confirm(person_id=actor.user_id, name=actor.name, now=now)
    confirmation.save(update_fields=SAVED)
    said = {"asked_by": confirmation.asked_by_name, "reason": confirmation.reason}
    tell_confirmation(company.pk, actor, confirmation, "confirmed", said)
    return confirmation


def decline(company: Company, confirmation_id: int, *, actor: Actor) -> Confirmation:
    """Say no to what somebody asked for, or take one's own question back. Raises as `confirm` does."""
    confirmation = _locked(company, confirmation_id)
    ACTS[confirmation.act].refuse(actor)
    _refuse_over(confirmation)
    confirmation.decline(person_id=actor.user_id, name=actor.name, now=timezone.now())
    confirmation.save(update_fields=SAVED)
    tell_confirmation(company.pk, actor, confirmation, "declined", {"asked_by": confirmation.asked_by_name})
    return confirmation


def refuse_confirmer(confirmation: Confirmation, actor: Actor) -> None:
    """Raises NotPermitted: without the right for the act, or with code `second_person` for who asked for it."""
    ACTS[confirmation.act].refuse(actor)
    if actor.same_person_as("person", confirmation.asked_by_id):
        raise NotPermitted(OWN, code="second_person")


def is_waiting(confirmation: Confirmation) -> bool:
    return bool(confirmation.state == ConfirmationState.WAITING and confirmation.expires_at > timezone.now())


def waiting_confirmations(company: Company, actor: Actor) -> list[Confirmation]:
    """What waits for a second person and concerns the caller: what he may confirm, and what he asked for himself."""
    rows = Confirmation.objects.of(company).filter(
        act__in=acts_of(actor), state=ConfirmationState.WAITING, expires_at__gt=timezone.now()
    )
    return list(rows.select_related("record", "export").order_by("pk")[:LISTED])


def answered_confirmations(company: Company, actor: Actor, limit: int = 20) -> list[Confirmation]:
    """The newest that are answered or over, of the acts that the caller may confirm."""
    rows = Confirmation.objects.of(company).filter(act__in=acts_of(actor))
    rows = rows.exclude(state=ConfirmationState.WAITING, expires_at__gt=timezone.now())
    return list(rows.select_related("record", "export").order_by("-pk")[:limit])


def pending_of(company: Company, record: Record) -> list[Confirmation]:
    """What waits for a second person about a record, and a confirmed reset that waits for the integrator."""
    newest = Confirmation.objects.of(company).filter(record=record).order_by("-pk")[:LISTED]
    return [one for one in newest if is_waiting(one) or _waits_for_integrator(one, record)]


def _waits_for_integrator(one: Confirmation, record: Record) -> bool:
    """Whether its reset was confirmed, and the link is still there for the integrator to take away."""
    confirmed = one.act == Asked.RESET and one.state == ConfirmationState.CONFIRMED
    return bool(confirmed and record.origin_id is not None and record.origin_id == one.seen.get("origin_id"))


def confirmation_of(company: Company, confirmation_id: int) -> Confirmation:
    """Raises NotFound."""
    rows = Confirmation.objects.of(company).filter(pk=confirmation_id)
    found: Confirmation | None = rows.select_related("record", "export").first()
    if found is None:
        raise NotFound()
    return found


def acts_of(actor: Actor) -> list[str]:
    """The acts that the caller has the right for; an auditor sees all of them."""
    return [act for act, one in ACTS.items() if actor.may("auditor") or _may(one, actor)]


def _may(one: Confirmable, actor: Actor) -> bool:
    try:
        one.refuse(actor)
    except Refused:
        return False
    return True


def overdue_confirmations(limit: int) -> dict[int, list[int]]:
    """Those that nobody answered in time, by company: for the sweep, which sees every company."""
    rows = Confirmation.objects.everywhere().filter(state=ConfirmationState.WAITING, expires_at__lte=timezone.now())
    found: dict[int, list[int]] = {}
    for company_id, confirmation_id in rows.order_by("expires_at").values_list("company_id", "pk")[:limit]:
        found.setdefault(company_id, []).append(confirmation_id)
    return found


def expire_confirmations(company: Company, ids: Sequence[int]) -> int:
    """End those whose time is over. Answers how many."""
    now = timezone.now()
    waiting: list[Any] = lock(Confirmation.objects.of(company).filter(pk__in=ids, state=ConfirmationState.WAITING))
    over = [one for one in waiting if one.expires_at <= now]
    for one in over:
        one.expire(now=now)
        one.save(update_fields=["state", "answered_at"])
    return len(over)


def _locked(company: Company, confirmation_id: int) -> Confirmation:
    """Before anything else is locked: what it is about follows in the common order."""
    locked: list[Confirmation] = lock(Confirmation.objects.of(company).filter(pk=confirmation_id))
    if not locked:
        raise NotFound()
    return locked[0]


def _refuse_over(confirmation: Confirmation) -> None:
    if confirmation.state != ConfirmationState.WAITING:
        raise WrongState(
            f"It is {confirmation.state} already.",
            code="already_decided",
            decided_by=confirmation.answered_by_name or None,
            decided_at=confirmation.answered_at,
        )
    if confirmation.expires_at <= timezone.now():
        raise WrongState("Its time is over; it has to be asked for again.", code="confirmation_expired")
