"""The sweep: what is due leaves, whoever else is held or fails."""

from datetime import timedelta

from django.utils import timezone

from erpstaging.companies.models import Company
from erpstaging.core.scope import company_scope
from erpstaging.erp_requests.models import ErpRequestDetail
from erpstaging.records.editing import create_record
from erpstaging.staging import tasks
from erpstaging.staging.models import StagedExport
from erpstaging.staging.tasks import sweep
from tests.fixtures.gate import UNDO
from tests.fixtures.scope import no_scope


def swept() -> int:
    with no_scope():
        return sweep()


def undo_is_over(company: Company) -> None:
    StagedExport.objects.of(company).update(release_at=timezone.now() - timedelta(seconds=1))


def test_an_accepted_export_leaves_once_its_undo_time_is_over(gate):
    gate.bring_to("accepted")
    assert swept() == 0

    undo_is_over(gate.company)

    assert swept() == 1
    assert (gate.export().state, gate.record().lock, len(gate.requests())) == ("exporting", "exporting", 1)
    assert swept() == 0


def test_an_export_waits_for_its_vendor_and_leaves_by_itself(gate, vendor, second_approver):
    gate.link(None, vendor)
    gate.send(vendor)
    export = gate.send()

    held = gate.accept(export, inputs={"code": "5001"})

    assert (held.state, held.held_reason) == ("accepted", "Brook & Stone waits for an approver's decision.")
    assert (swept(), gate.requests()) == (0, [])
    sent = StagedExport.objects.of(gate.company).get(record=vendor)
    gate.accept(sent, actor=second_approver)  # the first one imported the vendor
    gate.link("CRED-12", vendor)
    assert swept() == 0
    assert gate.export().held_reason == "The ERP has not answered about Brook & Stone yet."
    gate.close("success", detail=ErpRequestDetail.objects.of(gate.company).get(item=vendor))
    assert swept() == 1
    (request,) = gate.requests()
    assert request.request_data["commitment"]["vendor"]["origin_id"] == "CRED-12"
    assert request.request_data["commitment"]["origin_code"] == "5001"


def test_a_held_export_can_be_taken_back_as_long_as_it_is_held(gate, vendor):
    gate.link(None, vendor)
    gate.send(vendor)
    held = gate.accept(gate.send())

    assert gate.undo(held).state == "ready_to_export"


def test_exports_that_are_held_stand_in_nobodys_way(gate, vendor, project_user, monkeypatch):
    monkeypatch.setattr(tasks, "CHUNK", 1)
    gate.link(None, vendor)
    gate.send(vendor)
    gate.accept(gate.send(), undo=UNDO)
    free = create_record(gate.company, actor=project_user, item_type="vendor", data={"name": "Kestrel Roofing"})
    gate.accept(gate.send(free), undo=UNDO)
    undo_is_over(gate.company)

    assert swept() == 1

    assert StagedExport.objects.of(gate.company).get(record=free).state == "exporting"
    assert gate.export().held_reason


def test_a_company_that_fails_holds_up_no_other(gate, other_company, integration, caplog):
    gate.bring_to("accepted")
    undo_is_over(gate.company)
    with company_scope(other_company.pk):
        record = create_record(other_company, actor=integration, item_type="vendor", data={"name": "Kestrel"})
        StagedExport.objects.create(
            company=other_company,
            record=record,
            item_type="vendor",
            state="accepted",
            snapshot={},
            content_hash=b"",
            record_version=1,
            sent_by_id=1,
            sent_by_name="Nobody",
            release_at=timezone.now() - timedelta(days=1),
        )

    assert swept() == 1

    assert gate.export().state == "exporting"
    assert f"The sweep failed in company {other_company.pk}." in caplog.text
