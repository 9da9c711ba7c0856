"""A staged record, an export or a record, as its page and the panel beside the list show it."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from erpstaging.approvals.formats import moment_text
from erpstaging.approvals.naming import local
from erpstaging.approvals.presenters import (
    Banner,
    Changes,
    Check,
    Decision,
    DecisionButton,
    Detail,
    EarlierId,
    FieldRow,
    FormField,
    Link,
    Money,
    Payload,
    Person,
    Place,
    Section,
    Source,
    Timeline,
    TypeTab,
)
from erpstaging.approvals.showing.acts import Colleagues, button, form_link
from erpstaging.approvals.showing.changes import changes_shown
from erpstaging.approvals.showing.confirmations import pending_banner, reuse_banner
from erpstaging.approvals.showing.differences import changes_of_export, differences_shown
from erpstaging.approvals.showing.failures import failure_banner, line_messages, resubmitted_flag, waiting_fact
from erpstaging.approvals.showing.queue import queue_url
from erpstaging.approvals.showing.rejecting import rejection_banner
from erpstaging.approvals.showing.source import source_shown
from erpstaging.approvals.showing.story import timeline_of
from erpstaging.approvals.showing.transfers import counts_of, transfers_of
from erpstaging.approvals.showing.unlinks import unlink_banner
from erpstaging.approvals.showing.values import field_rows, line_table
from erpstaging.approvals.showing.words import VIEW_LABELS, export_chip, record_chip, staged_chip
from erpstaging.approvals.telling import told
from erpstaging.catalogue.payload import find
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.records.editing import is_open_to
from erpstaging.records.locking import closed_field
from erpstaging.records.models import Record
from erpstaging.staging.checks import Check as RuleCheck
from erpstaging.staging.export_inputs import warning_of
from erpstaging.staging.history import has_source, history_of, received_of
from erpstaging.staging.models import Action, ExportState, StagedExport, StagedRecord, StagedStatus
from erpstaging.staging.queue import Asked, View
from erpstaging.staging.reading import ExportSeen, RecordSeen, StagedSeen
from erpstaging.staging.resubmitting import earlier_than
from erpstaging.staging.unlinking import needs_proof

EXPORT_VIEW = {
    ExportState.READY_TO_EXPORT: View.READY_TO_EXPORT,
    ExportState.ACCEPTED: View.EXPORTING,
    ExportState.EXPORTING: View.EXPORTING,
    ExportState.FAILED: View.FAILED,
    ExportState.REJECTED: View.REJECTED,
    ExportState.UNLINKING: View.SYNCED,
}
STAGED_VIEW = {StagedStatus.STAGED: View.READY_TO_IMPORT, StagedStatus.INVALID: View.NEEDS_FIXING,
               StagedStatus.ARCHIVED: View.ARCHIVED, StagedStatus.IMPORTED: View.SYNCED}  # fmt: skip


# Where the code that an approver typed stands in what is sent.
TYPED = frozenset(
    {"/commitment/code", "/requisitions/0/code"}
    | {
        f"/{name}/origin_code"
        for name in (
            "commitment", "vendor", "job", "change_order", "prime_contract_change_order", "payment_application",
            "direct_cost",
        )
    }
)  # fmt: skip

SHOWN_OF_RECORD = {
    "merge", "reset", "request_deletion", "unlink", "edit", "import_budget", "send_to_erp", "retrieve",
}  # fmt: skip


def _view_of(export: StagedExport) -> View:
    """The view of the queue that the export stands in."""
    if export.state == ExportState.READY_TO_EXPORT and export.action == Action.UPDATE:
        return View.READY_TO_UPDATE
    return EXPORT_VIEW.get(ExportState(export.state), View.SYNCED)


class DetailShown:
    """What the details of one request share."""

    def __init__(
        self, company: Company, actor: Actor, metadata: Metadata, section: str, chosen: Mapping[str, int] | None = None
    ) -> None:
        self.company, self.actor, self.metadata = company, actor, metadata
        self.section, self.chosen = section, chosen or {}
        self.colleagues = Colleagues(company, actor.user_id)

    # An export

    def export(self, seen: ExportSeen, inputs: Sequence[FormField], undo_seconds: int) -> Detail:
        export, node = seen.export, seen.node
        entity = ENTITIES[export.item_type]
        url = reverse("approvals:export", args=[self.company.pk, export.pk])
        earlier = earlier_than(self.company, export)
        changed = ["changes"] if seen.changes or earlier is not None else []
        lines = ["lines"] if entity.line_type else []
        moved = ["modifications"] if node.get("modifications") else []
        checks = [self._check(check, seen.record) for check in seen.checks]
        sections = [*changed, "fields", *lines, *moved, "payload", *(["checks"] if checks else []), "timeline"]
        section = self._section(sections)
        money = None if export.amount is None else Money(export.amount, export.currency)
        return Detail(
            kind=local(entity.label),
            number=export.number,
            title=export.title or local(entity.label),
            url=url,
            status=export_chip(export),
            section=section,
            place=self._place(_view_of(export), export.number or export.title),
            tabs=self._tabs(url, sections, section, counts_of(node, len(checks))),
            money=money,
            flags=[resubmitted_flag()] if export.resubmits_id and export.is_open else [],
            summary=_("Sent by %(name)s.") % {"name": export.sent_by_name},
            facts=self._export_facts(seen),
            checks=checks,
            banners=self._export_banners(seen),
            fields=field_rows(self.company, self.metadata.entity(entity), node, {}) if section == "fields" else (),
            lines=self._lines(node, export.amount, export.currency, export) if section == "lines" else None,
            transfers=transfers_of(node, export.currency) if section == "modifications" else None,
            changes=self._changes(seen, earlier) if section == "changes" else None,
            payload=self._payload(seen) if section == "payload" else None,
            timeline=self._timeline(url, export.record_id) if section == "timeline" else None,
            decision=self._export_decision(seen, inputs, undo_seconds),
        )

    def _changes(self, seen: ExportSeen, earlier: StagedExport | None) -> Changes | None:
        """What is different from the rejected export that it comes back from, from what the ERP knows, or from the
        export before it.
        """
        if earlier is not None and (seen.export.resubmits_id is not None or seen.changes is None):
            return changes_of_export(self.company, self.metadata, seen.export, earlier)
        if seen.changes is None:
            return None
        told, was = seen.told, _("As the ERP has it")
        since = seen.export.sent_at if told is None else told.closed_at or told.sent_at
        return differences_shown(seen.changes, was=was, since=since)

    def _export_facts(self, seen: ExportSeen) -> list[FieldRow]:
        export, node = seen.export, seen.node
        facts = [
            FieldRow(label=_("Sent by"), value=self._person(export.sent_by_id, export.sent_by_name)),
            FieldRow(label=_("Sent"), value=export.sent_at),
        ]
        if export.decided_by_name:
            facts.append(
                FieldRow(label=_("Decided by"), value=self._person(export.decided_by_id, export.decided_by_name))
            )
            facts.append(FieldRow(label=_("Decided"), value=export.decided_at))
        company = node.get("vendor") or find(node, "commitment.vendor")
        for named, label in ((company, _("Company")), (node.get("project"), _("Project"))):
            if named:
                facts.append(FieldRow(label=label, value=self._record_link(named)))
        facts += [
            FieldRow(label=_("ERP ID"), value=seen.record.origin_id, empty=_("none yet"), copy=seen.record.synced),
            FieldRow(label=_("Version"), value=export.version),
        ]
        if export.source:
            facts.append(FieldRow(label=_("Source"), value=_("entered by hand")))
        if export.attempts:
            facts.append(FieldRow(label=_("Attempts"), value=export.attempts))
        facts += waiting_fact(export)
        if export.erp_request_id:
            facts.append(FieldRow(label=_("ERP request"), value=export.erp_request_id, copy=True))
        return facts

    def _export_banners(self, seen: ExportSeen) -> list[Banner]:
        export = seen.export
        if export.state == ExportState.REJECTED:
            return [rejection_banner(export)]
        if export.state == ExportState.READY_TO_EXPORT and export.hold_until is not None:
            said = {"name": export.held_by_name, "until": moment_text(export.hold_until, timezone.now())}
            title = _("%(name)s put it on hold until %(until)s.") % said
            return [Banner(tone="grey", icon="pause", title=title, text=export.hold_note)]
        if export.messages:
            return [failure_banner(export)]
        if export.held_reason:
            return [Banner(tone="amber", icon="link", title=_("Accepted, and held."), text=export.held_reason)]
        return []

    def _export_decision(self, seen: ExportSeen, inputs: Sequence[FormField], undo_seconds: int) -> Decision | None:
        if not seen.acts:
            return None
        export = seen.export
        deciding = any(act.enabled for act in seen.acts if act.act != "retrieve")
        # Who decides here has no use for the sender's way out.
        acts = [act for act in seen.acts if act.act != "retrieve" or not deciding]
        buttons = [self._button(act, "export", export.pk, export.version) for act in reversed(acts)]
        accepting = any(act.act == "accept" for act in acts)
        label = _("Accept version %(version)s") % {"version": export.version}
        buttons = [self._relabelled(one, label) if one.act == "accept" else one for one in buttons]
        # Beside the list there is no room for inputs: they open in a dialog, and so does a warning.
        if not inputs and (seen.inputs or warning_of(self.metadata, export)):
            buttons = [dataclasses.replace(one, asks="dialog") if one.act == "accept" else one for one in buttons]
        say = SAY.get(ExportState(export.state), _("What happens next?"))
        note = ""
        if accepting and undo_seconds:
            note = ngettext(
                "It can be undone for %(seconds)d second.", "It can be undone for %(seconds)d seconds.", undo_seconds
            ) % {"seconds": undo_seconds}
        return Decision(say=say, note=note, buttons=buttons, fields=inputs if accepting else ())

    def _payload(self, seen: ExportSeen) -> Payload:
        name, data = seen.payload(self.company)
        text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        return Payload(
            request_name=name,
            data=data,
            size=len(text),
            sha256=hashlib.sha256(text).hexdigest(),
            note=_("The id of the request detail is drawn when it leaves."),
            typed=TYPED,
        )

    # A staged record

    def staged(self, seen: StagedSeen) -> Detail:
        row = seen.row
        entity = ENTITIES[row.item_type]
        url = reverse("approvals:staged", args=[self.company.pk, row.pk])
        history = history_of(self.company, row, since=self.chosen.get("since"))
        sections = [
            *(["changes"] if history.is_worth_showing else []),
            "fields",
            *(["lines"] if entity.line_type else []),
            *(["source"] if has_source(self.company, row) else []),
            "timeline",
        ]
        section = self._section(sections)
        view = STAGED_VIEW[StagedStatus(row.status)]
        money = None if row.amount is None else Money(row.amount, self.company.currency)
        return Detail(
            kind=local(entity.label),
            number=row.number or row.origin_id,
            title=row.title or row.origin_id,
            url=url,
            status=staged_chip(row),
            section=section,
            place=self._place(view if not row.waiting_for else View.NEEDS_FIXING, row.number or row.origin_id),
            tabs=self._tabs(url, sections, section, {"lines": len(seen.children)}),
            money=money,
            flags=[resubmitted_flag()] if seen.resubmitted else [],
            summary=_("Staged by %(name)s.") % {"name": row.changed_by_name},
            facts=self._staged_facts(row),
            banners=[
                *([reuse_banner(self.company, seen.former)] if seen.former else []),
                *self._staged_banners(row),
            ],
            fields=self._staged_fields(seen) if section == "fields" else (),
            lines=self._staged_lines(seen) if section == "lines" else None,
            changes=changes_shown(history, row, self.company.currency, f"{url}?tab=changes")
            if section == "changes"
            else None,
            source=self._source(row, f"{url}?tab=source") if section == "source" else None,
            timeline=self._timeline(url, row.record_id, ("staged_record", row.pk)) if section == "timeline" else None,
            decision=self._staged_decision(seen),
        )

    def _source(self, row: StagedRecord, url: str) -> Source:
        received = received_of(self.company, row, actor=self.actor, change_id=self.chosen.get("change"))
        return source_shown(self.company, row, received, url)

    def _staged_facts(self, row: StagedRecord) -> list[FieldRow]:
        facts = [
            FieldRow(label=_("Origin ID"), value=row.origin_id, copy=True),
            FieldRow(label=_("Code"), value=row.origin_code, empty=_("none")),
            FieldRow(label=_("Received"), value=row.created_at),
            FieldRow(label=_("Last change"), value=row.updated_at),
            FieldRow(label=_("Version"), value=row.version),
        ]
        if row.record_id:
            record_url = reverse("approvals:record", args=[self.company.pk, row.record_id])
            facts.append(FieldRow(label=_("Became"), value=Link(row.title, record_url)))
        return facts

    def _staged_banners(self, row: StagedRecord) -> list[Banner]:
        if row.messages:
            first, *others = map(told, row.messages)
            return [Banner(tone="amber", icon="invalid", title=first, items=others)]
        if row.waiting_for:
            waits = [
                _("%(value)s (%(field)s of %(row)s)")
                % {"value": one["value"], "field": one["field"], "row": one["row"]}
                for one in row.waiting_for
            ]
            title = _("It waits until these are linked; then it is ready by itself.")
            return [Banner(tone="amber", icon="link", title=title, items=waits)]
        return []

    def _staged_fields(self, seen: StagedSeen) -> list[FieldRow]:
        row, entity = seen.row, ENTITIES[seen.row.item_type]
        node = {"data": row.data, "title": row.title}
        known = field_rows(self.company, self.metadata.entity(entity), node, {})
        named = [name for name in row.data if name in entity.origin_fields and row.data[name] is not None]
        return known + [self._meant(seen, name) for name in named]

    def _meant(self, seen: StagedSeen, origin_field: str) -> FieldRow:
        """What an origin ID of the row names: the record, or the bare ID as long as nothing is linked with it."""
        label = local(ENTITIES[seen.row.item_type].origin_fields[origin_field].label)
        origin_id, record = str(seen.row.data[origin_field]), seen.meant(seen.row, origin_field)
        if record is None:
            return FieldRow(label=_("%(label)s (origin ID)") % {"label": label}, value=origin_id, copy=True)
        url = reverse("approvals:record", args=[self.company.pk, record.pk])
        name = f"{record.number} {record.title}".strip() or origin_id
        return FieldRow(label=label, value=Link(name, url), note=origin_id)

    def _staged_lines(self, seen: StagedSeen) -> Any:
        lines = [
            {
                "data": child.data,
                "amount": child.amount,
                "position": child.data.get("position") or place,
                "origin_id": child.origin_id,
                "cost_code": _named(seen, child, "cost_code_origin_id"),
                "line_item_type": _named(seen, child, "line_item_type_origin_id"),
            }
            for place, child in enumerate(seen.children, 1)
        ]
        amount = seen.row.amount or Decimal(0)
        return line_table(lines, amount, self.company.currency, seen.row.data.get("retainage_percent"))

    def _staged_decision(self, seen: StagedSeen) -> Decision | None:
        if not seen.acts:
            return None
        buttons = [self._button(act, "staged", seen.row.pk, seen.row.version) for act in reversed(seen.acts)]
        buttons = [self._linked(self._relabelled(one, _("Link"))) if one.act == "link" else one for one in buttons]
        say = _("Adding it makes a record that is synced and locked.")
        if seen.row.status == StagedStatus.ARCHIVED:
            say = _("It will not be imported while it is archived.")
        return Decision(say=say, buttons=buttons)

    # A record

    def record(self, seen: RecordSeen) -> Detail:
        record, node = seen.record, seen.node
        entity = ENTITIES[record.item_type]
        url = reverse("approvals:record", args=[self.company.pk, record.pk])
        checks = [self._check(check, record) for check in seen.checks]
        lines = ["lines"] if entity.line_type else []
        moved = ["modifications"] if entity.item_type == "budget" else []
        sections = ["fields", *lines, *moved, *(["checks"] if checks else []), "timeline"]
        section = self._section(sections)
        money = None if record.amount is None else Money(record.amount, record.currency)
        return Detail(
            kind=local(entity.label),
            number=record.number or record.origin_code or "",
            title=record.title or local(entity.label),
            url=url,
            status=record_chip(record, seen.export),
            section=section,
            place=self._record_place(record),
            tabs=self._tabs(url, sections, section, counts_of(node, len(checks))),
            money=money,
            facts=self._record_facts(seen),
            checks=checks,
            banners=[
                *([reuse_banner(self.company, seen.former)] if seen.former else []),
                *(pending_banner(self.company, one) for one in seen.pending),
                *self._record_banners(seen),
            ],
            fields=field_rows(self.company, self.metadata.entity(entity), node, self._locks(record))
            if section == "fields"
            else (),
            lines=self._lines(node, record.amount, record.currency, seen.export) if section == "lines" else None,
            transfers=transfers_of(node, record.currency, self._new_modification(record, node))
            if section == "modifications"
            else None,
            timeline=self._timeline(url, record.pk) if section == "timeline" else None,
            earlier_ids=[EarlierId(was.origin_id, was.until, was.reason) for was in seen.origin_ids],
            decision=self._record_decision(seen),
        )

    def _locks(self, record: Record) -> dict[str, str]:
        entity = self.metadata.entity(ENTITIES[record.item_type])
        fields = (*entity.fields, *entity.custom)
        closed = {field.name: closed_field(record, entity, field.name, self.actor) for field in fields}
        return {name: told(why.message) for name, why in closed.items() if why is not None}

    def _record_facts(self, seen: RecordSeen) -> list[FieldRow]:
        record = seen.record
        return [
            FieldRow(label=_("ERP ID"), value=record.origin_id, empty=_("none yet"), copy=record.synced),
            FieldRow(label=_("Code in the ERP"), value=record.origin_code, empty=_("none")),
            FieldRow(label=_("Made by"), value=record.created_by_name),
            FieldRow(label=_("Last change"), value=record.updated_at),
            FieldRow(label=_("Changed by"), value=record.edited_by_name),
            FieldRow(label=_("Version"), value=record.version),
        ]

    def _record_banners(self, seen: RecordSeen) -> list[Banner]:
        export, record = seen.export, seen.record
        update = export is not None and export.action == Action.UPDATE
        if export is not None and export.state == ExportState.REJECTED and (update or not record.synced):
            return [rejection_banner(export)]
        if export is not None and export.state == ExportState.FAILED and export.messages:
            return [failure_banner(export)]
        if export is not None and export.action == Action.UNLINK and (said := unlink_banner(export, record)):
            return [said]
        if seen.changed:
            title = _("Changed since it was synced as %(id)s.") % {"id": record.origin_id}
            text = _("The ERP does not know it yet. Send it, so that accounting can look at it.")
            return [Banner(tone="amber", icon="update", title=title, text=text)]
        if record.synced:
            text = _("Locked fields follow the ERP until it is unlinked.")
            return [
                Banner(tone="green", icon="check", title=_("Synced as %(id)s.") % {"id": record.origin_id}, text=text)
            ]
        return []

    def _record_decision(self, seen: RecordSeen) -> Decision | None:
        wanted = [act for act in seen.acts if act.act in SHOWN_OF_RECORD]
        if not any(act.enabled for act in wanted):
            return None
        buttons = []
        for act in wanted:
            one = self._button(act, "record", seen.record.pk, seen.record.version)
            if act.act in {"edit", "merge"}:
                one = self._linked(one)
            if act.act == "send_to_erp" and any(not check.passed for check in seen.checks) and act.enabled:
                first = next(check for check in seen.checks if not check.passed)
                one = self._closed(one, told(first.remedy))
            buttons.append(one)
        say = _("Nothing leaves before an accounting approver has accepted it.")
        entity = ENTITIES[seen.record.item_type]
        if seen.record.synced and any(act.act == "unlink" for act in wanted):
            say = _("Unlinking opens it again, and tells the integrator at once.")
        if seen.record.synced and needs_proof(entity):
            say = _("The integrator looks whether the ERP has let go of it; until then it stays linked.")
        return Decision(say=say, buttons=buttons)

    # Shared

    def _timeline(self, url: str, record_id: int | None, *objects: tuple[str, int]) -> Timeline:
        before = self.chosen.get("before")
        return timeline_of(self.company, f"{url}?tab=timeline", record_id=record_id, objects=objects, before=before)

    def _section(self, sections: Sequence[str]) -> Section:
        """What the address asks for; without a word the changes, where there are any, else the fields."""
        if self.section in sections:
            return self.section  # type: ignore[return-value]
        return "changes" if not self.section and "changes" in sections else "fields"

    def _new_modification(self, record: Record, node: Any) -> Link | None:
        """The way to the form, for who may change the budget; there is nothing to move to before it has lines."""
        if not node["lines"] or not is_open_to(record, self.actor):
            return None
        url = reverse("approvals:new_modification", args=[self.company.pk, record.pk])
        return Link(_("New modification"), url)

    def _tabs(self, url: str, sections: Sequence[str], current: str, counts: Mapping[str, int]) -> list[TypeTab]:
        return [
            TypeTab(
                label=SECTION_LABELS[name](),
                url=f"{url}?tab={name}",
                count=counts.get(name),
                current=name == current,
            )
            for name in sections
        ]

    def _place(self, view: View, name: str) -> Place:
        return Place(back=Link(str(VIEW_LABELS[view]), queue_url(self.company, Asked(view))), name=name)

    def _record_place(self, record: Record) -> Place:
        home = reverse("approvals:records", args=[self.company.pk])
        back = Link(local(ENTITIES[record.item_type].listed_as), f"{home}?item_type={record.item_type}")
        return Place(back=back, name=record.number or record.title)

    def _check(self, check: RuleCheck, record: Record) -> Check:
        """What fails in the object itself is mended in its form; what fails elsewhere, on that object's page."""
        fix = None
        if not check.passed and check.record_id == record.pk:
            fix = form_link(self.company, self.actor, record)
        elif not check.passed and check.record_id:
            fix = Link(_("Open it"), reverse("approvals:record", args=[self.company.pk, check.record_id]))
        remedy = told(check.remedy)
        return Check(text=told(check.label), passed=check.passed, how_to_fix=remedy, fix=fix, code=check.code)

    def _lines(self, node: Any, amount: Decimal | None, currency: str, export: StagedExport | None) -> Any:
        retainage, refused = node["data"].get("retainage_percent"), line_messages(export)
        return line_table(node.get("lines", ()), amount or Decimal(0), currency, retainage, refused)

    def _person(self, person_id: int | None, name: str) -> Person:
        return Person(name, you=person_id is not None and person_id == self.actor.user_id)

    def _record_link(self, node: Any) -> Link:
        return Link(node["title"], reverse("approvals:record", args=[self.company.pk, node["id"]]))

    def _button(self, act: Any, place: str, object_id: int, version: int) -> DecisionButton:
        return button(act, place, self.company.pk, object_id, version=version, colleagues=self.colleagues)

    def _relabelled(self, one: DecisionButton, label: str) -> DecisionButton:
        return dataclasses.replace(one, label=label)

    def _linked(self, one: DecisionButton) -> DecisionButton:
        """An act that opens a page instead of doing something."""
        return dataclasses.replace(one, asks="page", version=None)

    def _closed(self, one: DecisionButton, why: str) -> DecisionButton:
        return dataclasses.replace(one, why_not=why)


def _named(seen: StagedSeen, child: StagedRecord, origin_field: str) -> dict[str, str]:
    """A code of a staged line: the one that it names, or its bare origin ID."""
    origin_id = child.data.get(origin_field) or ""
    known = origin_field in ENTITIES[child.item_type].under(seen.row.item_type).origin_fields
    record = seen.meant(child, origin_field) if origin_id and known else None
    return {"number": origin_id, "title": ""} if record is None else {"number": record.number, "title": record.title}


SECTION_LABELS = {
    "changes": lambda: _("Changes"),
    "source": lambda: _("Source"),
    "fields": lambda: _("Fields"),
    "lines": lambda: _("Lines"),
    "modifications": lambda: _("Modifications"),
    "payload": lambda: _("What will be sent"),
    "checks": lambda: _("Checks"),
    "timeline": lambda: _("Timeline"),
}
SAY = {
    ExportState.READY_TO_EXPORT: gettext_lazy("Accepting sends exactly this version to the ERP."),
    ExportState.EXPORTING: gettext_lazy("The integrator has been told."),
    ExportState.ACCEPTED: gettext_lazy("Accepted. It leaves when the undo time is over."),
    ExportState.UNLINKING: gettext_lazy("It stays linked and locked until the integrator has looked in the ERP."),
    ExportState.FAILED: gettext_lazy("Retry sends the accepted version again; reject opens it for its sender."),
}
