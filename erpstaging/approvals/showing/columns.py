"""The columns that a company adds to the lists of one kind of object: those of its metadata, and its own fields."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from erpstaging.approvals.naming import local
from erpstaging.approvals.presenters import Shown
from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.fields import Field
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.rules import CODE_NAMES


@dataclass(frozen=True, slots=True)
class Column:
    """A further column. `field` is None for the display code of the ERP."""

    name: str
    label: str
    field: Field | None
    own: bool = False

    def value(self, data: Mapping[str, Any], code: str | None) -> Shown:
        """What stands in a row with these data."""
        if self.field is None:
            return code or None
        source = data.get("custom_fields") or {} if self.own else data
        return typed_value(self.field, source.get(self.name))


def columns_of(metadata: Metadata, entities: Sequence[Entity]) -> list[Column]:
    """The further columns of a list that shows these kinds together; columns that none of them has are left out."""
    if not entities:
        return []
    entities = [metadata.entity(one) for one in entities]
    rules = metadata.of(entities[0])
    wanted = dict(rules.columns) if rules is not None and not metadata.missing else {}
    chosen = [column for name, text in wanted.items() if (column := _column(name, text, entities))]
    names = {column.name for column in chosen}
    own = {one.name: one for entity in entities for one in entity.custom if one.name not in names}
    return [*chosen, *(Column(one.name, one.label, one, own=True) for one in own.values())]


def _column(name: str, text: str, entities: Iterable[Entity]) -> Column | None:
    for entity in entities:
        for field in (*entity.fields, *entity.custom):
            if field.name == name and field.kind != "reference":
                return Column(name, text or local(field.label), field, own=field in entity.custom)
    return Column("code", text, None) if name in CODE_NAMES else None


def typed_value(field: Field, value: Any) -> Shown:
    """A stored value of a field that names no other object, as pages show it."""
    if value is None or value == "":
        return None
    if field.kind in {"number", "money"}:
        return Decimal(str(value))
    if field.kind == "date":
        return dt.date.fromisoformat(value)
    if field.kind == "integers":
        return ", ".join(str(one) for one in value)
    return value  # type: ignore[no-any-return]
