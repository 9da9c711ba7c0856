"""Records as nodes: plain JSON trees that payloads, answers and frozen snapshots are made of.

A node holds a record's own columns and `data`, and under `project`, `vendor`, `lines`, `cost_code`, `line_item_type`
the nodes it refers to; under `custom_fields` the company's own. Loading is three queries for any number of records.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from erpstaging.catalogue.fields import Field
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.connections.custom_fields import custom_values, declared_fields
from erpstaging.core import sets
from erpstaging.core.money import wire_amount
from erpstaging.records.models import Record

Node = dict[str, Any]
NESTED = {"vendor_id": "vendor", "cost_code_id": "cost_code", "line_item_type_id": "line_item_type",
          "standard_cost_code_id": "standard_cost_code"}  # fmt: skip
# Keys of a node under which anything may stand that a caller sent.
VALUES = frozenset({"data", "origin_data", "custom_fields"})
# What changes about a frozen object: its link, and whether an answer of the ERP is outstanding.
LINK = ("origin_id", "origin_code", "origin_data", "lock")


@lru_cache(maxsize=4096)  # many rows of an answer have one in common
def timestamp(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def own_node(record: Record) -> Node:
    entity = ENTITIES[record.item_type]
    parent_id = record.data.get("parent_id")
    return {
        "id": record.pk,
        "item_type": record.item_type,
        "number": record.number,
        "title": record.title,
        "status": record.status,
        "position": record.position,
        "amount": wire_amount(record.amount),
        "currency": record.currency,
        "origin_id": record.origin_id,
        "origin_code": record.origin_code,
        "origin_data": record.origin_data,
        "synced": record.synced,
        "holder_type": entity.holder_type,
        "parent_ref": {"id": parent_id},
        "data": record.data,
        "created_at": timestamp(record.created_at),
        "updated_at": timestamp(record.updated_at),
        "deleted_at": timestamp(record.deleted_at),
    }


def nodes(company_id: int, company_name: str, records: Sequence[Record]) -> dict[int, Node]:
    """Each record's node with its lines and what both refer to, by record id."""
    ids = [record.pk for record in records]
    lines = list(
        Record.objects.of(company_id).filter(parent_id__in=ids, deleted_at=None).order_by("parent_id", "position", "id")
    )
    named = {record.pk: _references(record) for record in records}
    referred = _referred(company_id, [*records, *lines], named)
    own = declared_fields(company_id)
    found = {record.pk: _joined(record, referred, company_id, company_name) for record in records}
    for record in records:
        found[record.pk] |= {key: _node_of(referred.get(target)) for key, target in named[record.pk].items()}
    for record in records:
        found[record.pk] |= {"lines": [], "custom_fields": _custom(record, own)}
    for line in lines:
        node = _joined(line, referred, company_id, company_name)
        holder = found[line.parent_id]
        node["holder"] = {"id": holder["id"], "holder_type": holder["holder_type"]}
        node["project"] = node["project"] or holder.get("project")
        node["custom_fields"] = _custom(line, own)
        holder.setdefault(ENTITIES[line.item_type].shown_under, []).append(node)
    return found


def _custom(record: Record, own: Mapping[str, Sequence[Field]]) -> dict[str, Any]:
    return custom_values(own.get(record.item_type, ()), record.data)


def _references(record: Record) -> dict[str, int]:
    """What else a head refers to, such as its contract: the id under the key of its node."""
    names = ENTITIES[record.item_type].reference_names - NESTED.keys() - {"project_id"}
    return {name.removesuffix("_id"): record.data[name] for name in names if record.data.get(name)}


def _referred(
    company_id: int, records: Iterable[Record], named: Mapping[int, Mapping[str, int]]
) -> Mapping[int, Record]:
    wanted = {target for targets in named.values() for target in targets.values()}
    for record in records:
        wanted |= {record.data[name] for name in NESTED if record.data.get(name)}
        if record.project_id:
            wanted.add(record.project_id)
    found = Record.objects.of(company_id).in_bulk(list(wanted))
    projects = {one.project_id for one in found.values() if one.project_id} - found.keys()
    if projects:  # a cost code's own project, where it is not the line's
        found |= Record.objects.of(company_id).in_bulk(list(projects))
    return found


def _joined(record: Record, referred: Mapping[int, Record], company_id: int, company_name: str) -> Node:
    node = own_node(record)
    node["company"] = {"id": company_id, "name": company_name}
    node["project"] = _node_of(referred.get(record.project_id or 0))
    for name, key in NESTED.items():
        target = referred.get(record.data.get(name) or 0)
        node[key] = _node_of(target)
        if target is not None and target.project_id:
            node[key]["project"] = _node_of(referred.get(target.project_id))
    return node


def _node_of(record: Record | None) -> Any:
    return None if record is None else own_node(record)


def record_ids(node: Node) -> set[int]:
    """Every record that a node shows, itself included."""
    found = {node["id"]}
    for _, inner in _inner_nodes(node):
        for one in inner if isinstance(inner, list) else (inner,):
            found |= record_ids(one)
    return found


def with_links(node: Node, links: Mapping[int, Mapping[str, Any]]) -> Node:
    """The frozen node with today's origin IDs: what was approved does not change, where it goes may."""
    fresh = dict(node)
    if node["id"] in links:
        fresh |= links[node["id"]]
        fresh["synced"] = fresh["origin_id"] is not None
    for key, inner in _inner_nodes(node):
        fresh[key] = [with_links(one, links) for one in inner] if isinstance(inner, list) else with_links(inner, links)
    return fresh


def _inner_nodes(node: Node) -> Iterator[tuple[str, Node | list[Node]]]:
    """The nodes that hang on a node, alone or in lists, by their key; what records hold as values is none."""
    for key, value in node.items():
        if key in VALUES or not isinstance(value, (dict, list)):
            continue
        inner = value if isinstance(value, list) else [value]
        if inner and all(isinstance(one, dict) and "item_type" in one for one in inner):
            yield key, value


def links_of(company_id: int, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Today's origin ID, code and data of records, and their lock, by record id."""
    rows = sets.values(Record, ("id", *LINK), "company_id = %s AND id = ANY(%s)", [company_id, list(ids)])
    return {row[0]: dict(zip(LINK, row[1:], strict=True)) for row in rows}
