"""Shapes of JSON answers and payloads, declared as data and filled from a snapshot.

A shape maps wire keys to sources. A source names a path in a snapshot node and the wire type; see records/snapshots.py
for what a node holds.
"""

from collections.abc import Callable, Mapping, Sequence
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
    if not isinstance(payload, Each):
        return fill(payload, node)
    filled: list[Any] = _drawn(payload)(node)
    return filled


def fill(shape: Shape, node: Node) -> dict[str, Any]:
    """The object that a shape describes, of one node."""
    return {key: draw(node) for key, draw, optional in _drawings(shape) if not optional or draw(node)}


def find(node: Node, path: str) -> Any:
    """The value under a dotted path, or None; an empty path is the node itself."""
    return _taken(path)(node)


# A list of 2,000 objects draws a hundred thousand values. So every source becomes a function once, and every shape the
# list of them: wire key, function, and whether the key is left out where there is nothing to say.

Draw = Callable[[Node], Any]
Drawings = Sequence[tuple[str, Draw, bool]]
# Shapes are declared once and for all, some for each company's own fields. A shape is kept beside its drawings, so
# that its id stays its own.
MOST_SHAPES = 2_000
_known: dict[int, tuple[Shape, Drawings]] = {}


def _drawings(shape: Shape) -> Drawings:
    found = _known.get(id(shape))
    if found is None:
        if len(_known) >= MOST_SHAPES:
            _known.clear()
        drawings = [(key, _drawn(source), isinstance(source, Given)) for key, source in shape.items()]
        found = _known[id(shape)] = (shape, drawings)
    return found[1]


def _drawn(source: Source) -> Draw:
    if isinstance(source, Value):
        return _drawn_value(source)
    if isinstance(source, Fixed):
        return lambda _: source.value
    if isinstance(source, Given):
        return _taken(source.path)
    if isinstance(source, Nested):
        take = _taken_or(source.path, source.instead)

        def nested(node: Node) -> Any:
            inner = take(node)
            return None if inner is None else fill(source.shape, inner if isinstance(inner, dict) else {})

        return nested
    return _drawn_each(source)


def _drawn_value(source: Value) -> Draw:
    take, default = _taken_or(source.path, source.instead), source.default
    as_wire = AS_WIRE.get(source.type)
    if as_wire is not None:
        change = as_wire

        def changed(node: Node) -> Any:
            value = take(node)
            return default if value is None else change(value)

        return changed
    if default is None:
        return take

    def drawn(node: Node) -> Any:
        value = take(node)
        return default if value is None else value

    return drawn


def _drawn_each(source: Each) -> Draw:
    take, kinds, shape = _taken(source.path), source.kinds, source.shape
    if not kinds:
        return lambda node: [fill(shape, one) for one in take(node) or ()]
    return lambda node: [fill(kinds.get(one["item_type"], shape), one) for one in take(node) or ()]


def _taken_or(path: str, instead: str) -> Draw:
    first = _taken(path)
    if not instead:
        return first
    second = _taken(instead)

    def either(node: Node) -> Any:
        value = first(node)
        return second(node) if value is None else value

    return either


@cache
def _taken(path: str) -> Draw:
    names = path.split(".") if path else []
    if len(names) == 1:
        (name,) = names
        return lambda node: node.get(name)
    if len(names) == 2:
        outer, inner = names

        def two(node: Node) -> Any:
            value = node.get(outer)
            return value.get(inner) if isinstance(value, dict) else None

        return two

    def many(node: Node) -> Any:
        value: Any = node
        for name in names:
            if not isinstance(value, dict):
                return None
            value = value.get(name)
        return value

    return many


# Wire types that are not listed go out as they are.
AS_WIRE: Mapping[str, Callable[[Any], Any]] = {
    "decimal": lambda value: wire_amount(Decimal(str(value))),
    "number": lambda value: wire_number(Decimal(str(value))),
    "string": str,
    "text": str,
    "grouped": lambda value: f"{Decimal(str(value)):,.2f}",
    "midnight": lambda value: f"{value}T00:00:00Z",  # a day where the wire has a moment
    "day": lambda value: str(value)[: len("YYYY-MM-DD")],  # and the other way round
}


def values(prefix: str, wire_type: WireType, *names: str, default: Any = None) -> dict[str, Source]:
    """The same kind of value for many keys of one name here and there."""
    return {name: Value(f"{prefix}{name}", wire_type, default) for name in names}
