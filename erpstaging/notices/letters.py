"""What a mail says, said once: its HTML and its text part are both written from it, so that they cannot differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.template.loader import render_to_string

from erpstaging.core.statuses import LOOKS, Status, StatusLook

HTML = "notices/letter.html"


@dataclass(frozen=True, slots=True)
class Fact:
    """A line with a name, such as a code and what it means."""

    label: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An object, or a group of them: a name that leads to it, a note below, and on the right facts below each other.

    `late` says in words how far it is past its limit.
    """

    text: str
    url: str = ""
    note: str = ""
    right: Sequence[str] = ()
    late: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Lines under a heading, which may be a status; `more` tells what the table leaves out."""

    title: str
    lines: Sequence[Line]
    status: Status | None = None
    more: str = ""

    @property
    def look(self) -> StatusLook | None:
        return LOOKS[self.status] if self.status else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail from top to bottom. Texts are plain: nothing in them is taken for HTML."""

    title: str
    lead: str
    button: str
    url: str
    greeting: str = ""
    kicker: str = ""
    status: Status | None = None
    quote: str = ""
    facts: Sequence[Fact] = ()
    ask: str = ""
    tables: Sequence[Table] = ()
    foot: str = ""
    foot_links: Sequence[tuple[str, str]] = ()
    amounts: str = ""

    @property
    def look(self) -> StatusLook | None:
        return LOOKS[self.status] if self.status else None


def html_of(letter: Letter) -> str:
    return render_to_string(HTML, {"letter": letter})


def text_of(letter: Letter) -> str:
    """Paragraphs with an empty line between them; addresses stand in a line of their own."""
    return "\n\n".join(filter(None, _paragraphs(letter))) + "\n"


def _paragraphs(letter: Letter) -> Iterator[str]:
    yield letter.kicker
    yield letter.title
    if letter.look:
        yield _marked(letter.look)
    yield letter.greeting
    yield letter.lead
    yield _indented(letter.quote)
    yield "\n".join(f"    {fact.label}: {fact.text}" for fact in letter.facts)
    yield letter.ask
    yield f"{letter.button}\n{letter.url}"
    for table in letter.tables:
        yield from _table(table)
    links = [f"{label}: {url}" for label, url in letter.foot_links]
    yield "\n".join(filter(None, ["-- ", letter.foot, *links]))


def _table(table: Table) -> Iterator[str]:
    yield ", ".join(filter(None, [_marked(table.look) if table.look else "", table.title]))
    for line in table.lines:
        yield "\n".join(_line(line))
    yield table.more


def _line(line: Line) -> Iterator[str]:
    """`SC-1042 Structural steel (Calder Steel), 1,284,500.00 USD, 3 d`, and its address below."""
    right = [*line.right, *([line.late] if line.late else [])]
    yield "  " + ", ".join([f"{line.text} ({line.note})" if line.note else line.text, *right])
    if line.url:
        yield f"  {line.url}"


def _marked(look: StatusLook) -> str:
    return f"{look.mark} {look.word}"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())
