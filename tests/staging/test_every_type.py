"""Every type that can be staged: what its import makes, what it waits for, and when it may come in once more."""

from typing import Any

import pytest

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.core.errors import Invalid, WrongState
from erpstaging.core.scope import in_company
from erpstaging.erp_requests.models import ErpRequest
from erpstaging.records.editing import create_record, edit_record
from erpstaging.records.models import Record
from erpstaging.staging.acts import staged_record_acts
from erpstaging.staging.direct import sync_records
from erpstaging.staging.external import sync_external_data
from erpstaging.staging.imports import accept_import
from erpstaging.staging.models import StagedRecord
from erpstaging.staging.queue import Asked, View, queue_part, type_counts, view_counts
from tests.fixtures.scope import no_scope
from tests.staging.conftest import change_order_sent, contract_sent, line_sent, prime_sent, sub_job_sent, vendor_sent

CONTRACTS = ["work_order_contract", "purchase_order_contract"]


@pytest.fixture
def ready(project, vendor, cost_code, cost_type):
    """Everything that a contract names is linked."""


@pytest.fixture
def bring_in(company, approver, row):
    """`bring_in("ORD-1")`: import what is staged under this origin ID; answers with its record."""

    def take(origin_id: str, item_type: str | None = None) -> Record:
        seen = row(origin_id, item_type)
        imported = accept_import(company, seen.pk, actor=approver, version=seen.version)
        assert (imported.status, imported.messages) == ("imported", [])
        return Record.objects.of(company).get(pk=imported.record_id)

    return take


@pytest.fixture
def made(company, project, integration, project_user):
    """`made("vendor")`: an object that people made and that is not linked yet."""
    codes = {"tax_code": {"code": "VAT"}, "line_item_type": {"name": "Labour", "code": "L"}}
    codes["cost_code"] = {"name": "Doors", "code": "08-100"}

    def make(item_type: str) -> Record:
        if item_type in codes:
            scope = {"project_id": project.pk} if item_type == "cost_code" else {}
            elements = [{**codes[item_type]}]
            synced = sync_records(company, ENTITIES[item_type], elements, actor=integration, scope=scope)
            assert synced.errors == []
            return Record.objects.of(company).get(pk=synced.entities[0]["id"])
        data: dict[str, Any] = {"name": "Made here"}
        where = {}
        if item_type in CONTRACTS:
            data, where = {"number": "9", "title": "Made here"}, {"project_id": project.pk}
        return create_record(company, actor=project_user, item_type=item_type, data=data, **where)

    return make


@pytest.fixture
def link(company, integration):
    def call(record: Record, origin_id: str | None) -> None:
        wire_type = ENTITIES[record.item_type].external_item_type
        update = {"item_type": wire_type, "item_id": record.pk, "origin_id": origin_id}
        (element,) = sync_external_data(company, [update], actor=integration)
        assert element.errors == {}

    return call


@pytest.fixture
def listed(company):
    """`listed("ready_to_import")`: the origin IDs in a view of the queue, the counts beside it agreeing."""

    def look(view: str) -> set[str]:
        part = queue_part(company, Asked(View(view)))
        assert view_counts(company)[View(view)] == part.total == len(part.rows)
        assert sum(type_counts(company, View(view)).values()) == part.total
        return {one.object.origin_id for one in part.rows}

    return look


def requests_of(company) -> list[str]:
    return list(ErpRequest.objects.of(company).order_by("pk").values_list("request_name", flat=True))


# What an import makes


def test_a_project_comes_in_with_every_value(connection, company, stage, bring_in):
    data = {
        "name": "Harbour Point", "project_number": "HP-26", "address": "1 Quay", "city": "Denver", "zip": "80014",
        "estimated_start_date": "2026-03-01", "estimated_value": "1250000.5", "flag": "Green", "store_number": 12,
        "department_ids": [3, "4"], "template": "0", "customer_origin_id": "CUST-404",
    }  # fmt: skip
    stage({"item_type": "project", "origin_id": "SITE-1", "origin_code": "1", "origin_data": "{}", "data": data})

    record = bring_in("SITE-1")

    kept = {"store_number": "12", "department_ids": [3, 4], "template": False}
    assert record.data == {**data, **kept}
    assert (record.origin_id, record.origin_code, record.origin_data) == ("SITE-1", "1", "{}")
    assert (record.title, record.number) == ("Harbour Point", "HP-26")
    assert requests_of(company) == ["create_job_in_procore"]


def test_a_sub_job_comes_in_under_its_project(ready, company, project, stage, bring_in):
    stage(sub_job_sent("JOB-1"))

    record = bring_in("JOB-1")

    assert record.data == {"name": "North wing", "code": "01", "project_id": project.pk}
    assert (record.project_id, record.number, record.title) == (project.pk, "01", "North wing")
    told = ErpRequest.objects.of(company).latest("pk")
    assert told.request_name == "create_sub_job_in_procore"
    assert (told.request_data["sub_job"]["id"], told.request_data["sub_job"]["origin_id"]) == (record.pk, "JOB-1")
    assert told.request_data["sub_job"]["project"]["origin_id"] == "SITE-7"


def test_a_second_sub_job_with_the_code_of_another_is_refused_naming_it(ready, stage, bring_in, row):
    stage(sub_job_sent("JOB-1"), sub_job_sent("JOB-2"))
    bring_in("JOB-1")

    with pytest.raises(Invalid) as refused:
        bring_in("JOB-2")

    assert refused.value.errors == {"code": ["is already taken"]}


@pytest.mark.parametrize("item_type", CONTRACTS)
@pytest.mark.capability("IN-07")
def test_a_contract_comes_in_with_its_lines(
    ready, company, project, vendor, cost_code, cost_type, stage, bring_in, item_type
):
    lines = [line_sent("L-1", "1200.0"), line_sent("L-2", None, data={**line_sent()["data"], "amount": None})]
    lines[1]["data"] |= {"quantity": "3", "unit_cost": "10.05", "description": "Bolts", "uom": "ea"}
    stage(contract_sent("ORD-1", *lines, item_type=item_type, origin_code="1", data={"status": "Approved"}))

    record = bring_in("ORD-1")

    first, second = Record.objects.of(company).filter(parent=record).order_by("position")
    assert (record.item_type, record.status, str(record.amount)) == (item_type, "Approved", "1230.1500")
    assert record.data == {
        "title": "Roof", "number": "1", "status": "Approved", "project_id": project.pk, "vendor_id": vendor.pk,
    }  # fmt: skip
    assert (first.origin_id, first.data["cost_code_id"], first.data["line_item_type_id"]) == (
        "L-1", cost_code.pk, cost_type.pk,
    )  # fmt: skip
    assert (second.origin_id, str(second.amount), second.title, second.project_id) == (
        "L-2", "30.1500", "Bolts", project.pk,
    )  # fmt: skip
    told = ErpRequest.objects.of(company).latest("pk")
    assert (told.request_name, told.request_data["commitment"]["id"]) == ("create_commitment_in_procore", record.pk)


@pytest.fixture
def commitment(ready, stage, bring_in):
    """`commitment("work_order_contract")`: an imported contract ORD-1 with one line, L-1."""

    def make(item_type: str = "work_order_contract") -> Record:
        stage(contract_sent("ORD-1", line_sent("L-1"), item_type=item_type))
        return bring_in("ORD-1")

    return make


def order_line(origin_id: str = "CO-1-1", of: str | None = "L-1", **more: Any) -> dict[str, Any]:
    return line_sent(origin_id, "80", data={**line_sent(origin_id, "80")["data"], **more} | (
        {"commitment_line_item_origin_id": of} if of else {}
    ))  # fmt: skip


@pytest.mark.parametrize("item_type", CONTRACTS)
@pytest.mark.capability("IN-07")
def test_a_change_order_finds_its_commitment_of_either_kind_and_sends_no_event(
    commitment, company, project, stage, bring_in, item_type
):
    contract = commitment(item_type)
    line = Record.objects.of(company).get(origin_id="L-1")
    stage(change_order_sent("CO-1", order_line()))
    told = requests_of(company)

    record = bring_in("CO-1")

    assert record.data == {
        "title": "Extra bolts", "number": "1", "project_id": project.pk, "commitment_id": contract.pk,
    }  # fmt: skip
    (own_line,) = Record.objects.of(company).filter(parent=record)
    assert (own_line.data["commitment_line_item_id"], record.amount) == (line.pk, 80)
    assert requests_of(company) == told


def test_a_line_of_a_change_order_names_a_line_of_that_very_commitment(
    commitment, company, approver, stage, bring_in, row
):
    commitment()
    stage(contract_sent("ORD-2", line_sent("L-2")))
    bring_in("ORD-2")
    stage(change_order_sent("CO-1", order_line(of="L-2")))

    accept_import(company, row("CO-1").pk, actor=approver, version=row("CO-1").version)

    assert (row("CO-1").status, row("CO-1").messages) == (
        "invalid",
        ["Line CO-1-1: Line of the contract belongs to another commitment"],
    )
    assert not Record.objects.of(company).filter(origin_id__in=["CO-1", "CO-1-1"]).exists()


def test_a_line_of_a_change_order_needs_the_line_of_its_contract(commitment, stage, bring_in):
    commitment()
    stage(change_order_sent("CO-1", order_line(of=None)))

    with pytest.raises(Invalid) as refused:
        bring_in("CO-1")

    assert refused.value.code == "waiting_for_parent"
    assert refused.value.errors == {"children.CO-1-1.commitment_line_item_origin_id": ["can't be blank"]}


@pytest.mark.capability("IN-07")
def test_ids_in_place_of_origin_ids_will_do_for_every_reference(
    commitment, company, project, cost_code, cost_type, stage, bring_in
):
    contract = commitment()
    line = Record.objects.of(company).get(origin_id="L-1")
    codes = {"cost_code_id": cost_code.pk, "line_item_type_id": cost_type.pk, "commitment_line_item_id": line.pk}
    nested = {"item_type": "line_item", "origin_id": "CO-1-1", "data": {"amount": "5", **codes}}
    header = {"title": "By ids", "project_id": project.pk, "commitment_id": contract.pk}
    sent = {"item_type": "commitment_change_order", "origin_id": "CO-1", "data": header, "children": [nested]}
    assert stage(sent).errors == []

    record = bring_in("CO-1")

    assert record.data == header
    assert Record.objects.of(company).get(parent=record).data == {"amount": "5.0", **codes}


def test_an_imported_object_is_worth_money_of_its_project(ready, company, project, stage, bring_in):
    Record.objects.of(company).filter(pk=project.pk).update(currency="JPY")
    half = {**line_sent()["data"], "amount": None, "quantity": "1", "unit_cost": "10.5"}
    stage(contract_sent("ORD-1", line_sent("L-1", None, data=half)))

    record = bring_in("ORD-1")

    (line,) = Record.objects.of(company).filter(parent=record)
    assert (record.currency, line.currency, line.amount, record.amount) == ("JPY", "JPY", 11, 11)


# What waits: every reference of every type


def naming(field: str, value: str) -> dict[str, Any]:
    """A row, or a row with a line, that names `value` and otherwise only what is linked."""
    header: dict[str, Any] = {field: value}
    return {
        "sub_job": lambda: sub_job_sent("X", data=header),
        "prime_contract": lambda: prime_sent("X", data=header),
        "purchase_order_contract": lambda: contract_sent("X", item_type="purchase_order_contract", data=header),
        "work_order_contract": lambda: contract_sent("X", data=header),
        "commitment_change_order": lambda: change_order_sent("X", data=header),
        "line of prime_contract": lambda: prime_sent("X", _line(header)),
        "line of purchase_order_contract": lambda: contract_sent(
            "X", _line(header), item_type="purchase_order_contract"
        ),
        "line of work_order_contract": lambda: contract_sent("X", _line(header)),
        "line of commitment_change_order": lambda: change_order_sent("X", order_line("X-1", **header)),
    }  # type: ignore[return-value]


def _line(data: dict[str, Any]) -> dict[str, Any]:
    return line_sent("X-1", data={**line_sent()["data"], **data})


PROJECT = ("project_origin_id", "project")
LINE_CODES = [("cost_code_origin_id", "cost_code"), ("line_item_type_origin_id", "line_item_type")]
REFERENCES = [
    ("sub_job", *PROJECT),
    ("prime_contract", *PROJECT),
    ("purchase_order_contract", *PROJECT),
    ("purchase_order_contract", "vendor_origin_id", "vendor"),
    ("work_order_contract", *PROJECT),
    ("work_order_contract", "vendor_origin_id", "vendor"),
    ("commitment_change_order", *PROJECT),
    ("commitment_change_order", "commitment_origin_id", "work_order_contract"),
    ("commitment_change_order", "commitment_origin_id", "purchase_order_contract"),
    *(
        (f"line of {parent}", *codes)
        for parent in ("prime_contract", *CONTRACTS, "commitment_change_order")
        for codes in LINE_CODES
    ),
]


@pytest.mark.parametrize(("where", "field", "target"), REFERENCES)
@pytest.mark.capability("IN-07")
def test_every_reference_waits_until_it_is_linked_and_needs_no_further_call(
    commitment, company, stage, row, bring_in, made, link, listed, where, field, target
):
    commitment()
    if field in {"project_origin_id", "commitment_origin_id"}:  # these have to be staged at least
        staged_first = {"project": {"item_type": "project", "origin_id": "404", "data": {"name": "Later"}}}
        stage(staged_first.get(target) or contract_sent("404", item_type=target))
    assert stage(naming(field, "404")[where]()).errors == []

    assert [(one["field"], one["value"]) for one in row("X").waiting_for] == [(field, "404")]
    assert "X" in listed("needs_fixing") - listed("ready_to_import")
    with pytest.raises(Invalid) as refused:
        bring_in("X")
    assert refused.value.code == "waiting_for_parent"

    link(made(target), "404")

    assert row("X").waiting_for == []
    assert "X" in listed("ready_to_import") - listed("needs_fixing")
    bring_in("X")


@pytest.mark.capability("IN-07")
def test_the_line_of_a_contract_that_a_change_order_names_releases_it_too(commitment, stage, row, bring_in, listed):
    commitment()
    stage({**line_sent("L-2", parent_origin_id="ORD-1"), "status": "archived"})
    stage(change_order_sent("CO-1", order_line(of="L-2")))
    assert [(one["row"], one["value"]) for one in row("CO-1").waiting_for] == [("CO-1-1", "L-2")]

    stage({"item_type": "work_order_contract", "origin_id": "ORD-1", "status": "staged"})
    stage({"item_type": "line_item", "origin_id": "L-2", "status": "staged"})
    bring_in("ORD-1")

    assert row("CO-1").waiting_for == []
    bring_in("CO-1")


@pytest.mark.parametrize("optional", ["tax_code_origin_id", "vendor_type_origin_id"])
def test_a_reference_that_need_not_be_there_keeps_nothing_waiting(ready, stage, row, bring_in, optional):
    if optional == "tax_code_origin_id":
        stage(contract_sent("X", _line({optional: "404"})))
    else:
        stage(vendor_sent("X", data={"name": "Kestrel", optional: "404"}))

    assert row("X").waiting_for == []
    record = bring_in("X")
    assert "404" not in str(record.data)


def test_a_tax_code_is_translated_where_it_is_linked(ready, company, stage, bring_in, made, link):
    tax_code = made("tax_code")
    link(tax_code, "VAT-19")
    stage(contract_sent("X", _line({"tax_code_origin_id": "VAT-19"})))

    record = bring_in("X")

    assert Record.objects.of(company).get(parent=record).data["tax_code_id"] == tax_code.pk


# The list of what is ready, as links come and go


def test_what_names_an_unlinked_object_is_ready_no_more(commitment, company, stage, row, project, link, listed):
    contract = commitment()
    stage(sub_job_sent("JOB-1"), change_order_sent("CO-1", order_line()), prime_sent("OWN-1"))
    assert listed("ready_to_import") == {"JOB-1", "CO-1", "OWN-1"}

    link(contract, None)
    assert listed("ready_to_import") == {"JOB-1", "OWN-1", "ORD-1"}
    assert [(one["row"], one["value"]) for one in row("CO-1").waiting_for] == [("CO-1", "ORD-1"), ("CO-1-1", "L-1")]

    link(project, None)
    assert listed("ready_to_import") == {"SITE-7"}
    assert listed("needs_fixing") == {"JOB-1", "CO-1", "OWN-1", "ORD-1"}

    link(project, "SITE-7")
    assert listed("ready_to_import") == {"SITE-7", "JOB-1", "OWN-1", "ORD-1"}


def test_what_changes_its_origin_id_is_no_longer_what_others_name(ready, company, vendor, stage, row, link):
    stage(contract_sent("ORD-1"))

    link(vendor, "CRED-13")

    assert [one["value"] for one in row("ORD-1").waiting_for] == ["CRED-12"]


def test_an_import_that_finds_its_target_gone_puts_the_row_where_it_belongs(
    ready, company, vendor, approver, stage, row, listed
):
    stage(contract_sent("ORD-1"))
    Record.objects.of(company).filter(pk=vendor.pk).update(origin_id=None)  # by a way that tells nobody
    seen = row("ORD-1")
    assert "ORD-1" in listed("ready_to_import")

    with no_scope(), pytest.raises(Invalid):
        in_company(company.pk, lambda: accept_import(company, seen.pk, actor=approver, version=seen.version))

    assert "ORD-1" in listed("needs_fixing") - listed("ready_to_import")
    assert row("ORD-1").version == seen.version


# After an unlink


def test_what_was_unlinked_comes_in_again_as_what_it_was(commitment, company, stage, row, bring_in, link):
    contract = commitment()
    lines = Record.objects.of(company).filter(parent=contract)
    before = set(lines.values_list("pk", flat=True))
    link(contract, None)
    assert set(lines.values_list("origin_id", flat=True)) == {None}

    stage(contract_sent("ORD-1", line_sent("L-1", "500"), line_sent("L-2", "7"), data={"title": "Roof, second"}))
    again = bring_in("ORD-1")

    assert (again.pk, again.origin_id, again.title, again.amount) == (contract.pk, "ORD-1", "Roof, second", 507)
    assert before < set(lines.values_list("pk", flat=True))
    assert sorted(lines.values_list("origin_id", "position")) == [("L-1", 1), ("L-2", 2)]
    assert again.account_id == row("ORD-1").account_id


def test_a_sub_job_that_was_unlinked_does_not_stand_in_its_own_way(ready, stage, bring_in, link):
    stage(sub_job_sent("JOB-1"))
    first = bring_in("JOB-1")
    link(first, None)

    assert bring_in("JOB-1").pk == first.pk


def test_what_was_unlinked_and_linked_to_something_else_is_left_alone(ready, company, stage, bring_in, link):
    stage(vendor_sent("A"))
    first = bring_in("A")
    link(first, None)
    link(first, "B")

    assert bring_in("A").pk != first.pk
    assert Record.objects.of(company).get(pk=first.pk).origin_id == "B"


def test_what_people_sent_after_the_unlink_is_not_overwritten(gate, stage, row, link, bring_in):
    stage(contract_sent("ORD-1"))
    StagedRecord.objects.of(gate.company).filter(origin_id="ORD-1").update(record_id=gate.contract.pk)
    gate.send()

    with pytest.raises(Invalid) as refused:
        bring_in("ORD-1")

    assert refused.value.code == "pending_approval"


# Once more: prime contracts


@pytest.fixture
def owner_contract(ready, stage, bring_in):
    """An imported prime contract OWN-1 with the line P-1."""
    stage(prime_sent("OWN-1", line_sent("P-1", "100")))
    return bring_in("OWN-1")


def lines_of(record: Record) -> list[tuple[str, int]]:
    lines = Record.objects.of(record.company_id).filter(parent=record, deleted_at=None).order_by("position")
    return [(line.origin_id, int(line.amount)) for line in lines]


def test_an_imported_prime_contract_is_done_until_something_new_is_staged(
    owner_contract, company, approver, stage, row, bring_in, listed
):
    assert listed("ready_to_import") == set()
    assert staged_record_acts(row("OWN-1"), approver) == []
    with pytest.raises(WrongState):
        bring_in("OWN-1")
    stage(prime_sent("OWN-1", line_sent("P-1", "100")))  # nothing new
    assert listed("ready_to_import") == set()

    stage(line_sent("P-2", "20", parent_origin_id="OWN-1"))

    assert listed("ready_to_import") == {"OWN-1"}
    assert (row("OWN-1").status, row("P-2").status) == ("imported", "staged")
    assert [one.act for one in staged_record_acts(row("OWN-1"), approver)] == ["import"]
    again = bring_in("OWN-1")
    assert (again.pk, lines_of(again), again.amount) == (owner_contract.pk, [("P-1", 100), ("P-2", 20)], 120)
    assert (row("OWN-1").status, row("P-2").status) == ("imported", "imported")
    assert listed("ready_to_import") == set()
    with pytest.raises(WrongState):
        bring_in("OWN-1")


def test_importing_once_more_keeps_what_people_wrote_into_the_header(
    owner_contract, company, project_user, stage, bring_in
):
    edit_record(company, owner_contract.pk, actor=project_user, data={"title": "Owner, phase 1", "description": "Ours"})
    stage(prime_sent("OWN-1", line_sent("P-1", "150"), line_sent("P-2", "20")))

    again = bring_in("OWN-1")
    assert (again.title, again.data["description"]) == ("Owner, phase 1", "Ours")
    assert lines_of(again) == [("P-1", 150), ("P-2", 20)]

    stage(prime_sent("OWN-1", data={"title": "Owner, phase 2"}))
    again = bring_in("OWN-1")
    assert (again.title, again.data["description"]) == ("Owner, phase 2", "Ours")


def test_a_new_line_that_waits_keeps_the_whole_waiting(owner_contract, stage, row, made, link, bring_in, listed):
    odd = {**line_sent()["data"], "cost_code_origin_id": "404"}
    stage(line_sent("P-2", parent_origin_id="OWN-1", data=odd))
    assert (listed("needs_fixing"), listed("ready_to_import")) == ({"OWN-1"}, set())

    link(made("cost_code"), "404")

    assert (listed("needs_fixing"), listed("ready_to_import")) == (set(), {"OWN-1"})
    bring_in("OWN-1")


def test_what_breaks_a_rule_the_second_time_leaves_the_contract_imported(owner_contract, stage, row, bring_in):
    stage({"item_type": "prime_contract", "origin_id": "OWN-1", "data": {"title": ""}})

    with pytest.raises(Invalid) as refused:
        bring_in("OWN-1")

    assert (refused.value.code, refused.value.facts["messages"]) == ("rule_failed", ["Title can't be blank"])
    assert row("OWN-1").status == "imported"


@pytest.mark.parametrize("sent", [vendor_sent("A", "Other"), contract_sent("ORD-1", line_sent("L-9"))], ids=str)
def test_nothing_else_comes_in_twice(commitment, stage, bring_in, listed, sent):
    commitment()
    stage(vendor_sent("A"))
    bring_in("A")
    stage(sent)

    assert listed("ready_to_import") == set()
    with pytest.raises(WrongState):
        bring_in(sent["origin_id"])


def test_a_prime_contract_that_was_unlinked_is_staged_with_its_lines(owner_contract, row, link, listed, bring_in):
    link(owner_contract, None)

    assert [row(one).status for one in ("OWN-1", "P-1")] == ["staged", "staged"]
    assert listed("ready_to_import") == {"OWN-1"}
    assert bring_in("OWN-1").pk == owner_contract.pk
