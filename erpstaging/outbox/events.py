"""Recording facts, and waking who carries them on."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone
from ulid import ULID

from erpstaging.companies.actors import Actor
from erpstaging.core import sets
from erpstaging.core.correlation import correlation_id
from erpstaging.outbox.models import Event, EventType

# Rooms that carry events on say here how to wake them; recording must not know who listens.
wake_up_calls: list[Callable[[], None]] = []


@dataclass(frozen=True, slots=True)
class Fact:
    """A change of one resource, in the words that hooks subscribe to, such as `ERP Requests` / `create`."""

    resource_name: str
    resource_id: int
    event_type: EventType
    project_id: int | None = None


def record(company_id: int, actor: Actor, facts: Sequence[Fact]) -> None:
    """Write the facts in the caller's transaction, with one statement. They exist exactly if it commits."""
    if not connection.in_atomic_block:
        raise RuntimeError("An event belongs into the transaction of the change it tells.")
    if not facts:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        (transaction_id,) = cursor.fetchone()
    now = timezone.now()
    shared = {
        "company_id": company_id,
        "user_id": actor.user_id,
        "account_id": actor.account_id,
        "occurred_at": now,
        "correlation_id": correlation_id(),
        "transaction": transaction_id,
    }
    sets.insert(
        Event,
        [
            {
                **shared,
                "ulid": str(ULID.from_datetime(now)),
                "resource_name": fact.resource_name,
                "resource_id": fact.resource_id,
                "event_type": str(fact.event_type),
                "project_id": fact.project_id,
            }
            for fact in facts
        ],
    )
    transaction.on_commit(_wake_everybody, robust=True)


def _wake_everybody() -> None:
    """Only shortens the wait: the sweep finds the rows without it, so a broker that is away costs nothing."""
    for wake_up in wake_up_calls:
        with contextlib.suppress(Exception):
            wake_up()
