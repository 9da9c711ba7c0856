"""Linking, unlinking and merging vendors."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from erpstaging.api.error_codes import CODES
from erpstaging.api.views.base import PersonAPIView
from erpstaging.api.views.people.decisions import StagedRecordAct, StagedRecordOf
from erpstaging.api.views.people.records import RecordAct
from erpstaging.catalogue.fields import INT64
from erpstaging.core.errors import BadRequest, Invalid, Refused
from erpstaging.staging.bulk_acts import checked_undo
from erpstaging.staging.linking import Pair, PairOutcome, link_all, link_staged_record, undo_link
from erpstaging.staging.matching import Candidate, candidates
from erpstaging.staging.merging import MergePlan, merge_plan, merge_vendors
from erpstaging.staging.reading import seen_staged_record
from erpstaging.staging.unlinking import unlink


def as_id(value: Any, name: str) -> int:
    """Raises Invalid under `name`."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < INT64:
        raise Invalid.field(name, "must be an id")
    return value


class Candidates(StagedRecordOf):
    """Which vendors a staged vendor may be, best first, with the score and its reasons."""

    def get(self, request: Request, staged_id: int) -> Response:
        row = seen_staged_record(self.company, staged_id, self.actor).row
        return Response({"candidates": [candidate_json(one) for one in candidates(self.company, row)]})


def candidate_json(one: Candidate) -> dict[str, Any]:
    return {
        "record_id": one.record_id,
        "title": one.title,
        "city": one.city or None,
        "score": one.percent,
        "reasons": [{"code": reason.kind, "text": reason.text, "strong": reason.strong} for reason in one.reasons],
        "origin_id": one.origin_id,
        "enabled": not one.closed,
        "why_not": one.closed or None,
        "data": one.data,
    }


class Link(StagedRecordAct):
    def post(self, request: Request, staged_id: int) -> Response:
        link_staged_record(
            self.company,
            staged_id,
            as_id(self.given.get("record_id"), "record_id"),
            actor=self.actor,
            version=self.seen_version(),
            undo=checked_undo(self.given.get("undo_seconds")),
        )
        return self.answer(staged_id)


class UndoLink(StagedRecordAct):
    def post(self, request: Request, staged_id: int) -> Response:
        undo_link(self.company, staged_id, actor=self.actor, version=self.seen_version())
        return self.answer(staged_id)


class LinkAll(PersonAPIView):
    """`{"pairs": [{"staged_record_id", "record_id"}]}`: each pair on its own, outcomes in the order they were sent."""

    requires = frozenset({"member"})
    open_to = frozenset({"erp", "auditor"})
    needs_body = frozenset({"POST"})
    http_method_names = ["post"]

    def post(self, request: Request) -> Response:
        sent = self.body.get("pairs") if isinstance(self.body, dict) else None
        if not isinstance(sent, list) or not all(isinstance(pair, dict) for pair in sent):
            raise Invalid.field("pairs", "must be a list of objects")
        outcomes = link_all(
            self.company, [self._pair(place, pair) for place, pair in enumerate(sent)], actor=self.actor
        )
        return Response({"outcomes": [outcome_json(one) for one in outcomes]})

    def _pair(self, place: int, pair: dict[str, Any]) -> Pair:
        ids = (as_id(pair.get(name), f"pairs.{place}.{name}") for name in ("staged_record_id", "record_id"))
        return Pair(*ids)


def outcome_json(outcome: PairOutcome) -> dict[str, Any]:
    refusal: Refused | None = outcome.refusal
    return {
        "staged_record_id": outcome.pair.staged_id,
        "record_id": outcome.pair.record_id,
        "status": "linked" if refusal is None else "refused",
        "code": None if refusal is None else refusal.code,
        "title": None if refusal is None else CODES[refusal.code].title,
        "message": None if refusal is None else refusal.message,
    }


class Unlink(RecordAct):
    def post(self, request: Request, record_id: int) -> Response:
        unlink(self.company, record_id, actor=self.actor, version=self.seen_version())
        return self.answer(record_id)


class Merge(PersonAPIView):
    """`POST {"master_id", "source_ids"}` merges; `GET ?master_id=&source_ids=1,2` says what that would do."""

    requires = frozenset({"member"})
    open_to = frozenset({"directory_admin", "erp"})
    needs_body = frozenset({"POST"})
    http_method_names = ["get", "post"]

    def get(self, request: Request) -> Response:
        ids = [self._number("master_id", request.query_params.get("master_id", ""))]
        ids += [self._number("source_ids", one) for one in request.query_params.get("source_ids", "").split(",") if one]
        return Response(plan_json(merge_plan(self.company, ids[0], ids[1:], actor=self.actor)))

    def _number(self, name: str, text: str) -> int:
        if not (text.isascii() and text.isdigit()) or not 0 < int(text[:20]) < INT64:
            raise BadRequest("The query cannot be read.", code="bad_query", errors={name: ["must be an id"]})
        return int(text)

    def post(self, request: Request) -> Response:
        given = self.body if isinstance(self.body, dict) else {}
        sources = given.get("source_ids")
        if not isinstance(sources, list):
            raise Invalid.field("source_ids", "must be a list of ids")
        master_id = as_id(given.get("master_id"), "master_id")
        source_ids = [as_id(one, "source_ids") for one in sources]
        merged = merge_vendors(self.company, master_id, source_ids, actor=self.actor)
        return Response(
            {
                "master_id": merged.master.pk,
                "source_ids": merged.source_ids,
                "origin_id": merged.master.origin_id,
                "moved": merged.moved,
                "erp_request_id": merged.erp_request_id,
            }
        )


def plan_json(plan: MergePlan) -> dict[str, Any]:
    return {
        "master_id": plan.master.pk,
        "source_ids": [source.pk for source in plan.sources],
        "moving": plan.moving,
        "origin_id": plan.donor.origin_id if plan.donor is not None else plan.master.origin_id,
        "retired_origin_ids": [source.origin_id for source in plan.retired],
        "blocked": [
            {"record_id": one.record.pk, "title": one.record.title, "code": one.code, "reason": one.reason}
            for one in plan.blocked
        ],
    }
