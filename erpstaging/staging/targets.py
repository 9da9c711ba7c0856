"""What the origin IDs of staged objects name: records that are linked, rows that are staged, or nothing yet."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection

from erpstaging.catalogue.entity import Entity
from erpstaging.records.models import Record
from erpstaging.staging.models import StagedRecord

Key = tuple[str, str]  # (item type, origin ID)


def keys_of(entity: Entity, data: Mapping[str, Any]) -> Iterable[Key]:
    """Every (type, origin ID) that a row's data may mean; a commitment can be of two types."""
    for origin_field, field in entity.origin_fields.items():
        if data.get(origin_field) is not None:
            for target in field.targets:
                yield target, data[origin_field]


def linked_records(company_id: int, keys: Iterable[Key]) -> dict[Key, int]:
    """The ids of the records that carry these origin IDs, with one query."""
    return _by_key(company_id, keys, Record._meta.db_table)


def staged_rows(company_id: int, keys: Iterable[Key]) -> dict[Key, int]:
    """The ids of the staged rows with these origin IDs, with one query."""
    return _by_key(company_id, keys, StagedRecord._meta.db_table)


def _by_key(company_id: int, keys: Iterable[Key], table: str) -> dict[Key, int]:
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            # One look into the unique index for each key. A plain join reads the company's whole table where the
            # planner knows nothing of it yet, or believes that to be cheaper.
            "SELECT wanted.item_type, wanted.origin_id, found.id "  # noqa: S608 - the table is a model's
            "FROM unnest(%s::text[], %s::text[]) AS wanted(item_type, origin_id) CROSS JOIN LATERAL ("
            f"SELECT id FROM {table} WHERE company_id = %s AND item_type = wanted.item_type "
            "AND origin_id = wanted.origin_id AND deleted_at IS NULL LIMIT 1) found",
            [[key[0] for key in wanted], [key[1] for key in wanted], company_id],
        )
        return {(item_type, origin_id): row_id for item_type, origin_id, row_id in cursor.fetchall()}


def unresolved(
    entity: Entity, row_origin_id: str, data: Mapping[str, Any], linked: Mapping[Key, int]
) -> list[dict[str, Any]]:
    """The references that the import would still miss, as they stand in `StagedRecord.waiting_for`."""
    return [
        {"row": row_origin_id, "field": origin_field, "value": data[origin_field], "targets": list(field.targets)}
        for origin_field, field in entity.origin_fields.items()
        if field.required_at_import
        and data.get(origin_field) is not None
        and data.get(field.name) is None
        and not any((target, data[origin_field]) in linked for target in field.targets)
    ]
