"""Writing audit entries, and reading them back as a timeline."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from erpstaging.audit.models import Entry
from erpstaging.companies.actors import Actor
from erpstaging.core import sets
from erpstaging.core.correlation import correlation_id

SAID = (
    "company_id", "occurred_at", "actor_kind", "actor_id", "actor_name", "credential", "address", "user_agent",
    "action", "object_type", "object_id", "record_id", "before", "after", "correlation_id",
)  # fmt: skip
MARKED = 100
_canonical = msgspec.json.Encoder(order="deterministic", decimal_format="string")


class Act(msgspec.Struct, frozen=True):
    """One thing that was done to one object. `before` and `after` hold the values that changed, and only those.

    `correlation_id` is that of an earlier call which the act carries on, empty where it belongs to the one that runs.
    """

    action: str
    object_type: str
    object_id: int | None
    record_id: int | None = None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    correlation_id: str = ""


def record(company_id: int | None, actor: Actor, acts: Sequence[Act]) -> None:
    """Write the acts in the caller's transaction, with one statement."""
    if not connection.in_atomic_block:
        raise RuntimeError("An audit entry belongs into the transaction of what it tells.")
    shared = {
        "company_id": company_id,
        "occurred_at": timezone.now(),
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "actor_name": actor.name[:200],
        "credential": actor.credential[:80],
        "address": actor.address or None,
        "user_agent": actor.user_agent[:200],
    }
    rows, current = [], correlation_id()
    for act in acts:
        row = msgspec.structs.asdict(act)
        row["correlation_id"] = act.correlation_id or current
        row["digest"] = f"\\x{_digest([row[name] if name in row else shared[name] for name in SAID]).hex()}"
        rows.append(row)
    sets.insert(Entry, rows, shared=shared)


def digest(said: Mapping[str, Any]) -> bytes:
    """SHA-256 over the canonical JSON of everything an entry says, in the order of `SAID`."""
    return _digest([said[name] for name in SAID])


def _digest(values: list[Any]) -> bytes:
    return hashlib.sha256(_canonical.encode(values)).digest()


def actors_of(
    company_id: int, object_type: str, object_ids: Sequence[int], actions: Sequence[str]
) -> set[tuple[str, int | None]]:
    """Who did any of these actions to any of these objects, as (kind, id)."""
    rows = Entry.objects.of(company_id).filter(object_type=object_type, object_id__in=object_ids, action__in=actions)
    return set(rows.values_list("actor_kind", "actor_id").distinct())


def actors_by_object(
    company_id: int, object_type: str, object_ids: Sequence[int], actions: Sequence[str]
) -> dict[int, set[tuple[str, int | None]]]:
    """The same for each object on its own, with one query."""
    rows = Entry.objects.of(company_id).filter(object_type=object_type, object_id__in=object_ids, action__in=actions)
    found: dict[int, set[tuple[str, int | None]]] = {object_id: set() for object_id in object_ids}
    for object_id, kind, actor_id in rows.values_list("object_id", "actor_kind", "actor_id").distinct():
        found[object_id].add((kind, actor_id))
    return found


def entries_about(company_id: int, object_type: str, object_id: Any, actions: Sequence[str]) -> "QuerySet[Entry]":
    """For a condition on rows of another table; `object_id` is a reference to their column."""
    rows: QuerySet[Entry] = Entry.objects.of(company_id)
    return rows.filter(object_type=object_type, object_id=object_id, action__in=actions)


def timeline(
    company_id: int,
    *,
    record_id: int | None = None,
    objects: Iterable[tuple[str, int]] = (),
    before: datetime | None = None,
    limit: int = 500,
) -> list[Entry]:
    """The newest `limit` entries about a record and about further objects, newest first; those `before` a moment."""
    about = Q(pk__in=[])
    if record_id is not None:
        about |= Q(record_id=record_id) | Q(object_type="record", object_id=record_id)
    by_type: dict[str, list[int]] = {}
    for object_type, object_id in objects:
        by_type.setdefault(object_type, []).append(object_id)
    for object_type, ids in by_type.items():
        about |= Q(object_type=object_type, object_id__in=ids)
    rows = Entry.objects.of(company_id).filter(about)
    if before is not None:
        rows = rows.filter(occurred_at__lt=before)
    return list(rows.order_by("-id")[:limit])


def mark(company_id: int) -> str:
    """A word that is another one as soon as anything was done in a company.

    It stands for the newest entries together: one that is committed late has an older place among them.
    """
    newest = Entry.objects.of(company_id).order_by("-occurred_at", "-id").values("id")[:MARKED]
    return str(newest.aggregate(mark=Sum("id"))["mark"] or 0)


def objects_about(company_id: int, record_id: int, object_type: str, *, limit: int) -> list[int]:
    """The objects of a type on which something was done that stands on the timeline of a record."""
    rows = Entry.objects.of(company_id).filter(record_id=record_id, object_type=object_type)
    found = rows.order_by("object_id").values_list("object_id", flat=True).distinct()[:limit]
    return [pk for pk in found if pk is not None]
