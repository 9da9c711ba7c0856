"""What other people did meanwhile, as a page that is already open shows it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erpstaging.approvals.formats import time_text
from erpstaging.approvals.presenters import Banner, Link, Text
from erpstaging.approvals.showing.words import TOLD
from erpstaging.audit.models import Entry
from erpstaging.staging.watching import Seen

SEEN = re.compile(r"(staged|export)-(\d{1,18})\.(\d{1,9})")
MOST_ROWS = 200

# What a greyed row says, by the act as the audit names it.
OUTCOMES: Mapping[str, Text] = {
    "export.accepted": gettext_lazy("accepted by %(who)s, %(time)s"),
    "export.rejected": gettext_lazy("rejected by %(who)s, %(time)s"),
    "export.retried": gettext_lazy("sent again by %(who)s, %(time)s"),
    "export.held": gettext_lazy("put on hold by %(who)s, %(time)s"),
    "export.cancelled": gettext_lazy("cancelled by %(who)s, %(time)s"),
    "export.retrieved": gettext_lazy("taken back by %(who)s, %(time)s"),
    "mark_synced.asked": gettext_lazy("marked as synced by %(who)s, %(time)s"),
    "export.marked_synced": gettext_lazy("marked as synced by %(who)s, %(time)s"),
    "staged_record.imported": gettext_lazy("added by %(who)s, %(time)s"),
    "staged_record.linked": gettext_lazy("linked by %(who)s, %(time)s"),
    "staged_record.rejected": gettext_lazy("rejected by %(who)s, %(time)s"),
    "staged_record.archived": gettext_lazy("archived by %(who)s, %(time)s"),
    "staged_record.unarchived": gettext_lazy("brought back by %(who)s, %(time)s"),
}


@dataclass(frozen=True, slots=True)
class Live:
    """What an open page knows: the mark it compares, and since when it has not looked for new rows."""

    url: str
    mark: str
    since: str
    rows: str = ""


def rows_seen(text: str) -> list[Seen]:
    """Reads "export-12.3,staged-4.1"; what is none of ours is left out."""
    found = (SEEN.fullmatch(part) for part in text.split(",")[:MOST_ROWS])
    return [Seen(one[1], int(one[2]), int(one[3])) for one in found if one]


def outcome_text(entries: Sequence[Entry], *, user_id: int | None) -> str:
    """What a row says that somebody moved: the newest decision, else the newest of what was done."""
    entry = next((one for one in entries if one.action in OUTCOMES), next(iter(entries), None))
    if entry is None:
        return _("changed meanwhile")
    mine = entry.actor_kind == "person" and entry.actor_id == user_id
    said = {"who": _("you") if mine else entry.actor_name, "time": time_text(entry.occurred_at)}
    if entry.action in OUTCOMES:
        return str(OUTCOMES[entry.action]) % said
    return _("%(who)s: %(what)s, %(time)s") % {**said, "what": TOLD.get(entry.action, (entry.action,))[0]}


def moved_banner(entries: Sequence[Entry], url: str, *, user_id: int | None) -> Banner:
    """What the page of an object says once it is no longer the one that is shown."""
    return Banner(
        tone="blue",
        icon="update",
        title=_("This has changed since you opened it:"),
        text=outcome_text(entries, user_id=user_id),
        link=Link(_("Show it as it is now"), url),
    )
