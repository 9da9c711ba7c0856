"""A company's ERP settings: what its administrators tick, beside the metadata that its integration sends."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from jsonschema import Draft202012Validator

from erpstaging.catalogue.entity import Entity, LockList
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.connections.faults import faults_of
from erpstaging.core.documents import plain
from erpstaging.core.errors import Invalid

LINES = "line_items"
# Values that the ERP writes and that can be locked besides an entity's own fields.
LOCKABLE = frozenset({"origin_code"})
LONGEST_ANSWER_HOURS = 30 * 24
# How long a decision may take where the company says nothing.
DECIDE_WITHIN = timedelta(hours=48)
# Of a runbook for whatever has none of its own.
ANY_CODE = "*"
_LOCK = {
    "type": "object",
    "properties": {
        "fields": {"type": "array", "items": {"type": "string", "maxLength": 100}, "maxItems": 500},
        "whole": {"type": "boolean"},
        "lines": {"type": "boolean"},
        "deletion": {"type": "boolean"},
    },
    "additionalProperties": False,
}
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "job_code_format": {"type": "string", "maxLength": 60},
        "procore_contract_number": {"type": "boolean"},
        "procore_change_order_number": {"type": "boolean"},
        "include_forecast_amounts": {"type": "boolean"},
        "mark_synced_alone": {"type": "boolean"},
        "direct_export": {
            "type": "object",
            "propertyNames": {"enum": list(ENTITIES)},
            "additionalProperties": {"type": "boolean"},
        },
        "reject_codes": {
            "type": "array",
            "maxItems": 100,
            "items": {
                "type": "object",
                "properties": {
                    "code": {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,59}$"},
                    "label": {"type": "string", "minLength": 1, "maxLength": 200},
                },
                "required": ["code", "label"],
                "additionalProperties": False,
            },
        },
        "answer_within_hours": {
            "type": "object",
            "propertyNames": {"enum": list(ENTITIES)},
            "additionalProperties": {"type": "integer", "minimum": 1, "maximum": LONGEST_ANSWER_HOURS},
        },
        "decide_within_hours": {
            "type": "object",
            "propertyNames": {"enum": list(ENTITIES)},
            "additionalProperties": {"type": "integer", "minimum": 1, "maximum": LONGEST_ANSWER_HOURS},
        },
        "runbooks": {
            "type": "object",
            "maxProperties": 100,
            "propertyNames": {"pattern": r"^(\*|[A-Za-z0-9][A-Za-z0-9_.-]{0,59})$"},
            "additionalProperties": {"type": "string", "pattern": r"^https?://[^\s]+$", "maxLength": 500},
        },
        "locks": {
            "type": "object",
            "propertyNames": {"enum": list(ENTITIES)},
            "additionalProperties": _LOCK,
        },
    },
    "additionalProperties": False,
}
_validator = Draft202012Validator(SCHEMA)


@dataclass(frozen=True, slots=True)
class ErpSettings:
    """The settings as they are read; what is not set is off, or the catalogue's default."""

    document: Mapping[str, Any] = field(default_factory=dict)

    def ticked(self, name: str) -> bool:
        return self.document.get(name) is True

    @property
    def job_code_format(self) -> str:
        return str(self.document.get("job_code_format") or "")

    def exports_directly(self, entity: Entity) -> bool:
        return (self.document.get("direct_export") or {}).get(entity.item_type) is True

    @property
    def reject_codes(self) -> dict[str, str]:
        """What each code of a rejection means, in the order of the settings."""
        return {one["code"]: one["label"] for one in self.document.get("reject_codes") or ()}

    @property
    def answer_limits(self) -> dict[str, timedelta]:
        """How long the integrator may take for a request about each type that the company set a limit for."""
        return self._hours("answer_within_hours")

    @property
    def decision_limits(self) -> dict[str, timedelta]:
        """How long a decision on each type may take that the company set a limit for."""
        return self._hours("decide_within_hours")

    def _hours(self, name: str) -> dict[str, timedelta]:
        hours = self.document.get(name) or {}
        return {item_type: timedelta(hours=count) for item_type, count in hours.items()}

    def decision_limit(self, item_type: str) -> timedelta:
        """The same for one type, whether or not the company set one."""
        return self.decision_limits.get(item_type, DECIDE_WITHIN)

    @property
    def runbooks(self) -> dict[str, str]:
        """Where it is written what to do about failures of a code, by code; `*` stands for every other."""
        return dict(self.document.get("runbooks") or {})

    def runbook_of(self, code: str) -> str:
        return self.runbooks.get(code) or self.runbooks.get(ANY_CODE, "")

    def lock_of(self, entity: Entity) -> LockList:
        """The company's lock list of a type: what it says, and the market's default for what it leaves out."""
        own = (self.document.get("locks") or {}).get(entity.item_type)
        if own is None:
            return entity.lock
        names = frozenset(own["fields"]) if "fields" in own else entity.lock.fields
        # A list of fields takes the place of "everything", unless it says otherwise.
        whole = own.get("whole", entity.lock.whole and "fields" not in own)
        return LockList(
            fields=names,
            whole=whole,
            lines=own.get("lines", entity.lock.lines),
            deletion=own.get("deletion", entity.lock.deletion),
        )

    @property
    def locked_types(self) -> frozenset[str]:
        """The types that have a lock list of the company's own."""
        return frozenset(self.document.get("locks") or {})


def checked_settings(document: Any, custom: Mapping[str, Collection[str]]) -> dict[str, Any]:
    """The settings as they are stored. `custom` are the keys of the company's own fields, by item type.

    Raises Invalid with one message per fault, each with its path.
    """
    faults = faults_of(_validator, document, root="erp_settings")
    faults = faults or [*_unknown_fields(document, custom), *_repeated_codes(document)]
    if faults:
        raise Invalid(faults[0], errors={"erp_settings": faults})
    stored: dict[str, Any] = plain(dict(document))
    return stored


def _repeated_codes(document: Mapping[str, Any]) -> Iterator[str]:
    seen: set[str] = set()
    for place, one in enumerate(document.get("reject_codes") or ()):
        if one["code"] in seen:
            yield f"erp_settings.reject_codes[{place}].code: {one['code']!r} stands there already"
        seen.add(one["code"])


def _unknown_fields(document: Mapping[str, Any], custom: Mapping[str, Collection[str]]) -> Iterator[str]:
    for item_type, own in (document.get("locks") or {}).items():
        known = ENTITIES[item_type].by_name.keys() | LOCKABLE | set(custom.get(item_type, ()))
        for place, name in enumerate(own.get("fields", ())):
            if name not in known:
                yield f"erp_settings.locks.{item_type}.fields[{place}]: {name!r} is no field of {item_type}"
