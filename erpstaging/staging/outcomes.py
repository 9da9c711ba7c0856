"""Outcomes per line inside one answer of the integrator: an object that the ERP took without some of its lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from erpstaging.catalogue.fields import INT64
from erpstaging.core.errors import Invalid
from erpstaging.erp_requests.services import clean_messages
from erpstaging.records.external_data import wire_item_type
from erpstaging.staging.models import StagedExport

SUCCESS, FAILED = "success", "failed"
MAX_ITEMS = 5000


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """What the ERP said of one line of an object, or of the object itself."""

    item_type: str
    item_id: int
    failed: bool
    messages: list[str]


def clean_items(value: Any) -> list[ItemOutcome]:
    """`[{"item_type", "item_id", "status", "messages"}]`; none is an empty list. Raises Invalid by field."""
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > MAX_ITEMS:
        raise Invalid.field("items", f"must be a list of at most {MAX_ITEMS} outcomes")
    return [_outcome(one, f"items.{place}") for place, one in enumerate(value)]


def _outcome(sent: Any, place: str) -> ItemOutcome:
    if not isinstance(sent, Mapping):
        raise Invalid.field(place, "must be an object")
    item_type, item_id, status = sent.get("item_type"), sent.get("item_id"), sent.get("status")
    if not isinstance(item_type, str):
        raise Invalid.field(f"{place}.item_type", "must be an item type")
    if isinstance(item_id, bool) or not isinstance(item_id, int) or not 0 < item_id < INT64:
        raise Invalid.field(f"{place}.item_id", "must be an id")
    if not isinstance(status, str) or status.lower() not in {SUCCESS, FAILED}:
        raise Invalid.field(f"{place}.status", f"must be one of {SUCCESS}, {FAILED}")
    try:
        messages = clean_messages(sent.get("messages"))
    except Invalid as refusal:
        raise Invalid.field(f"{place}.messages", refusal.errors["messages"][0]) from None
    return ItemOutcome(item_type, item_id, status.lower() == FAILED, messages)


def strange_items(items: Sequence[ItemOutcome], export: StagedExport | None) -> dict[str, list[str]]:
    """What is wrong with outcomes of something that did not leave with the export, by field."""
    if not items:
        return {}
    about = [] if export is None else [export.snapshot, *export.snapshot.get("lines", ())]
    known = {node["id"]: {node["item_type"], wire_item_type(node["item_type"])} for node in about}
    errors: dict[str, list[str]] = {}
    for place, one in enumerate(items):
        if one.item_id not in known:
            errors[f"items.{place}.item_id"] = ["is neither this object nor one of its lines"]
        elif one.item_type not in known[one.item_id]:
            errors[f"items.{place}.item_type"] = [f"must be {' or '.join(sorted(known[one.item_id]))}"]
    return errors


def failed_items(items: Sequence[ItemOutcome]) -> list[dict[str, Any]]:
    """The refused ones, as an export keeps them; the last word on each counts."""
    last = {one.item_id: one for one in items}
    return [
        {"item_type": one.item_type, "item_id": one.item_id, "messages": one.messages}
        for one in last.values()
        if one.failed
    ]
