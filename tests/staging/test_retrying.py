"""Sending failed exports again without a new approval."""

import pytest

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.core.errors import WrongState
from erpstaging.core.scope import in_company
from erpstaging.erp_requests.models import ErpRequest, ErpRequestDetail
from erpstaging.records.editing import create_record
from erpstaging.staging.closeout import close_details
from erpstaging.staging.direct import sync_records
from erpstaging.staging.export_chunks import Wanted
from erpstaging.staging.exports import accept_export, retry_exports
from erpstaging.staging.models import Decision, StagedExport
from erpstaging.staging.sending import send_record

pytestmark = pytest.mark.capability("EX-07")


@pytest.fixture
def failed_vendors(company, connection, project_user, approver, integration) -> list[StagedExport]:
    """Twenty companies that the ERP refused."""
    exports = []
    for number in range(20):
        record = create_record(company, actor=project_user, item_type="vendor", data={"name": f"Kestrel {number}"})
        export = send_record(company, record.pk, actor=project_user)
        exports.append(accept_export(company, export.pk, actor=approver, version=export.version))
    details = ErpRequestDetail.objects.of(company).filter(item_type="vendor").values_list("pk", flat=True)
    updates = [{"id": pk, "status": "failed", "messages": ["Period closed."]} for pk in details]
    in_company(company.pk, lambda: close_details(company, updates, actor=integration))
    return list(StagedExport.objects.of(company).filter(pk__in=[one.pk for one in exports]).order_by("pk"))


def test_twenty_failed_rows_leave_again_at_once(company, failed_vendors, approver, django_assert_max_num_queries):
    decisions = Decision.objects.of(company).count()

    with django_assert_max_num_queries(30):
        outcomes = retry_exports(company, [Wanted(one.pk, one.version) for one in failed_vendors], actor=approver)

    assert [one.refusal for one in outcomes] == [None] * 20
    assert {one.export.state for one in outcomes} == {"exporting"}
    assert Decision.objects.of(company).count() == decisions
    requests = ErpRequest.objects.of(company).filter(request_name="create_vendor").order_by("pk")
    assert len(requests) == 40
    for first, again in zip(requests[:20], requests[20:], strict=True):
        assert first.request_data["vendor"]["name"] == again.request_data["vendor"]["name"]


def test_every_attempt_has_a_detail_that_leads_to_the_first(gate, approver):
    gate.bring_to("failed")
    for _ in range(2):
        gate.retry(gate.export())
        gate.close("failed", "Period closed.")

    first, second, third = gate.details()
    assert [one.attempt for one in (first, second, third)] == [1, 2, 3]
    assert (first.first_id, second.first_id, third.first_id) == (None, first.pk, first.pk)
    assert [one.current for one in (first, second, third)] == [False, False, True]


def test_what_was_changed_since_needs_a_new_approval(gate, company, project, integration):
    export = gate.bring_to("failed")
    sent = {"id": gate.contract.pk, "title": "Changed by the ERP"}
    entity = ENTITIES["work_order_contract"]
    outcome = gate.run(
        lambda: sync_records(company, entity, [sent], actor=integration, scope={"project_id": project.pk})
    )
    assert outcome.errors == []

    with pytest.raises(WrongState) as refused:
        gate.retry(export)

    assert refused.value.code == "needs_approval"
    assert gate.export().state == "failed"
    gate.retrieve()
    assert gate.send().state == "ready_to_export"


def test_an_origin_id_is_no_change(gate):
    gate.bring_to("failed")
    gate.link("ORD-9")

    assert gate.retry(gate.export()).state == "exporting"
    assert gate.requests()[-1].request_data["commitment"]["origin_id"] == "ORD-9"
