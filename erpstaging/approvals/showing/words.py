"""Statuses, acts and audit entries in the words of the pages."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from erpstaging.approvals.naming import local
from erpstaging.approvals.presenters import StatusChip, Text
from erpstaging.approvals.statuses import Status
from erpstaging.records.models import Record
from erpstaging.staging.models import Action, ExportState, Failure, StagedExport, StagedRecord, StagedStatus
from erpstaging.staging.queue import View

EXPORT_STATUS: Mapping[str, Status] = {
    ExportState.READY_TO_EXPORT: Status.READY_TO_EXPORT,
    ExportState.ACCEPTED: Status.ACCEPTED,
    ExportState.EXPORTING: Status.EXPORTING,
    ExportState.FAILED: Status.FAILED,
    ExportState.SYNCED: Status.SYNCED,
    ExportState.RETRIEVED: Status.RETRIEVED,
    ExportState.REJECTED: Status.REJECTED,
    ExportState.UNLINKING: Status.UNLINKING,
    ExportState.UNLINKED: Status.DRAFT,
}
FAILURE_STATUS: Mapping[str, Status] = {
    Failure.STALE: Status.STALE,
    Failure.PARTIAL: Status.PARTIALLY_FAILED,
}
VIEW_LABELS: Mapping[View, Text] = {
    View.READY_TO_IMPORT: _("Ready to import"),
    View.NEEDS_FIXING: _("Needs fixing"),
    View.READY_TO_EXPORT: _("Ready to export"),
    View.READY_TO_UPDATE: _("Ready to update"),
    View.ON_HOLD: _("On hold"),
    View.EXPORTING: _("Exporting"),
    View.FAILED: _("Failed to export"),
    View.REJECTED: _("Rejected"),
    View.SYNCED: _("Synced"),
    View.ARCHIVED: _("Archived"),
}
VIEW_ICONS: Mapping[View, str] = {
    View.READY_TO_IMPORT: "in",
    View.NEEDS_FIXING: "invalid",
    View.READY_TO_EXPORT: "out",
    View.READY_TO_UPDATE: "update",
    View.ON_HOLD: "pause",
    View.EXPORTING: "spin",
    View.FAILED: "x",
    View.REJECTED: "return",
    View.SYNCED: "check",
    View.ARCHIVED: "box",
}
ACT_LABELS: Mapping[str, Text] = {
    "accept": _("Accept"),
    "reject": _("Reject"),
    "import": _("Add as new"),
    "archive": _("Archive"),
    "unarchive": _("Bring back"),
    "retry": _("Retry"),
    "retry_code": _("Retry with another code"),
    "hold": _("Hold"),
    "resume": _("Take off hold"),
    "cancel": _("Cancel request"),
    "undo": _("Undo"),
    "retrieve": _("Retrieve"),
    "send_to_erp": _("Send to ERP"),
    "import_budget": _("Import budget"),
    "edit": _("Edit"),
    "delete": _("Delete"),
    "link": _("Link to existing"),
    "undo_link": _("Undo the link"),
    "unlink": _("Unlink"),
    "reset": _("Reset"),
    "request_deletion": _("Ask for deletion"),
    "mark_synced": _("Mark as synced"),
    "merge": _("Merge"),
}
ACT_KEYS: Mapping[str, str] = {"accept": "a", "hold": "h", "reject": "r", "import": "n", "undo": "u", "link": "l"}
ACT_ICONS: Mapping[str, str] = {
    "reject": "return",
    "archive": "box",
    "retry": "refresh",
    "retry_code": "refresh",
    "hold": "pause",
    "retrieve": "return-o",
    "import_budget": "in",
    "link": "link",
    "unlink": "unlinking",
    "reset": "problem",
    "request_deletion": "trash",
    "mark_synced": "check",
}
DONE: Mapping[str, Text] = {
    "accept": _("Accepted %(name)s"),
    "reject": _("Rejected %(name)s"),
    "import": _("Added %(name)s"),
    "archive": _("Archived %(name)s"),
    "unarchive": _("%(name)s is back under Ready to import"),
    "retry": _("Sent %(name)s again"),
    "retry_code": _("Sent %(name)s again"),
    "hold": _("%(name)s is on hold"),
    "resume": _("%(name)s is back under Ready to export"),
    "cancel": _("Cancelled the request for %(name)s"),
    "undo": _("Took the accept of %(name)s back"),
    "retrieve": _("Took %(name)s back"),
    "send_to_erp": _("Sent %(name)s to accounting"),
    "import_budget": _("Brought in the budget of %(name)s"),
    "save": _("Saved %(name)s"),
    "delete": _("Deleted %(name)s"),
    "link": _("Linked %(name)s"),
    "undo_link": _("Took the link of %(name)s back"),
    "unlink": _("Unlinked %(name)s"),
    "mark_synced": _("Marked %(name)s as synced"),
    "ask_to_unlink": _("Asked the ERP about %(name)s. It stays linked until the integrator answers."),
    "merge": _("Merged into %(name)s"),
}
# What a timeline says after the actor's name, with its icon and tone.
TOLD: Mapping[str, tuple[Text, str, str]] = {
    "record.created": (_("created it"), "pencil", "grey"),
    "record.edited": (_("changed it"), "pencil", "grey"),
    "record.deleted": (_("deleted it"), "trash", "grey"),
    "record.imported": (_("brought it in from the ERP"), "in", "green"),
    "record.linked": (_("wrote its origin ID"), "link", "green"),
    "record.synced_from_erp": (_("synced it from the ERP"), "refresh", "grey"),
    "record.linked_by_hand": (_("linked it to what the ERP sent"), "link", "green"),
    "record.link_undone": (_("took the link back"), "return-o", "grey"),
    "record.unlinked": (_("unlinked it"), "unlinking", "grey"),
    "record.merged": (_("merged it"), "conflict", "grey"),
    "record.moved_by_merge": (_("merged the company it names into another"), "conflict", "grey"),
    "line.moved_by_merge": (_("merged the company it stood under into another"), "conflict", "grey"),
    "line.created": (_("added a line"), "plus", "grey"),
    "line.edited": (_("changed a line"), "pencil", "grey"),
    "line.deleted": (_("removed a line"), "trash", "grey"),
    "line.imported": (_("brought a line in from the ERP"), "in", "grey"),
    "line.linked": (_("wrote the origin ID of a line"), "link", "grey"),
    "staged_record.staged": (_("staged it"), "in", "blue"),
    "staged_record.changed": (_("sent it with changes"), "update", "blue"),
    "staged_record.superseded": (_("sent older data, which was kept aside"), "clock", "grey"),
    "staged_record.imported": (_("imported it"), "check", "green"),
    "staged_record.linked": (_("linked it to a record that stood there"), "link", "green"),
    "staged_record.link_undone": (_("took the link back"), "return-o", "grey"),
    "staged_record.rejected": (_("rejected it"), "return", "yellow"),
    "staged_record.invalid": (_("tried to import it, and a rule refused"), "invalid", "red"),
    "staged_record.archived": (_("archived it"), "box", "grey"),
    "staged_record.unarchived": (_("brought it back"), "in", "grey"),
    "staged_record.staged_again": (_("put it back to be imported again"), "in", "blue"),
    "export.sent": (_("sent it to accounting"), "out", "blue"),
    "export.accepted": (_("accepted it"), "check", "blue"),
    "export.accept_undone": (_("took the accept back"), "return-o", "grey"),
    "export.released": (_("let it out to the integrator"), "out", "blue"),
    "export.retried": (_("sent it to the integrator again"), "refresh", "blue"),
    "export.reissued": (_("put it into a new request, the one it was in was cancelled"), "refresh", "blue"),
    "export.rejected": (_("rejected it"), "return", "yellow"),
    "export.retrieved": (_("took it back"), "return-o", "yellow"),
    "export.failed": (_("reported a failure"), "x", "red"),
    "export.cancelled": (_("cancelled the request"), "x", "grey"),
    "export.held": (_("put it on hold"), "pause", "grey"),
    "export.resumed": (_("took it off hold"), "out", "grey"),
    "export.hold_ended": (_("brought it back from hold"), "out", "grey"),
    "export.synced": (_("closed it out: synced"), "check", "green"),
    "export.unlinked": (_("unlinked it"), "unlinking", "grey"),
    "export.unlinking": (_("asked the ERP to let go of it"), "unlinking", "amber"),
    "export.marked_synced": (_("marked it as synced by hand"), "check", "green"),
    "record.reset": (_("reset it"), "unlinking", "red"),
    "line.reset": (_("reset a line"), "unlinking", "red"),
    "record.deletion_asked": (_("asked the ERP whether it may be deleted"), "trash", "amber"),
    "record.deleted_by_support": (_("deleted it as a super user"), "trash", "red"),
    "reset.asked": (_("asked for its reset"), "people", "amber"),
    "reset.confirmed": (_("confirmed its reset"), "people", "red"),
    "reset.declined": (_("declined its reset"), "people", "grey"),
    "mark_synced.asked": (_("asked to mark it as synced"), "people", "amber"),
    "mark_synced.confirmed": (_("confirmed that it is synced"), "people", "green"),
    "mark_synced.declined": (_("declined to mark it as synced"), "people", "grey"),
    "export.kept_linked": (_("kept it linked: the ERP still has it"), "x", "red"),
    "line.unlinked": (_("unlinked a line"), "unlinking", "grey"),
    "detail.closed": (_("answered the request"), "info", "grey"),
    "denied": (_("tried to, and was refused"), "lock", "amber"),
    "conflict.opened": (_("contradicted what is settled"), "conflict", "red"),
}
ACTOR_KINDS: Mapping[str, Text] = {
    "person": "",
    "service_account": _("integrator"),
    "rule": _("rule"),
    "system": _("service"),
}


def export_chip(export: StagedExport) -> StatusChip:
    status = EXPORT_STATUS[export.state]
    if export.state == ExportState.READY_TO_EXPORT and export.hold_until is not None:
        status = Status.ON_HOLD
    elif export.state == ExportState.READY_TO_EXPORT and export.action == Action.UPDATE:
        status = Status.READY_TO_UPDATE
    elif export.state == ExportState.FAILED:
        status = FAILURE_STATUS.get(export.failure, status)
    since = export.changed_at if export.state == ExportState.EXPORTING else None
    until = export.release_at if export.state == ExportState.ACCEPTED else None
    return StatusChip.of(status, since=since, until=until)


def staged_chip(row: StagedRecord) -> StatusChip:
    if row.status == StagedStatus.STAGED:
        return StatusChip.of(Status.WAITING_FOR_PARENT if row.waiting_for else Status.READY_TO_IMPORT)
    return StatusChip.of(
        {
            StagedStatus.INVALID: Status.INVALID,
            StagedStatus.ARCHIVED: Status.ARCHIVED,
            StagedStatus.IMPORTED: Status.SYNCED,
        }[StagedStatus(row.status)]
    )


def record_chip(record: Record, export: StagedExport | None) -> StatusChip:
    """That of its newest export; without one it is synced with an origin ID, else a draft."""
    if export is not None and (export.is_open or not record.synced):
        return export_chip(export)
    return StatusChip.of(Status.SYNCED if record.synced else Status.DRAFT)


def choice_word(value: str) -> str:
    """A choice as people read it: some are words of the wire, such as `approved_as_noted`."""
    return local(value if any(letter.isupper() for letter in value) else value.replace("_", " ").capitalize())
