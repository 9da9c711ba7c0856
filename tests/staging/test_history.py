"""What changed of a staged record since somebody decided, and the bodies as they were received."""

import json
from typing import Any

import pytest

from erpstaging.core.errors import NotFound
from erpstaging.staging.call import Received
from erpstaging.staging.history import MASK, history_of, masked, received_of
from erpstaging.staging.imports import reject_import
from erpstaging.staging.intake import stage_records
from tests.staging.conftest import contract_sent, line_sent, vendor_sent


@pytest.fixture
def ledger(request) -> Any:
    return request.getfixturevalue("connection")


def received(company, integration, body: bytes) -> None:
    updates = json.loads(body)["updates"]
    call = Received("/rest/v1.0/x/sync", "application/json", body)
    assert stage_records(company.pk, updates, actor=integration, received=call).errors == []


def names(history) -> list[tuple[str, Any, Any]]:
    return [(one.name, one.before, one.after) for one in history.comparison.fields]


def test_a_row_that_came_once_has_no_changes(company, ledger, stage, row):
    stage(vendor_sent("V-1", "Kestrel"))

    assert history_of(company, row("V-1")).comparison is None
    assert not history_of(company, row("V-1")).is_worth_showing


def test_the_last_call_is_compared_with_what_stood_before(company, ledger, stage, row):
    stage(vendor_sent("V-1", "Kestrel", data={"name": "Kestrel", "city": "Golden"}))
    stage(vendor_sent("V-1", "Kestrel", data={"name": "Kestrel Ltd"}))
    stage(vendor_sent("V-1", "Kestrel", origin_code="1", data={"name": "Kestrel Ltd"}))

    history = history_of(company, row("V-1"))

    assert names(history) == [("origin_code", None, "1")]
    assert history.comparison.equal == ["name", "city"]
    first = history.moments[1]
    assert names(history_of(company, row("V-1"), since=first.change_id)) == [
        ("origin_code", None, "1"),
        ("name", "Kestrel", "Kestrel Ltd"),
    ]
    with pytest.raises(NotFound):
        history_of(company, row("V-1"), since=987654321)


def test_what_changed_is_told_since_the_last_decision(company, ledger, stage, row, approver):
    stage(vendor_sent("V-1", "Kestrel"))
    reject_import(company, row("V-1").pk, actor=approver, version=1, reason="Where is it?")
    stage(vendor_sent("V-1", data={"name": "Kestrel", "city": "Golden"}))
    stage(vendor_sent("V-1", data={"name": "Kestrel", "zip": "80401"}))

    assert names(history_of(company, row("V-1"))) == [("city", None, "Golden"), ("zip", None, "80401")]


def test_lines_are_compared_with_those_of_the_same_moment(company, stage, row, project, vendor, cost_code, cost_type):
    stage(contract_sent("ORD-1", line_sent("L-1"), line_sent("L-2", amount="10")))
    stage(contract_sent("ORD-1", line_sent("L-2", amount="25"), line_sent("L-3", amount="7")))

    compared = history_of(company, row("ORD-1")).comparison

    assert compared.fields == []
    assert compared.equal_lines == ["L-1"]
    (changed, added) = compared.lines
    assert (changed.before["amount"], changed.after["amount"]) == ("10.0", "25.0")
    assert (added.origin_id, added.before, added.after["amount"]) == ("L-3", None, "7.0")


@pytest.mark.capability("IN-05")
def test_what_came_too_late_is_kept_aside_and_told(company, ledger, stage, row):
    stage(vendor_sent("V-1", data={"name": "Kestrel five"}, origin_version=5))
    stage(vendor_sent("V-1", data={"name": "Kestrel four"}, origin_version=4))

    history = history_of(company, row("V-1"))

    assert row("V-1").data["name"] == "Kestrel five"
    (older,) = history.older
    assert older.origin_version == 4
    assert [(one.before, one.after) for one in older.fields] == [("Kestrel four", "Kestrel five")]
    assert history.is_worth_showing


BODY = b"""{
  "updates": [
    {"item_type": "vendor", "origin_id": "V-0", "data": {"name": "Other", "iban": "DE02 1203"}},
    {"item_type": "vendor", "origin_id": "V-1",  "data": {"name": "Kestrel \\u00e9", "IBAN": ["DE02", 1.50]}}
  ]
}
"""


@pytest.mark.capability("IN-11")
def test_a_body_is_kept_byte_by_byte_and_says_which_element_was_the_row(company, ledger, row, integration, admin):
    received(company, integration, BODY)

    seen = received_of(company, row("V-1"), actor=admin)

    assert (seen.body, seen.fetched, seen.seen) == (BODY, BODY, BODY.decode())
    assert seen.place == "/updates/1"
    assert received_of(company, row("V-0"), actor=admin).place == "/updates/0"


@pytest.mark.capability("IN-11")
def test_sensitive_values_are_covered_and_everything_else_stays(company, ledger, row, integration, approver):
    received(company, integration, BODY)

    seen = received_of(company, row("V-1"), actor=approver)

    covered = BODY.decode().replace('"DE02 1203"', f'"{MASK}"').replace('["DE02", 1.50]', f'"{MASK}"')
    assert (seen.seen, seen.fetched.decode()) == (covered, covered)
    assert "DE02" not in seen.seen


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"iban": "a\\"b", "x": 1}', f'{{"iban": "{MASK}", "x": 1}}'),
        ('{"iban" : {"token": 1, "y": [2]}}', f'{{"iban" : "{MASK}"}}'),
        ('{"x": "iban", "y": "\\"iban\\": 5"}', '{"x": "iban", "y": "\\"iban\\": 5"}'),
        ('{"\\u0069ban": null}', f'{{"\\u0069ban": "{MASK}"}}'),
        ('[{"Password": true}]', f'[{{"Password": "{MASK}"}}]'),
        ("no json at all", "no json at all"),
    ],
)
def test_only_values_of_sensitive_names_are_covered(text, expected):
    assert masked(text) == expected


def test_a_row_without_a_body_has_no_source(company, ledger, stage, row, approver):
    stage(vendor_sent("V-1"))

    with pytest.raises(NotFound):
        received_of(company, row("V-1"), actor=approver)
