"""The OpenAPI description, made from what the views declare: an `Operation` per method, filters, rights and paths.

    operations = {"GET": Operation("List the companies", array_of(COMPANY), paged=True)}

Schemas are plain dictionaries (JSON Schema 2020-12), so that declarations of entities can be turned into them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent

Schema = dict[str, Any]

ID: Schema = {"type": "integer", "format": "int64", "minimum": 0, "maximum": 2**63 - 1}
TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
TIME: Schema = {"type": "string", "format": "date-time"}

_components: dict[str, Schema] = {}
_VARIABLE = re.compile(r"\{(\w+)\}")


def component(name: str, schema: Schema) -> Schema:
    """Give a schema a name of its own in the description; returns the reference to it."""
    _components[name] = schema
    return {"$ref": f"#/components/schemas/{name}"}


def object_of(properties: Mapping[str, Schema], *, required: Sequence[str] | None = None) -> Schema:
    """An object; all its properties are required unless some are named."""
    needed = list(properties) if required is None else list(required)
    return {"type": "object", "properties": dict(properties), **({"required": needed} if needed else {})}


def array_of(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


ERROR = component(
    "Error",
    object_of(
        {
            "errors": {"description": "A word, a text, or texts per field", "type": ["string", "object", "array"]},
            "message": TEXT,
            "code": {"type": "string", "description": "Stable; GET /api/errors lists all"},
            "type": TEXT,
            "title": TEXT,
            "detail": TEXT,
            "pointers": array_of(object_of({"pointer": TEXT, "detail": TEXT})),
            "correlation_id": TEXT,
            "docs": {"type": "string", "format": "uri"},
        }
    ),
)


@dataclass(frozen=True, slots=True)
class Operation:
    """What one method of a view takes and answers; `status` is that of success, `2XX` where it depends."""

    summary: str
    answer: Schema
    status: int | str = 200
    body: Schema | None = None
    body_required: bool = True
    paged: bool = False
    # Further media types of the body, such as forms at the token endpoint.
    media_types: tuple[str, ...] = ("application/json",)


def undeclared(view: Any, method: str) -> Operation:
    """True of every method and no more than that, where a view has not said yet what it takes and answers."""
    body = None if method == "GET" else {"type": ["object", "array"]}
    summary = (type(view).__doc__ or type(view).__name__).strip().partition("\n")[0]
    return Operation(summary, {}, status="2XX", body=body, body_required=method in view.needs_body)


class WireSchema(AutoSchema):
    """Describes a view of the wire by its declarations. Old spellings (`/vapid`) are left out: they answer the same."""

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: ComponentRegistry
    ) -> Schema | None:
        view: Any = self.view
        if path.startswith("/vapid"):
            return None
        declared: Operation = view.operations.get(method) or undeclared(view, method)
        _register(registry)
        content = {"application/json": {"schema": declared.answer}}
        answer = {"description": declared.summary, "headers": _answer_headers(declared), "content": content}
        operation: Schema = {
            "operationId": _operation_id(path, method),
            "summary": declared.summary,
            "description": " ".join((type(view).__doc__ or "").split()),
            "tags": [_tag(path)],
            "parameters": [
                *_path_parameters(path),
                *view.described_parameters(path, method, paged=declared.paged),
            ],
            "security": view.described_security(method),
            "responses": {str(declared.status): answer, **_error_answers()},
        }
        if declared.body is not None:
            operation["requestBody"] = {
                "required": declared.body_required,
                "content": {media: {"schema": declared.body} for media in declared.media_types},
            }
        return operation


def parameter(name: str, where: str, schema: Schema, description: str = "", *, required: bool = False) -> Schema:
    return {"name": name, "in": where, "required": required, "schema": schema, "description": description}


PAGING = [
    parameter("page", "query", {"type": "integer", "minimum": 1, "maximum": 999_999_999}, "From 1"),
    parameter("per_page", "query", {"type": "integer", "minimum": 1, "maximum": 999_999_999}, "At most 2000 are given"),
]
IDEMPOTENCY_KEY = parameter(
    "Idempotency-Key", "header", {"type": "string", "maxLength": 255}, "A repeated call is done once, answered alike"
)
COMPANY_HEADER = parameter("Procore-Company-Id", "header", ID, "The company of the call, unless path or query name it")


def _path_parameters(path: str) -> list[Schema]:
    names = _VARIABLE.findall(path)
    return [parameter(name, "path", ID if name.endswith("_id") else TEXT, required=True) for name in names]


def _answer_headers(declared: Operation) -> Schema:
    names = ["X-Request-Id", "X-Correlation-ID", *(["Total", "Per-Page", "Link"] if declared.paged else [])]
    return {name: {"schema": TEXT} for name in names}


def _error_answers() -> Schema:
    """Every other status carries the one error shape; the usual ones are named for readers."""
    named = {"401": "No valid token", "403": "Not permitted", "404": "Not found", "429": "Too many calls"}
    content = {"application/json": {"schema": ERROR}}
    return {status: {"description": text, "content": content} for status, text in named.items()} | {
        "default": {"description": "Refused", "content": content}
    }


def _operation_id(path: str, method: str) -> str:
    words = [word.strip("{}").replace(".", "_").replace("-", "_") for word in path.strip("/").split("/")]
    return "_".join([method.lower(), *words])


def _tag(path: str) -> str:
    """The resource: the first word of the path that is neither prefix nor company."""
    words = re.sub(r"^/(rest/v1\.\d|api/v1|api|oauth)/(companies/\{company_id\}/)?", "", path)
    return "oauth" if path.startswith("/oauth") else words.partition("/")[0]


def _register(registry: ComponentRegistry) -> None:
    resolved: Any = ResolvedComponent
    for kind, parts in ((resolved.SCHEMA, _components), (resolved.SECURITY_SCHEMA, SECURITY)):
        for name, schema in parts.items():
            registry.register_on_missing(resolved(name=name, type=kind, object=name, schema=schema))


SECURITY: dict[str, Schema] = {
    "oauth2": {
        "type": "oauth2",
        "flows": {
            "clientCredentials": {
                "tokenUrl": "/oauth/token",
                "scopes": {"read": "Read", "write": "Change", "erp": "Act as the ERP integration"},
            }
        },
    },
    "session": {"type": "apiKey", "in": "cookie", "name": "sessionid"},
    "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRFToken"},
}
