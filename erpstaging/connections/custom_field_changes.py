"""Adding, changing and removing a company's own fields, one at a time or to what a list says."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from erpstaging.audit import log as audit
from erpstaging.catalogue.entity import CUSTOM
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.connections.custom_fields import SAID, custom_fields_of, said_of
from erpstaging.connections.models import CustomField, DataType
from erpstaging.core.errors import Invalid, NotFound
from erpstaging.core.locks import lock

MAX_FIELDS, MAX_CHOICES, MAX_LABEL, MAX_CHOICE = 100, 200, 120, 255
KEY = re.compile(r"[a-z][a-z0-9_]{0,59}", re.ASCII)
CHANGEABLE = ("label", "choices", "required", "position", "active")


def add_custom_field(company_id: int, values: Mapping[str, Any], *, actor: Actor) -> CustomField:
    """Add a field, or bring a removed one of the same key and type back.

    `values` are {"item_type", "key", "label", "data_type", "choices", "required", "position"}. Raises Invalid.
    """
    made = CustomField(company_id=company_id, item_type=_item_type(values), key=str(values.get("key") or ""))
    made.data_type = str(values.get("data_type") or "")
    errors = _identity_errors(made) | _set(made, {**_last_place(company_id, made), **values})
    errors |= _choice_errors(made)
    if errors:
        raise _refusal(errors)
    if CustomField.objects.of(company_id).filter(item_type=made.item_type, active=True).count() >= MAX_FIELDS:
        raise Invalid.field("item_type", f"has {MAX_FIELDS} fields of your own already")
    removed = lock(CustomField.objects.of(company_id).filter(item_type=made.item_type, key=made.key))
    if removed:
        return _bring_back(company_id, removed[0], made, actor)
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError as exc:  # a parallel call was faster
        raise Invalid.field("key", "is taken", code="taken") from exc
    _tell(company_id, actor, made, "added", None)
    return made


def change_custom_field(company_id: int, field_id: int, values: Mapping[str, Any], *, actor: Actor) -> CustomField:
    """Change label, choices, required, position or active; key and type stay. Raises NotFound, Invalid."""
    field = _locked(company_id, field_id)
    before = said_of(field)
    fixed = [name for name in ("item_type", "key", "data_type") if name in values and values[name] != before[name]]
    errors = {name: ["cannot be changed; remove the field and add another"] for name in fixed}
    errors |= _set(field, values) | _choice_errors(field)
    if errors:
        raise _refusal(errors)
    if said_of(field) != before:
        field.updated_at = timezone.now()
        field.save()
        _tell(company_id, actor, field, "changed", before)
    return field


def remove_custom_field(company_id: int, field_id: int, *, actor: Actor) -> CustomField:
    """Take a field out of sight; its values stay. Raises NotFound."""
    return change_custom_field(company_id, field_id, {"active": False}, actor=actor)


def _bring_back(company_id: int, standing: CustomField, made: CustomField, actor: Actor) -> CustomField:
    if standing.active or standing.data_type != made.data_type:
        what = "is taken" if standing.active else f"was a {standing.data_type} field, and its values stay"
        raise Invalid.field("key", what, code="taken")
    before = said_of(standing)
    for name in CHANGEABLE:
        setattr(standing, name, getattr(made, name))
    standing.active, standing.updated_at = True, timezone.now()
    standing.save()
    _tell(company_id, actor, standing, "changed", before)
    return standing


def _locked(company_id: int, field_id: int) -> CustomField:
    rows: list[CustomField] = lock(CustomField.objects.of(company_id).filter(pk=field_id))
    if not rows:
        raise NotFound()
    return rows[0]


def _item_type(values: Mapping[str, Any]) -> str:
    item_type = values.get("item_type")
    if not isinstance(item_type, str) or item_type not in ENTITIES:
        raise Invalid.field("item_type", f"must be one of {', '.join(ENTITIES)}")
    return item_type


def _last_place(company_id: int, made: CustomField) -> dict[str, Any]:
    rows = CustomField.objects.of(company_id).filter(item_type=made.item_type)
    last = rows.order_by("-position").values_list("position", flat=True).first()
    return {"position": 1 if last is None else last + 1, "label": made.key}


def _identity_errors(made: CustomField) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    entity = ENTITIES[made.item_type]
    if not KEY.fullmatch(made.key):
        errors["key"] = ["must begin with a letter and hold small letters, digits and _ only (at most 60)"]
    elif any(made.key in one.by_name or made.key in one.origin_fields for one in (entity, *entity.variants.values())):
        errors["key"] = [f"is a field of every {entity.label.lower()} already"]
    elif made.key in RESERVED:
        errors["key"] = ["is the name of another value of every object"]
    if made.data_type not in DataType.values:
        errors["data_type"] = [f"must be one of {', '.join(DataType.values)}"]
    return errors


# Names that rules, lines and answers use for something else.
RESERVED = frozenset({"id", "code", "origin_code", "origin_id", "origin_data", "version", "line_items", CUSTOM})


def _set(field: CustomField, values: Mapping[str, Any]) -> dict[str, list[str]]:
    """Take over what may change; what is wrong with it, by name."""
    errors: dict[str, list[str]] = {}
    for name in CHANGEABLE:
        if name not in values:
            continue
        try:
            setattr(field, name, READERS[name](values[name]))
        except ValueError as exc:
            errors[name] = [str(exc)]
    return errors


def _choice_errors(field: CustomField) -> dict[str, list[str]]:
    if field.data_type == DataType.CHOICE and not field.choices:
        return {"choices": ["can't be blank"]}
    if field.data_type != DataType.CHOICE and field.choices:
        return {"choices": ["belong to a field of type choice"]}
    return {}


def _refusal(errors: dict[str, list[str]]) -> Invalid:
    name, texts = next(iter(errors.items()))
    return Invalid(f"{name} {texts[0]}", errors=errors)


def _label(value: Any) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not text or len(text) > MAX_LABEL or "\0" in text:
        raise ValueError(f"must be text of 1 to {MAX_LABEL} characters")
    return text


def _choices(value: Any) -> list[str]:
    if not isinstance(value, (list, tuple)) or len(value) > MAX_CHOICES:
        raise ValueError(f"must be a list of at most {MAX_CHOICES} texts")
    if not all(isinstance(one, str) and 0 < len(one) <= MAX_CHOICE and "\0" not in one for one in value):
        raise ValueError(f"must be texts of 1 to {MAX_CHOICE} characters")
    if len(set(value)) != len(value):
        raise ValueError("must differ from each other")
    return list(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _position(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1_000_000:
        raise ValueError("must be a whole number from 0")
    return value


READERS: Mapping[str, Any] = {
    "label": _label, "choices": _choices, "required": _flag, "position": _position, "active": _flag,
}  # fmt: skip


def _tell(company_id: int, actor: Actor, field: CustomField, verb: str, before: dict[str, Any] | None) -> None:
    after = said_of(field)
    if before is not None:
        names = [name for name in SAID if before[name] != after[name]]
        before, after = {name: before[name] for name in names}, {name: after[name] for name in names}
    act = audit.Act(f"custom_field.{verb}", "custom_field", field.pk, before=before, after=after)
    audit.record(company_id, actor, [act])


def put_custom_fields(company_id: int, wanted: Sequence[Mapping[str, Any]], *, actor: Actor) -> None:
    """Bring the company's fields to what a list says; what it does not name is removed.

    Raises Invalid with the place of each fault, such as `custom_fields[2]`.
    """
    standing = {(one.item_type, one.key): one for one in custom_fields_of(company_id, inactive=True)}
    faults: list[str] = []
    named: set[tuple[str, str]] = set()
    for place, values in enumerate(wanted):
        try:
            named.add(_put_one(company_id, standing, values, actor))
        except Invalid as refusal:
            said = [f"{name} {text}" for name, texts in refusal.errors.items() for text in texts]
            faults += [f"custom_fields[{place}]: {text}" for text in said or [refusal.message]]
    if faults:
        raise Invalid(faults[0], errors={"custom_fields": faults})
    for identity, one in standing.items():
        if identity not in named and one.active:
            remove_custom_field(company_id, one.pk, actor=actor)


def _put_one(
    company_id: int, standing: Mapping[tuple[str, str], CustomField], values: Any, actor: Actor
) -> tuple[str, str]:
    if not isinstance(values, Mapping):
        raise Invalid.field("base", "must be an object")
    identity = (str(values.get("item_type")), str(values.get("key")))
    if identity in standing:
        change_custom_field(company_id, standing[identity].pk, values, actor=actor)
        return identity
    made = add_custom_field(company_id, values, actor=actor)
    if values.get("active") is False:
        remove_custom_field(company_id, made.pk, actor=actor)
    return identity
