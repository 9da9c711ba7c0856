"""What single mirrored resources promise besides what all of them do."""

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from erpstaging.connections.models import CustomField
from erpstaging.core.scope import company_scope
from erpstaging.outbox.models import Event
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


def test_what_names_a_contract_that_goes_waits_again(erp, project, vendor, contract, here):
    staged = {"title": "Roof", "number": "1", "project_origin_id": "SITE-7", "commitment_origin_id": "ORD-1"}
    sent = {"item_type": "commitment_change_order", "origin_id": "CO-1", "data": staged}
    erp.patch(f"work_order_contracts/{contract.pk}?{here}", {"work_order_contract": {"origin_id": "ORD-1"}})
    erp.patch("staged_records/sync", {"updates": [sent]})

    def waiting():
        return [one["value"] for one in erp.get("staged_records?filters[origin_id]=CO-1").body[0]["waiting_for"]]

    assert waiting() == []
    erp.patch(f"work_order_contracts/{contract.pk}?{here}", {"work_order_contract": {"origin_id": "ORD-2"}})
    assert waiting() == ["ORD-1"]
    erp.patch(f"work_order_contracts/{contract.pk}?{here}", {"work_order_contract": {"origin_id": "ORD-1"}})
    assert waiting() == []
    erp.delete(f"work_order_contracts/{contract.pk}?{here}")
    assert waiting() == ["ORD-1"]


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


# Codes


def test_cost_codes_of_an_integrated_project_come_by_sync_alone(erp, project, cost_code, company):
    here = f"project_id={project.pk}"
    sent = {"cost_code": {"name": "Steel", "code": "06"}}

    for answer in (
        erp.post(f"cost_codes?{here}", sent),
        erp.patch(f"cost_codes/{cost_code.pk}?{here}", sent),
    ):
        assert (answer.status, answer.body["code"]) == (422, "locked")
        assert list(answer.body["errors"]) == ["base"]

    synced = erp.patch(f"cost_codes/sync?{here}", {"updates": [{"name": "Steel", "code": "06"}]}).body
    assert synced["entities"][0]["full_code"] == "06"
    assert erp.delete(f"cost_codes/{cost_code.pk}").status == 200


def test_cost_codes_of_other_projects_are_written_one_by_one(erp, connection):
    here = f"project_id={erp.post('projects', {'project': {'name': 'Quarry'}}).body['id']}"

    parent = erp.post(f"cost_codes?{here}", {"cost_code": {"name": "Concrete", "code": "03"}}).body
    child = erp.post(f"cost_codes?{here}", {"cost_code": {"name": "Slab", "code": "10", "parent_id": parent["id"]}})
    taken = erp.post(f"cost_codes?{here}", {"cost_code": {"name": "Twin", "code": "03"}})

    assert (child.body["full_code"], child.body["parent"]) == ("03-10", {"id": parent["id"]})
    assert (taken.status, taken.body["code"], list(taken.body["errors"])) == (422, "taken", ["code"])


def test_a_code_of_a_sub_job_bills_the_sub_job(erp, project):
    here = f"project_id={project.pk}"
    sub_job = erp.post(f"sub_jobs?{here}", {"sub_job": {"name": "North wing", "code": "N"}}).body
    updates = {"updates": [{"name": "Steel", "code": "05"}]}

    erp.patch(f"cost_codes/sync?{here}&sub_job_id={sub_job['id']}", updates)
    erp.patch(f"cost_codes/sync?{here}", updates)

    (code,) = erp.get(f"cost_codes?{here}&sub_job_id={sub_job['id']}").body
    assert (code["biller"], code["biller_id"], code["biller_type"]) == ("North wing", sub_job["id"], "SubJob")
    billers = {one["biller_type"]: one["biller"] for one in erp.get(f"cost_codes?{here}").body}
    assert billers == {"SubJob": "North wing", "Project": "Harbour Point"}


def test_a_renamed_code_renames_the_full_codes_below_it(erp, project):
    sync = f"cost_codes/sync?project_id={project.pk}"
    tree = [{"name": "A", "code": "A", "origin_id": "A"}]
    tree += [{"name": n, "code": n, "origin_id": n, "parent_origin_id": p} for n, p in (("B", "A"), ("C", "B"))]
    erp.patch(sync, {"updates": tree})

    erp.patch(sync, {"updates": [{"origin_id": "A", "code": "Z"}]})

    codes = {one["origin_id"]: one["full_code"] for one in erp.get(f"cost_codes?project_id={project.pk}").body}
    assert codes == {"A": "Z", "B": "Z-B", "C": "Z-B-C"}


def test_a_deleted_code_takes_those_below_it_along(erp, project):
    tree = [{"name": "A", "code": "A", "origin_id": "A"}, {"name": "B", "code": "B", "parent_origin_id": "A"}]
    made = erp.patch(f"cost_codes/sync?project_id={project.pk}", {"updates": tree}).body["entities"]

    erp.delete(f"cost_codes/{made[0]['id']}")

    assert erp.get(f"cost_codes?project_id={project.pk}").body == []


def test_a_list_of_codes_becomes_the_erps_and_stays_it(erp, connection):
    made = erp.post("standard_cost_code_lists", {"standard_cost_code_list": {"name": "Own"}}).body
    erp_list = f"standard_cost_code_lists/{connection.cost_code_list_id}"

    second = erp.patch(f"standard_cost_code_lists/{made['id']}", {"standard_cost_code_list": {"is_erp_list": True}})
    off = erp.patch(erp_list, {"standard_cost_code_list": {"is_erp_list": False}})
    renamed = erp.patch(erp_list, {"standard_cost_code_list": {"name": "Ledger codes", "is_erp_list": True}})

    assert made["is_erp_list"] is False
    assert [(one.status, list(one.body["errors"])) for one in (second, off)] == [(422, ["is_erp_list"])] * 2
    assert (renamed.status, renamed.body["name"], renamed.body["is_erp_list"]) == (200, "Ledger codes", True)


def test_standard_codes_belong_to_their_list(erp, connection):
    own = erp.post("standard_cost_code_lists", {"standard_cost_code_list": {"name": "Own"}}).body["id"]
    lists = {
        name: f"standard_cost_code_list_id={one}" for name, one in (("own", own), ("erp", connection.cost_code_list_id))
    }
    sent = {"standard_cost_code": {"name": "Steel", "code": "05"}}

    made = {name: erp.post(f"standard_cost_codes?{here}", sent).body["id"] for name, here in lists.items()}

    for name, here in lists.items():
        assert [one["id"] for one in erp.get(f"standard_cost_codes?{here}").body] == [made[name]]
    assert erp.get(f"standard_cost_codes/{made['own']}?{lists['erp']}").status == 404
    assert set(erp.get(f"standard_cost_codes?{lists['own']}&view=compact").body[0]) == {
        "id", "parent_id", "code", "full_code", "name", "origin_id",
    }  # fmt: skip


def test_cost_types_are_written_by_one_name_and_read_by_another(erp, connection):
    sent = {"name": "Labour", "csv_import_code": "L", "base_type": "labor", "origin_id": "LAB"}

    made = erp.post("line_item_types", {"line_item_type": sent}).body
    bare = erp.patch("line_item_types/sync", [{"origin_id": "LAB", "csv_import_code": "LB"}]).body

    assert (made["code"], made["base_type"]) == ("L", "labor")
    assert bare["entities"][0] == {**made, "code": "LB"}
    assert erp.get("line_item_types?filters[origin_id]=LAB").body == bare["entities"]


# Contracts


@pytest.fixture
def here(project):
    return f"project_id={project.pk}"


@pytest.fixture
def line(cost_code, cost_type):
    """`line("10.5")`: what a line of that amount is written as."""

    def sent(amount, **more):
        return {"amount": amount, "cost_code_id": cost_code.pk, "line_item_type_id": cost_type.pk, **more}

    return sent


def test_lines_make_the_amount_of_their_contract(erp, contract, here, line):
    lines = f"work_order_contracts/{contract.pk}/line_items"
    assert erp.get(f"work_order_contracts/{contract.pk}?{here}").body["grand_total"] == "885900.0"

    synced = erp.patch(f"{lines}/sync?{here}", {"updates": [line("100.5", origin_id="L-1"), line("x")]}).body

    (made,) = synced["entities"]
    assert (made["amount"], made["position"], made["holder"]) == (
        "100.5",
        3,
        {"id": contract.pk, "holder_type": "WorkOrderContract"},
    )
    assert [list(error["errors"]) for error in synced["errors"]] == [["amount"]]
    shown = erp.get(f"work_order_contracts/{contract.pk}?{here}").body
    assert (shown["grand_total"], [one["id"] for one in shown["line_items"]][2]) == ("886000.5", made["id"])
    erp.delete(f"{lines}/{made['id']}?{here}")
    assert erp.get(f"work_order_contracts/{contract.pk}?{here}").body["grand_total"] == "885900.0"


def test_a_line_is_found_below_its_own_contract_alone(erp, contract, here, line, vendor):
    sent = {"number": "2", "title": "Other", "vendor_id": vendor.pk}
    other = erp.post(f"work_order_contracts?{here}", {"work_order_contract": sent}).body["id"]
    mine = erp.get(f"work_order_contracts/{contract.pk}/line_items?{here}").body[0]["id"]

    assert erp.get(f"work_order_contracts/{other}/line_items/{mine}?{here}").status == 404
    assert erp.get(f"purchase_order_contracts/{contract.pk}/line_items?{here}").status == 404
    synced = erp.patch(f"work_order_contracts/{other}/line_items/sync?{here}", {"updates": [line("1", id=mine)]}).body
    assert [error["errors"] for error in synced["errors"]] == [{"id": ["Entity with this ID not found"]}]


def test_the_compact_list_shows_no_lines_and_loads_none(erp, contract, here):
    (compact,) = erp.get(f"work_order_contracts?{here}").body
    (extended,) = erp.get(f"work_order_contracts?{here}&view=extended").body

    assert extended == erp.get(f"work_order_contracts/{contract.pk}?{here}").body
    assert compact == {name: extended[name] for name in compact}
    assert extended.keys() - compact.keys() == {"line_items", "change_order_packages", "payments_issued"}
    assert [one["description"] for one in extended["line_items"]] == ["Columns", "Base plates"]
    with CaptureQueriesContext(database) as captured:
        erp.get(f"work_order_contracts?{here}")
    assert not [one for one in captured if 'records_record"."position" ASC' in (one["sql"] or "")]


def test_commitments_are_both_kinds_and_read_only(erp, contract, here, vendor):
    order = {"number": "PO-1", "title": "Bolts", "vendor_id": vendor.pk, "status": "Processing"}
    made = erp.post(f"purchase_order_contracts?{here}", {"purchase_order_contract": order}).body

    listed = erp.get(f"commitments?{here}").body

    assert [(one["id"], one["type"]) for one in listed] == [
        (contract.pk, "WorkOrderContract"),
        (made["id"], "PurchaseOrderContract"),
    ]
    shown = erp.get(f"commitments/{contract.pk}?{here}").body
    assert (shown["type"], len(shown["line_items"]), shown["vendor"]["name"]) == (
        "WorkOrderContract",
        2,
        "Brook & Stone",
    )
    assert erp.post(f"commitments?{here}", {}).status == 405
    assert [one["id"] for one in erp.get(f"commitments?{here}&filters[status]=Processing").body] == [made["id"]]


def test_a_contract_that_nobody_gave_a_status_is_a_draft(erp, contract, here):
    made = erp.post(f"work_order_contracts?{here}", {"work_order_contract": {"number": "2", "title": "Roof"}}).body

    assert made["status"] == "Draft"
    assert [one["id"] for one in erp.get(f"work_order_contracts?{here}&filters[status]=Draft").body] == [made["id"]]
    both = erp.get(f"work_order_contracts?{here}&filters[status][]=Draft&filters[status][]=Approved").body
    assert [one["id"] for one in both] == [contract.pk, made["id"]]


# Change orders


def test_a_package_and_its_change_order_are_one_object(erp, contract, here, project):
    sent = {
        "title": "More steel",
        "status": "approved",
        "grand_total": "500.0",
        "due_date": "2026-03-05",
        "origin_id": "CO-1",
    }
    package = erp.post(
        "change_order_packages", {"project_id": project.pk, "contract_id": contract.pk, "change_order": sent}
    )

    path = f"projects/{project.pk}/commitment_change_orders"
    (order,) = erp.get(f"{path}?filters[legacy_package_id]={package.body['id']}").body
    erp.patch(f"{path}/{order['id']}", {"change_order": {"title": "Less steel", "paid": True}})

    assert (package.status, package.body["type"]) == (201, "CommitmentContractChangeOrder")
    assert (order["legacy_package_id"], order["contract_id"]) == (package.body["id"], contract.pk)
    (shown,) = erp.get(f"change_order_packages?{here}&contract_id={contract.pk}").body
    assert (shown["title"], shown["origin_id"], shown["grand_total"]) == ("Less steel", "CO-1", "500.0")


def test_a_package_is_of_the_kind_of_its_contract(erp, contract, here, project):
    prime = erp.post(f"prime_contract?{here}", {"prime_contract": {"title": "Harbour"}}).body
    for contract_id in (contract.pk, prime["id"]):
        body = {"project_id": project.pk, "contract_id": contract_id, "change_order": {"title": "More"}}
        assert erp.post("change_order_packages", body).status == 201

    kinds = [
        one["type"]
        for one in (erp.get(f"projects/{project.pk}/{kind}_change_orders").body[0] for kind in ("commitment", "prime"))
    ]
    assert kinds == ["CommitmentContractChangeOrder", "PrimeContractChangeOrder"]
    assert len(erp.get(f"change_order_packages?{here}").body) == 2
    missing = erp.post("change_order_packages", {"project_id": project.pk, "change_order": {"title": "More"}})
    assert (missing.status, missing.body["errors"]) == (400, {"contract_id": ["is required"]})


def test_change_orders_are_filtered_by_their_contract_vendor_and_days(erp, contract, project, vendor):
    path = f"projects/{project.pk}/commitment_change_orders"
    made = [
        erp.post(
            path,
            {
                "change_order": {
                    "contract_id": contract.pk,
                    "title": "CO",
                    "executed": day == 1,
                    "status": "pending",
                    "due_date": f"2026-03-0{day}",
                }
            },
        ).body["id"]
        for day in (1, 2, 3)
    ]

    def found(query, path=path):
        return [one["id"] for one in erp.get(f"{path}?{query}").body]

    assert found(f"filters[contract_id]={contract.pk}") == found(f"filters[vendor_id]={vendor.pk}") == made
    assert found(f"filters[vendor_id]={project.pk}") == found("filters[contract_id]=1") == []
    assert found("filters[executed]=true") == made[:1]
    assert found("filters[status]=draft") == []
    assert found("sort=-id") == made[::-1]
    packages = f"change_order_packages?project_id={project.pk}&filters[due_date]"
    assert [one["id"] for one in erp.get(f"{packages}=2026-03-02...2026-03-03").body] == made[1:]
    assert [one["id"] for one in erp.get(f"{packages}=2026-03-01").body] == made[:1]


def test_a_contract_sums_up_its_change_orders(erp, contract, here, project):
    path = f"projects/{project.pk}/commitment_change_orders"
    for status, worth in (("approved", "100.5"), ("approved", "10"), ("pending", "1"), ("draft", "7"), ("void", "9")):
        sent = {"contract_id": contract.pk, "title": status, "status": status, "grand_total": worth}
        assert erp.post(path, {"change_order": sent}).status == 201

    (shown,) = erp.get(f"work_order_contracts?{here}").body

    assert {name: value for name, value in shown.items() if "change_orders" in name or "revised" in name} == {
        "approved_change_orders": "110.5",
        "pending_change_orders": "1.0",
        "draft_change_orders_amount": "7.0",
        "revised_contract": "886010.5",
        "pending_revised_contract": "886011.5",
    }
    assert (shown["remaining_balance_outstanding"], shown["total_payments"]) == ("886010.5", "0.0")


def test_a_change_order_stays_in_the_project_of_its_contract(erp, contract):
    other = erp.post("projects", {"project": {"name": "Quarry"}}).body["id"]
    sent = {"change_order": {"contract_id": contract.pk, "title": "X"}}

    answer = erp.post(f"projects/{other}/commitment_change_orders", sent)

    assert (answer.status, list(answer.body["errors"])) == (422, ["contract_id"])


# Prime contracts


def test_a_prime_contract_stands_in_the_singular_and_is_listed_in_the_plural(erp, here, project):
    assert erp.get(f"prime_contract?{here}").status == 404
    made = erp.post(f"prime_contract?{here}", {"prime_contract": {"title": "Harbour", "origin_id": "P-1"}}).body

    assert erp.get(f"prime_contract?{here}").body == erp.get(f"prime_contract/{made['id']}?{here}").body == made
    (listed,) = erp.get(f"prime_contracts?{here}").body
    assert (listed["id"], "line_items" in listed, "line_items" in made) == (made["id"], False, True)
    assert erp.delete(f"prime_contract/{made['id']}?{here}").status == 200
    assert erp.get(f"prime_contracts?{here}").body == []


# Lists and syncs


def test_deleted_objects_are_shown_on_demand(erp, contract, here):
    erp.delete(f"work_order_contracts/{contract.pk}?{here}")

    assert erp.get(f"work_order_contracts?{here}").body == []
    for word in ("with", "only"):
        (shown,) = erp.get(f"work_order_contracts?{here}&filters[include_deleted]={word}").body
        assert (shown["id"], shown["deleted_at"] is None) == (contract.pk, False)


def test_lists_are_paged_and_linked(erp, connection):
    erp.patch("vendors/sync", {"updates": [{"name": f"V{n}"} for n in range(5)]})

    answer = erp.get("vendors?per_page=2&page=2&sort=-name&filters[search]=v")

    assert [one["name"] for one in answer.body] == ["V2", "V1"]
    assert (answer.headers["Total"], answer.headers["Per-Page"]) == ("5", "2")
    assert [part.rpartition("rel=")[2] for part in answer.headers["Link"].split(", ")] == [
        '"first"', '"prev"', '"next"', '"last"',
    ]  # fmt: skip


def test_a_vendor_works_on_the_projects_of_its_contracts(erp, contract, vendor, project):
    erp.post("projects", {"project": {"name": "Quarry", "active": False}})

    assert [one["id"] for one in erp.get(f"projects?filters[vendor_id]={vendor.pk}").body] == [project.pk]
    assert [one["name"] for one in erp.get("projects?filters[by_status]=Inactive").body] == ["Quarry"]
    assert [one["id"] for one in erp.get("projects?filters[by_status]=Active").body] == [project.pk]
    assert len(erp.get("projects?filters[by_status]=All").body) == 2


def test_an_atomic_sync_stores_everything_or_nothing(erp, connection, company):
    answer = erp.patch("vendors/sync?atomic=true", {"updates": [{"name": "A"}, {"name": ""}]})

    assert (answer.status, answer.body["code"]) == (422, "atomic")
    assert answer.body["errors"] == {"updates.1": ["name can't be blank"]}
    assert not records(company, item_type="vendor").exists()


@pytest.mark.capability("WH-13")
def test_each_write_is_one_event_that_names_its_object(erp, connection, company):
    def told():
        return [(one.event_type, one.resource_name) for one in Event.objects.of(company).order_by("pk")]

    before = len(told())
    made = erp.post("vendors", {"vendor": {"name": "Kestrel", "origin_id": "CRED-1"}}).body
    erp.patch(f"vendors/{made['id']}", {"vendor": {"name": "Kestrel Ltd", "origin_id": "CRED-2"}})
    erp.patch(f"vendors/{made['id']}", {"vendor": {"name": "Kestrel Ltd"}})
    erp.patch("vendors/sync", {"updates": [{"origin_id": "CRED-2", "city": "Denver"}]})

    assert told()[before:] == [(kind, "Company Vendors") for kind in ("create", "update", "update")]


@pytest.mark.capability("LK-06")
def test_a_sync_that_links_a_sent_object_is_the_missing_origin_id(erp, sign_in, approver, project_user, company):
    vendor = sign_in(project_user).post("records", {"item_type": "vendor", "data": {"name": "Kestrel"}}).body
    sent = sign_in(project_user).post(f"records/{vendor['id']}/send_to_erp").body
    desk = sign_in(approver)
    desk.post(f"exports/{sent['export_id']}/accept", {"version": sent["version"], "code": "1"})
    (detail,) = erp.get(f"erp_request_details?filters[item_id]={vendor['id']}").body
    erp.patch(f"erp_request_details/{detail['id']}", {"request_detail": {"status": "success"}})
    assert desk.get(f"exports/{sent['export_id']}").body["status"] == "failed"

    erp.patch("vendors/sync", {"updates": [{"id": vendor["id"], "origin_id": "CRED-1"}]})

    assert desk.get(f"exports/{sent['export_id']}").body["status"] == "synced"


# The company's own fields


@pytest.fixture
def own_field(company, connection):
    with company_scope(company.pk):
        return CustomField.objects.create(
            company=company, item_type="vendor", key="region", label="Region", data_type="string", required=True
        )


def test_a_companys_own_field_is_written_and_read_like_any_other(erp, own_field):
    made = erp.post("vendors", {"vendor": {"name": "Kestrel", "custom_fields": {"region": "West"}}}).body
    erp.patch("vendors/sync", {"updates": [{"id": made["id"], "city": "Denver"}]})
    (synced,) = erp.patch("vendors/sync", {"updates": [{"id": made["id"], "custom_fields": {"x": 1}}]}).body["entities"]
    wrong = erp.patch(
        "vendors/sync", {"updates": [{"id": made["id"], "custom_fields": {"region": {"value": []}}}]}
    ).body

    assert made["custom_fields"] == synced["custom_fields"] == {"region": {"data_type": "string", "value": "West"}}
    assert erp.get(f"vendors/{made['id']}").body == synced
    assert [list(error["errors"]) for error in wrong["errors"]] == [["region"]]


def test_a_thousand_elements_are_taken_and_one_more_is_413(erp, connection):
    updates = [{"name": f"Vendor {n}", "origin_id": f"CRED-{n}"} for n in range(1001)]

    refused = erp.patch("vendors/sync", {"updates": updates})
    taken = erp.patch("vendors/sync", {"updates": [*updates[:999], {"name": ""}]})

    assert refused.status == 413
    assert (taken.status, len(taken.body["entities"])) == (200, 999)
    assert taken.body["errors"] == [{"name": "", "errors": {"name": ["can't be blank"]}}]
    assert erp.patch("vendors/sync", {"vendors": []}).status == 400
