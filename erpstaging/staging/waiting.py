"""Staged rows that wait until another object is linked, and are freed in the transaction that links it."""

from collections.abc import Iterable, Sequence

from django.db import connection
from django.utils import timezone

from erpstaging.core import sets
from erpstaging.staging.models import StagedRecord
from erpstaging.staging.targets import Key


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
