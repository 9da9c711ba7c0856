"""What a record's columns hold, worked out from its entity's declaration and its data."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from erpstaging.catalogue.entity import Entity, merged_data
from erpstaging.core.errors import Invalid
from erpstaging.core.money import extended, wire_amount

Columns = dict[str, Any]


def settled_data(
    entity: Entity, current: Mapping[str, Any], changed: Mapping[str, Any], currency: str
) -> dict[str, Any]:
    """The data as it is stored: what stands there with what came; a line carries its amount, however that came about.

    Raises Invalid under `amount` when a line comes to more than a column can hold.
    """
    data = merged_data(current, changed)
    if entity.amount_field is None:
        return data
    kind = _line_kind(current, changed)
    if kind is not None:
        data["extended_type"] = kind
    amount = _line_amount(data, currency)
    return data if amount is None else {**data, entity.amount_field: wire_amount(amount)}


def _line_kind(current: Mapping[str, Any], changed: Mapping[str, Any]) -> str | None:
    """Whether a line is calculated from its parts or worth what was sent; None where nobody has said so yet.

    One whose parts came without an amount is calculated and stays so, until an amount is sent.
    """
    if changed.get("extended_type") is not None:
        return str(changed["extended_type"])
    standing: str | None = current.get("extended_type")
    data = {**current, **changed}
    if changed.get("amount") is not None:
        return "manual" if standing is not None else None
    if standing is None and data.get("amount") is None and _parts(data) is not None:
        return "calculated"
    return standing


def _parts(data: Mapping[str, Any]) -> tuple[Decimal, Decimal] | None:
    quantity, unit_cost = data.get("quantity"), data.get("unit_cost")
    return None if quantity is None or unit_cost is None else (Decimal(str(quantity)), Decimal(str(unit_cost)))


def _line_amount(data: Mapping[str, Any], currency: str) -> Decimal | None:
    """A calculated line is quantity times unit cost, rounded half up; a manual one is what was sent."""
    parts = _parts(data)
    if parts is not None and data.get("extended_type") == "calculated":
        try:
            return extended(*parts, currency)
        except ValueError as exc:
            raise Invalid.field("amount", str(exc)) from None
    amount = data.get("amount")
    return None if amount is None else Decimal(str(amount))


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
