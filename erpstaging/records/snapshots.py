"""Records as nodes: plain JSON trees that payloads, answers and frozen snapshots are made of.

A node holds a record's own columns and `data`, and under `project`, `vendor`, `lines`, `cost_code`, `line_item_type`
the nodes it refers to; under `custom_fields` the company's own. Loading is three queries for any number of records.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import Q

from erpstaging.catalogue.fields import Field
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.connections.custom_fields import custom_values, declared_fields
from erpstaging.core.money import wire_amount
from erpstaging.records.models import Record

Node = dict[str, Any]
NESTED = {"vendor_id": "vendor", "cost_code_id": "cost_code", "line_item_type_id": "line_item_type",
          "standard_cost_code_id": "standard_cost_code"}  # fmt: skip
LINK = ("origin_id", "origin_code", "origin_data")


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
    referred = _referred(company_id, [*records, *lines])
    own = declared_fields(company_id)
    found = {record.pk: _joined(record, referred, company_id, company_name) for record in records}
    for record in records:
        found[record.pk] |= {"lines": [], "custom_fields": _custom(record, own)}
    for line in lines:
        node = _joined(line, referred, company_id, company_name)
        holder = found[line.parent_id]
        node["holder"] = {"id": holder["id"], "holder_type": holder["holder_type"]}
        node["project"] = holder.get("project")
        node["custom_fields"] = _custom(line, own)
        found[line.parent_id]["lines"].append(node)
    return found


def _custom(record: Record, own: Mapping[str, Sequence[Field]]) -> dict[str, Any]:
    return custom_values(own.get(record.item_type, ()), record.data)


def _referred(company_id: int, records: Iterable[Record]) -> Mapping[int, Record]:
    wanted: set[int] = set()
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
    for key in ("project", *NESTED.values()):
        if isinstance(node.get(key), dict) and "item_type" in node[key]:
            found |= record_ids(node[key])
    for line in (*node.get("lines", ()), *node.get("cost_codes", ())):
        found |= record_ids(line)
    return found


def with_links(node: Node, links: Mapping[int, Mapping[str, Any]]) -> Node:
    """The frozen node with today's origin IDs: what was approved does not change, where it goes may."""
    fresh = dict(node)
    if node["id"] in links:
        fresh |= links[node["id"]]
        fresh["synced"] = fresh["origin_id"] is not None
    for key in ("project", *NESTED.values()):
        if isinstance(node.get(key), dict) and "item_type" in node[key]:
            fresh[key] = with_links(node[key], links)
    for key in ("lines", "cost_codes"):
        if key in node:
            fresh[key] = [with_links(inner, links) for inner in node[key]]
    return fresh


def links_of(company_id: int, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Today's origin ID, code and data of records, by record id."""
    rows = Record.objects.of(company_id).filter(pk__in=list(ids)).values("pk", *LINK)
    return {row["pk"]: {name: row[name] for name in LINK} for row in rows}


def cost_codes_of_projects(company_id: int, project_ids: Sequence[int]) -> dict[int, list[Record]]:
    """The cost codes that leave with each project."""
    by_project: dict[int, list[Record]] = {project_id: [] for project_id in project_ids}
    codes = Record.objects.of(company_id).filter(Q(project_id__in=project_ids), item_type="cost_code", deleted_at=None)
    for code in codes.order_by("position", "id"):
        by_project[code.project_id].append(code)
    return by_project
