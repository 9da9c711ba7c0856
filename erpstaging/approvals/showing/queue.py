"""The work queue as its page shows it."""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erpstaging.approvals.naming import local, within
from erpstaging.approvals.presenters import (
    DecisionButton,
    Empty,
    Flag,
    Link,
    Money,
    Pager,
    Person,
    Queue,
    QueueRow,
    StatusChip,
    Text,
    Totals,
    TypeTab,
    ViewLink,
)
from erpstaging.approvals.showing.acts import Colleagues, button
from erpstaging.approvals.showing.columns import Column
from erpstaging.approvals.showing.failures import failure_facts, is_late, resubmitted_flag
from erpstaging.approvals.showing.words import VIEW_ICONS, VIEW_LABELS, export_chip, staged_chip
from erpstaging.approvals.statuses import Status
from erpstaging.approvals.telling import told
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.records.models import Record
from erpstaging.staging.acts import export_acts, staged_record_acts
from erpstaging.staging.export_inputs import inputs_wanted, warning_of
from erpstaging.staging.models import ExportState, StagedExport, StagedRecord, StagedStatus
from erpstaging.staging.queue import COUNTED_TO, DEFAULT_LIMIT, Asked, Part, Row, Tab, View
from erpstaging.staging.queue_reading import as_pairs

HOT = {View.FAILED}
UNDECIDED = {StagedStatus.STAGED, StagedStatus.INVALID}
PAGE_SIZES = (25, 50, 100)


@dataclass(slots=True)
class QueueShown:
    """Turns rows into what the list shows; one per request, since it remembers what it looked up."""

    company: Company
    actor: Actor
    metadata: Metadata
    records: Mapping[int, Record]
    colleagues: Colleagues
    columns: Sequence[Column] = ()
    # For the lists of failures, which have columns of their own.
    failing: bool = False
    hidden: frozenset[str] = frozenset()

    def row(self, row: Row, *, outcome: str = "") -> QueueRow:
        """A row with what can be done with it."""
        one, facts = row.object, self.facts(row)
        if isinstance(one, StagedRecord):
            return self._staged(one, facts, outcome)
        if isinstance(one, StagedExport):
            return self._export(one, facts, outcome)
        return facts

    def facts(self, row: Row) -> QueueRow:
        """What stands in the columns of a row."""
        one = row.object
        if isinstance(one, StagedRecord):
            return self._staged_facts(row, one)
        if isinstance(one, StagedExport):
            return self._export_facts(row, one)
        if isinstance(one, Record):
            return self._record(row, one)
        raise TypeError(f"{type(one).__name__} does not stand in the queue.")

    def _staged_facts(self, row: Row, staged: StagedRecord) -> QueueRow:
        messages = [*map(told, staged.messages), *(_waits_for(one) for one in staged.waiting_for)]
        return QueueRow(
            key=f"staged-{staged.pk}",
            url=reverse("approvals:staged", args=[self.company.pk, staged.pk]),
            status=staged_chip(staged),
            icon=ENTITIES[staged.item_type].icon,
            number=staged.number or staged.origin_id,
            version=staged.version,
            title=staged.title or staged.origin_id,
            project=self._name("project", row.project),
            company=self._name("company", row.vendor),
            money=None if staged.amount is None else Money(staged.amount, self.company.currency),
            waiting_since=row.since,
            extras=[column.value(staged.data, staged.origin_code) for column in self.columns],
            messages=messages[:2],
            late=staged.status in UNDECIDED and self._is_past_limit(staged.item_type, staged.created_at),
            flags=[resubmitted_flag()] if row.resubmitted else [],
            hidden=self.hidden,
        )

    def _staged(self, staged: StagedRecord, facts: QueueRow, outcome: str) -> QueueRow:
        acts = staged_record_acts(staged, self.actor)
        shown = [
            button(act, "staged", self.company.pk, staged.pk, version=staged.version, colleagues=self.colleagues)
            for act in acts
        ]
        return dataclasses.replace(
            facts,
            decisions=[one for one in shown if one.act in {"import", "reject"}],
            more=[
                dataclasses.replace(one, asks="page", version=None) if one.act == "link" else one
                for one in shown
                if one.act not in {"import", "reject"}
            ],
            outcome=outcome,
        )

    def _export_facts(self, row: Row, export: StagedExport) -> QueueRow:
        return QueueRow(
            key=f"export-{export.pk}",
            url=reverse("approvals:export", args=[self.company.pk, export.pk]),
            status=export_chip(export),
            icon=ENTITIES[export.item_type].icon,
            number=export.number,
            version=export.version,
            title=export.title or local(ENTITIES[export.item_type].label),
            project=self._name("project", row.project),
            company=self._name("company", row.vendor),
            money=None if export.amount is None else Money(export.amount, export.currency),
            sender=Person(export.sent_by_name, you=export.sent_by_id == self.actor.user_id),
            waiting_since=row.since,
            extras=[
                column.value(export.snapshot["data"], export.inputs.get("code") or export.snapshot.get("origin_code"))
                for column in self.columns
            ],
            late=is_late(export) or self._waits_too_long(export),
            failure=failure_facts(export) if self.failing else None,
            flags=_flags(export, row.resubmitted),
            messages=[told(one) for one in export.messages[:2] or [export.held_reason] if one],
            hidden=self.hidden,
        )

    def _export(self, export: StagedExport, facts: QueueRow, outcome: str) -> QueueRow:
        record = self.records[export.record_id]
        asks = inputs_wanted(self.metadata, export) or warning_of(self.metadata, export)
        shown = [
            button(
                act,
                "export",
                self.company.pk,
                export.pk,
                version=export.version,
                colleagues=self.colleagues,
                asks="below" if asks and act.act == "accept" else "",
            )
            for act in export_acts(export, record, self.actor)
            if act.act != "retrieve"
        ]
        if self.failing and any(act.act == "retrieve" for act in export_acts(export, record, self.actor)):
            shown.append(edit_button(self.company, export))
        foremost = {"retry"} if self.failing else {"accept", "retry", "reject"}
        return dataclasses.replace(
            facts,
            decisions=[one for one in shown if one.act in foremost],
            more=[one for one in shown if one.act not in foremost],
            outcome=outcome,
        )

    def _waits_too_long(self, export: StagedExport) -> bool:
        """Longer than the company's limit for a decision; what people put aside is not late."""
        waits = export.state == ExportState.READY_TO_EXPORT and export.hold_until is None
        return waits and self._is_past_limit(export.item_type, export.sent_at)

    def _is_past_limit(self, item_type: str, since: dt.datetime) -> bool:
        return since < timezone.now() - self.metadata.erp.decision_limit(item_type)

    def _record(self, row: Row, record: Record) -> QueueRow:
        return QueueRow(
            key=f"record-{record.pk}",
            url=reverse("approvals:record", args=[self.company.pk, record.pk]),
            status=StatusChip.of(Status.UNLINKING if row.unlinking else Status.SYNCED),
            icon=ENTITIES[record.item_type].icon,
            number=record.number or record.origin_code or "",
            title=record.title or local(ENTITIES[record.item_type].label),
            project=self._name("project", row.project),
            company=self._name("company", row.vendor),
            money=None if record.amount is None else Money(record.amount, record.currency),
            waiting_since=row.since,
            extras=[column.value(record.data, record.origin_code) for column in self.columns],
            hidden=self.hidden,
        )

    def _name(self, column: str, text: str) -> str:
        """A name stands below the title too where the list is narrow; hidden it stands nowhere."""
        return "" if column in self.hidden else text


def edit_button(company: Company, export: StagedExport) -> DecisionButton:
    """Taking a failed one back to change it: it needs another approval then."""
    return DecisionButton(
        act="edit_again",
        label=_("Edit and re-approve"),
        url=reverse("approvals:edit_again", args=[company.pk, export.pk]),
        asks="dialog",
        icon="pencil",
        weight="quiet",
    )


def _waits_for(one: Mapping[str, Any]) -> str:
    kind = within(ENTITIES[one["targets"][0]].label) if one["targets"][0] in ENTITIES else one["field"]
    return _("Waits for %(kind)s %(value)s to be linked") % {"value": one["value"], "kind": kind}


def _flags(export: StagedExport, resubmitted: bool) -> list[Flag]:
    flags = [resubmitted_flag()] if resubmitted else []
    if export.state == ExportState.FAILED and export.attempts > 1:
        flags.append(Flag("refresh", _("%(count)d attempts") % {"count": export.attempts}))
    return flags


def queue_query(asked: Asked, **changed: Any) -> str:
    """Everything that is asked, as it stands in an address. What is `changed` takes one value, several, or none."""
    pairs = [("view", str(asked.view)), ("type", tab_key(asked)), ("q", asked.text), *as_pairs(asked.filters)]
    pairs += [("sort", asked.sort), ("limit", "" if asked.limit == DEFAULT_LIMIT else str(asked.limit))]
    kept = [(name, value) for name, value in pairs if value and name not in changed]
    for name, value in changed.items():
        kept += [(name, one) for one in ([value] if isinstance(value, str) else value) if one]
    return urlencode(kept)


def queue_url(company: Company, asked: Asked, **changed: Any) -> str:
    """The address of a part of the queue."""
    return f"{reverse('approvals:queue', args=[company.pk])}?{queue_query(asked, **changed)}"


def tab_key(asked: Asked) -> str:
    return (ENTITIES[asked.item_types[0]].metadata_name or "") if asked.item_types else ""


def view_links(company: Company, counts: Mapping[View, int], current: View | None) -> list[ViewLink]:
    return [
        ViewLink(
            label=VIEW_LABELS[view],
            url=queue_url(company, Asked(view)),
            icon=VIEW_ICONS[view],
            count=min(counts.get(view, 0), COUNTED_TO),
            capped=counts.get(view, 0) > COUNTED_TO,
            hot=view in HOT and counts.get(view, 0) > 0,
            current=view is current,
        )
        for view in VIEW_LABELS
    ]


def queue_shown(shown: QueueShown, asked: Asked, part: Part, *, tabs: list[Tab], counts: Mapping[str, int]) -> Queue:
    company = shown.company
    label = VIEW_LABELS[asked.view]
    return Queue(
        title=label,
        rows=[shown.row(row) for row in part.rows],
        extra_columns=[column.label for column in shown.columns],
        hidden=shown.hidden,
        tabs=type_tabs(company, asked, tabs, counts),
        totals=totals_of(part),
        pager=_pager(company, asked, part),
        clear_url=queue_url(company, Asked(asked.view)),
        failing=asked.view is View.FAILED,
        empty=_empty(company, asked),
    )


def totals_of(part: Part) -> Totals:
    return Totals(part.total, part.capped, [Money(amount, currency) for currency, amount in sorted(part.sums.items())])


def type_tabs(company: Company, asked: Asked, tabs: list[Tab], counts: Mapping[str, int]) -> list[TypeTab]:
    chosen = tab_key(asked)
    shown = [(tab.key, local(tab.label), sum(counts.get(item_type, 0) for item_type in tab.item_types)) for tab in tabs]
    return [
        TypeTab(
            label=label,
            url=queue_url(company, asked, type=key),
            count=min(count, COUNTED_TO),
            capped=count > COUNTED_TO,
            current=key == chosen,
        )
        for key, label, count in [("", _("All"), sum(counts.values())), *shown]
    ]


def _pager(company: Company, asked: Asked, part: Part) -> Pager | None:
    if not asked.cursor and not part.next_cursor and part.total <= min(PAGE_SIZES):
        return None
    return Pager(
        text=_("%(count)d rows here") % {"count": len(part.rows)},
        previous_url=queue_url(company, asked) if asked.cursor else "",
        next_url=queue_url(company, asked, cursor=part.next_cursor) if part.next_cursor else "",
        sizes=[
            TypeTab(label=str(size), url=queue_url(company, asked, limit=str(size)), current=size == asked.limit)
            for size in PAGE_SIZES
        ],
    )


def _empty(company: Company, asked: Asked) -> Empty:
    if asked.is_narrowed or asked.item_types:
        return Empty(
            title=_("No rows match these filters."),
            icon="search",
            links=[Link(_("Clear filters"), queue_url(company, Asked(asked.view)))],
        )
    title, text, ways = EMPTY_TEXTS[asked.view]
    links = [Link(str(VIEW_LABELS[view]), queue_url(company, Asked(view))) for view in ways]
    return Empty(title=title, text=text, icon="done", links=links)


EMPTY_TEXTS: Mapping[View, tuple[Text, Text, tuple[View, ...]]] = {
    View.READY_TO_IMPORT: (
        gettext_lazy("Nothing waits for you."),
        gettext_lazy("What the integrator stages appears here, oldest first."),
        (View.READY_TO_EXPORT, View.NEEDS_FIXING),
    ),
    View.NEEDS_FIXING: (
        gettext_lazy("Everything is complete."),
        gettext_lazy("No staged row is invalid or waits for another."),
        (View.READY_TO_IMPORT,),
    ),
    View.READY_TO_EXPORT: (
        gettext_lazy("Nothing waits for you."),
        gettext_lazy("What project people send appears here, oldest first."),
        (View.EXPORTING, View.SYNCED),
    ),
    View.READY_TO_UPDATE: (
        gettext_lazy("Nothing waits for you."),
        gettext_lazy("A project or budget that changed after it was synced appears here, with old and new values."),
        (View.READY_TO_EXPORT, View.SYNCED),
    ),
    View.ON_HOLD: (
        gettext_lazy("Nothing is on hold."),
        gettext_lazy("What you put aside stands here until its day."),
        (View.READY_TO_EXPORT,),
    ),
    View.EXPORTING: (
        gettext_lazy("Nothing is on its way."),
        gettext_lazy("Accepted exports stand here until the ERP has answered."),
        (View.SYNCED,),
    ),
    View.FAILED: (
        gettext_lazy("Nothing failed."),
        gettext_lazy("An export that the ERP refuses stands here with its reason."),
        (View.EXPORTING,),
    ),
    View.REJECTED: (
        gettext_lazy("Nothing is rejected."),
        gettext_lazy("What was sent back stands here with its reason."),
        (View.READY_TO_EXPORT,),
    ),
    View.SYNCED: (
        gettext_lazy("Nothing is synced yet."),
        gettext_lazy("Imported and exported objects stand here with their origin IDs."),
        (View.READY_TO_IMPORT,),
    ),
    View.ARCHIVED: (
        gettext_lazy("Nothing is archived."),
        gettext_lazy("Staged rows that will not be imported can be put aside."),
        (View.READY_TO_IMPORT,),
    ),
}
