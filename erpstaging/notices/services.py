"""Owing a mail, in the transaction of what it tells."""

import contextlib
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from erpstaging.core import sets
from erpstaging.core.locks import lock
from erpstaging.notices.models import Notice

# Of what goes wrong in the same way again and again, one mail in this time tells.
QUIET = dt.timedelta(hours=1)
LISTED_AT_MOST = 20
wake_up_calls: list[Callable[[], None]] = []
Owed = tuple[int | None, str, int, str, dict[str, Any]]


def owe(company_id: int, owed: Sequence[Owed]) -> None:
    """Owe mails as (person id, kind, object id, cause, context); the same cause is never told twice."""
    rows = [
        Notice(company_id=company_id, person_id=person, kind=kind, object_id=about, cause=cause, context=context)
        for person, kind, about, cause, context in owed
        if person is not None
    ]
    if not rows:
        return
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    transaction.on_commit(_wake_everybody, robust=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """A part of a mail about several objects that met the same fate. `context` holds what `listed` makes of them."""

    person_id: int
    bundle: str
    object_id: int
    cause: str
    context: dict[str, Any]


def listed(items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The part of a context that names several objects: each {"text", "note", "place"}."""
    return {"count": len(items), "items": list(items[:LISTED_AT_MOST])}


def owe_collected(company_id: int, kind: str, parts: Sequence[Collected]) -> None:
    """Owe each person one mail for all of a bundle: the first at once, what comes after it together, an hour later.

    At most one part for a person and bundle. It joins the bundle's mail while nobody has taken that to be sent.
    """
    if not parts:
        return
    newest = _newest(company_id, kind, parts)
    waiting = Notice.objects.of(company_id).filter(pk__in=[one.pk for one in newest.values()], sent_at=None, attempts=0)
    joined = {(one.person_id, one.bundle): one for one in lock(waiting)}
    sets.update(Notice, [_grown(joined[key], part) for part in parts if (key := _key(part)) in joined])
    rows = [_part(company_id, kind, part, newest.get(_key(part))) for part in parts if _key(part) not in joined]
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    transaction.on_commit(_wake_everybody, robust=True)


def _key(part: Collected) -> tuple[int, str]:
    return part.person_id, part.bundle


def _newest(company_id: int, kind: str, parts: Sequence[Collected]) -> dict[tuple[int, str], Notice]:
    people, bundles = {part.person_id for part in parts}, {part.bundle for part in parts}
    rows = Notice.objects.of(company_id).filter(kind=kind, person_id__in=people, bundle__in=bundles)
    newest = rows.order_by("person_id", "bundle", "-pk").distinct("person_id", "bundle")
    return {(one.person_id, one.bundle): one for one in newest}


def _grown(notice: Notice, part: Collected) -> dict[str, Any]:
    items = [*notice.context["items"], *part.context["items"]][:LISTED_AT_MOST]
    count = notice.context["count"] + part.context["count"]
    return {"id": notice.pk, "context": {**notice.context, "count": count, "items": items}, "read_at": None}


def _part(company_id: int, kind: str, part: Collected, before: Notice | None) -> Notice:
    now = timezone.now()
    told_at = None if before is None else before.sent_at or before.due_at
    return Notice(
        company_id=company_id,
        person_id=part.person_id,
        kind=kind,
        object_id=part.object_id,
        cause=part.cause[:80],
        bundle=part.bundle,
        context=part.context,
        due_at=now if told_at is None else max(now, told_at + QUIET),
    )


def _wake_everybody() -> None:
    for wake_up in wake_up_calls:
        with contextlib.suppress(Exception):
            wake_up()
