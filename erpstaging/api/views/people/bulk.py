"""Decisions on many rows, and how they are going: `POST decisions/bulk`, `GET jobs/{id}`."""

from collections.abc import Mapping
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from erpstaging.api.error_codes import CODES
from erpstaging.api.paging import read_count
from erpstaging.api.views.base import PersonAPIView
from erpstaging.api.views.people.linking import as_id
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core.errors import BadRequest, Invalid, TooLarge, VersionMissing
from erpstaging.records.snapshots import timestamp
from erpstaging.staging.bulk import AT_ONCE, MAX_ROWS, JobSeen, Selection, act_of, seen_job, start_bulk
from erpstaging.staging.bulk_models import BulkItem, BulkOutcome
from erpstaging.staging.queue import Asked, View
from erpstaging.staging.queue_reading import DECLARED, read_filters

MAX_SHOWN, MAX_TEXT, MAX_DIGITS = 500, 255, 18


class BulkView(PersonAPIView):
    requires = frozenset({"member"})
    object_type = "bulk_job"


class BulkDecisions(BulkView):
    """`{"act", "items": [{"id", "version"}]}` or `{"act", "filter": {"view", "item_type", "q", ..}}` with the filters
    of `GET queue`, and what the act itself needs: one answer with an outcome for each row, or 202 and a job that goes
    on.
    """

    http_method_names = ["post"]
    needs_body = frozenset({"POST"})

    def post(self, request: Request) -> Response:
        body: Mapping[str, Any] = self.body if isinstance(self.body, dict) else {}
        job = start_bulk(self.company, body.get("act"), self.chosen(body), actor=self.actor, given=body)
        return Response(job_json(seen_job(self.company, job.pk)), status=202 if job.finished_at is None else 200)

    def chosen(self, body: Mapping[str, Any]) -> Selection:
        if ("items" in body) is ("filter" in body):
            raise Invalid.field("items", "either items or filter has to be given")
        if "filter" in body:
            return Selection(asked=self.asked(body))
        items = body["items"]
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise Invalid.field("items", "must be a list of objects")
        if len(items) > MAX_ROWS:
            raise TooLarge(f"At most {MAX_ROWS} rows can be decided on in one job.")
        return Selection(pairs=[_pair(place, item) for place, item in enumerate(items)])

    def asked(self, body: Mapping[str, Any]) -> Asked:
        default = act_of(body.get("act")).views[0]
        return asked_in(body["filter"], default, company=self.company, actor=self.actor)


def _pair(place: int, item: Mapping[str, Any]) -> tuple[int, int]:
    version = item.get("version")
    if version is None:
        text = "Say which version of each row you decide on."
        raise VersionMissing(text, errors={f"items.{place}.version": ["is required"]})
    if isinstance(version, bool) or not isinstance(version, int) or not 0 <= version < 2**31:
        raise Invalid.field(f"items.{place}.version", "must be a whole number")
    return as_id(item.get("id"), f"items.{place}.id"), version


def asked_in(given: Any, default: View, *, company: Company, actor: Actor) -> Asked:
    """A filter of the queue, in the words of `GET queue`. Raises Invalid."""
    if not isinstance(given, dict):
        raise Invalid.field("filter", "must be an object")
    if unknown := given.keys() - {"view", "item_type", "q", *DECLARED}:
        raise Invalid.field(f"filter.{min(unknown)}", "is unknown")
    view, text = given.get("view", default), given.get("q") or ""
    if not isinstance(view, str) or view not in set(View):
        raise Invalid.field("filter.view", f"must be one of {', '.join(View)}")
    if not isinstance(text, str) or len(text) > MAX_TEXT:
        raise Invalid.field("filter.q", f"must be text of at most {MAX_TEXT} characters")
    texts = {name: _texts(name, given[name]) for name in DECLARED if given.get(name) is not None}
    read = read_filters(texts, View(view), company=company, actor=actor)
    for name, why in read.wrong.items():
        raise Invalid.field(f"filter.{name}", str(why))
    return Asked(View(view), _item_types(given.get("item_type")), text, read.filters)


def _texts(name: str, given: Any) -> list[str]:
    """One value or a list of alternatives, as an address would carry them."""
    values = given if isinstance(given, list) else [given]
    if not all(isinstance(one, str | int) for one in values):
        raise Invalid.field(f"filter.{name}", "must be a text, or a list of them")
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in values]


def _item_types(given: Any) -> list[str]:
    words = [] if given is None else [given] if isinstance(given, str) else given
    if not isinstance(words, list) or not all(isinstance(one, str) and one in ENTITIES for one in words):
        raise Invalid.field("filter.item_type", "must be an item type, or a list of them")
    return words


class Job(BulkView):
    """How a bulk decision is going: counts, and what became of the rows (`outcome`, `cursor`, `limit`)."""

    open_to = frozenset({"erp", "auditor"})
    http_method_names = ["get", "head"]

    def get(self, request: Request, job_id: int) -> Response:
        query = request.query_params
        outcome = query.get("outcome", "")
        if outcome and outcome not in BulkOutcome.values:
            words = ", ".join(BulkOutcome.values)
            raise BadRequest(
                "The outcome is unknown.", code="bad_query", errors={"outcome": [f"must be one of {words}"]}
            )
        limit = min(read_count(query, "limit", default=AT_ONCE), MAX_SHOWN)
        after = _after(query.get("cursor", ""))
        return Response(
            job_json(seen_job(self.company, job_id, outcomes=[outcome] if outcome else (), after=after, limit=limit))
        )


def _after(cursor: str) -> int:
    if cursor and not (cursor.isascii() and cursor.isdigit() and len(cursor) <= MAX_DIGITS):
        raise BadRequest("The cursor is not one of ours.", code="bad_query", errors={"cursor": ["is invalid"]})
    return int(cursor or 0)


def job_json(seen: JobSeen) -> dict[str, Any]:
    job = seen.job
    return {
        "id": job.pk,
        "act": job.act,
        "status": "running" if job.finished_at is None else "finished",
        "object": seen.kind,
        "total": job.total,
        "counts": seen.counts,
        "asked_by": job.asked_by_name,
        "asked_at": timestamp(job.asked_at),
        "finished_at": timestamp(job.finished_at),
        "rows": [_row(item) for item in seen.rows],
        "next_cursor": str(seen.rows[-1].object_id) if seen.more else None,
    }


def _row(item: BulkItem) -> dict[str, Any]:
    return {
        "id": item.object_id,
        "version": item.version,
        "outcome": item.outcome,
        "code": item.code or None,
        "title": CODES[item.code].title if item.code in CODES else None,
        "message": item.message or None,
        "errors": item.errors,
    }
