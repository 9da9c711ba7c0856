"""The OpenAPI description of mirrored resources, made from shapes and fields."""

from collections.abc import Mapping
from typing import Any

from erpstaging.api.openapi import (
    FLAG,
    ID,
    TEXT,
    Operation,
    Schema,
    array_of,
    component,
    nullable,
    object_of,
    parameter,
)
from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.fields import Field
from erpstaging.catalogue.payload import Each, Fixed, Nested, Shape, Value, WireType
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.catalogue.resource import Call, Resource

ANY: Schema = {}
NUMBER: Schema = {"type": "number"}
DATE: Schema = {"type": "string", "format": "date"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
MONEY: Schema = {"type": "string", "pattern": r"^-?\d+\.\d{1,4}$"}
BY_TYPE: Mapping[WireType, Schema] = {
    "any": ANY, "int": ID, "string": TEXT, "text": TEXT, "bool": FLAG, "decimal": MONEY, "number": NUMBER,
    "date": DATE, "datetime": MOMENT, "json_text": TEXT, "grouped": TEXT, "midnight": MOMENT, "day": DATE,
}  # fmt: skip
WRITTEN: Mapping[str, Schema] = {
    "integer": {"type": ["integer", "string", "null"]},
    "reference": {"type": ["integer", "string", "null"]},
    "boolean": {"type": ["boolean", "string", "integer", "null"]},
    "number": {"type": ["number", "string", "null"]},
    "money": {"type": ["number", "string", "null"]},
    "integers": {"type": ["array", "null"], "items": {"type": ["integer", "string"]}},
    "date": {"type": ["string", "null"], "format": "date"},
}
ORIGIN: Mapping[str, Schema] = {
    "origin_id": {"type": ["string", "integer", "null"]},
    "origin_code": {"type": ["string", "integer", "null"]},
    "origin_data": ANY,
}
SUMMARIES: Mapping[Call, str] = {
    "list": "List", "show": "Show", "create": "Create", "update": "Change", "delete": "Delete", "sync": "Sync",
    "first": "Show the first of",
}  # fmt: skip


def schema_of(shape: Shape) -> Schema:
    """Every key of a shape; what an object does not have is null."""
    return object_of({key: _source(source) for key, source in shape.items()})


def _source(source: Any) -> Schema:
    match source:
        case Value(type=kind):
            return nullable(BY_TYPE[kind]) if BY_TYPE[kind] else ANY
        case Nested(shape=shape):
            return nullable(schema_of(shape))
        case Each(shape=shape):
            return array_of(schema_of(shape))
        case Fixed(value=value):
            return {"const": value}
    raise TypeError(source)


def written(field: Field) -> Schema:
    """What a write accepts for a field; the service says what is wrong with a value."""
    if field.kind == "choice":
        return {"enum": [*field.choices, None]}
    return WRITTEN.get(field.kind, {"type": ["string", "number", "null"]})


def body_of(entity: Entity) -> Schema:
    own = {field.name: written(field) for field in entity.fields}
    named = {name: own[field] for name, field in entity.write_names.items() if field in own}
    return object_of({**own, **named, **ORIGIN}, required=[])


def operations_of(resource: Resource, methods: Mapping[str, str]) -> dict[str, Operation]:
    """An operation per HTTP method of one address."""
    return {method.upper(): _operation(resource, call) for method, call in methods.items()}  # type: ignore[arg-type]


def query_of(resource: Resource, call: Call, path: str) -> list[Schema]:
    """The parameters of one call: what it is about, where the path and the body do not say, and the view."""
    in_query = call in {"list", "first", "show", "delete"}
    scopes = [
        parameter(
            scope.name,
            "query",
            ID,
            "What the call is about" if in_query else "What the call is about, unless the body says it",
            required=in_query and ("list" if call == "first" else call) in scope.required,
        )
        for scope in resource.scopes
        if f"{{{scope.name}}}" not in path
    ]
    offered = list((resource.list_views if call == "list" else {}) or resource.views)
    if len(offered) == 1:
        return scopes
    described = f"Which fields are shown; {offered[0]} where it says nothing. Another word for it: serializer_view"
    return [*scopes, parameter("view", "query", {"type": "string", "enum": offered}, described)]


def _operation(resource: Resource, call: Call) -> Operation:
    holder = resource.holder.item_type if resource.holder else None
    entity = ENTITIES[resource.item_types[0]].under(holder)
    plural = (f"{entity.plural} of {ENTITIES[holder].plural}" if holder else entity.plural).lower()
    listed = call == "list"
    shape = schema_of(resource.shape(None, listed=listed))
    name = resource.path.replace("<id:", "").replace(">", "").replace("/", "_")
    answer = component(
        f"{name}_{'row' if listed and resource.list_views else 'object'}", _views(resource, shape, listed)
    )
    scopes: dict[str, Schema] = {scope.name: ID for scope in resource.scopes}
    summary = f"{SUMMARIES[call]} {plural}"
    match call:
        case "list":
            return Operation(summary, array_of(answer), paged=True)
        case "show" | "first":
            return Operation(summary, answer)
        case "create":
            body = object_of({**scopes, resource.wrapper: body_of(entity)}, required=[resource.wrapper])
            return Operation(summary, answer, status=201, body=body)
        case "update":
            body = object_of({**scopes, resource.wrapper: body_of(entity)}, required=[resource.wrapper])
            return Operation(summary, answer, body=body)
        case "delete":
            return Operation(summary, answer if resource.delete_status == 200 else {}, status=resource.delete_status)
        case "sync":
            updates = array_of(object_of({"id": ID, **body_of(entity)["properties"]}, required=[]))
            body = object_of({**scopes, "updates": updates}, required=["updates"])
            both: Schema = {"anyOf": [body, updates]} if resource.bare_sync else body
            outcome = {"entities": array_of(answer), "errors": array_of({"type": "object"})}
            return Operation(summary, object_of(outcome), body=both)


def _views(resource: Resource, first: Schema, listed: bool) -> Schema:
    """One of the shapes that the parameter `view` chooses from."""
    offered = (resource.list_views or resource.views) if listed else resource.views
    if len(offered) == 1:
        return first
    return {"anyOf": [schema_of(shape) for shape in offered.values()]}
