"""Deciding on many rows from a list: what it would do, the decision, and how it is going."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from erpstaging.approvals.htmx import is_partial
from erpstaging.approvals.presenters import Link
from erpstaging.approvals.redirects import next_or
from erpstaging.approvals.showing.bulk import job_shown, outcomes_shown, summary_shown
from erpstaging.approvals.showing.csv_file import csv_line
from erpstaging.approvals.showing.queue import queue_url
from erpstaging.approvals.showing.words import VIEW_LABELS
from erpstaging.approvals.views.base import status_of
from erpstaging.approvals.views.queue import AccountingView
from erpstaging.connections.services import metadata_of
from erpstaging.core.errors import Invalid, NotPermitted, Refused
from erpstaging.staging.bulk import MAX_ROWS, Selection, not_done, seen_job, start_bulk, stop_bulk, types_of_job
from erpstaging.staging.bulk_acts import ACTS
from erpstaging.staging.bulk_models import BulkOutcome
from erpstaging.staging.bulk_preview import preview_bulk
from erpstaging.staging.queue import Asked, View

# "export-12.3" of a list and "12.3" of a summary: a row's id, and the version of it that was seen.
PAIR = re.compile(r"(?:[a-z]+-)?(\d{1,18})\.(\d{1,9})", re.ASCII)
SHOWN, SELECTED_AT_MOST = 100, 1000
LEFT = (BulkOutcome.REFUSED, BulkOutcome.SKIPPED)


class BulkView(AccountingView):
    object_type = "bulk_job"

    def fallback_path(self) -> str:
        return queue_url(self.company, Asked(self.act_views()[0]))

    def act_views(self) -> tuple[View, ...]:
        act = ACTS.get(self.kwargs.get("act", ""))
        return act.views if act is not None else (View.READY_TO_EXPORT,)

    def back_link(self, asked: Asked) -> Link:
        return Link(str(VIEW_LABELS[asked.view]), next_or(self.request, queue_url(self.company, asked)))


class BulkSummary(BulkView):
    """`bulk/<act>/`: what the decision would do, before it is made. The rows come ticked, or as the list's filters."""

    def get(self, request: HttpRequest, act: str) -> HttpResponseBase:
        return HttpResponseRedirect(self.fallback_path())

    def post(self, request: HttpRequest, act: str) -> HttpResponseBase:
        return self.summary(None)

    def summary(self, refusal: Refused | None) -> HttpResponseBase:
        word = self.kwargs["act"]
        if word not in ACTS:
            raise Http404
        found = preview_bulk(self.company, word, self.chosen(), actor=self.actor, given=self.given())
        shown = summary_shown(
            self.company,
            word,
            found,
            back=self.back_link(self.asked_around()),
            metadata=metadata_of(self.company.pk),
            typed={key: str(value) for key, value in self.request.POST.items()},
            errors=refusal.errors if refusal is not None else {},
        )
        return self.page(
            "approvals/bulk.html", {"summary": shown}, status=200 if refusal is None else status_of(refusal)
        )

    def asked_around(self) -> Asked:
        """The part of the queue that the rows were chosen in."""
        query = QueryDict(urlsplit(next_or(self.request, self.fallback_path())).query)
        return self.part_asked(query) if query.get("view") else Asked(self.act_views()[0])

    def chosen(self) -> Selection:
        post = self.request.POST
        if post.get("all"):
            return Selection(asked=self.asked_around())
        texts = post["rows"].split(",") if post.get("rows") else post.getlist("row")
        pairs = [PAIR.fullmatch(text) for text in texts[: MAX_ROWS + 1]]
        chosen = dict((int(found[1]), int(found[2])) for found in pairs if found)
        if not chosen:
            raise Invalid.field("row", _("Tick the rows first."))
        return Selection(pairs=list(chosen.items()))

    def given(self) -> dict[str, Any]:
        """What was typed once for all; of the custom fields each row takes what its type asks for."""
        post = self.request.POST
        typed = {key: str(value).strip() for key, value in post.items()}
        ours = {"csrfmiddlewaretoken", "next", "rows", "row", "all", "confirm"}
        return {
            "custom_fields": {key: value for key, value in typed.items() if key not in ours and value},
            "confirm": post.get("confirm") in {"true", "on", "1"},
            "undo_seconds": settings.UNDO_SECONDS,
            "reason": typed.get("reason", ""),
            "code": typed.get("code", "") if self.kwargs["act"] != "accept" else None,
        }


class BulkStart(BulkSummary):
    """`bulk/<act>/start/`: the decision. What is wrong with the reason is told in the summary."""

    def post(self, request: HttpRequest, act: str) -> HttpResponseBase:
        if act not in ACTS:
            raise Http404
        job = start_bulk(self.company, act, self.chosen(), actor=self.actor, given=self.given())
        url = reverse("approvals:job", args=[self.company.pk, job.pk])
        return HttpResponseRedirect(f"{url}?{self._around()}")

    def _around(self) -> str:
        query = QueryDict(mutable=True)
        query["next"] = next_or(self.request, self.fallback_path())
        return query.urlencode(safe="/")

    def refused(self, refusal: Refused) -> HttpResponseBase:
        if isinstance(refusal, Invalid) and "row" not in refusal.errors:
            return self.summary(refusal)
        return super().refused(refusal)


class JobView(BulkView):
    """A job, for who works with the ERP tool and for auditors."""

    def _enter(self, request: HttpRequest, company_id: int) -> None:
        super()._enter(request, company_id)
        if not self.sees_queue:
            raise Http404


class JobPage(JobView):
    """`jobs/<id>/`: how a decision on many rows is going, and what became of each. It survives a reload."""

    def get(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        only = LEFT if request.GET.get("show") == "left" else ()
        after = request.GET.get("after", "")
        seen = seen_job(
            self.company,
            object_id,
            outcomes=only,
            after=int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0,
            limit=SHOWN,
        )
        view = ACTS[seen.job.act].views[0]
        shown = job_shown(
            self.company,
            seen,
            types=types_of_job(self.company, seen.job),
            not_done=not_done(self.company, seen.job, SELECTED_AT_MOST) if seen.job.finished_at else [],
            back=self.back_link(Asked(view)),
            outcome="left" if only else "",
            may_stop=self._may_stop(seen.job.act),
        )
        if is_partial(request):
            return self.part("approvals/job_part.html", {"job": shown})
        return self.page("approvals/job.html", {"job": shown})

    def _may_stop(self, act: str) -> bool:
        try:
            ACTS[act].refuse(self.actor)
        except NotPermitted:
            return False
        return True


class StopJob(JobView):
    """`jobs/<id>/stop/`: what is under way is finished, the rest is left as it is."""

    def post(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        stop_bulk(self.company, object_id, actor=self.actor)
        return self.back()

    def fallback_path(self) -> str:
        return reverse("approvals:job", args=[self.company.pk, self.kwargs["object_id"]])


class JobFile(JobView):
    """`jobs/<id>/outcomes.csv`: what became of each row."""

    def get(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        seen = seen_job(self.company, object_id, limit=MAX_ROWS)
        head = [_("Outcome"), _("Row"), _("Company"), _("Amount"), _("Currency"), _("Code"), _("Reason")]
        lines = [csv_line(cells) for cells in (head, *_cells(self.company, seen))]
        response = HttpResponse("\ufeff" + "".join(lines), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{seen.job.act}-{object_id}.csv"'
        response["X-Content-Type-Options"] = "nosniff"
        return response


def _cells(company: Any, seen: Any) -> Iterator[list[Any]]:
    for one in outcomes_shown(company, seen.kind, seen.job.act, seen.rows):
        money = one.money
        yield [
            one.word, one.name, one.subtitle, money.amount if money else "", money.currency if money else "",
            one.code, one.reason,
        ]  # fmt: skip
