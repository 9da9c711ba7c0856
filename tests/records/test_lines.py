"""Lines: how their amounts come about, and what a change of a line is for its contract."""

from decimal import Decimal

import pytest

from erpstaging.core.errors import Invalid, NotPermitted
from erpstaging.records.editing import create_record, delete_record, edit_record
from erpstaging.records.lines import LineEdit
from erpstaging.records.models import Record
from erpstaging.staging.freezing import snapshot


def lines_of(contract: Record) -> list[Record]:
    return list(Record.objects.of(contract.company_id).filter(parent=contract, deleted_at=None).order_by("position"))


def reloaded(record: Record) -> Record:
    return Record.objects.of(record.company_id).get(pk=record.pk)


@pytest.mark.parametrize(
    ("sent", "amount", "kind"),
    [
        ({"quantity": "3", "unit_cost": "0.125"}, "0.38", "calculated"),
        ({"quantity": "-3", "unit_cost": "0.125"}, "-0.38", "calculated"),
        ({"quantity": "3", "unit_cost": "0.125", "amount": "0.37"}, "0.37", None),
        ({"quantity": "3", "unit_cost": "2", "amount": "5", "extended_type": "calculated"}, "6.0", "calculated"),
        ({"quantity": "3", "unit_cost": "2", "amount": "5", "extended_type": "manual"}, "5.0", "manual"),
        ({"quantity": "3", "amount": "5"}, "5.0", None),
        ({"amount": Decimal("12.5")}, "12.5", None),
        ({"quantity": "0", "unit_cost": "2"}, "0.0", "calculated"),
        ({"quantity": "3", "unit_cost": "2", "extended_type": "manual"}, None, "manual"),
        ({"quantity": "3"}, None, None),
    ],
    ids=str,
)
def test_a_line_is_worth_what_was_sent_or_what_its_parts_come_to(contract, project_user, company, sent, amount, kind):
    line = create_record(company, actor=project_user, item_type="line_item", parent_id=contract.pk, data=sent)

    stored = reloaded(line)
    assert (stored.data.get("amount"), stored.data.get("extended_type")) == (amount, kind)
    assert reloaded(contract).amount == contract.amount + (stored.amount or 0)


@pytest.mark.parametrize(
    ("changes", "amount", "kind"),
    [
        ([{"quantity": "500"}], "920000.0", "calculated"),
        ([{"unit_cost": "1000.004"}], "412501.65", "calculated"),
        ([{"description": "Columns, galvanised"}], "759000.0", "calculated"),
        ([{"amount": "750000"}], "750000.0", "manual"),
        ([{"amount": "750000"}, {"quantity": "500"}], "750000.0", "manual"),
        ([{"amount": "750000"}, {"extended_type": "calculated"}], "759000.0", "calculated"),
        ([{"quantity": "500", "amount": "1"}], "1.0", "manual"),
        ([{"extended_type": "manual"}, {"quantity": "1"}], "759000.0", "manual"),
    ],
    ids=str,
)
def test_a_calculated_line_stays_so_until_an_amount_is_sent(contract, project_user, company, changes, amount, kind):
    columns, plates = lines_of(contract)

    for change in changes:
        edit_record(company, columns.pk, actor=project_user, data=change)

    line = reloaded(columns)
    assert (line.data["amount"], line.data["extended_type"]) == (amount, kind)
    assert line.amount == Decimal(amount)
    assert reloaded(contract).amount == line.amount + plates.amount


def test_the_payload_says_that_a_line_is_calculated(contract, company):
    frozen = snapshot(company, contract)

    assert [line["data"].get("extended_type", "manual") for line in frozen["lines"]] == ["calculated", "manual"]


@pytest.mark.parametrize("parts", [("9999999999999999999", "10"), ("1" + "0" * 18, "1" + "0" * 18)], ids=str)
def test_a_line_beyond_nineteen_digits_is_refused(contract, project_user, company, parts):
    quantity, unit_cost = parts
    line = LineEdit(None, {"quantity": quantity, "unit_cost": unit_cost})

    with pytest.raises(Invalid) as refused:
        edit_record(company, contract.pk, actor=project_user, data={}, lines=[line])

    assert list(refused.value.errors) == ["line_items.0.amount"]


def test_lines_that_add_up_beyond_nineteen_digits_are_refused(contract, project_user, company):
    line = LineEdit(None, {"amount": "9" * 19})

    with pytest.raises(Invalid) as refused:
        edit_record(company, contract.pk, actor=project_user, data={}, lines=[line, line])

    assert list(refused.value.errors) == ["line_items"]


@pytest.mark.parametrize("position", [2**31, 2**62, -1, 1.5, "x"], ids=str)
def test_a_position_that_no_list_has_is_refused(contract, project_user, company, position):
    with pytest.raises(Invalid) as refused:
        create_record(
            company,
            actor=project_user,
            item_type="line_item",
            parent_id=contract.pk,
            data={"amount": 1, "position": position},
        )

    assert list(refused.value.errors) == ["position"]


@pytest.mark.parametrize("act", ["add", "change", "change by itself", "remove"])
def test_who_changed_a_line_last_edited_the_contract(contract, make_person, company, act):
    somebody = make_person("somebody", project_level="admin")
    line = lines_of(contract)[0]

    if act == "add":
        edit_record(company, contract.pk, actor=somebody, data={}, lines=[LineEdit(None, {"amount": "1"})])
    elif act == "change":
        edit_record(company, contract.pk, actor=somebody, data={}, lines=[LineEdit(line.pk, {"quantity": "1"})])
    elif act == "change by itself":
        edit_record(company, line.pk, actor=somebody, data={"quantity": "1"})
    else:
        delete_record(company, line.pk, actor=somebody)

    after = reloaded(contract)
    assert (after.edited_by_kind, after.edited_by_id, after.edited_by_name) == ("person", somebody.id, "Somebody")
    assert after.version > contract.version


def test_who_changed_only_a_line_cannot_approve_it(gate, approver):
    line = lines_of(gate.contract)[0]
    gate.run(lambda: edit_record(gate.company, line.pk, actor=approver, data={"quantity": "1"}))
    export = gate.send()

    with pytest.raises(NotPermitted) as refused:
        gate.accept(export)

    assert refused.value.code == "self_approval"
