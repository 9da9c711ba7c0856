"""What the public event dictionary says of each event, and what a payload does otherwise.

`event_facts.json` holds it in a form of its own: a payload is an object of types, `[..]` a list of such elements,
`{"*": ..}` an object of free keys, `@name` a shape told once for several events, and `?` a value that was seen as null.
Paths lead from `$`, the request data; `[*]` is every element of a list.

Source: procore/documentation, erp_integration/erp_events_dictionary.md. Where its text asks for the end of a detail and
its example does not show the id (budgets, requisitions), the id is added.
"""

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# A field of an object of ours is never without these; anything else may be unknown.
NEVER_NULL = {"id", "company_id", "request_detail_id"}
DECIMAL = re.compile(r"-?\d+\.\d+")


@dataclass(frozen=True, slots=True)
class Action:
    """One step that the integrator takes; `given` says about what."""

    op: str
    optional: bool
    when: str
    given: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EventFacts:
    """`detail` is the path to the ids of the details, or None where the event has none."""

    request_name: str
    kind: str
    super_user: bool
    actor: str
    detail: str | None
    payload: Any
    actions: tuple[Action, ...]


def _load() -> dict[str, EventFacts]:
    told = json.loads(Path(__file__).with_name("event_facts.json").read_text())
    return {name: _facts(name, one, told["shapes"]) for name, one in told["events"].items()}


def _facts(name: str, one: dict[str, Any], shapes: dict[str, Any]) -> EventFacts:
    actions = tuple(
        Action(step["op"], step.get("optional", False), step["when"], step.get("with", {}))
        for step in one["required_actions"]
    )
    payload = _resolved(one["payload"], shapes)
    return EventFacts(name, one["kind"], one["super_user"], one["actor"], one["detail"], payload, actions)


def _resolved(shape: Any, shapes: dict[str, Any]) -> Any:
    if isinstance(shape, str):
        return _resolved(shapes[shape[1:]], shapes) if shape.startswith("@") else shape
    if isinstance(shape, list):
        return [_resolved(shape[0], shapes)]
    return {key: _resolved(inner, shapes) for key, inner in shape.items()}


FACTS: Mapping[str, EventFacts] = _load()


def at(data: Any, path: str) -> list[Any]:
    """Everything at the end of a path such as `$.requisitions[*].request_detail_id`."""
    found = [data]
    for step in path.removeprefix("$").replace("[*]", ".[*]").split("."):
        if step == "[*]":
            found = [one for values in found for one in values]
        elif step:
            found = [one[step] for one in found if one is not None and step in one]
    return [one for one in found if one is not None]


def deviations(value: Any, shape: Any, place: str = "$") -> list[str]:
    """Where a value is not what the shape says: keys that are missing, keys too many, types that are wrong."""
    return list(_deviations(value, shape, place))


def nulls(value: Any, shape: Any, place: str = "$") -> set[str]:
    """Where a payload has null, and the dictionary showed a value."""
    if isinstance(shape, list):
        return {found for one in value or () for found in nulls(one, shape[0], f"{place}[*]")}
    if isinstance(shape, dict) and isinstance(value, dict):
        named = {key: inner for key, inner in shape.items() if key != "*" and key in value}
        return {found for key, inner in named.items() for found in nulls(value[key], inner, f"{place}.{key}")}
    shown = isinstance(shape, dict) or not str(shape).endswith("?")
    return {place} if value is None and shown else set()


def _deviations(value: Any, shape: Any, place: str) -> Iterator[str]:
    if isinstance(shape, list):
        if not isinstance(value, list):
            yield f"{place} must be a list, is {value!r}"
            return
        for one in value:
            yield from _deviations(one, shape[0], f"{place}[*]")
    elif isinstance(shape, dict):
        yield from _of_object(value, shape, place)
    elif value is None:
        if place.rpartition(".")[2] in NEVER_NULL and not shape.endswith("?"):
            yield f"{place} is null"
    elif not any(TYPES[name](value) for name in shape.removesuffix("?").split("|")):
        yield f"{place} must be {shape}, is {value!r}"


def _of_object(value: Any, shape: dict[str, Any], place: str) -> Iterator[str]:
    if value is None and place != "$" and "*" not in shape:
        return
    if not isinstance(value, dict):
        yield f"{place} must be an object, is {value!r}"
        return
    for key, inner in shape.items():
        if key != "*" and key not in value:
            yield f"{place}.{key} is missing"
        elif key != "*":
            yield from _deviations(value[key], inner, f"{place}.{key}")
    for key in value.keys() - shape.keys():
        if "*" in shape:
            yield from _deviations(value[key], shape["*"], f"{place}.{key}")
        else:
            yield f"{place}.{key} is too much"


def _is_text_for(read: Callable[[str], Any]) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        try:
            return isinstance(value, str) and read(value) is not None
        except ValueError:
            return False

    return check


def _moment(text: str) -> dt.datetime | None:
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None and "T" in text else None


TYPES: Mapping[str, Callable[[Any], bool]] = {
    "any": lambda value: True,
    "object": lambda value: isinstance(value, dict),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "bool": lambda value: isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
    "decimal": lambda value: isinstance(value, str) and DECIMAL.fullmatch(value) is not None,
    "date": _is_text_for(lambda text: dt.date.fromisoformat(text) if len(text) == len("2026-01-31") else None),
    "date_mdy": _is_text_for(lambda text: dt.datetime.strptime(text, "%m/%d/%y")),  # noqa: DTZ007 - a day, no moment
    "datetime": _is_text_for(_moment),
    "json_string": _is_text_for(lambda text: [json.loads(text)]),
}
