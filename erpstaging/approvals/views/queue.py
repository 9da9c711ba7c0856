"""The work queue."""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from urllib.parse import parse_qs, urlencode, urlsplit

from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from erpstaging.approvals.htmx import htmx_of
from erpstaging.approvals.presenters import DecisionButton, Frame, Link, ViewLink
from erpstaging.approvals.showing.acts import Colleagues
from erpstaging.approvals.showing.bulk import bulk_buttons
from erpstaging.approvals.showing.columns import Column, columns_of
from erpstaging.approvals.showing.live import Live
from erpstaging.approvals.showing.queue import QueueShown, queue_shown, view_links
from erpstaging.approvals.showing.refreshes import freshness, refresh_banner, refresh_button
from erpstaging.approvals.views.base import CompanyView
from erpstaging.audit import log as audit
from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.fields import INT64
from erpstaging.catalogue.registry import entities
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.services import metadata_of
from erpstaging.core.errors import NotPermitted
from erpstaging.monitoring.correlated import caused_by
from erpstaging.records.models import Record
from erpstaging.staging.models import StagedExport
from erpstaging.staging.queue import (
    Asked,
    Part,
    Row,
    Tab,
    View,
    queue_part,
    tabs,
    tabs_of,
    type_counts,
    view_counts,
)
from erpstaging.staging.refreshing import latest_refresh, refreshed_with

MAX_PROJECTS = 500


def live_of(company: Company, *, rows: str = "") -> Live:
    """For a page that is drawn now. `rows` are those that it shows outside of a list."""
    url = reverse("approvals:live", args=[company.pk])
    return Live(url, audit.mark(company.pk), timezone.now().isoformat(), rows)


class AccountingView(CompanyView):
    """A page with the queue's views at its side, for who works with the ERP tool and for auditors."""

    current_view: View | None = None
    counts: dict[View, int] | None = None

    @property
    def sees_queue(self) -> bool:
        return bool(self.actor.rights & {"erp", "auditor", "super_user"})

    def views(self) -> Sequence[ViewLink]:
        if not self.sees_queue:
            return ()
        if self.counts is None:
            self.counts = view_counts(self.company)
        return view_links(self.company, self.counts, self.current_view)

    def frame(self) -> Frame:
        frame = super().frame()
        if not self.sees_queue:
            return frame
        url = reverse("approvals:queue", args=[self.company.pk])
        frame = dataclasses.replace(frame, search_url=url, search=self.request.GET.get("q", ""))
        return self._with_refresh(frame)

    def refreshed_list(self) -> Entity | None:
        """The list that the page shows, where the integration can be asked for it."""
        return None

    def _with_refresh(self, frame: Frame) -> Frame:
        entity = self.refreshed_list()
        if entity is None:
            return frame
        latest = latest_refresh(self.company.pk, entity.events.sync or "")
        banner = refresh_banner(entity, latest)
        return dataclasses.replace(
            frame,
            freshness=freshness(entity, latest),
            sync=refresh_button(self.company, entity, latest, self.actor),
            banners=[*frame.banners, *([banner] if banner else [])],
        )

    def shown(self, rows: Sequence[Row]) -> QueueShown:
        """What turns these rows into what the list shows; the records behind their exports come with one query."""
        ids = {row.object.record_id for row in rows if isinstance(row.object, StagedExport)}
        metadata = metadata_of(self.company.pk)
        return QueueShown(
            company=self.company,
            actor=self.actor,
            metadata=metadata,
            columns=self.columns(metadata),
            records=Record.objects.of(self.company).in_bulk(list(ids)),
            colleagues=Colleagues(self.company, self.actor.user_id),
            failing=self.lists_failures(),
        )

    def lists_failures(self) -> bool:
        """Whether the list around is one of failures; a row that is redrawn stands in the list around it."""
        around = urlsplit(self.page_around())
        problems = reverse("approvals:problems", args=[self.company.pk])
        return around.path == problems or QueryDict(around.query).get("view") == View.FAILED

    def page_around(self) -> str:
        details = htmx_of(self.request)
        return (details.current_url_abs_path if details else None) or self.request.get_full_path()

    def selectable(self, view: View | None = None) -> list[DecisionButton]:
        """What can be done with many rows of a view at once; a row that is redrawn stands in the list around it."""
        if view is None:
            details = htmx_of(self.request)
            around = urlsplit((details.current_url_abs_path if details else None) or "").query
            view = self.part_asked(QueryDict(around)).view
        return bulk_buttons(self.company, view, self.actor)

    def part_asked(self, query: QueryDict) -> Asked:
        """What an address of the queue asks for; what it cannot mean falls back to the default."""
        word = query.get("view")
        view = View(word) if word in set(View) else self._default_view()
        tab = tab_of(tabs(self.company), query.get("type", ""))
        return Asked(
            view=view,
            item_types=tab.item_types if tab else (),
            text=query.get("q", "").strip().replace("\0", "")[:255],
            project_id=number_in(query.get("project", "")),
            problem_id=number_in(query.get("problem", "")),
            late=query.get("late") == "1",
            synced_on=_days_in(query.get("synced_from", ""), query.get("synced_to", "")),
            cursor=query.get("cursor", "")[:200],
        )

    def _default_view(self) -> View:
        if self.counts is None:
            self.counts = view_counts(self.company)
        return View.READY_TO_EXPORT if self.counts.get(View.READY_TO_EXPORT) else View.READY_TO_IMPORT

    def columns(self, metadata: Metadata) -> list[Column]:
        """What the company adds to the list of the open tab; a row that is redrawn stands in the list around it."""
        tab = tab_of(tabs_of(metadata), parse_qs(urlsplit(self.page_around()).query).get("type", [""])[-1])
        return columns_of(metadata, entities(tab.item_types)) if tab else []


def number_in(text: str) -> int | None:
    """An id from an address, or None for what is none."""
    is_id = text.isascii() and text.isdigit() and len(text) < 20 and 0 < int(text) < INT64
    return int(text) if is_id else None


def _days_in(first: str, last: str) -> tuple[dt.date, dt.date] | None:
    try:
        days = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    except ValueError:
        return None
    return days if days[0] <= days[1] else None


def tab_of(tabs: Sequence[Tab], word: str) -> Tab | None:
    """The tab of this name. An item type is as good as its tab: a link may name either."""
    return next((one for one in tabs if word == one.key or word in one.item_types), None)


class QueuePage(AccountingView):
    """`/c/<company>/queue/`: what waits, by view and type, oldest first. Everything that is asked stands in the URL."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if not self.sees_queue:
            raise NotPermitted("The queue is open to people with a role on the ERP tool. Ask an ERP administrator.")
        self.counts = view_counts(self.company)
        asked = self.part_asked(request.GET)
        self.current_view = asked.view
        part: Part = queue_part(self.company, asked)
        projects = Record.objects.of(self.company).filter(item_type="project", deleted_at=None)
        queue = queue_shown(
            self.shown(part.rows),
            asked,
            part,
            tabs=tabs(self.company),
            counts=type_counts(self.company, asked.view, asked=dataclasses.replace(asked, item_types=())),
            projects=list(projects.order_by("title").values_list("pk", "title")[:MAX_PROJECTS]),
        )
        queue = dataclasses.replace(queue, bulk=self.selectable(asked.view))
        correlated = self._correlated(asked.text)
        context = {"queue": queue, "correlated": correlated, "searched": asked.text, "live": live_of(self.company)}
        return self.page("approvals/queue.html", context)

    def _correlated(self, text: str) -> list[Link]:
        """What the call with this correlation id touched, in whatever view it stands."""
        if not text:
            return []
        found = caused_by(self.company, text)
        places = [("record", one) for one in found.records] + [("staged", one) for one in found.staged]
        links = [
            Link(one.number or one.title, reverse(f"approvals:{place}", args=[self.company.pk, one.pk]))
            for place, one in places
        ]
        if found.deliveries:
            url = f"{reverse('approvals:deliveries', args=[self.company.pk])}?{urlencode({'correlation': text})}"
            links.append(Link(_("Deliveries"), url))
        return links

    def refreshed_list(self) -> Entity | None:
        tab = tab_of(tabs(self.company), self.request.GET.get("type", ""))
        return refreshed_with(entities(tab.item_types)[0]) if tab is not None else None
