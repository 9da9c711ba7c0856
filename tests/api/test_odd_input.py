"""No body of any shape is a fault of ours: every call is answered below 500, in JSON, with words."""

import base64
import json
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erpstaging.records.models import Record
from tests.fixtures.callers import Answer

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXT,
    st.sampled_from(["", " ", "x" * 300, "1e400", "9" * 25, "-0", "٣", "2026-13-40", "A", "SITE-7", "CRED-12"]),
)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=8
)
ITEM_TYPES = st.sampled_from(["vendor", "project", "work_order_contract", "line_item", "change_order", None])


def element(*keys: str) -> st.SearchStrategy[object]:
    """An object with some of these keys holding anything, or anything else."""
    known = {key: JSON for key in keys} | {"item_type": ITEM_TYPES | JSON}
    return st.fixed_dictionaries({}, optional=known) | JSON


DATA = st.dictionaries(
    st.sampled_from(
        [
            "name", "title", "number", "status", "amount", "quantity", "unit_cost", "position", "project_origin_id",
            "vendor_origin_id", "cost_code_origin_id", "project_id", "vendor_id", "cost_code_id", "description",
            "is_active", "trade_ids", "estimated_start_date", "flag", "parent_id",
        ]
    ),
    JSON,
    max_size=6,
)  # fmt: skip
CHILD = st.fixed_dictionaries({}, optional={"item_type": ITEM_TYPES, "origin_id": LEAVES, "data": DATA})
STAGED = st.fixed_dictionaries(
    {},
    optional={
        "item_type": ITEM_TYPES | JSON,
        "id": JSON,
        "origin_id": JSON,
        "origin_code": JSON,
        "origin_data": JSON,
        "parent_id": JSON,
        "parent_origin_id": JSON,
        "status": JSON | st.sampled_from(["staged", "archived", "imported", "invalid"]),
        "data": DATA | JSON,
        "children": st.lists(CHILD, max_size=2) | JSON,
        "origin_version": JSON,
    },
)


def not_a_fault(answer: Answer) -> None:
    assert answer.status < 500, answer
    if answer.status >= 400:
        assert answer.body["message"]
        assert answer.body["errors"]


shaken = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.fixture
def integrated(integrator, project, vendor, cost_code, cost_type):
    """The integration of a company in which something stands."""
    return integrator


@shaken
@given(updates=st.lists(STAGED | JSON, max_size=4) | JSON, atomic=JSON)
def test_staging_many(integrated, updates, atomic):
    answer = integrated.patch("staged_records/sync", {"updates": updates, "atomic": atomic})

    not_a_fault(answer)
    if isinstance(updates, list) and answer.status == 200:
        assert len(answer.body["entities"]) + len(answer.body["errors"]) >= len(updates)


@shaken
@given(sent=STAGED | JSON, wrapped=st.booleans())
def test_staging_one(integrated, sent, wrapped):
    not_a_fault(integrated.post("staged_records", {"staged_record": sent} if wrapped else sent))


@shaken
@given(updates=st.lists(element("item_id", "id", "origin_id", "origin_code", "origin_data"), max_size=4) | JSON)
def test_external_data(integrated, updates):
    not_a_fault(integrated.patch("external_data/sync", updates))
    not_a_fault(integrated.patch("external_data", {"updates": updates}))


@shaken
@given(body=st.fixed_dictionaries({}, optional={"item_type": ITEM_TYPES | JSON, "item_ids": JSON}) | JSON)
def test_unlinking_many(integrated, body):
    not_a_fault(integrated.delete("external_data/bulk_destroy", body))


@shaken
@given(updates=st.lists(element("id", "status", "messages"), max_size=4) | JSON)
def test_closing_details(integrated, updates):
    not_a_fault(integrated.patch("erp_request_details/sync", updates))
    not_a_fault(integrated.patch("erp_request_details/7", {"request_detail": updates}))


@shaken
@given(
    updates=st.lists(
        element("id", "origin_id", "origin_code", "origin_data", "name", "code", "csv_import_code", "position",
                "parent_id", "parent_origin_id", "base_type", "project_id", "standard_cost_code_id", "full_code"),
        max_size=4,
    ) | JSON,
    scope=JSON,
)  # fmt: skip
def test_codes(integrated, project, updates, scope):
    project_id = Record.objects.of(project.company_id).get(item_type="project").pk
    not_a_fault(integrated.patch("line_item_types/sync", updates))
    not_a_fault(integrated.patch("cost_codes/sync", {"updates": updates, "project_id": project_id}))
    not_a_fault(integrated.patch("cost_codes/sync", {"updates": updates, "project_id": scope}))
    not_a_fault(integrated.patch("standard_cost_codes/sync", {"updates": updates, "standard_cost_code_list_id": scope}))


@shaken
@given(body=st.fixed_dictionaries({}, optional={"connection": element("service_url", "metadata")}) | JSON)
def test_connections(integrated, company, body):
    not_a_fault(integrated.post("erp_connections", body))
    not_a_fault(integrated.patch(f"erp_connections/{company.pk}", body))
    not_a_fault(integrated.patch("erp_metadata_configuration", body))
    not_a_fault(integrated.patch("erp_metadata_configuration", {"metadata": body}))


@shaken
@given(
    body=st.fixed_dictionaries(
        {},
        optional={
            "item_type": ITEM_TYPES | JSON,
            "project_id": JSON,
            "parent_id": JSON,
            "data": DATA | JSON,
            "version": JSON,
            "line_items": st.lists(
                st.fixed_dictionaries({}, optional={"id": JSON, "data": DATA | JSON, "_destroy": JSON}), max_size=2
            )
            | JSON,
        },
    )
    | JSON
)
def test_records_of_people(sign_in, project_user, contract, body):
    caller = sign_in(project_user)

    not_a_fault(caller.post("records", body))
    not_a_fault(caller.patch(f"records/{contract.pk}", body))


@shaken
@given(
    body=st.fixed_dictionaries(
        {},
        optional={
            "version": st.just(1) | JSON,
            "code": JSON,
            "custom_fields": JSON,
            "confirm": JSON,
            "undo_seconds": JSON,
            "reason": JSON | st.just("Wrong retainage"),
            "pins": JSON,
        },
    )
    | JSON
)
def test_decisions_of_people(gate, sign_in, approver, body):
    if gate.record().lock == "none":
        gate.send()
    export, caller = gate.export(), sign_in(approver)

    for act in ("undo", "retry", "reject", "accept"):
        not_a_fault(caller.post(f"exports/{export.pk}/{act}", body))


@shaken
@given(cursor=TEXT | JSON.map(lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).decode()))
def test_any_cursor(sign_in, approver, connection, cursor):
    not_a_fault(sign_in(approver).get(f"queue?{urlencode({'cursor': cursor})}"))


@pytest.mark.parametrize(
    "inside",
    [
        "[" * 5000,
        '["2026-01-01T00:00:00+00:00", Infinity]',
        '["2026-01-01T00:00:00+00:00", NaN]',
        '["2026-01-01T00:00:00+00:00", 1e400]',
        '["2026-01-01T00:00:00+00:00", null]',
        '["2026-01-01T00:00:00+00:00", "7"]',
        '["2026-01-01T00:00:00", 7]',
        '["0001-01-01T00:00:00+23:59", 7]',
        '["9999-12-31T23:59:59-23:59", 7]',
        '["2026-01-01T00:00:00+00:00"]',
        '{"a": 1, "b": 2}',
        '"ab"',
    ],
    ids=lambda text: text[:45],
)
def test_a_cursor_that_is_none_of_ours(sign_in, approver, connection, inside):
    cursor = base64.urlsafe_b64encode(inside.encode()).decode()

    answer = sign_in(approver).get(f"queue?{urlencode({'cursor': cursor})}")

    assert answer.status in {200, 400}
