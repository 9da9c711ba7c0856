"""Reports: how often what is rejected for which reason."""

import datetime as dt

from rest_framework.request import Request
from rest_framework.response import Response

from erpstaging.api.openapi import TEXT, TIME, Operation, array_of, component, nullable, object_of
from erpstaging.api.views.base import PersonAPIView
from erpstaging.connections.services import metadata_of
from erpstaging.core.errors import BadRequest
from erpstaging.records.snapshots import timestamp
from erpstaging.staging.rejections import CodeCount, Period, rejections_by_code

COUNT = {"type": "integer", "minimum": 0}
DAY = {"type": "string", "format": "date"}
REJECTIONS = component(
    "Rejections",
    object_of(
        {
            "from": DAY,
            "to": DAY,
            "total": COUNT,
            "codes": array_of(
                object_of(
                    {
                        "code": nullable(TEXT),
                        "label": nullable(TEXT),
                        "total": COUNT,
                        "exports": COUNT,
                        "imports": COUNT,
                        "latest_at": nullable(TIME),
                    }
                )
            ),
        }
    ),
)


class Rejections(PersonAPIView):
    """People's rejections by code. `?from=` and `?to=` are days of the company, both included; without: 30 days."""

    requires = frozenset({"member"})
    open_to = frozenset({"erp", "auditor"})
    operations = {"GET": Operation("Rejections by their code", REJECTIONS)}

    def get(self, request: Request) -> Response:
        query = request.query_params
        period = Period.of(self.company, _day(query.get("from"), "from"), _day(query.get("to"), "to"))
        since, until = period.moments(self.company)
        counts = rejections_by_code(self.company, metadata_of(self.company.pk), since=since, until=until)
        return Response(
            {
                "from": period.first.isoformat(),
                "to": period.last.isoformat(),
                "total": sum(one.total for one in counts),
                "codes": [_count_json(one) for one in counts],
            }
        )


def _day(text: str | None, name: str) -> dt.date | None:
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise BadRequest(f"{name} has to be a day.", code="bad_query", errors={name: ["must be YYYY-MM-DD"]}) from None


def _count_json(one: CodeCount) -> dict[str, object]:
    return {
        "code": one.code or None,
        "label": one.label or None,
        "total": one.total,
        "exports": one.exports,
        "imports": one.imports,
        "latest_at": timestamp(one.latest),
    }
