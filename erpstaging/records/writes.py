"""Building and storing records: what every road to a record shares, one at a time or a thousand."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.core import sets
from erpstaging.core.errors import Invalid
from erpstaging.records.external_data import keep_history
from erpstaging.records.models import Record
from erpstaging.records.rows import columns_of, settled_data

AUTHOR = ("kind", "id", "name", "owner_id")
MIRRORED = ("number", "title", "status", "position", "vendor_id", "unique_key")
WRITTEN = (
    "data", *MIRRORED, "amount", "project_id", "currency", "updated_at", "version",
    *(f"edited_by_{part}" for part in AUTHOR),
)  # fmt: skip
GONE = ("origin_id", "deleted_at", "updated_at")


def new_record(
    company_id: int,
    entity: Entity,
    data: Mapping[str, Any],
    actor: Actor,
    *,
    currency: str,
    parent: Record | None = None,
) -> Record:
    """A record that is not stored yet. Raises Invalid for a line that is worth too much."""
    if parent is not None and parent.project_id is not None and "project_id" in entity.by_name:
        data = {**data, "project_id": parent.project_id}
    settled = settled_data(entity, {}, data, currency)
    columns = columns_of(entity, settled)
    if parent is not None and parent.project_id is not None:
        columns["project_id"] = parent.project_id
    now = timezone.now()
    record = Record(
        company_id=company_id,
        item_type=entity.item_type,
        parent_id=parent.pk if parent else None,
        data=settled,
        currency=currency,
        created_at=now,
        updated_at=now,
        **columns,
    )
    sign(record, actor, "created_by")
    sign(record, actor, "edited_by")
    if entity.line_type:
        record.amount = record.amount or 0
    return record


def change_record(record: Record, changed: Mapping[str, Any], actor: Actor) -> None:
    """Set values on a loaded record; nothing is saved. Raises Invalid for a line that is worth too much."""
    entity = ENTITIES[record.item_type]
    record.data = settled_data(entity, record.data, changed, record.currency)
    columns = columns_of(entity, record.data)
    if entity.is_child:
        columns["position"] = columns["position"] if columns["position"] is not None else record.position
    for name, value in columns.items():
        setattr(record, name, value)
    sign(record, actor, "edited_by")
    record.updated_at = timezone.now()
    record.version += 1


def sign(record: Record, actor: Actor, role: str) -> None:
    """Note who it was; `role` is `created_by` or `edited_by`."""
    for part in AUTHOR:
        setattr(record, f"{role}_{part}", getattr(actor, part))


def insert_records(records: Sequence[Record]) -> None:
    """Store new records with one statement and give them their ids. Raises Invalid when a unique value is taken."""
    if not records:
        return
    try:
        with transaction.atomic():
            Record.objects.bulk_create(records)
    except IntegrityError as exc:
        raise taken(records[0], exc) from exc


def take_away(company_id: int, records: Sequence[Record]) -> None:
    """Mark loaded records as deleted; their origin IDs go to the history, and to whoever takes them next."""
    now = timezone.now()
    keep_history(company_id, [(one, one.origin_id) for one in records if one.origin_id is not None], reason="deleted")
    for record in records:
        record.origin_id = None
        record.deleted_at = record.updated_at = now


def update_records(records: Sequence[Record], columns: Sequence[str] = WRITTEN) -> None:
    """Store changed records with one statement. Raises Invalid when a unique value is taken."""
    if not records:
        return
    rows = [{"id": record.pk, **{name: getattr(record, name) for name in columns}} for record in records]
    try:
        with transaction.atomic():
            sets.update(Record, rows)
    except IntegrityError as exc:
        raise taken(records[0], exc) from exc


def taken(record: Record, exc: IntegrityError) -> Invalid:
    """Which value somebody else has, from the name of the broken constraint."""
    if "record_unique_key" in str(exc):
        field = ENTITIES[record.item_type].unique_within[-1]
        return Invalid.field(field, "is already taken", code="taken")
    if "one_origin_id_one_object" in str(exc):
        return Invalid.field("origin_id", "is already the origin ID of another object", code="origin_id_taken")
    raise exc
