"""The event feed, for integrators below `/rest/...` and for people below `/api/v1/...`."""

import datetime as dt
from collections.abc import Container

from django.http import QueryDict
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
from erpstaging.api.views.base import CompanyAPIView, CompanyView, PersonAPIView
from erpstaging.api.views.webhooks import read_id
from erpstaging.core.errors import BadRequest
from erpstaging.hooks.payloads import API_VERSIONS, SHAPES, payload
from erpstaging.hooks.resources import EVERY_TYPE, RESOURCES
from erpstaging.outbox.feed import DEFAULT_LIMIT, MAX_LIMIT, Wanted, read_feed

FEED = component(
    "EventFeed",
    object_of(
        {
            "events": array_of({"type": "object", "description": "As deliveries carry them"}),
            "next_cursor": {**nullable(TEXT), "description": "What to ask with next time"},
            "more": {**FLAG, "description": "Whether to ask at once"},
        }
    ),
)


class Feed(CompanyView):
    """What happened since a cursor, in commit order, deletes included. The cursor is the ulid of an event."""

    requires = frozenset({"erp_admin"})
    object_type = "event"
    operations = {"GET": Operation("List events since a cursor", FEED)}

    def get(self, request: Request) -> Response:
        version = request.query_params.get("api_version") or API_VERSIONS[0]
        if version not in SHAPES:
            raise _bad("api_version", f"must be one of {', '.join(API_VERSIONS)}")
        part = read_feed(self.company, wanted_in(request.query_params))
        return Response(
            {
                "events": [payload(event, version) for event in part.events],
                "next_cursor": part.next_cursor,
                "more": part.more,
            }
        )

    @classmethod
    def described_parameters(cls, path: str, method: str, *, paged: bool) -> list[Schema]:
        return [
            *super().described_parameters(path, method, paged=paged),
            parameter("cursor", "query", TEXT, "The ulid of the last known event; without: from the oldest kept"),
            parameter("since", "query", TIME, "Without a cursor: from this time on"),
            parameter("limit", "query", {"type": "integer", "minimum": 1}, f"At most {MAX_LIMIT}"),
            parameter("resource_name", "query", TEXT, "One name, or several with commas"),
            parameter("event_type", "query", TEXT, "create, update, delete, or several with commas"),
            parameter("project_id", "query", ID, "Of one project alone"),
            parameter("api_version", "query", TEXT, f"The shape of the events: {', '.join(API_VERSIONS)}"),
        ]


class EventFeed(Feed, CompanyAPIView):
    """For integrators."""


class PeoplesEventFeed(Feed, PersonAPIView):
    """For people."""

    requires = frozenset({"member"})
    open_to = frozenset({"erp_admin", "auditor"})


def wanted_in(query: QueryDict) -> Wanted:
    """Raises BadRequest."""
    project = query.get("project_id")
    return Wanted(
        cursor=query.get("cursor", ""),
        since=_moment(query.get("since")),
        resource_names=_words(query, "resource_name", RESOURCES),
        event_types=[word.lower() for word in _words(query, "event_type", (*EVERY_TYPE, *map(str.upper, EVERY_TYPE)))],
        project_id=None if project in (None, "") else read_id(project, "project_id"),
        limit=min(read_count(query, "limit", default=DEFAULT_LIMIT), MAX_LIMIT),
    )


def _words(query: QueryDict, name: str, known: Container[str]) -> list[str]:
    words = [word for text in query.getlist(name) for word in text.split(",") if word]
    unknown = [word for word in words if word not in known]
    if unknown:
        raise _bad(name, "is not known here")
    return words


def _moment(text: str | None) -> dt.datetime | None:
    if not text:
        return None
    try:
        moment = dt.datetime.fromisoformat(text.replace(" ", "+"))  # an offset that was not escaped
    except ValueError:
        raise _bad("since", "must be a time such as 2026-03-02T08:15:00Z") from None
    if moment.tzinfo is None:
        raise _bad("since", "needs an offset, such as Z")
    return moment


def _bad(name: str, text: str) -> BadRequest:
    return BadRequest(f"{name} {text}.", code="bad_query", errors={name: [text]})
