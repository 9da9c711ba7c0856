"""Records as the nodes that a shape asks for: what it does not show is not loaded.

Like snapshots.py, whose nodes hold everything because they are frozen; these are for answers. Every kind of thing that
a shape joins costs one query, however many records there are.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Q

from erpstaging.catalogue.fields import Field
from erpstaging.catalogue.payload import Each, Fixed, Given, Nested, Shape, Value
from erpstaging.catalogue.registry import ENTITIES, line_types
from erpstaging.companies.models import Company
from erpstaging.connections.custom_fields import custom_values, declared_fields
from erpstaging.records.figures import CHANGE_ORDERS, FIGURES
from erpstaging.records.models import Record
from erpstaging.records.snapshots import Node, own_node

Wants = dict[str, "Wants"]


@dataclass(frozen=True, slots=True)
class Listed:
    """Records that refer to another one: their types, and the keys of `data` that may name it."""

    item_types: tuple[str, ...]
    keys: tuple[str, ...]


# Lists besides `lines`, by the name that shapes use.
LISTED: Mapping[str, Listed] = {
    "change_orders": Listed(CHANGE_ORDERS, ("commitment_id", "contract_id")),
    "payments": Listed(("contract_payment",), ("contract_id",)),
}


def shown_nodes(
    company: Company, records: Sequence[Record], shape: Shape, *, all_lines: bool = False
) -> dict[int, Node]:
    """Each record's node with what the shape joins to it, by record id; `all_lines` joins lines of every kind."""
    return _Loading(company, all_lines).nodes(records, wants(shape))


def wants(shape: Shape) -> Wants:
    """The paths that a shape reads, as a tree."""
    tree: Wants = {}
    for source in shape.values():
        match source:
            case Value(path=path, instead=instead):
                for one in filter(None, (path, instead)):
                    _graft(tree, one, {})
            case Nested(path=path, shape=inner, instead=instead):
                for one in (path, *filter(None, (instead,))):
                    _graft(tree, one, wants(inner))
            case Each(path=path, shape=inner, kinds=kinds):
                for shape in (inner, *kinds.values()):
                    _graft(tree, path, wants(shape))
            case Given(path=path):
                _graft(tree, path, {})
            case Fixed():
                pass
    return tree


def _graft(tree: Wants, path: str, inner: Wants) -> None:
    for step in path.split(".") if path else ():
        tree = tree.setdefault(step, {})
    for name, below in inner.items():
        _graft(tree, name, below)


class _Loading:
    def __init__(self, company: Company, all_lines: bool) -> None:
        self.company, self.all_lines = company, all_lines
        self.known: dict[int, Record] = {}

    @cached_property
    def own_fields(self) -> Mapping[str, Sequence[Field]]:
        return declared_fields(self.company.pk)

    def nodes(self, records: Iterable[Record], tree: Wants) -> dict[int, Node]:
        rows = list({record.pk: record for record in records}.values())
        self.known |= {record.pk: record for record in rows}
        found = {record.pk: own_node(record) for record in rows}
        if "company" in tree:
            for node in found.values():
                node["company"] = {
                    "id": self.company.pk,
                    "name": self.company.name,
                    "is_demo": self.company.is_demo,
                    "currency": self.company.currency,
                }
        if "custom_fields" in tree:
            for record in rows:
                own = self.own_fields.get(record.item_type, ())
                found[record.pk]["custom_fields"] = custom_values(own, record.data)
        self._join_references(rows, found, tree)
        if "lines" in tree:
            self._join_lines(rows, found, tree["lines"])
        for name in tree.keys() & LISTED.keys():
            self._join_listed(name, rows, found, tree[name])
        for name in tree.keys() & FIGURES.keys():
            figures = FIGURES[name](self.company.pk, rows)
            for record_id, node in found.items():
                node[name] = figures.get(record_id)
        return found

    def _join_references(self, rows: Sequence[Record], found: Mapping[int, Node], tree: Wants) -> None:
        joins = {name: _targets(rows, name) for name in tree}
        missing = {target for targets in joins.values() for target in targets.values()} - self.known.keys()
        if missing:
            self.known |= Record.objects.of(self.company).in_bulk(list(missing))
        for name, targets in joins.items():
            if not targets:
                continue
            joined = self.nodes([self.known[one] for one in targets.values() if one in self.known], tree[name])
            for record_id, target in targets.items():
                found[record_id][name] = joined.get(target)

    def _join_lines(self, rows: Sequence[Record], found: Mapping[int, Node], tree: Wants) -> None:
        holders = {one.item_type for one in rows}
        types = {line_type for one in holders if (line_type := ENTITIES[one].line_type)}
        if self.all_lines:
            types = {line_type for one in holders for line_type in line_types(one)}
        lines = Record.objects.of(self.company).filter(
            parent_id__in=[one.pk for one in rows], item_type__in=types, deleted_at=None
        )
        self._hang(list(lines.order_by("parent_id", "position", "pk")), found, "lines", tree, lambda one: one.parent_id)

    def _join_listed(self, name: str, rows: Sequence[Record], found: Mapping[int, Node], tree: Wants) -> None:
        listed = LISTED[name]
        ids = [one.pk for one in rows]
        named = Q()
        for key in listed.keys:
            named |= Q(**{f"data__{key}__in": ids})
        projects = {one.project_id for one in rows if one.project_id}
        referring = Record.objects.of(self.company).filter(named, item_type__in=listed.item_types, deleted_at=None)
        if projects:  # an index leads to the project, none to the key
            referring = referring.filter(project_id__in=projects)
        self._hang(
            list(referring.order_by("pk")),
            found,
            name,
            tree,
            lambda one: next((one.data[key] for key in listed.keys if one.data.get(key)), None),
        )

    def _hang(
        self,
        children: Sequence[Record],
        found: Mapping[int, Node],
        name: str,
        tree: Wants,
        above: Callable[[Record], int | None],
    ) -> None:
        joined = self.nodes(children, tree)
        for node in found.values():
            node[name] = []
        for child in children:
            parent_id = above(child) or 0
            if parent_id in found:
                found[parent_id][name].append(joined[child.pk])


def _targets(rows: Sequence[Record], name: str) -> dict[int, int]:
    """Which record each row refers to under this name; empty for names that are no references."""
    return {one.pk: target for one in rows if (target := _target(one, name))}


def _target(record: Record, name: str) -> int | None:
    if name == "project":
        return record.project_id
    if name == "holder":
        return record.parent_id
    field = f"{name}_id"
    target: int | None = record.data.get(field) if field in ENTITIES[record.item_type].reference_names else None
    return target
