"""What will be sent, as lines."""

import html
import json
import re
from typing import Any

import pytest

from erpstaging.approvals.json_lines import json_lines


def text_of(data: Any) -> str:
    return "\n".join(html.unescape(re.sub(r"<[^>]+>", "", line.html)) for line in json_lines(data))


@pytest.mark.parametrize(
    "data",
    [
        {"a": 1, "b": [], "c": {}, "d": None, "e": True, "f": "text"},
        {"items": [{"id": 1, "amount": "1.00"}, {"id": 2, "nested": {"x": [1, 2]}}], "empty": [{}]},
        [],
        "only text",
        {"lines": [{f"key_{number}": "x" * 30 for number in range(12)}]},
        {'quo"te': 'line\nbreak <b>&amp;</b> "quoted"', "ünïcode": "€"},
    ],
)
def test_the_lines_are_the_same_json(data: Any) -> None:
    assert json.loads(text_of(data)) == data


def test_values_cannot_become_markup() -> None:
    (line,) = json_lines("<script>alert(1)</script>")

    assert "<script>" not in line.html


def test_objects_of_plain_values_are_packed_into_few_lines() -> None:
    data = {"items": [{"id": 1, "code": "05-100", "quantity": "412.5"}]}

    assert text_of(data).splitlines() == [
        "{",
        '  "items": [',
        '    { "id": 1, "code": "05-100", "quantity": "412.5" }',
        "  ]",
        "}",
    ]


def test_what_is_typed_at_accept_is_marked() -> None:
    data = {"job_id": "HP", "additional_data": {"a/b": {"accounting_date": "2026-11-20"}}}

    hits = [line.html for line in json_lines(data, frozenset({"/additional_data/a~1b/accounting_date"})) if line.hit]

    assert len(hits) == 1
    assert "accounting_date" in hits[0]
