"""What a record's columns hold, worked out from its entity's declaration and its data."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from erpstaging.catalogue.entity import Calculation, Entity, merged_data
from erpstaging.core.errors import Invalid
from erpstaging.core.money import TOO_LONG, extended, fits, wire_amount

Columns = dict[str, Any]


def settled_data(
    entity: Entity, current: Mapping[str, Any], changed: Mapping[str, Any], currency: str
) -> dict[str, Any]:
    """The data as it is stored: what stands there with what came; a line carries its amount, however that came about.

    Raises Invalid under the amount's name when a line comes to more than a column can hold.
    """
    data = merged_data(current, changed)
    if entity.amount_field is None:
        return data
    if entity.calculation is not None:
        kind = _line_kind(entity.amount_field, entity.calculation, current, changed)
        if kind is not None:
            data[entity.calculation.field] = kind
    amount = _amount(entity, entity.amount_field, data, currency)
    return data if amount is None else {**data, entity.amount_field: wire_amount(amount)}


def _line_kind(
    amount_field: str, calculation: Calculation, current: Mapping[str, Any], changed: Mapping[str, Any]
) -> str | None:
    """Whether a line is calculated from its parts or worth what was sent; None where nobody has said so yet.

    One whose parts came without an amount is calculated and stays so, until an amount is sent.
    """
    if changed.get(calculation.field) is not None:
        return str(changed[calculation.field])
    standing: str | None = current.get(calculation.field)
    data = {**current, **changed}
    if changed.get(amount_field) is not None:
        return calculation.sent if standing is not None else None
    if standing is None and data.get(amount_field) is None and _parts(data) is not None:
        return calculation.calculated
    return standing


def _parts(data: Mapping[str, Any]) -> tuple[Decimal, Decimal] | None:
    quantity, unit_cost = data.get("quantity"), data.get("unit_cost")
    return None if quantity is None or unit_cost is None else (Decimal(str(quantity)), Decimal(str(unit_cost)))


def _amount(entity: Entity, amount_field: str, data: Mapping[str, Any], currency: str) -> Decimal | None:
    """A calculated line is quantity times unit cost, rounded half up; one of several sums is their sum; any other one
    is what was sent."""
    parts, how = _parts(data), entity.calculation
    if parts is not None and how is not None and data.get(how.field) == how.calculated:
        try:
            return extended(*parts, currency)
        except ValueError as exc:
            raise Invalid.field(amount_field, str(exc)) from None
    if entity.summed:
        return _sum(amount_field, [data[name] for name in entity.summed if data.get(name) is not None])
    amount = data.get(amount_field)
    return None if amount is None else Decimal(str(amount))


def _sum(amount_field: str, amounts: Sequence[Any]) -> Decimal | None:
    total = sum((Decimal(str(amount)) for amount in amounts), start=Decimal(0))
    if not fits(total):
        raise Invalid.field(amount_field, TOO_LONG)
    return total if amounts else None


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
    # A line stands in its parent's project; those of a company-level cost each say in which.
    if not entity.is_child or data.get("project_id") is not None:
        columns["project_id"] = data.get("project_id")
    return columns


def unique_key(entity: Entity, data: Mapping[str, Any]) -> str | None:
    """What no second record of the type may have; none while a part that tells them apart is missing."""
    if not entity.unique_within or not data.get(entity.unique_within[-1]):
        return None
    return "|".join(str(data.get(name) or "") for name in entity.unique_within)[:600]
