"""Shapes of JSON answers and payloads, declared as data and filled from a snapshot.

A shape maps wire keys to sources. A source names a path in a snapshot node and the wire type; see records/snapshots.py
for what a node holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any, Literal

from erpstaging.core.money import wire_amount, wire_number

WireType = Literal[
    "any", "int", "string", "text", "bool", "decimal", "number", "date", "datetime", "json_text", "grouped", "midnight",
    "day",
]  # fmt: skip
Node = Mapping[str, Any]
Shape = Mapping[str, "Source"]


@dataclass(frozen=True, slots=True)
class Value:
    """One value; what stands under `instead`, else `default`, stands in for a missing or null one."""

    path: str
    type: WireType = "any"
    default: Any = None
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Fixed:
    value: Any


@dataclass(frozen=True, slots=True)
class Nested:
    """An object; null when the nodes under `path` and `instead` are missing."""

    path: str
    shape: Shape
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Each:
    """A list of objects; `kinds` are the shapes, by item type, of those that have one of their own."""

    path: str
    shape: Shape
    kinds: Mapping[str, Shape] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Given:
    """A value whose key is there only where there is something to say."""

    path: str


Source = Value | Fixed | Nested | Each | Given


Payload = Shape | Each


def fill_payload(payload: Payload, node: Node) -> dict[str, Any] | list[Any]:
    """As `fill`, for request data that may be a bare list."""
    return _each(payload, node) if isinstance(payload, Each) else fill(payload, node)


def fill(shape: Shape, node: Node) -> dict[str, Any]:
    return {
        key: _draw(source, node)
        for key, source in shape.items()
        if not isinstance(source, Given) or find(node, source.path)
    }


def _draw(source: Source, node: Node) -> Any:
    # A list of 2,000 objects comes through here a hundred thousand times.
    if isinstance(source, Value):
        value = find(node, source.path)
        if value is None and source.instead:
            value = find(node, source.instead)
        return source.default if value is None else as_wire(value, source.type)
    if isinstance(source, Fixed):
        return source.value
    if isinstance(source, Given):
        return find(node, source.path)
    if isinstance(source, Nested):
        inner = find(node, source.path)
        if inner is None and source.instead:
            inner = find(node, source.instead)
        return None if inner is None else fill(source.shape, inner)
    return _each(source, node)


def _each(source: Each, node: Node) -> list[Any]:
    kinds, shape = source.kinds, source.shape
    return [fill(kinds.get(one["item_type"], shape) if kinds else shape, one) for one in find(node, source.path) or ()]


def find(node: Node, path: str) -> Any:
    """The value under a dotted path, or None; an empty path is the node itself."""
    value: Any = node
    for step in _steps(path):
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


@cache
def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.split(".")) if path else ()


def as_wire(value: Any, wire_type: WireType) -> Any:
    if wire_type == "decimal":
        return wire_amount(Decimal(str(value)))
    if wire_type == "number":
        return wire_number(Decimal(str(value)))
    if wire_type in {"string", "text"}:
        return str(value)
    if wire_type == "grouped":
        return f"{Decimal(str(value)):,.2f}"
    if wire_type == "midnight":  # a day where the wire has a moment
        return f"{value}T00:00:00Z"
    if wire_type == "day":  # and the other way round
        return str(value)[: len("YYYY-MM-DD")]
    return value


def values(prefix: str, wire_type: WireType, *names: str, default: Any = None) -> dict[str, Source]:
    """The same kind of value for many keys of one name here and there."""
    return {name: Value(f"{prefix}{name}", wire_type, default) for name in names}
