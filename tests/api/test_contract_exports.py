"""Contracts, invoices, payments and costs over HTTP: people send and accept them, an integrator closes them."""

from typing import Any

import pytest

from erpstaging.demo.fake_erp.flows import at, flow_of
from erpstaging.erp_requests.models import ErpRequest
from erpstaging.records.models import Record
from tests.fixtures.financials import WIRE_TYPES

EVERY_KIND = pytest.mark.parametrize("item_type", WIRE_TYPES)


@pytest.fixture
def erp(integrator, connection):
    """The integration of a connected company."""
    return integrator


@pytest.fixture
def out(sign_in, project_user, approver, company, erp):
    """`out(record)`: sent by one person and accepted by another; the request as the integrator fetches it."""
    site, desk = sign_in(project_user), sign_in(approver)

    def send(record: Record, **typed: Any) -> dict[str, Any]:
        sent = site.post(f"records/{record.pk}/send_to_erp")
        assert sent.status == 201, sent
        accepted = desk.post(f"exports/{sent.body['export_id']}/accept", {"version": sent.body["version"], **typed})
        assert (accepted.status, accepted.body["status"]) == (200, "exporting"), accepted
        newest = ErpRequest.objects.of(company).latest("pk")
        return erp.get(f"erp_requests/{newest.pk}").body

    return send


def updates_for(request: dict[str, Any], **origin: Any) -> list[dict[str, Any]]:
    """Origin IDs for all that the request's flow books."""
    flow, data = flow_of(request["request_name"]), request["request_data"]
    parts = at(data, flow.element) if flow.element else [data]
    named = [(kind, item) for part in parts for one in flow.books for kind, item, _ in one.items(part)]
    return [{"item_type": kind, "item_id": item, "origin_id": f"NW-{item}"} | origin for kind, item in named]


@EVERY_KIND
@pytest.mark.capability("EX-01", "EX-02")
def test_an_object_is_sent_accepted_booked_and_closed_over_http(financials, out, erp, item_type):
    record = financials.ready(item_type)
    request = out(record, code="7")
    (detail,) = erp.get(f"erp_request_details?filters[item_id]={record.pk}").body

    updates = updates_for(request)
    booked = erp.patch("external_data/sync", {"updates": updates}).body
    closed = erp.patch(f"erp_request_details/{detail['id']}", {"request_detail": {"status": "SUCCESS"}})

    assert (len(booked["entities"]), booked["errors"]) == (len(updates), [])
    assert (closed.status, closed.body["status"]) == (200, "success")
    assert (detail["item_type"], detail["item_id"], detail["status"]) == (
        WIRE_TYPES[item_type], record.pk, "in_progress",
    )  # fmt: skip
    assert Record.objects.of(record.company_id).get(pk=record.pk).origin_id == f"NW-{record.pk}"
    (row,) = erp.get(f"external_data?item_type={WIRE_TYPES[item_type]}&item_id={record.pk}").body
    assert (row["item_id"], row["origin_id"]) == (record.pk, f"NW-{record.pk}")


@EVERY_KIND
@pytest.mark.capability("EX-02")
def test_origin_ids_and_ends_come_as_bare_lists_too(financials, out, erp, sign_in, auditor, item_type):
    record = financials.ready(item_type)
    request = out(record)
    details = erp.get(f"erp_request_details?filters[erp_request_id]={request['id']}").body

    assert erp.patch("external_data", updates_for(request)).body["errors"] == []
    answer = erp.patch("erp_request_details/sync", [{"id": one["id"], "status": "success"} for one in details])

    assert [one["status"] for one in answer.body["entities"]] == ["success"]
    assert sign_in(auditor).get(f"records/{record.pk}").body["status"] == "synced"


@EVERY_KIND
@pytest.mark.capability("LK-02")
def test_nulling_the_three_origin_keys_opens_an_object_with_its_lines(
    financials, out, erp, sign_in, auditor, item_type
):
    record = financials.ready(item_type)
    request = out(record)
    erp.patch("external_data/sync", {"updates": updates_for(request)})
    (detail,) = erp.get(f"erp_request_details?filters[item_id]={record.pk}").body
    erp.put(f"erp_request_details/{detail['id']}", {"status": "success", "messages": "Posted."})

    nulled = {"item_type": WIRE_TYPES[item_type], "item_id": record.pk}
    nulled |= {"origin_id": None, "origin_code": None, "origin_data": None}
    answer = erp.patch("external_data/sync", {"updates": [nulled]}).body

    assert (answer["entities"][0]["origin_id"], answer["errors"]) == (None, [])
    lines = Record.objects.of(record.company_id).filter(parent=record)
    assert set(lines.values_list("origin_id", flat=True)) <= {None}
    assert sign_in(auditor).get(f"records/{record.pk}").body["status"] in {"unlinked", "not_sent"}


@EVERY_KIND
def test_objects_are_unlinked_in_bulk_and_unknown_ids_passed_over(financials, erp, item_type):
    record = financials.ready(item_type)
    financials.link(record, "NW-1")

    body = {"item_type": WIRE_TYPES[item_type], "item_ids": [record.pk, 2**40]}
    answer = erp.delete("external_data/bulk_destroy", body)

    assert (answer.status, answer.body) == (204, None)
    assert Record.objects.of(record.company_id).get(pk=record.pk).origin_id is None


def test_details_are_found_by_the_item_type_that_they_show(financials, out, erp):
    record = financials.ready("commitment_change_order")
    out(record)

    for word in ("change_order", "commitment_change_order"):
        (found,) = erp.get(f"erp_request_details?filters[item_type]={word}").body
        assert (found["item_id"], found["item_type"]) == (record.pk, "change_order")
    assert erp.get("erp_request_details?filters[item_type]=requisition").body == []


@pytest.mark.parametrize("item_type", ["contract_payment", "requisition"])
def test_a_payment_that_the_erp_takes_back_is_open_again(financials, out, erp, item_type):
    record = financials.ready(item_type)
    request = out(record)
    erp.patch("external_data/sync", {"updates": updates_for(request)})
    (detail,) = erp.get(f"erp_request_details?filters[item_id]={record.pk}").body
    erp.patch(f"erp_request_details/{detail['id']}", {"status": "success"})

    answer = erp.patch(f"invoice_payments/{record.pk}/unlink", {})

    expected = (200, None) if item_type == "contract_payment" else (404, f"NW-{record.pk}")
    assert (answer.status, Record.objects.of(record.company_id).get(pk=record.pk).origin_id) == expected
