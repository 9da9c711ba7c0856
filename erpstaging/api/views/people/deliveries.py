"""The delivery log for people: what was sent to whom, what came back, and sending it again."""

from datetime import datetime, timedelta
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from erpstaging.api.filters import TimeFilter, moment_of
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
from erpstaging.api.views.webhooks import read_id
from erpstaging.core.errors import Invalid
from erpstaging.hooks.log import DEFAULT_LIMIT, MAX_LIMIT, STATES, Asked, Logged, Opened, delivery_log, open_delivery
from erpstaging.hooks.models import DeliveryAttempt
from erpstaging.hooks.replaying import RANGES, Replayed, replay, replay_range

COUNT: Schema = {"type": "integer", "minimum": 0}
_LOGGED: dict[str, Schema] = {
    "id": ID,
    "hook_id": ID,
    "receiver": TEXT,
    "state": {"type": "string", "enum": list(STATES)},
    "resource_name": TEXT,
    "event_type": TEXT,
    "resource_id": ID,
    "event_id": ID,
    "message_id": TEXT,
    "correlation_id": nullable(TEXT),
    "test": FLAG,
    "attempts": COUNT,
    "created_at": TIME,
    "completed_at": nullable(TIME),
    "next_attempt_at": nullable(TIME),
    "gave_up_at": nullable(TIME),
    "last_status": nullable({"type": "integer"}),
    "last_error": nullable(TEXT),
    "last_duration_ms": nullable(COUNT),
    "replayed": nullable(object_of({"at": TIME, "by": TEXT, "reason": TEXT})),
}
LOGGED = component("LoggedDelivery", object_of(_LOGGED))
HEADERS: Schema = {"type": "object", "additionalProperties": TEXT}
ATTEMPT = component(
    "DeliveryAttempt",
    object_of(
        {
            "number": COUNT,
            "outcome": TEXT,
            "started_at": TIME,
            "duration_ms": COUNT,
            "request_headers": {**HEADERS, "description": "Secret values are masked"},
            "response_status": nullable({"type": "integer"}),
            "response_headers": HEADERS,
            "response_body": {**TEXT, "description": "At most 4 KiB"},
            "error": nullable(TEXT),
        }
    ),
)
OPENED = component(
    "OpenedDelivery",
    {"allOf": [LOGGED, object_of({"destination_url": TEXT, "request_body": TEXT, "tries": array_of(ATTEMPT)})]},
)
LOG = object_of({"rows": array_of(LOGGED), "next_cursor": nullable(TEXT)})
REPLAYED = object_of({"replayed": COUNT, "more": FLAG})


def logged_json(logged: Logged) -> dict[str, Any]:
    delivery, attempt = logged.delivery, logged.attempt
    replayed = {"at": wire_time(delivery.replayed_at), "by": delivery.replayed_by, "reason": delivery.replay_reason}
    return {
        "id": delivery.pk,
        "hook_id": delivery.hook_id,
        "receiver": delivery.hook.receiver,
        "state": logged.outcome,
        "resource_name": delivery.resource_name,
        "event_type": delivery.event_type,
        "resource_id": delivery.resource_id,
        "event_id": delivery.event_id,
        "message_id": delivery.event.ulid,
        "correlation_id": delivery.event.correlation_id or None,
        "test": delivery.is_test,
        "attempts": delivery.attempts,
        "created_at": wire_time(delivery.created_at),
        "completed_at": wire_time(delivery.completed_at),
        "next_attempt_at": wire_time(delivery.next_attempt_at),
        "gave_up_at": wire_time(delivery.gave_up_at),
        "last_status": attempt.status if attempt else None,
        "last_error": (attempt.error or None) if attempt else None,
        "last_duration_ms": attempt.duration_ms if attempt else None,
        "replayed": replayed if delivery.replayed_at else None,
    }


def opened_json(opened: Opened) -> dict[str, Any]:
    newest = opened.attempts[0] if opened.attempts else None
    return {
        **logged_json(Logged(opened.delivery, newest)),
        "destination_url": opened.delivery.hook.address,
        "request_body": opened.delivery.body,
        "tries": [attempt_json(one) for one in opened.attempts],
    }


def attempt_json(attempt: DeliveryAttempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "outcome": attempt.outcome,
        "started_at": wire_time(attempt.started_at),
        "duration_ms": attempt.duration_ms,
        "request_headers": attempt.request_headers,
        "response_status": attempt.status,
        "response_headers": attempt.headers,
        "response_body": attempt.body,
        "error": attempt.error or None,
    }


class DeliveriesView(PersonAPIView):
    """Who works with the ERP tool reads the log; administrators send again."""

    requires = frozenset({"member"})
    open_to = frozenset({"erp", "auditor"})
    object_type = "delivery"


class DeliveryLog(DeliveriesView):
    """Deliveries newest first, tests too. Filters narrow each other; `filters[created_at]=from...to` is a range."""

    operations = {"GET": Operation("The delivery log", LOG)}
    filters = {"created_at": TimeFilter("created_at")}

    def get(self, request: Request) -> Response:
        query = request.query_params
        span = self.lookups
        asked = Asked(
            hook_id=_id(query.get("hook_id"), "hook_id"),
            state=query.get("state", ""),
            resource_name=query.get("resource_name", "")[:60],
            event_type=query.get("event_type", "")[:6].lower(),
            resource_id=_id(query.get("resource_id"), "resource_id"),
            correlation_id=query.get("correlation_id", "")[:64],
            since=span.get("created_at__gte"),
            until=span.get("created_at__lt") or _just_after(span.get("created_at__lte")),
            cursor=query.get("cursor", ""),
            limit=min(read_count(query, "limit", default=DEFAULT_LIMIT), MAX_LIMIT),
        )
        part = delivery_log(self.company, asked)
        return Response({"rows": [logged_json(one) for one in part.rows], "next_cursor": part.next_cursor or None})

    @classmethod
    def described_parameters(cls, path: str, method: str, *, paged: bool) -> list[Schema]:
        ids = [parameter(name, "query", ID) for name in ("hook_id", "resource_id")]
        states = {"type": "string", "enum": list(STATES)}
        texts = [parameter(name, "query", TEXT) for name in ("resource_name", "event_type", "correlation_id", "cursor")]
        limit = parameter("limit", "query", {"type": "integer", "minimum": 1}, f"At most {MAX_LIMIT}")
        described = super().described_parameters(path, method, paged=paged)
        return [*described, *ids, parameter("state", "query", states), *texts, limit]


class DeliveryOf(DeliveriesView):
    """One delivery with its request, and each attempt with its answer, newest first."""

    operations = {"GET": Operation("A delivery with its attempts", OPENED)}

    def get(self, request: Request, delivery_id: int) -> Response:
        return Response(opened_json(open_delivery(self.company, delivery_id)))


class Replay(DeliveriesView):
    """`{"ids"}`, or `{"hook_id", "from", "to", "what"}` for all that a hook gave up in a time range, with a `reason`.

    The stored bytes are sent with the same message id and a fresh timestamp. `more` says that the range held more than
    one call takes.
    """

    operations = {
        "POST": Operation(
            "Send deliveries again",
            REPLAYED,
            body=object_of(
                {
                    "ids": array_of(ID),
                    "hook_id": ID,
                    "from": TIME,
                    "to": TIME,
                    "what": {"type": "string", "enum": list(RANGES)},
                    "reason": TEXT,
                },
                required=["reason"],
            ),
        )
    }

    def post(self, request: Request) -> Response:
        given = self.body if isinstance(self.body, dict) else {}
        return Response(replayed_json(self.replayed(given)))

    def replayed(self, given: dict[str, Any]) -> Replayed:
        reason = given.get("reason")
        if "ids" in given:
            return replay(self.company, self.actor, given["ids"], reason=reason)
        if given.get("hook_id") is None:
            raise Invalid.field("ids", "is required, or hook_id with from and to")
        return replay_range(
            self.company,
            self.actor,
            read_id(given["hook_id"], "hook_id"),
            what=given.get("what", "gave_up"),
            since=self.moment(given, "from"),
            until=self.moment(given, "to"),
            reason=reason,
        )

    def moment(self, given: dict[str, Any], name: str) -> datetime:
        """Raises Invalid."""
        try:
            return moment_of(str(given.get(name) or ""), self.company.zone)
        except (ValueError, OverflowError) as exc:
            raise Invalid.field(name, str(exc) or "must be a time with its offset from UTC") from None


def replayed_json(replayed: Replayed) -> dict[str, Any]:
    return {"replayed": replayed.count, "more": replayed.more}


def _just_after(moment: datetime | None) -> datetime | None:
    """The end of a range stands in it."""
    return None if moment is None else moment + timedelta(microseconds=1)


def _id(text: str | None, name: str) -> int | None:
    return None if text in (None, "") else read_id(text, name)
