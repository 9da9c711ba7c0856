"""What happened since a page was opened. Pages ask every few seconds; as long as nothing did, that is one query."""

import dataclasses
import datetime as dt
from urllib.parse import SplitResult, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from erpstaging.approvals.htmx import htmx_of
from erpstaging.approvals.messages import Said
from erpstaging.approvals.navigation import frame_of
from erpstaging.approvals.presenters import Frame, News
from erpstaging.approvals.showing.live import Live, moved_banner, outcome_text, rows_seen
from erpstaging.approvals.showing.queue import totals_of, type_tabs
from erpstaging.approvals.views.queue import AccountingView
from erpstaging.audit import log as audit
from erpstaging.core.errors import NotPermitted
from erpstaging.staging.queue import Asked, queue_totals, tabs, type_counts
from erpstaging.staging.watching import ARRIVED_TO, Moved, arrived_since, moved_rows


class LiveView(AccountingView):
    """`queue/live/`: 204 as long as nothing was done in the company, else what to change on the page that asks."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if not self.sees_queue:
            raise NotPermitted("The queue is open to people with a role on the ERP tool.")
        mark = audit.mark(self.company.pk)
        if request.GET.get("mark") == mark:
            return HttpResponse(status=204)
        live = Live(request.path, mark, self._since().isoformat(), request.GET.get("shown", "")[:100])
        context = self._of_object() if live.rows else self._of_list()
        return self.part("approvals/live.html", {"live": live, "frame": self.frame(), **context})

    def _of_object(self) -> dict[str, object]:
        moved = moved_rows(self.company, Asked(self._default_view()), rows_seen(self.request.GET.get("shown", "")))
        if not moved:
            return {"news": News()}
        banner = moved_banner(moved[0].entries, self._around().path, user_id=self.actor.user_id)
        return {"news": News(banner=banner)}

    def _of_list(self) -> dict[str, object]:
        around = self._around()
        asked = self.part_asked(QueryDict(around.query))
        self.current_view = asked.view
        moved = moved_rows(self.company, asked, rows_seen(self.request.GET.get("rows", "")))
        shown = self.shown([one.row for one in moved])
        rows = [shown.row(one.row, outcome=self._outcome(one)) for one in moved]
        news = News(
            rows=[dataclasses.replace(row, changed=not row.outcome) for row in rows],
            arrived=arrived_since(self.company, asked, self._since()),
            arrived_to=ARRIVED_TO,
            reload_url=f"{around.path}?{around.query}",
        )
        counts = type_counts(self.company, asked.view, asked=dataclasses.replace(asked, item_types=()))
        return {
            "news": news,
            "selectable": self.selectable(asked.view),
            "tabs": type_tabs(self.company, asked, tabs(self.company), counts),
            "totals": totals_of(queue_totals(self.company, asked)),
        }

    def frame(self) -> Frame:
        """The side of the page that asks. What the last act has to say is left for the page that comes next."""
        said, path = Said(), self._around().path
        return frame_of(self.company, self.user, self.actor, path=path, views=self.views(), said=said)

    def _outcome(self, moved: Moved) -> str:
        return outcome_text(moved.entries, user_id=self.actor.user_id) if moved.left else ""

    def _around(self) -> SplitResult:
        details = htmx_of(self.request)
        return urlsplit((details.current_url_abs_path if details else None) or "")

    def _since(self) -> dt.datetime:
        try:
            moment = parse_datetime(self.request.GET.get("since", ""))
        except ValueError:
            moment = None
        return moment if moment is not None and moment.tzinfo is not None else timezone.now()
