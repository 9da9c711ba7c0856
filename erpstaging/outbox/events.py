"""Recording facts, and waking who carries them on."""

import contextlib
import os
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
from django.db import connection, transaction
from django.utils import timezone
from ulid import ULID
from ulid.base32 import ENCODE

from erpstaging.companies.actors import Actor
from erpstaging.core import sets
from erpstaging.core.correlation import correlation_id
from erpstaging.outbox.models import Event, EventType

# Rooms that carry events on say here how to wake them; recording must not know who listens.
wake_up_calls: list[Callable[[], None]] = []
DRAWN = bytes(ord(ENCODE[byte % 32]) for byte in range(256))  # the character of each drawn byte


class Fact(msgspec.Struct, frozen=True):
    """A change of one resource, in the words that hooks subscribe to, such as `ERP Requests` / `create`.

    `correlation_id` is that of an earlier call which the change carries on, empty where it belongs to the running one.
    """

    resource_name: str
    resource_id: int
    event_type: EventType
    project_id: int | None = None
    correlation_id: str = ""


def record(company_id: int, actor: Actor, facts: Sequence[Fact]) -> None:
    """Write the facts in the caller's transaction, with one statement. They exist exactly if it commits."""
    if not connection.in_atomic_block:
        raise RuntimeError("An event belongs into the transaction of the change it tells.")
    if not facts:
        return
    now, current = timezone.now(), correlation_id()
    sets.insert(
        Event,
        [
            {**msgspec.structs.asdict(fact), "ulid": ulid, "correlation_id": fact.correlation_id or current}
            for fact, ulid in zip(facts, _ulids(now, len(facts)), strict=True)
        ],
        shared={
            "company_id": company_id,
            "user_id": actor.user_id,
            "account_id": actor.account_id,
            "occurred_at": now,
        },
    )
    transaction.on_commit(wake_everybody, robust=True)


def _ulids(moment: datetime, count: int) -> list[str]:
    """New ULIDs of one moment: its ten characters, and sixteen drawn ones of five bits each."""
    time = str(ULID.from_datetime(moment))[:10]
    drawn = os.urandom(16 * count).translate(DRAWN).decode()
    return [time + drawn[place : place + 16] for place in range(0, len(drawn), 16)]


def wake_everybody() -> None:
    """Only shortens the wait: the sweep finds the rows without it, so a broker that is away costs nothing."""
    for wake_up in wake_up_calls:
        with contextlib.suppress(Exception):
            wake_up()
