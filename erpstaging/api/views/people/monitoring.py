"""What gave up, and what one call caused."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from erpstaging.api.openapi import (
    FLAG,
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
from erpstaging.hooks.models import Delivery
from erpstaging.monitoring.correlated import caused_by
from erpstaging.monitoring.gave_up import (
    DEFAULT_LIMIT,
    KINDS,
    MAX_LIMIT,
    REASONS,
    GaveUp,
    Redriven,
    redrive,
    what_gave_up,
)

KIND: Schema = {"type": "string", "enum": list(KINDS)}
GAVE_UP = component(
    "GaveUp",
    object_of(
        {
            "kind": KIND,
            "id": ID,
            "about": TEXT,
            "gave_up_at": TIME,
            "code": {"type": "string", "enum": list(REASONS)},
            "reason": TEXT,
            "said": nullable(TEXT),
            "correlation_id": nullable(TEXT),
            "payload": {**TEXT, "description": "Address of what was to be sent"},
            "redrive": {**FLAG, "description": "Whether it can be sent again"},
            "why_not": nullable(TEXT),
        }
    ),
)
ITEM = object_of({"kind": KIND, "id": ID})
OUTCOME = object_of({"kind": KIND, "id": ID, "done": FLAG, "code": nullable(TEXT), "message": nullable(TEXT)})


class MonitoringView(PersonAPIView):
    """For who works with the ERP tool, and for auditors."""

    requires = frozenset({"member"})
    open_to = frozenset({"erp", "auditor"})


class GaveUpList(MonitoringView):
    """Deliveries that were refused, discarded or are held, and exports that failed or went stale, newest first."""

    operations = {
        "GET": Operation("What gave up", object_of({"rows": array_of(GAVE_UP), "next_cursor": nullable(TEXT)}))
    }

    def get(self, request: Request) -> Response:
        query = request.query_params
        part = what_gave_up(
            self.company,
            kind=query.get("kind", ""),
            cursor=query.get("cursor", ""),
            limit=min(read_count(query, "limit", default=DEFAULT_LIMIT), MAX_LIMIT),
        )
        rows = [gave_up_json(one, self.company.pk) for one in part.rows]
        return Response({"rows": rows, "next_cursor": part.next_cursor or None})

    @classmethod
    def described_parameters(cls, path: str, method: str, *, paged: bool) -> list[Schema]:
        described = super().described_parameters(path, method, paged=paged)
        limit = parameter("limit", "query", {"type": "integer", "minimum": 1}, f"At most {MAX_LIMIT}")
        return [*described, parameter("kind", "query", KIND), parameter("cursor", "query", TEXT), limit]


def gave_up_json(one: GaveUp, company_id: int) -> dict[str, Any]:
    place = f"/api/v1/companies/{company_id}"
    if isinstance(one.object, Delivery):
        about = f"{one.object.resource_name} {one.object.event_type} {one.object.resource_id}"
        payload, correlation_id = f"{place}/deliveries/{one.id}", one.object.event.correlation_id
    else:
        about = one.object.number or one.object.title
        payload, correlation_id = f"{place}/exports/{one.id}", one.object.correlation_id
    return {
        "kind": one.kind,
        "id": one.id,
        "about": about,
        "gave_up_at": wire_time(one.at),
        "code": one.code,
        "reason": one.reason,
        "said": one.said or None,
        "correlation_id": correlation_id or None,
        "payload": payload,
        "redrive": not one.why_not,
        "why_not": one.why_not or None,
    }


class Redrive(MonitoringView):
    """`{"items": [{"kind", "id"}], "reason"}`: deliveries are replayed, exports sent again with a new request."""

    operations = {
        "POST": Operation(
            "Send again what gave up",
            object_of({"outcomes": array_of(OUTCOME)}),
            body=object_of({"items": array_of(ITEM), "reason": TEXT}),
        )
    }

    def post(self, request: Request) -> Response:
        given = self.body if isinstance(self.body, dict) else {}
        done = redrive(self.company, self.actor, given.get("items"), reason=given.get("reason"))
        return Response({"outcomes": [redriven_json(one) for one in done]})


def redriven_json(one: Redriven) -> dict[str, Any]:
    refusal = one.refusal
    return {
        "kind": one.kind,
        "id": one.id,
        "done": refusal is None,
        "code": refusal.code if refusal else None,
        "message": refusal.message if refusal else None,
    }


class CorrelatedWith(MonitoringView):
    """`?correlation_id=`: the objects that carry it, and how many deliveries."""

    operations = {
        "GET": Operation(
            "What one call caused",
            object_of(
                {
                    "correlation_id": TEXT,
                    "objects": array_of(object_of({"object": TEXT, "id": ID, "item_type": TEXT, "name": TEXT})),
                    "deliveries": {"type": "integer", "minimum": 0},
                }
            ),
        )
    }

    def get(self, request: Request) -> Response:
        correlation_id = request.query_params.get("correlation_id", "")
        found = caused_by(self.company, correlation_id)
        rows = [("record", one) for one in found.records] + [("staged_record", one) for one in found.staged]
        objects = [
            {"object": kind, "id": one.pk, "item_type": one.item_type, "name": one.number or one.title}
            for kind, one in rows
        ]
        return Response({"correlation_id": correlation_id, "objects": objects, "deliveries": found.deliveries})

    @classmethod
    def described_parameters(cls, path: str, method: str, *, paged: bool) -> list[Schema]:
        described = super().described_parameters(path, method, paged=paged)
        return [*described, parameter("correlation_id", "query", TEXT)]
