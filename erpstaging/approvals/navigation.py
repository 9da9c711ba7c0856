"""The frame of a page: which companies a person can switch to, and which places he can go to in this one."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from erpstaging.approvals.messages import Said
from erpstaging.approvals.presenters import Frame, Link, Person, ViewLink
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company, User
from erpstaging.notices.inbox import unread
from erpstaging.notices.sent_files import are_kept


@dataclass(frozen=True, slots=True)
class Destination:
    """An entry of the side for everybody who holds one of `rights`. `url_name` takes the company's id.

    One with `shown` exists only where that says so.
    """

    label: str | Promise
    url_name: str
    icon: str
    section: Literal["work", "operations"]
    rights: frozenset[str] = frozenset({"member"})
    shown: Callable[[], bool] | None = None


# One line for each page, added together with its URL.
DESTINATIONS: tuple[Destination, ...] = (
    Destination(_("Records"), "approvals:records", "commitment", "work"),
    Destination(_("My items"), "approvals:mine", "mine", "work", frozenset({"project"})),
    Destination(_("Problems"), "approvals:problems", "problem", "work", frozenset({"erp", "auditor", "super_user"})),
    Destination(_("Overview"), "approvals:dashboard", "chart", "work", frozenset({"erp", "auditor", "super_user"})),
    Destination(_("Rejections"), "approvals:rejections", "return", "operations", frozenset({"erp", "auditor"})),
    Destination(
        _("Confirmations"), "approvals:confirmations", "people", "work", frozenset({"super_user", "push", "auditor"})
    ),
    Destination(_("Support"), "approvals:support", "shield", "operations", frozenset({"super_user"})),
    Destination(_("Gave up"), "approvals:gave_up", "refresh", "work", frozenset({"erp", "auditor"})),
    Destination(_("Deliveries"), "approvals:deliveries", "hook", "operations", frozenset({"erp", "auditor"})),
    Destination(_("Hooks"), "approvals:hooks", "plug", "operations", frozenset({"erp_admin", "auditor"})),
    Destination(_("Outbox"), "approvals:outbox", "mail", "operations", shown=are_kept),
    Destination(_("Settings"), "approvals:settings", "settings", "operations", frozenset({"erp_admin", "auditor"})),
)


def home_path(company_id: int) -> str:
    return reverse("approvals:company", args=[company_id])


def companies_of(user: User) -> Sequence[Company]:
    """By name, those he can work in now."""
    mine = Company.objects.filter(memberships__user=user, memberships__is_active=True, is_active=True)
    return list(mine.order_by("name", "pk"))


def destinations(company: Company, actor: Actor, section: str, path: str) -> Iterable[ViewLink]:
    for one in DESTINATIONS:
        if one.section == section and one.rights & actor.rights and (one.shown is None or one.shown()):
            url = reverse(one.url_name, args=[company.pk])
            yield ViewLink(label=one.label, url=url, icon=one.icon, current=path.startswith(url))


def frame_of(
    company: Company,
    user: User,
    actor: Actor,
    *,
    path: str,
    views: Sequence[ViewLink] = (),
    said: Said,
) -> Frame:
    return Frame(
        company=Link(company.name, home_path(company.pk)),
        person=Person(user.name, you=True),
        companies=[Link(other.name, home_path(other.pk)) for other in companies_of(user)],
        views=views,
        work=list(destinations(company, actor, "work", path)),
        operations=list(destinations(company, actor, "operations", path)),
        notices_url=reverse("approvals:notices", args=[company.pk]),
        notices=unread(company.pk, user.pk),
        mails_url=reverse("approvals:mail_settings", args=[company.pk]),
        alerts=list(said.banners),
        toasts=list(said.toasts),
    )
