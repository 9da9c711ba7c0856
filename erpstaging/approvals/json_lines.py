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


def json_lines(data: object, typed: frozenset[str] = frozenset()) -> list[JsonLine]:
    """Lines of indented JSON. `typed` holds JSON pointers, such as `/additional_data/accounting_date`.

    An object of plain values is packed into as few lines as fit, because a contract has hundreds of lines.
    """
    return list(_value(data, "", "", "", typed, depth=0))


def _token(kind: str, text: str) -> str:
    # Tokens are escaped here and nowhere else; what is joined below is markup already.
    return f'<span class="{kind}">{escape(text)}</span>'


def _mark(text: str) -> str:
    return f"<i>{text}</i>"


def _scalar(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return _token("s" if isinstance(value, str) else "d", text)


def _key(name: str) -> str:
    return _token("k", json.dumps(name, ensure_ascii=False)) + _mark(":") + " "


def _line(html: str, *, hit: bool = False) -> JsonLine:
    return JsonLine(mark_safe(html), hit)  # noqa: S308 - built from escaped tokens


def _child(pointer: str, name: str) -> str:
    return f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"


def _value(
    value: object, pointer: str, key: str, comma: str, typed: frozenset[str], *, depth: int
) -> Iterator[JsonLine]:
    if isinstance(value, dict) and value:
        yield from _object(value, pointer, key, comma, typed, depth=depth)
    elif isinstance(value, list) and value:
        yield from _array(value, pointer, key, comma, typed, depth=depth)
    else:
        empty = "{}" if isinstance(value, dict) else "[]"
        html = _mark(empty) if isinstance(value, (dict, list)) else _scalar(value)
        yield _line(INDENT * depth + key + html + comma, hit=pointer in typed)


def _object(
    value: dict[str, object], pointer: str, key: str, comma: str, typed: frozenset[str], *, depth: int
) -> Iterator[JsonLine]:
    if not key and depth and _is_plain(value):
        yield from _packed(value, pointer, comma, typed, depth=depth)
        return
    yield _line(INDENT * depth + key + _mark("{"))
    last = len(value) - 1
    for number, (name, child) in enumerate(value.items()):
        follows = _mark(",") if number < last else ""
        yield from _value(child, _child(pointer, name), _key(name), follows, typed, depth=depth + 1)
    yield _line(INDENT * depth + _mark("}") + comma)


def _array(
    value: list[object], pointer: str, key: str, comma: str, typed: frozenset[str], *, depth: int
) -> Iterator[JsonLine]:
    yield _line(INDENT * depth + key + _mark("["))
    last = len(value) - 1
    for number, child in enumerate(value):
        follows = _mark(",") if number < last else ""
        yield from _value(child, f"{pointer}/{number}", "", follows, typed, depth=depth + 1)
    yield _line(INDENT * depth + _mark("]") + comma)


def _is_plain(value: dict[str, object]) -> bool:
    return not any(isinstance(child, (dict, list)) and child for child in value.values())


def _packed(
    value: dict[str, object], pointer: str, comma: str, typed: frozenset[str], *, depth: int
) -> Iterator[JsonLine]:
    """`{ "id": 1, "line": 1,` and further lines below it, each at most WIDTH characters long."""
    margin = INDENT * depth
    html, width, hit = margin + _mark("{") + " ", len(margin) + 2, False
    last = len(value) - 1
    for number, (name, child) in enumerate(value.items()):
        length = len(json.dumps(name, ensure_ascii=False)) + len(json.dumps(child, ensure_ascii=False)) + 4
        if width + length > WIDTH and number:
            yield _line(html.rstrip(), hit=hit)
            html, width, hit = margin + INDENT, len(margin) + 2, False
        html += _key(name) + (
            _scalar(child) if not isinstance(child, (dict, list)) else _mark("{}" if isinstance(child, dict) else "[]")
        )
        html += _mark(",") + " " if number < last else ""
        width += length
        hit = hit or _child(pointer, name) in typed
    yield _line(f"{html} {_mark('}')}{comma}", hit=hit)
