"""The strict door: what every body and every query string has to keep to before any view sees it.

PostgreSQL's text and jsonb hold neither NUL nor lone surrogates, and its numbers no infinity, so they are refused here,
once, instead of in every column.
"""

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import IO, Any

import msgspec
from django.conf import settings
from django.http import HttpRequest, QueryDict
from rest_framework.parsers import BaseParser

from erpstaging.core.errors import BadRequest, TooLarge

MAX_DEPTH = 32
MAX_DIGITS = 40
MAX_QUERY_BYTES = 8 * 1024
SMALLEST, LARGEST = -(2**63), 2**63 - 1


def _fraction(text: str) -> Decimal:
    """A number with a fraction or an exponent, exactly as written."""
    if len(text) > MAX_DIGITS and sum(character.isdigit() for character in text) > MAX_DIGITS:
        raise ValueError(f"A number has more than {MAX_DIGITS} digits.")
    if ("e" in text or "E" in text) and math.isinf(float(text)):
        raise ValueError("A number is too large.")
    return Decimal(text)


_decoder = msgspec.json.Decoder(float_hook=_fraction)


def parse_json(body: bytes) -> Any:
    """Plain Python from one JSON document: whole numbers are int, the others Decimal.

    Raises BadRequest for everything that reliability demands to refuse: malformed JSON, other encodings, NUL and lone
    surrogates, numbers beyond 64 bits or 40 digits, nesting deeper than 32, and keys that occur twice in an object.
    """
    try:
        value = _decoder.decode(body)
    except RecursionError:
        raise BadRequest(f"The body is nested deeper than {MAX_DEPTH} levels.", code="malformed_json") from None
    except (ValueError, ArithmeticError) as exc:
        raise BadRequest(f"The body is not valid JSON: {_readable(exc)}", code="malformed_json") from None
    pairs = _checked_pairs(value)
    if pairs not in _quick_counts(body) and pairs != _keys_written(body):
        raise BadRequest("The body names a key twice in one object.", code="malformed_json")
    if rb"\u0000" in body and _holds_nul(value):
        raise BadRequest("The body holds the character NUL.", code="malformed_json")
    return value


def _readable(exc: Exception) -> str:
    if isinstance(exc, UnicodeDecodeError):
        return "it is not UTF-8."
    if isinstance(exc, ArithmeticError):
        return "a number is too large."
    return str(exc)


def _checked_pairs(root: Any) -> int:
    """How many key-value pairs there are, having looked at the depth and at every whole number on the way."""
    pairs = depth = 0
    level: list[Any] = [[root]]
    while level:
        if depth > MAX_DEPTH:
            raise BadRequest(f"The body is nested deeper than {MAX_DEPTH} levels.", code="malformed_json")
        depth += 1
        below = []
        for container in level:
            values = container
            if type(container) is dict:
                pairs += len(container)
                values = container.values()
            for value in values:
                kind = type(value)
                if kind is dict or kind is list:
                    below.append(value)
                elif kind is int and not SMALLEST <= value <= LARGEST:
                    raise BadRequest("A whole number does not fit into 64 bits.", code="malformed_json")
        level = below
    return pairs


def _quick_counts(body: bytes) -> Iterator[int]:
    """Counts that are the number of keys or more, never less: one that equals the pairs shows that no key came twice.

    All colons, and then those that follow a quote: a key's, but also one that opens a text. The exact count makes a
    piece of every text, which costs half as much again as reading the body.
    """
    yield body.count(b":")
    yield body.translate(None, b" \t\r\n").count(b'":')


def _keys_written(body: bytes) -> int:
    """How many keys the text has: the parser keeps the last of two equal ones and does not say so.

    A colon outside of strings follows a key. With the escapes gone, every second piece between quotes is outside.
    """
    if b"\\" in body:
        body = body.replace(rb"\\", b"").replace(rb"\"", b"")
    return b"".join(body.split(b'"')[::2]).count(b":")


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any("\0" in key or _holds_nul(inner) for key, inner in value.items())
    return isinstance(value, list) and any(map(_holds_nul, value))


def body_limit(path: str) -> int:
    """In bytes; calls that carry many elements may be longer."""
    return settings.MAX_SYNC_BODY_BYTES if path.endswith("/sync") else settings.MAX_BODY_BYTES


def declared_length(meta: Mapping[str, Any]) -> int:
    """The bytes that the caller announces; 0 without a body.

    Raises BadRequest where the length is missing (chunked bodies) or not a number.
    """
    given = str(meta.get("CONTENT_LENGTH") or "0")
    if not (given.isascii() and given.isdigit()) or len(given) > 18:
        raise BadRequest("Content-Length is not a number.", code="bad_length")
    if given == "0" and "chunked" in str(meta.get("HTTP_TRANSFER_ENCODING", "")).lower():
        raise BadRequest("Send the body with a Content-Length.", code="bad_length")
    return int(given)


def read_body(stream: IO[bytes] | HttpRequest, *, length: int, limit: int) -> bytes:
    """At most `limit` bytes. Raises TooLarge beyond it, BadRequest when fewer arrive than announced."""
    if length > limit:
        raise TooLarge(f"The body is longer than {limit} bytes.")
    body: bytes = stream.read(limit + 1)
    if len(body) > limit:
        raise TooLarge(f"The body is longer than {limit} bytes.")
    if len(body) < length:
        raise BadRequest("The body is shorter than its Content-Length.", code="bad_length")
    return body


class StrictJSONParser(BaseParser):
    """The one JSON parser of the API."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        request = (parser_context or {})["request"]
        body = read_body(stream, length=declared_length(request.META), limit=body_limit(request.path))
        request.received_body = body  # kept beside what is made of it, where the view keeps bodies
        return parse_json(body)


def checked_query(query: QueryDict, raw: str) -> QueryDict:
    """The query string, when it is short enough and free of NUL. Raises BadRequest otherwise."""
    if len(raw) > MAX_QUERY_BYTES:
        raise BadRequest(f"The query string is longer than {MAX_QUERY_BYTES} bytes.", code="bad_query")
    if "\0" in raw or "%00" in raw:
        raise BadRequest("The query string holds the character NUL.", code="bad_query")
    return query
