"""The staging calls from before staged records: flat objects in, staged records out."""

import pytest

from erpstaging.connections.services import store_metadata
from erpstaging.staging.models import StagedChange, StagedRecord
from tests.fixtures.ledger import metadata

LINE = {"amount": "80.0", "cost_code_origin_id": "SITE-7|05-100", "line_item_type_origin_id": "SUB", "uom": "ls"}
# Address, flat object, what is stored as data.
FLAT = [
    ("erp_vendors", {"name": "Kestrel", "city": "Denver", "colour": "red"}, {"name": "Kestrel", "city": "Denver"}),
    ("erp_projects", {"name": "Harbour", "project_number": 7}, {"name": "Harbour", "project_number": "7"}),
    ("erp_jobs", {"name": "Harbour"}, {"name": "Harbour"}),
    ("erp_sub_jobs", {"name": "North", "code": "01", "project_id": "{project}"}, None),
    ("erp_sub_jobs", {"name": "North", "code": "01", "project_origin_id": "SITE-7"}, None),
    (
        "erp_purchase_order_contracts",
        {"title": "Steel", "number": 5, "vendor_origin_id": "CRED-12", "project_origin_id": "SITE-7",
         "status": "Received"},
        {"title": "Steel", "number": "5", "vendor_origin_id": "CRED-12", "project_origin_id": "SITE-7",
         "status": "Received"},
    ),
    ("erp_work_order_contracts", {"title": "Roof", "project_origin_id": "SITE-7", "status": "Approved"}, None),
    ("erp_prime_contracts", {"title": "Owner", "project_origin_id": "SITE-7"}, None),
]  # fmt: skip
TYPES = {
    "erp_vendors": "vendor",
    "erp_projects": "project",
    "erp_jobs": "project",
    "erp_sub_jobs": "sub_job",
    "erp_purchase_order_contracts": "purchase_order_contract",
    "erp_work_order_contracts": "work_order_contract",
    "erp_prime_contracts": "prime_contract",
}


@pytest.fixture
def erp(integrator, project, vendor, cost_code, cost_type):
    """The integration of a company in which everything stands that a contract names."""
    return integrator


def named(project, flat):
    return {name: project.pk if value == "{project}" else value for name, value in flat.items()}


@pytest.mark.parametrize(("address", "flat", "data"), FLAT, ids=lambda value: str(value)[:40])
def test_a_flat_object_is_stored_as_a_staged_record(erp, company, project, address, flat, data):
    flat = {"origin_id": "A", "origin_code": "7", "origin_data": {"rev": 4}, **named(project, flat)}

    answer = erp.patch(f"{address}/sync", {"company_id": company.pk, "updates": [flat]})

    assert (answer.status, answer.body["errors"]) == (200, [])
    (entity,) = answer.body["entities"]
    row = StagedRecord.objects.of(company).get(item_type=TYPES[address], origin_id="A")
    assert (entity["id"], entity["item_type"], entity["status"]) == (row.pk, TYPES[address], "staged")
    assert (row.origin_code, row.origin_data) == ("7", {"rev": 4})
    expected = {name: value for name, value in flat.items() if not name.startswith("origin_")}
    assert row.data == entity["data"] == (data or expected)


def test_the_address_without_a_company_takes_it_from_the_body(erp, company):
    body = {"company_id": company.pk, "updates": [{"name": "Kestrel", "origin_id": "A"}]}

    answer = erp.patch("/rest/v1.0/erp_vendors/sync", body)

    assert (answer.status, len(answer.body["entities"])) == (200, 1)


@pytest.mark.parametrize("where", ["body", "query"])
def test_the_project_of_a_whole_call_counts_for_each_object(erp, company, project, where):
    sub_job = {"name": "North", "code": "01", "origin_id": "JOB-1"}
    query = f"?project_id={project.pk}" if where == "query" else ""
    scope = {"project_id": project.pk} if where == "body" else {}

    answer = erp.patch(f"erp_sub_jobs/sync{query}", {**scope, "updates": [sub_job]})

    assert answer.body["errors"] == []
    assert answer.body["entities"][0]["data"]["project_id"] == project.pk


@pytest.mark.parametrize("kind", ["purchase_order_contract", "work_order_contract"])
@pytest.mark.parametrize("parent", ["parent_origin_id", "{kind}_origin_id", "parent_id", "{kind}_id"])
def test_lines_are_staged_below_their_contract(erp, company, kind, parent):
    contract = {"title": "Steel", "number": "5", "project_origin_id": "SITE-7", "origin_id": "ORD-1"}
    (stored,) = erp.patch(f"erp_{kind}s/sync", {"updates": [contract]}).body["entities"]
    name = parent.format(kind=kind)
    line = {**LINE, "origin_id": "L-1", name: stored["id"] if name.endswith("t_id") else "ORD-1"}

    answer = erp.patch(f"erp_{kind}_line_items/sync", {"updates": [line]})

    assert answer.body["errors"] == []
    (entity,) = answer.body["entities"]
    assert (entity["item_type"], entity["parent_id"], entity["data"]) == ("line_item", stored["id"], LINE)


def test_a_contract_may_bring_its_lines_along(erp, company):
    contract = {"title": "Steel", "project_origin_id": "SITE-7", "origin_id": "ORD-1"}
    lines = [{**LINE, "origin_id": f"L-{n}", "description": "Bolts"} for n in (1, 2)]

    answer = erp.patch("erp_work_order_contracts/sync", {"updates": [{**contract, "line_items": lines}]})

    (entity,) = answer.body["entities"]
    assert [(one["origin_id"], one["data"]["description"]) for one in entity["children"]] == [
        ("L-1", "Bolts"),
        ("L-2", "Bolts"),
    ]


@pytest.mark.parametrize(("address", "flat", "data"), FLAT, ids=lambda value: str(value)[:40])
def test_errors_name_the_object_as_it_was_sent(erp, company, project, address, flat, data):
    good, bad = {**named(project, flat), "origin_id": "A"}, {**named(project, flat), "odd": 1.5}

    answer = erp.patch(f"{address}/sync", {"updates": [bad, "odd", good]})

    assert [one["origin_id"] for one in answer.body["entities"]] == ["A"]
    assert answer.body["errors"] == [
        {**bad, "errors": {"origin_id": ["can't be blank"]}},
        {"element": "odd", "errors": {"base": ["must be an object"]}},
    ]


def test_the_words_of_staging_move_a_row_and_others_are_the_contracts_own(erp, company):
    def send(address: str, **flat):
        answer = erp.patch(f"{address}/sync", {"updates": [{"origin_id": "A", **flat}]})
        return answer.body["errors"] or [(one["status"], one["data"].get("status")) for one in answer.body["entities"]]

    contract = {"title": "Steel", "project_origin_id": "SITE-7"}
    assert send("erp_work_order_contracts", **contract, status="Approved") == [("staged", "Approved")]
    assert send("erp_work_order_contracts", status="archived") == [("archived", "Approved")]
    assert send("erp_vendors", name="Kestrel", status="archived") == [("archived", None)]
    assert [list(one["errors"]) for one in send("erp_vendors", status="Approved")] == [["status"]]


def test_a_flat_object_changes_the_row_that_stands(erp, company):
    first = erp.patch("erp_vendors/sync", {"updates": [{"origin_id": "A", "name": "Kestrel", "city": "Denver"}]})
    row_id = first.body["entities"][0]["id"]

    by_origin = erp.patch("erp_vendors/sync", {"updates": [{"origin_id": "A", "name": "Kestrel Ltd"}]})
    by_id = erp.patch("erp_vendors/sync", {"updates": [{"id": row_id, "zip": "80014"}]})

    assert by_origin.body["entities"][0]["id"] == by_id.body["entities"][0]["id"] == row_id
    data = {"name": "Kestrel Ltd", "city": "Denver", "zip": "80014"}
    assert StagedRecord.objects.of(company).get(pk=row_id).data == data
    assert StagedChange.objects.of(company).filter(staged_record_id=row_id, intake__isnull=False).count() == 3


@pytest.mark.parametrize("staged_records", [True, False])
def test_older_paths_are_open_whether_or_not_staged_records_are_switched_on(erp, company, integration, staged_records):
    settings = {"enabled": True, "configs": {"staged_records": {"enabled": staged_records}}}
    store_metadata(company.pk, metadata(vendors=settings), actor=integration)

    flat = erp.patch("erp_vendors/sync", {"updates": [{"origin_id": "A", "name": "Kestrel"}]})
    whole = {"item_type": "vendor", "origin_id": "B", "data": {"name": "Brook"}}

    assert len(flat.body["entities"]) == 1
    assert erp.post("staged_records", whole).status == 201


def test_the_older_path_of_an_entity_that_is_off_does_not_exist(erp, company, integration):
    store_metadata(company.pk, metadata(vendors={"enabled": False}), actor=integration)

    assert erp.patch("erp_vendors/sync", {"updates": []}).status == 404
    assert erp.patch("erp_jobs/sync", {"updates": []}).body == {"entities": [], "errors": []}


def test_all_or_nothing_holds_here_too(erp, company):
    updates = [{"origin_id": "A", "name": "Kestrel"}, {"name": "Nameless"}]

    answer = erp.patch("erp_vendors/sync?atomic=true", {"updates": updates})

    assert (answer.status, answer.body["code"]) == (422, "atomic")
    assert not StagedRecord.objects.of(company).filter(origin_id="A").exists()
