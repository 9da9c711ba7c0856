"""Shapes of JSON answers and payloads, declared as data and filled from a snapshot.

A shape maps wire keys to sources. A source names a path in a snapshot node and the wire type; see records/snapshots.py
for what a node holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Literal

from erpstaging.core.money import wire_amount, wire_number

WireType = Literal["any", "int", "string", "text", "bool", "decimal", "number", "date", "datetime", "json_text"]
Node = Mapping[str, Any]
Shape = Mapping[str, "Source"]


@dataclass(frozen=True, slots=True)
class Value:
    """One value; `default` stands in for a missing or null one."""

    path: str
    type: WireType = "any"
    default: Any = None


@dataclass(frozen=True, slots=True)
class Fixed:
    value: Any


@dataclass(frozen=True, slots=True)
class Nested:
    """An object; null when the node under `path` is missing."""

    path: str
    shape: Shape


@dataclass(frozen=True, slots=True)
class Each:
    """A list of objects."""

    path: str
    shape: Shape


@dataclass(frozen=True, slots=True)
class Given:
    """A value whose key is there only where there is something to say."""

    path: str


Source = Value | Fixed | Nested | Each | Given


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
        return source.default if value is None else as_wire(value, source.type)
    if isinstance(source, Fixed):
        return source.value
    inner = find(node, source.path)
    if isinstance(source, Given):
        return inner
    if isinstance(source, Nested):
        return None if inner is None else fill(source.shape, inner)
    return [fill(source.shape, one) for one in inner or ()]


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
    return value


def values(prefix: str, wire_type: WireType, *names: str, default: Any = None) -> dict[str, Source]:
    """The same kind of value for many keys of one name here and there."""
    return {name: Value(f"{prefix}{name}", wire_type, default) for name in names}
