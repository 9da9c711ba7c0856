"""Status management: taking an object's link to the ERP away (wire specification, 9.6)."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from erpstaging.api.views.external_data import ExternalDataView
from erpstaging.api.views.sync import read_updates
from erpstaging.core.errors import Invalid, NotFound
from erpstaging.records.external_data import wire_item_type
from erpstaging.records.models import Record
from erpstaging.staging.external import UNKNOWN, unlink_objects


def unlinked_json(record: Record) -> dict[str, Any]:
    return {
        "item_type": wire_item_type(record.item_type),
        "item_id": record.pk,
        "status": "not_synced",
        "origin_id": record.origin_id,
    }


class Unlink(ExternalDataView):
    """Unlinks one object, or each of `updates`, with its lines; what was imported as it can be imported again."""

    def post(self, request: Request) -> Response:
        if isinstance(self.body, dict) and "updates" in self.body:
            return self.many()
        (element,) = unlink_objects(self.company, [self.body], actor=self.actor)
        if element.errors == {"item_id": [UNKNOWN]}:
            raise NotFound()
        if element.record is None:
            text = next(iter(element.errors.values()))[0]
            raise Invalid(text, code=element.code, errors=element.errors)
        return Response(unlinked_json(element.record))

    patch = post

    def many(self) -> Response:
        elements = unlink_objects(self.company, read_updates(self.body), actor=self.actor)
        return Response(
            {
                "entities": [unlinked_json(one.record) for one in elements if one.record and not one.errors],
                "errors": [one.answer() for one in elements if one.errors],
            }
        )
