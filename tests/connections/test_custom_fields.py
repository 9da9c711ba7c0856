"""A company's own fields: usable everywhere with the next call after they were added."""

from typing import Any

import pytest

from erpstaging.audit.models import Entry
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.connections.custom_field_changes import add_custom_field, change_custom_field, remove_custom_field
from erpstaging.connections.custom_fields import custom_fields_of
from erpstaging.connections.models import CustomField
from erpstaging.connections.services import store_metadata, store_settings
from erpstaging.core.errors import Invalid, NotFound
from erpstaging.core.scope import company_scope
from erpstaging.erp_requests.models import ErpRequest
from erpstaging.records.editing import create_record, edit_record
from erpstaging.records.lines import LineEdit
from erpstaging.records.models import Record
from erpstaging.staging.direct import sync_records
from erpstaging.staging.imports import accept_import
from erpstaging.staging.intake import stage_records
from tests.fixtures.ledger import ON, metadata

COURIER = {"item_type": "work_order_contract", "key": "courier_id", "label": "Courier", "data_type": "string"}


@pytest.fixture
def courier(company, connection, admin) -> CustomField:
    return add_custom_field(company.pk, COURIER, actor=admin)


def declared(**values: Any) -> dict[str, Any]:
    return {**COURIER, **values}


# Adding, changing, removing


def test_a_field_is_added_changed_removed_and_every_step_leaves_a_trace(company, connection, admin):
    field = add_custom_field(company.pk, COURIER, actor=admin)
    change_custom_field(company.pk, field.pk, {"label": "Courier no."}, actor=admin)
    change_custom_field(company.pk, field.pk, {"label": "Courier no."}, actor=admin)
    remove_custom_field(company.pk, field.pk, actor=admin)

    assert custom_fields_of(company.pk) == []
    entries = Entry.objects.of(company).filter(object_type="custom_field").order_by("id")
    assert [(one.action, one.before, one.after) for one in entries] == [
        (
            "custom_field.added",
            None,
            {**COURIER, "choices": [], "required": False, "position": 1, "active": True},
        ),
        ("custom_field.changed", {"label": "Courier"}, {"label": "Courier no."}),
        ("custom_field.changed", {"active": True}, {"active": False}),
    ]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"item_type": "spaceship"}, "item_type"),
        ({"item_type": None}, "item_type"),
        ({"key": ""}, "key"),
        ({"key": "Courier"}, "key"),
        ({"key": "7th"}, "key"),
        ({"key": "a" * 61}, "key"),
        ({"key": "title"}, "key"),
        ({"key": "vendor_origin_id"}, "key"),
        ({"key": "origin_code"}, "key"),
        ({"key": ["a"]}, "key"),
        ({"data_type": "colour"}, "data_type"),
        ({"data_type": None}, "data_type"),
        ({"label": " "}, "label"),
        ({"label": 7}, "label"),
        ({"label": "a" * 121}, "label"),
        ({"data_type": "choice"}, "choices"),
        ({"data_type": "choice", "choices": ["a", "a"]}, "choices"),
        ({"data_type": "choice", "choices": ["a", 1]}, "choices"),
        ({"choices": ["a"]}, "choices"),
        ({"required": "yes"}, "required"),
        ({"position": -1}, "position"),
        ({"position": True}, "position"),
    ],
    ids=str,
)
def test_what_is_no_field_is_refused_by_name(company, connection, admin, values, field):
    with pytest.raises(Invalid) as refused:
        add_custom_field(company.pk, declared(**values), actor=admin)

    assert field in refused.value.errors
    assert not CustomField.objects.of(company).exists()


def test_a_key_stands_once_for_a_type(company, courier, admin):
    with pytest.raises(Invalid) as refused:
        add_custom_field(company.pk, COURIER, actor=admin)

    assert refused.value.code == "taken"
    add_custom_field(company.pk, declared(item_type="vendor"), actor=admin)


def test_key_and_type_never_change(company, courier, admin):
    for name, value in (("key", "other"), ("data_type", "text"), ("item_type", "vendor")):
        with pytest.raises(Invalid) as refused:
            change_custom_field(company.pk, courier.pk, {name: value}, actor=admin)
        assert list(refused.value.errors) == [name]


def test_a_removed_field_comes_back_with_its_values_and_only_as_what_it_was(company, courier, contract, admin):
    edit_record(company, contract.pk, actor=admin, data={"custom_fields": {"courier_id": "C-7"}})
    remove_custom_field(company.pk, courier.pk, actor=admin)

    with pytest.raises(Invalid):
        add_custom_field(company.pk, declared(data_type="integer"), actor=admin)
    back = add_custom_field(company.pk, declared(label="Bote"), actor=admin)

    assert (back.pk, back.active, back.label) == (courier.pk, True, "Bote")
    assert Record.objects.of(company).get(pk=contract.pk).data["custom_fields"] == {"courier_id": "C-7"}


def test_another_companys_field_is_not_there(other_company, courier, admin):
    with company_scope(other_company.pk):
        assert custom_fields_of(other_company.pk) == []
        with pytest.raises(NotFound):
            change_custom_field(other_company.pk, courier.pk, {"label": "x"}, actor=admin)


# Values


@pytest.mark.parametrize(
    ("data_type", "good", "stored", "bad"),
    [
        ("string", "C-7", "C-7", ["x" * 256, True, ["x"]]),
        ("text", "a\nb", "a\nb", ["x" * 20_001]),
        ("number", "1.50", "1.5", ["x", True]),
        ("integer", "7", 7, ["1.5", True]),
        ("boolean", "true", True, ["perhaps"]),
        ("date", "2026-11-21", "2026-11-21", ["21.11.2026", 7]),
        ("choice", "Air", "Air", ["Sea", 1]),
    ],
)
def test_a_value_has_the_fields_type(company, contract, admin, project_user, data_type, good, stored, bad):
    choices = {"choices": ["Air", "Road"]} if data_type == "choice" else {}
    add_custom_field(company.pk, declared(data_type=data_type, **choices), actor=admin)

    for given in (good, {"value": good}, {"data_type": data_type, "value": good}):
        edit_record(company, contract.pk, actor=project_user, data={"custom_fields": {"courier_id": given}})
        assert Record.objects.of(company).get(pk=contract.pk).data["custom_fields"] == {"courier_id": stored}
    for given in bad:
        with pytest.raises(Invalid) as refused:
            edit_record(company, contract.pk, actor=project_user, data={"custom_fields": {"courier_id": given}})
        assert list(refused.value.errors) == ["courier_id"]
    edit_record(company, contract.pk, actor=project_user, data={"custom_fields": {"courier_id": None}})
    assert Record.objects.of(company).get(pk=contract.pk).data["custom_fields"] == {"courier_id": None}


def test_values_that_did_not_come_stay_and_unknown_ones_are_left_out(company, courier, contract, admin, project_user):
    add_custom_field(company.pk, declared(key="lane", label="Lane"), actor=admin)
    edit_record(company, contract.pk, actor=project_user, data={"custom_fields": {"courier_id": "C-7", "who": 1}})

    edit_record(company, contract.pk, actor=project_user, data={"custom_fields": {"lane": "A"}})

    assert Record.objects.of(company).get(pk=contract.pk).data["custom_fields"] == {"courier_id": "C-7", "lane": "A"}
    with pytest.raises(Invalid) as refused:
        edit_record(company, contract.pk, actor=project_user, data={"custom_fields": "C-7"})
    assert list(refused.value.errors) == ["custom_fields"]


def test_the_same_value_again_changes_nothing(company, courier, contract, project_user):
    edit_record(company, contract.pk, actor=project_user, data={"custom_fields": {"courier_id": "C-7"}})
    version = Record.objects.of(company).get(pk=contract.pk).version

    edit_record(company, contract.pk, actor=project_user, data={"custom_fields": {"courier_id": "C-7"}})

    assert Record.objects.of(company).get(pk=contract.pk).version == version


def test_a_required_field_has_to_be_filled_at_create_and_at_send(gate, admin, project_user):
    add_custom_field(gate.company.pk, declared(required=True), actor=admin)

    with pytest.raises(Invalid) as at_create:
        create_record(
            gate.company, actor=project_user, item_type="work_order_contract", project_id=gate.contract.project_id,
            data={"number": "2", "title": "Roof"},
        )  # fmt: skip
    with pytest.raises(Invalid) as at_send:
        gate.send()

    assert at_create.value.errors == {"courier_id": ["can't be blank"]}
    assert at_send.value.errors == {"courier_id": ["Courier can't be blank"]}
    # An older object may still be changed otherwise.
    edit_record(gate.company, gate.contract.pk, actor=project_user, data={"description": "x"})
    edit_record(gate.company, gate.contract.pk, actor=project_user, data={"custom_fields": {"courier_id": "C-7"}})
    gate.send()


def test_a_rule_of_the_metadata_may_name_a_field_of_the_companys_own(company, courier, contract, project_user, admin):
    short = {"validation": {"max_length": {"enabled": True, "length": 3, "message": "At most %{length}."}}}
    document = metadata(
        commitments={"enabled": True, "configs": {"export": ON}, "rules": {"save": {"fields": {"courier_id": short}}}}
    )
    store_metadata(company.pk, document, actor=admin)

    with pytest.raises(Invalid) as refused:
        edit_record(company, contract.pk, actor=project_user, data={"custom_fields": {"courier_id": "C-77"}})

    assert refused.value.errors == {"courier_id": ["At most 3."]}


def test_a_staged_value_comes_along_at_import(company, connection, integration, approver, admin):
    add_custom_field(company.pk, declared(item_type="vendor"), actor=admin)
    sent = {"item_type": "vendor", "origin_id": "V-1", "data": {"name": "K", "custom_fields": {"courier_id": "C-7"}}}
    (row,) = stage_records(company.pk, [sent], actor=integration).entities
    again = {"item_type": "vendor", "origin_id": "V-1", "data": {"city": "Oslo"}}
    (row,) = stage_records(company.pk, [again], actor=integration).entities

    row = accept_import(company, row.pk, actor=approver, version=row.version)

    assert Record.objects.of(company).get(pk=row.record_id).data["custom_fields"] == {"courier_id": "C-7"}
    wrong = stage_records(
        company.pk, [{**sent, "data": {"custom_fields": {"courier_id": ["x"]}}}], actor=integration
    ).errors
    assert wrong[0]["errors"] == {"courier_id": ["must be text"]}


@pytest.mark.capability("MP-09")
def test_a_new_field_is_in_the_next_read_staged_read_payload_and_sync(gate, admin, sign_in, integrator, approver):
    company = gate.company
    people = sign_in(gate.sender)
    add_custom_field(company.pk, COURIER, actor=admin)

    shown = people.get(f"records/{gate.contract.pk}")
    assert shown.body["data"]["custom_fields"] == {"courier_id": {"data_type": "string", "value": None}}
    changed = people.patch(f"records/{gate.contract.pk}", {"data": {"custom_fields": {"courier_id": "C-7"}}})
    read = {"courier_id": {"data_type": "string", "value": "C-7"}}
    assert (changed.status, changed.body["data"]["custom_fields"]) == (200, read)
    listed = people.get("records?item_type=work_order_contract")
    assert listed.body[0]["data"]["custom_fields"] == read

    export = gate.send()
    seen = sign_in(approver).get(f"exports/{export.pk}")
    assert seen.body["snapshot"]["custom_fields"] == read
    gate.accept(export)
    erp_request = ErpRequest.objects.of(company).get(request_name="create_commitment")
    fetched = integrator.get(f"erp_requests/{erp_request.pk}")
    assert fetched.body["request_data"]["commitment"]["custom_fields"] == read

    staged = integrator.patch(
        "staged_records/sync",
        {"updates": [{"item_type": "work_order_contract", "origin_id": "W-9",
                      "data": {"number": "9", "title": "T", "project_origin_id": "SITE-7",
                               "custom_fields": {"courier_id": {"value": "C-9"}}}}]},
    )  # fmt: skip
    assert staged.body["errors"] == []
    assert staged.body["entities"][0]["data"]["custom_fields"]["courier_id"]["value"] == "C-9"


@pytest.mark.capability("MP-09")
def test_a_new_field_is_in_the_next_answer_of_a_mirrored_resource_and_is_written_there(
    company, vendor, admin, integrator
):
    assert "custom_fields" not in integrator.get(f"vendors/{vendor.pk}").body
    add_custom_field(company.pk, declared(item_type="vendor"), actor=admin)

    shown = integrator.get(f"vendors/{vendor.pk}").body
    changed = integrator.patch(f"vendors/{vendor.pk}", {"vendor": {"custom_fields": {"courier_id": "C-7"}}})

    assert shown["custom_fields"] == {"courier_id": {"data_type": "string", "value": None}}
    assert (changed.status, changed.body["custom_fields"]["courier_id"]["value"]) == (200, "C-7")
    assert integrator.get("vendors").body[0]["custom_fields"] == changed.body["custom_fields"]


# Locks


@pytest.mark.capability("LK-02")
def test_a_lock_list_closes_a_field_at_once_and_no_other(gate, project_user, integration, admin, sign_in):
    company, contract = gate.company, gate.contract
    add_custom_field(company.pk, COURIER, actor=admin)
    gate.bring_to("synced")
    people = sign_in(project_user)
    change = {"data": {"description": "New words"}}
    assert people.patch(f"records/{contract.pk}", change).status == 200

    locks = {"work_order_contract": {"fields": ["title", "description", "courier_id"]}}
    store_settings(company.pk, {"locks": locks}, actor=admin)

    for data in ({"description": "Newer"}, {"title": "T"}, {"custom_fields": {"courier_id": "C-7"}}):
        refused = people.patch(f"records/{contract.pk}", {"data": data})
        (name,) = refused.body["errors"]
        assert (refused.status, refused.body["code"]) == (422, "locked")
        assert name in {"description", "title", "courier_id"}
    for data in ({"status": "Complete"}, {"retainage_percent": "5"}, {"private": True}):
        assert people.patch(f"records/{contract.pk}", {"data": data}).status == 200
    # The lines of a linked contract stay closed, as the list leaves that to the market's default.
    line = Record.objects.of(company).filter(parent=contract).first()
    assert people.patch(f"records/{line.pk}", {"data": {"description": "x"}}).body["code"] == "locked"
    # The owning integration goes on, one by one and in bulk.
    edit_record(company, contract.pk, actor=integration, data={"description": "From the ERP"})

    store_settings(company.pk, {"locks": {"work_order_contract": {"fields": [], "lines": False, "deletion": False}}},
                   actor=admin)  # fmt: skip
    for path in (f"records/{contract.pk}", f"records/{line.pk}"):
        assert people.patch(path, {"data": {"description": "Open again"}}).status == 200
    acts = people.get(f"records/{contract.pk}").body["acts"]
    assert [act["enabled"] for act in acts if act["act"] == "delete"] == [True]
    assert people.delete(f"records/{contract.pk}").status == 200


@pytest.mark.capability("LK-02")
def test_an_import_brings_the_erps_own_values_into_locked_fields(company, vendor, integration, approver, admin):
    store_settings(company.pk, {"locks": {"vendor": {"fields": ["name", "notes"]}}}, actor=admin)
    sent = {"item_type": "vendor", "origin_id": "CRED-12", "data": {"name": "Brook & Stone", "notes": "From the ERP"}}
    (row,) = stage_records(company.pk, [{**sent, "status": "staged"}], actor=integration).entities

    row = accept_import(company, row.pk, actor=approver, version=row.version)

    assert Record.objects.of(company).get(pk=vendor.pk).data["notes"] == "From the ERP"


@pytest.mark.capability("LK-02")
def test_a_lock_list_closes_lines_in_bulk_and_the_erps_own_sync_goes_on(
    company, contract, cost_code, integration, project_user, admin, gate
):
    gate.bring_to("synced")
    locks = {
        "work_order_contract": {"lines": False},
        "line_item": {"fields": ["uom"]},
        "cost_code": {"fields": ["name"]},
    }
    store_settings(company.pk, {"locks": locks}, actor=admin)
    lines = list(Record.objects.of(company).filter(parent=contract).order_by("position"))
    Record.objects.of(company).filter(pk=lines[0].pk).update(origin_id="SC-1042-1")

    with pytest.raises(Invalid) as refused:
        edit_record(
            company, contract.pk, actor=project_user, data={},
            lines=[LineEdit(lines[1].pk, {"uom": "t"}), LineEdit(lines[0].pk, {"uom": "t"})],
        )  # fmt: skip
    edit_record(
        company, contract.pk, actor=project_user, data={},
        lines=[LineEdit(lines[1].pk, {"uom": "t"}), LineEdit(lines[0].pk, {"description": "Open"})],
    )  # fmt: skip
    synced = sync_records(
        company, ENTITIES["cost_code"], [{"id": cost_code.pk, "name": "Steel", "code": "05-100"}],
        actor=integration, scope={"project_id": contract.project_id},
    )  # fmt: skip

    assert refused.value.code == "locked"
    assert synced.errors == []
    assert Record.objects.of(company).get(pk=cost_code.pk).data["name"] == "Steel"
    with pytest.raises(Invalid):
        edit_record(company, cost_code.pk, actor=project_user, data={"name": "Other"})
