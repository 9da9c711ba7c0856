"""Elements of a staging call: what the integrator sent, read and checked before any row is touched."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from erpstaging.catalogue.entity import Entity, Level, clean_data, clean_origin_code, clean_origin_id
from erpstaging.catalogue.fields import INT64, PLAIN_INTEGER
from erpstaging.catalogue.registry import STAGED
from erpstaging.companies.actors import Actor
from erpstaging.connections.metadata import Metadata
from erpstaging.staging.models import StagedRecord, StagedStatus

Errors = dict[str, list[str]]
Kinds = Mapping[str, tuple[Entity, Errors]]  # each kind as the company has it, and why it cannot be staged
ORIGIN_KEYS = {
    "origin_id": clean_origin_id,
    "origin_code": clean_origin_code,
    "parent_origin_id": clean_origin_id,
}


@dataclass(slots=True)
class Element:
    """One staged object of a call; `children` are the elements nested in it."""

    sent: Any
    place: str = ""  # a JSON pointer below what the call is about, such as /updates/3/children/0
    entity: Entity | None = None
    id: int | None = None
    origin_id: str | None = None
    origin_code: str | None = None
    status: StagedStatus | None = None
    data: dict[str, Any] = field(default_factory=dict)
    parent: "Element | None" = None
    parent_id: int | None = None
    parent_origin_id: str | None = None
    origin_version: int | None = None
    children: "list[Element]" = field(default_factory=list)
    errors: Errors = field(default_factory=dict)
    row: StagedRecord | None = None
    # An older version than the one that stands: kept in the history, and nothing else.
    superseded: bool = False
    # A plain create: a row that stands already is not to be touched.
    must_be_new: bool = False

    @property
    def key(self) -> tuple[str, str] | None:
        return (self.entity.item_type, self.origin_id) if self.entity and self.origin_id else None

    @property
    def is_child(self) -> bool:
        return self.entity is not None and self.entity.is_child

    def refuse(self, name: str, text: str) -> None:
        self.errors.setdefault(name, []).append(text)

    def sent_key(self, name: str) -> bool:
        return isinstance(self.sent, Mapping) and name in self.sent


def read_elements(updates: Sequence[Any], metadata: Metadata, actor: Actor) -> list[Element]:
    """Every element of a call with many in its order, each with what is wrong with it on its own."""
    kinds = _kinds(metadata, actor)
    return [_read(sent, f"/updates/{number}", kinds, parent=None) for number, sent in enumerate(updates)]


def read_element(sent: Any, metadata: Metadata, actor: Actor) -> Element:
    """The element of a call that is about one object."""
    return _read(sent, "", _kinds(metadata, actor), parent=None)


def _kinds(metadata: Metadata, actor: Actor) -> Kinds:
    return {one: (metadata.entity(entity), closed_type(entity, metadata, actor)) for one, entity in STAGED.items()}


def flat(elements: Sequence[Element]) -> Iterator[Element]:
    """Parents before their children, in request order."""
    for element in elements:
        yield element
        yield from element.children


def _read(sent: Any, place: str, kinds: Kinds, parent: Element | None) -> Element:
    element = Element(sent, place, parent=parent)
    if not isinstance(sent, Mapping):
        element.refuse("base", "must be an object")
        return element
    element.entity = _entity(sent.get("item_type"), element, kinds)
    _read_identity(sent, element)
    _read_status(sent, element)
    _read_data(sent, element)
    _read_children(sent, element, kinds)
    return element


def _entity(item_type: Any, element: Element, kinds: Kinds) -> Entity | None:
    entity = STAGED.get(item_type) if isinstance(item_type, str) else None
    if entity is None:
        # An update by id may leave the type out; the row knows it.
        if item_type is not None or not element.sent_key("id"):
            element.refuse("item_type", f"must be one of {', '.join(STAGED)}")
        return None
    known, reasons = kinds[entity.item_type]
    for name, texts in reasons.items():
        element.errors[name] = [*texts]
    return known


def closed_type(entity: Entity, metadata: Metadata, actor: Actor) -> Errors:
    """Why objects of this type cannot be staged: the company has them switched off, or the account may not."""
    texts = [f"{entity.plural} are switched off for this company"] if not metadata.is_on(entity) else []
    if actor.item_types is not None and entity.item_type not in actor.item_types:
        texts.append(f"this account may not stage {entity.plural.lower()}")
    return {"item_type": texts} if texts else {}


def _read_identity(sent: Mapping[str, Any], element: Element) -> None:
    for name in ("id", "parent_id"):
        value = sent.get(name)
        if value is None:
            continue
        if isinstance(value, str) and PLAIN_INTEGER.fullmatch(value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < INT64:
            element.refuse(name, "must be an id")
        else:
            setattr(element, name, value)
    for name, clean in ORIGIN_KEYS.items():
        try:
            setattr(element, name, clean(sent.get(name)))
        except ValueError as exc:
            element.refuse(name, str(exc))
    if element.origin_id is None and element.id is None and "origin_id" not in element.errors:
        element.refuse("origin_id", "can't be blank")
    version = sent.get("origin_version")
    if version is not None:
        if isinstance(version, bool) or not isinstance(version, int) or not 0 <= version < INT64:
            element.refuse("origin_version", "must be a whole number")
        else:
            element.origin_version = version


def _read_status(sent: Mapping[str, Any], element: Element) -> None:
    status = sent.get("status")
    if status is None:
        return
    try:
        element.status = StagedStatus(status)
    except ValueError:
        element.refuse("status", f"must be one of {', '.join(StagedStatus.values)}")


def _read_data(sent: Mapping[str, Any], element: Element) -> None:
    data = sent.get("data")
    if data is None:
        return
    if not isinstance(data, Mapping):
        element.refuse("data", "must be an object")
        return
    if element.entity is None:
        element.data = dict(data)  # checked once the row has told its type
        return
    check_data(element, data)


def check_data(element: Element, data: Mapping[str, Any]) -> None:
    """Clean the values by the entity's declaration. Keys that stand on both levels are named `data.<key>`."""
    entity = element.entity
    if entity is None:
        return
    element.data, errors = clean_data(entity, data, entity.staged_names)
    for name, texts in errors.items():
        element.errors.setdefault(f"data.{name}" if name in {"status", "origin_id"} else name, []).extend(texts)


def _read_children(sent: Mapping[str, Any], element: Element, kinds: Kinds) -> None:
    children = sent.get("children")
    if children is None:
        return
    if element.parent is not None:
        element.refuse("children", "a child has no children of its own")
    elif not isinstance(children, list):
        element.refuse("children", "must be a list")
    elif len(children) > settings.MAX_CHILDREN:
        element.refuse("children", f"has more than {settings.MAX_CHILDREN} elements")
    else:
        element.children = [
            _read(child, f"{element.place}/children/{number}", kinds, parent=element)
            for number, child in enumerate(children)
        ]


def check_level(element: Element) -> None:
    """What the level of an entity demands of its data, together with what already stands in the row."""
    if element.entity is None or element.errors:
        return
    if element.children and element.entity.line_type is None:
        element.refuse("children", f"{element.entity.plural} have no children")
    data = {**(element.row.data if element.row else {}), **element.data}
    if element.entity.level in {Level.PROJECT, Level.COMMITMENT}:
        _require_either(element, data, "project")
    if element.entity.level is Level.COMMITMENT:
        _require_either(element, data, "commitment")
    named = element.parent or element.parent_id or element.parent_origin_id
    row = element.row
    if element.is_child and not named and (row is None or (row.parent_id is None and row.parent is None)):
        element.refuse("parent_id", "is required, or parent_origin_id")
    if not element.is_child and (element.parent is not None or element.parent_origin_id or element.parent_id):
        element.refuse("parent_id", f"{element.entity.plural} have no parent")


def _require_either(element: Element, data: Mapping[str, Any], name: str) -> None:
    if data.get(f"{name}_origin_id") is None and data.get(f"{name}_id") is None:
        element.refuse(f"{name}_origin_id", "can't be blank")
