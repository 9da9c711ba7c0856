"""What a record's columns hold, worked out from its entity's declaration and its data."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from erpstaging.catalogue.entity import Entity
from erpstaging.core.money import rounded, wire_amount

Columns = dict[str, Any]


def line_amount(data: Mapping[str, Any], currency: str) -> Decimal | None:
    """A calculated line is quantity times unit cost, rounded half up; a manual one is what was sent.

    A line that does not say which it is counts as calculated when only its parts were sent.
    """
    quantity, unit_cost, amount = (data.get(name) for name in ("quantity", "unit_cost", "amount"))
    has_parts = quantity is not None and unit_cost is not None
    if has_parts and (data.get("extended_type") == "calculated" or (amount is None and "extended_type" not in data)):
        return rounded(Decimal(str(quantity)) * Decimal(str(unit_cost)), currency)
    return None if amount is None else Decimal(str(amount))


def settled_data(entity: Entity, data: Mapping[str, Any], currency: str) -> dict[str, Any]:
    """The data as it is stored: a line carries its amount, however that came about."""
    if entity.amount_field is None:
        return dict(data)
    amount = line_amount(data, currency)
    return dict(data) if amount is None else {**data, entity.amount_field: wire_amount(amount)}


def columns_of(entity: Entity, data: Mapping[str, Any]) -> Columns:
    """The columns that mirror values of `data`, for lists to search and sort by."""
    number = data.get(entity.number_field) if entity.number_field else None
    status = data.get(entity.status_field) if entity.status_field else None
    columns: Columns = {
        "number": str(number or ""),
        "title": str(data.get(entity.title_field) or "")[:255],
        "status": str(status or ""),
        "position": data.get("position"),
        "vendor_id": data.get("vendor_id"),
        "unique_key": unique_key(entity, data),
    }
    if entity.amount_field:
        amount = data.get(entity.amount_field)
        columns["amount"] = None if amount is None else Decimal(str(amount))
    if not entity.is_child:
        columns["project_id"] = data.get("project_id")
    return columns


def unique_key(entity: Entity, data: Mapping[str, Any]) -> str | None:
    """What no second record of the type may have; none while a part that tells them apart is missing."""
    if not entity.unique_within or not data.get(entity.unique_within[-1]):
        return None
    return "|".join(str(data.get(name) or "") for name in entity.unique_within)[:600]
