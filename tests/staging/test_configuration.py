"""A company's configuration as one document."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from erpstaging.companies.models import Company
from erpstaging.connections.custom_field_changes import add_custom_field, remove_custom_field
from erpstaging.connections.models import MetadataVersion, SettingsVersion
from erpstaging.connections.services import metadata_of, store_metadata, store_settings
from erpstaging.core.scope import in_company
from erpstaging.records.models import Record
from tests.fixtures.scope import no_scope

EXAMPLE = json.loads((Path(__file__).parents[2] / "docs/examples/metadata.json").read_text())
FIELD = {"item_type": "work_order_contract", "key": "courier_id", "label": "Käufer", "data_type": "choice",
         "choices": ["Air", "Road"]}  # fmt: skip
LOCKS = {"locks": {"work_order_contract": {"fields": ["title", "courier_id"]}}, "job_code_format": "99-9999"}


@pytest.fixture
def configured(company, connection, admin) -> Company:
    add_custom_field(company.pk, FIELD, actor=admin)
    gone = add_custom_field(company.pk, {**FIELD, "key": "old"}, actor=admin)
    remove_custom_field(company.pk, gone.pk, actor=admin)
    store_metadata(company.pk, EXAMPLE, actor=admin)
    store_settings(company.pk, LOCKS, actor=admin)
    return company


def exported(company: Company) -> str:
    out = io.StringIO()
    with no_scope():
        call_command("export_config", company=company.pk, stdout=out)
    return out.getvalue()


def put(company: Company, text: str, tmp_path: Path) -> None:
    file = tmp_path / "configuration.json"
    file.write_text(text, "utf-8")
    with no_scope():
        call_command("import_config", company=company.pk, file=file, stdout=io.StringIO())


@pytest.mark.capability("AD-02")
def test_a_configuration_goes_into_an_empty_company_and_comes_out_the_same(configured, other_company, tmp_path):
    first = exported(configured)

    put(other_company, first, tmp_path)

    second = exported(other_company)
    assert second.encode() == first.encode()
    document = json.loads(first)
    assert list(document) == sorted(document)
    assert document["metadata"] == EXAMPLE
    assert [one["active"] for one in document["custom_fields"]] == [True, False]
    put(other_company, second, tmp_path)
    with no_scope():
        versions = in_company(other_company.pk, lambda: MetadataVersion.objects.of(other_company).count())
        lists = in_company(
            other_company.pk,
            lambda: Record.objects.of(other_company).filter(item_type="standard_cost_code_list").count(),
        )
    assert (versions, lists) == (1, 1)


@pytest.mark.capability("AD-02")
def test_no_secret_is_part_of_it(configured, service_account):
    text = exported(configured)

    assert service_account.client_id not in text
    assert service_account.client_secret not in text


def test_a_part_that_is_left_out_stays(configured, tmp_path):
    put(configured, '{"format": 1, "erp_settings": {"procore_contract_number": true}}', tmp_path)

    document = json.loads(exported(configured))
    assert document["erp_settings"] == {"procore_contract_number": True}
    assert document["metadata"] == EXAMPLE
    assert len(document["custom_fields"]) == 2
    assert SettingsVersion.objects.of(configured).count() == 2


def test_a_field_that_the_document_does_not_name_is_removed(configured, tmp_path):
    document = json.loads(exported(configured))
    document["custom_fields"] = [{**FIELD, "label": "Courier"}, {**FIELD, "key": "lane"}]

    put(configured, json.dumps(document), tmp_path)

    after = {one["key"]: (one["label"], one["active"]) for one in json.loads(exported(configured))["custom_fields"]}
    assert after == {"courier_id": ("Courier", True), "old": ("Käufer", False), "lane": ("Käufer", True)}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("[]", "must be an object"),
        ("{", "cannot be read"),
        ("{}", "format must be 1"),
        ('{"format": 2}', "format must be 1"),
        ('{"format": 1, "hooks": []}', "hooks is no part of a configuration"),
        ('{"format": 1, "connection": []}', "connection must be an object"),
        ('{"format": 1, "custom_fields": {}}', "custom_fields must be a list"),
        ('{"format": 1, "custom_fields": [7]}', "custom_fields[0]: base must be an object"),
        ('{"format": 1, "custom_fields": [{"item_type": "vendor", "key": "A"}]}', "custom_fields[0]: key"),
        ('{"format": 1, "metadata": {"settings": {"entities": 7}}}', "settings.entities"),
        ('{"format": 1, "erp_settings": {"colour": 1}}', "erp_settings"),
        ('{"format": 1, "connection": {"service_url": "https://a:b@ledger.example/"}}', "service_url"),
    ],
)
def test_a_faulty_document_changes_nothing(configured, tmp_path, document, said):
    before = exported(configured)

    with pytest.raises(CommandError, match=".*" + said.replace("[", r"\[")):
        put(configured, document, tmp_path)

    assert exported(configured) == before


def test_an_empty_company_needs_an_address_of_its_erp(other_company, tmp_path):
    with pytest.raises(CommandError, match="service_url"):
        put(other_company, json.dumps({"format": 1, "metadata": EXAMPLE}), tmp_path)


@pytest.mark.capability("AD-02")
def test_administrators_read_and_write_it_by_rest(configured, sign_in, admin, approver):
    people = sign_in(admin)
    document = people.get("configuration").body
    assert document == json.loads(exported(configured))
    document["metadata"]["settings"]["labels"]["name"] = "Other Ledger"

    answer = people.put("configuration", document)

    assert (answer.status, answer.body) == (200, document)
    assert metadata_of(configured.pk).erp_name == "Other Ledger"
    refused: Any = people.put("configuration", {"format": 1, "metadata": {"entities": {"vendors": 7}}})
    assert (refused.status, refused.body["errors"]["metadata"]) == (
        422,
        ["settings.entities.vendors: 7 is not of type 'object'"],
    )
    assert sign_in(approver).get("configuration").status == 403


@pytest.mark.capability("MP-09")
def test_administrators_keep_custom_fields_by_rest(company, connection, sign_in, admin, approver):
    people = sign_in(admin)

    made = people.post("custom_fields", FIELD)
    listed = people.get("custom_fields")
    changed = people.patch(f"custom_fields/{made.body['id']}", {"choices": ["Air", "Road", "Rail"]})
    removed = people.delete(f"custom_fields/{made.body['id']}")

    said = {**FIELD, "id": made.body["id"], "required": False, "position": 1, "active": True}
    assert (made.status, made.body) == (201, said)
    assert listed.body == [said]
    assert changed.body["choices"] == ["Air", "Road", "Rail"]
    assert people.get(f"custom_fields/{made.body['id']}").body == removed.body
    assert removed.body["active"] is False
    assert people.get("custom_fields/99999").status == 404
    assert people.post("custom_fields", {**FIELD, "key": "Bad key"}).status == 422
    for path in ("custom_fields", f"custom_fields/{made.body['id']}"):
        assert sign_in(approver).get(path).status == 403
