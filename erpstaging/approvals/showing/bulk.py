"""Decisions on many rows, as pages show them: what they would do, and how they are going."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from erpstaging.approvals.naming import local
from erpstaging.approvals.presenters import Choice, DecisionButton, FormField, Link, Money, Text
from erpstaging.approvals.showing.rejecting import reason_fields
from erpstaging.approvals.showing.words import ACT_ICONS, ACT_LABELS
from erpstaging.approvals.statuses import Tone
from erpstaging.approvals.telling import told
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.rules import Input
from erpstaging.core.errors import Refused
from erpstaging.staging.bulk import JobSeen, OfType
from erpstaging.staging.bulk_acts import ACTS
from erpstaging.staging.bulk_models import BulkItem, BulkOutcome
from erpstaging.staging.bulk_preview import Preview
from erpstaging.staging.models import StagedExport, StagedRecord
from erpstaging.staging.queue import View

# What a row of a kind is called in keys, and the page of one.
PLACES = {"export": "export", "staged_record": "staged"}
# Rejecting stands in the API under a word for each kind; people read one.
WORDS = {"reject_import": "reject"}
TITLES: Mapping[str, Text] = {
    "accept": gettext_lazy("Accept %(rows)s"),
    "reject": gettext_lazy("Reject %(rows)s"),
    "reject_import": gettext_lazy("Reject %(rows)s"),
    "import": gettext_lazy("Add %(rows)s"),
    "retry": gettext_lazy("Send %(rows)s again"),
}
RUNNING: Mapping[str, Text] = {
    "accept": gettext_lazy("Accepting %(rows)s"),
    "reject": gettext_lazy("Rejecting %(rows)s"),
    "reject_import": gettext_lazy("Rejecting %(rows)s"),
    "import": gettext_lazy("Adding %(rows)s"),
    "retry": gettext_lazy("Sending %(rows)s again"),
}
OVER: Mapping[str, Text] = {
    "accept": gettext_lazy("Accepted %(done)s of %(rows)s"),
    "reject": gettext_lazy("Rejected %(done)s of %(rows)s"),
    "reject_import": gettext_lazy("Rejected %(done)s of %(rows)s"),
    "import": gettext_lazy("Added %(done)s of %(rows)s"),
    "retry": gettext_lazy("Sent %(done)s of %(rows)s again"),
}
DONE: Mapping[str, Text] = {
    "accept": gettext_lazy("accepted"),
    "reject": gettext_lazy("rejected"),
    "reject_import": gettext_lazy("rejected"),
    "import": gettext_lazy("added"),
    "retry": gettext_lazy("sent again"),
}
LOOKS: Mapping[str, tuple[Text, str, Tone]] = {
    BulkOutcome.DONE: (gettext_lazy("Done"), "check", "green"),
    BulkOutcome.REFUSED: (gettext_lazy("Not done"), "x", "red"),
    BulkOutcome.SKIPPED: (gettext_lazy("Skipped"), "return-o", "yellow"),
    BulkOutcome.WAITING: (gettext_lazy("To do"), "clock", "grey"),
}


def bulk_buttons(company: Company, view: View | None, actor: Actor) -> list[DecisionButton]:
    """What the reader may do with many rows of a view at once."""
    return [
        DecisionButton(
            act=WORDS.get(word, word),
            label=ACT_LABELS[WORDS.get(word, word)],
            url=reverse("approvals:bulk", args=[company.pk, word]),
            icon=ACT_ICONS.get(word, "check"),
            weight="primary" if word in {"accept", "import", "retry"} else "plain",
        )
        for word, act in ACTS.items()
        if view in act.views and _may(act.refuse, actor)
    ]


def _may(refuse: Any, actor: Actor) -> bool:
    try:
        refuse(actor)
    except Refused:
        return False
    return True


def rows_text(count: int) -> str:
    return ngettext("%(count)s row", "%(count)s rows", count) % {"count": f"{count:,}"}


@dataclass(frozen=True, slots=True)
class TypeSum:
    """Rows of one type, with an amount or None for each currency of the table."""

    label: Text
    rows: int
    amounts: Sequence[Money | None]


@dataclass(frozen=True, slots=True)
class TypeTable:
    currencies: Sequence[str]
    types: Sequence[TypeSum]
    total: TypeSum


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows that cannot be decided for one reason."""

    rows: int
    reason: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryShown:
    """What stands before a decision on many rows. `rows` and `left` are their ids and versions, as the form sends them
    and as the list keeps them selected."""

    title: str
    button: DecisionButton
    back: Link
    rows: str
    able: int
    table: TypeTable
    left_out: Sequence[LeftOut]
    left: Sequence[str]
    fields: Sequence[FormField]
    warnings: Sequence[str] = ()
    wanting: str = ""
    note: str = ""
    errors: Sequence[str] = ()


def summary_shown(
    company: Company,
    word: str,
    found: Preview,
    *,
    back: Link,
    metadata: Metadata,
    typed: Mapping[str, str],
    errors: Mapping[str, Sequence[str]],
) -> SummaryShown:
    total, able = len(found.pairs), found.able
    versions = dict(found.pairs)
    place = PLACES[found.kind]
    fields = _fields(found.inputs, typed, errors)
    if word in {"reject", "reject_import"}:
        fields = reason_fields(metadata, typed, errors)
    named = {field.name for field in fields}
    rows = rows_text(total)
    if able < total:
        rows = _("%(able)s of %(rows)s") % {"able": f"{able:,}", "rows": rows}
    return SummaryShown(
        title=str(TITLES[word]) % {"rows": rows},
        button=DecisionButton(
            act=WORDS.get(word, word),
            label=str(TITLES[word]) % {"rows": rows_text(able)},
            url=reverse("approvals:bulk_start", args=[company.pk, word]),
            weight="danger" if word in {"reject", "reject_import"} else "primary",
        ),
        back=back,
        rows=",".join(f"{row_id}.{version}" for row_id, version in found.pairs if row_id not in found.refusals),
        able=able,
        table=type_table(found.types),
        left_out=_left_out(found.refusals),
        left=[f"{place}-{row_id}.{versions[row_id]}" for row_id in found.refusals],
        fields=fields,
        warnings=found.warnings,
        wanting=_wanting(len(found.wanting)),
        note=_note(word, found),
        errors=[text for name, texts in errors.items() if name not in named for text in texts],
    )


def _wanting(rows: int) -> str:
    if not rows:
        return ""
    text = ngettext("%(count)s row waits for what is typed here.", "%(count)s rows wait for what is typed here.", rows)
    return text % {"count": f"{rows:,}"}


def _note(word: str, found: Preview) -> str:
    if word == "reject":
        text = ngettext(
            "%(count)s person gets the reason by mail.", "%(count)s people get the reason by mail.", found.senders
        )
        return text % {"count": f"{found.senders:,}"}
    if word == "reject_import":
        return _("The integrator reads the reason and stages corrected rows.")
    if not found.tried:
        return _("Each row is checked when its turn comes. Those that cannot be done are listed with their reasons.")
    return ""


def _fields(
    inputs: Sequence[tuple[Input, int]], typed: Mapping[str, str], errors: Mapping[str, Sequence[str]]
) -> list[FormField]:
    return [
        FormField(
            name=one.key,
            label=one.label,
            kind="date" if one.kind == "date" else "text",
            value=typed.get(one.key, ""),
            required=any(rule.name == "present" for rule in one.rules),
            hint=_("for %(rows)s") % {"rows": rows_text(rows)},
            max_length=next((rule.length for rule in one.rules if rule.name == "max_length"), 255),
            errors=list(errors.get(one.key, ())),
        )
        for one, rows in inputs
    ]


def _left_out(refusals: Mapping[int, Refused]) -> list[LeftOut]:
    counted = Counter((refusal.code, refusal.message) for refusal in refusals.values())
    return [LeftOut(rows, told(message), code) for (code, message), rows in counted.most_common()]


def type_table(types: Mapping[str, OfType]) -> TypeTable:
    """Types that people call by one name, such as both kinds of commitment, are one line."""
    currencies = sorted({currency for one in types.values() for currency in one.sums})
    lines: dict[str, list[OfType]] = {}
    for item_type, one in types.items():
        lines.setdefault(local(ENTITIES[item_type].plural), []).append(one)
    shown = [_type_sum(label, ones, currencies) for label, ones in lines.items()]
    return TypeTable(currencies, shown, _type_sum(_("Total"), list(types.values()), currencies))


def _type_sum(label: str, ones: Sequence[OfType], currencies: Sequence[str]) -> TypeSum:
    amounts = [[one.sums[name] for one in ones if name in one.sums] for name in currencies]
    sums = [
        Money(sum(found, Decimal(0)), name) if found else None for found, name in zip(amounts, currencies, strict=True)
    ]
    return TypeSum(label, sum(one.rows for one in ones), sums)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeShown:
    """One row of a job, with the object it was about where that still stands."""

    word: Text
    icon: str
    tone: Tone
    name: str
    url: str
    subtitle: str
    reason: str
    code: str
    money: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A piece of the bar, in rows: where it begins, how long it is, and what it stands for."""

    start: int
    rows: int
    tone: str
    label: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class JobShown:
    title: str
    url: str
    back: Link
    running: bool
    asked_by: str
    asked_at: dt.datetime
    total: int
    decided: int
    stretches: Sequence[Stretch]
    to_do: int
    left_text: str
    table: TypeTable
    rows: Sequence[OutcomeShown]
    choices: Sequence[tuple[Choice, str, bool]]
    next_url: str
    not_done: Sequence[str]
    select: Link | None
    file_url: str
    stop: DecisionButton | None


def job_shown(
    company: Company,
    seen: JobSeen,
    *,
    types: Mapping[str, OfType],
    not_done: Sequence[tuple[int, int]],
    back: Link,
    outcome: str,
    may_stop: bool,
) -> JobShown:
    """`not_done` are the rows that could be selected again, with their versions of today."""
    job, counts = seen.job, seen.counts
    running = job.finished_at is None
    done, waiting = counts[BulkOutcome.DONE], counts[BulkOutcome.WAITING]
    words = {"rows": rows_text(job.total), "done": f"{done:,}"}
    url = reverse("approvals:job", args=[company.pk, job.pk])
    place = PLACES[seen.kind]
    last = seen.rows[-1].object_id if seen.more else None
    return JobShown(
        title=str((RUNNING if running else OVER)[job.act]) % words,
        url=url,
        back=back,
        running=running,
        asked_by=job.asked_by_name,
        asked_at=job.asked_at,
        total=job.total,
        decided=job.total - waiting,
        stretches=_stretches(job.act, counts),
        to_do=waiting,
        left_text=_time_left(job.asked_at, job.total - waiting, waiting) if running else "",
        table=type_table(types),
        rows=outcomes_shown(company, seen.kind, job.act, seen.rows),
        choices=[
            (Choice("", _("All")), url, not outcome),
            (
                Choice("left", _("Not done %(count)s") % {"count": f"{_left(counts):,}"}),
                f"{url}?show=left",
                bool(outcome),
            ),
        ],
        next_url=f"{url}?{'show=left&' if outcome else ''}after={last}" if last else "",
        not_done=[f"{place}-{row_id}.{version}" for row_id, version in not_done],
        select=None
        if running or not not_done
        else Link(_("Select %(rows)s") % {"rows": rows_text(len(not_done))}, back.url),
        file_url=reverse("approvals:job_file", args=[company.pk, job.pk]),
        stop=DecisionButton(
            act="stop", label=_("Stop after this chunk"), url=reverse("approvals:stop_job", args=[company.pk, job.pk])
        )
        if running and may_stop
        else None,
    )


def _left(counts: Mapping[str, int]) -> int:
    return counts[BulkOutcome.REFUSED] + counts[BulkOutcome.SKIPPED]


def _stretches(act: str, counts: Mapping[str, int]) -> list[Stretch]:
    parts = [
        (BulkOutcome.DONE, "blue", DONE[act]),
        (BulkOutcome.SKIPPED, "yellow", gettext_lazy("skipped")),
        (BulkOutcome.REFUSED, "red", gettext_lazy("not done")),
    ]
    found, start = [], 0
    for outcome, tone, label in parts:
        found.append(Stretch(start=start, rows=counts[outcome], tone=tone, label=label))
        start += counts[outcome]
    return found


def _time_left(began: dt.datetime, decided: int, waiting: int) -> str:
    if not decided:
        return _("You can leave, it goes on.")
    seconds = max(1, round((timezone.now() - began).total_seconds() / decided * waiting))
    return _("About %(seconds)d s left. You can leave, it goes on.") % {"seconds": seconds}


def outcomes_shown(company: Company, kind: str, act: str, items: Sequence[BulkItem]) -> list[OutcomeShown]:
    model: type[StagedExport] | type[StagedRecord] = StagedExport if kind == "export" else StagedRecord
    rows: Any = model.objects.of(company)
    if kind == "export":
        rows = rows.select_related("vendor")
    found = rows.in_bulk([item.object_id for item in items])
    return [_outcome(company, kind, act, item, found.get(item.object_id)) for item in items]


def _outcome(company: Company, kind: str, act: str, item: BulkItem, one: Any) -> OutcomeShown:
    word, icon, tone = LOOKS[item.outcome]
    if item.outcome == BulkOutcome.DONE:
        word = str(DONE[act]).capitalize()
    money = None
    if one is not None and one.amount is not None:
        money = Money(one.amount, one.currency if kind == "export" else company.currency)
    vendor = getattr(one, "vendor", None)
    name = (one.number or one.title) if one is not None else ""
    about = [one.title if one is not None else "", vendor.title if vendor is not None else ""]
    return OutcomeShown(
        word=word,
        icon=icon,
        tone=tone,
        name=name or f"{item.object_id}",
        url=reverse(f"approvals:{PLACES[kind]}", args=[company.pk, item.object_id]) if one is not None else "",
        subtitle=", ".join(text for text in about if text and text != name),
        reason=told(item.message),
        code=item.code,
        money=money,
    )
