"""What the component page shows: one of everything that a page is made of, with values as they occur."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from erpstaging.approvals.presenters import (
    Banner,
    Check,
    Choice,
    DecisionButton,
    Empty,
    Flag,
    FormField,
    LineRow,
    LineTable,
    Link,
    Money,
    Pager,
    Person,
    QueueRow,
    StatusChip,
    Timeline,
    TimelineEntry,
    Toast,
    Totals,
    TypeTab,
)
from erpstaging.approvals.statuses import Status, Tone

HERE = "#"
WEIGHTS = ("primary", "plain", "quiet", "danger")
TONES: tuple[Tone, ...] = ("blue", "green", "yellow", "amber", "red", "grey")
COLOURS = (
    "paper", "surface", "raised", "sunken", "line", "edge", "ink", "ink-2", "ink-3", "accent", "fill", "tint", "blue",
    "green", "yellow", "amber", "red", "grey",
)  # fmt: skip


def components() -> dict[str, Any]:
    """The context of the page."""
    now = timezone.now()
    undo = DecisionButton(act="undo", label=_("Undo"), url=HERE, key="u")
    return {
        "themes": [("", _("System")), ("light", _("Light")), ("dark", _("Dark"))],
        "colours": COLOURS,
        "chips": [_chip(status, now) for status in Status],
        "flags": [Flag("return", _("Resubmitted"), strong=True), Flag("attach", _("Attachment"))],
        "buttons": [_button(weight) for weight in WEIGHTS],
        "closed": _button("primary", why_not=_("You sent this item."), whom_to_ask=["Marcus Bell", "Sofia Reyes"]),
        "fields": _fields(),
        "rows": _rows(now),
        "totals": Totals(3, sums=[Money(Decimal("1284500"), "USD"), Money(Decimal("2108440"), "EUR")]),
        "pager": Pager(_("Rows 1 to 3"), next_url=HERE),
        "tabs": [
            TypeTab(label=_("All"), url=HERE, count=41, current=True),
            TypeTab(label=_("Commitments"), url=HERE, count=12),
            TypeTab(label=_("Companies"), url=HERE, count=0),
        ],
        "lines": _lines(),
        "banners": [_banner(tone) for tone in TONES if tone != "grey"],
        "failed": Banner(
            tone="red",
            icon="x",
            title=_("This was changed meanwhile."),
            text=_("Nothing was done. Look at it as it is now, then decide."),
            code="stale_version",
            correlation_id="0e9f4c1d8b2a4f7c",
        ),
        "empties": [
            Empty(_("Nothing waits for you."), _("What project people send appears here, oldest first.")),
            Empty(_("No rows match these filters."), icon="search", links=[Link(_("Clear filters"), HERE)]),
        ],
        "toast": Toast(text=_("Accepted SC-1042."), undo=undo, undo_until=now + dt.timedelta(seconds=10)),
        "checks": [
            Check(text=_("The company is linked to the ERP"), passed=True),
            Check(
                text=_("Every line has a cost code"), passed=False, how_to_fix=_("Line 4 has none."), code="rule_failed"
            ),
        ],
        "timeline": _timeline(now),
        "people": [Person("Ines Duarte", you=True), Person("Tom Aldridge")],
    }


def _chip(status: Status, now: dt.datetime) -> StatusChip:
    if status is Status.EXPORTING:
        return StatusChip.of(status, since=now - dt.timedelta(seconds=42))
    if status is Status.ACCEPTED:
        return StatusChip.of(status, until=now + dt.timedelta(seconds=10))
    return StatusChip.of(status, given=1, needed=2)


def _button(weight: Any, **more: Any) -> DecisionButton:
    label = {"primary": _("Accept"), "plain": _("Reject"), "quiet": _("Hold"), "danger": _("Reset")}[weight]
    return DecisionButton(act="sample", label=label, url=HERE, weight=weight, **more)


def _fields() -> list[FormField]:
    codes = [Choice("", _("None")), Choice("WRONG-RETAINAGE", "WRONG-RETAINAGE")]
    return [
        FormField(name="title", label=_("Title"), value=_("Structural steel, towers A and B"), required=True),
        FormField(name="date", label=_("Accounting date"), kind="date", value="2026-11-20"),
        FormField(name="amount", label=_("Amount"), kind="number", value="12", errors=[_("must be above 100")]),
        FormField(name="code", label=_("Code"), kind="choice", choices=codes, hint=_("Counted in the report.")),
        FormField(name="executed", label=_("Executed"), kind="boolean", value="true"),
        FormField(name="company", label=_("Company"), value="Calder Steel", locked=_("Synced as V-0419: locked.")),
        FormField(name="tax", label=_("Tax ID"), value="94-3318207", pin=_("One digit is missing.")),
        FormField(name="reason", label=_("Reason"), kind="long_text", full_width=True),
    ]


def _rows(now: dt.datetime) -> list[QueueRow]:
    def row(place: int, title: str, status: Status, **more: Any) -> QueueRow:
        return QueueRow(
            key=f"export-{place}",
            url=HERE,
            status=StatusChip.of(status),
            icon="commitment",
            number=f"SC-10{place}",
            title=title,
            project="Harbour Point",
            company="Calder Steel Erectors",
            money=Money(Decimal("1284500"), "USD"),
            sender=Person("Tom Aldridge"),
            waiting_since=now - dt.timedelta(hours=20 * place),
            **more,
        )

    failed = [_("Period 2026-10 is closed.")]
    return [
        row(1, _("Structural steel"), Status.READY_TO_EXPORT, decisions=[_button("primary"), _button("plain")]),
        row(2, _("Curtain wall"), Status.READY_TO_EXPORT, changed=True, flags=[Flag("return", _("Resubmitted"))]),
        row(3, _("Site set-up"), Status.FAILED, late=True, messages=failed),
        row(4, _("Crane hire"), Status.ACCEPTED, outcome=_("accepted by you, 10:42")),
    ]


def _lines() -> LineTable:
    rows = [
        LineRow(
            position=1, cost_code="05-100", cost_code_name=_("Structural steel"), cost_type="S", unit="t",
            description=_("Columns and beams"), quantity=Decimal("412.5"), unit_cost=Decimal("1840"),
            amount=Decimal("759000"),
        ),
        LineRow(
            position=2, cost_code="05-125", cost_code_name=_("Anchors"), cost_type="M", unit="ea",
            description=_("Base plates"), quantity=Decimal("150"), unit_cost=Decimal("846"), amount=Decimal("126900"),
            tag=_("changed"), messages=[_("The cost code is not linked.")],
        ),
    ]  # fmt: skip
    return LineTable(rows=rows, total=Money(Decimal("885900"), "USD"))


def _banner(tone: Tone) -> Banner:
    return Banner(tone=tone, title=_("38 exports fail:"), text=_("the period is closed."), link=Link(_("Show"), HERE))


def _timeline(now: dt.datetime) -> Timeline:
    entries = [
        TimelineEntry(
            id="entry-2", at=now, actor="Ruth Okafor", text=_("rejected it"), icon="return", tone="yellow",
            quote=_("Retainage must be 5 %."), correlation_id="0e9f4c1d8b2a4f7c",
        ),
        TimelineEntry(
            id="entry-1", at=now - dt.timedelta(hours=2), actor="Tom Aldridge", text=_("sent it to accounting"),
            icon="out", tone="blue",
        ),
    ]  # fmt: skip
    return Timeline(entries=entries)
