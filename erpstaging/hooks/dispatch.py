"""From an event to one delivery per hook that listens: in commit order, each event once.

A transaction that commits late must not be overtaken for good, so only events are taken whose writers have all ended:
those below the oldest running transaction (`pg_snapshot_xmin`), and those of a restored database, which are from
`pg_snapshot_xmax` on. Of these only the ones before the first event that is not ready: two changes of one object are
written one after the other under its lock, so their ids are in order, but the second writer may have begun first.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from erpstaging.core import sets
from erpstaging.core.scope import all_companies_scope
from erpstaging.hooks.models import Delivery, DeliveryState
from erpstaging.hooks.payloads import body
from erpstaging.outbox.models import Event

BATCH = 500
# One dispatcher at a time, or a later batch could get its positions first; the lock ends with its transaction.
DISPATCH_LOCK = 0x0E9B_0001


@dataclass(frozen=True, slots=True)
class Dispatched:
    events: int
    deliveries: int


def dispatch(limit: int = BATCH) -> Dispatched:
    """Carry one batch on, in one transaction. Several dispatchers at once wait for each other."""
    with all_companies_scope():
        if not _anything_waits():
            return Dispatched(0, 0)
        _lock()
        events = _take(limit)
        deliveries = [_row(event, hook_id, api_version) for event, hook_id, api_version in _listeners(events)]
        sets.insert(Delivery, deliveries, on_conflict="ON CONFLICT (event_id, hook_id) DO NOTHING")
    return Dispatched(len(events), len(deliveries))


def dispatch_all() -> Dispatched:
    """Carry on whatever is ready."""
    events = deliveries = 0
    while (batch := dispatch()).events:
        events, deliveries = events + batch.events, deliveries + batch.deliveries
        if batch.events < BATCH:
            break
    return Dispatched(events, deliveries)


def _anything_waits() -> bool:
    return Event.objects.everywhere().filter(dispatched_at__isnull=True).exists()


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [DISPATCH_LOCK])


def _take(limit: int) -> list[Event]:
    """Give the next events their positions and mark them dispatched."""
    columns = ", ".join(f"event.{field.column}" for field in Event._meta.concrete_fields)
    events = Event.objects.everywhere().raw(
        f"""
        WITH here AS (
            SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest,
                   pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS newest
        ), unready AS (
            SELECT min(id) AS first FROM outbox_event, here
            WHERE dispatched_at IS NULL AND transaction >= oldest AND transaction < newest
        ), ready AS (
            SELECT id FROM outbox_event, unready
            WHERE dispatched_at IS NULL AND (first IS NULL OR id < first)
            ORDER BY id LIMIT %s
        ), placed AS (
            SELECT id, nextval('outbox_position_seq') AS position FROM (SELECT id FROM ready ORDER BY id) AS ordered
        )
        UPDATE outbox_event AS event SET position = placed.position, dispatched_at = clock_timestamp()
        FROM placed WHERE event.id = placed.id RETURNING {columns}
        """,  # noqa: S608 - column names are the model's
        [limit],
    )
    return sorted(events, key=lambda event: event.pk)


def _listeners(events: list[Event]) -> list[tuple[Event, int, str]]:
    """(event, hook id, payload version of the hook), each pair once however many triggers match."""
    if not events:
        return []
    by_id = {event.pk: event for event in events}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT event.position, event.id, hook.id, hook.api_version
            FROM outbox_event AS event
            JOIN hooks_trigger AS trigger ON trigger.company_id = event.company_id
             AND trigger.resource_name = event.resource_name AND trigger.event_type = event.event_type
            JOIN hooks_hook AS hook ON hook.company_id = event.company_id AND hook.id = trigger.hook_id
             AND hook.deleted_at IS NULL AND (hook.project_id IS NULL OR hook.project_id = event.project_id)
            WHERE event.id = ANY(%s) ORDER BY event.position, hook.id
            """,
            [list(by_id)],
        )
        return [(by_id[event_id], hook_id, version) for _, event_id, hook_id, version in cursor.fetchall()]


def _row(event: Event, hook_id: int, api_version: str) -> dict[str, Any]:
    return {
        "company_id": event.company_id,
        "hook_id": hook_id,
        "event_id": event.pk,
        "position": event.position,
        "resource_name": event.resource_name,
        "resource_id": event.resource_id,
        "body": body(event, api_version),
        "state": DeliveryState.PENDING.value,
        "attempts": 0,
        "failures": 0,
        "next_attempt_at": event.dispatched_at,
        "created_at": event.dispatched_at,
    }
