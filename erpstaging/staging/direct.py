"""Direct writes of the integration, which bypass the gate by design and go straight into the objects of record.

Same answers as staging: each element on its own, outcomes in request order (wire specification, section 8). A plain
create or update is a call of one element.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Max

from erpstaging.catalogue.entity import Entity, clean_data, merged_data
from erpstaging.catalogue.fields import INT64, PLAIN_INTEGER
from erpstaging.catalogue.registry import ENTITIES
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
from erpstaging.records.codes import recode_below, stands_in_tree, with_ancestors, with_full_code
from erpstaging.records.editing import currency_of, settle_amounts
from erpstaging.records.external_data import LinkChange, disabled_accounts, keep_history
from erpstaging.records.models import Lock, Record
from erpstaging.records.reuse import former_holders, refuse_silent_reuse
from erpstaging.records.rows import unique_key
from erpstaging.records.snapshots import Node, own_node
from erpstaging.records.telling import Change, tell
from erpstaging.records.writes import WRITTEN, change_record, insert_records, new_record, update_records
from erpstaging.staging.answers import lock_newest_exports
from erpstaging.staging.call import NOT_FOUND, standing
from erpstaging.staging.elements import ORIGIN_KEYS as STAGED_KEYS
from erpstaging.staging.external import follow_links
from erpstaging.staging.targets import Key, linked_records
from erpstaging.staging.waiting import clear_waiting, naming_families, note_waiting, waiting_ids

ORIGIN_KEYS = ("origin_id", "origin_code", "origin_data")
# How many levels of new parents one call may bring; each costs a round of statements.
MAX_LEVELS = 20
WAITS = "The record waits for approval; nothing can be written."


@dataclass(slots=True)
class Element:
    """One element of a direct write."""

    sent: Any
    id: int | None = None
    origin_id: str | None = None
    origin_code: str | None = None
    parent_origin_id: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    # The refusal with its code and facts, where one call writes one object.
    refusal: Invalid | None = None
    # Whether it makes a new object or nothing, whatever its origin ID names.
    only_new: bool = False
    record: Record | None = None

    def refuse(self, name: str, text: str) -> None:
        self.errors.setdefault(name, []).append(text)

    def take(self, refusal: Invalid) -> None:
        self.errors |= refusal.errors or {"base": [refusal.message]}
        self.refusal = refusal

    def answer(self) -> dict[str, Any]:
        sent = self.sent if isinstance(self.sent, Mapping) else {"element": self.sent}
        return {**plain(sent), "errors": self.errors}


@dataclass(frozen=True, slots=True)
class Synced:
    """What was written, and the failing elements, each in request order."""

    records: list[Record]
    errors: list[dict[str, Any]]
    created: list[Record]

    @property
    def entities(self) -> list[Node]:
        return [own_node(record) for record in self.records]


def sync_records(
    company: Company,
    entity: Entity,
    updates: Sequence[Any],
    *,
    actor: Actor,
    scope: Mapping[str, Any],
    holder_id: int | None = None,
    holder_field: str = "",
    atomic: bool = False,
) -> Synced:
    """Create and update objects, or lines of the object `holder_id`, or of those that each element names itself under
    `holder_field`. Kinds that are found by their key are, where an element has neither id nor origin ID.

    `scope` holds the values that the call gives for all elements, such as {"project_id": 7}. Raises NotFound when the
    company's metadata has the type switched off, or a record named in `scope` does not exist; Invalid with code
    `atomic`, and stores nothing, when `atomic` is asked for and an element fails.
    """
    metadata = metadata_of(company.pk)
    metadata.require_route(entity)
    entity = metadata.entity(entity)
    require_scope(company.pk, entity, scope)
    elements = [_read(sent, entity, actor, company.pk) for sent in updates]
    call = DirectSync(company, entity, elements, actor, scope, holder_id)
    call.holder_field, call.finds_by_key = holder_field, entity.found_by_key
    call.run()
    written = [element.record for element in elements if element.record is not None and not element.errors]
    failed = [element.answer() for element in elements if element.errors]
    if atomic and failed:
        raise Invalid(
            f"{len(failed)} of {len(updates)} elements are wrong; nothing was stored.",
            code="atomic",
            errors={f"updates.{n}": _texts(one) for n, one in enumerate(elements) if one.errors},
            elements=failed,
        )
    return Synced(written, failed, call.created)


def _texts(element: Element) -> list[str]:
    return [f"{name} {text}" for name, texts in element.errors.items() for text in texts]


def write_one(
    company: Company,
    entity: Entity,
    sent: Mapping[str, Any],
    *,
    actor: Actor,
    scope: Mapping[str, Any],
    holder_id: int | None = None,
) -> Record:
    """Update the object named by `id`, else create one. Raises Invalid with the reason's own code."""
    entity = metadata_of(company.pk).entity(entity)
    element = _read(sent, entity, actor, company.pk)
    element.only_new = element.id is None
    DirectSync(company, entity, [element], actor, scope, holder_id).run()
    if element.errors or element.record is None:
        (name, (text, *_)), *_ = element.errors.items()
        refusal = element.refusal
        raise Invalid(
            f"{name} {text}" if refusal is None or not refusal.message else refusal.message,
            code=refusal.code if refusal else None,
            errors=element.errors,
            **(refusal.facts if refusal else {}),
        )
    return element.record


def require_scope(company_id: int, entity: Entity, scope: Mapping[str, Any]) -> None:
    """Raises NotFound for a record that the call is about and that does not exist."""
    wanted = {name: value for name, value in scope.items() if name in entity.by_name and value is not None}
    if not wanted:
        return
    rows = Record.objects.of(company_id).filter(pk__in=wanted.values(), deleted_at=None)
    found = dict(rows.values_list("pk", "item_type"))
    for name, value in wanted.items():
        if found.get(value) not in entity.by_name[name].targets:
            raise NotFound(f"{name} {value} does not exist.")


def _read(sent: Any, entity: Entity, actor: Actor, company_id: int) -> Element:
    element = Element(sent)
    if not isinstance(sent, Mapping):
        element.refuse("base", "must be an object")
        return element
    if actor.item_types is not None and entity.item_type not in actor.item_types:
        element.refuse("base", f"this account may not write {entity.plural.lower()}")
    if str(sent.get("company_id") or company_id) != str(company_id):
        element.refuse("company_id", "names another company")
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
    element.data, errors = clean_data(entity, entity.renamed(sent), frozenset(entity.by_name))
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
        self,
        company: Company,
        entity: Entity,
        elements: list[Element],
        actor: Actor,
        scope: Mapping[str, Any],
        holder_id: int | None,
    ) -> None:
        self.company, self.entity, self.elements, self.actor = company, entity, elements, actor
        self.scope = {name: value for name, value in scope.items() if name in entity.by_name}
        self.project_id: int | None = scope.get("project_id")
        self.holder_id, self.holder_field = holder_id, ""
        self.finds_by_key = False
        self.holders: dict[int, Record] = {}
        self.positions: dict[int, int] = {}
        self.in_tree = stands_in_tree(entity)
        self.by_id: dict[int, Record] = {}
        self.by_key: dict[Key, Record] = {}
        self.unique: dict[str, Record] = {}
        self.new: list[Record] = []
        self.touched: dict[int, Touched] = {}
        self.created: list[Record] = []
        self.changed: list[Touched] = []
        self.delimiter = metadata_of(company.pk).code_delimiter

    def run(self) -> None:
        keys: list[Key] = [(self.entity.item_type, one.origin_id) for one in self.elements if one.origin_id]
        linking = [one.id for one in self.elements if one.id and one.origin_id]
        waiting = waiting_ids(self.company.pk, keys)
        naming = naming_families(self.company.pk, self._at_stake(linking)) if linking else []
        staged = lock_family(standing(self.company.pk).filter(pk__in={*waiting, *naming}))
        exports = lock_newest_exports(self.company.pk, linking) if linking else {}
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
        recoded = [
            one.record for one in self.changed if one.before.get("full_code") != one.record.data.get("full_code")
        ]
        if recoded:
            recode_below(self.company.pk, self.entity, recoded, self.delimiter, self.actor, self.by_id)
        lines = [*self.created, *(one.record for one in self.changed)]
        above = {line.parent_id for line in lines if line.parent_id is not None}
        settle_amounts(self.company, [self.holders[one] for one in above], self.actor)
        if exports:
            moved = [LinkChange(one.record, {}, one.before) for one in self.changed if one.record.pk in exports]
            follow_links(self.company, [one for one in moved if one.changed_link], exports, self.actor)
        linked = [(self.entity.item_type, one.origin_id) for one in self.elements if one.record and one.origin_id]
        clear_waiting(self.company.pk, [row for row in staged if row.pk in set(waiting)], linked)
        if any(one.freed_origin_id for one in self.changed):
            note_waiting(self.company.pk, [row for row in staged if row.pk in set(naming)])

    def _at_stake(self, ids: Sequence[int]) -> list[Key]:
        """The origin IDs that the call may take away."""
        rows = Record.objects.of(self.company).filter(pk__in=ids, origin_id__isnull=False, deleted_at=None)
        return list(rows.values_list("item_type", "origin_id"))

    def _lock(self, keys: Sequence[Key]) -> None:
        """What the elements mean, by id, origin ID or code, with the parents of all of them up to the top."""
        parent_keys = [(self.entity.item_type, one.parent_origin_id) for one in self.elements if one.parent_origin_id]
        found = linked_records(self.company.pk, [*keys, *parent_keys])
        ids = {*found.values(), *(one.id for one in self.elements if one.id)}
        self._lock_holders(ids)
        if self.in_tree:
            ids |= {one.data["parent_id"] for one in self.elements if one.data.get("parent_id")}
        uniques = self._unique_keys(ids, found)
        rows = Record.objects.of(self.company).filter(item_type=self.entity.item_type, deleted_at=None)
        ids |= set(rows.filter(unique_key__in=uniques).values_list("pk", flat=True)) if uniques else set()
        wanted = with_ancestors(self.company.pk, ids) if self.in_tree else ids
        for record in lock(rows.filter(pk__in=wanted)):
            self._index(record)
        self.dormant = disabled_accounts(self.by_id.values())
        self.former = former_holders(self.company.pk, keys)
        self.references = References(self.company.pk, [(self.entity, one.data) for one in self.elements])

    def _unique_keys(self, ids: Iterable[int], found: Mapping[Key, int]) -> list[str]:
        """What the elements will be unique by, as far as standing records tell: who has it is locked too."""
        if not self.entity.unique_within:
            return []
        shown = with_ancestors(self.company.pk, ids) if self.in_tree else list(ids)
        standing_ones = Record.objects.of(self.company).filter(pk__in=shown, deleted_at=None)
        current = dict(standing_ones.values_list("pk", "data"))
        keys = [self._unique_key(one, current, found) for one in self.elements]
        return [key for key in keys if key]

    def _unique_key(
        self, element: Element, current: Mapping[int, Mapping[str, Any]], found: Mapping[Key, int]
    ) -> str | None:
        record_id = element.id or found.get((self.entity.item_type, element.origin_id or ""), 0)
        values = {**current.get(record_id, {}), **element.data, **self.scope}
        if not self.in_tree:
            return unique_key(self.entity, values)
        if element.parent_origin_id is not None:
            values["parent_id"] = found.get((self.entity.item_type, element.parent_origin_id))
        parent = current.get(values.get("parent_id") or 0)
        try:
            return unique_key(self.entity, with_full_code(self.entity, values, parent, self.delimiter))
        except Invalid:
            return None  # refused later, under its own name

    def _lock_holders(self, line_ids: set[int]) -> None:
        """What lines stand under; its currency, its gate and its positions are theirs."""
        self.currency = currency_of(self.company, self.scope)
        rows = Record.objects.of(self.company).filter(deleted_at=None)
        wanted = {self.holder_id} - {None}
        if self.holder_field:
            wanted |= {holder_id for one in self.elements if (holder_id := self._named_holder(one))}
            wanted |= set(rows.filter(pk__in=line_ids).values_list("parent_id", flat=True)) - {None}
        if not wanted:
            return
        self.holders = {one.pk: one for one in lock(rows.filter(pk__in=wanted))}
        if self.holder_id is not None and self.holder_id not in self.holders:
            raise NotFound()
        last = rows.filter(parent__in=self.holders.values()).order_by().values_list("parent_id")
        self.positions = {pk: position or 0 for pk, position in last.annotate(last=Max("position"))}

    def _named_holder(self, element: Element) -> int | None:
        """Whom an element names to stand under."""
        given = element.sent.get(self.holder_field) if isinstance(element.sent, Mapping) else None
        if isinstance(given, str) and PLAIN_INTEGER.fullmatch(given):
            given = int(given)
        return given if isinstance(given, int) and not isinstance(given, bool) and 0 < given < INT64 else None

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
                element.take(refusal)
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
        self.created += self.new
        self.changed += touched

    def _plan(self, element: Element) -> None:
        record = self._found(element)
        holder = self._holder_of(element, record)
        if holder is not None and holder.lock == Lock.WAITING:
            raise Invalid(WAITS, errors={"base": [WAITS]}, code="pending_approval")
        values = {**element.data, **self.scope}
        asked = (
            self.entity.fields if record is None else [one for one in self.entity.fields if one.name in element.data]
        )
        missing = [one.name for one in asked if one.required and values.get(one.name) in (None, "")]
        if missing:
            raise Invalid("", errors={name: ["can't be blank"] for name in missing})
        project_id = holder.project_id if holder is not None else self.project_id
        if errors := self.references.errors(self.entity, element.data, project_id=project_id):
            raise Invalid("", errors=errors)
        parent = self._parent(element, record)
        if self.in_tree:
            values["parent_id"] = parent.pk if parent is not None else None
        if record is None:
            coded = self._coded(values, parent)
            self._refuse_taken(None, coded)
            currency = coded.get("currency_iso_code") or (holder.currency if holder is not None else self.currency)
            record = new_record(self.company.pk, self.entity, coded, self.actor, currency=currency, parent=holder)
            self._place(record)
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
                raise origin_id_taken(element.origin_id, holder)
            return record
        if holder is not None and element.only_new:
            raise origin_id_taken(element.origin_id, holder)
        if holder is not None and not self._in_scope(holder):
            raise origin_id_taken(element.origin_id, holder, ", outside of this call")
        if holder is None and self.finds_by_key:
            return self.unique.get(unique_key(self.entity, {**element.data, **self.scope}) or "")
        return holder

    def _holder_of(self, element: Element, record: Record | None) -> Record | None:
        """What a line stands under, which never changes. Raises Invalid under `holder_field` for what cannot be it."""
        if not self.holder_field:
            return self.holders.get(self.holder_id or 0)
        named = self._named_holder(element)
        holder_id = record.parent_id if record is not None else named
        holder = self.holders.get(holder_id or 0)
        text = ""
        if self.holder_field not in element.sent and record is None:
            text = "can't be blank"
        elif self.holder_field in element.sent and named != holder_id:
            text = "cannot be changed"
        elif holder is None or not self._holds(holder):
            text = f"{element.sent.get(self.holder_field)} does not exist"
        if text:
            raise Invalid("", errors={self.holder_field: [text]})
        return holder

    def _holds(self, holder: Record) -> bool:
        return holder.item_type in self.entity.parents and self.project_id in {None, holder.project_id}

    def _in_scope(self, record: Record) -> bool:
        """Whether it belongs to the project, the list or the contract that the call is about."""
        if self.holder_id is not None and record.parent_id != self.holder_id:
            return False
        if self.holder_field and (
            record.parent_id not in self.holders or not self._holds(self.holders[record.parent_id])
        ):
            return False
        return all(record.data.get(name) == value for name, value in self.scope.items())

    def _parent(self, element: Element, record: Record | None) -> Record | None:
        """The parent that was sent, else the standing one. Raises Invalid for one that cannot be it."""
        if not self.in_tree:
            return None
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
        return with_full_code(self.entity, values, parent.data if parent else None, self.delimiter)

    def _place(self, record: Record) -> None:
        """A new line stands behind the others unless it says where."""
        if record.parent_id is not None and record.position is None:
            position = self.positions[record.parent_id] = self.positions.get(record.parent_id, 0) + 1
            record.position = record.data["position"] = position

    def _refuse_taken(self, record: Record | None, values: Mapping[str, Any]) -> None:
        wanted = unique_key(self.entity, values)
        holder = self.unique.get(wanted or "")
        if holder is not None and holder is not record and holder.unique_key == wanted:
            name = self.entity.unique_within[-1]
            text = f"{values.get(name)} is already taken by {holder.pk or 'another element'}"
            raise Invalid("", errors={name: [text]}, code="taken")

    def _change(self, record: Record, element: Element, values: dict[str, Any], parent: Record | None) -> None:
        if record.lock == Lock.WAITING:
            raise Invalid(WAITS, errors={"base": [WAITS]}, code="pending_approval")
        merged = self._coded(merged_data(record.data, values), parent)
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
                text = "Another integration owns the origin ID of this record."
                raise Invalid(text, errors={"origin_id": [text]}, code="owned_by_another")
            refuse_silent_reuse(record, element.origin_id, self.former, element.sent)
            record.origin_id, record.account_id = element.origin_id, self.actor.account_id
        if "origin_code" in element.sent:
            record.origin_code = element.origin_code
        if "origin_data" in element.sent:
            record.origin_data = plain(element.sent["origin_data"])


def origin_id_taken(origin_id: str | None, holder: Record, where: str = "") -> Invalid:
    """One origin ID, one object: names the one that has it."""
    label = ENTITIES[holder.item_type].label.lower()
    named = f"{label} {holder.pk} ({holder.title})" if holder.pk else "another element"
    text = f"{origin_id} is already the origin ID of {named}{where}."
    return Invalid(text, errors={"origin_id": [text]}, code="origin_id_taken", record_id=holder.pk)
