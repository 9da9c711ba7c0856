"""A receiver that will never take a request: the export does not wait for an answer that cannot come."""

from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.erp_requests.models import ErpRequestDetail
from erpstaging.hooks.outcomes import FinalRefusal, final_refusal_calls
from erpstaging.records.models import Record
from erpstaging.staging.exports import accept_export, retry_export
from erpstaging.staging.models import StagedExport
from erpstaging.staging.sending import send_record
from erpstaging.staging.tasks import sweep
from tests.fixtures.scope import no_scope


def test_a_final_refusal_fails_the_export_with_the_receivers_words(
    company: Company, contract: Record, project_user: Actor, approver: Actor
) -> None:
    export = send_record(company, contract.pk, actor=project_user)
    export = accept_export(company, export.pk, actor=approver, version=export.version)
    refusal = FinalRefusal(
        company_id=company.pk,
        hook_id=1,
        delivery_id=1,
        resource_name="ERP Requests",
        resource_id=export.erp_request_id or 0,
        event_type="create",
        status=410,
        answer="This company left us.",
    )

    for call in final_refusal_calls:
        call(refusal)
    with no_scope():
        sweep()

    failed = StagedExport.objects.of(company).get()
    assert failed.state == "failed"
    assert failed.messages == ["The integrator refused the notification with status 410. This company left us."]
    assert retry_export(company, failed.pk, actor=approver).state == "exporting"
    assert ErpRequestDetail.objects.of(company).filter(current=True).get().attempt == 2
