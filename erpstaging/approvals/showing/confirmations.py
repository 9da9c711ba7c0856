"""Acts that wait for a second person, as the page of confirmations and a record's page show them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erpstaging.approvals.formats import moment_text
from erpstaging.approvals.naming import local
from erpstaging.approvals.presenters import Banner, DecisionButton, Link, Person, Text
from erpstaging.approvals.telling import told
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.records.models import OriginIdHistory
from erpstaging.staging.acts import confirmation_acts
from erpstaging.staging.confirmations import Asked, Confirmation, ConfirmationState
from erpstaging.staging.confirming import is_waiting
from erpstaging.staging.resetting import cleared_by_integrator

WHAT: dict[str, Text] = {
    Asked.RESET: gettext_lazy("Reset"),
    Asked.MARK_SYNCED: gettext_lazy("Mark as synced"),
}
LABELS: dict[str, Text] = {"confirm": gettext_lazy("Confirm"), "decline": gettext_lazy("Decline")}
ENDED: dict[str, Text] = {
    ConfirmationState.CONFIRMED: gettext_lazy("confirmed"),
    ConfirmationState.DECLINED: gettext_lazy("declined"),
    ConfirmationState.EXPIRED: gettext_lazy("not answered in time"),
    ConfirmationState.WAITING: gettext_lazy("not answered in time"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationCard:
    """One act that waits, or has ended: what, about which object, who asked and why."""

    id: int
    what: Text
    about: Link
    kind: Text
    origin_id: str
    reason: str
    asked_by: Person
    asked_at: dt.datetime
    expires_at: dt.datetime
    warning: Banner
    buttons: Sequence[DecisionButton] = ()
    ended: Text = ""
    answered_by: str = ""
    answered_at: dt.datetime | None = None


def confirmation_card(company: Company, actor: Actor, one: Confirmation) -> ConfirmationCard:
    record, mine = one.record, one.asked_by_id == actor.user_id
    name = f"{record.number} {record.title}".strip() or f"#{record.pk}"
    return ConfirmationCard(
        id=one.pk,
        what=WHAT[one.act],
        about=Link(name, reverse("approvals:record", args=[company.pk, record.pk])),
        kind=local(ENTITIES[record.item_type].label),
        origin_id=str(one.seen.get("origin_id") or ""),
        reason=one.reason,
        asked_by=Person(one.asked_by_name, you=mine),
        asked_at=one.asked_at,
        expires_at=one.expires_at,
        warning=warning_of(one),
        buttons=[_button(company, one, act.act, act.reason, mine=mine) for act in confirmation_acts(one, actor)],
        ended="" if is_waiting(one) else ENDED[one.state],
        answered_by=one.answered_by_name,
        answered_at=one.answered_at,
    )


def warning_of(one: Confirmation) -> Banner:
    """What the act does that cannot be taken back."""
    if one.act == Asked.RESET:
        return reset_warning(one.record.item_type)
    text = _("Nobody asks the ERP whether it has this ID. A wrong one books later changes on another object.")
    return Banner(tone="amber", icon="invalid", title=_("It counts as synced without the ERP's word."), text=text)


def reset_warning(item_type: str) -> Banner:
    entity = ENTITIES[item_type]
    title = _("A reset takes the link away without the ERP's word.")
    if cleared_by_integrator(entity):
        text = _("The integrator looks it up in the ERP first and takes the link away; until then it stays.")
        return Banner(tone="red", icon="problem", title=_("A reset takes the link to the ERP away."), text=text)
    text = _("The ERP may still have it: sent once more, it may be booked twice. It cannot be undone.")
    if item_type == "project":
        text = _("Everything of the project is unlinked too: codes, sub jobs, contracts, invoices. ") + text
    return Banner(tone="red", icon="problem", title=title, text=text)


def _button(company: Company, one: Confirmation, act: str, why_not: str, *, mine: bool) -> DecisionButton:
    return DecisionButton(
        act=act,
        label=_("Take back") if act == "decline" and mine else LABELS[act],
        url=reverse(f"approvals:{act}", args=[company.pk, one.pk]),
        weight="quiet" if act == "decline" else "danger" if one.act == Asked.RESET else "primary",
        why_not=told(why_not),
    )


def pending_banner(company: Company, one: Confirmation) -> Banner:
    """On the record's page: what waits, and for whom."""
    said = {"name": one.asked_by_name, "what": WHAT[one.act]}
    link = Link(_("Confirmations"), reverse("approvals:confirmations", args=[company.pk]))
    if one.state == ConfirmationState.CONFIRMED:
        title = _("Its reset is confirmed; the integrator has to take the link away.")
        return Banner(tone="amber", icon="clock", title=title)
    until = moment_text(one.expires_at, timezone.now())
    title = _("%(name)s asked for: %(what)s.") % said
    text = _("It waits for a second person until %(until)s.") % {"until": until}
    return Banner(tone="amber", icon="people", title=title, text=text, link=link)


def reuse_banner(company: Company, former: Sequence[OriginIdHistory]) -> Banner:
    """The origin ID was on another object before."""
    newest = former[0]
    until = moment_text(newest.until, timezone.now())
    said = {"id": newest.origin_id, "record": newest.record_id, "until": until, "reason": newest.reason}
    title = _("%(id)s was linked to #%(record)s") % said
    text = _("until %(until)s (%(reason)s).") % said
    link = Link(f"#{newest.record_id}", reverse("approvals:record", args=[company.pk, newest.record_id]))
    return Banner(tone="amber", icon="link", title=title, text=text, link=link)
