"""The work queue and what it lists: `GET queue`, `records`, `staged_records`, `exports`."""

from dataclasses import replace
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from erpstaging.api.openapi import FLAG, ID, TEXT, Schema, array_of, parameter
from erpstaging.api.paging import read_count
from erpstaging.api.views.base import PersonAPIView
from erpstaging.api.views.people.answers import queue_row_json
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.core.errors import BadRequest
from erpstaging.core.money import wire_amount
from erpstaging.staging.queue import COUNTED_TO, DEFAULT_LIMIT, MAX_LIMIT, Asked, Part, View, queue_part, view_counts
from erpstaging.staging.queue_order import SORTS
from erpstaging.staging.queue_reading import DECLARED, Declared, fits, read_filters


class WorkQueue(PersonAPIView):
    """What waits in one view, oldest first, with the counts of all views."""

    requires = frozenset({"member"})
    open_to = frozenset({"erp", "auditor"})

    def get(self, request: Request) -> Response:
        asked = self.asked(request)
        part = queue_part(self.company, asked)
        if part.order != asked.order:
            text = f"More than {COUNTED_TO:,} rows match; narrow them to sort by another column than since."
            raise BadRequest(text, code="bad_query", errors={"sort": ["sorts 10,000 rows at most"]})
        answer: dict[str, Any] = {
            **part_json(part),
            "view": asked.view,
            "counts": {str(view): counted(count) for view, count in view_counts(self.company).items()},
        }
        if asked.view is View.READY_TO_IMPORT and fits(asked.filters, View.NEEDS_FIXING):
            fixing = replace(asked, view=View.NEEDS_FIXING, sort="", cursor="", limit=DEFAULT_LIMIT)
            answer["needs_fixing"] = part_json(queue_part(self.company, fixing))
        return Response(answer)

    def asked(self, request: Request) -> Asked:
        query = request.query_params
        view = query.get("view", View.READY_TO_EXPORT)
        if view not in set(View):
            words = ", ".join(View)
            raise BadRequest("The view is unknown.", code="bad_query", errors={"view": [f"must be one of {words}"]})
        item_types = [one for text in query.getlist("item_type") for one in text.split(",") if one]
        unknown = [one for one in item_types if one not in ENTITIES]
        if unknown:
            raise BadRequest(
                "The item type is unknown.", code="bad_query", errors={"item_type": [f"{unknown[0]} is unknown"]}
            )
        read = read_filters(dict(query.lists()), View(view), company=self.company, actor=self.actor)
        if read.wrong:
            name, why = next(iter(read.wrong.items()))
            errors = {wrong: [str(reason)] for wrong, reason in read.wrong.items()}
            raise BadRequest(f"The filter {name} {why}.", code="bad_query", errors=errors)
        return Asked(
            view=View(view),
            item_types=item_types,
            text=query.get("q", "")[:255],
            filters=read.filters,
            sort=read.sort,
            cursor=query.get("cursor", ""),
            limit=min(read_count(query, "limit", default=DEFAULT_LIMIT), MAX_LIMIT),
        )

    @classmethod
    def described_parameters(cls, path: str, method: str, *, paged: bool) -> list[Schema]:
        """Further than what every view takes: those that the queue itself declares."""
        return [*super().described_parameters(path, method, paged=paged), *described_queue()]


def described_queue() -> list[Schema]:
    words = [*SORTS, *(f"-{word}" for word in SORTS)]
    kinds = {"type": "string", "enum": sorted(ENTITIES)}
    most = {"type": "integer", "minimum": 1, "maximum": 999_999_999}
    return [
        parameter("view", "query", {"type": "string", "enum": list(View)}, "ready_to_export unless given"),
        parameter("item_type", "query", array_of(kinds), "Alternatives"),
        parameter("q", "query", TEXT, "Part of the number, title, company or origin ID"),
        *(_described(name, declared) for name, declared in DECLARED.items()),
        parameter(
            "sort", "query", {"type": "string", "enum": words}, "By since at any length, else 10,000 rows at most"
        ),
        parameter("cursor", "query", TEXT, "next_cursor of the page before"),
        parameter("limit", "query", most, f"{DEFAULT_LIMIT} unless given, {MAX_LIMIT} at most"),
    ]


def _described(name: str, declared: Declared) -> Schema:
    kinds: dict[str, Schema] = {
        "project_id": {**ID, "minimum": 1},
        "vendor_id": {**ID, "minimum": 1},
        "decidable": FLAG,
        "received_from": {"type": "string", "format": "date"},
        "received_to": {"type": "string", "format": "date"},
    }
    schema = kinds.get(name, TEXT)
    if declared.words:
        schema = {"type": "string", "enum": sorted({word for words in declared.words.values() for word in words})}
    explained = declared.explained
    if declared.views != frozenset(View):
        explained += f". In the views {', '.join(view for view in View if view in declared.views)}"
    return parameter(name, "query", array_of(schema) if declared.many else schema, explained)


def counted(count: int) -> int | str:
    """A number of rows, which nobody counts further than to 10,000."""
    return f"{COUNTED_TO}+" if count > COUNTED_TO else count


def part_json(part: Part) -> dict[str, Any]:
    return {
        "rows": [queue_row_json(row) for row in part.rows],
        "next_cursor": part.next_cursor or None,
        "total": f"{part.total}+" if part.capped else part.total,
        "sums": {currency: wire_amount(amount) for currency, amount in part.sums.items()},
    }
