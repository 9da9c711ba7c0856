"""What a receiver's final refusal means for what it refused."""

from erpstaging.erp_requests.services import RESOURCE, fail_details_of
from erpstaging.hooks.outcomes import FinalRefusal


def fail_refused_request(refusal: FinalRefusal) -> None:
    """An ERP request that its receiver never takes has failed: an approver sees why and may send it again."""
    if refusal.resource_name != RESOURCE:
        return
    message = f"The integrator refused the notification with status {refusal.status}. {refusal.answer}".strip()
    fail_details_of(refusal.company_id, refusal.resource_id, message[:2000])
