"""Asking for a second person: an act that is written down and waits until somebody else confirms it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_noop

from erpstaging.audit import log as audit
from erpstaging.companies.actors import Actor, person
from erpstaging.companies.models import Company, Membership
from erpstaging.core.errors import NotPermitted, WrongState
from erpstaging.core.locks import lock
from erpstaging.notices.services import owe
from erpstaging.records.models import Record
from erpstaging.staging.confirmations import Asked, Confirmation, ConfirmationState
from erpstaging.staging.models import StagedExport

WITHIN = timedelta(hours=24)
WORDS = {Asked.RESET: gettext_noop("reset"), Asked.MARK_SYNCED: gettext_noop("mark as synced")}


def ask_for_confirmation(
    company: Company,
    act: Asked,
    record: Record,
    *,
    actor: Actor,
    reason: str,
    seen: dict[str, Any],
    refuse: Callable[[Actor], None],
    export: StagedExport | None = None,
) -> Confirmation:
    """Write down what is to be done with a locked record; another person has 24 hours to confirm it.

    `refuse` raises for whoever has no right to the act; everybody else of the company who has it gets a mail.
    Raises WrongState, code `confirmation_waits`, while the same act waits for this record.
    """
    now = timezone.now()
    waiting = Confirmation.objects.of(company).filter(record=record, act=act, state=ConfirmationState.WAITING)
    for one in waiting.filter(expires_at__gt=now):
        text = f"{one.asked_by_name} asked for it already; it waits for a second person."
        raise WrongState(text, code="confirmation_waits", confirmation_id=one.pk)
    for one in lock(waiting):
        one.expire(now=now)
        one.save(update_fields=["state", "answered_at"])
    confirmation: Confirmation = Confirmation.objects.create(
        company=company,
        act=act,
        record=record,
        export=export,
        reason=reason,
        seen=seen,
        asked_by_id=actor.id,
        asked_by_name=actor.name,
        asked_at=now,
        expires_at=now + WITHIN,
    )
    tell_confirmation(company.pk, actor, confirmation, "asked", {"reason": reason, **seen})
    told = {"title": record.title, "number": record.number, "what": WORDS[act], "reason": reason, "by": actor.name}
    others = [one for one in people_with_right(company, refuse) if one != actor.id]
    owe(company.pk, [(one, "confirmation_wanted", confirmation.pk, str(confirmation.pk), told) for one in others])
    return confirmation


def people_with_right(company: Company, refuse: Callable[[Actor], None]) -> list[int]:
    """The ids of the company's people whom a rule about rights lets through."""
    members = Membership.objects.filter(company=company, is_active=True, user__is_active=True).select_related("user")
    return [member.user_id for member in members if _lets_through(refuse, person(member.user, member))]


def _lets_through(refuse: Callable[[Actor], None], actor: Actor) -> bool:
    try:
        refuse(actor)
    except NotPermitted:
        return False
    return True


def tell_confirmation(
    company_id: int, actor: Actor, confirmation: Confirmation, verb: str, after: dict[str, Any]
) -> None:
    about = {"confirmation_id": confirmation.pk, **after}
    act = audit.Act(
        f"{confirmation.act}.{verb}", "confirmation", confirmation.pk, record_id=confirmation.record_id, after=about
    )
    audit.record(company_id, actor, [act])
