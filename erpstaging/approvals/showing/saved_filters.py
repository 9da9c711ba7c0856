"""Saved filters as pages show them: the menu above the list, and the page where they are kept in order."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from erpstaging.approvals.models import QueueChoice, SavedFilter
from erpstaging.approvals.presenters import Link, Text
from erpstaging.approvals.saved_filters import may_change, may_share, saved_filters
from erpstaging.approvals.showing.queue import queue_query
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.staging.queue import Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedRow:
    """A filter by name, with who shares it; `change_url` is empty where the reader may not change it."""

    id: int
    name: str
    url: str
    shared: bool
    by: Text = ""
    is_default: bool = False
    current: bool = False
    change_url: str = ""
    delete_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedMenu:
    """The filters that the reader sees, and the form that keeps what stands in `query`."""

    own: Sequence[SavedRow]
    shared: Sequence[SavedRow]
    query: str
    save_url: str
    default_url: str
    page_url: str
    may_share: bool
    back: Link

    @property
    def rows(self) -> Sequence[SavedRow]:
        return [*self.own, *self.shared]

    @property
    def default(self) -> SavedRow | None:
        return next((row for row in self.rows if row.is_default), None)


def saved_menu(company: Company, actor: Actor, asked: Asked, choice: QueueChoice) -> SavedMenu:
    query = queue_query(asked)
    found = saved_filters(company, actor.user_id or 0)
    rows = [_row(company, actor, one, choice, query) for one in found]
    queue = reverse("approvals:queue", args=[company.pk])
    return SavedMenu(
        own=[row for row in rows if not row.shared],
        shared=[row for row in rows if row.shared],
        query=query,
        save_url=reverse("approvals:saved_filters", args=[company.pk]),
        default_url=reverse("approvals:default_filter", args=[company.pk]),
        page_url=f"{reverse('approvals:saved_filters', args=[company.pk])}?{query}",
        may_share=may_share(actor),
        back=Link(_("Work queue"), f"{queue}?{query}"),
    )


def _row(company: Company, actor: Actor, saved: SavedFilter, choice: QueueChoice, query: str) -> SavedRow:
    changed = may_change(saved, actor)
    own = saved.owner_id == actor.user_id
    by = "" if not saved.shared else _("shared by you") if own else _("shared by %(name)s") % {"name": saved.owner_name}
    args = [company.pk, saved.pk]
    return SavedRow(
        id=saved.pk,
        name=saved.name,
        url=f"{reverse('approvals:queue', args=[company.pk])}?{saved.query}",
        shared=saved.shared,
        by=by,
        is_default=choice.default_filter_id == saved.pk,
        current=saved.query == query,
        change_url=reverse("approvals:change_filter", args=args) if changed else "",
        delete_url=reverse("approvals:delete_filter", args=args) if changed else "",
    )
