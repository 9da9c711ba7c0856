"""What integrators stage: which row is meant, what is refused, and that one element never undoes another."""

import dataclasses

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from erpstaging.audit.models import Entry
from erpstaging.connections.services import store_metadata
from erpstaging.core.errors import Invalid, NotFound
from erpstaging.core.scope import company_scope
from erpstaging.outbox.models import Event
from erpstaging.staging.call import Received
from erpstaging.staging.intake import (
    create_staged_record,
    delete_staged_record,
    stage_records,
    update_staged_record,
)
from erpstaging.staging.models import Intake, StagedChange, StagedRecord
from tests.fixtures.ledger import metadata
from tests.staging.conftest import change_order_sent, contract_sent, line_sent, sub_job_sent, vendor_sent

UNKNOWN_ID = {"id": ["Entity with this ID not found"]}


@pytest.fixture
def connected(connection):
    """Only connected: nothing is synced or imported yet."""


@pytest.fixture
def ready(project, vendor, cost_code, cost_type):
    """Everything that a contract names is linked."""


# The table of id and origin ID (wire specification, section 8)


@pytest.mark.parametrize(
    ("id_sent", "origin_sent", "outcome"),
    [
        (None, None, {"origin_id": ["can't be blank"]}),
        ("unknown", None, UNKNOWN_ID),
        ("A", None, "A changed"),
        (None, "new", "new row"),
        (None, "A", "A changed"),
        ("A", "new", "A renamed"),
        ("A", "A", "A changed"),
        ("A", "B", {"origin_id": ["B is already staged as {B}"]}),
        ("unknown", "new", UNKNOWN_ID),
        ("unknown", "A", UNKNOWN_ID),
        ("foreign", None, UNKNOWN_ID),
        ("deleted", None, UNKNOWN_ID),
    ],
)
@pytest.mark.capability("IN-04")
def test_which_row_is_meant(connected, company, other_company, integration, stage, row, id_sent, origin_sent, outcome):
    ids = {"A": stage(vendor_sent("A")).entities[0].pk, "B": stage(vendor_sent("B")).entities[0].pk}
    ids["deleted"] = stage(vendor_sent("D")).entities[0].pk
    delete_staged_record(company.pk, ids["deleted"], actor=integration)
    with company_scope(other_company.pk):
        ids["foreign"] = stage_records(other_company.pk, [vendor_sent("F")], actor=integration).entities[0].pk
    ids["unknown"] = ids["foreign"] + 1000
    sent = vendor_sent("?", "Changed")
    sent |= {"id": ids[id_sent]} if id_sent else {}
    sent |= {"origin_id": {"new": "NEW"}.get(origin_sent, origin_sent)}

    staged = stage(sent)

    if isinstance(outcome, dict):
        expected = {name: [text.format(**ids) for text in texts] for name, texts in outcome.items()}
        assert staged.errors == [{**sent, "errors": expected}]
        assert [row("A").title, row("B").title] == ["Kestrel Roofing", "Kestrel Roofing"]
    else:
        (entity,) = staged.entities
        assert staged.errors == []
        assert (entity.pk in ids.values()) == (outcome != "new row")
        assert row("NEW" if outcome in {"A renamed", "new row"} else "A").title == "Changed"
    standing = StagedRecord.objects.of(company).filter(deleted_at=None).count()
    assert standing == (3 if outcome == "new row" else 2)


def test_an_id_may_come_as_digits_and_without_its_type(connected, stage, row):
    (first,) = stage(vendor_sent("A")).entities

    staged = stage({"id": str(first.pk), "data": {"city": "Denver"}})

    assert staged.errors == []
    assert row("A").data == {"name": "Kestrel Roofing", "city": "Denver"}


def test_an_id_of_another_type_is_refused(connected, stage):
    (first,) = stage(vendor_sent("A")).entities

    staged = stage({"id": first.pk, "item_type": "project", "data": {"name": "Harbour"}})

    assert list(staged.errors[0]["errors"]) == ["item_type"]


# A thousand elements


def test_a_thousand_elements_with_one_failing_are_999_and_1(connected, company, stage):
    updates = [vendor_sent(f"CRED-{n}") for n in range(1000)]
    updates[500] = {**updates[500], "data": {"name": ["not a name"]}}

    staged = stage(*updates)

    assert [entity.origin_id for entity in staged.entities] == [f"CRED-{n}" for n in range(1000) if n != 500]
    assert staged.errors == [{**updates[500], "errors": {"name": ["must be text"]}}]
    assert StagedRecord.objects.of(company).count() == 999


def test_the_number_of_statements_does_not_grow_with_the_elements(ready, stage):
    def statements(*updates) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert stage(*updates).errors == []
        return len(captured)

    def contracts(kind: str, count: int):
        return [
            contract_sent(f"{kind}-{n}", line_sent(f"{kind}-{n}-1"), line_sent(f"{kind}-{n}-2")) for n in range(count)
        ]

    one = statements(*contracts("one", 1))
    many = statements(*contracts("many", 300))
    again = statements(*contracts("many", 300))

    # Audit and outbox write 500 rows to a statement.
    assert many <= one + 4
    assert again <= one


def test_entities_and_errors_keep_the_order_of_the_call(connected, stage):
    updates = [
        vendor_sent("C"),
        {"item_type": "spaceship", "origin_id": "X"},
        vendor_sent("A"),
        "no object",
        vendor_sent("B"),
        {"item_type": "vendor"},
    ]

    staged = stage(*updates)

    assert [entity.origin_id for entity in staged.entities] == ["C", "A", "B"]
    assert [list(error["errors"]) for error in staged.errors] == [["item_type"], ["base"], ["origin_id"]]
    assert staged.errors[1]["element"] == "no object"


def test_the_same_origin_id_twice_is_worked_off_in_order(connected, company, stage, row):
    staged = stage(vendor_sent("A", "First", origin_code="1"), vendor_sent("A", "Second"))

    assert [entity.pk for entity in staged.entities] == [row("A").pk] * 2
    assert (row("A").title, row("A").origin_code, row("A").version) == ("Second", "1", 1)
    assert StagedChange.objects.of(company).count() == 2


def test_a_later_element_adds_to_what_an_earlier_one_of_the_call_began(ready, stage, row):
    second = {"item_type": "sub_job", "origin_id": "JOB-1", "data": {"name": "South wing"}}
    line = {"item_type": "line_item", "origin_id": "L-1", "data": {"amount": "5"}}
    late = contract_sent("ORD-1", line_sent("L-2"), status="lost")

    staged = stage(sub_job_sent("JOB-1"), second, contract_sent("ORD-1", line_sent("L-1")), line, late)

    assert [list(error["errors"]) for error in staged.errors] == [["status"]]
    assert row("JOB-1").data == {"name": "South wing", "code": "01", "project_origin_id": "SITE-7"}
    assert (row("L-1").data["amount"], row("L-2").parent_id, row("ORD-1").amount) == ("5.0", row("ORD-1").pk, 1205)


def test_a_line_that_came_to_a_contract_goes_and_comes_with_it(ready, stage, row):
    stage(contract_sent("ORD-1", line_sent("L-1")), contract_sent("ORD-2"))
    moved = line_sent("L-1", parent_origin_id="ORD-2", status="invalid")

    stage(moved)
    stage({"item_type": "work_order_contract", "origin_id": "ORD-2", "status": "archived"})
    stage({"item_type": "work_order_contract", "origin_id": "ORD-2", "status": "staged"})

    assert row("L-1").status == "staged"


def test_an_element_that_changes_nothing_leaves_no_trace(connected, company, stage, row):
    stage(vendor_sent("A"))
    before = (row("A").version, Event.objects.of(company).count(), Entry.objects.of(company).count())

    stage(vendor_sent("A"))

    assert (row("A").version, Event.objects.of(company).count(), Entry.objects.of(company).count()) == before
    assert StagedChange.objects.of(company).count() == 1


@pytest.mark.capability("WH-13")
def test_each_change_of_a_staged_record_is_one_event_that_names_the_integration(ready, company, integration, stage):
    stage(contract_sent("ORD-1", line_sent("L-1")))
    stage(contract_sent("ORD-1", line_sent("L-1")))
    stage(line_sent("L-1", "7"))
    line = StagedRecord.objects.of(company).get(origin_id="L-1")
    contract = StagedRecord.objects.of(company).get(origin_id="ORD-1")
    delete_staged_record(company.pk, contract.pk, actor=integration)

    told = Event.objects.of(company).filter(resource_name="Staged Records", resource_id__in=[line.pk, contract.pk])
    told = told.order_by("pk")
    of = {row.pk: [one.event_type for one in told if one.resource_id == row.pk] for row in (contract, line)}
    assert of[line.pk] == ["create", "update", "delete"]
    assert (of[contract.pk][0], of[contract.pk][-1]) == ("create", "delete")
    assert set(of[contract.pk][1:-1]) <= {"update"}
    assert {one.account_id for one in told} == {integration.id}


def test_data_is_merged_key_by_key(connected, stage, row):
    stage(vendor_sent("A", origin_code="12"))

    stage({"item_type": "vendor", "origin_id": "A", "data": {"city": "Denver", "name": None}})

    assert row("A").data == {"name": None, "city": "Denver"}
    assert row("A").origin_code == "12"


@pytest.mark.parametrize("code", ["", None, "12", 12])
def test_an_origin_code_may_be_empty(connected, stage, row, code):
    assert stage(vendor_sent("A", origin_code=code)).errors == []

    assert row("A").origin_code == (str(code) if code is not None else None)


# Atomic calls


def test_an_atomic_call_with_an_error_names_all_of_them(connected, stage):
    with pytest.raises(Invalid) as refused:
        stage(vendor_sent("A"), {"item_type": "vendor"}, vendor_sent("B"), "odd", atomic=True)

    assert refused.value.code == "atomic"
    assert [element["errors"] for element in refused.value.facts["elements"]] == [
        {"origin_id": ["can't be blank"]},
        {"base": ["must be an object"]},
    ]


def test_an_atomic_call_without_errors_is_stored(connected, company, stage):
    stage(vendor_sent("A"), vendor_sent("B"), atomic=True)

    assert StagedRecord.objects.of(company).count() == 2


# Parents and children


@pytest.mark.capability("IN-06")
def test_a_contract_and_its_lines_in_one_call(ready, stage, row):
    staged = stage(contract_sent("ORD-1", *(line_sent(f"ORD-1-{n}") for n in (1, 2, 3))))

    (contract,) = staged.entities
    assert staged.errors == []
    assert [child.origin_id for child in staged.children[contract.pk]] == ["ORD-1-1", "ORD-1-2", "ORD-1-3"]
    assert {child.parent_id for child in staged.children[contract.pk]} == {contract.pk}
    assert row("ORD-1").amount == 3600


def test_a_child_may_stand_before_its_parent(ready, stage, row):
    staged = stage(line_sent("ORD-1-1", parent_origin_id="ORD-1"), contract_sent("ORD-1"))

    assert staged.errors == []
    assert row("ORD-1-1").parent_id == row("ORD-1").pk
    assert [entity.origin_id for entity in staged.entities] == ["ORD-1-1", "ORD-1"]


def test_a_contract_may_stand_before_the_project_it_names(connected, stage, row):
    project = {"item_type": "project", "origin_id": "SITE-9", "data": {"name": "Harbour"}}
    contract = contract_sent("ORD-1", data={"project_origin_id": "SITE-9", "vendor_origin_id": "CRED-1"})

    assert stage(contract, vendor_sent("CRED-1"), project).errors == []
    assert [one["field"] for one in row("ORD-1").waiting_for] == ["project_origin_id", "vendor_origin_id"]


def test_a_child_of_a_parent_that_failed_fails_too(ready, company, stage):
    bad = contract_sent("ORD-1", line_sent("ORD-1-1"), status="lost")
    late = line_sent("ORD-1-2", parent_origin_id="ORD-1")

    staged = stage(bad, late)

    assert [list(error["errors"]) for error in staged.errors] == [["status"], ["parent_id"], ["parent_origin_id"]]
    assert not StagedRecord.objects.of(company).filter(origin_id__startswith="ORD").exists()


def test_a_child_of_a_parent_that_failed_and_stands_already_is_stored(ready, stage, row):
    stage(contract_sent("ORD-1"))

    staged = stage(contract_sent("ORD-1", line_sent("ORD-1-1"), status="lost"))

    assert [list(error["errors"]) for error in staged.errors] == [["status"]]
    assert row("ORD-1-1").parent_id == row("ORD-1").pk


def test_a_child_that_failed_leaves_its_parent(ready, stage, row):
    staged = stage(contract_sent("ORD-1", line_sent("ORD-1-1", "much"), line_sent("ORD-1-2")))

    assert [entity.origin_id for entity in staged.entities] == ["ORD-1"]
    assert [error["origin_id"] for error in staged.errors] == ["ORD-1-1"]
    assert row("ORD-1").amount == 1200


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        (contract_sent("X", data={"project_origin_id": None}), "project_origin_id"),
        (contract_sent("X", data={"project_origin_id": "SITE-404"}), "project_origin_id"),
        (contract_sent("X", parent_origin_id="ORD-1"), "parent_id"),
        (contract_sent("X", parent_id=1), "parent_id"),
        (line_sent("X"), "parent_id"),
        (line_sent("X", parent_origin_id="ORD-404"), "parent_origin_id"),
        (line_sent("X", parent_origin_id="CRED-1"), "parent_origin_id"),
        (line_sent("X", parent_id=2**62), "parent_id"),
        (vendor_sent("X", parent_origin_id="ORD-1"), "parent_id"),
        (vendor_sent("X", children=[line_sent("Y")]), "children"),
        (vendor_sent("X", children=[]), None),
        (contract_sent("X", {**line_sent("Y"), "children": [line_sent("Z")]}), "children"),
        (contract_sent("X", vendor_sent("Y")), "parent_id"),
        (contract_sent("X") | {"children": {"Y": line_sent("Y")}}, "children"),
        (contract_sent("X") | {"children": [line_sent(f"Y-{n}") for n in range(501)]}, "children"),
    ],
    ids=lambda value: str(value)[:70],
)
def test_the_levels_of_the_catalogue_hold(ready, stage, sent, field):
    stage(vendor_sent("CRED-1"))

    staged = stage(sent)

    assert [next(iter(error["errors"])) for error in staged.errors][:1] == ([field] if field else [])


def test_a_project_id_in_place_of_the_origin_id_will_do(ready, project, stage, row):
    sent = contract_sent("X", data={"project_origin_id": None, "project_id": project.pk})

    assert stage(sent).errors == []
    assert row("X").waiting_for == []


def test_children_are_not_smuggled_under_a_row_that_has_none(connected, company, stage):
    (vendor,) = stage(vendor_sent("A")).entities

    staged = stage({"id": vendor.pk, "children": [line_sent("A-1")]})

    assert [list(error["errors"]) for error in staged.errors] == [["children"], ["parent_origin_id"]]
    assert not StagedRecord.objects.of(company).filter(item_type="line_item").exists()


def test_a_line_that_goes_to_another_contract_takes_its_amount_along(ready, stage, row):
    odd = line_sent("L-1", "500", data={"amount": "500", "cost_code_origin_id": "SITE-7|404"})
    stage(contract_sent("ORD-1", odd, line_sent("L-2", "100")), contract_sent("ORD-2"))
    assert (row("ORD-1").amount, row("ORD-2").amount, len(row("ORD-1").waiting_for)) == (600, None, 1)

    stage(line_sent("L-1", "500", parent_origin_id="ORD-2", data={"amount": "500"}))

    assert (row("ORD-1").amount, row("ORD-2").amount) == (100, 500)
    assert (row("ORD-1").waiting_for, len(row("ORD-2").waiting_for)) == ([], 1)
    assert (row("ORD-1").version, row("ORD-2").version) == (2, 2)


@pytest.mark.parametrize(
    "change",
    [
        lambda stage, lines, delete: stage(line_sent("L-1", "999")),
        lambda stage, lines, delete: stage(contract_sent("ORD-1", line_sent("L-3", "1"))),
        lambda stage, lines, delete: stage(line_sent("L-3", "1", parent_origin_id="ORD-1")),
        lambda stage, lines, delete: stage({**line_sent("L-1"), "status": "archived"}),
        lambda stage, lines, delete: delete(lines[0].pk),
    ],
    ids=["changed", "added inside", "added beside", "archived", "deleted"],
)
def test_a_change_of_a_line_is_another_version_of_its_contract(ready, company, integration, stage, row, change):
    staged = stage(contract_sent("ORD-1", line_sent("L-1"), line_sent("L-2")))
    (contract,) = staged.entities

    change(
        stage,
        staged.children[contract.pk],
        lambda staged_id: delete_staged_record(company.pk, staged_id, actor=integration),
    )

    assert row("ORD-1").version == contract.version + 1


def test_a_contract_without_the_line_it_waited_for_waits_no_more(ready, company, integration, stage, row):
    odd = {**line_sent("L-1"), "data": {"amount": "700", "cost_code_origin_id": "SITE-7|404"}}
    staged = stage(contract_sent("ORD-1", odd, line_sent("L-2")))
    (first, _) = staged.children[staged.entities[0].pk]
    assert [one["value"] for one in row("ORD-1").waiting_for] == ["SITE-7|404"]

    delete_staged_record(company.pk, first.pk, actor=integration)

    assert (row("ORD-1").waiting_for, row("ORD-1").amount) == ([], 1200)


def test_a_line_archived_on_its_own_counts_neither_as_amount_nor_as_waiting(ready, stage, row):
    odd = {**line_sent("L-1"), "data": {"amount": "700", "cost_code_origin_id": "SITE-7|404"}}
    stage(contract_sent("ORD-1", odd, line_sent("L-2")))

    stage({"item_type": "line_item", "origin_id": "L-1", "status": "archived"})
    assert (row("ORD-1").waiting_for, row("ORD-1").amount) == ([], 1200)

    stage({"item_type": "line_item", "origin_id": "L-1", "status": "staged"})
    assert (len(row("ORD-1").waiting_for), row("ORD-1").amount) == (1, 1900)


def test_an_id_in_place_of_an_origin_id_ends_the_waiting(ready, vendor, stage, row):
    stage(contract_sent("ORD-1", data={"vendor_origin_id": "CRED-404"}))
    assert [one["field"] for one in row("ORD-1").waiting_for] == ["vendor_origin_id"]

    stage({"item_type": "work_order_contract", "origin_id": "ORD-1", "data": {"vendor_id": vendor.pk}})

    assert row("ORD-1").waiting_for == []


def test_a_row_under_another_origin_id_waits_once_for_each_reference(ready, stage, row):
    odd = {**line_sent("L-1"), "data": {"amount": "1", "cost_code_origin_id": "404", "line_item_type_origin_id": "SUB"}}
    staged = stage(contract_sent("ORD-1", odd, data={"vendor_origin_id": "CRED-404"}))
    (contract,) = staged.entities
    (line,) = staged.children[contract.pk]

    assert stage({"id": contract.pk, "origin_id": "ORD-9"}, {"id": line.pk, "origin_id": "L-9"}).errors == []

    assert [(one["row"], one["value"]) for one in row("ORD-9").waiting_for] == [("ORD-9", "CRED-404"), ("L-9", "404")]


def test_a_line_that_leaves_a_change_order_leaves_nothing_to_wait_for(ready, stage, row):
    codes = {**line_sent()["data"], "commitment_line_item_origin_id": "ORD-1-404"}
    order = change_order_sent("CO-1", line_sent("L-1", data=codes))
    assert stage(contract_sent("ORD-1"), order).errors == []
    assert "commitment_line_item_origin_id" in {one["field"] for one in row("CO-1").waiting_for}

    assert stage(line_sent("L-1", parent_origin_id="ORD-1")).errors == []

    assert {one["field"] for one in row("CO-1").waiting_for} == {"commitment_origin_id"}
    assert row("ORD-1").waiting_for == []


def test_what_names_a_row_that_the_same_call_refuses_is_refused_too(ready, company, stage):
    contract = contract_sent("ORD-1", data={"project_origin_id": "SITE-404"})

    staged = stage(change_order_sent("CO-1"), contract, sub_job_sent("JOB-1"))

    assert [entity.origin_id for entity in staged.entities] == ["JOB-1"]
    assert [error["errors"] for error in staged.errors] == [
        {"commitment_origin_id": ["ORD-1 is neither staged nor linked"]},
        {"project_origin_id": ["SITE-404 is neither staged nor linked"]},
    ]


# Versions of the ERP


@pytest.mark.capability("IN-05")
def test_an_older_version_is_kept_in_the_history_alone(connected, company, stage, row):
    stage(vendor_sent("A", "Five", origin_version=5))
    version = row("A").version

    staged = stage(vendor_sent("A", "Four", origin_version=4))

    assert staged.errors == []
    assert (row("A").title, row("A").origin_version, row("A").version) == ("Five", 5, version)
    older = StagedChange.objects.of(company).latest("pk")
    assert (older.superseded, older.origin_version, older.sent["data"]) == (True, 4, {"name": "Four"})


@pytest.mark.parametrize(("sent", "title"), [(5, "Again"), (6, "Again"), (None, "Again"), (4, "Five")])
def test_the_same_and_a_newer_version_count(connected, stage, row, sent, title):
    stage(vendor_sent("A", "Five", origin_version=5))

    stage(vendor_sent("A", "Again", **({} if sent is None else {"origin_version": sent})))

    assert row("A").title == title


def test_older_and_newer_in_one_call_leave_the_newer(connected, stage, row):
    stage(vendor_sent("A", "Five", origin_version=5), vendor_sent("A", "Four", origin_version=4))

    assert row("A").title == "Five"


def test_lines_inside_an_older_contract_are_as_old_as_it_is(ready, stage, row):
    stage(contract_sent("ORD-1", line_sent("L-1", "500"), origin_version=5))

    stage(contract_sent("ORD-1", line_sent("L-1", "400"), line_sent("L-2", "1"), origin_version=4))

    assert row("L-1").data["amount"] == "500.0"
    assert row("ORD-1").amount == 500


@pytest.mark.parametrize("odd", ["5", 5.5, True, -1, 2**63, [5]], ids=repr)
def test_an_odd_version_is_refused(connected, stage, odd):
    assert list(stage(vendor_sent("A", origin_version=odd)).errors[0]["errors"]) == ["origin_version"]


# What the account may, and what the company has switched on


@pytest.fixture
def of_vendors_alone(integration):
    return dataclasses.replace(integration, item_types=frozenset({"vendor"}))


def test_an_account_for_vendors_stages_vendors_alone(ready, company, stage, of_vendors_alone):
    (contract,) = stage(contract_sent("ORD-1")).entities

    staged = stage(
        vendor_sent("A"),
        contract_sent("ORD-2"),
        {"id": contract.pk, "data": {"title": "Mine"}},
        actor=of_vendors_alone,
    )

    assert [entity.origin_id for entity in staged.entities] == ["A"]
    assert [list(error["errors"]) for error in staged.errors] == [["item_type"], ["item_type"]]
    with pytest.raises(Invalid):
        update_staged_record(company.pk, contract.pk, {"data": {"title": "Mine"}}, actor=of_vendors_alone)
    with pytest.raises(Invalid):
        delete_staged_record(company.pk, contract.pk, actor=of_vendors_alone)


def test_what_is_switched_off_cannot_be_staged_by_any_door(ready, company, integration, stage):
    (first,) = stage(vendor_sent("A")).entities
    store_metadata(company.pk, metadata(vendors={"enabled": False}), actor=integration)

    staged = stage(vendor_sent("B"), {"id": first.pk, "data": {"name": "Other"}})

    assert [list(error["errors"]) for error in staged.errors] == [["item_type"], ["item_type"]]
    for act in (
        lambda: create_staged_record(company.pk, vendor_sent("C"), actor=integration),
        lambda: update_staged_record(company.pk, first.pk, {"data": {"name": "Other"}}, actor=integration),
        lambda: delete_staged_record(company.pk, first.pk, actor=integration),
    ):
        with pytest.raises(Invalid) as refused:
            act()
        assert list(refused.value.errors) == ["item_type"]


# One at a time


@pytest.mark.capability("IN-01")
def test_a_staged_vendor_is_no_record_yet(connected, company, integration):
    staged = create_staged_record(company.pk, vendor_sent("A", origin_data="{}"), actor=integration)

    assert (staged.status, staged.record_id, staged.version) == ("staged", None, 1)


@pytest.mark.capability("IN-04")
def test_a_plain_create_of_a_staged_origin_id_is_refused_naming_the_row(connected, company, integration, row):
    first = create_staged_record(company.pk, vendor_sent("A"), actor=integration)

    with pytest.raises(Invalid) as refused:
        create_staged_record(company.pk, vendor_sent("A", "Twin"), actor=integration)

    assert refused.value.errors == {"origin_id": [f"A is already staged as {first.pk}"]}
    assert refused.value.facts["staged_record_id"] == first.pk
    assert row("A").title == "Kestrel Roofing"


def test_a_plain_create_takes_no_id(connected, company, integration, row):
    first = create_staged_record(company.pk, vendor_sent("A"), actor=integration)

    second = create_staged_record(company.pk, {**vendor_sent("B"), "id": first.pk}, actor=integration)

    assert second.pk != first.pk
    assert row("A").title == "Kestrel Roofing"


def test_a_row_of_nobody_or_of_another_company_cannot_be_changed_or_deleted(
    connected, company, other_company, integration
):
    first = create_staged_record(company.pk, vendor_sent("A"), actor=integration)

    with company_scope(other_company.pk):
        for act in (
            lambda: update_staged_record(other_company.pk, first.pk, {"data": {}}, actor=integration),
            lambda: delete_staged_record(other_company.pk, first.pk, actor=integration),
        ):
            with pytest.raises(NotFound):
                act()
    with pytest.raises(NotFound):
        update_staged_record(company.pk, first.pk + 1000, {"data": {}}, actor=integration)


def test_an_unknown_id_inside_is_no_missing_row(ready, company, integration):
    with pytest.raises(Invalid) as refused:
        create_staged_record(company.pk, contract_sent("X", {**line_sent("Y"), "id": 2**62}), actor=integration)

    assert refused.value.errors == UNKNOWN_ID


def test_children_go_with_their_parent(ready, company, integration, stage):
    (contract,) = stage(contract_sent("ORD-1", line_sent("L-1"))).entities

    delete_staged_record(company.pk, contract.pk, actor=integration)

    assert not StagedRecord.objects.of(company).filter(deleted_at=None, origin_id__in=["ORD-1", "L-1"]).exists()
    assert stage(contract_sent("ORD-1", line_sent("L-1"))).errors == []


# When the database refuses


def test_what_the_database_refuses_is_an_error_of_its_element_alone(ready, company, integration, row):
    body = Received("/rest/v1.0/staged_records/sync", "application/json", b"{}")
    updates = [
        line_sent("GOOD-1-1", parent_origin_id="GOOD-1"),
        contract_sent("HUGE", line_sent("HUGE-1", "9" * 19), line_sent("HUGE-2", "9" * 19)),
        contract_sent("GOOD-1", data={"vendor_origin_id": "CRED-NEW"}),
        vendor_sent("CRED-NEW"),
    ]

    staged = stage_records(company.pk, updates, actor=integration, received=body)

    assert [entity.origin_id for entity in staged.entities] == ["GOOD-1-1", "GOOD-1", "CRED-NEW"]
    assert [error["origin_id"] for error in staged.errors] == ["HUGE"]
    assert not StagedRecord.objects.of(company).filter(origin_id__startswith="HUGE").exists()
    assert row("GOOD-1-1").parent_id == row("GOOD-1").pk
    assert Intake.objects.of(company).count() == 1
    assert set(StagedChange.objects.of(company).filter(staged_record=row("GOOD-1")).values_list("intake_id", flat=True))


def test_two_ways_to_name_one_new_row_are_worked_off_in_order(connected, company, stage, row):
    (first,) = stage(vendor_sent("A")).entities

    staged = stage({**vendor_sent("B", "Renamed"), "id": first.pk}, vendor_sent("B", "By its new name"))

    assert staged.errors == []
    assert (row("B").pk, row("B").title) == (first.pk, "By its new name")
    assert StagedRecord.objects.of(company).count() == 1


@pytest.mark.parametrize("parts", [("9" * 19, "10"), ("9" * 19, "9" * 19)], ids=str)
def test_a_line_worth_too_much_is_an_error_of_its_own(ready, stage, row, parts):
    quantity, unit_cost = parts
    huge = {**line_sent("L-1"), "data": {"quantity": quantity, "unit_cost": unit_cost}}

    staged = stage(contract_sent("ORD-1", huge, line_sent("L-2")))

    assert [list(error["errors"]) for error in staged.errors] == [["amount"]]
    assert row("ORD-1").amount == 1200
