"""From an event to one delivery per hook that listens: in commit order, each event once.

A transaction that commits late must not be overtaken for good, so only events are taken whose writers have all ended:
those below the oldest running transaction (`pg_snapshot_xmin`), and those of a restored database, which are from
`pg_snapshot_xmax` on. Of these only the ones before the first event that is not ready: two changes of one object are
written one after the other under its lock, so their ids are in order, but the second writer may have begun first.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

from erpstaging.core import sets
from erpstaging.core.scope import all_companies_scope
from erpstaging.hooks.models import Delivery, DeliveryState, Hook, Trigger
from erpstaging.hooks.payloads import body
from erpstaging.outbox.models import Event

BATCH = 500
# One dispatcher at a time, or a later batch could get its positions first; the lock ends with its transaction.
DISPATCH_LOCK = 0x0E9B_0001


@dataclass(frozen=True, slots=True)
class Dispatched:
    """What one batch carried on. `held_back`: events wait for a transaction that began before theirs to end."""

    events: int = 0
    deliveries: int = 0
    held_back: bool = False


def dispatch(limit: int = BATCH) -> Dispatched:
    """Carry one batch on, in one transaction; nothing while another dispatcher does.

    That one looks again when it is done, so an event that was committed meanwhile does not wait for long.
    """
    with all_companies_scope():
        if not _anything_waits() or not _alone():
            return Dispatched()
        events = _take(limit)
        if not events:
            return Dispatched(held_back=True)
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


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [DISPATCH_LOCK])
        return bool(cursor.fetchone()[0])


def _take(limit: int) -> list[Event]:
    """Give the next events their positions and mark them dispatched."""
    columns = ", ".join(f"event.{field.column}" for field in Event._meta.concrete_fields)
    events = Event.objects.everywhere().raw(
        f"""
        WITH waiting AS MATERIALIZED (
            SELECT id, transaction FROM outbox_event WHERE dispatched_at IS NULL ORDER BY id LIMIT %s
        ), unready AS MATERIALIZED (
            SELECT min(id) AS first FROM waiting
            WHERE transaction >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint
              AND transaction < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
        ), ready AS MATERIALIZED (
            SELECT id FROM waiting WHERE id < coalesce((SELECT first FROM unready), 9223372036854775807) ORDER BY id
        ), placed AS MATERIALIZED (
            SELECT id, nextval('outbox_position_seq') AS position FROM (SELECT id FROM ready ORDER BY id) AS ordered
        )
        UPDATE outbox_event AS event SET position = placed.position, dispatched_at = clock_timestamp()
        FROM placed WHERE event.id = placed.id RETURNING {columns}
        """,  # noqa: S608 - column names are the model's
        [limit],
    )
    return sorted(events, key=lambda event: event.pk)


def _listeners(events: list[Event]) -> Iterator[tuple[Event, int, str]]:
    """(event, hook id, payload version of the hook), each pair once however many triggers match."""
    triggers = Trigger.objects.everywhere().filter(
        company_id__in={event.company_id for event in events},
        resource_name__in={event.resource_name for event in events},
        event_type__in={event.event_type for event in events},
    )
    wanted = list(triggers.values_list("company_id", "resource_name", "event_type", "hook_id"))
    hooks = Hook.objects.everywhere().filter(pk__in={hook_id for *_, hook_id in wanted}, deleted_at__isnull=True)
    known = {hook.pk: hook for hook in hooks.only("project_id", "api_version").order_by("pk")}
    listening: dict[tuple[int, str, str], list[Hook]] = defaultdict(list)
    for company_id, resource_name, event_type, hook_id in wanted:
        if hook_id in known:
            listening[company_id, resource_name, event_type].append(known[hook_id])
    for event in events:
        for hook in listening[event.company_id, event.resource_name, event.event_type]:
            if hook.project_id is None or hook.project_id == event.project_id:
                yield event, hook.pk, hook.api_version


def _row(event: Event, hook_id: int, api_version: str) -> dict[str, Any]:
    return {
        "company_id": event.company_id,
        "hook_id": hook_id,
        "event_id": event.pk,
        "position": event.position,
        "resource_name": event.resource_name,
        "resource_id": event.resource_id,
        "event_type": event.event_type,
        "body": body(event, api_version),
        "state": DeliveryState.PENDING.value,
        "attempts": 0,
        "failures": 0,
        "next_attempt_at": event.dispatched_at,
        "created_at": event.dispatched_at,
    }
