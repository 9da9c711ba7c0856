"""Both journeys through the services, from the first staged row to the last close-out."""

from datetime import timedelta

import pytest

from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core.errors import Invalid, NotPermitted, StaleVersion, WrongState
from erpstaging.erp_requests.models import ErpRequest, ErpRequestDetail
from erpstaging.records.editing import edit_record
from erpstaging.records.models import Record
from erpstaging.staging.closeout import close_detail
from erpstaging.staging.exports import accept_export, reject_export, retry_export, undo_accept
from erpstaging.staging.external import sync_external_data
from erpstaging.staging.imports import accept_import
from erpstaging.staging.intake import stage_records
from erpstaging.staging.models import Conflict, StagedExport, StagedRecord
from erpstaging.staging.sending import retrieve_record, send_record


def test_a_contract_with_lines_is_imported(
    company: Company, integration: Actor, approver: Actor, vendor: Record, cost_code: Record, cost_type: Record
) -> None:
    codes = {"cost_code_origin_id": "SITE-7|05-100", "line_item_type_origin_id": "SUB"}
    staged = stage_records(
        company.pk,
        [
            {
                "item_type": "work_order_contract",
                "origin_id": "ORD-1",
                "data": {
                    "title": "Roof",
                    "number": "1",
                    "project_origin_id": "SITE-7",
                    "vendor_origin_id": "CRED-12",
                    "status": "Approved",
                },
                "children": [
                    {"item_type": "line_item", "origin_id": "ORD-1-1", "data": {"amount": "1200.0", **codes}},
                    {"item_type": "line_item", "origin_id": "ORD-1-2", "data": {"amount": 80, **codes}},
                ],
            }
        ],
        actor=integration,
    )
    assert staged.errors == []
    (row,) = staged.entities
    assert row.waiting_for == []

    row = accept_import(company, row.pk, actor=approver, version=row.version)

    record = Record.objects.of(company).get(pk=row.record_id)
    assert record.origin_id == "ORD-1"
    assert record.amount == 1280
    assert record.data["vendor_id"] == vendor.pk
    lines = Record.objects.of(company).filter(parent=record).order_by("position")
    assert [line.origin_id for line in lines] == ["ORD-1-1", "ORD-1-2"]
    assert lines[0].data["cost_code_id"] == cost_code.pk
    statuses = StagedRecord.objects.of(company).filter(parent=row).values_list("status", flat=True)
    assert set(statuses) == {"imported"}
    assert ErpRequest.objects.of(company).filter(request_name="create_commitment_in_procore").count() == 1


def test_a_contract_is_exported_closed_out_and_locked(
    company: Company, contract: Record, project_user: Actor, approver: Actor, integration: Actor
) -> None:
    assert contract.amount == 759000 + 126900
    export = send_record(company, contract.pk, actor=project_user)
    with pytest.raises(Invalid) as waiting:
        edit_record(company, contract.pk, actor=project_user, data={"title": "Steel"})
    assert waiting.value.code == "pending_approval"

    with pytest.raises(NotPermitted):
        accept_export(company, export.pk, actor=project_user, version=1)
    with pytest.raises(StaleVersion):
        accept_export(company, export.pk, actor=approver, version=7)
    export = accept_export(company, export.pk, actor=approver, version=1, inputs={"code": "5001"})

    assert export.state == "exporting"
    erp_request = ErpRequest.objects.of(company).get(request_name="create_commitment")
    detail = ErpRequestDetail.objects.of(company).get(erp_request=erp_request)
    assert erp_request.request_data["request_detail_id"] == detail.pk != erp_request.pk
    assert erp_request.request_data["job_id"] == "SITE-7"
    assert erp_request.request_data["commitment"]["origin_code"] == "5001"
    assert len(erp_request.request_data["commitment_items"]) == 2

    ids = [{"item_type": "work_order_contract", "item_id": contract.pk, "origin_id": "ORD-9"}]
    ids += [
        {"item_type": "line_item", "item_id": line["id"], "origin_id": f"ORD-9-{line['position']}"}
        for line in erp_request.request_data["commitment_items"]
    ]
    elements = sync_external_data(company, ids, actor=integration)
    assert [element.errors for element in elements] == [{}, {}, {}]
    close_detail(company, detail.pk, {"status": "success"}, actor=integration)

    assert StagedExport.objects.of(company).get().state == "synced"
    with pytest.raises(Invalid) as locked:
        edit_record(company, contract.pk, actor=project_user, data={"title": "Steel"})
    assert locked.value.code == "locked"
    assert locked.value.facts["origin_id"] == "ORD-9"
    edit_record(company, contract.pk, actor=project_user, data={"description": "Still open"})

    close_detail(company, detail.pk, {"status": "failed", "messages": ["no"]}, actor=integration)
    assert StagedExport.objects.of(company).get().state == "synced"
    assert Conflict.objects.of(company).count() == 1

    sync_external_data(
        company, [{"item_type": "work_order_contract", "item_id": contract.pk, "origin_id": None}], actor=integration
    )
    assert not Record.objects.of(company).filter(parent=contract, origin_id__isnull=False).exists()
    assert StagedExport.objects.of(company).get().state == "unlinked"


def test_failed_retried_and_rejected(
    company: Company, contract: Record, project_user: Actor, approver: Actor, integration: Actor
) -> None:
    export = send_record(company, contract.pk, actor=project_user)
    export = accept_export(company, export.pk, actor=approver, version=1, undo=timedelta(seconds=10))
    assert export.state == "accepted"
    export = undo_accept(company, export.pk, actor=approver)
    assert export.state == "ready_to_export"
    export = accept_export(company, export.pk, actor=approver, version=export.version)
    detail = ErpRequestDetail.objects.of(company).get()
    close_detail(company, detail.pk, {"status": "failed", "messages": ["Period closed."]}, actor=integration)
    assert StagedExport.objects.of(company).get().messages == ["Period closed."]
    export = retry_export(company, export.pk, actor=approver)
    assert export.state == "exporting"
    assert ErpRequest.objects.of(company).filter(request_name="create_commitment").count() == 2
    second = ErpRequestDetail.objects.of(company).get(current=True)
    close_detail(company, second.pk, {"status": "success"}, actor=integration)
    export = StagedExport.objects.of(company).get()
    assert (export.state, export.messages) == ("failed", ["no origin id received"])
    with pytest.raises(Invalid):
        reject_export(company, export.pk, actor=approver, version=export.version, reason=" x")
    export = reject_export(company, export.pk, actor=approver, version=export.version, reason="Wrong retainage")
    assert export.state == "rejected"
    edit_record(company, contract.pk, actor=project_user, data={"title": "Steel"})
    again = send_record(company, contract.pk, actor=project_user)
    with pytest.raises(WrongState):
        send_record(company, contract.pk, actor=project_user)
    assert retrieve_record(company, contract.pk, actor=project_user).pk == again.pk
