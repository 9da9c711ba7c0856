"""Two snapshots side by side, field by field and line by line."""

from decimal import Decimal

import pytest

from erpstaging.approvals.showing.differences import differences_shown
from erpstaging.connections.services import metadata_of
from erpstaging.records.editing import edit_record
from erpstaging.records.lines import LineEdit
from erpstaging.records.models import Record
from erpstaging.staging.comparing import compare_snapshots
from erpstaging.staging.freezing import snapshot

pytestmark = pytest.mark.capability("AP-05")


@pytest.fixture
def lines(company, contract) -> list[Record]:
    return list(Record.objects.of(company).filter(parent=contract).order_by("position"))


@pytest.fixture
def changed(company, contract, project_user):
    """Change the contract, and compare it with what it was."""
    before = snapshot(company, contract)

    def change(data=(), edits=()):
        record = edit_record(company, contract.pk, actor=project_user, data=dict(data), lines=list(edits))
        after = snapshot(company, Record.objects.of(company).get(pk=record.pk))
        return compare_snapshots(company, before, after, metadata_of(company.pk))

    return change


def said(fields) -> list[tuple]:
    return [(one.name, one.before, one.after) for one in fields]


def test_what_is_the_same_is_no_difference(changed):
    found = changed()

    assert not found
    assert (found.fields, found.lines, found.equal_lines, found.total_difference) == ([], [], [1, 2], Decimal(0))
    assert {"title", "vendor_id", "status"} <= set(found.equal)


def test_a_changed_field_stands_beside_what_it_was_and_the_equal_ones_are_only_named(changed):
    found = changed({"title": "Steel, tower A", "inclusions": "Anchors"})

    assert found
    assert said(found.fields) == [("title", "Structural steel", "Steel, tower A"), ("inclusions", None, "Anchors")]
    assert "title" not in found.equal
    assert "vendor_id" in found.equal


def test_an_emptied_field_is_one_that_never_had_a_value(changed):
    assert not changed({"inclusions": ""})


def test_lines_are_told_apart_as_changed_added_and_taken_away(changed, lines, cost_code, cost_type):
    codes = {"cost_code_id": cost_code.pk, "line_item_type_id": cost_type.pk}
    edits = [
        LineEdit(lines[0].pk, {"quantity": "400"}),
        LineEdit(lines[1].pk, {}, delete=True),
        LineEdit(None, {"description": "Welding", "amount": "1000", **codes}),
    ]

    found = changed(edits=edits)

    columns, plates, welding = sorted(found.lines, key=lambda one: one.line_id)
    assert said(columns.fields)[0] == ("quantity", "412.5", "400.0")
    assert columns.amount == Decimal("-12.5") * 1840
    assert (plates.after, plates.amount) == (None, Decimal(-126900))
    assert (welding.before, welding.amount) == (None, Decimal(1000))
    assert found.total_difference == sum(one.amount for one in found.lines)


def test_a_reference_is_told_by_the_name_of_what_it_leads_to(company, changed, vendor):
    other = Record.objects.create(company=company, item_type="vendor", title="Kestrel Roofing", data={})

    found = changed({"vendor_id": other.pk})

    assert said(found.fields) == [("vendor_id", vendor.pk, other.pk)]
    assert found.names == {vendor.pk: "Brook & Stone", other.pk: "Kestrel Roofing"}


def test_the_page_shows_both_sides_the_equal_ones_folded_and_the_difference(changed, lines, contract):
    found = changed({"title": "Steel"}, [LineEdit(lines[0].pk, {"quantity": "400", "unit_cost": "2000"})])

    shown = differences_shown(found, was="Rejected by Ines", since=contract.created_at)

    assert [(one.label, one.was, one.now) for one in shown.fields] == [
        ("Title", [("Structural steel", True)], [("Steel", True)])
    ]
    assert "Status" in shown.equal
    assert [str(one) for one in shown.columns] == [
        "Cost code", "Cost type", "Description", "Quantity", "Unit cost", "Amount",
    ]  # fmt: skip
    (line,) = shown.lines
    assert [cell.text for cell in line.was] == ["05-100", "S", "Columns", "412.5", "1,840", "759,000.00"]
    assert [cell.differs for cell in line.now] == [False, False, False, True, True, True]
    assert shown.equal_lines == ["2"]
    assert (shown.difference, shown.adds_up) == (Decimal(41000), True)


def test_two_currencies_have_no_difference(company, contract):
    before = snapshot(company, contract)

    found = compare_snapshots(company, before, {**before, "currency": "EUR"}, metadata_of(company.pk))

    assert found.total_difference is None
    assert differences_shown(found, was="", since=contract.created_at).total_was is None
