"""Mirrored resources as tests walk them: something that each stands under, values for each field, paths."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.fields import Field
from erpstaging.catalogue.mirrored import RESOURCES
from erpstaging.catalogue.payload import Shape, Value
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.catalogue.resource import Resource
from tests.fixtures.callers import Answer, Caller

__all__ = ["RESOURCES", "World", "offering", "pairs"]


def offering(*calls: str) -> list[Resource]:
    """The resources that serve all of these calls."""
    return [resource for resource in RESOURCES if set(calls) <= resource.calls]


@dataclass
class World:
    """One object of every type that others may need, by item type, and a caller."""

    erp: Caller
    ids: dict[str, int]
    numbers: dict[str, int] = field(default_factory=dict)

    def entity(self, resource: Resource) -> Entity:
        return ENTITIES[resource.item_types[0]].under(resource.holder.item_type if resource.holder else None)

    def path(self, resource: Resource, ending: str = "") -> str:
        """With the ids that stand in the path, and the scope in the query."""
        path = resource.path
        if resource.holder is not None and resource.holder.key:
            path = path.replace(f"<id:{resource.holder.key}>", str(self.ids[resource.holder.item_type]))
        for scope in resource.scopes:
            if f"<id:{scope.name}>" in path:
                path = path.replace(f"<id:{scope.name}>", str(self._scope_id(resource, scope.name)))
        return f"{path}{ending}?" + "&".join(f"{name}={value}" for name, value in self.scope(resource).items())

    def scope(self, resource: Resource) -> dict[str, int]:
        scope = {one.name: self._scope_id(resource, one.name) for one in resource.scopes if one.required}
        return {name: value for name, value in scope.items() if f"<id:{name}>" not in resource.path}

    def _scope_id(self, resource: Resource, name: str) -> int:
        entity = self.entity(resource)
        declared = entity.by_name.get(entity.write_names.get(name, name)) or ENTITIES["sub_job"].by_name[name]
        return self.ids[declared.targets[0]]

    def sample(self, resource: Resource) -> dict[str, Any]:
        """A value for every field of an object that the scope does not give, and no other object has."""
        entity = self.entity(resource)
        number = self.numbers[entity.item_type] = self.numbers.get(entity.item_type, 0) + 1
        given = {entity.write_names.get(one.name, one.name) for one in resource.scopes} | {"full_code", "sortable_code"}
        sent = {one.name: self._value(one, number) for one in entity.fields if one.name not in given}
        if entity.found_by_key:
            sent["cost_code_id"] = self._another_code(number)
        if entity.calculation is not None:
            sent |= {entity.calculation.field: entity.calculation.sent}
        return {name: value for name, value in sent.items() if value is not None}

    def _another_code(self, number: int) -> int:
        """A cost code that nothing is booked under yet."""
        sent = {"name": "Further", "code": f"F{number}", "origin_id": f"F{self.ids['project']}-{number}"}
        answer = self.erp.patch(f"cost_codes/sync?project_id={self.ids['project']}", {"updates": [sent]})
        found: int = answer.body["entities"][0]["id"]
        return found

    def _value(self, declared: Field, number: int) -> Any:
        if declared.name == "parent_id" or declared.name.startswith(("is_erp", "erp_integrated", "enable_copy")):
            return None
        if declared.kind == "reference":
            return next((self.ids[target] for target in declared.targets if target in self.ids), None)
        values: dict[str, Any] = {
            "text": f"T{number}"[: declared.max_length],
            "long_text": f"Text {number}",
            "integer": number,
            "boolean": True,
            "number": f"{number}.25",
            "money": f"{number}.5",
            "date": dt.date(2026, 1, 1 + number % 28).isoformat(),
            "choice": (declared.choices or ("",))[0],
            "integers": [number],
            "moment": "2026-01-02T03:04:05.000Z",
        }
        return values.get(declared.kind, f"T{number}")

    def create(self, resource: Resource, sent: dict[str, Any] | None = None) -> Answer:
        body = {resource.wrapper: self.sample(resource) if sent is None else sent}
        return self.erp.post(self.path(resource), body)

    def one(self, resource: Resource, record_id: int) -> str:
        return self.path(resource, f"/{record_id}")


def pairs(shape: Shape, sent: dict[str, Any], answer: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Of the values that were sent and are shown: what came back, and what was sent in the wire's spelling."""
    found = {}
    for key, source in shape.items():
        if not isinstance(source, Value) or not source.path.startswith("data.") or source.path[5:] not in sent:
            continue
        value = sent[source.path[5:]]
        if source.type == "number":
            value = float(value)
        found[key] = (answer[key], value)
    return found
