"""Every contract, change order, invoice, payment and cost: sent, accepted, released, booked and closed."""

from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.core.errors import Invalid
from erpstaging.core.scope import in_company
from erpstaging.erp_requests.models import ErpRequest, ErpRequestDetail
from erpstaging.records.editing import edit_record
from erpstaging.records.models import Record
from erpstaging.staging.closeout import close_details
from erpstaging.staging.export_chunks import Wanted
from erpstaging.staging.exports import accept_exports
from erpstaging.staging.external import sync_external_data
from erpstaging.staging.freezing import snapshots
from erpstaging.staging.models import StagedExport

REQUESTS = {
    "work_order_contract": "create_commitment",
    "purchase_order_contract": "create_commitment",
    "commitment_change_order": "create_commitment_change_order",
    "prime_contract_change_order": "create_prime_contract_change_order",
    "requisition": "create_requisitions",
    "payment_application": "create_payment_application",
    "contract_payment": "create_contract_payment",
    "company_level_direct_cost": "create_company_level_direct_cost",
}
# Lines of invoices and of costs of the company get no origin ID of their own: the event dictionary asks for none.
WITH_LINES = set(REQUESTS) - {"requisition", "contract_payment", "company_level_direct_cost"}
TEXTS = {"text", "long_text"}
EVERY_KIND = pytest.mark.parametrize("item_type", REQUESTS)


def fresh(record: Record) -> Record:
    found: Record = Record.objects.of(record.company_id).get(pk=record.pk)
    return found


@EVERY_KIND
@pytest.mark.capability("EX-01", "EX-02")
def test_an_object_goes_out_once_and_is_synced_with_its_lines(company, financials, passage, item_type):
    record = financials.ready(item_type)
    lines = financials.lines(record)

    request = passage.out(record, code="7")

    assert request.request_name == REQUESTS[item_type]
    (detail,) = ErpRequestDetail.objects.of(company).filter(erp_request=request)
    assert (detail.item_id, detail.item_type, detail.pk != request.pk) == (record.pk, item_type, True)
    assert str(detail.pk) in str(request.request_data)
    assert (fresh(record).lock, fresh(record).origin_id) == ("exporting", None)
    booked = {item for _, item in passage.book(request)}
    assert booked & {line.pk for line in lines} == ({line.pk for line in lines} if item_type in WITH_LINES else set())
    assert record.pk in booked
    assert passage.state(record) == "exporting"
    passage.close(request)
    assert passage.state(record) == "synced"
    assert (fresh(record).lock, fresh(record).origin_id) == ("none", f"NW-{record.pk}")


@EVERY_KIND
@pytest.mark.capability("EX-02")
def test_success_without_an_origin_id_is_a_failure(financials, passage, item_type):
    record = financials.ready(item_type)
    request = passage.out(record)

    passage.close(request)

    assert passage.state(record) == "failed"
    assert StagedExport.objects.of(record.company_id).get(record=record).messages == ["no origin id received"]
    passage.book(request)
    assert passage.state(record) == "synced"


@EVERY_KIND
@pytest.mark.capability("EX-02")
def test_what_the_erp_refuses_stands_there_with_its_words(financials, passage, item_type):
    record = financials.ready(item_type)

    passage.close(passage.out(record), "failed", "Period closed.")

    export = StagedExport.objects.of(record.company_id).get(record=record)
    assert (export.state, export.messages) == ("failed", ["Period closed."])


@EVERY_KIND
@pytest.mark.capability("LK-01", "EX-02")
def test_lines_are_closed_with_what_they_stand_under(company, financials, passage, project_user, item_type):
    record = financials.ready(item_type)
    lines = financials.lines(record)
    request = passage.out(record)
    passage.book(request)
    passage.close(request)

    closed = [record] if ENTITIES[item_type].lock.whole else []
    for one in (*closed, *lines):
        name = next(field.name for field in ENTITIES[one.item_type].edited_fields() if field.kind in TEXTS)
        with pytest.raises(Invalid) as refused:
            edit_record(company, one.pk, actor=project_user, data={name: "Changed"})
        assert (refused.value.code, list(refused.value.errors)) == ("locked", [name])


@EVERY_KIND
def test_a_hundred_objects_are_frozen_with_as_many_queries_as_one(company, financials, item_type):
    first = financials.ready(item_type)
    others = [financials.make(item_type) for _ in range(4)]

    def queries(records: list[Record]) -> int:
        with CaptureQueriesContext(database) as captured:
            snapshots(company, records)
        return len(captured)

    assert queries([first, *others]) == queries([first])


# Prerequisites

UNMET: dict[str, dict[str, Any]] = {
    "work_order_contract": {"status_approved": {"status": "Draft"}},
    "purchase_order_contract": {"status_approved": {"status": "Processing"}},
    "commitment_change_order": {"status_approved": {"status": "pending"}},
    "prime_contract_change_order": {"status_approved": {"status": "draft"}},
    "requisition": {"status_approved": {"status": "under_review"}},
    "company_level_direct_cost": {"status_approved": {"status": "pending"}},
}


@pytest.mark.parametrize("item_type", UNMET)
@pytest.mark.capability("IN-09")
def test_what_is_not_approved_is_not_sent(financials, passage, item_type):
    ((code, data),) = UNMET[item_type].items()
    record = financials.ready(item_type, **data)

    with pytest.raises(Invalid) as refused:
        passage.send(record)

    assert (refused.value.code, list(refused.value.errors)) == ("prerequisites", [code])


@pytest.mark.parametrize("status", ["approved", "approved_as_noted", "pending_owner_approval"])
def test_a_requisition_counts_as_approved_in_three_statuses(financials, passage, status):
    passage.out(financials.ready("requisition", status=status))


@pytest.mark.parametrize(
    ("item_type", "code"),
    [
        ("commitment_change_order", "commitment_linked"),
        ("requisition", "commitment_linked"),
        ("prime_contract_change_order", "prime_contract_linked"),
        ("payment_application", "prime_contract_linked"),
    ],
)
@pytest.mark.capability("IN-09")
def test_what_stands_under_an_unlinked_contract_is_not_sent(financials, passage, item_type, code):
    record = financials.make(item_type)

    with pytest.raises(Invalid) as refused:
        passage.send(record)

    assert (refused.value.code, list(refused.value.errors)) == ("prerequisites", [code])


# What leaves


def test_a_commitment_says_what_its_change_orders_and_invoices_come_to(financials, passage):
    contract = financials.above("commitment_change_order")
    for status, amount in (("approved", "80"), ("pending", "7"), ("draft", "3")):
        change = financials.make("commitment_change_order", status=status)
        line = financials.lines(change)[0]
        edit_record(financials.company, line.pk, actor=financials.author, data={"amount": amount})
    financials.make("requisition")
    financials.make("contract_payment")

    sent = passage.out(contract).request_data["commitment"]

    amounts = {
        "grand_total": "1500.0", "approved_change_orders": "80.0", "pending_change_orders": "7.0",
        "draft_change_orders_amount": "3.0", "revised_contract": "1580.0", "pending_revised_contract": "1587.0",
        "total_requisitions_amount": "300.0", "total_payments": "275.5", "remaining_balance_outstanding": "1304.5",
        "percentage_paid": "17.44",
    }  # fmt: skip
    assert {name: sent[name] for name in amounts} == amounts


def test_a_change_order_leaves_with_its_contract_and_both_their_lines(financials, passage):
    record = financials.ready("commitment_change_order")
    contract = financials.known["work_order_contract"]

    sent = passage.out(record, code="C-1", custom_fields={}).request_data

    assert (sent["job_origin_id"], sent["commitment"]["origin_id"]) == ("SITE-7", "work_order_contract-1")
    assert sent["commitment"]["vendor"]["origin_id"] == "CRED-12"
    lines = financials.lines(contract)
    assert [(one["id"], one["origin_id"]) for one in sent["commitment_items"]] == [
        (line.pk, f"L-{line.pk}") for line in lines
    ]
    assert sent["change_order"]["contract_id"] == contract.pk
    assert sent["change_order"]["due_date"] == "2026-03-04T00:00:00Z"
    (item,) = sent["change_order_items"]
    assert (item["commitment_line_item_id"], item["amount"]) == (lines[0].pk, "80.0")
    assert item["cost_code"]["biller_origin_id"] == "SITE-7"


def test_markups_stand_under_every_line_with_what_they_come_to(financials, passage):
    record = financials.ready("prime_contract_change_order")
    codes = {"destination_cost_code_id": financials.known["cost_code"].pk}
    codes["destination_line_item_type_id"] = financials.known["cost_type"].pk
    fee = financials.child(record, "markup", name="Fee", percentage="10", position=1, **codes)
    tax = financials.child(record, "markup", name="Bond", percentage="5", position=2, compounds_markups_above=True)

    request = passage.out(record)

    sent = request.request_data
    (item,) = sent["prime_contract_change_order_items"]
    assert [(one["id"], one["amount"], one["markup"]["name"]) for one in item["markup_line_items"]] == [
        (fee.pk, "20.0", "Fee"),
        (tax.pk, "11.0", "Bond"),
    ]
    destination = item["markup_line_items"][0]["markup"]["destination_cost_code"]
    assert destination["origin_id"] == "SITE-7|05-100"
    assert item["prime_line_item_origin_id"] == f"L-{item['prime_line_item_id']}"
    assert sent["prime_contract"]["has_change_order_packages"] is True
    update = {"item_type": "markup", "item_id": fee.pk, "origin_id": "M-1"}
    (element,) = sync_external_data(financials.company, [update], actor=financials.integration)
    assert (element.errors, fresh(fee).origin_id) == ({}, "M-1")


def test_an_owner_invoice_leaves_with_its_summary(financials, passage):
    financials.ready("payment_application")
    financials.make("prime_contract_change_order")
    record = financials.make("payment_application", invoice_number="OI-2")

    sent = passage.out(record).request_data["payment_application"]

    (item,) = sent["items"]
    assert (item["work_completed_this_period"], item["new_materials"], item["scheduled_value"]) == (
        12000, 500.25, 100000,
    )  # fmt: skip
    assert (item["total_completed_and_stored_to_date"], item["balance_to_finish"]) == (12500.25, 87499.75)
    assert item["wbs_code"]["id"] == financials.known["cost_code"].pk
    summary = sent["summary"]
    assert (summary["application_number"], summary["contract_original_sum"]) == ("2", 100000)
    assert (summary["net_change_by_change_order"], summary["contract_sum_to_date"]) == (200, 100200)
    assert (summary["current_payment_due"], summary["to_owner"]["name"]) == (12500.25, "Brook & Stone")


def test_the_three_kinds_of_invoice_lines_name_their_lines(financials, passage):
    record = financials.ready("requisition")
    contract = financials.known["work_order_contract"]
    change = financials.make("commitment_change_order")
    financials.link(change, "CO-9")
    change_line = financials.lines(change)[0]
    financials.child(
        record, "requisition_change_order_item", line_item_id=change_line.pk, work_completed_this_period="40"
    )
    financials.child(record, "requisition_contract_detail_item", detail_line_item_id=5, materials_presently_stored="1")

    (sent,) = passage.out(record, code="R-1").request_data["requisitions"]

    on_contract, on_change, on_detail = sent["line_items"]
    first = financials.lines(contract)[0]
    assert [one["requisition_item_type"] for one in sent["line_items"]] == [
        "Billings::ContractItem", "Billings::ChangeOrderItem", "Billings::ContractDetailItem",
    ]  # fmt: skip
    assert (on_contract["commitment_item_origin_id"], on_contract["change_order_line_item_origin_id"]) == (
        f"L-{first.pk}", None,
    )  # fmt: skip
    assert on_contract["cost_code_origin_id"] == "SITE-7|05-100"
    assert (on_contract["amount"], on_contract["formatted_amount"]) == ("300.0", "300.00")
    assert (on_change["commitment_item_origin_id"], on_change["change_order_line_item_origin_id"]) == (
        f"L-{first.pk}", f"L-{change_line.pk}",
    )  # fmt: skip
    assert on_detail["commitment_item_origin_id"] is None
    assert (sent["code"], sent["contract_origin_id"], sent["job_origin_id"]) == (
        "R-1", "work_order_contract-1", "SITE-7",
    )  # fmt: skip


def test_the_ids_of_a_company_s_direct_cost_are_texts(financials, passage):
    record = financials.ready("company_level_direct_cost")

    sent = passage.out(record).request_data["direct_cost"]

    (line,) = sent["line_items"]
    assert (sent["id"], line["direct_cost_id"], line["project"]["id"]) == (
        str(record.pk), str(record.pk), str(financials.known["project"].pk),
    )  # fmt: skip
    assert (line["job_origin_id"], line["cost_code_origin_id"], line["total_amount"]) == (
        "SITE-7", "SITE-7|05-100", "350.0",
    )  # fmt: skip
    assert sent["projects"] == [{"id": financials.known["project"].pk, "name": "Harbour Point"}]
    assert (sent["erp"], sent["currency_configuration"]["currency_iso_code"]) == ({"status": "exporting"}, "USD")


# Requisitions leave together


@pytest.mark.capability("EX-01")
def test_requisitions_that_are_accepted_together_leave_in_one_request(company, financials, passage):
    records = [financials.ready("requisition", invoice_number=f"INV-{n}") for n in range(3)]
    exports = [passage.send(record) for record in records]
    wanted = [Wanted(one.pk, one.version) for one in exports]

    outcomes = in_company(company.pk, lambda: accept_exports(company, wanted, actor=passage.approver))

    (request_id,) = {outcome.result().erp_request_id for outcome in outcomes}
    request = ErpRequest.objects.of(company).get(pk=request_id)
    details = {one.pk: one.item_id for one in ErpRequestDetail.objects.of(company).filter(erp_request=request)}
    sent = request.request_data["requisitions"]
    assert {one["request_detail_id"]: one["procore_requisition_id"] for one in sent} == details
    assert set(details.values()) == {record.pk for record in records}
    passage.book(request)
    first, *others = details
    refused = {"id": first, "status": "failed", "messages": ["Invoice number exists."]}
    closes = [refused, *({"id": one, "status": "success"} for one in others)]
    in_company(company.pk, lambda: close_details(company, closes, actor=passage.integration))
    assert sorted(passage.state(record) for record in records) == ["failed", "synced", "synced"]


def test_a_prime_contract_says_what_was_invoiced_to_the_owner(financials, passage):
    record = financials.ready("prime_contract_change_order")
    financials.make("payment_application")

    sent = passage.out(record).request_data["prime_contract"]

    assert (sent["owner_invoices_amount"], sent["approved_change_orders"]) == ("12500.25", "200.0")
    assert (sent["has_change_order_packages"], sent["has_potential_change_orders"]) == (True, False)


def test_what_was_approved_stays_as_it_was_while_it_waits_for_its_contract(company, financials, passage):
    """Only where it goes may change: the origin IDs of what it names."""
    contract = financials.above("requisition")
    sent_contract = passage.send(contract)
    record = financials.make("requisition")
    export = passage.accept(passage.send(record))
    assert export.held_reason == "Steel waits for an approver's decision."
    edited = Record.objects.of(company).get(pk=financials.line(contract))
    frozen = edited.data["description"]
    Record.objects.of(company).filter(pk=edited.pk).update(data={**edited.data, "description": "Changed since"})

    passage.accept(sent_contract)
    request = passage.request_of(passage.export(contract))
    passage.book(request)
    passage.close(request)
    assert passage.sweep() == 1

    (sent,) = passage.request_of(passage.export(record)).request_data["requisitions"]
    assert sent["contract_origin_id"] == f"NW-{contract.pk}"
    assert sent["line_items"][0]["commitment_item_origin_id"] == f"NW-{edited.pk}"
    assert sent["line_items"][0]["line_item_description"] == frozen
