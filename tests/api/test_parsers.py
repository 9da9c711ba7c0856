"""The strict door: no body brings anything in that the database or a later reader cannot hold."""

import io
import json
import math
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import example, given
from hypothesis import strategies as st

from erpstaging.api.parsers import (
    MAX_DEPTH,
    MAX_QUERY_BYTES,
    body_limit,
    checked_query,
    declared_length,
    parse_json,
    read_body,
)
from erpstaging.core.errors import BadRequest, TooLarge

HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "blank": b"  ",
    "truncated": b'{"a": ',
    "trailing comma": b'{"a": 1,}',
    "two documents": b"{} {}",
    "trailing text": b"{} x",
    "line comment": b"{} // why not",
    "block comment": b"/* why not */ {}",
    "single quotes": b"{'a': 1}",
    "unquoted key": b"{a: 1}",
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "UTF-8 with a mark": b'\xef\xbb\xbf{"a": 1}',
    "Latin-1": b'{"a": "M\xfcller"}',
    "overlong": b'{"a": "\xc0\xaf"}',
    "raw surrogate": b'{"a": "\xed\xa0\x80"}',
    "raw NUL": b'{"a": "\x00"}',
    "escaped NUL": rb'{"a": "x\u0000y"}',
    "escaped NUL in a key": rb'{"a\u0000": 1}',
    "escaped NUL deep inside": rb'{"a": [{"b": ["\u0000"]}]}',
    "raw control character": b'{"a": "\x1f"}',
    "lone high surrogate": rb'{"a": "\ud800"}',
    "lone high surrogate before text": rb'{"a": "\ud800 and more text"}',
    "lone high surrogate before an escape": rb'{"a": "\ud800\n"}',
    "lone low surrogate": rb'{"a": "\udc00 and more text"}',
    "swapped surrogates": rb'{"a": "\udc00\ud800"}',
    "lone surrogate in a key": rb'{"\ud800 and more": 1}',
    "NaN": b'{"a": NaN}',
    "infinity": b'{"a": Infinity}',
    "minus infinity": b'{"a": -Infinity}',
    "overflow": b'{"a": 1e400}',
    "minus overflow": b'{"a": -1.5E+400}',
    "huge exponent": b'{"a": 1e99999999999999999999}',
    "beyond 64 bits": b'{"a": 9223372036854775808}',
    "below 64 bits": b'{"a": -9223372036854775809}',
    "integer of 41 digits": b'{"a": ' + b"1" * 41 + b"}",
    "integer of 5,000 digits": b'{"a": ' + b"1" * 5000 + b"}",
    "fraction of 41 digits": b'{"a": 0.' + b"1" * 41 + b"}",
    "leading zero": b'{"a": 01}',
    "plus sign": b'{"a": +1}',
    "no digit after the point": b'{"a": 1.}',
    "deep lists": b"[" * 33 + b"]" * 33,
    "deep objects": b'{"a":' * 33 + b"1" + b"}" * 33,
    "deep beyond the stack": b"[" * 100_000 + b"]" * 100_000,
    "duplicate key": b'{"a": 1, "a": 2}',
    "duplicate key by escape": rb'{"a": 1, "\u0061": 2}',
    "duplicate key with spaces": b'{"a" : 1, "a" : 2}',
    "duplicate key beside a value that looks like one": b'{"a" :1,"a" :2,"b":":x"}',
    "duplicate key deep inside": b'{"a": [{"b": 1, "b": 1}]}',
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_body_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequest):
        parse_json(body)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"null", None),
        (b'{"a": 9223372036854775807, "b": -9223372036854775808}', {"a": 2**63 - 1, "b": -(2**63)}),
        (b'{"a": 1.10}', {"a": Decimal("1.10")}),
        (b'{"a": 0.1000000000000000055511151231257827}', {"a": Decimal("0.1000000000000000055511151231257827")}),
        (b'{"a": 1E2}', {"a": Decimal("1E2")}),
        (b'{"a": true, "b": [null, false]}', {"a": True, "b": [None, False]}),
        (rb'{"a": "\ud83d\ude00 \\u0000 \/"}', {"a": "\U0001f600 \\u0000 /"}),
        (b'{"a": ":x", "b": "\\": ", "c": " : "}', {"a": ":x", "b": '": ', "c": " : "}),
        (b'{"a" : 1 , "b"\n:\t2}', {"a": 1, "b": 2}),
        (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]),
    ],
)
def test_what_is_within_the_limits_comes_out_exactly(body: bytes, value: Any) -> None:
    parsed = parse_json(body)

    assert parsed == value
    assert [type(each) for each in _leaves(parsed)] == [type(each) for each in _leaves(value)]


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for each in value.values() for leaf in _leaves(each)]
    return [leaf for each in value for leaf in _leaves(each)] if isinstance(value, list) else [value]


texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@given(values, st.booleans(), st.sampled_from([None, 2]), st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : ")]))
def test_every_value_of_json_survives_however_it_is_written(
    value: Any, ascii_only: bool, indent: int | None, separators: tuple[str, str]
) -> None:
    written = json.dumps(value, ensure_ascii=ascii_only, indent=indent, separators=separators)

    assert parse_json(written.encode()) == value


@given(st.binary(max_size=60))
@example(b'{"":"","":""}')
def test_no_bytes_bring_anything_but_a_value_or_a_refusal(body: bytes) -> None:
    try:
        parsed = parse_json(body)
    except BadRequest:
        return

    assert "\0" not in json.dumps(parsed, default=str, ensure_ascii=False)
    json.dumps(parsed, default=str, ensure_ascii=False).encode()  # no lone surrogate
    assert not any(isinstance(leaf, float) and not math.isfinite(leaf) for leaf in _leaves(parsed))


@given(st.lists(st.tuples(texts, st.integers(0, 9)), min_size=1, max_size=5))
def test_a_key_that_occurs_twice_is_always_found(pairs: list[tuple[str, int]]) -> None:
    body = "{" + ",".join(f"{json.dumps(key)}:{number}" for key, number in pairs) + "}"
    if len({key for key, _ in pairs}) == len(pairs):
        assert parse_json(body.encode()) == dict(pairs)
    else:
        with pytest.raises(BadRequest, match="twice"):
            parse_json(body.encode())


# Lengths


class Stream(io.BytesIO):
    """Counts what is read of it."""

    asked = 0

    def read(self, size: int | None = -1) -> bytes:
        self.asked += size or 0
        return super().read(size)


def test_a_body_that_announces_too_much_is_not_read() -> None:
    stream = Stream(b"x")

    with pytest.raises(TooLarge):
        read_body(stream, length=101, limit=100)

    assert stream.asked == 0


def test_a_body_that_is_longer_than_announced_is_read_one_byte_beyond_the_limit() -> None:
    stream = Stream(b"x" * 1000)

    with pytest.raises(TooLarge):
        read_body(stream, length=5, limit=100)

    assert stream.asked == 101


def test_a_body_that_ends_early_is_refused() -> None:
    with pytest.raises(BadRequest):
        read_body(Stream(b"{}"), length=3, limit=100)


@pytest.mark.parametrize("given", ["x", "-1", "1.5", "٣", "1" * 19])
def test_a_length_that_is_no_number_is_refused(given: str) -> None:
    with pytest.raises(BadRequest):
        declared_length({"CONTENT_LENGTH": given})


def test_a_chunked_body_without_a_length_is_refused() -> None:
    with pytest.raises(BadRequest):
        declared_length({"HTTP_TRANSFER_ENCODING": "Chunked"})


@pytest.mark.parametrize("meta", [{}, {"CONTENT_LENGTH": ""}, {"CONTENT_LENGTH": "0"}])
def test_no_length_is_no_body(meta: dict[str, str]) -> None:
    assert declared_length(meta) == 0


def test_sync_calls_may_be_longer(settings: Any) -> None:
    assert body_limit("/rest/v1.0/vendors/sync") == settings.MAX_SYNC_BODY_BYTES == 10 * 1024 * 1024
    assert body_limit("/rest/v1.0/vendors") == settings.MAX_BODY_BYTES == 2 * 1024 * 1024


# Query strings


@pytest.mark.parametrize("raw", ["a=%00", "a%00=1", "a=" + "x" * MAX_QUERY_BYTES])
def test_a_hostile_query_string_is_refused(raw: str) -> None:
    with pytest.raises(BadRequest):
        checked_query(QueryDict(raw), raw)
