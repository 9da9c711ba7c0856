"""Staged rows that wait until another object is linked, and are freed in the transaction that links it."""

from collections.abc import Iterable, Sequence

from django.db import connection
from django.utils import timezone

from erpstaging.core import sets
from erpstaging.core.locks import lock_family
from erpstaging.staging.models import StagedRecord
from erpstaging.staging.targets import Key, linked_records


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
