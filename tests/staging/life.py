"""The life of one object on export in the plainest words that run: lifecycles, sections 3 to 5.

Nothing here locks, waits or asks a database. What is refused raises Refused and has changed nothing.
"""

from dataclasses import astuple, dataclass, field, replace
from typing import Any, Self

OPEN = ("ready_to_export", "accepted", "exporting", "failed", "unlinking")
DETAIL_STATES = ("success", "failed", "rejected", "stale", "in_progress")
# Project user and approvers are project administrators; the project user decides nothing.
DECIDERS = ("approver", "second_approver")
# Admin on the ERP tool, with the privilege to push.
MARKERS = ("accountant", "second_accountant")
RESETTERS = ("super_user", "second_super_user")
RIGHTS = {"mark_synced": MARKERS, "reset": RESETTERS}
# What of an object can be refused on its own: the object itself, and two lines.
HEADER, LINES = "header", ("line 1", "line 2")


class Refused(Exception):
    """The service has to refuse this."""


@dataclass(frozen=True)
class Kind:
    """What there is to do with objects of a kind. `reset_by` says who takes the link away at a reset, if there is one:
    "service" or "integrator". What `updates` may be changed while it is linked, and is sent once more then.
    """

    item_type: str
    reset_by: str = ""
    unlinks: bool = True
    updates: bool = False
    lines: tuple[str, ...] = LINES


CONTRACT = Kind("work_order_contract")
COST = Kind("company_level_direct_cost", reset_by="service")
OWNERS_CHANGE = Kind("prime_contract_change_order", reset_by="integrator")
JOB = Kind("project", reset_by="service", unlinks=False, updates=True, lines=())


@dataclass
class Detail:
    """What the integrator was asked, and how that is going: `taken` once he has fetched it, `overdue` after a day.

    `lines` are those that left with an export; an unlink tells of none.
    """

    attempt: int
    state: str = "in_progress"
    current: bool = True
    taken: bool = False
    overdue: bool = False
    about: str = "export"
    lines: tuple[str, ...] = ()


@dataclass
class Export:
    """One passage through the gate. `undo_over` and `hold_over` say that the undo time or the hold has passed, and
    `refused` which parts the ERP did not take when it took the others.
    """

    sender: str
    state: str = "ready_to_export"
    version: int = 1
    on_hold: bool = False
    hold_over: bool = False
    undo_over: bool = False
    attempts: int = 0
    refused: tuple[str, ...] = ()

    def move(self, state: str) -> None:
        self.state = state
        self.version += 1


@dataclass
class Question:
    """An act that waits for a second person, with what it was asked about; `overdue` after a day."""

    act: str
    asked_by: str
    origin_id: str | None
    export: int = 0
    version: int = 0
    state: str = "waiting"
    overdue: bool = False


@dataclass
class Life:
    """An object that somebody created, everything that is switched on, and all that has become of it.

    `changed` says that people changed it since the ERP had it.
    """

    kind: Kind = CONTRACT
    creator: str = "project_user"
    editor: str = "project_user"
    lock: str = "none"
    origin_id: str | None = None
    lines_linked: bool = False
    changed: bool = False
    exports: list[Export] = field(default_factory=list)
    details: list[Detail] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    resets: int = 0

    def after(self, act: str, *about: Any) -> Self:
        """A copy in which this was done. Raises Refused."""
        copied = {name: [replace(one) for one in getattr(self, name)] for name in ("exports", "details", "questions")}
        later = replace(self, **copied)  # type: ignore[arg-type]
        getattr(later, act)(*about)
        return later

    def facts(self) -> tuple[Any, ...]:
        """All that can be seen from outside; there is one request for each detail."""
        exports = [
            (one.state, one.version, one.on_hold, one.attempts, one.refused if one.state == "failed" else ())
            for one in self.exports
        ]
        details = [(one.about, one.state, one.current, one.attempt, one.lines) for one in self.details]
        questions = [(one.act, one.state) for one in self.questions]
        return (self.lock, self.origin_id, self.lines_linked, exports, details, questions, self.resets)

    def key(self) -> tuple[Any, ...]:
        """All that is known, to tell lives apart."""
        lists = (tuple(map(astuple, rows)) for rows in (self.exports, self.details, self.questions))
        return (self.editor, self.lock, self.origin_id, self.lines_linked, self.changed, *lists, self.resets)

    @property
    def export(self) -> Export | None:
        return self.exports[-1] if self.exports else None

    @property
    def is_open(self) -> bool:
        return self.export is not None and self.export.state in OPEN

    def _in(self, *states: str) -> Export:
        if self.export is None or self.export.state not in states:
            raise Refused
        return self.export

    def _retire_details(self) -> None:
        for one in self.details:
            one.current = False

    # Project people

    def edit(self, actor: str) -> None:
        """What people may change is closed while it is before the gate or on its way, and mostly while in the ERP."""
        if self.lock != "none" or (self.origin_id is not None and not self.kind.updates):
            raise Refused
        self.editor, self.changed = actor, True

    def send(self, actor: str) -> None:
        """4.1, and 4.11 with news of what the ERP has."""
        if self.is_open or (self.origin_id is not None and not (self.kind.updates and self.changed)):
            raise Refused
        self.exports.append(Export(actor))
        self.lock = "waiting"

    def retrieve(self, actor: str) -> None:
        """4.2"""
        self._in("ready_to_export", "failed").move("retrieved")
        self._give_back()

    def _give_back(self) -> None:
        self.lock = "none"
        self._retire_details()

    # Approvers

    def _decided(self, actor: str, *states: str, seen: int | None) -> Export:
        """Whoever decides has the privilege, and the version he saw is the current one."""
        export = self._in(*states)
        if actor not in DECIDERS or seen != export.version:
            raise Refused
        export.on_hold = False
        return export

    def _acted(self, actor: str, *states: str) -> Export:
        """Other acts need no version."""
        export = self._in(*states)
        return self._decided(actor, *states, seen=export.version)

    def accept(self, actor: str, seen: int | None, with_undo: bool = False) -> None:
        """4.4, and 4.4c at once where nobody asked for time to undo; nobody accepts his own."""
        export = self._decided(actor, "ready_to_export", seen=seen)
        if actor in {self.creator, self.editor, export.sender}:
            raise Refused
        export.move("accepted")
        export.undo_over = False
        if not with_undo:
            self._release(export)

    def _release(self, export: Export) -> None:
        """4.4c"""
        export.move("exporting")
        self._ask(export)

    def _ask(self, export: Export) -> None:
        """A request with its detail; older ones move nothing any more.

        Of what the ERP has in part the lines that it refused leave alone; all of it, if it has not the object itself.
        """
        self._retire_details()
        export.attempts += 1
        in_part = export.refused and HEADER not in export.refused and self.origin_id is not None
        self.details.append(Detail(export.attempts, lines=export.refused if in_part else self.kind.lines))
        self.lock = "exporting"

    def undo(self, actor: str) -> None:
        """4.4b"""
        export = self._acted(actor, "accepted")
        if export.undo_over:
            raise Refused
        export.move("ready_to_export")

    def reject(self, actor: str, seen: int | None) -> None:
        """4.3, and 4.9 with 3.5"""
        self._decided(actor, "ready_to_export", "failed", seen=seen).move("rejected")
        self._end_current("failed", "rejected")
        self._give_back()

    def _end_current(self, state: str, target: str) -> None:
        for one in self.details:
            if one.current and one.state == state:
                one.state = target

    def hold(self, actor: str) -> None:
        export = self._acted(actor, "ready_to_export")
        export.version += 1
        export.on_hold, export.hold_over = True, False

    def resume(self, actor: str) -> None:
        self._acted(actor, "ready_to_export").version += 1

    def retry(self, actor: str) -> None:
        """4.8, with 3.7"""
        export = self._acted(actor, "failed")
        export.move("exporting")
        self._end_current("in_progress", "stale")
        self._ask(export)

    def cancel(self, actor: str) -> None:
        """3.5a; what was to be unlinked stays as it is."""
        export, detail = self._acted(actor, "exporting", "unlinking"), self.details[-1]
        if detail.taken:
            raise Refused
        detail.state = "stale"
        self._unanswered(export)

    def _unanswered(self, export: Export) -> None:
        """4.10"""
        if export.state == "exporting":
            export.move("failed")
        elif export.state == "unlinking":
            self._unlink_ends(export, "stale")

    def unlink(self, actor: str) -> None:
        """4.12 with proof: the object stays linked until the integrator has looked."""
        if actor not in DECIDERS or self.origin_id is None or self.is_open or not self.kind.unlinks:
            raise Refused
        self._retire_details()
        self.exports.append(Export(actor, "unlinking", attempts=1))
        self.details.append(Detail(1, about="unlink"))

    # Two people

    def mark(self, actor: str, origin_id: str, seen: int | None = None) -> None:
        """Asks only; what failed counts as synced once another one agrees."""
        export = self._in("failed")
        if actor not in MARKERS or seen not in {None, export.version} or self.origin_id not in {None, origin_id}:
            raise Refused
        self._question(Question("mark_synced", actor, origin_id, len(self.exports) - 1, export.version))

    def reset(self, actor: str) -> None:
        """Asks only; 4.15 comes once another one agrees."""
        if actor not in RESETTERS:
            raise Refused
        self._refuse_reset()
        self._question(Question("reset", actor, self.origin_id))

    def _refuse_reset(self) -> None:
        if not self.kind.reset_by or self.origin_id is None or self.is_open:
            raise Refused

    def _question(self, asked: Question) -> None:
        """One at a time for each act; one whose day is over makes way."""
        for one in self.questions:
            if one.act == asked.act and one.state == "waiting":
                if not one.overdue:
                    raise Refused
                one.state = "expired"
        self.questions.append(asked)

    def _answered(self, place: int, actor: str) -> Question:
        one = self.questions[place]
        if actor not in RIGHTS[one.act] or one.state != "waiting" or one.overdue:
            raise Refused
        return one

    def confirm(self, place: int, actor: str) -> None:
        """Nobody confirms his own, and nothing else is done than what was asked."""
        one = self._answered(place, actor)
        if actor == one.asked_by:
            raise Refused
        if one.act == "reset":
            self._reset(one)
        else:
            self._mark(one)
        one.state = "confirmed"

    def _mark(self, one: Question) -> None:
        export = self.exports[one.export]
        if export.state != "failed" or export.version != one.version or self.origin_id not in {None, one.origin_id}:
            raise Refused
        self.origin_id = one.origin_id
        self._sync(export)
        self._retire_details()

    def _reset(self, one: Question) -> None:
        """4.15"""
        self._refuse_reset()
        if self.origin_id != one.origin_id:
            raise Refused
        self.resets += 1
        if self.kind.reset_by == "service":
            self._lose_link()

    def decline(self, place: int, actor: str) -> None:
        """A no of the second person, or the first one's second thought."""
        self._answered(place, actor).state = "declined"

    # The integrator

    def take(self) -> None:
        """2.3: the newest request is fetched."""
        if self.details:
            self.details[-1].taken = True

    def link(self, origin_id: str | None) -> None:
        """4.5, 4.7a, 4.13 without an unlink, 5 rule 5; closed while an approver has it before him."""
        if self.lock == "waiting":
            raise Refused
        if origin_id is None and self.origin_id is not None:
            self._lose_link()
        elif origin_id != self.origin_id:
            self.origin_id, self.changed = origin_id, False
            export = self.export
            answered = any(one.current and one.state == "success" for one in self.details)
            if answered and export is not None and export.state == "failed" and not export.refused:
                self._sync(export)

    def link_lines(self) -> None:
        if self.lock == "waiting":
            raise Refused
        self.lines_linked = bool(self.kind.lines)

    def _lose_link(self) -> None:
        """5 rules 5 and 6; what is open waits for the end of its detail."""
        self.origin_id, self.lines_linked = None, False
        if self.export is not None and self.export.state == "synced":
            self.export.move("unlinked")
            self.lock = "none"
        if not self.is_open:
            self._retire_details()

    def _sync(self, export: Export) -> None:
        export.move("synced")
        export.refused = ()
        self.lock, self.changed = "none", False

    def close(self, place: int, state: str, refused: tuple[str, ...] = ()) -> None:
        """Section 3 rows 2 to 4 and 8, section 4 rows 6 to 7b, 13 and 14; the detail at this place, old or new.

        `refused` are the parts that the ERP did not take, whatever it says of the whole.
        """
        detail = self.details[place]
        if detail.state == state:
            return
        detail.state = state
        export = self.export
        assert export is not None
        in_part = refused if state in {"success", "failed"} else ()
        if detail.about == "unlink":
            if detail.current and export.state == "unlinking":
                self._unlink_ends(export, state)
        elif not detail.current:
            self._close_late(detail, export, in_part)
        elif export.state in {"exporting", "failed"}:
            self._export_ends(export, state, in_part)

    def _export_ends(self, export: Export, state: str, refused: tuple[str, ...]) -> None:
        if refused:
            export.refused = refused
            export.move("failed")
        elif state == "success" and self.origin_id is not None:
            self._sync(export)
        elif state == "success":
            if export.state == "exporting" or export.refused:
                export.move("failed")
            export.refused = ()
        elif state in {"failed", "stale"} and export.state == "exporting":
            export.move("failed")
        elif state == "rejected" and export.state == "exporting":
            export.move("rejected")
            self._give_back()

    def _close_late(self, detail: Detail, export: Export, refused: tuple[str, ...]) -> None:
        """An older attempt succeeded after all: the record is synced, and the current attempt is stale."""
        whole = detail.state == "success" and not refused
        if whole and self.origin_id is not None and export.state in {"exporting", "failed"}:
            self._sync(export)
            self._end_current("in_progress", "stale")

    def _unlink_ends(self, export: Export, state: str) -> None:
        """4.13 and 4.14; a link that the integrator took away already does not come back."""
        if state == "success":
            self.origin_id, self.lines_linked = None, False
        if state == "in_progress":
            return
        if self.origin_id is not None:
            export.move("synced")
            return
        export.move("unlinked")
        self._give_back()

    # The scheduler

    def undo_time_ends(self) -> None:
        if self.export is not None and self.export.state == "accepted":
            self.export.undo_over = True

    def a_day_ends(self) -> None:
        """Undo times, holds, and the time to answer are over; nobody has looked yet."""
        self.undo_time_ends()
        if self.export is not None:
            self.export.hold_over = self.export.on_hold
        for one in self.details:
            one.overdue = True
        for asked in self.questions:
            asked.overdue = True

    def sweep(self) -> None:
        """Holds that are over end, what nobody answered goes stale (3.6, 4.10), what is accepted and due leaves."""
        for asked in self.questions:
            if asked.overdue and asked.state == "waiting":
                asked.state = "expired"
        export = self.export
        if export is None:
            return
        if export.state == "ready_to_export" and export.on_hold and export.hold_over:
            export.on_hold = False
            export.version += 1
        for one in self.details:
            if one.current and one.overdue and one.state == "in_progress":
                one.state = "stale"
                self._unanswered(export)
        if export.state == "accepted" and export.undo_over:
            self._release(export)
