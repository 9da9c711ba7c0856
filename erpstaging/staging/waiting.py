"""Staged rows that wait until another object is linked, and are freed in the transaction that links it."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from erpstaging.catalogue.registry import STAGED, references_to
from erpstaging.core import sets
from erpstaging.core.locks import lock_family
from erpstaging.staging.call import family_ids, set_aside, standing
from erpstaging.staging.models import StagedRecord
from erpstaging.staging.targets import Key, keys_of, linked_records, unresolved


def waiting_ids(company_id: int, keys: Iterable[Key]) -> list[int]:
    """The rows that wait for one of these (item type, origin ID) pairs. The caller locks them before it links."""
    origin_ids = [origin_id for _, origin_id in keys]
    if not origin_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM staging_stagedrecord WHERE company_id = %s AND deleted_at IS NULL AND waiting_for <> '[]' "
            "AND EXISTS (SELECT FROM jsonb_array_elements(waiting_for) one WHERE one ->> 'value' = ANY(%s)) "
            "ORDER BY id",
            [company_id, origin_ids],
        )
        return [row[0] for row in cursor.fetchall()]


def overdue_waiting(limit: int) -> dict[int, list[int]]:
    """Rows that wait for something that is linked already, by company: for the sweep, which sees every company.

    A call that looks for a target just before another transaction links it leaves such a row behind.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT row.company_id, row.id FROM staging_stagedrecord row "
            "CROSS JOIN LATERAL jsonb_array_elements(row.waiting_for) one "
            "JOIN records_record target ON target.company_id = row.company_id AND target.deleted_at IS NULL "
            "AND target.origin_id = one ->> 'value' AND (one -> 'targets') ? target.item_type "
            "WHERE row.deleted_at IS NULL AND row.waiting_for <> '[]' ORDER BY row.company_id, row.id LIMIT %s",
            [limit],
        )
        overdue: dict[int, list[int]] = {}
        for company_id, row_id in cursor.fetchall():
            overdue.setdefault(company_id, []).append(row_id)
        return overdue


def release_waiting(company_id: int, row_ids: Sequence[int]) -> None:
    """Take what is linked off the lists of these rows."""
    rows = lock_family(StagedRecord.objects.of(company_id).filter(pk__in=row_ids, deleted_at=None))
    keys = {(target, one["value"]) for row in rows for one in row.waiting_for for target in one["targets"]}
    clear_waiting(company_id, rows, list(linked_records(company_id, keys)))


def clear_waiting(company_id: int, rows: Sequence[StagedRecord], linked: Sequence[Key]) -> None:
    """Take what is linked now off the locked rows' lists; no version changes, for nothing was decided about them."""
    changed = []
    for row in rows:
        left = [
            one for one in row.waiting_for if not any((target, one["value"]) in linked for target in one["targets"])
        ]
        if left != row.waiting_for:
            row.waiting_for = left
            changed.append(row)
    now = timezone.now()
    sets.update(StagedRecord, [{"id": row.pk, "waiting_for": row.waiting_for, "updated_at": now} for row in changed])


def naming_ids(company_id: int, keys: Iterable[Key]) -> list[int]:
    """The rows that name one of these objects by origin ID, as a reference that their import needs."""
    by_type: dict[str, list[str]] = {}
    for item_type, origin_id in keys:
        by_type.setdefault(item_type, []).append(origin_id)
    named = Q(pk__in=[])
    for item_type, origin_ids in by_type.items():
        for entity, origin_field in references_to(item_type):
            named |= Q(item_type=entity.item_type, **{f"data__{origin_field}__in": origin_ids})
    return list(standing(company_id).filter(named).values_list("pk", flat=True)) if by_type else []


def naming_families(company_id: int, keys: Iterable[Key]) -> list[int]:
    """The rows that name one of these objects, with the parents whose import takes them along, and all their lines."""
    named = naming_ids(company_id, keys)
    # A line that names it brings its parent, whose other lines count too.
    return family_ids(company_id, family_ids(company_id, named, []), []) if named else []


def wait_anew(company_id: int, row_ids: Sequence[int]) -> None:
    """Work out anew what these rows, and the children that come with them, wait for."""
    found = family_ids(company_id, row_ids, [])
    note_waiting(company_id, lock_family(standing(company_id).filter(pk__in=found)))


def note_waiting(company_id: int, rows: Sequence[StagedRecord]) -> None:
    """Write down what whole families wait for, their rows being locked; no version changes."""
    heads = {row.pk: row for row in rows if row.parent_id is None}
    members = [
        (head, row, STAGED[row.item_type].under(head.item_type))
        for row in rows
        if (head := heads.get(row.parent_id or row.pk)) is not None and not set_aside(row)
    ]
    linked = linked_records(company_id, (key for _, row, entity in members for key in keys_of(entity, row.data)))
    waiting: dict[int, list[dict[str, Any]]] = {head_id: [] for head_id in heads}
    for head, row, entity in members:
        waiting[head.pk] += unresolved(entity, row.origin_id, row.data, linked)
    changed = [head for head in heads.values() if head.waiting_for != waiting[head.pk]]
    now = timezone.now()
    for head in changed:
        head.waiting_for = waiting[head.pk]
    sets.update(StagedRecord, [{"id": row.pk, "waiting_for": row.waiting_for, "updated_at": now} for row in changed])
