"""The status set: one word, icon, mark and tone per status, the same in lists, details, forms and mails."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Tone = Literal["blue", "green", "yellow", "amber", "red", "grey"]


class Status(StrEnum):
    """What a person sees; the stored states behind it are fewer."""

    DRAFT = "draft"
    INVALID = "invalid"
    WAITING_FOR_PARENT = "waiting_for_parent"
    READY_TO_IMPORT = "ready_to_import"
    READY_TO_EXPORT = "ready_to_export"
    READY_TO_UPDATE = "ready_to_update"
    PARTLY_APPROVED = "partly_approved"
    ON_HOLD = "on_hold"
    HELD_BY_FREEZE = "held_by_freeze"
    ACCEPTED = "accepted"
    EXPORTING = "exporting"
    UNCERTAIN = "uncertain"
    STALE = "stale"
    FAILED = "failed"
    PARTIALLY_FAILED = "partially_failed"
    REJECTED = "rejected"
    RETRIEVED = "retrieved"
    SYNCED = "synced"
    UNLINKING = "unlinking"
    CONFLICT = "conflict"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True)
class StatusLook:
    """`icon` is a drawing of the pages, `mark` the sign of a mail, which has no drawings."""

    word: str | Promise
    icon: str
    tone: Tone
    mark: str


LOOKS: Mapping[Status, StatusLook] = {
    Status.DRAFT: StatusLook(_("Draft"), "pencil", "grey", "✎"),
    Status.INVALID: StatusLook(_("Invalid"), "invalid", "amber", "!"),
    Status.WAITING_FOR_PARENT: StatusLook(_("Waiting for parent"), "link", "grey", "∞"),
    Status.READY_TO_IMPORT: StatusLook(_("Ready to import"), "in", "blue", "↓"),
    Status.READY_TO_EXPORT: StatusLook(_("Ready to export"), "out", "blue", "↑"),
    Status.READY_TO_UPDATE: StatusLook(_("Ready to update"), "update", "blue", "Δ"),
    Status.PARTLY_APPROVED: StatusLook(_("Partly approved"), "half", "blue", "½"),
    Status.ON_HOLD: StatusLook(_("On hold"), "pause", "grey", "‖"),
    Status.HELD_BY_FREEZE: StatusLook(_("Held by freeze"), "snow", "grey", "✳"),
    Status.ACCEPTED: StatusLook(_("Accepted"), "done", "blue", "⊙"),
    Status.EXPORTING: StatusLook(_("Exporting"), "spin", "blue", "…"),
    Status.UNCERTAIN: StatusLook(_("Uncertain"), "uncertain", "amber", "?"),
    Status.STALE: StatusLook(_("Stale"), "clock", "amber", "◷"),
    Status.FAILED: StatusLook(_("Failed"), "x", "red", "✕"),
    Status.PARTIALLY_FAILED: StatusLook(_("Partly failed"), "xhalf", "red", "⊗"),
    Status.REJECTED: StatusLook(_("Rejected"), "return", "yellow", "↩"),
    Status.RETRIEVED: StatusLook(_("Retrieved"), "return-o", "yellow", "↶"),
    Status.SYNCED: StatusLook(_("Synced"), "check", "green", "✓"),
    Status.UNLINKING: StatusLook(_("Unlinking"), "unlinking", "amber", "≠"),
    Status.CONFLICT: StatusLook(_("Conflict"), "conflict", "red", "⇄"),
    Status.ARCHIVED: StatusLook(_("Archived"), "box", "grey", "▣"),
}
