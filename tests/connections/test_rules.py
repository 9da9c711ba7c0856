"""What a company's metadata and ERP settings cause: checks, inputs, special configurations."""

import copy
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from erpstaging.audit.models import Entry
from erpstaging.catalogue.names import METADATA_NAMES
from erpstaging.catalogue.registry import DOCUMENTED, ENTITIES
from erpstaging.connections.document import checked, warnings_of
from erpstaging.connections.erp_settings import ErpSettings, checked_settings
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.models import MetadataVersion, SettingsVersion
from erpstaging.connections.services import (
    change_settings,
    metadata_of,
    restore_metadata,
    store_metadata,
    store_settings,
)
from erpstaging.connections.validation import Around, Rule, failures, fits_mask
from erpstaging.core.errors import Invalid
from erpstaging.records.editing import create_record, edit_record
from erpstaging.records.lines import LineEdit
from erpstaging.records.models import Record
from erpstaging.staging.direct import sync_records
from erpstaging.staging.imports import accept_import
from erpstaging.staging.intake import stage_records
from erpstaging.staging.sending import rule_failures
from tests.fixtures.ledger import ON, metadata

EXAMPLE = json.loads((Path(__file__).parents[2] / "docs/examples/metadata.json").read_text())
BOTH = {"enabled": True, "configs": {"import": ON, "export": ON}, "tab": ON}
CONTRACTS = {"export_subcontracts": ON, "export_purchase_orders": ON}


def rules(entity: str, erp: dict[str, Any] | None = None, **settings: Any) -> Any:
    return Metadata({"settings": {"entities": {entity: {"enabled": True, **settings}}}}, ErpSettings(erp or {})).rules(
        entity
    )


def validation(**checks: Any) -> dict[str, Any]:
    return {"validation": {name: {"enabled": True, **values} for name, values in checks.items()}}


@pytest.fixture
def put(company, connection, integration):
    def store(erp: dict[str, Any] | None = None, **entities: Any) -> None:
        store_metadata(company.pk, metadata(**entities), actor=integration)
        if erp is not None:
            store_settings(company.pk, erp, actor=integration)

    return store


# The document


@pytest.mark.capability("AD-01")
def test_the_complete_example_is_taken_and_every_key_of_it_is_read():
    stored = checked(copy.deepcopy(EXAMPLE))

    assert stored == EXAMPLE
    assert warnings_of(stored) == []
    read = Metadata(stored, ErpSettings({"procore_contract_number": True, "include_forecast_amounts": True}))
    assert (read.erp_name, read.short_name, read.id_name) == ("Quillworth Ledger", "Quill", "Quillworth No.")
    assert (read.code_delimiter, read.allows_custom_segments, read.imports_payments) == (".", False, True)
    budgets, jobs, commitments = read.rules("budgets"), read.rules("jobs"), read.rules("commitments")
    assert (budgets.may_include_forecasts, budgets.exports_forecasts) == (True, True)
    assert (budgets.exports_sub_jobs, budgets.exports_revised_estimates) == (True, False)
    assert budgets.warning == "The plan in Quill will be overwritten. Continue?"
    assert budgets.code_input() is None
    assert (jobs.asks_job_code_format, jobs.keeps_assignments, jobs.takes_staged_records) == (True, True, True)
    assert (jobs.may_delete_assignments, jobs.may_delete_cost_codes, jobs.may_update) == (True, True, True)
    assert (commitments.allows_duplicate_codes, commitments.may_unlink) == (False, True)
    assert [(one.key, one.label, one.kind) for one in commitments.custom_inputs()] == [
        ("accounting_date", "Posting date", "date"),
        ("remark", "Remark", "string"),
    ]
    assert [(one.key, one.from_number) for one in [commitments.code_input()]] == [("code", True)]
    assert read.rules("commitment_change_orders").wants_one_category
    assert [one.key for one in read.rules("requisitions").custom_inputs()] == ["accounting_date"]
    assert read.rules("contract_payments").minimum_sync_version == "0"
    prime = read.rules("prime_contracts")
    assert (prime.contract_item_format, prime.contract_item_delimiter) == ("XXXX", "-")
    assert read.rules("prime_contract_change_orders").exports_estimate_markup
    assert read.rules("vendors").columns == (("code", "Creditor"), ("city", "Town"))
    assert read.rules("job_costs").columns == (("job_to_date_cost", "Cost to date"), ("commitment_invoiced", ""))


def test_every_name_of_an_entity_in_the_document_is_known():
    assert {entity.metadata_name for entity in DOCUMENTED.values() if entity.metadata_name} <= METADATA_NAMES.keys()


def test_unknown_names_are_warned_of_with_their_path():
    document = metadata(
        spaceships=ON,
        vendors={
            **BOTH,
            "configs": {"export": {"enabled": True, "custom_fields": [{"key": "a", "rules": validation(shiny={})}]}},
            "rules": {"save": {"fields": {"name": validation(present={}, palindrome={})}}},
        },
    )

    assert checked(document) == document
    assert warnings_of(document) == [
        "settings.entities.vendors.rules.save.fields.name.validation.palindrome: this check is unknown and never runs",
        "settings.entities.vendors.configs.export.custom_fields[0].rules.validation.shiny: "
        "this check is unknown and never runs",
        "settings.entities.spaceships: this entity is unknown and does nothing",
    ]


def test_every_fault_of_a_document_is_named_at_once():
    document = metadata(
        vendors={
            "enabled": "yes",
            "configs": {"export": {"custom_fields": [{"label": "no key"}, {"key": "a"}, {"key": "a"}]}},
            "rules": {"save": {"fields": {"name": validation(max_length={"length": "30"}, max_line_length={})}}},
        },
        jobs={"configs": {"update": True}},
    )

    with pytest.raises(Invalid) as refused:
        checked(document)

    assert [text.partition(":")[0] for text in refused.value.errors["metadata"]] == [
        "settings.entities.jobs.configs.update",
        "settings.entities.vendors.configs.export.custom_fields[0]",
        "settings.entities.vendors.enabled",
        "settings.entities.vendors.rules.save.fields.name.validation.max_length.length",
        "settings.entities.vendors.rules.save.fields.name.validation.max_line_length",
        "settings.entities.vendors.configs.export.custom_fields",
    ]


def test_an_older_version_comes_back_as_a_new_one(company, put, admin):
    put(jobs={**BOTH, "tab": {"enabled": False}})

    restore_metadata(company.pk, 1, actor=admin)

    versions = MetadataVersion.objects.of(company).order_by("number")
    assert [one.number for one in versions] == [1, 2, 3]
    assert versions[2].document == versions[0].document
    assert (versions[2].author_kind, versions[2].author_name) == ("person", "Admin")
    assert metadata_of(company.pk).rules("jobs").shows_tab


# Checks


@pytest.mark.parametrize(
    ("code", "mask", "fits"),
    [
        ("24-0107", "99-9999", True),
        ("24-010", "99-9999", False),
        ("2A-0107", "99-9999", False),
        ("24.0107", "99-9999", False),
        ("HP-26", "AA-99", True),
        ("1P-26", "AA-99", False),
        ("A7", "XX", True),
        ("A-", "XX", False),
        ("", "", True),
    ],
)
def test_a_code_fits_a_mask_letter_by_letter(code, mask, fits):
    assert fits_mask(code, mask) is fits


def test_the_job_code_format_is_checked_and_told(company, put):
    jobs = {
        **BOTH,
        "configs": {"import": ON, "export": ON, "job_id_format": ON},
        "rules": {
            "export": {"fields": {"code": validation(format={"message": "Use the pattern %{job_code_format}."})}}
        },
    }
    put({"job_code_format": "99-9999"}, jobs=jobs)
    rule = metadata_of(company.pk).rules("jobs")

    assert rule.export_failures({"code": "HP-26"}, {}) == {"code": ["Use the pattern 99-9999."]}
    assert rule.export_failures({"code": "24-0107"}, {}) == {}
    # Without a format, or without the setting in the document, there is nothing to check against.
    put({}, jobs=jobs)
    assert metadata_of(company.pk).rules("jobs").export_failures({"code": "HP-26"}, {}) == {}
    put({"job_code_format": "99-9999"}, jobs={**jobs, "configs": {"export": ON}})
    assert metadata_of(company.pk).rules("jobs").export_failures({"code": "HP-26"}, {}) == {}


def test_placeholders_without_a_meaning_stay():
    told = {"a": [Rule("format", None, "%{job_code_format} %{length} %{who}")]}

    assert failures(told, {"a": "x"}, {}, Around("99"))["a"] == ["99 %{length} %{who}"]
    assert failures({"a": [Rule("present", 3, "%{length}")]}, {}, {})["a"] == ["3"]


def test_a_division_is_refused_as_cost_code_on_every_road(
    company, put, contract, cost_code, cost_type, integration, approver, project_user
):
    sync_records(
        company,
        ENTITIES["cost_code"],
        [{"name": "Columns", "code": "10", "origin_id": "SITE-7|05-100-10", "parent_origin_id": "SITE-7|05-100"}],
        actor=integration,
        scope={"project_id": contract.project_id},
    )
    message = {"message": "Choose a code below the division."}
    put(commitment_items={**BOTH, "rules": {"save": {"fields": {"cost_code": validation(disallow_division=message)}}}})
    line = Record.objects.of(company).filter(parent=contract).first()
    below = Record.objects.of(company).get(origin_id="SITE-7|05-100-10")

    with pytest.raises(Invalid) as on_the_line:
        edit_record(company, line.pk, actor=project_user, data={"description": "x"})
    with pytest.raises(Invalid) as in_the_form:
        edit_record(company, contract.pk, actor=project_user, data={}, lines=[LineEdit(line.pk, {"uom": "kg"})])

    assert on_the_line.value.errors == {"cost_code": ["Choose a code below the division."]}
    assert in_the_form.value.errors == {"line_items.0.cost_code": ["Choose a code below the division."]}
    edit_record(company, line.pk, actor=project_user, data={"cost_code_id": below.pk})
    edit_record(company, line.pk, actor=integration, data={"cost_code_id": cost_code.pk})

    codes = {"cost_code_origin_id": "SITE-7|05-100", "line_item_type_origin_id": "SUB", "amount": "1"}
    sent = {
        "item_type": "work_order_contract", "origin_id": "W-1",
        "data": {"number": "1", "title": "Roof", "project_origin_id": "SITE-7", "vendor_origin_id": "CRED-12"},
        "children": [{"item_type": "line_item", "origin_id": "W-1-1", "data": codes}],
    }  # fmt: skip
    (row,) = stage_records(company.pk, [sent], actor=integration).entities
    row = accept_import(company, row.pk, actor=approver, version=row.version)
    assert (row.status, row.messages) == ("invalid", ["Line W-1-1: Choose a code below the division."])


def test_divisions_are_looked_up_once_for_all_lines(company, put, contract, cost_code, cost_type, project_user):
    put(commitment_items={**BOTH, "rules": {"save": {"fields": {"cost_code": validation(disallow_division={})}}}})
    new = LineEdit(None, {"amount": "1", "cost_code_id": cost_code.pk, "line_item_type_id": cost_type.pk})
    spent = []
    for count in (1, 20):
        with CaptureQueriesContext(database) as queries:
            edit_record(company, contract.pk, actor=project_user, data={}, lines=[new] * count)
        spent.append(len(queries))

    assert spent[0] == spent[1]


@pytest.mark.capability("IN-08")
def test_a_long_title_is_refused_with_the_companys_words_on_send_on_accept_and_through_rest(
    gate, sign_in, project_user, approver
):
    title = "Structural steel, towers A & BB"
    assert len(title) == 31
    rule = {
        "rules": {
            "save": {"fields": {"title": validation(max_length={"length": 30, "message": "Shorten to %{length}."})}}
        }
    }
    refusing = metadata(commitments={**BOTH, "configs": {"import": ON, "export": ON, **CONTRACTS}, **rule})
    edit_record(gate.company, gate.contract.pk, actor=project_user, data={"title": title})
    store_metadata(gate.company.pk, refusing, actor=gate.integration)
    people = sign_in(project_user)

    sent = people.post(f"records/{gate.contract.pk}/send_to_erp")
    changed = people.patch(f"records/{gate.contract.pk}", {"data": {"title": title + "!"}})
    made = people.post(
        "records",
        {
            "item_type": "work_order_contract",
            "project_id": gate.contract.project_id,
            "data": {"number": "2", "title": title},
        },
    )

    for answer in (sent, changed, made):
        assert (answer.status, answer.body["errors"]["title"]) == (422, ["Shorten to 30."])
    with pytest.raises(Invalid) as at_send:
        gate.send()
    assert at_send.value.errors == {"title": ["Shorten to 30."]}

    store_metadata(gate.company.pk, metadata(), actor=gate.integration)
    export = gate.send()
    store_metadata(gate.company.pk, refusing, actor=gate.integration)
    accepted = sign_in(approver).post(f"exports/{export.pk}/accept", {"version": export.version})

    assert (accepted.status, accepted.body["errors"]["title"]) == (422, ["Shorten to 30."])
    gate.retrieve()
    # The integration's own sync meets no save rule.
    edit_record(gate.company, gate.contract.pk, actor=gate.integration, data={"title": title + " long"})
    edit_record(gate.company, gate.contract.pk, actor=project_user, data={"title": title[:30]})
    gate.send()


def test_an_export_rule_about_lines_is_asked_at_accept_only(gate):
    items = {**BOTH, "rules": {"export": {"fields": {"uom": validation(present={"message": "Give the unit."})}}}}
    store_metadata(gate.company.pk, metadata(commitment_items=items), actor=gate.integration)
    export = gate.send()

    with pytest.raises(Invalid) as refused:
        gate.accept(export)

    assert refused.value.errors == {
        "line_items.0.uom": ["Give the unit."],
        "line_items.1.uom": ["Give the unit."],
    }


# Special configurations


def commitments(**configs: Any) -> dict[str, Any]:
    return metadata(commitments={**BOTH, "configs": {"import": ON, "export": ON, **CONTRACTS, **configs}})


@pytest.mark.parametrize("switch", [{}, {"export_subcontracts": {"enabled": False}}], ids=["missing", "off"])
def test_a_kind_of_commitment_leaves_only_when_its_switch_is_on(gate, switch):
    document = metadata(
        commitments={**BOTH, "configs": {"import": ON, "export": ON, "export_purchase_orders": ON, **switch}}
    )
    store_metadata(gate.company.pk, document, actor=gate.integration)

    with pytest.raises(Invalid) as refused:
        gate.send()

    assert refused.value.code == "export_off"


@pytest.mark.parametrize(
    ("ticked", "typed", "code"),
    [(True, None, "SC-1042"), (True, "NW-7", "NW-7"), (False, "NW-7", "NW-7"), (False, None, None)],
)
def test_the_contract_number_becomes_the_code_where_that_is_ticked(gate, ticked, typed, code):
    store_metadata(gate.company.pk, commitments(procore_contract_number=ON), actor=gate.integration)
    store_settings(gate.company.pk, {"procore_contract_number": ticked}, actor=gate.integration)
    export = gate.send()

    if code is None:
        with pytest.raises(Invalid) as refused:
            gate.accept(export, inputs={"code": typed})
        assert refused.value.errors == {"code": ["Ledger No. can't be blank"]}
        return
    gate.accept(export, inputs={"code": typed})

    assert gate.export().inputs["code"] == code
    assert gate.record().origin_code == code


def test_a_tick_does_nothing_where_the_document_does_not_offer_it():
    ticked = {"procore_contract_number": True}

    assert rules("commitments", ticked).code_input() is None
    assert rules("commitments", ticked, configs={"procore_contract_number": ON}).code_input().from_number
    change_orders = rules(
        "commitment_change_orders",
        {"procore_change_order_number": True},
        configs={"procore_change_order_number": ON},
    )
    assert change_orders.code_input().offered({"number": "7", "origin_code": None}) == "7"
    assert change_orders.code_input().offered({"number": "7", "origin_code": "X"}) == "X"


@pytest.mark.parametrize("allowed", [True, False])
def test_a_code_stands_on_one_commitment_unless_the_document_allows_more(gate, project_user, vendor, allowed):
    coded = {**commitments(allow_duplicate_codes={"enabled": allowed})}
    coded["settings"]["entities"]["commitments"]["rules"] = {"export": {"fields": {"code": {"enabled": True}}}}
    store_metadata(gate.company.pk, coded, actor=gate.integration)
    first = gate.accept(gate.send(), inputs={"code": "NW-7"}, undo=timedelta(seconds=9))
    assert first.state == "accepted"
    other = copy_of(gate, project_user, vendor)
    export = gate.send(other)

    if allowed:
        gate.accept(export, inputs={"code": "NW-7"})
    else:
        with pytest.raises(Invalid) as refused:
            gate.accept(export, inputs={"code": "NW-7"})
        assert refused.value.errors == {"code": ["NW-7 is the code of another commitment already."]}
        gate.accept(export, inputs={"code": "NW-8"})


def copy_of(gate: Any, project_user: Any, vendor: Record) -> Record:
    line = Record.objects.of(gate.company).filter(parent=gate.contract).first()
    codes = {name: line.data[name] for name in ("cost_code_id", "line_item_type_id")}
    return create_record(
        gate.company, actor=project_user, item_type="work_order_contract", project_id=gate.contract.project_id,
        data={"number": "SC-2", "title": "Roof", "status": "Approved", "vendor_id": vendor.pk},
        lines=[LineEdit(None, {"amount": "5", **codes})],
    )  # fmt: skip


def test_the_lines_of_a_change_order_have_one_cost_type_where_the_document_says_so():
    document = metadata(
        commitment_change_orders={**BOTH, "configs": {"export": ON, "line_items_require_single_category": ON}}
    )
    lines = [{"item_type": "line_item", "data": {"line_item_type_id": one}} for one in (1, 2)]
    node = {"item_type": "commitment_change_order", "data": {}, "lines": lines}
    entity = ENTITIES["commitment_change_order"]

    assert rule_failures(entity, Metadata(document), node) == {
        "line_items": ["All lines must have the same cost type."]
    }
    assert rule_failures(entity, Metadata(document), {**node, "lines": lines[:1] * 2}) == {}
    assert rule_failures(entity, Metadata(metadata()), node) == {}


def test_vendors_are_never_exported_again_and_jobs_are_by_either_switch():
    assert not rules("vendors", configs={"export": {"enabled": True, "update": ON}}).may_update
    assert rules("jobs", configs={"update": ON}).may_update
    assert rules("jobs", configs={"export": {"enabled": True, "update": ON}}).may_update


def test_payments_are_imported_by_their_own_switch_or_the_older_one():
    older = {"requisitions": {"enabled": True, "configs": {"sync_payments": ON}}}
    own = {"contract_payments": {"enabled": True, "configs": {"import": ON}}}

    assert [Metadata({"settings": {"entities": one}}).imports_payments for one in (older, own, {})] == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("code", "mask", "delimiter", "fits"),
    [
        ("12-34", "XXXX", "-", True),
        ("12-3", "XXXX", "-", False),
        ("12-34", "XX-XX", "-", True),
        ("1234", "XX-XX", "-", False),
        ("anything", "", "-", True),
    ],
)
def test_the_code_of_a_prime_contract_line_fits_its_mask(code, mask, delimiter, fits):
    configs = {
        "contract_item_format": {"text": mask},
        "contract_item_delimiter": {"text": delimiter},
        "prime_contract_line_item_format": ON,
    }

    assert rules("prime_contracts", configs=configs).fits_contract_item(code) is fits
    assert rules("prime_contracts", configs={**configs, "prime_contract_line_item_format": {}}).fits_contract_item("?")


def test_an_imported_line_of_a_prime_contract_has_a_code_of_the_mask(
    company, put, project, cost_code, cost_type, integration, approver
):
    configs = {"import": ON, "contract_item_format": {"text": "XXXX"}, "contract_item_delimiter": {"text": "-"}}
    put(prime_contracts={**BOTH, "configs": {**configs, "prime_contract_line_item_format": ON}})
    codes = {"cost_code_origin_id": "SITE-7|05-100", "line_item_type_origin_id": "SUB", "amount": "1"}

    def stage(code: str) -> Any:
        sent = {
            "item_type": "prime_contract", "origin_id": f"P-{code}",
            "data": {"title": "P", "project_origin_id": "SITE-7"},
            "children": [{"item_type": "line_item", "origin_id": f"L-{code}", "origin_code": code, "data": codes}],
        }  # fmt: skip
        (row,) = stage_records(company.pk, [sent], actor=integration).entities
        return accept_import(company, row.pk, actor=approver, version=row.version)

    wrong, right = stage("12-3"), stage("12-34")

    assert (wrong.status, wrong.messages) == ("invalid", ["Line L-12-3: The code 12-3 does not fit XXXX"])
    assert right.status == "imported"


def test_what_accept_offers_stands_in_the_answer(gate, sign_in, approver):
    store_metadata(gate.company.pk, commitments(procore_contract_number=ON), actor=gate.integration)
    export = gate.send()

    for ticked, required, offered in ((False, True, None), (True, False, "SC-1042")):
        store_settings(gate.company.pk, {"procore_contract_number": ticked}, actor=gate.integration)
        (asked,) = sign_in(approver).get(f"exports/{export.pk}").body["inputs_wanted"]
        assert asked == {
            "key": "code", "label": "Ledger No.", "type": "string", "required": required, "offered": offered,
        }  # fmt: skip


def test_an_accounting_date_is_asked_for_once():
    declared = {"enabled": True, "custom_fields": [{"key": "accounting_date", "label": "Posting date", "type": "date"}]}

    (added,) = rules("requisitions", configs={"accounting_date": ON}).custom_inputs()
    assert (added.key, added.kind) == ("accounting_date", "date")
    (own,) = rules("requisitions", configs={"accounting_date": ON, "export": declared}).custom_inputs()
    assert own.label == "Posting date"


# ERP settings


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ([], "erp_settings"),
        ({"colour": "red"}, "erp_settings"),
        ({"job_code_format": 7}, "erp_settings.job_code_format"),
        ({"procore_contract_number": "yes"}, "erp_settings.procore_contract_number"),
        ({"direct_export": {"spaceship": True}}, "erp_settings.direct_export"),
        ({"direct_export": {"vendor": 1}}, "erp_settings.direct_export.vendor"),
        ({"locks": {"vendor": {"fields": "name"}}}, "erp_settings.locks.vendor.fields"),
        ({"locks": {"vendor": {"fields": ["name", "hull"]}}}, "erp_settings.locks.vendor.fields[1]"),
        ({"locks": {"vendor": {"lines": 1}}}, "erp_settings.locks.vendor.lines"),
    ],
)
def test_a_fault_of_the_settings_is_named_by_its_path(document, path):
    with pytest.raises(Invalid) as refused:
        checked_settings(document, {})

    assert refused.value.errors["erp_settings"][0].partition(":")[0] == path


def test_settings_keep_their_versions_and_leave_a_trace(company, connection, admin):
    store_settings(company.pk, {"job_code_format": "99"}, actor=admin)
    change_settings(company.pk, {"procore_contract_number": True}, actor=admin)

    versions = SettingsVersion.objects.of(company).order_by("number")
    assert [(one.number, one.document, one.author_name) for one in versions] == [
        (1, {"job_code_format": "99"}, "Admin"),
        (2, {"job_code_format": "99", "procore_contract_number": True}, "Admin"),
    ]
    entries = Entry.objects.of(company).filter(action="erp_settings.replaced").order_by("id")
    assert [(one.before, one.after) for one in entries] == [
        ({"version": 0}, {"version": 1}),
        ({"version": 1}, {"version": 2}),
    ]


def test_direct_export_is_stored_and_read():
    settings = ErpSettings(checked_settings({"direct_export": {"vendor": True}}, {}))

    assert settings.exports_directly(ENTITIES["vendor"])
    assert not settings.exports_directly(ENTITIES["project"])
