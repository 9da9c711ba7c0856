"""The pages of a company's settings, and what the settings cause on other pages."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from erpstaging.approvals.showing.csv_file import csv_line
from erpstaging.audit.models import Entry
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company, User
from erpstaging.connections.comparing import differences
from erpstaging.connections.custom_field_changes import add_custom_field
from erpstaging.connections.custom_fields import custom_fields_of
from erpstaging.connections.models import MetadataVersion
from erpstaging.connections.services import metadata_of, store_metadata, store_settings
from erpstaging.core.scope import company_scope
from erpstaging.hooks.models import AllowedNetwork
from erpstaging.records.editing import create_record, edit_record
from erpstaging.records.models import Record
from erpstaging.staging.intake import stage_records
from erpstaging.staging.models import StagedExport
from tests.fixtures.ledger import ON, metadata
from tests.fixtures.scope import OutsideClient

COURIER = {"item_type": "work_order_contract", "key": "courier_id", "label": "Courier", "data_type": "string"}
SETTINGS = [
    "settings",
    "metadata",
    "metadata_versions",
    "erp_settings",
    "locks",
    "custom_fields",
    "networks",
    "configuration",
]
EXAMPLE = json.loads((Path(__file__).parents[2] / "docs/examples/metadata.json").read_text())


class Desk:
    """Somebody's browser on the company's pages."""

    def __init__(self, company: Company, person: Actor) -> None:
        self.company, self.client = company, OutsideClient()
        self.client.force_login(User.objects.get(pk=person.id))

    def url(self, name: str, *ids: int, query: str = "") -> str:
        return reverse(f"approvals:{name}", args=[self.company.pk, *ids]) + query

    def get(self, name: str, *ids: int, query: str = "") -> Any:
        return self.client.get(self.url(name, *ids, query=query))

    def text(self, name: str, *ids: int, query: str = "") -> str:
        answer = self.get(name, *ids, query=query)
        assert answer.status_code == 200
        return str(answer.content.decode())

    def post(self, name: str, *ids: int, query: str = "", **values: Any) -> Any:
        return self.client.post(self.url(name, *ids, query=query), values)


@pytest.fixture
def desk(company, connection):
    return lambda person: Desk(company, person)


# Who may what


@pytest.mark.parametrize("page", SETTINGS)
def test_settings_are_open_to_administrators_and_read_by_auditors(desk, admin, auditor, approver, project_user, page):
    assert [desk(one).get(page).status_code for one in (admin, auditor, approver, project_user)] == [200, 200, 403, 403]


def test_only_administrators_find_the_way_and_the_buttons(desk, admin, auditor, approver):
    place = desk(admin).url("settings")

    assert place in desk(admin).text("queue")
    assert place in desk(auditor).text("queue")
    assert place not in desk(approver).text("queue")
    for page, button in (
        ("custom_fields", "Add field"),
        ("networks", "Open network"),
        ("locks", ">Save<"),
        ("metadata", "edit/"),
    ):
        assert button in desk(admin).text(page)
        assert button not in desk(auditor).text(page)


def test_nobody_else_changes_a_setting(desk, approver, auditor, company, connection):
    field = {"item_type": "vendor", "key": "a", "label": "A", "data_type": "string"}
    for person in (approver, auditor):
        before = desk(person)
        for page, values in (
            ("edit_metadata", {"document": "{}"}),
            ("restore_metadata", {"number": "1"}),
            ("erp_settings", {}),
            ("locks", {"item_type": "vendor"}),
            ("custom_fields", field),
        ):
            answer = before.post(page, **values)
            assert answer.status_code in {302, 403}
    assert MetadataVersion.objects.of(company).count() == 1
    assert metadata_of(company.pk).erp.document == {}
    assert custom_fields_of(company.pk) == []


# Metadata


def test_a_document_is_shown_as_tables(desk, admin, company):
    store_metadata(company.pk, EXAMPLE, actor=admin)

    page = desk(admin).text("metadata", query="?entity=vendors")

    for text in (
        "Version 2 by Admin", "Companies", "max_line_length 40", "Each address line may hold %{length} characters.",
        "Give the creditor a number first.", "Creditor", "Town", "Export changes",
    ):  # fmt: skip
        assert text in page
    assert "Posting date" in desk(admin).text("metadata", query="?entity=commitments")
    assert "The plan in Quill will be overwritten" in desk(admin).text("metadata", query="?entity=budgets")


def test_warnings_about_a_document_stand_on_its_page(desk, admin, company):
    store_metadata(company.pk, metadata(spaceships=ON), actor=admin)

    page = desk(admin).text("metadata", query="?entity=spaceships")

    assert "settings.entities.spaceships: this entity is unknown and does nothing" in page


def test_a_faulty_document_comes_back_with_every_path_and_nothing_is_stored(desk, admin, company):
    bad = json.dumps(metadata(vendors={"enabled": "yes"}, jobs={"configs": {"update": True}}))

    answer = desk(admin).post("edit_metadata", document=bad, version="1")

    text = answer.content.decode()
    assert answer.status_code == 422
    assert "settings.entities.jobs.configs.update" in text
    assert "settings.entities.vendors.enabled" in text
    assert "&quot;enabled&quot;: &quot;yes&quot;" in text
    for broken, said in (("{,", "Line 1, column 2"), ('{"settings": NaN}', "NaN is no JSON"), ("[" * 9999, "")):
        answer = desk(admin).post("edit_metadata", document=broken, version="1")
        assert answer.status_code == 422
        assert said in answer.content.decode()
    assert MetadataVersion.objects.of(company).count() == 1


def test_a_draft_shows_what_it_would_cause_and_is_not_stored(desk, admin, gate):
    gate.send()
    long = {"validation": {"max_length": {"enabled": True, "length": 5, "message": "At most %{length} letters."}}}
    asked = [{"key": "remark", "label": "Remark", "type": "string"}]
    draft = metadata(
        commitments={
            "enabled": True,
            "configs": {"export": {"enabled": True, "custom_fields": asked}},
            "tab": {"enabled": True, "columns": {"code": {"enabled": True, "text": "Order"}, "description": ON}},
            "rules": {"save": {"fields": {"title": long}}},
        }
    )

    answer = desk(admin).post(
        "edit_metadata", document=json.dumps(draft), version="1", preview="1", entity="commitments"
    )

    text = answer.content.decode()
    assert answer.status_code == 200
    for said in ("SC-1042", "At most 5 letters.", "Remark", "Order", "Description", "0 pass, 1 fail"):
        assert said in text
    assert "settings.entities.commitments.tab.columns.code.text" in text
    assert MetadataVersion.objects.of(gate.company).count() == 1


def test_a_document_that_was_replaced_meanwhile_is_not_overwritten(desk, admin, company, integration):
    store_metadata(company.pk, metadata(jobs={"enabled": False}), actor=integration)

    answer = desk(admin).post("edit_metadata", document=json.dumps(metadata()), version="1")

    assert answer.status_code == 409
    assert "Ledger connector stored version 2 in the meantime." in answer.content.decode()
    assert MetadataVersion.objects.of(company).count() == 2


def test_versions_are_listed_compared_and_restored(desk, admin, company):
    store_metadata(company.pk, metadata(jobs={"enabled": False}), actor=admin)

    page = desk(admin).text("metadata_versions", query="?from=1&to=2")

    assert "Ledger connector" in page
    assert "settings.entities.jobs.enabled" in page
    assert "<del>true</del>" in page
    assert "<ins>false</ins>" in page
    answer = desk(admin).post("restore_metadata", number="1")
    assert answer.status_code == 302
    assert metadata_of(company.pk).rules("jobs").enabled
    assert MetadataVersion.objects.of(company).count() == 3
    for number in ("9", "x", ""):
        assert desk(admin).post("restore_metadata", number=number).status_code == 302
    assert MetadataVersion.objects.of(company).count() == 3


def test_differences_are_named_by_path():
    before = {"a": {"b": [1, {"c": "x"}]}, "gone": {}, "same": None}
    after = {"a": {"b": [1, {"c": "y"}, 3]}, "same": None}

    assert [(one.path, one.before, one.after) for one in differences(before, after)] == [
        ("a.b[1].c", '"x"', '"y"'),
        ("a.b[2]", None, "3"),
        ("gone", "{}", None),
    ]


@pytest.mark.parametrize("page", SETTINGS)
def test_a_company_without_a_connection_has_its_pages_too(company, admin, page):
    assert Desk(company, admin).get(page).status_code == 200


# ERP settings, lock lists, custom fields


def test_settings_appear_when_the_metadata_offers_them(desk, admin, company):
    page = desk(admin)
    assert "job_code_format" not in page.text("erp_settings")
    store_metadata(company.pk, EXAMPLE, actor=admin)

    text = page.text("erp_settings")
    for name in (
        "job_code_format",
        "procore_contract_number",
        "procore_change_order_number",
        "include_forecast_amounts",
        "mark_synced_alone",
    ):
        assert f'name="{name}"' in text
    page.post("erp_settings", job_code_format="99-9999", procore_contract_number=["false", "true"])

    erp = metadata_of(company.pk).erp
    assert (erp.job_code_format, erp.ticked("procore_contract_number")) == ("99-9999", True)
    assert not erp.ticked("procore_change_order_number")
    answer = page.post("erp_settings", job_code_format="9" * 61)
    assert answer.status_code == 422
    assert "is too long" in answer.content.decode()


def test_without_a_document_there_is_nothing_to_set(company, admin):
    assert "Nothing to set." in Desk(company, admin).text("erp_settings")


def test_kinds_that_leave_without_an_approver_are_ticked_one_by_one(desk, admin, auditor, company):
    page = desk(admin)
    assert 'name="direct_export.vendor"' in page.text("erp_settings")

    page.post("erp_settings", **{"direct_export.vendor": ["false", "true"], "direct_export.budget": "false"})

    direct = metadata_of(company.pk).erp.document["direct_export"]
    assert (direct["vendor"], direct["budget"]) == (True, False)
    assert "Since version 1, by Admin" in page.text("erp_settings")
    desk(auditor).post("erp_settings", **{"direct_export.vendor": "false"})
    assert metadata_of(company.pk).erp.document["direct_export"]["vendor"] is True


@pytest.mark.capability("LK-02")
def test_a_lock_list_is_kept_on_its_page_and_seen_in_the_form(desk, admin, gate, project_user):
    gate.bring_to("synced")
    form = desk(project_user)
    assert 'name="description"' in form.text("edit_record", gate.contract.pk)

    desk(admin).post(
        "locks", item_type="work_order_contract",
        **{"field-title": ["false", "true"], "field-description": ["false", "true"], "lines": ["false", "true"],
           "whole": "false", "deletion": ["false", "true"]},
    )  # fmt: skip

    with company_scope(gate.company.pk):
        lock = metadata_of(gate.company.pk).erp.document["locks"]["work_order_contract"]
    assert lock == {"fields": ["description", "title"], "lines": True, "whole": False, "deletion": True}
    text = form.text("edit_record", gate.contract.pk)
    assert 'name="description"' not in text
    assert "Description is locked" in text
    assert 'name="retainage_percent"' in text
    version = gate.record().version
    answer = form.post("edit_record", gate.contract.pk, description="x", version=version)
    assert answer.status_code == 422
    desk(admin).post("locks", item_type="work_order_contract", default="1")
    assert 'name="description"' in form.text("edit_record", gate.contract.pk)


def test_an_unknown_type_has_no_lock_list(desk, admin):
    assert desk(admin).get("locks", query="?item_type=spaceship").status_code == 404


def test_a_field_is_added_changed_removed_and_brought_back_on_its_pages(desk, admin, company):
    page = desk(admin)
    assert page.post("custom_fields", **COURIER).status_code == 302
    (field,) = custom_fields_of(company.pk)

    page.post("custom_field", field.pk, label="Bote", position="3", required=["false", "true"])
    (field,) = custom_fields_of(company.pk)
    assert (field.label, field.position, field.required) == ("Bote", 3, True)
    page.post("custom_field", field.pk, remove="1")
    assert custom_fields_of(company.pk) == []
    assert "removed" in page.text("custom_fields")
    page.post("custom_field", field.pk, bring_back="1")
    assert len(custom_fields_of(company.pk)) == 1

    answer = page.post("custom_fields", **{**COURIER, "key": "Bad key", "label": ""})
    assert answer.status_code == 422
    assert "must begin with a letter" in answer.content.decode()
    assert "Bad key" in answer.content.decode()
    assert page.post("custom_field", field.pk, label="x", position="-1").status_code == 422
    assert page.get("custom_field", 99999).status_code == 404


# What they cause elsewhere


@pytest.mark.capability("MP-09")
def test_a_new_field_is_in_form_detail_staged_page_preview_list_and_csv(desk, admin, gate, project_user, integration):
    company, page = gate.company, desk(project_user)
    add_custom_field(company.pk, {**COURIER, "label": "Kurier"}, actor=admin)
    add_custom_field(
        company.pk, {"item_type": "line_item", "key": "bay", "label": "Bay", "data_type": "string"}, actor=admin
    )
    sent = {"item_type": "work_order_contract", "origin_id": "W-9",
            "data": {"number": "9", "title": "T", "project_origin_id": "SITE-7"}}  # fmt: skip
    (staged,) = stage_records(company.pk, [sent], actor=integration).entities

    form = page.text("edit_record", gate.contract.pk)
    assert 'name="courier_id"' in form
    assert 'name="line-0-bay"' in form
    assert "Kurier" in desk(admin).text("staged", staged.pk)
    lines = {}
    for place, line in enumerate(Record.objects.of(company).filter(parent=gate.contract).order_by("position")):
        lines |= {f"line-{place}-id": line.pk, f"line-{place}-bay": f"B{place}"}
        lines |= {f"line-{place}-{name}": line.data[name] for name in ("cost_code_id", "line_item_type_id")}
    kept = {name: gate.contract.data[name] for name in ("number", "title", "status", "vendor_id")}
    answer = page.post("edit_record", gate.contract.pk, **kept, courier_id="=C-7", **lines)
    assert answer.status_code == 302
    assert gate.record().data["custom_fields"] == {"courier_id": "=C-7"}
    stored = Record.objects.of(company).filter(parent=gate.contract).order_by("position")
    assert [line.data["custom_fields"] for line in stored] == [{"bay": "B0"}, {"bay": "B1"}]
    assert "=C-7" in page.text("record", gate.contract.pk)
    assert "=C-7" in page.text("records", query="?item_type=work_order_contract")

    answer = page.get("records", query="?item_type=work_order_contract&format=csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    (head, row) = csv.reader(io.StringIO(text))
    assert head[:5] == ["Status", "Number", "Title", "Amount", "Currency"]
    assert row[head.index("Kurier")] == "'=C-7"
    assert row[head.index("Amount")] == "885900"

    export = gate.send()
    preview = desk(admin).text("export", export.pk, query="?tab=payload")
    assert "courier_id" in preview
    queue = desk(admin).text("queue", query="?view=ready_to_export&type=commitments")
    assert "Kurier" in queue
    assert "=C-7" in queue


def test_the_csv_file_has_every_row_of_the_list(desk, company, project_user, connection):
    for number in range(3):
        create_record(company, actor=project_user, item_type="vendor", data={"name": f"Vendor {number}"})

    answer = desk(project_user).get("records", query="?item_type=vendor&format=csv")

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="halden-civil-companies-')
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert [row[2] for row in rows] == ["Title", "Vendor 2", "Vendor 1", "Vendor 0"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_a_cell_is_never_taken_for_a_formula(text):
    ((cell,),) = csv.reader(io.StringIO(csv_line([text]), newline=""))

    assert cell == f"'{text}"


def test_a_box_that_nobody_ticked_stays_unsaid_and_a_ticked_one_can_be_cleared(desk, gate, project_user):
    page = desk(project_user)
    kept = {name: gate.contract.data[name] for name in ("number", "title", "status", "vendor_id")}

    page.post("edit_record", gate.contract.pk, **kept, executed="false", private=["false", "true"])
    assert "executed" not in gate.record().data
    assert gate.record().data["private"] is True
    page.post("edit_record", gate.contract.pk, **kept, private="false")
    assert gate.record().data["private"] is False


def test_both_kinds_of_commitment_share_a_tab(desk, gate, admin, project_user):
    gate.send()
    edited = {"number": "PO-1", "title": "Sealants", "status": "Approved"}
    create_record(gate.company, actor=project_user, item_type="purchase_order_contract",
                  project_id=gate.contract.project_id, data=edited)  # fmt: skip

    for word in ("commitments", "work_order_contract", "purchase_order_contract"):
        page = desk(admin).text("queue", query=f"?view=ready_to_export&type={word}")
        assert page.count('>Commitments <span class="n">1</span>') == 1
        assert "SC-1042" in page


@pytest.mark.capability("AD-01")
def test_the_metadata_of_vendors_and_jobs_decide_tabs_labels_columns_and_rules(
    desk, admin, company, vendor, project, approver, project_user, integration
):
    """The shape that the public documentation shows for vendors and jobs."""
    code = {"present": {"enabled": True, "message": "must be present"},
            "max_length": {"enabled": True, "length": 10, "message": "at most %{length} characters"}}  # fmt: skip
    both = {"export": {"enabled": True, "create": ON}, "import": {"enabled": True}}
    entity = {
        "enabled": True,
        "configs": both,
        "rules": {"export": {"fields": {"code": {"enabled": True, "validation": code}}}},
        "tab": {"enabled": True, "columns": {"code": {"enabled": True, "text": ""}}},
    }
    labels = {"name": "Sage 9000", "id_name": "Sage ID", "short_name": "Sage"}
    document = {"settings": {"labels": labels, "entities": {"vendors": entity, "jobs": entity}}}
    edit_record(company, vendor.pk, actor=integration, data={"city": "Oslo"})
    store_metadata(company.pk, document, actor=admin)
    page = desk(admin)

    tabs = page.text("queue")
    assert [label in tabs for label in (">Companies <", ">Jobs <", ">Commitments <")] == [True, True, False]
    assert "Sage ID" in page.text("queue", query="?view=synced&type=vendors")
    made = create_record(company, actor=project_user, item_type="vendor", data={"name": "Kestrel"})
    sender = desk(project_user)
    sender.post("send", made.pk)
    queue = desk(approver).text("queue", query="?view=ready_to_export&type=vendors")
    assert "Kestrel" in queue
    with company_scope(company.pk):
        export = StagedExport.objects.of(company).get(record=made)
    asked = desk(approver).text("accept", export.pk)
    assert "Sage ID" in asked
    for typed, said in (("", "must be present"), ("12345678901", "at most 10 characters")):
        refused = desk(approver).post("accept", export.pk, code=typed, version=export.version)
        assert refused.status_code == 422
        assert said in refused.content.decode()

    off = {"settings": {"labels": labels, "entities": {"vendors": entity, "jobs": {**entity, "enabled": False}}}}
    off["settings"]["entities"]["standard_categories"] = {"enabled": False}  # type: ignore[index]
    store_metadata(company.pk, off, actor=admin)
    assert ">Jobs <" not in page.text("queue")


@pytest.mark.capability("AD-01")
def test_the_routes_of_an_entity_that_is_off_are_not_there(company, connection, admin, integrator):
    sent = {"updates": [{"name": "Labor", "code": "L", "base_type": "labor", "origin_id": "L"}]}
    assert integrator.patch("line_item_types/sync", sent).status == 200

    store_metadata(company.pk, metadata(standard_categories={"enabled": False}), actor=admin)

    assert integrator.patch("line_item_types/sync", sent).status == 404
    store_metadata(company.pk, metadata(), actor=admin)
    assert integrator.patch("line_item_types/sync", sent).status == 200


def test_a_row_that_is_redrawn_keeps_the_columns_of_its_list(desk, admin, gate, approver):
    store_metadata(
        gate.company.pk,
        metadata(commitments={
            "enabled": True, "configs": {"export": ON, "export_subcontracts": ON},
            "tab": {"enabled": True, "columns": {"description": {"enabled": True, "text": "Words"}}},
        }),
        actor=admin,
    )  # fmt: skip
    export = gate.send()
    page = desk(approver)
    around = page.url("queue", query="?view=ready_to_export&type=commitments")

    answer = page.client.post(
        page.url("accept", export.pk),
        {"version": export.version, "row": f"export-{export.pk}"},
        headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{around}"},
    )

    assert answer.status_code == 200
    assert answer.content.decode().count("c-extra") == 1


def test_the_contract_number_is_offered_where_that_is_ticked(desk, gate, admin, approver):
    offered = {"enabled": True, "configs": {"export": ON, "export_subcontracts": ON, "procore_contract_number": ON}}
    store_metadata(gate.company.pk, metadata(commitments=offered), actor=admin)
    store_settings(gate.company.pk, {"procore_contract_number": True}, actor=admin)
    export = gate.send()

    assert 'value="SC-1042"' in desk(approver).text("accept", export.pk)


# Networks of hooks


@pytest.mark.capability("WH-11")
def test_an_administrator_opens_a_network_to_hooks_and_closes_it_again(desk, admin, auditor, company):
    page = desk(admin)

    page.post("networks", network="10.20.0.0/16", note="Plant <3>")

    assert "10.20.0.0/16" in desk(auditor).text("networks")
    assert "Plant &lt;3&gt;" in page.text("networks")
    (row,) = AllowedNetwork.objects.of(company)
    page.post("networks", remove=row.pk)
    assert "None is open." in page.text("networks")
    acts = Entry.objects.of(company).filter(object_type="allowed_network").order_by("pk")
    assert [(one.action, one.actor_id) for one in acts] == [("open_network", admin.id), ("close_network", admin.id)]


@pytest.mark.parametrize("network", ["", "127.0.0.1", "10.20.0.1/16", "everything"])
def test_a_network_that_may_not_be_opened_is_told_beside_its_field(desk, admin, company, network):
    answer = desk(admin).post("networks", network=network, note="Plant")

    assert answer.status_code == 422
    assert 'id="id_network"' in answer.content.decode()
    assert "Plant" in answer.content.decode()
    assert not AllowedNetwork.objects.of(company).exists()


@pytest.mark.parametrize("which", ["999999", "x", "9" * 30])
def test_what_is_not_there_is_not_closed(desk, admin, company, which):
    page = desk(admin)
    page.post("networks", network="10.20.0.0/16")

    page.post("networks", remove=which)

    assert "Closed" not in page.text("networks")
    assert AllowedNetwork.objects.of(company).count() == 1
