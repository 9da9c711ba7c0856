"""Exports that failed, as pages show them: how far, which lines, and since when nobody answered."""

from collections.abc import Mapping, Sequence

from django.utils import timezone
from django.utils.translation import gettext as _

from erpstaging.approvals.formats import age_text
from erpstaging.approvals.presenters import Banner, FieldRow, Flag
from erpstaging.approvals.showing.failure_facts import FailureFacts
from erpstaging.approvals.telling import told
from erpstaging.staging.models import ExportState, Failure, StagedExport

RESUBMITTED_ICON = "return"
# Of letters, about what two lines of a list hold.
TWO_LINES = 110


def line_messages(export: StagedExport | None) -> Mapping[int, Sequence[str]]:
    """What the ERP said of the lines it refused, by the line's id."""
    if export is None or export.state != ExportState.FAILED:
        return {}
    return {one["item_id"]: one["messages"] or [_("The ERP refused this line.")] for one in export.failed_items}


def failure_facts(export: StagedExport) -> FailureFacts:
    """How a failed export stands in a list; of one that is not failed any more, what is left to say."""
    found = export.cause_found
    said = [told(one) for one in (found.text, *export.messages[1:])] if export.messages else []
    return FailureFacts(
        code=found.code if said else "",
        said=said,
        long=len(said) > 2 or sum(map(len, said)) > TWO_LINES,
        tries=export.attempts,
        answered_at=None if is_late(export) else export.failed_at,
    )


def failure_banner(export: StagedExport) -> Banner:
    """What went wrong, in the ERP's own words."""
    first, *others = map(told, export.messages)
    text = ""
    if export.failure == Failure.PARTIAL:
        text = _("The ERP has the rest: trying again sends only the refused lines.")
    if export.failure == Failure.STALE:
        text = _("It can be tried again. An answer that comes later still counts.")
    return Banner(tone="red", icon="x", title=first, text=text, items=others)


def waiting_fact(export: StagedExport) -> list[FieldRow]:
    """For how long the integrator has owed an answer that never came."""
    if export.state != ExportState.FAILED or export.failure != Failure.STALE or export.erp_request is None:
        return []
    asked_at = export.erp_request.created_at
    age = age_text(asked_at, timezone.now())
    return [FieldRow(label=_("Asked"), value=asked_at, tag=_("no answer for %(age)s") % {"age": age}, tag_tone="red")]


def is_late(export: StagedExport) -> bool:
    return export.state == ExportState.FAILED and export.failure == Failure.STALE


def resubmitted_flag() -> Flag:
    return Flag(RESUBMITTED_ICON, _("Resubmitted"), strong=True)
