"""The work queue."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from erpstaging.approvals.htmx import htmx_of
from erpstaging.approvals.models import QueueChoice
from erpstaging.approvals.presenters import DecisionButton, Frame, Link, ViewLink
from erpstaging.approvals.saved_filters import choice_of
from erpstaging.approvals.showing.acts import Colleagues
from erpstaging.approvals.showing.bulk import bulk_buttons
from erpstaging.approvals.showing.columns import Column, columns_of
from erpstaging.approvals.showing.live import Live
from erpstaging.approvals.showing.queue import (
    PAGE_SIZES,
    QueueShown,
    queue_query,
    queue_shown,
    queue_url,
    view_links,
)
from erpstaging.approvals.showing.queue_columns import ColumnChoice, list_columns, shown_extras
from erpstaging.approvals.showing.queue_filters import TYPED, filters_on, hints, not_found
from erpstaging.approvals.showing.queue_sorting import sorting_of
from erpstaging.approvals.showing.refreshes import freshness, refresh_banner, refresh_button
from erpstaging.approvals.showing.saved_filters import saved_menu
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
    COUNTED_TO,
    DEFAULT_LIMIT,
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
from erpstaging.staging.queue_filters import Sender
from erpstaging.staging.queue_names import records_called, senders_called
from erpstaging.staging.queue_order import MAX_CURSOR
from erpstaging.staging.queue_reading import DECLARED, MAX_VALUES, Wrong, read_filters
from erpstaging.staging.refreshing import latest_refresh, refreshed_with

ALWAYS = 5


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

    def require_queue(self) -> None:
        """Raises NotPermitted."""
        if not self.sees_queue:
            raise NotPermitted("The queue is open to people with a role on the ERP tool. Ask an ERP administrator.")

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
            hidden=self.hidden_columns(metadata),
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
        return self.read_query(query)[0]

    def read_query(self, query: QueryDict) -> tuple[Asked, Mapping[str, Wrong]]:
        """The same, and what it cannot mean."""
        word = query.get("view")
        view = View(word) if word in set(View) else self._default_view()
        tab = tab_of(tabs(self.company), query.get("type", ""))
        limit = query.get("limit", "")
        read = read_filters(dict(query.lists()), view, company=self.company, actor=self.actor)
        asked = Asked(
            view=view,
            item_types=tab.item_types if tab else (),
            text=query.get("q", "").strip().replace("\0", "")[:255],
            filters=read.filters,
            sort=read.sort,
            cursor=query.get("cursor", "")[: MAX_CURSOR + 1],
            limit=int(limit) if limit in {str(size) for size in PAGE_SIZES} else DEFAULT_LIMIT,
        )
        return asked, read.wrong

    def _default_view(self) -> View:
        if self.counts is None:
            self.counts = view_counts(self.company)
        return View.READY_TO_EXPORT if self.counts.get(View.READY_TO_EXPORT) else View.READY_TO_IMPORT

    def columns(self, metadata: Metadata) -> list[Column]:
        """What the company adds to the list of the open tab, as far as the reader wants to see it."""
        return shown_extras(self.extra_columns(metadata), self.hidden_columns(metadata))

    def extra_columns(self, metadata: Metadata) -> list[Column]:
        tab = self._tab_around(metadata)
        return columns_of(metadata, entities(tab.item_types)) if tab else []

    def hidden_columns(self, metadata: Metadata) -> frozenset[str]:
        tab = self._tab_around(metadata)
        return frozenset(self.choice.hidden.get(tab.key if tab else "", ()))

    def list_width(self, metadata: Metadata) -> int:
        """How many columns the list has: box, status, number, title and acts beside those that can be left out."""
        choice = list_columns(self.extra_columns(metadata), self.hidden_columns(metadata))
        return ALWAYS + sum(column.shown for column in choice)

    def _tab_around(self, metadata: Metadata) -> Tab | None:
        """The open tab; a row that is redrawn stands in the list around it."""
        return tab_of(tabs_of(metadata), parse_qs(urlsplit(self.page_around()).query).get("type", [""])[-1])

    @cached_property
    def choice(self) -> QueueChoice:
        """How the reader looks at the queue."""
        return choice_of(self.company, self.user.pk)


def number_in(text: str) -> int | None:
    """An id from an address, or None for what is none."""
    is_id = text.isascii() and text.isdigit() and len(text) < 20 and 0 < int(text) < INT64
    return int(text) if is_id else None


def tab_of(tabs: Sequence[Tab], word: str) -> Tab | None:
    """The tab of this name. An item type is as good as its tab: a link may name either."""
    return next((one for one in tabs if word == one.key or word in one.item_types), None)


class QueuePage(AccountingView):
    """`/c/<company>/queue/`: what waits, by view and type. Everything that is asked stands in the URL."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        self.require_queue()
        if not request.GET and self.choice.default_filter is not None:
            return HttpResponseRedirect(f"{request.path}?{self.choice.default_filter.query}")
        self.counts = view_counts(self.company)
        asked, wrong = self.read_query(request.GET)
        if "apply" in request.GET:
            return self._tidied(asked)
        return self._list(asked, wrong)

    def _list(self, asked: Asked, wrong: Mapping[str, Wrong]) -> HttpResponseBase:
        self.current_view = asked.view
        part: Part = queue_part(self.company, asked)
        shown = self.shown(part.rows)
        queue = queue_shown(
            shown,
            asked,
            part,
            tabs=tabs(self.company),
            counts=type_counts(self.company, asked.view, asked=dataclasses.replace(asked, item_types=())),
        )
        query = queue_query(asked)
        queue = dataclasses.replace(
            queue,
            bulk=self.selectable(asked.view),
            filters=filters_on(self.company, asked),
            filter_url=f"{reverse('approvals:queue_filters', args=[self.company.pk])}?{query}",
            download_url=f"{reverse('approvals:queue_file', args=[self.company.pk])}?{query}",
        )
        return self.page(
            "approvals/queue.html",
            {
                "queue": queue,
                "correlated": self._correlated(asked.text),
                "searched": asked.text,
                "hints": self._hints(asked, part, wrong),
                "sorting": sorting_of(self.company, asked, part.order),
                "saved": saved_menu(self.company, self.actor, asked, self.choice),
                "column_choice": self._column_choice(asked, shown.metadata),
                "live": live_of(self.company),
            },
        )

    def _hints(self, asked: Asked, part: Part, wrong: Mapping[str, Wrong]) -> list[str]:
        given = self.request.GET
        found = hints(wrong, dict(given.lists()))
        found += [not_found(name, given[name]) for name in TYPED if given.get(name, "").strip()]
        if part.order != asked.order:
            text = _("More than %(count)s rows match; narrow them to sort by another column.")
            found.append(text % {"count": f"{COUNTED_TO:,}"})
        return found

    def _tidied(self, asked: Asked) -> HttpResponseBase:
        """From the form to the address that says the same: without what is empty, with ids instead of names."""
        given = self.request.GET
        filters, left = asked.filters, {}
        for name in TYPED:
            text = given.get(name, "").strip().replace("\0", "")[:255]
            found = self._called(name, text) if text else None
            if found:
                field = DECLARED[TYPED[name]].fills
                chosen: dict[str, Any] = {field: tuple(dict.fromkeys([*getattr(filters, field), *found]))[:MAX_VALUES]}
                filters = dataclasses.replace(filters, **chosen)
            elif text:
                left[name] = text
        # What cannot be meant goes along as it was typed, so that the list can say so.
        wrong = self.read_query(given)[1]
        left |= {name: given[name] for name in wrong if name in given}
        asked = dataclasses.replace(asked, filters=filters, cursor="")
        return HttpResponseRedirect(queue_url(self.company, asked, **left))

    def _called(self, name: str, text: str) -> Sequence[int | Sender]:
        if name == "sender_name":
            return senders_called(self.company, text)
        return records_called(self.company, name, text)

    def _column_choice(self, asked: Asked, metadata: Metadata) -> ColumnChoice:
        tab = self._tab_around(metadata)
        return ColumnChoice(
            url=reverse("approvals:queue_columns", args=[self.company.pk]),
            tab=tab.key if tab else "",
            columns=list_columns(self.extra_columns(metadata), self.hidden_columns(metadata)),
        )

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
