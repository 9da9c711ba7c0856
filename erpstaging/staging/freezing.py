"""Objects as they are frozen when they are sent: the record's node, and what its payload and checks need besides."""

import hashlib
from collections.abc import Callable, Mapping, Sequence

import msgspec

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.models import Company
from erpstaging.connections.services import metadata_of
from erpstaging.records.codes import with_ancestors
from erpstaging.records.exported import export_nodes
from erpstaging.records.figures import FIGURES
from erpstaging.records.models import Record
from erpstaging.records.snapshots import Node, own_node
from erpstaging.staging.budget_exports import add_budget

_canonical = msgspec.json.Encoder(order="deterministic", decimal_format="string")


def snapshot(company: Company, record: Record) -> Node:
    """The object as it is now, with everything a decision and a payload need."""
    return snapshots(company, [record])[record.pk]


def snapshots(company: Company, records: Sequence[Record]) -> dict[int, Node]:
    """The same for many, by record id, with as many queries as for one."""
    found = export_nodes(company, records)
    for item_type, add in ADDED.items():
        of_type = [node for node in found.values() if node["item_type"] == item_type]
        if of_type:
            add(company, of_type)
    return found


def content_hash(node: Node) -> bytes:
    """SHA-256 over the canonical JSON of a frozen object."""
    return hashlib.sha256(_canonical.encode(node)).digest()


def _with_codes_of_job(company: Company, jobs: Sequence[Node]) -> None:
    """The cost codes that leave with each project or sub job, and the cost types that are assigned to them.

    Those of a project's sub jobs leave with their sub job.
    """
    by_job: dict[int, list[Record]] = {node["id"]: [] for node in jobs}
    projects = {node["id"] if node["item_type"] == "project" else node["project"]["id"] for node in jobs}
    codes = Record.objects.of(company).filter(project_id__in=projects, item_type="cost_code", deleted_at=None)
    for code in codes.order_by("position", "id"):
        job_id = code.data.get("sub_job_id") or code.project_id or 0
        if job_id in by_job:
            by_job[job_id].append(code)
    metadata = metadata_of(company.pk)
    found = _code_nodes(company, [code for own in by_job.values() for code in own])
    for node in jobs:
        node["cost_codes"] = [found[code.pk] for code in by_job[node["id"]]]
        rules = metadata.of(ENTITIES[node["item_type"]])
        if rules is None or not rules.keeps_assignments:
            for code in node["cost_codes"]:
                code["line_item_types"] = []


def _code_nodes(company: Company, codes: Sequence[Record]) -> dict[int, Node]:
    figures = {name: FIGURES[name](company.pk, codes) for name in ("biller", "line_item_types")}
    standard = {code.data.get("standard_cost_code_id") for code in codes} - {None}
    line = with_ancestors(company.pk, [code.pk for code in codes])
    known = Record.objects.of(company).in_bulk([*line, *standard])
    return {
        code.pk: own_node(code)
        | {name: found[code.pk] for name, found in figures.items()}
        | {
            "standard_cost_code": _node(known, code.data.get("standard_cost_code_id")),
            "long_name_helper": _names_from_root(known, code.pk),
        }
        for code in codes
    }


def _with_place_in_list(company: Company, codes: Sequence[Node]) -> None:
    """The list and the parent of standard cost codes, and the codes and names from the root down."""
    lists = {node["data"].get("standard_cost_code_list_id") for node in codes} - {None}
    line = with_ancestors(company.pk, [node["id"] for node in codes])
    known = Record.objects.of(company).in_bulk([*line, *lists])
    for node in codes:
        node["standard_cost_code_list"] = _node(known, node["data"].get("standard_cost_code_list_id"))
        node["parent"] = _node(known, node["data"].get("parent_id"))
        node["long_name_helper"] = _names_from_root(known, node["id"])


def _node(known: Mapping[int, Record], record_id: int | None) -> Node | None:
    found = known.get(record_id or 0)
    return None if found is None else own_node(found)


def _names_from_root(known: Mapping[int, Record], record_id: int) -> list[list[str]]:
    line: list[Record] = []
    at = known.get(record_id)
    while at is not None and len(line) < len(known):
        line.insert(0, at)
        at = known.get(at.data.get("parent_id") or 0)
    return [[str(one.data.get(name) or "") for one in line] for name in ("code", "name")]


ADDED: Mapping[str, Callable[[Company, Sequence[Node]], None]] = {
    "budget": add_budget,
    "project": _with_codes_of_job,
    "standard_cost_code": _with_place_in_list,
    "sub_job": _with_codes_of_job,
}
