"""Codes that the ERP writes straight into their objects (wire specification, 8 and 10)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from erpstaging.api.views.base import CompanyAPIView
from erpstaging.api.views.sync import read_updates
from erpstaging.catalogue.entities.cost_codes import COST_CODE_VIEW, LINE_ITEM_TYPE_VIEW, STANDARD_COST_CODE_VIEW
from erpstaging.catalogue.fields import INT64
from erpstaging.catalogue.payload import Shape, fill
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.core.errors import BadRequest
from erpstaging.staging.direct import sync_records


class CodeSync(CompanyAPIView):
    """`PATCH .../sync` of one type of code."""

    requires = frozenset({"erp_admin"})
    direction = "direct"
    takes_list = True
    object_type = "record"
    item_type: ClassVar[str]
    shape: ClassVar[Shape]
    # What the whole call is about, in body or query; True where it has to be there.
    scope_keys: ClassVar[Mapping[str, bool]] = {}

    def patch(self, request: Request) -> Response:
        synced = sync_records(
            self.company, ENTITIES[self.item_type], read_updates(self.body), actor=self.actor, scope=self.scope()
        )
        return Response({"entities": [fill(self.shape, node) for node in synced.entities], "errors": synced.errors})

    def scope(self) -> dict[str, Any]:
        body = self.body if isinstance(self.body, dict) else {}
        found: dict[str, Any] = {}
        for name, required in self.scope_keys.items():
            value = body.get(name, self.request.query_params.get(name))
            if value is None and not required:
                continue
            text = "" if value is None or isinstance(value, bool) else str(value)
            if not (text.isascii() and text.isdigit()) or len(text) > 19 or int(text) >= INT64:
                reason = "is required" if value is None else "must be an id"
                raise BadRequest(f"{name} {reason}.", errors={name: [reason]})
            found[name] = int(text)
        return found


class StandardCostCodeSync(CodeSync):
    item_type = "standard_cost_code"
    shape = STANDARD_COST_CODE_VIEW
    scope_keys = {"standard_cost_code_list_id": True}


class CostCodeSync(CodeSync):
    item_type = "cost_code"
    shape = COST_CODE_VIEW
    scope_keys = {"project_id": True, "sub_job_id": False}


class LineItemTypeSync(CodeSync):
    item_type = "line_item_type"
    shape = LINE_ITEM_TYPE_VIEW
