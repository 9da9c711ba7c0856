"""One staged record, export or record: its own page, or the panel beside the list."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from erpstaging.approvals.htmx import is_partial
from erpstaging.approvals.presenters import Detail
from erpstaging.approvals.showing.detail import DetailShown
from erpstaging.approvals.showing.inputs import accept_fields
from erpstaging.approvals.views.queue import AccountingView, live_of
from erpstaging.connections.services import metadata_of
from erpstaging.core.errors import NotFound
from erpstaging.staging.history import received_of
from erpstaging.staging.reading import seen_export, seen_record, seen_staged_record


class DetailPage(AccountingView):
    """`?tab=` opens a section. A row of the list asks for the panel alone."""

    for_accounting = True
    # The version that is shown, where a page of it learns that somebody made another one.
    watched = ""

    def get(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        if self.for_accounting and not self.sees_queue:
            raise NotFound()
        detail = self.detail(object_id)
        if is_partial(request):
            return self.part("approvals/panel.html", {"detail": detail, "row": self.row})
        live = live_of(self.company, rows=self.watched) if self.watched and self.sees_queue else None
        return self.page("approvals/detail.html", {"detail": detail, "live": live})

    def detail(self, object_id: int) -> Detail:
        raise NotImplementedError

    @property
    def showing(self) -> DetailShown:
        metadata = metadata_of(self.company.pk)
        query = self.request.GET
        named = {name: query.get(name, "") for name in ("since", "change", "before")}
        chosen = {
            name: int(text) for name, text in named.items() if text.isascii() and text.isdigit() and len(text) < 19
        }
        return DetailShown(self.company, self.actor, metadata, query.get("tab", ""), chosen)


class StagedPage(DetailPage):
    def detail(self, object_id: int) -> Detail:
        seen = seen_staged_record(self.company, object_id, self.actor)
        self.watched = f"staged-{object_id}.{seen.row.version}"
        return self.showing.staged(seen)


class SourceFile(AccountingView):
    """A received body as a download: the bytes as they came, but for what is masked to the reader."""

    object_type = "staged_record"

    def get(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        if not self.sees_queue:
            raise NotFound()
        row = seen_staged_record(self.company, object_id, self.actor).row
        text = request.GET.get("change", "")
        change_id = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
        received = received_of(self.company, row, actor=self.actor, change_id=change_id)
        response = HttpResponse(received.fetched, content_type="application/octet-stream")
        response["Content-Disposition"] = f'attachment; filename="received-{received.intake.pk}.json"'
        return response


class ExportPage(DetailPage):
    def detail(self, object_id: int) -> Detail:
        seen = seen_export(self.company, object_id, self.actor)
        self.watched = f"export-{object_id}.{seen.export.version}"
        # In the panel beside the list the inputs open below their row.
        fields = accept_fields(seen.inputs, seen.export) if not is_partial(self.request) else []
        return self.showing.export(seen, fields, settings.UNDO_SECONDS)


class RecordPage(DetailPage):
    """Project people see records too; so do all members."""

    for_accounting = False

    def detail(self, object_id: int) -> Detail:
        return self.showing.record(seen_record(self.company, object_id, self.actor))
