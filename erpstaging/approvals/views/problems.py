"""Problems: what exports fail for, by cause."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from erpstaging.approvals.presenters import QueueRow, Toast
from erpstaging.approvals.showing.problems import ROWS_EACH, problem_list, problems_url
from erpstaging.approvals.views.queue import AccountingView, number_in
from erpstaging.connections.services import metadata_of
from erpstaging.core.errors import NotPermitted
from erpstaging.staging.problems import (
    Group,
    Shown,
    mute_problem,
    problem_counts,
    problems_shown,
    retry_problem,
    sample_rows,
)
from erpstaging.staging.queue import Row

MOST_PAGES = 10_000


class ProblemsPage(AccountingView):
    """`problems/`: open problems with their rows, or with `?show=` the muted ones and those that ended today."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if not self.sees_queue:
            raise NotPermitted("Problems are open to people with a role on the ERP tool. Ask an ERP administrator.")
        word = request.GET.get("show", "")
        shown = Shown(word) if word in set(Shown) else Shown.OPEN
        page = min(number_in(request.GET.get("page", "")) or 1, MOST_PAGES)
        part = problems_shown(self.company, shown, page=page)
        listed = problem_list(
            self.company,
            self.actor,
            part,
            shown=shown,
            page=page,
            counts=problem_counts(self.company),
            rows=self.rows(part.groups) if shown is not Shown.CLOSED else {},
            erp=metadata_of(self.company.pk).erp,
        )
        return self.page("approvals/problems.html", {"list": listed})

    def rows(self, groups: Sequence[Group]) -> dict[str, list[QueueRow]]:
        found = sample_rows(self.company, groups, ROWS_EACH)
        rows = {cause: [Row("export", one, one.sent_at) for one in exports] for cause, exports in found.items()}
        shown = self.shown([row for some in rows.values() for row in some])
        return {cause: [shown.row(row) for row in some] for cause, some in rows.items()}


class ProblemAct(AccountingView):
    object_type = "problem"

    def fallback_path(self) -> str:
        return problems_url(self.company)


class RetryProblem(ProblemAct):
    """`problems/<id>/retry/`: every failed row again. How it is going stands on the page of the job."""

    def post(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        job = retry_problem(self.company, object_id, actor=self.actor)
        return HttpResponseRedirect(reverse("approvals:job", args=[self.company.pk, job.pk]))


class MuteProblem(ProblemAct):
    """`problems/<id>/mute/`: quiet until a day."""

    def post(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        mute_problem(self.company, object_id, actor=self.actor, until=request.POST.get("until", ""))
        self.say(Toast(text=_("The problem is muted")))
        return self.back()


class UnmuteProblem(ProblemAct):
    """`problems/<id>/unmute/`."""

    def post(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        mute_problem(self.company, object_id, actor=self.actor, until=None)
        self.say(Toast(text=_("The problem is heard again")))
        return self.back()
