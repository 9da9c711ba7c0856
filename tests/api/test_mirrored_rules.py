"""What single mirrored resources promise besides what all of them do."""

import pytest

from erpstaging.core.scope import company_scope
from erpstaging.records.models import Record
from tests.staging.conftest import vendor_sent


@pytest.fixture
def erp(integrator, connection, company):
    """The integration of a connected company, on the flat paths: `erp.get("vendors?...")`."""
    integrator.prefix = "/rest/v1.0"
    integrator.headers["Procore-Company-Id"] = str(company.pk)
    return integrator


def records(company, **which):
    return Record.objects.of(company).filter(deleted_at=None, **which)


# Vendors


def test_a_vendor_is_created_with_its_origin_id(erp, company):
    sent = {"name": "Kestrel Roofing", "city": "Denver", "origin_id": "CRED-1", "origin_code": "1", "origin_data": "{}"}

    answer = erp.post("vendors", {"company_id": company.pk, "vendor": sent})

    assert answer.status == 201
    assert answer.body | {**sent, "synced_to_erp": True, "company": "Kestrel Roofing"} == answer.body
    assert erp.get(f"vendors/{answer.body['id']}?company_id={company.pk}").body == answer.body
    assert erp.get("vendors").body == [answer.body]
    assert records(company).get(origin_id="CRED-1").version == 1


@pytest.mark.capability("LK-06")
def test_a_create_with_a_taken_origin_id_is_422_and_names_its_owner(erp, vendor):
    answer = erp.post("vendors", {"vendor": {"name": "Twin", "origin_id": "CRED-12"}})

    assert (answer.status, answer.body["code"], answer.body["record_id"]) == (422, "origin_id_taken", vendor.pk)
    assert answer.body["errors"] == {
        "origin_id": [f"CRED-12 is already the origin ID of vendor {vendor.pk} (Brook & Stone)."]
    }


def test_the_integration_changes_a_linked_vendor_and_unlinks_it(erp, vendor, company):
    changed = erp.patch(f"vendors/{vendor.pk}", {"vendor": {"name": "Brook Ltd", "origin_id": "CRED-13"}})
    unlinked = erp.patch(f"vendors/{vendor.pk}", {"vendor": {"origin_id": None}})

    assert (changed.body["name"], changed.body["origin_id"]) == ("Brook Ltd", "CRED-13")
    assert (unlinked.body["origin_id"], unlinked.body["synced_to_erp"]) == (None, False)


def test_a_new_vendor_frees_what_waits_for_it(erp, project, company):
    staged = {"title": "Roof", "number": "1", "project_origin_id": "SITE-7", "vendor_origin_id": "CRED-9"}
    sent = {"item_type": "work_order_contract", "origin_id": "ORD-1", "data": staged}
    staged_vendor = vendor_sent("CRED-9")
    erp.patch("staged_records/sync", {"updates": [staged_vendor, sent]})
    (waiting,) = erp.get("staged_records?filters[origin_id]=ORD-1").body
    assert [one["value"] for one in waiting["waiting_for"]] == ["CRED-9"]

    erp.post("vendors", {"vendor": {"name": "Kestrel", "origin_id": "CRED-9"}})

    assert erp.get("staged_records?filters[origin_id]=ORD-1").body[0]["waiting_for"] == []


@pytest.mark.parametrize("view", ["compact", "normal", "erp", "extended", "directory", "summary", "x"])
def test_every_view_of_a_vendor_has_its_origin_fields(erp, vendor, view):
    for path in (f"vendors/{vendor.pk}", "vendors"):
        body = erp.get(f"{path}?view={view}").body
        shown = body[0] if isinstance(body, list) else body

        assert (shown["id"], shown["origin_id"], shown["origin_code"]) == (vendor.pk, "CRED-12", "12")


# Projects


def test_a_project_tells_whether_it_is_integrated(erp, project):
    made = erp.post("projects", {"project": {"name": "Quarry", "erp_integrated": True}}).body
    plain = erp.post("projects", {"project": {"name": "Depot"}}).body

    shown = {one["id"]: one for one in erp.get("projects?filters[synced]=true").body}
    assert list(shown) == [project.pk]
    assert erp.get(f"projects/{project.pk}").body["is_erp_integrated"] is True
    assert (made["is_erp_integrated"], plain["is_erp_integrated"]) == (True, False)
    assert (plain["total_value"], plain["active"]) == (None, True)


def test_a_project_may_copy_the_standard_cost_codes(erp, connection, company):
    codes = [
        {"name": "Concrete", "code": "03", "origin_id": "03"},
        {"name": "Columns", "code": "100", "origin_id": "03-100", "parent_origin_id": "03"},
    ]
    erp.patch(
        "standard_cost_codes/sync", {"standard_cost_code_list_id": connection.cost_code_list_id, "updates": codes}
    )

    made = erp.post("projects", {"project": {"name": "Quarry", "enable_copy_of_standard_cost_codes": True}}).body

    copied = records(company, item_type="cost_code", project_id=made["id"]).order_by("pk")
    assert [(one.number, one.title, one.origin_id) for one in copied] == [
        ("03", "Concrete", None),
        ("03-100", "Columns", None),
    ]


def test_projects_are_listed_below_the_company_and_in_version_1_1(erp, project, company):
    flat = erp.get("projects").body

    assert erp.get(f"/rest/v1.0/companies/{company.pk}/projects").body == flat
    assert erp.get(f"/rest/v1.1/projects?company_id={company.pk}").body == flat
    (compact,) = erp.get("projects?serializer_view=compact").body
    assert compact["origin_id"] == "SITE-7"
    assert "address" not in compact


# Switches


@pytest.mark.capability("AD-01")
def test_an_entity_that_is_off_is_404_on_its_own_routes(erp, vendor, connection, company):
    with company_scope(company.pk):
        connection.refresh_from_db()
        connection.metadata["settings"]["entities"]["vendors"]["enabled"] = False
        connection.save(update_fields=["metadata"])

    for answer in (
        erp.get("vendors"),
        erp.get(f"vendors/{vendor.pk}"),
        erp.post("vendors", {"vendor": {"name": "X"}}),
        erp.patch(f"vendors/{vendor.pk}", {"vendor": {"name": "X"}}),
        erp.patch("vendors/sync", {"updates": []}),
    ):
        assert answer.status == 404
