"""Owing a mail, in the transaction of what it tells."""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction

from erpstaging.notices.models import Notice

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


def listed(items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The part of a context that names several objects: each {"text", "note", "place"}."""
    return {"count": len(items), "items": list(items[:LISTED_AT_MOST])}


def _wake_everybody() -> None:
    for wake_up in wake_up_calls:
        with contextlib.suppress(Exception):
            wake_up()
