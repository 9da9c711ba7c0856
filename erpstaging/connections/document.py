"""Checking a metadata document before it is stored; a bad one is refused with the path of each fault."""

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator

from erpstaging.catalogue.names import METADATA_NAMES
from erpstaging.connections.faults import faults_of
from erpstaging.connections.validation import CHECKS
from erpstaging.core.documents import plain
from erpstaging.core.errors import Invalid

_LENGTH_RULES = ("max_length", "max_line_length", "max_length_decimal", "max_length_units")
_SWITCH = {"type": "object", "properties": {"enabled": {"type": "boolean"}}}
_COLUMN = {"type": "object", "properties": {"enabled": {"type": "boolean"}, "text": {"type": "string"}}}
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
                        "forecast_amounts": _SWITCH,
                        "custom_fields": _CUSTOM_FIELDS,
                    },
                },
                "import": {
                    "type": "object",
                    "properties": {
                        "enabled": {"type": "boolean"},
                        "create": _SWITCH,
                        "update": _SWITCH,
                        "minimum_sync_version": {"type": "string", "maxLength": 40},
                    },
                },
                "contract_item_delimiter": {"type": "object", "properties": {"text": {"type": "string"}}},
                "contract_item_format": {"type": "object", "properties": {"text": {"type": "string"}}},
            },
            "additionalProperties": _SWITCH,
        },
        "tab": {
            "type": "object",
            "properties": {
                "enabled": {"type": "boolean"},
                "columns": {"type": "object", "additionalProperties": _COLUMN},
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
        "configurations": {
            "type": "object",
            "properties": {
                "features": {"type": "object", "additionalProperties": _SWITCH},
                "settings": {
                    "type": "object",
                    "properties": {"cost_codes_segment_delimiter": {"type": "string", "maxLength": 10}},
                },
            },
        },
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
    faults = faults_of(_validator, tree, root="settings")
    faults += _key_faults(tree)
    if faults:
        raise Invalid(faults[0], errors={"metadata": faults})
    stored = plain(dict(document))
    return stored if "settings" in stored else {"settings": stored}


def warnings_of(document: Any) -> list[str]:
    """What a stored document says that nothing here reads: names of entities and checks that we do not know."""
    tree = document.get("settings", document) if isinstance(document, Mapping) else {}
    return [
        f"settings.entities.{path}: {said}"
        for name, entity in _items(tree.get("entities"))
        for path, said in _warnings(name, entity)
    ]


def _warnings(name: str, entity: Any) -> Iterator[tuple[str, str]]:
    if name not in METADATA_NAMES:
        yield name, "this entity is unknown and does nothing"
    rules = _inside(entity, "rules")
    for moment, part in _items(rules):
        for field, declared in _items(_inside(part, "fields")):
            yield from _unknown(f"{name}.rules.{moment}.fields.{field}", declared)
    inputs = _inside(_inside(_inside(entity, "configs"), "export"), "custom_fields")
    for place, one in enumerate(inputs if isinstance(inputs, list) else ()):
        yield from _unknown(f"{name}.configs.export.custom_fields[{place}].rules", _inside(one, "rules"))


def _unknown(path: str, declared: Any) -> Iterator[tuple[str, str]]:
    for check, _ in _items(_inside(declared, "validation")):
        if check not in CHECKS:
            yield f"{path}.validation.{check}", "this check is unknown and never runs"


def _inside(tree: Any, name: str) -> Any:
    return tree.get(name) if isinstance(tree, Mapping) else None


def _items(tree: Any) -> list[tuple[str, Any]]:
    return list(tree.items()) if isinstance(tree, Mapping) else []


def _key_faults(tree: Any) -> Iterator[str]:
    for name, entity in _items(_inside(tree, "entities")):
        inputs = _inside(_inside(_inside(entity, "configs"), "export"), "custom_fields")
        keys = [_inside(one, "key") for one in (inputs if isinstance(inputs, list) else ())]
        path = f"settings.entities.{name}.configs.export.custom_fields"
        for key in sorted({key for key in keys if isinstance(key, str) and keys.count(key) > 1}):
            yield f"{path}: the key {key} stands there twice"
        if "code" in keys:
            yield f"{path}: the key code is kept for the display code"
