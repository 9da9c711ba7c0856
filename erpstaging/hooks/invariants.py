"""What must hold for notifications."""

from erpstaging.core.invariants import Invariant

INVARIANTS = (
    Invariant(
        "event_without_delivery",
        "an event that was dispatched without a delivery for a hook that listens to it",
        "SELECT event.company_id, event.id FROM outbox_event event "
        "JOIN hooks_trigger listens ON listens.company_id = event.company_id "
        "AND listens.resource_name = event.resource_name AND listens.event_type = event.event_type "
        "AND listens.created_at < event.occurred_at "
        "JOIN hooks_hook hook ON hook.id = listens.hook_id AND hook.company_id = event.company_id "
        "AND hook.created_at < event.occurred_at AND hook.deleted_at IS NULL "
        "AND (hook.project_id IS NULL OR hook.project_id = event.project_id) "
        "WHERE event.position IS NOT NULL AND NOT EXISTS ("
        "SELECT FROM hooks_delivery sent WHERE sent.company_id = event.company_id AND sent.event_id = event.id "
        "AND sent.hook_id = hook.id) GROUP BY event.company_id, event.id",
    ),
    Invariant(
        "delivered_without_a_yes",
        "a delivery that counts as taken without an attempt that was answered with 2xx",
        "SELECT sent.company_id, sent.id FROM hooks_delivery sent WHERE sent.state = 'ok' AND NOT EXISTS ("
        "SELECT FROM hooks_deliveryattempt tried WHERE tried.company_id = sent.company_id "
        "AND tried.delivery_id = sent.id AND tried.status BETWEEN 200 AND 299)",
    ),
)
