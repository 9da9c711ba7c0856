"""What must hold for requests and their details."""

from erpstaging.core.invariants import Invariant

INVARIANTS = (
    Invariant(
        "request_without_event",
        "an ERP request that nobody will ever be told of",
        "SELECT one.company_id, one.id FROM erp_requests_erprequest one WHERE NOT EXISTS ("
        "SELECT FROM outbox_event event WHERE event.company_id = one.company_id AND event.resource_id = one.id "
        "AND event.resource_name = 'ERP Requests' AND event.event_type = 'create')",
    ),
    Invariant(
        "two_requests_of_one_version",
        "a second request, open or successful, for one version of an object",
        "SELECT company_id, max(id) FROM erp_requests_erprequestdetail WHERE state IN ('in_progress', 'success') "
        "GROUP BY company_id, item_id, item_version HAVING count(*) > 1",
    ),
    Invariant(
        "closed_without_time",
        "a detail whose state and time of closing contradict each other",
        "SELECT company_id, id FROM erp_requests_erprequestdetail WHERE (state = 'in_progress') <> (closed_at IS NULL)",
    ),
)
