"""What comes back after a rejection, and who is told."""

import pytest
from django.core import mail

from erpstaging.notices.models import Notice
from erpstaging.notices.sending import send_due
from erpstaging.records.editing import edit_record
from erpstaging.records.lines import LineEdit
from erpstaging.records.models import Record
from erpstaging.staging.imports import accept_import, reject_import
from erpstaging.staging.resubmitting import earlier_than, resubmitted
from tests.fixtures.scope import no_scope
from tests.staging.conftest import contract_sent, line_sent, vendor_sent

pytestmark = pytest.mark.capability("AP-04")


def notices(company, kind) -> list[Notice]:
    return list(Notice.objects.of(company).filter(kind=kind).order_by("pk"))


def corrected(gate):
    line = Record.objects.of(gate.company).filter(parent=gate.contract).order_by("position").first()
    edits = [LineEdit(line.pk, {"quantity": "400"})]
    return gate.run(
        lambda: edit_record(
            gate.company, gate.contract.pk, actor=gate.sender, data={"title": "Steel, tower A"}, lines=edits
        )
    )


def test_a_corrected_export_says_what_it_answers_and_tells_who_rejected_it(gate, approver):
    rejected = gate.reject(gate.send())
    corrected(gate)

    again = gate.send()

    assert again.resubmits_id == rejected.pk
    assert earlier_than(gate.company, again).pk == rejected.pk
    (notice,) = notices(gate.company, "export_resubmitted")
    assert (notice.person_id, notice.object_id, notice.context["by"]) == (approver.id, again.pk, "Project User")
    assert notice.context["changes"] == [
        {"label": "Title", "before": "Structural steel", "after": "Steel, tower A"},
        {"label": "Line 1, quantity", "before": "412.5", "after": "400.0"},
        {"label": "Line 1, amount", "before": "759000.0", "after": "736000.0"},
    ]


@pytest.mark.django_db(transaction=True)
def test_the_mail_leaves_at_once_and_says_what_changed(gate, approver):
    gate.reject(gate.send())
    corrected(gate)
    gate.send()

    with no_scope():
        send_due()

    (sent,) = [one for one in mail.outbox if "came back corrected" in one.subject]
    assert sent.to == [f"approver@{gate.company.pk}.example"]
    assert "Title: Structural steel → Steel, tower A" in sent.body
    assert "Wrong retainage" in sent.body
    assert "Steel, tower A" in sent.alternatives[0][0]


def test_what_is_taken_back_in_between_still_answers_the_rejection(gate):
    rejected = gate.reject(gate.send())
    gate.send()
    gate.retrieve()

    assert gate.send().resubmits_id == rejected.pk
    assert len(notices(gate.company, "export_resubmitted")) == 2


def test_a_first_export_answers_nothing_and_tells_nobody(gate):
    gate.send()
    gate.retrieve()
    again = gate.send()

    assert again.resubmits_id is None
    assert notices(gate.company, "export_resubmitted") == []


def test_a_rejection_by_the_erp_has_nobody_to_tell(gate):
    gate.bring_to("exporting")
    gate.close("rejected", "Vendor is blocked.")

    assert gate.send().resubmits_id is not None
    assert notices(gate.company, "export_resubmitted") == []


def test_a_corrected_staged_row_is_told_of_with_its_lines(company, cost_code, cost_type, vendor, stage, row, approver):
    stage(contract_sent("ORD-1", line_sent("L-1", "1200.0")))
    staged = row("ORD-1")
    reject_import(company, staged.pk, actor=approver, version=staged.version, reason="Wrong amount")
    assert resubmitted(company.pk, [staged.pk]) == {staged.pk}

    stage(contract_sent("ORD-1", line_sent("L-1", "1300.0"), data={"title": "Roof, north"}))

    (notice,) = notices(company, "staged_resubmitted")
    assert (notice.person_id, notice.object_id) == (approver.id, staged.pk)
    assert (notice.context["by"], notice.context["reason"]) == ("Ledger connector", "Wrong amount")
    assert {"label": "Title", "before": "Roof", "after": "Roof, north"} in notice.context["changes"]
    assert {"label": "Line L-1, amount", "before": "1200.0", "after": "1300.0"} in notice.context["changes"]


def test_the_same_content_again_tells_nobody(company, connection, stage, row, approver):
    stage(vendor_sent("V-1"))
    reject_import(company, row("V-1").pk, actor=approver, version=1, reason="Who is it?")

    stage(vendor_sent("V-1"))

    assert row("V-1").status == "invalid"
    assert notices(company, "staged_resubmitted") == []


def test_a_row_that_a_rule_refused_tells_nobody(company, connection, stage, row, approver):
    stage(vendor_sent("V-1", status="invalid"))

    stage(vendor_sent("V-1", data={"name": "Kestrel Ltd"}))

    assert row("V-1").status == "staged"
    assert notices(company, "staged_resubmitted") == []
    assert resubmitted(company.pk, [row("V-1").pk]) == set()


def test_what_was_imported_is_no_resubmission_any_more(company, connection, stage, row, approver):
    stage(vendor_sent("V-1"))
    reject_import(company, row("V-1").pk, actor=approver, version=1, reason="Who is it?")
    stage(vendor_sent("V-1", data={"name": "Kestrel Ltd"}))
    staged = row("V-1")

    accept_import(company, staged.pk, actor=approver, version=staged.version)

    assert resubmitted(company.pk, [staged.pk]) == set()
