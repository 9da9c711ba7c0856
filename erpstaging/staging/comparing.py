"""Two frozen objects side by side: which fields and lines are different, and what that makes of the total."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from erpstaging.catalogue.entity import CUSTOM, Entity
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.records.models import Record
from erpstaging.records.snapshots import Node


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that is another one now; both are values of `data`, None where there is none."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class LineDifference:
    """A line that was added (`before` is None), taken away (`after` is None) or changed, each as its frozen node."""

    line_id: int
    position: int
    before: Node | None
    after: Node | None
    fields: Sequence[FieldChange]

    @property
    def amount(self) -> Decimal:
        """By how much the line changes the total."""
        return amount_of(self.after) - amount_of(self.before)


@dataclass(frozen=True, slots=True)
class Differences:
    """What is different between two snapshots of one object. `equal` and `equal_lines` name what is the same.

    `names` says what the records are called that changed references lead to. The totals are None where the object
    has none, and their difference where they are in two currencies.
    """

    entity: Entity
    line_entity: Entity | None
    fields: Sequence[FieldChange]
    equal: Sequence[str]
    lines: Sequence[LineDifference]
    equal_lines: Sequence[int]
    total_before: Decimal | None
    total_after: Decimal | None
    currency_before: str
    currency_after: str
    names: Mapping[int, str]

    def __bool__(self) -> bool:
        return bool(self.fields or self.lines or self.total_before != self.total_after)

    @property
    def total_difference(self) -> Decimal | None:
        if self.total_before is None or self.total_after is None or self.currency_before != self.currency_after:
            return None
        return self.total_after - self.total_before


def compare_snapshots(company: Company, before: Node, after: Node, metadata: Metadata) -> Differences:
    """Compare two frozen nodes of the same object, such as `StagedExport.snapshot`: one query, for the names."""
    entity = metadata.entity(ENTITIES[after["item_type"]])
    line_entity = _line_entity(entity, metadata)
    fields, equal = _field_changes(entity, before, after)
    lines, equal_lines = _line_changes(line_entity, before, after)
    return Differences(
        entity=entity,
        line_entity=line_entity,
        fields=fields,
        equal=equal,
        lines=lines,
        equal_lines=equal_lines,
        total_before=_total(before),
        total_after=_total(after),
        currency_before=before.get("currency") or "",
        currency_after=after.get("currency") or "",
        names=_names(company, entity, fields, line_entity, lines),
    )


def same_content(before: Node, after: Node) -> bool:
    """Whether two nodes of one object say the same, their links to the ERP aside."""
    old, new = ({line["id"]: _content(line) for line in node.get("lines", ())} for node in (before, after))
    return _content(before) == _content(after) and old == new


def _content(node: Node) -> dict[str, Any]:
    return {name: _plain(value) for name, value in node["data"].items() if _plain(value) is not None}


def amount_of(node: Node | None) -> Decimal:
    return Decimal(str((node or {}).get("amount") or 0))


def _total(node: Node) -> Decimal | None:
    return None if node.get("amount") is None else amount_of(node)


def _line_entity(entity: Entity, metadata: Metadata) -> Entity | None:
    if entity.line_type is None:
        return metadata.entity(ENTITIES["cost_code"]) if entity.item_type == "project" else None
    return metadata.entity(ENTITIES[entity.line_type].under(entity.item_type))


def _lines(node: Node) -> Sequence[Node]:
    """The lines of an object; the cost codes that leave with a project stand in their place."""
    return [*node.get("lines", ()), *node.get("cost_codes", ())]


def _field_changes(entity: Entity, before: Node, after: Node) -> tuple[list[FieldChange], list[str]]:
    """In the order in which the entity declares its fields; what nobody declared comes last."""
    old, new = _values(before), _values(after)
    declared = [*(one.name for one in entity.fields), *(one.name for one in entity.custom), "origin_code"]
    unknown = sorted((old.keys() | new.keys()) - set(declared))
    changed, equal = [], []
    for name in [*declared, *unknown]:
        was, now = _plain(old.get(name)), _plain(new.get(name))
        if was != now:
            changed.append(FieldChange(name, was, now))
        elif now is not None:
            equal.append(name)
    return changed, equal


def _values(node: Node) -> dict[str, Any]:
    data = {name: value for name, value in node["data"].items() if name != CUSTOM}
    return {**data, **(node["data"].get(CUSTOM) or {}), "origin_code": node.get("origin_code")}


def _plain(value: Any) -> Any:
    """An emptied field is the same as one that never had a value."""
    return None if value in ("", [], {}) else value


def _line_changes(entity: Entity | None, before: Node, after: Node) -> tuple[list[LineDifference], list[int]]:
    if entity is None:
        return [], []
    old = {line["id"]: line for line in _lines(before)}
    changed: list[LineDifference] = []
    equal: list[int] = []
    for place, line in enumerate(_lines(after), start=1):
        was, position = old.pop(line["id"], None), line.get("position") or place
        fields = _field_changes(entity, was, line)[0] if was is not None else []
        if was is not None and not fields and amount_of(was) == amount_of(line):
            equal.append(position)
        else:
            changed.append(LineDifference(line["id"], position, was, line, fields))
    gone = [
        LineDifference(line["id"], line.get("position") or place, line, None, [])
        for place, line in enumerate(_lines(before), start=1)
        if line["id"] in old
    ]
    return sorted([*changed, *gone], key=lambda one: one.position), equal


def _names(
    company: Company,
    entity: Entity,
    fields: Iterable[FieldChange],
    line_entity: Entity | None,
    lines: Iterable[LineDifference],
) -> dict[int, str]:
    """Number and title of what the changed references lead to."""
    ids = _referred(entity, fields)
    for line in lines:
        ids |= _referred(line_entity or entity, line.fields)
    rows = Record.objects.of(company).filter(pk__in=ids).values_list("pk", "number", "title")
    return {pk: f"{number} {title}".strip() for pk, number, title in rows} if ids else {}


def _referred(entity: Entity, fields: Iterable[FieldChange]) -> set[int]:
    references = {one.name for one in entity.references}
    values = [value for one in fields if one.name in references for value in (one.before, one.after)]
    return {value for value in values if isinstance(value, int)}
