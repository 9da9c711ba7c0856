"""One mail for one cause: bulk rejections, failures, requests that nobody answered."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail

from erpstaging.companies.actors import Actor
from erpstaging.core.scope import company_scope, in_company
from erpstaging.erp_requests.models import ErpRequestDetail
from erpstaging.notices.sending import send_due
from erpstaging.staging.closeout import close_details
from erpstaging.staging.export_chunks import Wanted
from erpstaging.staging.exports import accept_exports, reject_exports
from erpstaging.staging.models import StagedExport
from erpstaging.staging.staleness import cancel_export
from erpstaging.staging.tasks import sweep
from tests.approvals.test_settings import Desk
from tests.fixtures.gate import Gate
from tests.fixtures.scope import no_scope
from tests.staging.test_summaries import send_vendor

pytestmark = pytest.mark.django_db(transaction=True)
CLOSED = "Period 11 is closed."


def sent() -> list[tuple[str, str]]:
    """(to, subject) of the mails that leave now."""
    mail.outbox.clear()
    with no_scope():
        send_due()
    return sorted((one.to[0].split("@")[0], one.subject) for one in mail.outbox)


def vendors(gate: Gate, count: int) -> list[StagedExport]:
    return [send_vendor(gate, f"Vendor {number}") for number in range(count)]


def out(gate: Gate, count: int) -> list[int]:
    """Accepted exports that are out at the integrator: the ids of their details."""
    wanted = [Wanted(export.pk, export.version) for export in vendors(gate, count)]
    gate.run(lambda: accept_exports(gate.company, wanted, actor=gate.approver))
    with company_scope(gate.company.pk):
        rows = ErpRequestDetail.objects.of(gate.company).filter(item_type="vendor", state="in_progress")
        return list(rows.order_by("pk").values_list("pk", flat=True))


def close(gate: Gate, ids: list[int], *messages: str) -> None:
    sent = [{"id": detail_id, "status": "failed", "messages": list(messages)} for detail_id in ids]
    gate.run(lambda: close_details(gate.company, sent, actor=gate.integration))


@pytest.mark.capability("AP-02")
def test_many_rejected_with_one_reason_are_one_mail_with_all_of_them(gate: Gate, project_user: Actor) -> None:
    wanted = [Wanted(export.pk, export.version) for export in vendors(gate, 25)]
    gate.run(lambda: reject_exports(gate.company, wanted, actor=gate.approver, reason="Not on the list"))

    assert sent() == [("project_user", "Halden Civil: 25 objects were rejected")]
    body = str(mail.outbox[0].body)
    assert "Approver rejected 25 objects of yours with this reason:\n\n    Not on the list" in body
    assert body.count("/records/") == 20
    assert "and 5 more" in body


@pytest.mark.capability("AP-02")
def test_one_rejected_is_a_mail_with_reason_code_pins_and_a_link_to_mend_it(gate: Gate) -> None:
    export = gate.send()
    gate.reject(export, code="RET", pins=[{"field": "title", "note": "Name the tower"}])

    assert sent() == [("project_user", "Halden Civil: Structural steel was rejected")]
    body = str(mail.outbox[0].body)
    for said in (
        "↩ Rejected",
        "Wrong retainage",
        "Code: RET",
        "Title: Name the tower",
        f"/records/{export.record_id}/",
    ):
        assert said in body


@pytest.mark.capability("MO-06")
def test_equal_failures_are_one_mail_for_each_who_has_to_know_however_late_they_come(gate: Gate, admin: Actor) -> None:
    ids = out(gate, 40)

    close(gate, ids[:30], CLOSED)
    assert sent() == [(who, f"Halden Civil: Exports fail: {CLOSED}") for who in ("admin", "approver")]
    assert "30 exports failed:" in mail.outbox[0].body
    for detail_id in ids[30:]:
        close(gate, [detail_id], CLOSED)
    assert sent() == []

    close(gate, out(gate, 1), "The vendor group is missing.")
    assert len(sent()) == 2


@pytest.mark.capability("EX-05")
def test_many_unanswered_requests_are_one_mail(gate: Gate, admin: Actor) -> None:
    out(gate, 7)

    with time_machine.travel(datetime.now(UTC) + timedelta(hours=25), tick=True):
        with no_scope():
            sweep()
        told = sent()

    assert [who for who, _ in told] == ["admin", "approver"]
    assert "7 exports failed:" in mail.outbox[0].body
    assert "◷ Stale" in mail.outbox[0].body


def test_cancelling_a_request_tells_nobody_of_a_failure(gate: Gate, approver: Actor) -> None:
    gate.accept(gate.send())
    export = gate.export()
    in_company(gate.company.pk, lambda: cancel_export(gate.company, export.pk, actor=approver))

    assert gate.export().state == "failed"
    assert sent() == []


def test_a_notice_of_many_is_read_in_the_pages_too(gate: Gate, approver: Actor) -> None:
    close(gate, out(gate, 3), CLOSED)

    page: Any = Desk(gate.company, approver).text("notices")
    assert "Exports fail" in page
    assert CLOSED in page
