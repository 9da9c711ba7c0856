"""The request data that the integrator fetches, filled from the catalogue's declaration."""

from collections.abc import Mapping, Sequence
from typing import Any

from erpstaging.catalogue.events import EVENTS
from erpstaging.catalogue.payload import fill_payload

Node = Mapping[str, Any]


def request_data(request_name: str, abouts: Sequence[Node], *, company_id: int) -> dict[str, Any] | list[Any]:
    """The payload of one request, about one object, or of a batch about all of them. `about` makes the nodes."""
    event = EVENTS[request_name]
    node = {"items": abouts, "first": abouts[0], "company_id": company_id} if event.batch else abouts[0]
    return fill_payload(event.payload, node)


def about(
    node: Node, *, company_id: int, detail_id: int | None = None, inputs: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The node of one object with what its request says besides.

    `inputs` is what the approver typed at Accept: the code becomes the object's `origin_code`, the custom fields
    stand in `erp_custom_fields`.
    """
    typed = dict(inputs or {})
    found = {**node, "company_id": company_id, "request_detail_id": detail_id, "inputs": typed}
    if typed.get("code"):
        found["origin_code"] = typed["code"]
    return found
