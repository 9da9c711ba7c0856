"""Checking a metadata document before it is stored; a bad one is refused with the path of each fault."""

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from erpstaging.core.documents import plain
from erpstaging.core.errors import Invalid

_LENGTH_RULES = ("max_length", "max_line_length", "max_length_decimal", "max_length_units")
_SWITCH = {"type": "object", "properties": {"enabled": {"type": "boolean"}}}
_LENGTH_RULE = {
    "type": "object",
    "properties": {"enabled": {"type": "boolean"}, "length": {"type": "integer", "minimum": 1}},
    "if": {"properties": {"enabled": {"const": True}}, "required": ["enabled"]},
    "then": {"required": ["length"]},
}
_VALIDATION = {
    "type": "object",
    "properties": {name: _LENGTH_RULE for name in _LENGTH_RULES},
    "additionalProperties": _SWITCH,
}
_FIELDS = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "properties": {"enabled": {"type": "boolean"}, "validation": _VALIDATION},
    },
}
_CUSTOM_FIELDS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["key"],
        "properties": {
            "key": {"type": "string", "minLength": 1, "maxLength": 100},
            "label": {"type": "string"},
            "type": {"enum": ["date", "string"]},
            "rules": {"type": "object", "properties": {"validation": _VALIDATION}},
        },
    },
}
_ENTITY = {
    "type": "object",
    "properties": {
        "enabled": {"type": "boolean"},
        "configs": {
            "type": "object",
            "properties": {
                "export": {
                    "type": "object",
                    "properties": {
                        "enabled": {"type": "boolean"},
                        "create": _SWITCH,
                        "update": _SWITCH,
                        "custom_fields": _CUSTOM_FIELDS,
                    },
                },
            },
            "additionalProperties": _SWITCH,
        },
        "tab": {
            "type": "object",
            "properties": {
                "enabled": {"type": "boolean"},
                "columns": {"type": "object", "additionalProperties": _SWITCH},
            },
        },
        "rules": {
            "type": "object",
            "properties": {
                "save": {"type": "object", "properties": {"fields": _FIELDS}},
                "export": {
                    "type": "object",
                    "properties": {
                        "fields": _FIELDS,
                        "warning_message": {
                            "type": "object",
                            "properties": {"enabled": {"type": "boolean"}, "message": {"type": "string"}},
                        },
                    },
                },
            },
        },
    },
}
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "labels": {"type": "object", "additionalProperties": {"type": "string", "maxLength": 200}},
        "configurations": {"type": "object"},
        "entities": {"type": "object", "additionalProperties": _ENTITY},
    },
}
_validator = Draft202012Validator(SCHEMA)


def checked(document: Any) -> dict[str, Any]:
    """The document as it is stored, `{"settings": {...}}`; it may come without that outer key.

    Raises Invalid with one message per fault, each with its path.
    """
    if not isinstance(document, Mapping) or not ({"settings", "entities"} & document.keys()):
        raise Invalid.field("metadata", "must be an object with the key settings or entities")
    tree = document.get("settings", document)
    faults = [
        _say(error) for error in sorted(_validator.iter_errors(tree), key=lambda error: list(map(str, error.path)))
    ]
    faults += list(_key_faults(tree)) if not faults else []
    if faults:
        raise Invalid(faults[0], errors={"metadata": faults})
    stored = plain(dict(document))
    return stored if "settings" in stored else {"settings": stored}


def _say(error: ValidationError) -> str:
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in ("settings", *error.path))
    return f"{path.lstrip('.')}: {error.message}"[:500]


def _key_faults(tree: Any) -> Iterator[str]:
    for name, entity in (tree.get("entities") or {}).items():
        keys = [one["key"] for one in entity.get("configs", {}).get("export", {}).get("custom_fields") or ()]
        path = f"settings.entities.{name}.configs.export.custom_fields"
        for key in sorted({key for key in keys if keys.count(key) > 1}):
            yield f"{path}: the key {key} stands there twice"
        if "code" in keys:
            yield f"{path}: the key code is kept for the display code"
