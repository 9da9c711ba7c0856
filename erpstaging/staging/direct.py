"""Direct syncs, which bypass the gate by design: codes that the ERP owns go straight into their objects.

Same answers as staging: each element on its own, outcomes in request order (wire specification, section 8).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from erpstaging.catalogue.entity import Entity, clean_data
from erpstaging.catalogue.fields import INT64
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.services import metadata_of
from erpstaging.core.documents import plain
from erpstaging.core.errors import Invalid, NotFound
from erpstaging.core.locks import lock, lock_family
from erpstaging.core.scope import Again
from erpstaging.outbox.models import EventType
from erpstaging.records.models import Lock, Record
from erpstaging.records.rows import unique_key
from erpstaging.records.snapshots import Node, nodes
from erpstaging.records.telling import Change, tell
from erpstaging.records.writes import WRITTEN, change_record, insert_records, new_record, update_records
from erpstaging.staging.call import NOT_FOUND, standing
from erpstaging.staging.elements import ORIGIN_KEYS as STAGED_KEYS
from erpstaging.staging.targets import Key, linked_records
from erpstaging.staging.waiting import clear_waiting, waiting_ids

ORIGIN_KEYS = ("origin_id", "origin_code", "origin_data")
# Names that clients write and never read back under.
WRITE_NAMES = {"csv_import_code": "code"}


@dataclass(slots=True)
class Element:
    """One element of a direct sync."""

    sent: Any
    id: int | None = None
    origin_id: str | None = None
    origin_code: str | None = None
    parent_origin_id: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    record: Record | None = None

    def refuse(self, name: str, text: str) -> None:
        self.errors.setdefault(name, []).append(text)

    def answer(self) -> dict[str, Any]:
        sent = self.sent if isinstance(self.sent, Mapping) else {"element": self.sent}
        return {**sent, "errors": self.errors}


@dataclass(frozen=True, slots=True)
class Synced:
    """The nodes of what was written, and the failing elements, each in request order."""

    entities: list[Node]
    errors: list[dict[str, Any]]


def sync_records(
    company: Company, entity: Entity, updates: Sequence[Any], *, actor: Actor, scope: Mapping[str, Any]
) -> Synced:
    """Create and update objects of a type that the ERP owns.

    `scope` holds the values that the call gives for all elements, such as {"project_id": 7}. Raises NotFound when the
    company's metadata has the type switched off, or a record named in `scope` does not exist.
    """
    metadata_of(company.pk).require_route(entity)
    _require_scope(company.pk, entity, scope)
    elements = [_read(sent, entity, actor) for sent in updates]
    call = DirectSync(company, entity, elements, actor, scope)
    call.run()
    written = [element.record for element in elements if element.record is not None and not element.errors]
    found = nodes(company.pk, company.name, list({record.pk: record for record in written}.values()))
    return Synced(
        [found[record.pk] for record in written], [element.answer() for element in elements if element.errors]
    )


def _require_scope(company_id: int, entity: Entity, scope: Mapping[str, Any]) -> None:
    wanted = {name: value for name, value in scope.items() if name in entity.by_name and value is not None}
    rows = Record.objects.of(company_id).filter(pk__in=wanted.values(), deleted_at=None)
    found = dict(rows.values_list("pk", "item_type"))
    for name, value in wanted.items():
        if found.get(value) not in entity.by_name[name].targets:
            raise NotFound(f"{name} {value} does not exist.")


def _read(sent: Any, entity: Entity, actor: Actor) -> Element:
    element = Element(sent)
    if not isinstance(sent, Mapping):
        element.refuse("base", "must be an object")
        return element
    if actor.item_types is not None and entity.item_type not in actor.item_types:
        element.refuse("base", f"this account may not write {entity.plural.lower()}")
    element_id = sent.get("id")
    if element_id is not None:
        if isinstance(element_id, bool) or not isinstance(element_id, int) or not 0 < element_id < INT64:
            element.refuse("id", "must be an id")
        else:
            element.id = element_id
    for name, clean in STAGED_KEYS.items():
        try:
            setattr(element, name, clean(sent.get(name)))
        except ValueError as exc:
            element.refuse(name, str(exc))
    renamed: dict[str, Any] = {WRITE_NAMES.get(str(name), str(name)): value for name, value in sent.items()}
    element.data, errors = clean_data(entity, renamed, frozenset(entity.by_name))
    for name, texts in errors.items():
        element.errors.setdefault(name, []).extend(texts)
    return element


class DirectSync:
    """Lock, match, check in memory, then a few statements for all elements."""

    def __init__(
        self, company: Company, entity: Entity, elements: list[Element], actor: Actor, scope: Mapping[str, Any]
    ) -> None:
        self.company, self.entity, self.elements, self.actor = company, entity, elements, actor
        self.scope = {name: value for name, value in scope.items() if name in entity.by_name}
        self.by_id: dict[int, Record] = {}
        self.by_key: dict[Key, Record] = {}
        self.unique: dict[str, Record] = {}
        self.new: list[Record] = []
        self.changed: dict[int, tuple[Record, dict[str, Any], dict[str, Any]]] = {}
        self.delimiter = metadata_of(company.pk).code_delimiter

    def run(self) -> None:
        keys: list[Key] = [(self.entity.item_type, one.origin_id) for one in self.elements if one.origin_id]
        waiting = lock_family(standing(self.company.pk).filter(pk__in=waiting_ids(self.company.pk, keys)))
        self._lock(keys)
        pending = [element for element in self.elements if not element.errors]
        while pending:  # parents before children: each round takes those whose parent stands
            ready = [element for element in pending if not self._waits_for(element, pending)]
            if not ready:
                for element in pending:
                    element.refuse("parent_origin_id", "stands in a circle")
                break
            self._write_round(ready)
            pending = [element for element in pending if element not in ready]
        linked = [(self.entity.item_type, one.origin_id) for one in self.elements if one.record and one.origin_id]
        clear_waiting(self.company.pk, waiting, linked)

    def _lock(self, keys: Sequence[Key]) -> None:
        parent_keys = [(self.entity.item_type, one.parent_origin_id) for one in self.elements if one.parent_origin_id]
        found = linked_records(self.company.pk, [*keys, *parent_keys])
        ids = {*found.values(), *(one.id for one in self.elements if one.id)}
        ids |= {one.data["parent_id"] for one in self.elements if one.data.get("parent_id")}
        uniques = [key for one in self.elements if (key := unique_key(self.entity, {**self.scope, **one.data}))]
        rows = Record.objects.of(self.company).filter(item_type=self.entity.item_type, deleted_at=None)
        ids |= set(rows.filter(unique_key__in=uniques).values_list("pk", flat=True)) if uniques else set()
        for record in lock(rows.filter(pk__in=ids)):
            self._index(record)

    def _index(self, record: Record) -> None:
        if record.pk is not None:
            self.by_id[record.pk] = record
        if record.origin_id is not None:
            self.by_key[(record.item_type, record.origin_id)] = record
        if record.unique_key:
            self.unique[record.unique_key] = record

    def _waits_for(self, element: Element, pending: Sequence[Element]) -> bool:
        """Whether the element's parent is to be written by this very call and is not yet."""
        wanted = element.parent_origin_id
        if wanted is None or (self.entity.item_type, wanted) in self.by_key:
            return False
        return any(other.origin_id == wanted for other in pending if other is not element)

    def _write_round(self, elements: Sequence[Element]) -> None:
        self.new, self.changed = [], {}
        for element in elements:
            try:
                self._plan(element)
            except Invalid as refusal:
                element.errors |= refusal.errors or {"base": [refusal.message]}
        changed = list(self.changed.values())
        try:
            insert_records(self.new)
            if changed:
                update_records([record for record, _, _ in changed], (*WRITTEN, *ORIGIN_KEYS, "account_id"))
        except Invalid as exc:  # everything was checked under lock: somebody else wrote the same value meanwhile
            raise Again("A parallel call wrote the same codes first.") from exc
        for record in self.new:
            self._index(record)
        created = [Change(record, EventType.CREATE, None, {"origin_id": record.origin_id}) for record in self.new]
        updated = [Change(record, EventType.UPDATE, before, after) for record, before, after in changed]
        tell(self.company.pk, self.actor, [*created, *updated], verb="synced_from_erp")

    def _plan(self, element: Element) -> None:
        record = self._found(element)
        values = {**self.scope, **element.data}
        parent = self._parent(element)
        if parent is not None:
            values["parent_id"] = parent.pk
        if record is None:
            missing = [f.name for f in self.entity.fields if f.required and values.get(f.name) in (None, "")]
            if missing:
                raise Invalid("", errors={name: ["can't be blank"] for name in missing})
            self._refuse_taken(element, record, values)
            record = new_record(
                self.company.pk, self.entity, self._coded(values, parent), self.actor, currency=self.company.currency
            )
            self._link(record, element)
            self.new.append(record)
            self._index(record)
        else:
            self._change(record, element, values, parent)
        element.record = record

    def _found(self, element: Element) -> Record | None:
        """Which object is meant (wire specification, section 8: the table of id and origin ID)."""
        if element.id is not None:
            record = self.by_id.get(element.id)
            if record is None:
                raise Invalid("", errors={"id": [NOT_FOUND]})
            holder = self.by_key.get((self.entity.item_type, element.origin_id or ""))
            if holder is not None and holder is not record:
                raise Invalid("", errors={"origin_id": [f"is already the origin ID of {holder.pk}"]})
            return record
        if element.origin_id is not None:
            found = self.by_key.get((self.entity.item_type, element.origin_id))
            if found is not None:
                return found
        return None

    def _parent(self, element: Element) -> Record | None:
        if element.parent_origin_id is not None:
            parent = self.by_key.get((self.entity.item_type, element.parent_origin_id))
            if parent is None:
                raise Invalid("", errors={"parent_origin_id": [f"{element.parent_origin_id} is not linked"]})
            return parent
        parent_id = element.data.get("parent_id")
        if parent_id is None:
            return None
        if parent_id not in self.by_id:
            raise Invalid("", errors={"parent_id": [f"{parent_id} does not exist"]})
        return self.by_id[parent_id]

    def _coded(self, values: dict[str, Any], parent: Record | None) -> dict[str, Any]:
        """The full code holds the codes of all parents; a code that came with its parents' prefix loses it."""
        if "full_code" not in self.entity.by_name:
            return values
        code = str(values.get("code") or "")
        prefix = f"{parent.data.get('full_code')}{self.delimiter}" if parent else ""
        code = code.removeprefix(prefix) if prefix else code
        return {**values, "code": code, "full_code": f"{prefix}{code}", "sortable_code": f"{prefix}{code}"}

    def _refuse_taken(self, element: Element, record: Record | None, values: Mapping[str, Any]) -> None:
        holder = self.unique.get(unique_key(self.entity, values) or "")
        if holder is not None and holder is not record:
            name = self.entity.unique_within[-1]
            raise Invalid(
                "", errors={name: [f"{values.get(name)} is already taken by {holder.pk or 'another element'}"]}
            )

    def _change(self, record: Record, element: Element, values: dict[str, Any], parent: Record | None) -> None:
        if record.lock == Lock.WAITING:
            raise Invalid("", errors={"base": ["The record waits for approval; nothing can be written."]})
        standing_parent = parent or self.by_id.get(record.data.get("parent_id") or 0)
        merged = self._coded({**record.data, **values}, standing_parent)
        self._refuse_taken(element, record, merged)
        old = {**record.data, **{name: getattr(record, name) for name in ORIGIN_KEYS}}
        self._link(record, element)
        now = {**merged, **{name: getattr(record, name) for name in ORIGIN_KEYS}}
        names = [name for name in now if old.get(name) != now[name]]
        if not names:
            return
        change_record(record, merged, self.actor)
        if record.pk is not None:  # one that this very round creates is written with it
            self.changed[record.pk] = (record, {n: old.get(n) for n in names}, {n: now[n] for n in names})
        self._index(record)

    def _link(self, record: Record, element: Element) -> None:
        if element.origin_id is not None:
            if record.origin_id is None:
                record.account_id = self.actor.account_id
            record.origin_id = element.origin_id
        if "origin_code" in element.sent:
            record.origin_code = element.origin_code
        if "origin_data" in element.sent:
            record.origin_data = plain(element.sent["origin_data"])
