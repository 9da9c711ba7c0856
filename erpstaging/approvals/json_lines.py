"""JSON as numbered lines with marked-up tokens, so that a person can read what will be sent."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

INDENT = "  "
WIDTH = 100


@dataclass(frozen=True, slots=True)
class JsonLine:
    """`hit` marks a line whose value the approver types."""

    html: SafeString
    hit: bool


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a value stands: its JSON pointer, its depth, and the markup before and after it on its line."""

    pointer: str = ""
    depth: int = 0
    key: str = ""
    comma: str = ""

    @property
    def margin(self) -> str:
        return INDENT * self.depth

    def child(self, name: str | int, *, key: str = "", last: bool) -> "Spot":
        step = str(name).replace("~", "~0").replace("/", "~1")
        return Spot(f"{self.pointer}/{step}", self.depth + 1, key, "" if last else _mark(","))


def json_lines(data: object, typed: frozenset[str] = frozenset()) -> list[JsonLine]:
    """Lines of indented JSON. `typed` holds JSON pointers, such as `/additional_data/accounting_date`.

    An object of plain values in a list is packed into as few lines as fit, because a contract has hundreds of lines.
    """
    return list(_value(data, Spot(), typed))


# Tokens are escaped here and nowhere else; what is joined below is markup already.


def _token(kind: str, value: object) -> str:
    return f'<span class="{kind}">{escape(_text(value))}</span>'


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _mark(text: str) -> str:
    return f"<i>{text}</i>"


def _key(name: str) -> str:
    return _token("k", name) + _mark(":") + " "


def _plain(value: object) -> str:
    """A value without children: a scalar, `{}` or `[]`."""
    if isinstance(value, (dict, list)):
        return _mark(_text(value))
    return _token("s" if isinstance(value, str) else "d", value)


def _line(html: str, *, hit: bool = False) -> JsonLine:
    return JsonLine(mark_safe(html), hit)  # noqa: S308 - built from escaped tokens


def _value(value: object, spot: Spot, typed: frozenset[str]) -> Iterator[JsonLine]:
    if isinstance(value, dict) and value:
        in_list = bool(spot.depth and not spot.key)
        packed = in_list and not any(isinstance(child, (dict, list)) and child for child in value.values())
        yield from (_packed if packed else _object)(value, spot, typed)
    elif isinstance(value, list) and value:
        yield from _array(value, spot, typed)
    else:
        yield _line(f"{spot.margin}{spot.key}{_plain(value)}{spot.comma}", hit=spot.pointer in typed)


def _object(value: dict[str, object], spot: Spot, typed: frozenset[str]) -> Iterator[JsonLine]:
    yield _line(spot.margin + spot.key + _mark("{"))
    for number, (name, child) in enumerate(value.items(), start=1):
        yield from _value(child, spot.child(name, key=_key(name), last=number == len(value)), typed)
    yield _line(spot.margin + _mark("}") + spot.comma)


def _array(value: list[object], spot: Spot, typed: frozenset[str]) -> Iterator[JsonLine]:
    yield _line(spot.margin + spot.key + _mark("["))
    for number, child in enumerate(value):
        yield from _value(child, spot.child(number, last=number == len(value) - 1), typed)
    yield _line(spot.margin + _mark("]") + spot.comma)


def _packed(value: dict[str, object], spot: Spot, typed: frozenset[str]) -> Iterator[JsonLine]:
    """`{ "id": 1, "line": 1,` and further lines below it, each at most WIDTH characters long."""
    html, width, hit = spot.margin + _mark("{") + " ", len(spot.margin) + 2, False
    for number, (name, child) in enumerate(value.items(), start=1):
        length = len(_text(name)) + len(_text(child)) + 4
        if width + length > WIDTH and number > 1:
            yield _line(html.rstrip(), hit=hit)
            html, width, hit = spot.margin + INDENT, len(spot.margin) + 2, False
        place = spot.child(name, last=number == len(value))
        html += f"{_key(name)}{_plain(child)}{place.comma} "
        width += length
        hit = hit or place.pointer in typed
    yield _line(html + _mark("}") + spot.comma, hit=hit)
