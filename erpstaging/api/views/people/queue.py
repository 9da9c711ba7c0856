"""The work queue and what it lists: `GET queue`, `records`, `staged_records`, `exports`."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from erpstaging.api.paging import read_count
from erpstaging.api.views.base import PersonAPIView
from erpstaging.api.views.people.answers import queue_row_json
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.core.errors import BadRequest
from erpstaging.core.money import wire_amount
from erpstaging.staging.queue import COUNTED_TO, DEFAULT_LIMIT, MAX_LIMIT, Asked, Part, View, queue_part, view_counts


class WorkQueue(PersonAPIView):
    """What waits in one view, oldest first, with the counts of all views."""

    requires = frozenset({"member"})
    open_to = frozenset({"erp", "auditor"})

    def get(self, request: Request) -> Response:
        asked = self.asked(request)
        part = queue_part(self.company, asked)
        answer: dict[str, Any] = {
            **part_json(part),
            "view": asked.view,
            "counts": {str(view): counted(count) for view, count in view_counts(self.company).items()},
        }
        if asked.view is View.READY_TO_IMPORT:
            fixing = Asked(View.NEEDS_FIXING, asked.item_types, asked.text, asked.project_id)
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
        return Asked(
            view=View(view),
            item_types=item_types,
            text=query.get("q", "")[:255],
            project_id=read_count(query, "project_id", default=0) or None,
            cursor=query.get("cursor", ""),
            limit=min(read_count(query, "limit", default=DEFAULT_LIMIT), MAX_LIMIT),
        )


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
