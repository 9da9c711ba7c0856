"""The request data that the integrator fetches, filled from the catalogue's declaration."""

from collections.abc import Mapping
from typing import Any

from erpstaging.catalogue.events import EVENTS
from erpstaging.catalogue.payload import fill

Node = Mapping[str, Any]


def request_data(
    request_name: str,
    node: Node,
    *,
    company_id: int,
    detail_id: int | None = None,
    inputs: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The payload of one event about one object.

    `inputs` is what the approver typed at Accept: the code becomes the object's `origin_code`, the custom fields
    stand in `erp_custom_fields`.
    """
    typed = dict(inputs or {})
    about = {**node, "company_id": company_id, "request_detail_id": detail_id, "inputs": typed}
    if typed.get("code"):
        about["origin_code"] = typed["code"]
    return fill(EVENTS[request_name].payload, about)
