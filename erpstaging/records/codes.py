"""Codes that stand under one another: the full code holds the codes of all parents."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from django.db import connection

from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.fields import TEXT
from erpstaging.companies.actors import Actor
from erpstaging.core.errors import Invalid
from erpstaging.core.locks import lock
from erpstaging.outbox.models import EventType
from erpstaging.records.models import Record
from erpstaging.records.telling import Change, tell
from erpstaging.records.writes import change_record, update_records

# Deeper than any real tree of codes.
MAX_DEPTH = 100


def stands_in_tree(entity: Entity) -> bool:
    """Whether objects of the kind may stand under objects of the same kind."""
    parent = entity.by_name.get("parent_id")
    return parent is not None and entity.item_type in parent.targets


def has_full_code(entity: Entity) -> bool:
    return "full_code" in entity.by_name


def with_full_code(
    entity: Entity, values: Mapping[str, Any], parent: Mapping[str, Any] | None, delimiter: str
) -> dict[str, Any]:
    """The values with their full code; a code that came with its parents' prefix loses it.

    Raises Invalid when the codes together are too long.
    """
    if not has_full_code(entity):
        return dict(values)
    prefix = f"{parent.get('full_code')}{delimiter}" if parent else ""
    code = str(values.get("code") or "").removeprefix(prefix)
    full_code = f"{prefix}{code}"
    if len(full_code) > TEXT:
        raise Invalid("", errors={"code": ["is too long with those of its parents"]})
    return {**values, "code": code, "full_code": full_code, "sortable_code": full_code}


def placed(
    company_id: int, entity: Entity, current: Mapping[str, Any], changed: Mapping[str, Any], delimiter: str, own_id: int
) -> dict[str, Any]:
    """What a change of one code by hand comes to, with its full code. `own_id` is 0 for a new one.

    Raises Invalid when it would stand below itself, or below a code of another project or list.
    """
    if not stands_in_tree(entity):
        return dict(changed)
    merged = {**current, **changed}
    parent_id = merged.get("parent_id")
    parent = Record.objects.of(company_id).filter(pk=parent_id or 0, deleted_at=None).first()
    if parent is not None and "parent_id" in changed:
        if own_id and own_id in with_ancestors(company_id, [parent.pk]):
            raise Invalid.field("parent_id", "would stand below itself")
        around = [name for name in entity.unique_within if name not in {"parent_id", "code"}]
        if any(parent.data.get(name) != merged.get(name) for name in around):
            raise Invalid.field("parent_id", "belongs to another project or list")
    coded = with_full_code(entity, merged, parent.data if parent else None, delimiter)
    return {name: value for name, value in coded.items() if name in changed or current.get(name) != value}


def with_ancestors(company_id: int, ids: Iterable[int]) -> list[int]:
    """The records and everything they stand under; codes name their parents in their data."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE line AS ("
            "SELECT id, (data ->> 'parent_id')::bigint AS parent_id FROM records_record "
            "WHERE company_id = %(company)s AND id = ANY(%(ids)s) "
            "UNION SELECT above.id, (above.data ->> 'parent_id')::bigint FROM records_record above "
            "JOIN line ON above.id = line.parent_id WHERE above.company_id = %(company)s"
            ") SELECT id FROM line",
            {"company": company_id, "ids": list(ids)},
        )
        return [row[0] for row in cursor.fetchall()]


def below(company_id: int, item_type: str, ids: Iterable[int]) -> list[int]:
    """What stands under the records, parents before children."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE tree AS ("
            "SELECT id, 0 AS depth FROM records_record WHERE company_id = %(company)s AND id = ANY(%(ids)s) "
            "UNION SELECT child.id, tree.depth + 1 FROM records_record child "
            "JOIN tree ON (child.data ->> 'parent_id')::bigint = tree.id "
            "WHERE child.company_id = %(company)s AND child.item_type = %(type)s AND child.deleted_at IS NULL "
            "AND tree.depth < %(deepest)s"
            ") SELECT id FROM tree WHERE depth > 0 GROUP BY id ORDER BY max(depth), id",
            {"company": company_id, "ids": list(ids), "type": item_type, "deepest": MAX_DEPTH},
        )
        return [row[0] for row in cursor.fetchall()]


def recode_below(
    company_id: int,
    entity: Entity,
    moved: Iterable[Record],
    delimiter: str,
    actor: Actor,
    loaded: Mapping[int, Record] = MappingProxyType({}),
) -> None:
    """Give everything under codes that changed its new full code.

    The caller holds the changed ones locked, and what he has `loaded` besides. Raises Invalid for a code too long.
    """
    roots = {record.pk: record for record in moved}
    known = {**loaded, **roots}
    ids = below(company_id, entity.item_type, roots)
    locked = {record.pk: record for record in lock(Record.objects.of(company_id).filter(pk__in=ids))}
    changes: list[Change] = []
    for record_id in ids:
        record = known[record_id] = known.get(record_id) or locked[record_id]
        parent = known[record.data["parent_id"]]
        coded = with_full_code(entity, record.data, parent.data, delimiter)
        changed = {name: coded[name] for name in ("full_code", "sortable_code") if record.data.get(name) != coded[name]}
        if changed:
            before = {name: record.data.get(name) for name in changed}
            change_record(record, changed, actor)
            changes.append(Change(record, EventType.UPDATE, before, changed))
    update_records([change.record for change in changes])
    tell(company_id, actor, changes)
