"""A company's own fields as declarations, and their values as they are read.

Values stand in `data.custom_fields.<key>` of the objects; a field is usable with the next call after it was added.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from erpstaging.catalogue.entity import CUSTOM, Entity
from erpstaging.catalogue.fields import LONG_TEXT, TEXT, Field, Kind
from erpstaging.connections.models import CustomField, DataType

KINDS: Mapping[str, Kind] = {
    DataType.STRING: "text",
    DataType.TEXT: "long_text",
    DataType.NUMBER: "number",
    DataType.INTEGER: "integer",
    DataType.BOOLEAN: "boolean",
    DataType.DATE: "date",
    DataType.CHOICE: "choice",
}
DATA_TYPES: Mapping[str, str] = {kind: data_type.value for data_type, kind in KINDS.items()}  # type: ignore[attr-defined]
SAID = ("item_type", "key", "label", "data_type", "choices", "required", "position", "active")


def custom_fields_of(company_id: int, *, inactive: bool = False) -> list[CustomField]:
    """The company's own fields in the order of its forms."""
    rows = CustomField.objects.of(company_id).order_by("item_type", "position", "pk")
    return list(rows if inactive else rows.filter(active=True))


def declared_fields(company_id: int) -> dict[str, tuple[Field, ...]]:
    """The company's own fields as declarations, by item type, with one query."""
    return declared(custom_fields_of(company_id))


def declared(fields: Iterable[CustomField]) -> dict[str, tuple[Field, ...]]:
    """The same of fields that were read already."""
    found: dict[str, list[Field]] = {}
    for one in fields:
        found.setdefault(one.item_type, []).append(_declared(one))
    return {item_type: tuple(group) for item_type, group in found.items()}


def field_keys(company_id: int) -> dict[str, set[str]]:
    """The keys of the company's own fields, removed ones too, by item type."""
    found: dict[str, set[str]] = {}
    for item_type, key in CustomField.objects.of(company_id).values_list("item_type", "key"):
        found.setdefault(item_type, set()).add(key)
    return found


def _declared(one: CustomField) -> Field:
    return Field(
        name=one.key,
        kind=KINDS[one.data_type],
        label=one.label,
        max_length=LONG_TEXT if one.data_type == DataType.TEXT else TEXT,
        choices=tuple(one.choices),
        required=one.required,
        edited=True,
    )


def custom_values(fields: Iterable[Field], data: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The company's own values as they are read: {"courier_id": {"data_type": "string", "value": "C-7"}}.

    Every field of the company's stands there; one without a value has null.
    """
    stored = data.get(CUSTOM) or {}
    return {one.name: {"data_type": DATA_TYPES[one.kind], "value": stored.get(one.name)} for one in fields}


def read_data(entity: Entity, data: Mapping[str, Any]) -> dict[str, Any]:
    """An object's `data` as answers show it: the company's own fields with their types, and no removed ones."""
    shown = {name: value for name, value in data.items() if name != CUSTOM}
    return {**shown, CUSTOM: custom_values(entity.custom, data)} if entity.custom else shown


def said_of(field: CustomField) -> dict[str, Any]:
    """What a field is, without ids and times."""
    return {name: getattr(field, name) for name in SAID}
