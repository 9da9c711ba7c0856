"""Acts as buttons: open ones with their address, closed ones with the reason and whom to ask."""

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from erpstaging.approvals.presenters import Asks, DecisionButton, Link, Text, Weight
from erpstaging.approvals.showing.words import ACT_ICONS, ACT_KEYS, ACT_LABELS
from erpstaging.approvals.telling import told
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company, Membership
from erpstaging.records.editing import may_write
from erpstaging.records.models import Record
from erpstaging.staging.acts import OpenAct

FILLED = {"accept", "import", "retry", "send_to_erp"}
ADDRESSES = {"send_to_erp": "send"}
MISSING_RIGHT = {"missing_privilege"}
DIALOGS = {"reject", "hold", "retry_code", "reset", "request_deletion", "mark_synced"}
ASKED_AT_MOST = 3


def form_link(company: Company, actor: Actor, record: Record) -> Link:
    """Where an object is mended: its form, or for who may not write there its page, which says who has it."""
    if may_write(actor, ENTITIES[record.item_type], record):
        return Link(_("Mend it"), reverse("approvals:edit_record", args=[company.pk, record.pk]))
    return Link(_("Open it"), reverse("approvals:record", args=[company.pk, record.pk]))


class Colleagues:
    """Whom to ask for a decision, looked up once and only when a decision is closed."""

    def __init__(self, company: Company, own_id: int | None) -> None:
        self.company, self.own_id = company, own_id
        self._names: list[str] | None = None

    def deciders(self) -> Sequence[str]:
        if self._names is None:
            found = Membership.objects.filter(
                company=self.company, is_active=True, user__is_active=True, can_push_to_accounting=True
            ).exclude(user_id=self.own_id or 0)
            self._names = list(found.order_by("user__name").values_list("user__name", flat=True)[:ASKED_AT_MOST])
        return self._names


def button(
    act: OpenAct,
    place: str,
    company_id: int,
    object_id: int,
    *,
    version: int | None,
    colleagues: Colleagues,
    asks: Asks = "",
    label: Text = "",
) -> DecisionButton:
    """`place` is the name of the object's page: staged, export or record."""
    weight: Weight = "primary" if act.act in FILLED else "plain"
    if act.act in {
        "archive",
        "retrieve",
        "undo",
        "hold",
        "resume",
        "cancel",
        "undo_link",
        "unlink",
        "merge",
        "reset",
        "request_deletion",
        "mark_synced",
    }:
        weight = "quiet"
    ask_whom = act.code in MISSING_RIGHT | {"self_approval"}
    return DecisionButton(
        act=act.act,
        label=label or ACT_LABELS[act.act],
        url=f"{reverse(f'approvals:{place}', args=[company_id, object_id])}{ADDRESSES.get(act.act, act.act)}/",
        version=version,
        asks="dialog" if act.act in DIALOGS else asks,
        weight=weight,
        icon=ACT_ICONS.get(act.act, ""),
        key=ACT_KEYS.get(act.act, ""),
        why_not=told(act.reason),
        whom_to_ask=colleagues.deciders() if ask_whom else (),
    )
