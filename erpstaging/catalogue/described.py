"""The catalogue as a page for readers; `make docs` writes it to docs/entities.md."""

import dataclasses
import sys
from collections.abc import Iterable, Iterator, Sequence

from erpstaging.catalogue.entity import Entity, Support
from erpstaging.catalogue.fields import INT64, Field
from erpstaging.catalogue.mirrored import RESOURCES
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.core.money import MAX_PLACES, MAX_WHOLE_DIGITS

HEAD = """# Entities

Every kind of object that the service knows. `make docs` writes this page from the
[catalogue](../erpstaging/catalogue/entities), and a test holds it equal to it.

"Asked" says when a value has to be there: `always`, or `import` when a staged record is imported. "Staged as" names
the key of a staged record's data; a reference can be given there by the origin ID of what it means. A locked field is
closed to people while the object is linked to the ERP.
"""
ACTS = {
    "imported": "import",
    "exported": "export",
    "reexported": "export again",
    "synced_staged": "sync by staging",
    "synced_direct": "sync directly",
    "linked": "link",
    "merged": "merge",
    "unlinked": "unlink",
    "reset": "reset",
    "deleted": "delete",
}
DECIMAL = f"{MAX_WHOLE_DIGITS} digits and {MAX_PLACES} decimals"
KINDS = {"long_text": "text", "integers": "list of ids", "moment": "time with offset", "reference": "id"}


def entities_page() -> str:
    """The whole page in Markdown."""
    return "\n".join([HEAD, *(line for entity in ENTITIES.values() for line in _entity(entity))])


def _entity(entity: Entity) -> Iterator[str]:
    yield f"## {entity.label}\n"
    yield from (f"- {name}: {said}" for name, said in _facts(entity) if said)
    yield from _table(entity.fields, entity)
    for parent, variant in entity.variants.items():
        yield f"\n### {entity.label} of `{parent}`\n"
        known = dict(_facts(entity))
        yield from (f"- {name}: {said}" for name, said in _facts(variant) if said and said != known.get(name))
        yield from _table([field for field in variant.fields if field not in entity.fields], variant)
    yield ""


def _facts(entity: Entity) -> Iterator[tuple[str, str]]:
    yield "Item type", f"`{entity.item_type}`"
    yield "In the ERP interface", _code(entity.key)
    yield "In external data", _code(entity.external_item_type)
    yield "In the metadata", _code(entity.metadata_name)
    yield "Level", entity.level.value
    yield "Stands under", _listed(entity.parents)
    yield "Lines", _code(entity.line_type)
    yield "Staged", "yes" if entity.staged else ""
    yield "Addresses", _listed(_addresses(entity))
    yield "Webhook resource", entity.webhook_resource or ""
    yield "Asks the integrator", _listed(_requests(entity))
    yield "Supports", _supports(entity)
    switches = {name: switch for name, switch in entity.supports.switches.items() if name not in ACTS}
    yield "Switched by", ", ".join(f"{name} (`{switch}`)" for name, switch in switches.items())
    yield "Needs for export", _listed(entity.prerequisites)
    yield "No two with the same", _listed(entity.unique_within)
    yield "Amount", f"`{entity.amount_field}`" + _sum(entity) if entity.amount_field else ""
    yield "Written by", "the ERP integration alone" if entity.kept_by_erp else ""
    yield "Locked when linked", _lock(entity)


def _addresses(entity: Entity) -> list[str]:
    if entity.is_child:
        served = [one for one in RESOURCES if one.holder and one.holder.item_type in entity.parents]
    else:
        served = [one for one in RESOURCES if one.holder is None]
    paths = {one.path for one in served if entity.item_type in one.item_types}
    return [f"/rest/v1.0/{path}".replace("<id:", "{").replace(">", "}") for path in sorted(paths)]


def _requests(entity: Entity) -> tuple[str, ...]:
    events = entity.events
    named = dict.fromkeys(getattr(events, declared.name) for declared in dataclasses.fields(events))
    return tuple(one for one in named if one)


def _supports(entity: Entity) -> str:
    said = []
    for name, act in ACTS.items():
        support = getattr(entity.supports, name)
        if not support:
            continue
        limits = [support.value] if support is not Support.YES else []
        limits += [f"`{entity.supports.switches[name]}`"] if name in entity.supports.switches else []
        said.append(f"{act} ({', '.join(limits)})" if limits else act)
    return ", ".join(said)


def _sum(entity: Entity) -> str:
    if entity.summed:
        return f", the sum of {_listed(entity.summed)}"
    calculation = entity.calculation
    return f", quantity x unit cost where `{calculation.field}` is `{calculation.calculated}`" if calculation else ""


def _lock(entity: Entity) -> str:
    lock = entity.lock
    parts = ["the whole object"] if lock.whole else [f"`{name}`" for name in sorted(lock.fields)]
    return ", ".join([*parts, *(["its lines"] if lock.lines else []), *(["deletion"] if lock.deletion else [])])


def _table(fields: Sequence[Field], entity: Entity) -> Iterator[str]:
    if not fields:
        return
    yield "\n| Field | Type | Limit | Asked | Staged as | Locked |\n| --- | --- | --- | --- | --- | --- |"
    for field in fields:
        cells = (f"`{field.name}`", _type(field), _limit(field), _asked(field), _staged_as(field, entity),
                 "yes" if entity.lock.closes(field.name) else "")  # fmt: skip
        yield f"| {' | '.join(cells)} |"


def _type(field: Field) -> str:
    kind = KINDS.get(field.kind, field.kind)
    return f"{kind} of {_listed(field.targets)}" if field.kind == "reference" else kind


def _limit(field: Field) -> str:
    match field.kind:
        case "text" | "long_text":
            return f"{field.max_length:,} characters"
        case "choice":
            return _listed(field.choices)
        case "money" | "number":
            return DECIMAL
        case "integer" if (field.smallest, field.largest) != (-INT64, INT64 - 1):
            return f"{field.smallest} to {field.largest}" if field.largest < INT64 - 1 else f"{field.smallest} or more"
    return ""


def _asked(field: Field) -> str:
    said = (("always", field.required), ("import", field.required_at_import))
    return ", ".join(word for word, applies in said if applies)


def _staged_as(field: Field, entity: Entity) -> str:
    if not entity.staged or not field.staged:
        return ""
    return _listed(filter(None, (field.name, field.origin_field)))


def _code(word: str | None) -> str:
    return f"`{word}`" if word else ""


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


if __name__ == "__main__":
    sys.stdout.write(entities_page())
