"""Direct syncs, which bypass the gate by design: codes that the ERP owns go straight into their objects.

Same answers as staging: each element on its own, outcomes in request order (wire specification, section 8).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from erpstaging.catalogue.entity import Entity, clean_data
from erpstaging.catalogue.fields import INT64, TEXT
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.services import metadata_of
from erpstaging.core import sets
from erpstaging.core.documents import plain
from erpstaging.core.errors import Invalid, NotFound
from erpstaging.core.locks import lock, lock_family
from erpstaging.core.scope import Again
from erpstaging.outbox.models import EventType
from erpstaging.records.checks import References
from erpstaging.records.external_data import disabled_accounts, keep_history
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
# How many levels of new parents one call may bring; each costs a round of statements.
MAX_LEVELS = 20
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
        return {**plain(sent), "errors": self.errors}


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
    metadata = metadata_of(company.pk)
    metadata.require_route(entity)
    entity = metadata.entity(entity)
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


@dataclass(slots=True)
class Touched:
    """A standing record that the round changes, and what stood there before."""

    record: Record
    before: dict[str, Any]
    unique_key: str | None

    @property
    def freed_origin_id(self) -> str | None:
        old: str | None = self.before["origin_id"]
        return old if old != self.record.origin_id else None

    @property
    def moved(self) -> bool:
        """Whether it lets go of a value that may be given to another in the same round."""
        return self.freed_origin_id is not None or self.unique_key not in (None, self.record.unique_key)

    def change(self) -> Change:
        after = _contents(self.record)
        names = [name for name in {**self.before, **after} if self.before.get(name) != after.get(name)]
        return Change(
            self.record,
            EventType.UPDATE,
            {name: self.before.get(name) for name in names},
            {name: after.get(name) for name in names},
        )


def _contents(record: Record) -> dict[str, Any]:
    return {**record.data, **{name: getattr(record, name) for name in ORIGIN_KEYS}}


class DirectSync:
    """Lock, match, check in memory, then a few statements for all elements of one level."""

    def __init__(
        self, company: Company, entity: Entity, elements: list[Element], actor: Actor, scope: Mapping[str, Any]
    ) -> None:
        self.company, self.entity, self.elements, self.actor = company, entity, elements, actor
        self.scope = {name: value for name, value in scope.items() if name in entity.by_name}
        self.by_id: dict[int, Record] = {}
        self.by_key: dict[Key, Record] = {}
        self.unique: dict[str, Record] = {}
        self.new: list[Record] = []
        self.touched: dict[int, Touched] = {}
        self.delimiter = metadata_of(company.pk).code_delimiter

    def run(self) -> None:
        keys: list[Key] = [(self.entity.item_type, one.origin_id) for one in self.elements if one.origin_id]
        waiting = lock_family(standing(self.company.pk).filter(pk__in=waiting_ids(self.company.pk, keys)))
        self._lock(keys)
        pending = [element for element in self.elements if not element.errors]
        for _ in range(MAX_LEVELS):  # parents before children: each round takes those whose parent stands
            coming = {one.origin_id for one in pending}
            ready = [one for one in pending if one.parent_origin_id not in coming - {None, one.origin_id}]
            if not ready:
                break
            self._write_round(ready)
            written = {id(one) for one in ready}
            pending = [one for one in pending if id(one) not in written]
        for element in pending:
            element.refuse(
                "parent_origin_id", f"stands in a circle, or below more than {MAX_LEVELS} levels of one call"
            )
        linked = [(self.entity.item_type, one.origin_id) for one in self.elements if one.record and one.origin_id]
        clear_waiting(self.company.pk, waiting, linked)

    def _lock(self, keys: Sequence[Key]) -> None:
        """What the elements mean, by id, origin ID or code, with the parents of all of them up to the top."""
        parent_keys = [(self.entity.item_type, one.parent_origin_id) for one in self.elements if one.parent_origin_id]
        found = linked_records(self.company.pk, [*keys, *parent_keys])
        ids = {*found.values(), *(one.id for one in self.elements if one.id)}
        ids |= {one.data["parent_id"] for one in self.elements if one.data.get("parent_id")}
        uniques = [key for one in self.elements if (key := unique_key(self.entity, {**one.data, **self.scope}))]
        rows = Record.objects.of(self.company).filter(item_type=self.entity.item_type, deleted_at=None)
        ids |= set(rows.filter(unique_key__in=uniques).values_list("pk", flat=True)) if uniques else set()
        for record in lock(rows.filter(pk__in=_with_ancestors(self.company.pk, ids))):
            self._index(record)
        self.dormant = disabled_accounts(self.by_id.values())
        self.references = References(self.company.pk, [(self.entity, one.data) for one in self.elements])

    def _index(self, record: Record) -> None:
        if record.pk is not None:
            self.by_id[record.pk] = record
        if record.origin_id is not None:
            self.by_key[(record.item_type, record.origin_id)] = record
        if record.unique_key:
            self.unique[record.unique_key] = record

    def _with_origin_id(self, origin_id: str | None) -> Record | None:
        """The record that carries it now: an earlier element may have given the record another."""
        found = self.by_key.get((self.entity.item_type, origin_id or ""))
        return found if found is not None and found.origin_id == origin_id else None

    def _write_round(self, elements: Sequence[Element]) -> None:
        self.new, self.touched = [], {}
        for element in elements:
            try:
                self._plan(element)
            except Invalid as refusal:
                element.errors |= refusal.errors or {"base": [refusal.message]}
        touched = list(self.touched.values())
        # Within one statement PostgreSQL compares row by row: what changes hands is let go of first.
        let_go = [{"id": one.record.pk, "origin_id": None, "unique_key": None} for one in touched if one.moved]
        sets.update(Record, let_go)
        try:
            insert_records(self.new)
            update_records([one.record for one in touched], (*WRITTEN, *ORIGIN_KEYS, "account_id"))
        except Invalid as exc:  # everything was checked under lock: somebody else wrote the same value meanwhile
            raise Again("A parallel call wrote the same codes first.") from exc
        freed = [(one.record, one.freed_origin_id) for one in touched if one.freed_origin_id is not None]
        keep_history(self.company.pk, freed, reason=f"sync of {self.actor.name}")
        for record in self.new:
            self._index(record)
        created = [Change(record, EventType.CREATE, None, {"origin_id": record.origin_id}) for record in self.new]
        tell(self.company.pk, self.actor, [*created, *(one.change() for one in touched)], verb="synced_from_erp")

    def _plan(self, element: Element) -> None:
        record = self._found(element)
        values = {**element.data, **self.scope}
        asked = (
            self.entity.fields if record is None else [one for one in self.entity.fields if one.name in element.data]
        )
        missing = [one.name for one in asked if one.required and values.get(one.name) in (None, "")]
        if missing:
            raise Invalid("", errors={name: ["can't be blank"] for name in missing})
        if errors := self.references.errors(self.entity, element.data):
            raise Invalid("", errors=errors)
        parent = self._parent(element, record)
        if "parent_id" in self.entity.by_name:
            values["parent_id"] = parent.pk if parent is not None else None
        if record is None:
            coded = self._coded(values, parent)
            self._refuse_taken(None, coded)
            record = new_record(self.company.pk, self.entity, coded, self.actor, currency=self.company.currency)
            self._link(record, element)
            self.new.append(record)
            self._index(record)
        else:
            self._change(record, element, values, parent)
        element.record = record

    def _found(self, element: Element) -> Record | None:
        """Which object is meant (wire specification, section 8: the table of id and origin ID)."""
        holder = self._with_origin_id(element.origin_id)
        if element.id is not None:
            record = self.by_id.get(element.id)
            if record is None or not self._in_scope(record):
                raise Invalid("", errors={"id": [NOT_FOUND]})
            if holder is not None and holder is not record:
                raise Invalid("", errors={"origin_id": [f"is already the origin ID of {holder.pk}"]})
            return record
        if holder is not None and not self._in_scope(holder):
            raise Invalid("", errors={"origin_id": [f"is already the origin ID of {holder.pk}, outside of this call"]})
        return holder

    def _in_scope(self, record: Record) -> bool:
        """Whether it belongs to the project, or the list, that the call is about."""
        return all(record.data.get(name) == value for name, value in self.scope.items())

    def _parent(self, element: Element, record: Record | None) -> Record | None:
        """The parent that was sent, else the standing one. Raises Invalid for one that cannot be it."""
        if element.parent_origin_id is not None:
            name = "parent_origin_id"
            parent = self._with_origin_id(element.parent_origin_id)
            if parent is None:
                raise Invalid("", errors={name: [f"{element.parent_origin_id} is not linked"]})
        else:
            name = "parent_id"
            current = record.data if record is not None else {}
            parent = self.by_id.get(element.data.get("parent_id", current.get("parent_id")) or 0)
        if parent is not None and not self._in_scope(parent):
            raise Invalid("", errors={name: ["belongs to another project or list"]})
        if record is not None and parent is not None and record in self._upwards(parent):
            raise Invalid("", errors={name: ["would stand below itself"]})
        return parent

    def _upwards(self, record: Record) -> list[Record]:
        """The record, its parent, and so on to the top."""
        line = [record]
        while (above := self.by_id.get(line[-1].data.get("parent_id") or 0)) is not None and above not in line:
            line.append(above)
        return line

    def _coded(self, values: dict[str, Any], parent: Record | None) -> dict[str, Any]:
        """The full code holds the codes of all parents; a code that came with its parents' prefix loses it."""
        if "full_code" not in self.entity.by_name:
            return values
        prefix = f"{parent.data.get('full_code')}{self.delimiter}" if parent else ""
        code = str(values.get("code") or "").removeprefix(prefix)
        full_code = f"{prefix}{code}"
        if len(full_code) > TEXT:
            raise Invalid("", errors={"code": ["is too long with those of its parents"]})
        return {**values, "code": code, "full_code": full_code, "sortable_code": full_code}

    def _refuse_taken(self, record: Record | None, values: Mapping[str, Any]) -> None:
        wanted = unique_key(self.entity, values)
        holder = self.unique.get(wanted or "")
        if holder is not None and holder is not record and holder.unique_key == wanted:
            name = self.entity.unique_within[-1]
            raise Invalid(
                "", errors={name: [f"{values.get(name)} is already taken by {holder.pk or 'another element'}"]}
            )

    def _change(self, record: Record, element: Element, values: dict[str, Any], parent: Record | None) -> None:
        if record.lock == Lock.WAITING:
            raise Invalid("", errors={"base": ["The record waits for approval; nothing can be written."]})
        merged = self._coded({**record.data, **values}, parent)
        self._refuse_taken(record, merged)
        before, key = _contents(record), record.unique_key
        self._link(record, element)
        if before == {**before, **merged, **{name: getattr(record, name) for name in ORIGIN_KEYS}}:
            return
        change_record(record, merged, self.actor)
        if record.pk is not None:  # one that this very round creates is written with it
            self.touched.setdefault(record.pk, Touched(record, before, key))
        self._index(record)

    def _link(self, record: Record, element: Element) -> None:
        if element.origin_id is not None and element.origin_id != record.origin_id:
            if record.account_id not in {None, self.actor.account_id} | self.dormant:
                raise Invalid("", errors={"origin_id": ["Another integration owns the origin ID of this record."]})
            record.origin_id, record.account_id = element.origin_id, self.actor.account_id
        if "origin_code" in element.sent:
            record.origin_code = element.origin_code
        if "origin_data" in element.sent:
            record.origin_data = plain(element.sent["origin_data"])


def _with_ancestors(company_id: int, ids: Iterable[int]) -> list[int]:
    """The records and everything they stand under; codes name their parents in their data."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE line AS ("
            "SELECT id, (data ->> 'parent_id')::bigint AS parent_id FROM records_record "
            "WHERE company_id = %(company)s AND id = ANY(%(ids)s) "
            "UNION SELECT above.id, (above.data ->> 'parent_id')::bigint FROM records_record above "
            "JOIN line ON above.id = line.parent_id WHERE above.company_id = %(company)s"
            ") SELECT id FROM line",
            {"company": company_id, "ids": list(ids)},
        )
        return [row[0] for row in cursor.fetchall()]
