"""Unlinking with proof: the ERP says whether it has let go of an object; until then it stays linked and locked."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Q
from django.utils import timezone

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.models import ErpLevel, ProjectLevel
from erpstaging.connections.services import store_metadata
from erpstaging.core.errors import Invalid, NotFound, NotPermitted, StaleVersion, WrongState
from erpstaging.erp_requests.models import ErpRequest, ErpRequestDetail
from erpstaging.erp_requests.services import fail_details_of, take
from erpstaging.records.editing import edit_record
from erpstaging.records.models import OriginIdHistory, Record
from erpstaging.staging.closeout import close_details
from erpstaging.staging.external import unlink_objects
from erpstaging.staging.imports import accept_import
from erpstaging.staging.models import Action, Conflict, ExportState, StagedExport, StagedRecord
from erpstaging.staging.staleness import cancel_export
from erpstaging.staging.tasks import sweep
from erpstaging.staging.unlinking import ask_to_unlink, needs_proof, unlink
from tests.fixtures.ledger import ON, metadata
from tests.fixtures.scope import no_scope
from tests.staging.conftest import contract_sent, line_sent

pytestmark = pytest.mark.capability("LK-04")


@pytest.fixture
def synced(gate) -> StagedExport:
    """The contract is in the ERP as ORD-9, its lines as ORD-9-1 and ORD-9-2."""
    export = gate.bring_to("synced")
    for line in lines(gate):
        gate.link(f"ORD-9-{line.position}", line)
    return export


def lines(gate) -> list[Record]:
    return list(Record.objects.of(gate.company).filter(parent=gate.contract).order_by("position"))


def ask(gate, **values: Any) -> StagedExport:
    return gate.run(lambda: ask_to_unlink(gate.company, gate.contract.pk, actor=gate.approver, **values))


def unlink_requests(gate) -> list[ErpRequest]:
    rows = ErpRequest.objects.of(gate.company).filter(request_name="unlink_commitment")
    return list(rows.order_by("pk"))


def history(gate) -> list[tuple[str, str, bool]]:
    rows = OriginIdHistory.objects.of(gate.company).order_by("origin_id")
    return list(rows.values_list("origin_id", "reason", "forced"))


def swept() -> None:
    with no_scope():
        sweep()


def test_the_integrator_is_asked_and_the_record_stays_linked(gate, synced, project):
    export = ask(gate)

    (erp_request,) = unlink_requests(gate)
    detail = gate.details()[-1]
    assert erp_request.request_data == {
        "job_origin_id": "SITE-7",
        "erp_commitment_id": gate.contract.pk,
        "request_detail_id": detail.pk,
        "project_id": project.pk,
        "procore_commitment_id": gate.contract.pk,
        "commitment_type": "WorkOrderContract",
        "commitment_origin_id": "ORD-9",
    }
    assert (detail.erp_request_id, detail.item_id, detail.current) == (erp_request.pk, gate.contract.pk, True)
    stored = gate.export()
    assert (stored.pk, stored.action, stored.state, stored.erp_request_id) == (
        export.pk,
        Action.UNLINK,
        ExportState.UNLINKING,
        erp_request.pk,
    )
    assert gate.record().origin_id == "ORD-9"
    with pytest.raises(Invalid) as refusal:
        edit_record(gate.company, gate.contract.pk, actor=gate.sender, data={"title": "Other steel"})
    assert refusal.value.code == "locked"


@pytest.mark.parametrize("way", ["external data", "status management", "the close alone"])
def test_gone_clears_the_origin_id_keeps_it_in_history_and_opens_the_record(gate, synced, way):
    ask(gate)
    if way == "external data":
        gate.link(None)
    if way == "status management":
        sent = {"item_type": "work_order_contract", "item_id": gate.contract.pk}
        gate.run(lambda: unlink_objects(gate.company, [sent], actor=gate.integration))
    assert gate.export().state == "unlinking"

    assert gate.close("success").errors == {}

    record = gate.record()
    assert (record.origin_id, record.account_id, record.lock) == (None, None, "none")
    assert [line.origin_id for line in lines(gate)] == [None, None]
    assert gate.export().state == "unlinked"
    assert [origin_id for origin_id, _, _ in history(gate)] == ["ORD-9", "ORD-9-1", "ORD-9-2"]
    assert not any(forced for _, _, forced in history(gate))
    edit_record(gate.company, gate.contract.pk, actor=gate.sender, data={"title": "Other steel"})
    assert not Conflict.objects.of(gate.company).exists()
    gate.send()  # it may go to the ERP once more


@pytest.mark.parametrize("status", ["failed", "rejected"])
def test_still_there_puts_it_back_to_synced_with_that_text(gate, synced, status):
    ask(gate)

    gate.close(status, "The order still exists in the ledger.")

    export = gate.export()
    assert (export.state, export.messages) == ("synced", ["The order still exists in the ledger."])
    assert (gate.record().origin_id, lines(gate)[0].origin_id) == ("ORD-9", "ORD-9-1")
    assert history(gate) == []
    ask(gate)  # and it may be asked again
    assert len(unlink_requests(gate)) == 2


def test_a_failure_after_the_link_went_cannot_bring_it_back(gate, synced):
    ask(gate)
    gate.link(None)

    gate.close("failed", "Still there.")

    assert (gate.export().state, gate.export().messages) == ("unlinked", ["Still there."])
    assert gate.record().origin_id is None
    assert "it is unlinked" in Conflict.objects.of(gate.company).get().message


def test_a_late_success_never_unlinks(gate, synced):
    ask(gate)
    gate.close("failed", "Still there.")

    gate.close("success")

    assert (gate.export().state, gate.record().origin_id) == ("synced", "ORD-9")
    assert "it is linked" in Conflict.objects.of(gate.company).get().message
    gate.link(None)  # the repair: the link goes first
    assert (gate.export().state, gate.record().origin_id) == ("unlinked", None)


def test_the_same_answer_again_changes_nothing(gate, synced):
    ask(gate)
    gate.close("success")
    before = gate.export().version

    gate.close("success")

    assert (gate.export().version, gate.export().state) == (before, "unlinked")
    assert not Conflict.objects.of(gate.company).exists()


def test_an_answer_that_never_comes_leaves_it_synced(gate, synced):
    ask(gate)
    ErpRequestDetail.objects.of(gate.company).filter(current=True).update(due_at=timezone.now() - timedelta(hours=1))

    swept()

    export = gate.export()
    assert (export.state, export.messages) == ("synced", ["The integrator did not answer in time."])
    assert gate.record().origin_id == "ORD-9"


def test_a_final_refusal_of_the_receiver_leaves_it_synced(gate, synced):
    export = ask(gate)
    gate.run(lambda: fail_details_of(gate.company.pk, export.erp_request_id, "The receiver answered 422."))

    swept()

    assert (gate.export().state, gate.export().messages) == ("synced", ["The receiver answered 422."])


def test_it_can_be_cancelled_while_nobody_has_fetched_it(gate, synced):
    export = ask(gate)

    cancel_export(gate.company, export.pk, actor=gate.approver)

    assert (gate.export().state, gate.details()[-1].state) == ("synced", "stale")
    export = ask(gate)
    take(gate.company.pk, export.erp_request_id)
    with pytest.raises(WrongState) as refusal:
        cancel_export(gate.company, export.pk, actor=gate.approver)
    assert refusal.value.code == "already_fetched"


def test_what_was_imported_comes_back_to_be_imported_again(company, gate, stage, row, integration, approver):
    stage(contract_sent("ORD-1", line_sent("ORD-1-1")))
    staged = row("ORD-1")
    accept_import(company, staged.pk, actor=approver, version=staged.version)
    record = Record.objects.of(company).get(item_type="work_order_contract", origin_id="ORD-1")

    ask_to_unlink(company, record.pk, actor=approver)
    detail = ErpRequestDetail.objects.of(company).get(item=record)
    (element,) = close_details(company, [{"id": detail.pk, "status": "success"}], actor=integration)

    assert element.errors == {}
    states = StagedRecord.objects.of(company).filter(origin_id__startswith="ORD-1").values_list("status", flat=True)
    assert set(states) == {"staged"}
    assert StagedExport.objects.of(company).get(record=record).state == "unlinked"
    assert Record.objects.of(company).filter(pk=record.pk, origin_id=None).exists()


# Every kind that is asked about


def payload_of(company, name: str) -> Any:
    return ErpRequest.objects.of(company).get(request_name=name).request_data


KINDS = {
    "work_order_contract": "unlink_commitment",
    "purchase_order_contract": "unlink_commitment",
    "commitment_change_order": "unlink_commitment_change_order",
    "prime_contract_change_order": "unlink_prime_contract_change_order",
    "payment_application": "unlink_payment_application",
    "company_level_direct_cost": "unlink_company_level_direct_cost",
}


def test_these_are_all_the_kinds_that_need_proof():
    assert {one.item_type for one in ENTITIES.values() if needs_proof(one)} == set(KINDS)


@pytest.mark.parametrize(("item_type", "name"), KINDS.items())
def test_every_kind_is_asked_about_and_let_go(company, world, approver, integration, item_type, name):
    record = world.linked(item_type, "ERP-1")

    ask_to_unlink(company, record.pk, actor=approver)

    detail = ErpRequestDetail.objects.of(company).get(item=record)
    data = payload_of(company, name)
    assert data["request_detail_id"] == detail.pk
    assert detail.item_type == item_type
    assert_names(data, record, item_type)
    assert close_details(company, [{"id": detail.pk, "status": "success"}], actor=integration)[0].errors == {}
    family = Record.objects.of(company).filter(Q(pk=record.pk) | Q(parent=record))
    assert family.count() > 1
    assert not family.filter(origin_id__isnull=False).exists()
    assert StagedExport.objects.of(company).get(record=record).state == "unlinked"


def assert_names(data: Any, record: Record, item_type: str) -> None:
    """The payload names the object, what stands above it, and its origin IDs."""
    if item_type == "commitment_change_order":
        assert data == {
            "job_origin_id": "SITE-7",
            "erp_commitment_id": record.data["commitment_id"],
            "erp_commitment_change_order_id": record.pk,
            "request_detail_id": data["request_detail_id"],
            "commitment_origin_id": None,
            "commitment_type": "WorkOrderContract",
            "commitment_change_order_origin_id": "ERP-1",
            "procore_commitment_change_order_id": record.pk,
            "project_id": record.project_id,
        }
    if item_type == "prime_contract_change_order":
        assert data["prime_contract"]["procore_prime_contract_id"] == record.data["contract_id"]
        assert (data["prime_contract"]["project_id"], data["prime_contract"]["number"]) == (record.project_id, "P-1")
        told = data["prime_contract_change_order"]
        assert (told["id"], told["origin_id"], told["job_origin_id"]) == (record.pk, "ERP-1", "SITE-7")
        (line,) = data["prime_contract_change_order_line_items"]
        assert (line["revenue_amount"], line["prime_contract_change_order_origin_id"]) == (500, "ERP-1")
        assert (line["origin_id"], line["cost_code_origin_id"]) == ("ERP-1-1", "SITE-7|05-100")
        assert line["potential_change_order_id"] == record.pk
    if item_type == "payment_application":
        assert (data["payment_application"]["id"], data["payment_application"]["origin_id"]) == (record.pk, "ERP-1")
        assert data["company_id"] == record.company_id
    if item_type == "company_level_direct_cost":
        cost = data["direct_cost"]
        assert (cost["id"], cost["origin_id"], cost["erp"]) == (str(record.pk), "ERP-1", {"status": "synced"})
        assert [line["origin_id"] for line in cost["line_items"] if "origin_id" in line] in ([], ["ERP-1-1"])


# Who may, and when


def test_contracts_need_push_and_the_admin_level_on_projects(gate, synced, make_person):
    lookers = {
        "no_push": make_person("no_push", erp_level=ErpLevel.ADMIN, project_level=ProjectLevel.ADMIN),
        "no_project": make_person(
            "no_project", erp_level=ErpLevel.STANDARD, can_push_to_accounting=True, project_level=ProjectLevel.STANDARD
        ),
        "sender": gate.sender,
        "integration": gate.integration,
    }
    for actor in lookers.values():
        with pytest.raises(NotPermitted):
            ask_to_unlink(gate.company, gate.contract.pk, actor=actor)
    assert unlink_requests(gate) == []


@pytest.mark.parametrize("state", [state for state in ExportState if state not in {"synced", "unlinked", "unlinking"}])
def test_what_is_not_linked_is_not_unlinked(gate, state):
    gate.bring_to(state)
    with pytest.raises(WrongState, match="not linked"):
        ask(gate)


def test_one_question_at_a_time(gate, synced):
    first = ask(gate)
    with pytest.raises(WrongState) as refusal:
        ask(gate)
    assert (refusal.value.code, refusal.value.facts["export_id"]) == ("request_open", first.pk)


def test_the_company_may_switch_it_off(gate, synced, integration):
    off = metadata(commitments={"enabled": True, "configs": {"import": ON, "export": ON}})
    store_metadata(gate.company.pk, off, actor=integration)
    with pytest.raises(Invalid) as refusal:
        ask(gate)
    assert refusal.value.code == "unlink_off"


def test_a_stale_version_is_refused(gate, synced):
    with pytest.raises(StaleVersion):
        ask(gate, version=gate.record().version - 1)
    ask(gate, version=gate.record().version)


def test_another_companys_record_does_not_exist(gate, other_company):
    with pytest.raises(NotFound):
        unlink(gate.company, gate.contract.pk + 10_000, actor=gate.approver)


def test_a_vendor_needs_no_proof(company, vendor, approver):
    assert unlink(company, vendor.pk, actor=approver).origin_id is None
    assert not StagedExport.objects.of(company).exists()
