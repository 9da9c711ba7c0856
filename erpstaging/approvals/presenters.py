"""What the pages show: small frozen values, filled from queries by the views and read by the templates.

A template asks no database and decides nothing. It gets URLs ready made, names of people, amounts as Decimal, times as
aware datetimes, and for every act whether it is open and, if not, why. Texts are for people and already translated.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from erpstaging.approvals.showing.failure_facts import FailureFacts
from erpstaging.approvals.statuses import LOOKS, Status, Tone

Text: TypeAlias = str | Promise
Weight = Literal["primary", "plain", "quiet", "danger"]
Asks = Literal["", "below", "dialog", "page"]


@dataclass(frozen=True, slots=True)
class Link:
    label: Text
    url: str


@dataclass(frozen=True, slots=True)
class Money:
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, or a machine, by name; `you` when it is the reader."""

    name: str
    you: bool = False

    @property
    def initials(self) -> str:
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


# What a field can hold; templatetags/approvals.py says how each is written.
Shown: TypeAlias = Text | Decimal | int | bool | dt.date | dt.datetime | Money | Person | Link | None


# Status and acts


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChip:
    """A status with its word, icon and tone.

    `since` starts the clock of an export that is out, `until` ends the undo time of an accepted one.
    """

    status: Status
    word: Text
    icon: str
    tone: Tone
    since: dt.datetime | None = None
    until: dt.datetime | None = None

    @classmethod
    def of(
        cls,
        status: Status,
        *,
        given: int = 0,
        needed: int = 0,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
    ) -> "StatusChip":
        """The chip of a status; with `given` and `needed` approvals it counts them: `1 of 2 approved`."""
        look = LOOKS[status]
        word = look.word
        if status is Status.PARTLY_APPROVED and needed:
            word = _("%(given)d of %(needed)d approved") % {"given": given, "needed": needed}
        return cls(status=status, word=word, icon=look.icon, tone=look.tone, since=since, until=until)


@dataclass(frozen=True, slots=True)
class Flag:
    """A small fact on a row, such as "Resubmitted"; `strong` ones want to be seen."""

    icon: str
    text: Text
    strong: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionButton:
    """One act, open or closed to the reader. A closed one stays on the page with its reason.

    `act` is its word in code, keyboard and tests ("accept"). An open act posts to `url` with `version`. One that `asks`
    needs a reason or an input: it opens the form at `url` first, below its row, in a dialog, or as a page of its own.
    """

    act: str
    label: Text
    url: str
    version: int | None = None
    asks: Asks = ""
    weight: Weight = "plain"
    icon: str = ""
    key: str = ""
    why_not: Text = ""
    whom_to_ask: Sequence[str] = ()

    @property
    def enabled(self) -> bool:
        return not self.why_not

    @property
    def reason(self) -> str:
        """Why not, and whom to ask: "You sent this item. Ask Marcus Bell or Sofia Reyes."."""
        if not self.whom_to_ask:
            return str(self.why_not)
        *others, last = self.whom_to_ask
        names = _("%(names)s or %(last)s") % {"names": ", ".join(others), "last": last} if others else last
        return _("%(reason)s Ask %(names)s.") % {"reason": self.why_not, "names": names}


# Forms


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: Text


FieldKind = Literal["text", "long_text", "number", "date", "choice", "boolean"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One input. `locked` says why it is closed, and closes it; `pin` is what the approver wrote to this field."""

    name: str
    label: Text
    kind: FieldKind = "text"
    value: str = ""
    choices: Sequence[Choice] = ()
    suggestions: Sequence[str] = ()
    required: bool = False
    hint: Text = ""
    placeholder: Text = ""
    errors: Sequence[Text] = ()
    locked: Text = ""
    pin: Text = ""
    max_length: int | None = None
    full_width: bool = False

    @property
    def id(self) -> str:
        """Unique on a page, because names are: `id_line_items-0-quantity`."""
        return f"id_{self.name}"

    @property
    def value_label(self) -> Text:
        """What stands in a closed input: the chosen word, not its code."""
        if self.kind == "boolean":
            return _("Yes") if self.value == "true" else _("No")
        return next((choice.label for choice in self.choices if choice.value == self.value), self.value)

    @property
    def described_by(self) -> str:
        """Ids of the texts below the input, for `aria-describedby`."""
        texts = {"hint": self.hint or self.locked, "note": self.pin, "error": self.errors}
        return " ".join(f"{self.id}_{name}" for name, text in texts.items() if text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A form before an act: the inputs of an accept, the reason of a reject, the note of a hold.

    The same value is a form below its row, a dialog, or without JavaScript a page of its own. `row` is the key of the
    row it stands for in the list, empty elsewhere; `hidden` carries values along, such as where to go back to.
    """

    title: Text
    button: DecisionButton
    row: str = ""
    fields: Sequence[FormField] = ()
    # What is seldom filled, folded under these words.
    folded: Sequence[FormField] = ()
    folded_title: Text = ""
    items: Sequence[Text] = ()
    say: Text = ""
    note: Text = ""
    warning: Text = ""
    # What the act does that cannot be taken back.
    banner: "Banner | None" = None
    errors: Sequence[Text] = ()
    # Where what is wrong can be mended, if not here.
    fix: Link | None = None
    cancel_url: str = ""
    hidden: Sequence[tuple[str, str]] = ()
    # How many columns the list has that it opens in.
    width: int = 10

    @property
    def unfolded(self) -> bool:
        """Whether something stands in the folded fields, or is wrong with them."""
        return any(field.value or field.errors for field in self.folded)


# Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewLink:
    """An entry of the side: a view of the queue with its count, or a page. `hot` counts things gone wrong."""

    label: Text
    url: str
    icon: str
    count: int | None = None
    capped: bool = False
    hot: bool = False
    current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    """A message across the page, or `boxed` inside it; of a failed act with its code and correlation id."""

    tone: Tone
    title: Text
    text: Text = ""
    icon: str = "info"
    link: Link | None = None
    button: DecisionButton | None = None
    items: Sequence[Text] = ()
    code: str = ""
    correlation_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Toast:
    """The short word after an act. `undo` is open until `undo_until`."""

    text: Text
    undo: DecisionButton | None = None
    undo_until: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around every page of a company. What is empty or None is not shown.

    `banners` tell of the company's state, most severe first; `alerts` and `toasts` of the reader's last act.
    """

    company: Link
    person: Person
    companies: Sequence[Link] = ()
    views: Sequence[ViewLink] = ()
    work: Sequence[ViewLink] = ()
    operations: Sequence[ViewLink] = ()
    search_url: str = ""
    search: str = ""
    freshness: Text = ""
    sync: DecisionButton | None = None
    notices_url: str = ""
    notices: int = 0
    mails_url: str = ""
    banners: Sequence[Banner] = ()
    alerts: Sequence[Banner] = ()
    toasts: Sequence[Toast] = ()


# Lists


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeTab:
    """A tab with a count: an entity above the queue, a section of a detail. `capped`: there are more than counted."""

    label: Text
    url: str
    count: int | None = None
    capped: bool = False
    current: bool = False


@dataclass(frozen=True, slots=True)
class Totals:
    """Rows and sums of a list, one sum per currency; `capped` when there are more than were counted."""

    rows: int
    capped: bool = False
    sums: Sequence[Money] = ()


@dataclass(frozen=True, slots=True)
class Pager:
    """Where in a list a page stands; `sizes` are the choices of how many rows it has."""

    text: Text
    previous_url: str = ""
    next_url: str = ""
    sizes: Sequence[TypeTab] = ()


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that is on: `Waiting > 1 h`."""

    label: Text
    remove_url: str
    value: Text = ""


@dataclass(frozen=True, slots=True)
class Empty:
    """What an empty list says, and what to do next."""

    title: Text
    text: Text = ""
    icon: str = "done"
    links: Sequence[Link] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """One staged object in a list.

    `key` is unique on the page ("export-4711"), and with `version` the value of its checkbox. `outcome` greys the row
    out: it was decided ("accepted by M. Bell, 10:42"). `messages` are what the ERP or a rule said. `decisions` are
    Accept and Reject or what stands in their place, `more` goes into the row's menu. `hidden` names the columns that
    the reader left out.
    """

    key: str
    url: str
    status: StatusChip
    icon: str
    number: str
    title: str
    version: int = 0
    project: str = ""
    company: str = ""
    money: Money | None = None
    extras: Sequence[Shown] = ()
    sender: Person | None = None
    waiting_since: dt.datetime | None = None
    late: bool = False
    flags: Sequence[Flag] = ()
    messages: Sequence[Text] = ()
    decisions: Sequence[DecisionButton] = ()
    more: Sequence[DecisionButton | Link] = ()
    outcome: Text = ""
    ask: Ask | None = None
    current: bool = False
    selected: bool = False
    changed: bool = False
    failure: FailureFacts | None = None
    hidden: frozenset[str] = frozenset()

    @property
    def subtitle(self) -> str:
        """Company and project, as far as the title does not say it already."""
        return ", ".join(part for part in (self.company, self.project) if part and part != self.title)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What other people did since a page was opened: rows that are others now, and how many came.

    On the page of one object `banner` says that it moved on. `arrived` is counted up to `arrived_to`.
    """

    rows: Sequence[QueueRow] = ()
    arrived: int = 0
    arrived_to: int = 100
    reload_url: str = ""
    banner: Banner | None = None

    @property
    def told(self) -> list[str]:
        """The changed rows for who cannot see them change."""
        changed = _("changed")
        return [f"{row.number} {row.outcome or changed}" for row in self.rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """One view of the work queue. `bulk` acts make the rows selectable; `panel` is the detail beside the list."""

    title: Text
    rows: Sequence[QueueRow]
    # The columns that the company adds; every row has as many `extras`.
    extra_columns: Sequence[Text] = ()
    # The columns that the reader left out; each row says so too.
    hidden: frozenset[str] = frozenset()
    tabs: Sequence[TypeTab] = ()
    totals: Totals = Totals(0)
    pager: Pager | None = None
    filters: Sequence[Filter] = ()
    # The form of all filters, as a page of its own or a dialog over the list.
    filter_url: str = ""
    clear_url: str = ""
    download_url: str = ""
    news: News = News()
    bulk: Sequence[DecisionButton] = ()
    failing: bool = False
    empty: Empty | None = None
    panel: "Detail | None" = None
    ask: Ask | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    """One object of project people: where it is, who has it, what comes next."""

    key: str
    url: str
    status: StatusChip
    icon: str
    number: str
    title: str
    money: Money | None = None
    extras: Sequence[Shown] = ()
    who_has_it: Person | None = None
    since: dt.datetime | None = None
    next_step: Text = ""
    decisions: Sequence[DecisionButton] = ()
    open_link: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedItem:
    """An object that came back, with who sent it back and why."""

    row: ItemRow
    by: Person
    at: dt.datetime
    reason: str
    code: str = ""
    pins: Sequence[tuple[Text, Text]] = ()
    edit: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemList:
    """A list of project people's objects: My items, or the records of one type."""

    title: Text
    lead: Text = ""
    rows: Sequence[ItemRow] = ()
    extra_columns: Sequence[Text] = ()
    download_url: str = ""
    returned: Sequence[ReturnedItem] = ()
    heading: Text = ""
    tabs: Sequence[TypeTab] = ()
    totals: Totals | None = None
    pager: Pager | None = None
    filters: Sequence[Filter] = ()
    filter_fields: Sequence[FormField] = ()
    filter_url: str = ""
    clear_url: str = ""
    new: Sequence[Link] = ()
    empty: Empty | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordKind:
    """An entity on the home page of project people."""

    label: Text
    url: str
    icon: str
    count: int | None = None
    capped: bool = False
    text: Text = ""
    new: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where project people start: what came back, what is under way, and what they can make."""

    returned: Sequence[ReturnedItem] = ()
    under_way: Sequence[ItemRow] = ()
    all_items: Link | None = None
    kinds: Sequence[RecordKind] = ()


# Detail


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRow:
    """A name and its value, or the words of `empty`.

    `lock` says why project people cannot change it; `copy` offers a copy button.
    """

    label: Text
    value: Shown = None
    empty: Text = ""
    note: Text = ""
    tag: Text = ""
    tag_tone: Tone = "grey"
    lock: Text = ""
    copy: bool = False
    long: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """A line of a contract or invoice."""

    position: int
    cost_code: str
    cost_type: str
    description: str
    amount: Decimal
    cost_code_name: str = ""
    quantity: Decimal | None = None
    unit: str = ""
    unit_cost: Decimal | None = None
    tax: str = ""
    origin_id: str = ""
    tag: Text = ""
    tag_tone: Tone = "blue"
    messages: Sequence[Text] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTable:
    """Lines with their sum; `further` are amounts below it, such as the retainage. What no line has gets no column."""

    rows: Sequence[LineRow]
    total: Money
    further: Sequence[tuple[Text, Decimal]] = ()

    @property
    def has_codes(self) -> bool:
        return any(row.cost_code for row in self.rows)

    @property
    def has_types(self) -> bool:
        return any(row.cost_type for row in self.rows)

    @property
    def has_quantities(self) -> bool:
        return any(row.quantity is not None or row.unit or row.unit_cost is not None for row in self.rows)

    @property
    def has_taxes(self) -> bool:
        return any(row.tax for row in self.rows)

    @property
    def columns_before(self) -> int:
        """How many columns stand before the amount."""
        return 2 + self.has_codes + self.has_types + 3 * self.has_quantities

    @property
    def columns_after(self) -> int:
        return 1 + self.has_taxes


@dataclass(frozen=True, slots=True)
class Transfer:
    """An amount moved from one line of a budget to another."""

    source: Text
    target: Text
    amount: Decimal
    notes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfers:
    """What was moved between the lines of a budget; `new` leads to the form, for who may."""

    rows: Sequence[Transfer]
    currency: str
    new: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """The request as the integrator will read it; `data` is plain JSON. `typed` points at what is typed at Accept."""

    request_name: str
    data: object
    size: int
    sha256: str
    note: Text = ""
    same_as_version: int | None = None
    typed: frozenset[str] = frozenset()
    download_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A rule with its outcome, how to fix a failed one, and where."""

    text: Text
    passed: bool
    how_to_fix: Text = ""
    fix: Link | None = None
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One thing that happened. `text` goes on after the actor's name: "sent version 3, 1,284,500.00 USD"."""

    id: str
    at: dt.datetime
    actor: str
    text: Text
    actor_kind: Text = ""
    icon: str = "info"
    tone: Tone = "grey"
    quote: str = ""
    details: Text = ""
    correlation_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The story of one object, newest first; `kinds` filter it."""

    entries: Sequence[TimelineEntry]
    kinds: Sequence[TypeTab] = ()
    zone: str = "UTC"
    older_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The bar at the bottom: what a yes means, the inputs it needs, and the acts from quiet to filled."""

    say: Text
    buttons: Sequence[DecisionButton]
    note: Text = ""
    fields: Sequence[FormField] = ()
    hidden: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a detail stands: its list, and its neighbours there."""

    back: Link
    name: str
    position: Text = ""
    previous_url: str = ""
    next_url: str = ""


Segments: TypeAlias = Sequence[tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class ChangedField:
    """A field that is another one now. `was` and `now` are pieces of text with whether they differ; empty for none."""

    label: Text
    was: Segments
    now: Segments


@dataclass(frozen=True, slots=True)
class Cell:
    """A value of a line; `text` is empty where it is the same as before."""

    text: str
    differs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedLine:
    """A line that was added, removed or changed: its cells in the order of the columns, before and now.

    `further` are changed fields that have no column.
    """

    name: str
    was: Sequence[Cell] = ()
    now: Sequence[Cell] = ()
    further: Sequence[ChangedField] = ()
    difference: Decimal | None = None


@dataclass(frozen=True, slots=True)
class OlderData:
    """What came too late, and how it differs from what stands there."""

    at: dt.datetime
    by: str
    version: str
    fields: Sequence[ChangedField]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What changed between `since` and now; `choices` are other places to begin. `equal` counts what is folded.

    `was` takes the place of "Before ..." where what stood there has a name, such as "Rejected by Ines Duarte". The
    first `text_columns` of the lines are texts, the others figures.
    """

    since: dt.datetime | None = None
    by: str = ""
    was: Text = ""
    choices: Sequence[tuple[dt.datetime, str, bool]] = ()
    fields: Sequence[ChangedField] = ()
    equal: Sequence[Text] = ()
    columns: Sequence[Text] = ()
    text_columns: int = 3
    lines: Sequence[ChangedLine] = ()
    equal_lines: Sequence[str] = ()
    total_was: Money | None = None
    total_now: Money | None = None
    older: Sequence[OlderData] = ()

    @property
    def difference(self) -> Decimal:
        if self.total_was is None or self.total_now is None:
            return Decimal(0)
        return self.total_now.amount - self.total_was.amount

    @property
    def width(self) -> int:
        """The columns of the table of lines: those of a line, its mark, its number and its difference."""
        return len(self.columns) + 3

    @property
    def percent(self) -> str:
        """The difference in per cent of what it was, with its sign; empty where there is nothing to compare with."""
        if self.total_was is None or not self.total_was.amount:
            return ""
        return f"{self.difference * 100 / self.total_was.amount:+.2f}"

    @property
    def adds_up(self) -> bool:
        if self.total_was is None:
            return False
        return self.difference == sum((line.difference or Decimal(0) for line in self.lines), start=Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A body as it was received, and where in it the row stands."""

    facts: Sequence["FieldRow"]
    lines: Sequence[str]
    cut: bool
    masked: bool
    download_url: str
    choices: Sequence[tuple[dt.datetime, str, bool]] = ()


@dataclass(frozen=True, slots=True)
class EarlierId:
    """An origin ID that stood on a record once, until when, and why it left."""

    origin_id: str
    until: dt.datetime
    reason: str


# Linking and merging


@dataclass(frozen=True, slots=True)
class Pick:
    """A staged row beside the link panel: what it is called, what is known of it, and its own panel."""

    title: str
    text: Text
    number: str
    url: str
    status: StatusChip
    done: bool = False
    current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A record that a staged row may be. `closed` says why it cannot be linked; `tags` are (reason, strong) pairs."""

    value: str
    title: str
    text: Text
    percent: int | None = None
    tags: Sequence[tuple[Text, bool]] = ()
    closed: Text = ""
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """A field of both; `after` is what the record holds when it is linked, `changed` whether the link changes it."""

    label: Text
    staged: Text
    record: Text
    after: Text
    changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Linking:
    """One staged row beside the records it may be; at its side the rows that wait like it."""

    title: str
    url: str
    lead: Text
    status: StatusChip
    matches: Sequence[Match]
    found: Text
    decision: "Decision"
    compared: Sequence[Compared] = ()
    compared_with: str = ""
    search: str = ""
    banners: Sequence[Banner] = ()
    list_title: Text = ""
    list_note: Text = ""
    picks: Sequence[Pick] = ()
    link_exact: DecisionButton | None = None
    tabs: Sequence[TypeTab] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeStep:
    """Choosing who survives and who goes, and what a merge would do before it is done."""

    place: "Place"
    search: str
    matches: Sequence[Match]
    url: str
    master: Link | None = None
    sources: Sequence[Link] = ()
    moving: Sequence[FieldRow] = ()
    blocked: Sequence[tuple[Link, Text]] = ()
    banners: Sequence[Banner] = ()
    decision: "Decision | None" = None
    chosen: Sequence[tuple[str, str]] = ()


Section = Literal["changes", "fields", "lines", "modifications", "payload", "checks", "source", "timeline"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One staged object, export or record, on its own page or in the panel beside the list.

    `section` says which tab is open; only its value has to be filled. `facts` stand beside every section.
    """

    kind: Text
    number: str
    title: str
    url: str
    status: StatusChip
    section: Section
    place: Place | None = None
    tabs: Sequence[TypeTab] = ()
    flags: Sequence[Flag] = ()
    money: Money | None = None
    summary: Text = ""
    facts: Sequence[FieldRow] = ()
    checks: Sequence[Check] = ()
    banners: Sequence[Banner] = ()
    fields: Sequence[FieldRow] = ()
    lines: LineTable | None = None
    transfers: Transfers | None = None
    payload: Payload | None = None
    timeline: Timeline | None = None
    changes: Changes | None = None
    source: Source | None = None
    earlier_ids: Sequence[EarlierId] = ()
    decision: Decision | None = None

    @property
    def passed(self) -> int:
        return sum(check.passed for check in self.checks)

    @property
    def failed_checks(self) -> Sequence[Check]:
        return [check for check in self.checks if not check.passed]


# Record form


@dataclass(frozen=True, slots=True, kw_only=True)
class FormLine:
    """One editable line: its inputs in the order of the columns. `prefix` starts their names."""

    prefix: str
    position: int
    fields: Sequence[FormField]
    id: int | None = None
    amount: Decimal | None = None
    removed: bool = False
    locked: Text = ""
    errors: Sequence[Text] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FormLines:
    """The lines of a form. `blank` is the pattern of a new one; its names carry `__n__` for the position.

    Buttons named `add_line` and `remove_line` (with the prefix as value) redraw the form and save nothing.
    """

    columns: Sequence[Text]
    rows: Sequence[FormLine]
    total: Money | None = None
    blank: FormLine | None = None
    errors: Sequence[Text] = ()
    locked: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormGroup:
    fields: Sequence[FormField]
    title: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordForm:
    """Making or changing a record. A record that waits for a decision is shown closed, with a way to take it back."""

    title: Text
    kind: Text
    groups: Sequence[FormGroup]
    buttons: Sequence[DecisionButton]
    status: StatusChip | None = None
    lead: Text = ""
    place: Place | None = None
    money: Money | None = None
    lines: FormLines | None = None
    banners: Sequence[Banner] = ()
    returned: ReturnedItem | None = None
    checks: Sequence[Check] = ()
    facts: Sequence[FieldRow] = ()
    errors: Sequence[Text] = ()
    version: int | None = None
    closed: bool = False
    hidden: Sequence[tuple[str, str]] = field(default=())

    @property
    def wrong(self) -> Sequence[tuple[str, Text]]:
        """The inputs that have to be looked at again, by id and name: a long form does not show them all at once."""
        fields = [(one, one.label) for group in self.groups for one in group.fields]
        for line in self.lines.rows if self.lines is not None else ():
            said = {"number": line.position}
            fields += [(one, _("Line %(number)s, %(label)s") % {**said, "label": one.label}) for one in line.fields]
        return [(one.id, label) for one, label in fields if one.errors]

    @property
    def failed_checks(self) -> Sequence[Check]:
        return [check for check in self.checks if not check.passed]
