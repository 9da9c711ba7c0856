"""Origin IDs that were on another record before: nobody takes one over without seeing that.

One that left without the ERP's word, by a reset, may still stand for the old object there: giving it to another record,
or importing it once more, is refused, unless the caller says `confirm_reuse`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection

from erpstaging.core.errors import Invalid
from erpstaging.records.models import OriginIdHistory, Record

Key = tuple[str, str]  # (item type, origin ID)
CONFIRM, WAS_LINKED = "confirm_reuse", "origin_id_was_linked"
MANY = 20


def former_holders(company_id: int, keys: Iterable[Key]) -> dict[Key, OriginIdHistory]:
    """For each of these origin IDs that ever left a record the last time that it did, with one query."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(was.id) FROM unnest(%s::text[], %s::text[]) AS wanted(item_type, origin_id) "
            "JOIN records_originidhistory was ON was.company_id = %s AND was.item_type = wanted.item_type "
            "AND was.origin_id = wanted.origin_id GROUP BY was.item_type, was.origin_id",
            [[key[0] for key in wanted], [key[1] for key in wanted], company_id],
        )
        ids = [row[0] for row in cursor.fetchall()]
    rows = OriginIdHistory.objects.of(company_id).filter(pk__in=ids) if ids else ()
    return {(was.item_type, was.origin_id): was for was in rows}


def was_linked_to(was: OriginIdHistory) -> str:
    return f"{was.origin_id} was linked to #{was.record_id} until {was.until:%Y-%m-%d %H:%M} UTC ({was.reason})."


def refuse_silent_reuse(
    record: Record, origin_id: str | None, former: Mapping[Key, OriginIdHistory], sent: Any
) -> None:
    """Raises Invalid, code `origin_id_was_linked`, for an origin ID that another record lost by a reset."""
    was = former.get((record.item_type, origin_id or ""))
    if was is None or not was.forced or was.record_id == record.pk or origin_id == record.origin_id:
        return
    if isinstance(sent, Mapping) and sent.get(CONFIRM) is True:
        return
    raise silent_reuse({"origin_id": was})


def silent_reuse(former: Mapping[str, OriginIdHistory]) -> Invalid:
    """The refusal, code `origin_id_was_linked`; `former` says by field which origin ID was on which record.

    Its fact `was_linked_to` says the same without a word to programs.
    """
    said = {name: was_linked_to(was) for name, was in former.items()}
    errors = {name: [f"{text} Send {CONFIRM} to give it to another object."] for name, text in said.items()}
    message, first = next(iter(errors.values()))[0], next(iter(former.values()))
    facts = {"record_id": first.record_id, "was_linked_to": list(said.values())}
    return Invalid(message, code=WAS_LINKED, errors=errors, **facts)


def earlier_holders(
    company_id: int, item_type: str, origin_id: str | None, besides: int | None
) -> list[OriginIdHistory]:
    """When this origin ID left other records than this one, newest first: one entry for each of them."""
    if origin_id is None:
        return []
    rows = OriginIdHistory.objects.of(company_id).filter(item_type=item_type, origin_id=origin_id)
    found: dict[int, OriginIdHistory] = {}
    for was in rows.exclude(record_id=besides or 0).order_by("-pk")[: MANY * 5]:
        found.setdefault(was.record_id, was)
    return list(found.values())[:MANY]
