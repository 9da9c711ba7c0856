"""Working off one staging call.

The rows it names are locked first, parents before children. Everything is then checked in memory, and written with a
handful of statements however many elements there are.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection, models
from django.utils import timezone

from erpstaging.audit import log as audit
from erpstaging.catalogue.entity import Entity, Level
from erpstaging.catalogue.registry import STAGED
from erpstaging.companies.actors import Actor
from erpstaging.connections.metadata import Metadata
from erpstaging.core import sets
from erpstaging.core.correlation import correlation_id
from erpstaging.core.documents import plain
from erpstaging.core.errors import Invalid
from erpstaging.core.locks import lock_family
from erpstaging.core.scope import Again
from erpstaging.outbox import events
from erpstaging.outbox.models import EventType
from erpstaging.records.checks import References
from erpstaging.records.rows import columns_of, settled_data
from erpstaging.staging.comparing import FieldChange
from erpstaging.staging.elements import Element, check_data, check_level, closed_type, flat
from erpstaging.staging.models import Intake, StagedChange, StagedRecord, StagedStatus
from erpstaging.staging.resubmitting import Correction, field_changes, tell_staged_are_back
from erpstaging.staging.targets import Key, keys_of, linked_records, staged_rows, unresolved

RESOURCE = "Staged Records"
ONE_PER_ORIGIN_ID = "one_staged_record_per_origin_id"
NOT_FOUND = "Entity with this ID not found"  # the exact text that clients look for
# What differs from one new row of a call to the next, and what is the same in all of them.
OWN = (
    "item_type", "origin_id", "origin_code", "origin_data", "parent_id", "status", "archived_with_parent", "data",
    "number", "title", "amount", "messages", "waiting_for", "project_origin_id", "vendor_origin_id", "origin_version",
    "record_id", "version",
)  # fmt: skip
COLUMNS = (*OWN, "account_id", "changed_by_kind", "changed_by_id", "changed_by_name", "updated_at")


@dataclass(frozen=True, slots=True)
class Received:
    """A body as it came in, kept beside what was made of it."""

    path: str
    content_type: str
    body: bytes


@dataclass(slots=True)
class IntakeOf:
    """Where the body of a call is kept, once, by whoever needs it first."""

    company_id: int
    received: Received
    account_id: int | None
    id: int | None = None

    def keep(self) -> int:
        if self.id is None:
            ((self.id,),) = sets.insert(
                Intake,
                [{"company_id": self.company_id, "account_id": self.account_id, "path": self.received.path[:400]}],
                shared={
                    "content_type": self.received.content_type[:100],
                    "body": self.received.body,
                    "sha256": hashlib.sha256(self.received.body).digest(),
                    "correlation_id": correlation_id(),
                    "received_at": timezone.now(),
                },
                returning=["old.id"],
            )
        return self.id


@dataclass(slots=True)
class Touched:
    """A row that the call inserts or changes; `before` is None for a new one."""

    row: StagedRecord
    before: dict[str, Any] | None


class StagingCall:
    """One call's elements, the rows they mean, and what is written in the end.

    After `run` each element has its row, or errors.
    """

    def __init__(
        self, company_id: int, elements: list[Element], metadata: Metadata, actor: Actor, intake: IntakeOf | None
    ) -> None:
        self.company_id = company_id
        self.elements = elements
        self.metadata = metadata
        self.actor = actor
        self.intake = intake
        self.now = timezone.now()
        self.signature = {
            "changed_by_kind": actor.kind,
            "changed_by_id": actor.id,
            "changed_by_name": actor.name,
            "updated_at": self.now,
        }
        self.shared = {"company_id": company_id, "account_id": actor.account_id, "created_at": self.now}
        self.blank = StagedRecord(**self.shared, **self.signature, version=0)
        self.by_id: dict[int, StagedRecord] = {}
        self.by_key: dict[Key, StagedRecord] = {}
        self.children: dict[int, list[StagedRecord]] = {}
        self.linked: dict[Key, int] = {}
        self.staged: dict[Key, int] = {}
        self.touched: dict[int, Touched] = {}  # by id() of the row object
        self.invalidated: set[int] = set()  # rows that the call itself wants invalid, by id()
        self.left: set[int] = set()  # parents that lost a line to another
        self.history: list[tuple[StagedRecord, Element, bool]] = []  # row, element, superseded

    def run(self) -> None:
        self._lock()
        self._match()
        self._resolve()
        for level in Level:  # a row may come before the one it names, and a child before its parent
            for element in flat(self.elements):
                if element.entity and element.entity.level is level and not element.errors:
                    self._plan(element)
        self._write()

    # Which rows the call is about

    def _lock(self) -> None:
        ids = [one for element in flat(self.elements) for one in (element.id, element.parent_id) if one]
        keys = [element.key for element in flat(self.elements) if element.key]
        for element in flat(self.elements):
            if element.entity and element.parent_origin_id:
                keys += [(parent, element.parent_origin_id) for parent in element.entity.parents]
        found = family_ids(self.company_id, ids, keys)
        for row in lock_family(standing(self.company_id).filter(pk__in=found)) if found else ():
            self.by_id[row.pk] = row
            self.by_key[(row.item_type, row.origin_id)] = row
            if row.parent_id:
                self.children.setdefault(row.parent_id, []).append(row)

    def _match(self) -> None:
        """The standing row of each element, by id, else by key (wire specification, section 8)."""
        for element in flat(self.elements):
            if element.id is not None:
                self._match_by_id(element, self.by_id.get(element.id))
            elif element.key:
                element.row = self.by_key.get(element.key)

    def _match_by_id(self, element: Element, row: StagedRecord | None) -> None:
        if row is None:
            element.errors = {"id": [NOT_FOUND]}
            return
        element.row = row
        if element.entity is None:
            element.entity = self.metadata.entity(STAGED[row.item_type])
            element.errors |= closed_type(element.entity, self.metadata, self.actor)
            check_data(element, element.data)
        elif element.entity.item_type != row.item_type:
            element.refuse("item_type", f"row {row.pk} is a {row.item_type}")
        holder = self.by_key.get(element.key) if element.key else None
        if holder is not None and holder.pk != row.pk:
            element.refuse("origin_id", f"{element.origin_id} is already staged as {holder.pk}")

    def _resolve(self) -> None:
        """What the origin IDs in the call name: linked records, and rows staged before or by this very call."""
        keys = {
            key
            for one in flat(self.elements)
            if one.entity
            for key in keys_of(one.entity, {**(one.row.data if one.row else {}), **one.data})
        }
        self.references = References(
            self.company_id, [(one.entity, one.data) for one in flat(self.elements) if one.entity]
        )
        self.linked = linked_records(self.company_id, keys)
        self.staged = staged_rows(self.company_id, keys - self.linked.keys())

    # What each element does to its row

    def _plan(self, element: Element) -> None:
        entity = element.entity
        if entity is None:
            return
        if element.row is None and element.key:
            element.row = self.by_key.get(element.key)  # an earlier element of the call made it
        check_level(element)
        if element.errors:
            return
        self._require_known(element, entity)
        parent = self._parent(element, entity) if entity.is_child else None
        if parent is not None:
            entity = entity.under(parent.item_type)
            element.errors |= closed_type(entity, self.metadata, self.actor)
        if element.errors:
            return
        row = element.row
        if row is not None and element.must_be_new:
            raise Again("A parallel call staged the same row first.")
        if self._is_older(element, row):
            element.superseded = True
            element.row = row
            if row is not None:
                self.history.append((row, element, True))
            return
        if row is not None and not self._may_move(element, row):
            return
        try:
            data = settled_data(entity, row.data if row is not None else {}, element.data, "")
        except Invalid as refusal:
            element.errors |= refusal.errors
            return
        if row is None:
            row = self._new(element, entity)
        element.row = row
        self._merge(element, entity, row, data, parent)
        self._note_waiting(entity, row, parent or row)
        if parent is not None and id(row) in self.touched:
            self._touch_parent(parent)

    def _require_known(self, element: Element, entity: Entity) -> None:
        """The project and the commitment of a row have to be staged at least; what is named by id has to exist."""
        if entity.references:
            element.errors |= self.references.errors(entity, element.data)
        for origin_field in ("project_origin_id", "commitment_origin_id"):
            field = entity.origin_fields.get(origin_field)
            value = element.data.get(origin_field)
            if field is None or value is None:
                continue
            keys = [(target, value) for target in field.targets]
            if not any(key in self.linked or key in self.staged or key in self.by_key for key in keys):
                element.refuse(origin_field, f"{value} is neither staged nor linked")

    def _parent(self, element: Element, entity: Entity) -> StagedRecord | None:
        """The parent's row, standing or about to stand; without one the child is refused."""
        parent: StagedRecord | None = None
        if element.parent is not None:
            key = element.parent.key
            parent = element.parent.row or (self.by_key.get(key) if key else None)
            if parent is None and not element.parent.superseded:
                element.refuse("parent_id", "the parent in this call is refused")
                return None
        elif element.parent_id:
            parent = self.by_id.get(element.parent_id)
        elif element.parent_origin_id:
            rows = (self.by_key.get((item_type, element.parent_origin_id)) for item_type in entity.parents)
            parent = next(filter(None, rows), None)
        elif element.row is not None:
            row = element.row
            parent = self.by_id.get(row.parent_id) if row.parent_id else row.parent
        if parent is None or parent.item_type not in entity.parents:
            element.refuse("parent_id" if element.parent_id else "parent_origin_id", "does not name a staged parent")
            return None
        return parent

    def _is_older(self, element: Element, row: StagedRecord | None) -> bool:
        """Newer data is never overwritten by older; a call without a version counts as newer.

        A nested child without a version of its own is as old as its parent.
        """
        if element.origin_version is None:
            return element.parent is not None and element.parent.superseded
        standing_version = row.origin_version if row is not None else None
        return standing_version is not None and element.origin_version < standing_version

    def _may_move(self, element: Element, row: StagedRecord) -> bool:
        """Whether the status that was sent can follow the row's (lifecycles, section 1)."""
        wanted = element.status
        if wanted is None or wanted in {row.status, StagedStatus.STAGED}:
            return True
        if row.status != StagedStatus.STAGED or wanted == StagedStatus.IMPORTED:
            element.refuse("status", f"cannot go from {row.status} to {wanted}")
            return False
        return True

    def _new(self, element: Element, entity: Entity) -> StagedRecord:
        row: StagedRecord = self.blank.like(
            item_type=entity.item_type, origin_id=element.origin_id, status=element.status or StagedStatus.STAGED
        )
        self.by_key[(row.item_type, row.origin_id)] = row
        self._touch(row, before=None)
        return row

    def _merge(
        self, element: Element, entity: Entity, row: StagedRecord, data: dict[str, Any], parent: StagedRecord | None
    ) -> None:
        """Bring what was sent into the row; in `data` the keys that were sent have replaced those that stood there."""
        before = None if id(row) in self.touched else facts(row)
        corrected = row.status == StagedStatus.INVALID and data != row.data
        row.data = data
        if element.sent_key("origin_code"):
            row.origin_code = element.origin_code
        if element.sent_key("origin_data"):
            row.origin_data = plain(element.sent["origin_data"])
        if parent is not None and row.parent_id not in (None, parent.pk):
            self._leave(row, STAGED[row.item_type])
        if element.origin_id is not None and element.origin_id != row.origin_id:
            self._rename(entity, row, element.origin_id, parent or row)
        if parent is not None:
            if parent.pk and row.parent_id != parent.pk:
                self.children.setdefault(parent.pk, []).append(row)
            row.parent = parent
        self._move(row, StagedStatus.STAGED if corrected and element.status is None else element.status)
        newer = element.origin_version not in (None, row.origin_version)
        if newer:
            row.origin_version = element.origin_version
        if before is not None and (newer or facts(row) != before):
            self._touch(row, before)
        if id(row) in self.touched:
            columns = columns_of(entity, data)
            row.number, row.title = columns["number"], columns["title"]
            row.amount = columns["amount"] if entity.amount_field else row.amount
            row.project_origin_id = str(data.get("project_origin_id") or "")
            row.vendor_origin_id = str(data.get("vendor_origin_id") or "")
            self.history.append((row, element, False))

    def _move(self, row: StagedRecord, wanted: StagedStatus | None) -> None:
        """Carry out a change of status, and what it takes along."""
        if wanted == StagedStatus.INVALID:
            self.invalidated.add(id(row))
        if wanted is None or wanted == row.status:
            return
        children = self.children.get(row.pk, ())
        if wanted == StagedStatus.INVALID:
            row.invalidate([])
        elif wanted == StagedStatus.ARCHIVED:
            row.archive()
            for child in children:
                if child.status == StagedStatus.STAGED:
                    before = facts(child)
                    child.archive(with_parent=True)
                    self._touch(child, before)
        elif wanted == StagedStatus.STAGED:
            row.stage_again()
            for child in children:
                if comes_back(child):
                    before = facts(child)
                    child.stage_again()
                    self._touch(child, before)

    def _touch_parent(self, parent: StagedRecord) -> None:
        """Who decides on a parent decides on what stands under it: a changed line is another version of it.

        One that was refused because of its lines is corrected with them.
        """
        self._touch(parent, facts(parent))
        if parent.status == StagedStatus.INVALID and id(parent) not in self.invalidated:
            self._move(parent, StagedStatus.STAGED)

    def _leave(self, row: StagedRecord, entity: Entity) -> None:
        """A line goes to another parent: the old one no longer waits for it, and is worth less."""
        old = self.by_id[row.parent_id or 0]  # locked with every row that stands under it
        self.left.add(old.pk)
        self._touch(old, facts(old))
        self.children[old.pk].remove(row)
        old.waiting_for = waiting_without(old, entity, row.origin_id)

    def _rename(self, entity: Entity, row: StagedRecord, origin_id: str, decided: StagedRecord) -> None:
        """Another origin ID for a row: what the call says of it from here on is found under that."""
        decided.waiting_for = waiting_without(decided, entity, row.origin_id)
        row.origin_id = origin_id
        self.by_key[(row.item_type, origin_id)] = row

    def _note_waiting(self, entity: Entity, row: StagedRecord, decided: StagedRecord) -> None:
        """Keep on the row that is decided, the parent, which references are not linked yet."""
        missing = [] if set_aside(row) else unresolved(entity, row.origin_id, row.data, self.linked)
        waiting = waiting_without(decided, entity, row.origin_id) + missing
        if waiting != decided.waiting_for:
            self._touch(decided, facts(decided))
            decided.waiting_for = waiting

    def _touch(self, row: StagedRecord, before: dict[str, Any] | None) -> None:
        """Count the change once per call, however many elements speak of the row."""
        if id(row) in self.touched:
            return
        self.touched[id(row)] = Touched(row, before)
        row.version += 1
        for name, value in self.signature.items():
            setattr(row, name, value)

    # The statements

    def _write(self) -> None:
        new = [one.row for one in self.touched.values() if one.before is None]
        for row, drawn in zip(new, sets.draw_ids(StagedRecord, len(new)), strict=True):
            row.pk = drawn
        intake_id = self.intake.keep() if self.intake and self.history else None
        try:
            with sets.pipelined():
                self._write_rows(new)
                self._write_history(intake_id)
        except IntegrityError as error:
            if sets.broken_constraint(error) == ONE_PER_ORIGIN_ID:
                raise Again("A parallel call staged the same rows first.") from None
            raise
        self._tell_of_corrections()

    def _write_rows(self, new: Sequence[StagedRecord]) -> None:
        changed = [one.row for one in self.touched.values() if one.before is not None]
        for row in (*new, *changed):
            row.parent_id = row.parent.pk if row.parent_id is None and row.parent is not None else row.parent_id
        # Sorted by key, so that two calls wait for each other instead of deadlocking.
        for is_child in (False, True):
            rows = [row for row in new if STAGED[row.item_type].is_child is is_child]
            rows.sort(key=lambda row: (row.item_type, row.origin_id))
            sets.insert(StagedRecord, [_values(row, ("id", *OWN)) for row in rows], shared=self.shared | self.signature)
        # What a call moves twice, with its parent and on its own, goes by way of staged: the database knows no other.
        twice = [one.row for one in self.touched.values() if one.before and _moved_twice(one.before, one.row)]
        sets.update(StagedRecord, [{"id": row.pk, "status": StagedStatus.STAGED} for row in twice], returning=())
        sets.update(StagedRecord, [_values(row, ("id", *COLUMNS)) for row in changed], returning=())
        self._mark_changed_again(changed)
        sum_lines(self.company_id, sorted({row.parent_id for row in (*new, *changed) if row.parent_id} | self.left))

    def _tell_of_corrections(self) -> None:
        """Who rejected a row learns that it came back corrected."""
        back = [
            Correction(one.row, field_changes(one.before, facts(one.row)), self._changed_lines(one.row))
            for one in self.touched.values()
            if one.before and one.before["status"] == StagedStatus.INVALID and one.row.status == StagedStatus.STAGED
        ]
        if back:
            tell_staged_are_back(self.company_id, self.actor, back)

    def _changed_lines(self, parent: StagedRecord) -> list[tuple[StagedRecord, Sequence[FieldChange]]]:
        lines = [one for one in self.touched.values() if one.row is not parent and one.row.parent_id == parent.pk]
        return [(one.row, field_changes(one.before, facts(one.row))) for one in lines]

    def _mark_changed_again(self, changed: Sequence[StagedRecord]) -> None:
        """What is imported and may be imported once more stands in the queue again."""
        imported = [row for row in changed if row.status == StagedStatus.IMPORTED]
        again = [row.pk for row in imported if STAGED[row.item_type].imported_again]
        if again:
            standing(self.company_id).filter(pk__in=again).update(changed_since_import=True)

    def _write_history(self, intake_id: int | None) -> None:
        sets.insert(
            StagedChange,
            [
                {
                    "staged_record_id": row.pk,
                    "version": row.version,
                    "before": None if superseded else self.touched[id(row)].before,
                    "sent": _without_children(element.sent) if superseded else None,
                    "place": element.place,
                    "origin_version": element.origin_version,
                    "superseded": superseded,
                }
                for row, element, superseded in self.history
            ],
            shared={"company_id": self.company_id, "intake_id": intake_id, "changed_at": self.now},
        )
        acts = [_act("staged" if one.before is None else "changed", one) for one in self.touched.values()]
        acts += [
            audit.Act(
                "staged_record.superseded",
                "staged_record",
                row.pk,
                row.record_id,
                after={"origin_version": element.origin_version},
            )
            for row, element, superseded in self.history
            if superseded
        ]
        audit.record(self.company_id, self.actor, acts)
        events.record(
            self.company_id,
            self.actor,
            [
                events.Fact(RESOURCE, one.row.pk, EventType.CREATE if one.before is None else EventType.UPDATE)
                for one in self.touched.values()
            ],
        )


def standing(company_id: int) -> "models.QuerySet[StagedRecord]":
    """The company's staged records that are not deleted."""
    rows: models.QuerySet[StagedRecord] = StagedRecord.objects.of(company_id).filter(deleted_at=None)
    return rows


def comes_back(child: StagedRecord) -> bool:
    """Whether a child becomes staged with its parent: all but those archived on their own."""
    if child.status == StagedStatus.ARCHIVED:
        return bool(child.archived_with_parent)
    return bool(child.status != StagedStatus.STAGED)


def _moved_twice(before: Mapping[str, Any], row: StagedRecord) -> bool:
    return before["status"] != row.status and StagedStatus.STAGED not in {before["status"], row.status}


def set_aside(row: StagedRecord) -> bool:
    """Whether a child was archived on its own: it is not imported with its parent."""
    alone = row.status == StagedStatus.ARCHIVED and not row.archived_with_parent
    return bool(alone and (row.parent_id is not None or row.parent is not None))


def waiting_without(row: StagedRecord, entity: Entity, origin_id: str) -> list[dict[str, Any]]:
    """What a row waits for besides the references of this object, which is itself or one of its children."""
    return [one for one in row.waiting_for if one["row"] != origin_id or one["field"] not in entity.origin_fields]


def facts(row: StagedRecord) -> dict[str, Any]:
    """What counts as the content of a row, for comparing and for the history."""
    return {
        "origin_id": row.origin_id,
        "origin_code": row.origin_code,
        "origin_data": row.origin_data,
        "status": row.status,
        "data": row.data,
        "parent_id": row.parent_id,  # none yet below a parent that is new itself
    }


def family_ids(company_id: int, ids: Sequence[int], keys: Sequence[Key]) -> list[int]:
    """The rows named by id or key, their parents, and their children, which a change of status takes along."""
    named = {*ids, *staged_rows(company_id, keys).values()}
    alone = not ids and not any(STAGED[item_type].line_type or STAGED[item_type].is_child for item_type, _ in keys)
    if not named or alone:
        return sorted(named)
    rows = StagedRecord.objects.of(company_id).values_list("pk", "parent_id")
    family = rows.filter(pk__in=named).union(rows.filter(parent_id__in=named))
    return sorted({one for pair in family for one in pair if one is not None})


def _values(row: StagedRecord, columns: Sequence[str]) -> dict[str, Any]:
    stored = row.__dict__  # past the descriptors of states and references, which cost more than all the rest
    return {name: stored[name] for name in columns}


def _without_children(sent: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in sent.items() if name != "children"} if "children" in sent else sent


def sum_lines(company_id: int, parent_ids: Sequence[int]) -> None:
    """The amount of a row with lines is the sum of those that would be imported with it."""
    if not parent_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE staging_stagedrecord parent SET amount = ("
            "SELECT sum(line.amount) FROM staging_stagedrecord line "
            "WHERE line.company_id = %s AND line.parent_id = parent.id AND line.deleted_at IS NULL "
            "AND (line.status <> 'archived' OR line.archived_with_parent)"
            ") WHERE parent.company_id = %s AND parent.id = ANY(%s)",
            [company_id, company_id, list(parent_ids)],
        )


def _act(verb: str, touched: Touched) -> audit.Act:
    row, before = touched.row, touched.before
    after: dict[str, Any] = {"status": row.status, "title": row.title}
    if before is not None:
        before, after = _difference(before, facts(row))
    return audit.Act(f"staged_record.{verb}", "staged_record", row.pk, row.record_id, before=before, after=after)


def _difference(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values that changed, those of `data` by their own names."""
    old = {**before, **before["data"]}
    new = {**after, **after["data"]}
    changed = [name for name in {**old, **new} if name != "data" and old.get(name) != new.get(name)]
    return {name: old.get(name) for name in changed}, {name: new.get(name) for name in changed}
