"""External data: the origin IDs of our objects (wire specification, 9.5)."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from erpstaging.api.views.base import CompanyAPIView
from erpstaging.api.views.sync import read_updates
from erpstaging.catalogue.fields import INT64
from erpstaging.catalogue.registry import EXTERNAL
from erpstaging.core.errors import BadRequest
from erpstaging.records.external_data import external_row
from erpstaging.records.models import Record
from erpstaging.records.reuse import was_linked_to
from erpstaging.staging.answers import Element
from erpstaging.staging.external import destroy_external_data, sync_external_data


class ExternalDataView(CompanyAPIView):
    requires = frozenset({"erp_admin"})
    direction = "export"
    object_type = "external_data"


class ExternalData(ExternalDataView):
    """The rows of some objects, and setting them; `PATCH` here is the same call as `sync`."""

    takes_list = True

    def get(self, request: Request) -> Response:
        query = request.query_params
        rows = Record.objects.of(self.company).filter(deleted_at=None, origin_id__isnull=False)
        if query.get("item_type") is not None:
            if query["item_type"] not in EXTERNAL:
                message = f"must be one of {', '.join(EXTERNAL)}"
                raise BadRequest("item_type is unknown.", code="bad_query", errors={"item_type": [message]})
            rows = rows.filter(item_type__in=EXTERNAL[query["item_type"]])
        ids = [_id(text) for text in (*query.getlist("item_id"), *query.getlist("item_ids[]"))]
        if ids:
            rows = rows.filter(pk__in=ids)
        if query.get("origin_id") is not None:
            rows = rows.filter(origin_id=query["origin_id"])
        page = self.page
        found = rows.order_by("pk")[page.offset : page.offset + page.per_page]
        return self.paged([external_row(record) for record in found], rows.count())

    def patch(self, request: Request) -> Response:
        elements = sync_external_data(self.company, read_updates(self.body), actor=self.actor)
        return Response(
            {
                "entities": [_answered(one) for one in elements if one.record and not one.errors],
                "errors": [one.answer() for one in elements if one.errors],
            }
        )


def _answered(element: Element) -> dict[str, Any]:
    """The row, and of an origin ID that was on another object before, which one that was."""
    row = external_row(element.record) if element.record is not None else {}
    was = element.was
    return row if was is None else {**row, "was_linked_to": {"item_id": was.record_id, "message": was_linked_to(was)}}


def _id(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 19 or int(text) >= INT64:
        raise BadRequest("item_id must be an id.", code="bad_query", errors={"item_id": ["must be an id"]})
    return int(text)


class BulkDestroy(ExternalDataView):
    """Unlinking many objects of one type."""

    needs_body = frozenset({"DELETE"})

    def delete(self, request: Request) -> Response:
        body = self.body if isinstance(self.body, dict) else {}
        destroy_external_data(self.company, body.get("item_type"), body.get("item_ids"), actor=self.actor)
        return Response(status=204)
