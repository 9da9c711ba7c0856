"""Decisions by REST: codes and pins, what comes back, who was faster, and answers line by line on the wire."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from erpstaging.connections.services import change_settings
from erpstaging.erp_requests.models import ErpRequest
from erpstaging.notices.sending import send_due
from erpstaging.outbox.models import Event
from erpstaging.records.models import Record
from erpstaging.staging.models import StagedExport
from erpstaging.staging.tasks import sweep
from tests.fixtures.scope import no_scope
from tests.staging.conftest import vendor_sent

CODES = [{"code": "RATE", "label": "The rate is wrong"}]


@pytest.fixture
def desk(sign_in, approver):
    return sign_in(approver)


@pytest.fixture
def site(sign_in, project_user):
    return sign_in(project_user)


@pytest.fixture
def codes(company, connection, admin) -> None:
    change_settings(company.pk, {"reject_codes": CODES}, actor=admin)


@pytest.fixture
def vendor_sent_out(site, company, connection):
    """A company that was sent to accounting, with its record."""
    made = site.post("records", {"item_type": "vendor", "data": {"name": "Kestrel"}}).body
    return made, site.post(f"records/{made['id']}/send_to_erp").body


# Sending back


@pytest.mark.capability("AP-03")
def test_a_custom_field_is_pinned_and_the_api_tells_code_and_pointer(desk, sign_in, admin, site, company, codes):
    field = {"item_type": "vendor", "key": "tax_id", "label": "Tax ID", "data_type": "string"}
    assert sign_in(admin).post("custom_fields", field).status == 201
    data = {"name": "Kestrel", "custom_fields": {"tax_id": "1"}}
    made = site.post("records", {"item_type": "vendor", "data": data}).body
    sent = site.post(f"records/{made['id']}/send_to_erp").body
    body = {
        "version": sent["version"], "reason": "It has 9 digits", "code": "RATE",
        "pins": [{"field": "vendor.tax_id", "note": "Nine digits, please."}],
    }  # fmt: skip

    answer = desk.post(f"exports/{sent['export_id']}/reject", body)

    pin = {
        "pointer": "/tax_id", "field": "tax_id", "label": "Tax ID", "line_id": None, "note": "Nine digits, please.",
    }  # fmt: skip
    assert (answer.status, answer.body["reason_code"], answer.body["pins"]) == (200, "RATE", [pin])
    rejection = site.get(f"records/{made['id']}").body["rejection"]
    assert (rejection["code"], rejection["pins"]) == ("RATE", [pin])


@pytest.mark.capability("AP-03")
@pytest.mark.parametrize(
    ("body", "named", "code"),
    [
        ({"reason": "Wrong"}, ["code"], "reason_required"),
        ({"reason": "Wrong", "code": "NOPE"}, ["code"], "invalid"),
        ({"reason": "Wrong", "code": 5}, ["code"], "invalid"),
        ({"reason": "Wrong", "code": "RATE", "pins": "x"}, ["pins"], "invalid"),
        ({"reason": "Wrong", "code": "RATE", "pins": [{"field": "warp", "note": "x"}]}, ["pins.0.field"], "invalid"),
        ({"reason": "Wrong", "code": "RATE", "pins": [{"field": "name"}]}, ["pins.0.note"], "invalid"),
    ],
)
def test_a_rejection_that_cannot_be_read_names_the_field(desk, vendor_sent_out, codes, body, named, code):
    _, sent = vendor_sent_out

    answer = desk.post(f"exports/{sent['export_id']}/reject", {"version": sent["version"], **body})

    assert (answer.status, list(answer.body["errors"]), answer.body["code"]) == (422, named, code)
    assert desk.get(f"exports/{sent['export_id']}").body["status"] == "ready_to_export"


@pytest.mark.capability("AP-02")
@pytest.mark.django_db(transaction=True)
def test_the_sender_has_the_mail_at_once(gate, project_user):
    gate.reject(gate.send(), reason="Wrong retainage", pins=[{"field": "title", "note": "Too long."}])

    with no_scope():
        send_due()

    (sent,) = mail.outbox
    assert sent.to == [f"project_user@{gate.company.pk}.example"]
    assert sent.subject == "Halden Civil: Structural steel was rejected"
    for text in ("Approver rejected", "Wrong retainage", "Title: Too long.", f"/records/{gate.contract.pk}/"):
        assert text in sent.body


@pytest.mark.capability("AP-03")
def test_the_report_counts_by_code_and_day(desk, sign_in, auditor, project_user, vendor_sent_out, codes, erp_row):
    _, sent = vendor_sent_out
    desk.post(f"exports/{sent['export_id']}/reject", {"version": sent["version"], "reason": "No way", "code": "RATE"})
    desk.post(f"staged_records/{erp_row}/reject", {"version": 1, "reason": "Who?", "code": "RATE"})

    report = desk.get("reports/rejections").body

    assert report["total"] == 2
    (row,) = report["codes"]
    assert row.pop("latest_at") is not None
    assert row == {"code": "RATE", "label": "The rate is wrong", "total": 2, "exports": 1, "imports": 1}
    assert desk.get("reports/rejections?from=2020-01-01&to=2020-12-31").body["total"] == 0
    assert sign_in(auditor).get("reports/rejections").status == 200
    assert sign_in(project_user).get("reports/rejections").status == 403
    for query in ("from=soon", "to=2020", "from=2026-01-02&to=2026-01-01"):
        answer = desk.get(f"reports/rejections?{query}")
        assert (answer.status, answer.body["code"]) == (400, "bad_query")
    for query in ("from=0001-01-01", "to=9999-12-31", "to=0001-01-01"):
        assert desk.get(f"reports/rejections?{query}").status == 200


@pytest.fixture
def erp_row(integrator, connection) -> int:
    return integrator.patch("staged_records/sync", {"updates": [vendor_sent("V-9")]}).body["entities"][0]["id"]


# What comes back


@pytest.mark.capability("AP-04", "AP-05")
def test_what_comes_back_is_marked_and_its_changes_are_told(desk, site, contract, company):
    sent = site.post(f"records/{contract.pk}/send_to_erp").body
    first = desk.get(f"exports/{sent['export_id']}/changes")
    assert (first.status, first.body["since"]) == (200, None)
    desk.post(f"exports/{sent['export_id']}/reject", {"version": 1, "reason": "Name the tower"})
    site.patch(f"records/{contract.pk}", {"data": {"title": "Steel, tower A"}})

    again = site.post(f"records/{contract.pk}/send_to_erp").body

    (row,) = desk.get("queue?view=ready_to_export").body["rows"]
    assert (row["id"], row["resubmitted"]) == (again["export_id"], True)
    assert desk.get(f"exports/{again['export_id']}").body["resubmits_id"] == sent["export_id"]
    changes = desk.get(f"exports/{again['export_id']}/changes").body
    assert (changes["since"], changes["since_status"]) == (sent["export_id"], "rejected")
    assert changes["fields"] == [{"name": "title", "before": "Structural steel", "after": "Steel, tower A"}]
    assert (changes["lines"], changes["equal_lines"]) == ([], [1, 2])
    assert changes["total"]["difference"] == "0.0"
    assert "vendor_id" in changes["equal"]


@pytest.mark.capability("AP-04")
def test_a_corrected_staged_row_is_marked(desk, integrator, connection, erp_row):
    desk.post(f"staged_records/{erp_row}/reject", {"version": 1, "reason": "Which one?"})
    integrator.patch("staged_records/sync", {"updates": [vendor_sent("V-9", "Kestrel Ltd")]})

    (row,) = desk.get("queue?view=ready_to_import").body["rows"]
    assert (row["id"], row["resubmitted"]) == (erp_row, True)
    assert desk.get(f"staged_records/{erp_row}").body["resubmitted"] is True


# Undo


@pytest.mark.capability("AP-09", "AP-01")
def test_an_accept_is_undone_in_time_and_nothing_was_told(desk, vendor_sent_out, company):
    _, sent = vendor_sent_out
    path = f"exports/{sent['export_id']}"
    accepted = desk.post(f"{path}/accept", {"version": sent["version"], "undo_seconds": 10}).body
    assert (accepted["status"], accepted["decided_by"]) == ("accepted", "Approver")

    undone = desk.post(f"{path}/undo")

    assert (undone.status, undone.body["status"], undone.body["decided_by"]) == (200, "ready_to_export", None)
    with no_scope():
        sweep()
    assert not ErpRequest.objects.of(company).filter(request_name="create_vendor").exists()
    assert not Event.objects.of(company).filter(resource_name="ERP Requests").exists()

    accepted = desk.post(f"{path}/accept", {"version": undone.body["version"], "undo_seconds": 10}).body
    assert {one["act"] for one in accepted["acts"]} == {"undo"}
    with time_machine.travel(timezone.now() + timedelta(seconds=11), tick=True):
        late = desk.post(f"{path}/undo")
        assert (late.status, late.body["code"]) == (409, "wrong_state")
        assert "undo" not in {one["act"] for one in desk.get(path).body["acts"]}
        with no_scope():
            sweep()
        assert desk.get(path).body["status"] == "exporting"
        assert desk.post(f"{path}/undo").status == 409


@pytest.mark.capability("AP-09")
@pytest.mark.parametrize("seconds", [-1, 61, "10", True, 1.5])
def test_the_undo_time_is_up_to_a_minute(desk, vendor_sent_out, seconds):
    _, sent = vendor_sent_out
    body = {"version": sent["version"], "undo_seconds": seconds}

    answer = desk.post(f"exports/{sent['export_id']}/accept", body)

    assert (answer.status, list(answer.body["errors"])) == (422, ["undo_seconds"])


# Who was faster


@pytest.mark.capability("IN-10")
def test_accept_after_retrieve_says_who_and_when(desk, site, vendor_sent_out):
    made, sent = vendor_sent_out
    assert site.post(f"records/{made['id']}/retrieve").status == 200
    assert site.patch(f"records/{made['id']}", {"data": {"name": "Kestrel Ltd"}}).status == 200
    assert desk.get("queue?view=ready_to_export").body["rows"] == []

    late = desk.post(f"exports/{sent['export_id']}/accept", {"version": sent["version"]})

    assert (late.status, late.body["decided_by"]) == (409, "Project User")
    assert late.body["decided_at"] is not None
    assert isinstance(late.body["version"], int)


@pytest.mark.capability("IN-10")
@pytest.mark.parametrize("end", ["exporting", "synced"])
def test_retrieve_after_accept_says_who_and_when(desk, site, integrator, vendor_sent_out, company, end):
    made, sent = vendor_sent_out
    desk.post(f"exports/{sent['export_id']}/accept", {"version": sent["version"]})
    if end == "synced":
        detail = ErpRequest.objects.of(company).get(request_name="create_vendor").request_data["request_detail_id"]
        link = {"item_type": "vendor", "item_id": made["id"], "origin_id": "V-77"}
        integrator.patch("external_data/sync", {"updates": [link]})
        integrator.patch(f"erp_request_details/{detail}", {"request_detail": {"status": "success"}})

    late = site.post(f"records/{made['id']}/retrieve")

    assert (late.status, late.body["code"], late.body["decided_by"]) == (409, "already_decided", "Approver")
    assert late.body["decided_at"] is not None


# Answers line by line, and trying again


@pytest.mark.capability("EX-04", "EX-07")
def test_one_refused_line_fails_the_order_in_part_and_only_it_leaves_again(desk, site, integrator, contract, company):
    sent = site.post(f"records/{contract.pk}/send_to_erp").body
    desk.post(f"exports/{sent['export_id']}/accept", {"version": sent["version"]})
    lines = list(Record.objects.of(company).filter(parent=contract).order_by("position").values_list("pk", flat=True))
    link = {"item_type": "work_order_contract", "item_id": contract.pk, "origin_id": "ORD-9"}
    integrator.patch("external_data/sync", {"updates": [link]})
    (detail,) = integrator.get(f"erp_request_details?filters[item_id]={contract.pk}").body
    items = [
        {"item_type": "line_item", "item_id": lines[0], "status": "success"},
        {"item_type": "line_item", "item_id": lines[1], "status": "failed", "messages": ["Code is closed."]},
    ]

    bad = integrator.patch(f"erp_request_details/{detail['id']}", {"request_detail": {"status": "failed", "items": 5}})
    assert (bad.status, list(bad.body["errors"])) == (422, ["items"])
    closed = integrator.patch(
        f"erp_request_details/{detail['id']}", {"request_detail": {"status": "failed", "items": items}}
    )

    assert (closed.status, closed.body["status"]) == (200, "failed")
    shown = desk.get(f"exports/{sent['export_id']}").body
    assert (shown["status"], shown["failure"]) == ("partially_failed", "partial")
    assert shown["failed_items"] == [{"item_type": "line_item", "item_id": lines[1], "messages": ["Code is closed."]}]
    assert site.get(f"records/{contract.pk}").body["status"] == "partially_failed"
    assert desk.get("queue?view=failed").body["rows"][0]["status"] == "partially_failed"
    assert desk.post(f"exports/{sent['export_id']}/retry").body["status"] == "exporting"
    newest, first = integrator.get(f"erp_request_details?filters[item_id]={contract.pk}").body
    assert (newest["attempt"], newest["first_attempt_id"]) == (2, first["id"])
    data = integrator.get(f"erp_requests/{newest['erp_request_id']}").body["request_data"]
    assert (data["commitment"]["origin_id"], [one["id"] for one in data["commitment_items"]]) == ("ORD-9", [lines[1]])


@pytest.mark.capability("EX-04")
def test_many_details_end_line_by_line_each_on_its_own(desk, site, integrator, contract, company):
    sent = site.post(f"records/{contract.pk}/send_to_erp").body
    desk.post(f"exports/{sent['export_id']}/accept", {"version": sent["version"]})
    (detail,) = integrator.get(f"erp_request_details?filters[item_id]={contract.pk}").body
    stranger = {"item_type": "line_item", "item_id": contract.pk + 10**6, "status": "failed"}

    answer = integrator.patch(
        "erp_request_details/sync", [{"id": detail["id"], "status": "failed", "items": [stranger]}]
    )

    assert (answer.status, answer.body["entities"]) == (200, [])
    assert list(answer.body["errors"][0]["errors"]) == ["items.0.item_id"]
    assert StagedExport.objects.of(company).get(pk=sent["export_id"]).state == "exporting"


@pytest.mark.capability("EX-07")
def test_what_the_integration_changed_meanwhile_needs_a_new_approval(desk, site, integrator, vendor_sent_out, company):
    made, sent = vendor_sent_out
    desk.post(f"exports/{sent['export_id']}/accept", {"version": sent["version"]})
    (detail,) = integrator.get(f"erp_request_details?filters[item_id]={made['id']}").body
    integrator.patch(f"erp_request_details/{detail['id']}", {"request_detail": {"status": "failed", "messages": "No"}})
    assert integrator.patch(f"vendors/{made['id']}", {"vendor": {"city": "Golden"}}).status == 200

    refused = desk.post(f"exports/{sent['export_id']}/retry")

    assert (refused.status, refused.body["code"]) == (409, "needs_approval")


@pytest.mark.capability("AP-13")
def test_a_hold_leaves_the_default_view_and_is_counted(desk, vendor_sent_out):
    _, sent = vendor_sent_out
    until = (timezone.now() + timedelta(days=3)).date().isoformat()
    path = f"exports/{sent['export_id']}"
    for body, named in (({"until": until}, "note"), ({"note": "Insurance", "until": "soon"}, "until")):
        refused = desk.post(f"{path}/hold", body)
        assert (refused.status, list(refused.body["errors"])) == (422, [named])

    held = desk.post(f"{path}/hold", {"note": "Insurance is missing", "until": until})

    assert (held.status, held.body["hold_note"], held.body["held_by"]) == (200, "Insurance is missing", "Approver")
    queue = desk.get("queue?view=ready_to_export").body
    assert (queue["rows"], queue["counts"]["on_hold"]) == ([], 1)
    assert desk.post(f"{path}/hold", {}).body["hold_until"] is None
    assert desk.get("queue?view=on_hold").body["rows"] == []
