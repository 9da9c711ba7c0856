"""Problems: the causes that exports fail for, trying all rows of one again, and keeping one quiet."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from erpstaging.api.openapi import (
    ID,
    TEXT,
    TIME,
    Operation,
    Schema,
    array_of,
    component,
    nullable,
    object_of,
    parameter,
)
from erpstaging.api.paging import read_count
from erpstaging.api.renderers import wire_time
from erpstaging.api.views.base import PersonAPIView
from erpstaging.api.views.people.bulk import job_json
from erpstaging.connections.services import metadata_of
from erpstaging.core.errors import BadRequest, Invalid
from erpstaging.core.money import wire_amount
from erpstaging.staging.bulk import seen_job
from erpstaging.staging.causes import advice_on
from erpstaging.staging.problem_models import Problem
from erpstaging.staging.problems import (
    LISTED,
    Group,
    Shown,
    mute_problem,
    problem_counts,
    problems_shown,
    retry_problem,
)

COUNT: Schema = {"type": "integer", "minimum": 0}
SHOW: Schema = {"type": "string", "enum": list(Shown)}
MOST_PAGES = 10_000
PROBLEM = component(
    "Problem",
    object_of(
        {
            "id": ID,
            "status": SHOW,
            "code": {**TEXT, "description": "The ERP's, or one of no_answer, no_origin_id, cancelled, refused"},
            "text": {**TEXT, "description": "What was said of the first row"},
            "explanation": TEXT,
            "next_step": TEXT,
            "runbook": nullable(TEXT),
            "failed": {**COUNT, "description": "Rows that failed"},
            "retrying": {**COUNT, "description": "Rows that are being tried again"},
            "item_types": array_of(TEXT),
            "sums": {"type": "object", "additionalProperties": TEXT, "description": "Of the failed rows, by currency"},
            "first_at": nullable(TIME),
            "last_at": nullable(TIME),
            "opened_at": TIME,
            "closed_at": nullable(TIME),
            "muted_until": nullable(TIME),
            "muted_by": nullable(TEXT),
        }
    ),
)
MUTED = object_of({"id": ID, "muted_until": nullable(TIME), "muted_by": nullable(TEXT)})


class ProblemsView(PersonAPIView):
    """For who works with the ERP tool, and for auditors."""

    requires = frozenset({"member"})
    open_to = frozenset({"erp", "auditor"})
    object_type = "problem"


class Problems(ProblemsView):
    """Failed exports grouped by cause, the largest group first; `?show=muted`, or `closed` for those of today."""

    operations = {
        "GET": Operation(
            "Problems",
            object_of(
                {
                    "counts": object_of({shown.value: COUNT for shown in Shown}),
                    "problems": array_of(PROBLEM),
                    "more": {"type": "boolean", "description": "Whether another page follows"},
                }
            ),
        )
    }

    def get(self, request: Request) -> Response:
        query = request.query_params
        shown = shown_asked(query.get("show", Shown.OPEN))
        page = read_count(query, "page", default=1)
        if page > MOST_PAGES:
            raise BadRequest("There is no such page.", code="bad_query", errors={"page": ["is too large"]})
        part = problems_shown(self.company, shown, page=page)
        erp = metadata_of(self.company.pk).erp
        return Response(
            {
                "counts": {one.value: count for one, count in problem_counts(self.company).items()},
                "problems": [problem_json(one, shown, erp.runbook_of(one.problem.code)) for one in part.groups],
                "more": part.more,
            }
        )

    @classmethod
    def described_parameters(cls, path: str, method: str, *, paged: bool) -> list[Schema]:
        described = super().described_parameters(path, method, paged=paged)
        page = parameter("page", "query", {"type": "integer", "minimum": 1}, f"From 1, of {LISTED} problems")
        return [*described, parameter("show", "query", SHOW), page]


def shown_asked(word: str) -> Shown:
    if word not in set(Shown):
        words = ", ".join(Shown)
        raise BadRequest("The list is unknown.", code="bad_query", errors={"show": [f"must be one of {words}"]})
    return Shown(word)


def problem_json(group: Group, shown: Shown, runbook: str) -> dict[str, Any]:
    problem = group.problem
    advice = advice_on(problem.code)
    return {
        "id": problem.pk,
        "status": shown.value,
        "code": problem.code,
        "text": problem.text,
        "explanation": str(advice.explanation),
        "next_step": str(advice.next_step),
        "runbook": runbook or None,
        "failed": group.failed,
        "retrying": group.retrying,
        "item_types": group.item_types,
        "sums": {currency: wire_amount(total) for currency, total in sorted(group.sums.items())},
        "first_at": wire_time(group.first_at),
        "last_at": wire_time(group.last_at),
        "opened_at": wire_time(problem.opened_at),
        "closed_at": wire_time(problem.closed_at),
        **_mute_json(problem),
    }


def _mute_json(problem: Problem) -> dict[str, Any]:
    return {"muted_until": wire_time(problem.muted_until), "muted_by": problem.muted_by_name or None}


class RetryAll(PersonAPIView):
    """Every failed row leaves again with the accepted content: one bulk decision with an outcome for each row."""

    requires = frozenset({"member"})
    object_type = "problem"
    needs_body = frozenset()
    operations = {"POST": Operation("Retry every failed row of a problem", {"type": "object"}, status="2XX")}

    def post(self, request: Request, problem_id: int) -> Response:
        job = retry_problem(self.company, problem_id, actor=self.actor)
        return Response(job_json(seen_job(self.company, job.pk)), status=202 if job.finished_at is None else 200)


class MuteProblem(PersonAPIView):
    """`{"until"}`: a day of the company's zone, or a time with its offset, within a year; null ends the silence."""

    requires = frozenset({"member"})
    object_type = "problem"
    needs_body = frozenset({"POST"})
    operations = {"POST": Operation("Keep a problem quiet", MUTED, body=object_of({"until": nullable(TEXT)}))}

    def post(self, request: Request, problem_id: int) -> Response:
        given = self.body if isinstance(self.body, dict) else {}
        if "until" not in given:
            raise Invalid.field("until", "has to be given")
        problem = mute_problem(self.company, problem_id, actor=self.actor, until=given["until"])
        return Response({"id": problem.pk, **_mute_json(problem)})
