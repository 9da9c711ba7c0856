"""The work queue."""

import dataclasses
from collections.abc import Sequence

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from erpstaging.approvals.presenters import Frame, ViewLink
from erpstaging.approvals.showing.acts import Colleagues
from erpstaging.approvals.showing.queue import QueueShown, queue_shown, view_links
from erpstaging.approvals.showing.refreshes import freshness, refresh_banner, refresh_button
from erpstaging.approvals.views.base import CompanyView
from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.fields import INT64
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.connections.services import metadata_of
from erpstaging.core.errors import NotPermitted
from erpstaging.records.models import Record
from erpstaging.staging.models import StagedExport
from erpstaging.staging.queue import Asked, Part, Row, View, queue_part, tabs, type_counts, view_counts
from erpstaging.staging.refreshing import latest_refresh, refreshed_with

MAX_PROJECTS = 500


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
        return QueueShown(
            company=self.company,
            actor=self.actor,
            metadata=metadata_of(self.company.pk),
            records=Record.objects.of(self.company).in_bulk(list(ids)),
            colleagues=Colleagues(self.company, self.actor.user_id),
        )


class QueuePage(AccountingView):
    """`/c/<company>/queue/`: what waits, by view and type, oldest first. Everything that is asked stands in the URL."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if not self.sees_queue:
            raise NotPermitted("The queue is open to people with a role on the ERP tool. Ask an ERP administrator.")
        self.counts = view_counts(self.company)
        asked = self.asked(request)
        self.current_view = asked.view
        part: Part = queue_part(self.company, asked)
        projects = Record.objects.of(self.company).filter(item_type="project", deleted_at=None)
        queue = queue_shown(
            self.shown(part.rows),
            asked,
            part,
            tabs=tabs(self.company),
            counts=type_counts(self.company, asked.view, asked=Asked(asked.view, (), asked.text, asked.project_id)),
            projects=list(projects.order_by("title").values_list("pk", "title")[:MAX_PROJECTS]),
        )
        return self.page("approvals/queue.html", {"queue": queue})

    def refreshed_list(self) -> Entity | None:
        item_type = self.request.GET.get("type", "")
        return refreshed_with(ENTITIES[item_type]) if item_type in tabs(self.company) else None

    def asked(self, request: HttpRequest) -> Asked:
        """What the address asks for; what it cannot mean falls back to the default."""
        query = request.GET
        view = View(query["view"]) if query.get("view") in set(View) else self._default_view()
        item_type = query.get("type", "")
        project = query.get("project", "")
        is_id = project.isascii() and project.isdigit() and len(project) < 20 and 0 < int(project) < INT64
        return Asked(
            view=view,
            item_types=(item_type,) if item_type in tabs(self.company) else (),
            text=query.get("q", "").strip().replace("\0", "")[:255],
            project_id=int(project) if is_id else None,
            cursor=query.get("cursor", "")[:200],
        )

    def _default_view(self) -> View:
        counts = self.counts or {}
        return View.READY_TO_EXPORT if counts.get(View.READY_TO_EXPORT) else View.READY_TO_IMPORT
