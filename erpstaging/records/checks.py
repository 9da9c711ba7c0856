"""Checking values before they are stored: the entity's declaration, references, and the company's save rules."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from erpstaging.catalogue.entity import CUSTOM, Entity, clean_data, merged_data
from erpstaging.catalogue.fields import INT64, PLAIN_INTEGER
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.connections.metadata import Metadata
from erpstaging.core.errors import Invalid
from erpstaging.records.models import Record

Errors = dict[str, list[str]]


class References:
    """What many rows refer to, loaded with one query: types and projects. `rows` are (entity, data) pairs."""

    def __init__(self, company_id: int, rows: Iterable[tuple[Entity, Mapping[str, Any]]]) -> None:
        rows = list(rows)
        ids = {data[one.name] for entity, data in rows for one in entity.references if _is_id(data.get(one.name))}
        self.company_id, self.cost_codes = company_id, cost_code_ids(rows)
        found = Record.objects.of(company_id).filter(pk__in=ids, deleted_at=None)
        rows_found = list(found.values_list("pk", "item_type", "project_id")) if ids else []
        self.types: dict[int, str] = {pk: item_type for pk, item_type, _ in rows_found}
        self.projects: dict[int, int | None] = {pk: project_id for pk, _, project_id in rows_found}

    def errors(self, entity: Entity, data: Mapping[str, Any], *, project_id: int | None = None) -> Errors:
        """References to nothing, to something of another type or, where a project is given, of another project.

        Types that are no objects here are passed over.
        """
        missing = {
            field.name: [f"{data[field.name]} does not exist"]
            for field in entity.references
            if data.get(field.name) is not None
            and ENTITIES.keys() & set(field.targets)
            and self.types.get(data[field.name]) not in field.targets_of(data)
        }
        return {**self.foreign(entity, data, project_id), **missing}

    def foreign(self, entity: Entity, data: Mapping[str, Any], project_id: int | None) -> Errors:
        """References to something of another project than this."""
        return {
            field.name: [f"{data[field.name]} belongs to another project"]
            for field in entity.references
            if project_id is not None
            and data.get(field.name) is not None
            and self.projects.get(data[field.name]) not in {None, project_id}
        }

    @cached_property
    def divisions(self) -> frozenset[int]:
        """Which of the cost codes that the rows name have codes below them."""
        return divisions_among(self.company_id, self.cost_codes)


def cost_code_ids(rows: Iterable[tuple[Entity, Mapping[str, Any]]]) -> set[int]:
    """Every cost code that the rows name."""
    return {
        data[one.name]
        for entity, data in rows
        for one in entity.references
        if "cost_code" in one.targets and _is_id(data.get(one.name))
    }


def divisions_among(company_id: int, cost_codes: Iterable[int]) -> frozenset[int]:
    """The cost codes among these that have codes below them, with one query."""
    ids = sorted(cost_codes)
    if not ids:
        return frozenset()
    codes = Record.objects.of(company_id).filter(item_type="cost_code", deleted_at=None)
    projects = Record.objects.of(company_id).filter(pk__in=ids).values("project_id")
    below = codes.filter(project_id__in=projects, data__parent_id__in=ids)
    return frozenset(below.values_list("data__parent_id", flat=True).distinct())


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < INT64


def reference_ids(entity: Entity, data: Mapping[str, Any]) -> dict[str, Any]:
    """The data with references that came as decimal strings as numbers; a form sends nothing else."""
    names = {field.name for field in entity.references}
    return {
        name: int(value) if name in names and isinstance(value, str) and PLAIN_INTEGER.fullmatch(value) else value
        for name, value in data.items()
    }


def checked(
    entity: Entity,
    metadata: Metadata,
    references: References,
    data: Mapping[str, Any],
    actor: Actor,
    *,
    current: Mapping[str, Any] | None,
    project_id: int | None = None,
) -> tuple[dict[str, Any], Errors]:
    """The values to store, and everything that is wrong with them. `current` is None for a new object.

    `project_id` is where a line stands; other objects name their project themselves.
    """
    cleaned, errors = clean_data(entity, data, frozenset(entity.by_name))
    merged = merged_data(current or {}, cleaned)
    came = cleaned.keys() | (cleaned.get(CUSTOM) or {}).keys()
    for field in (*entity.fields, *entity.custom):
        asked = current is None or field.name in came
        if field.required and asked and field.name not in errors and entity.value_of(field.name, merged) in (None, ""):
            errors[field.name] = ["can't be blank"]
    if CUSTOM in cleaned:
        cleaned[CUSTOM] = merged[CUSTOM]
    moved = {name: value for name, value in cleaned.items() if (current or {}).get(name) != value}
    elsewhere = references.foreign(entity, moved, project_id or merged.get("project_id"))
    for name, texts in {**elsewhere, **references.errors(entity, cleaned)}.items():
        errors.setdefault(name, []).extend(texts)
    rules = metadata.of(entity)
    if rules is not None and not actor.is_integration:
        divisions = references.divisions if rules.looks_for_divisions else ()
        for name, texts in rules.save_failures(rule_values(merged), entity.labels, divisions).items():
            errors.setdefault(name, []).extend(texts)
    return cleaned, errors


def changed_names(current: Mapping[str, Any], changed: Mapping[str, Any]) -> list[str]:
    """What changes, each of the company's own fields by its own name."""
    own, standing = changed.get(CUSTOM) or {}, current.get(CUSTOM) or {}
    return [
        *(name for name in changed if name != CUSTOM),
        *(name for name, value in own.items() if value != standing.get(name)),
    ]


def refuse(entity: Entity, errors: Errors) -> None:
    """Raises Invalid when there is anything to say."""
    if errors:
        name, texts = next(iter(errors.items()))
        text = texts[0]
        label = entity.labels.get(name, name)
        raise Invalid(text if text[:1].isupper() else f"{label} {text}", errors=errors)


def rule_values(data: Mapping[str, Any]) -> dict[str, Any]:
    """Values under the names that metadata rules use: a reference or a field of the company's own by its bare name, an
    amount as the total."""
    named = {**(data.get(CUSTOM) or {}), **data}
    named |= {name.removesuffix("_id"): value for name, value in data.items() if name.endswith("_id")}
    if "amount" in data:
        named["total_amount"] = data["amount"]
    return named
