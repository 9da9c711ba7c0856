"""Two people at one object: what the one who came too late is shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from erpstaging.approvals.formats import moment_text
from erpstaging.approvals.messages import said_by
from erpstaging.approvals.presenters import Changes, Link, TimelineEntry
from erpstaging.approvals.showing.changes import compared_shown
from erpstaging.approvals.showing.differences import changes_of_export
from erpstaging.approvals.showing.story import entry_shown
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.core.errors import WrongState
from erpstaging.staging.happened import acts_since, changes_since, newer_export
from erpstaging.staging.models import StagedExport, StagedRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """What was refused and why, what happened since the version that was seen, and the way to the newest one."""

    title: str
    text: str
    who: str
    code: str
    entries: Sequence[TimelineEntry]
    changes: Changes | None
    open_link: Link

    @property
    def told(self) -> list[str]:
        """The same in lines, for a list that has no room for more."""
        return [f"{one.actor} {one.text}, {moment_text(one.at, timezone.now())}" for one in self.entries]


def conflict_shown(
    company: Company,
    metadata: Metadata,
    one: StagedExport | StagedRecord,
    refusal: WrongState,
    version: int | None,
) -> Conflict:
    """`version` is the one that was on the page."""
    kind = "export" if isinstance(one, StagedExport) else "staged_record"
    seen = one.version if version is None else version
    entries = acts_since(company, kind, one.pk, seen)
    return Conflict(
        title=_("Nothing was done with %(name)s.") % {"name": f"{one.number} {one.title}".strip()},
        text=refusal.message,
        who=said_by(refusal),
        code=refusal.code,
        entries=[entry_shown(entry) for entry in entries],
        changes=_changes(company, metadata, one, seen),
        open_link=_open_link(company, one),
    )


def _changes(company: Company, metadata: Metadata, one: StagedExport | StagedRecord, version: int) -> Changes | None:
    if isinstance(one, StagedExport):
        newer = newer_export(company, one)
        return changes_of_export(company, metadata, newer, one) if newer is not None else None
    if isinstance(one, StagedRecord) and (compared := changes_since(company, one, version)) is not None:
        return compared_shown(compared, one, company.currency)
    return None


def _open_link(company: Company, one: StagedExport | StagedRecord) -> Link:
    if isinstance(one, StagedExport):
        newest = newer_export(company, one) or one
        return Link(_("Open it as it is now"), reverse("approvals:export", args=[company.pk, newest.pk]))
    label = _("Open version %(version)d") % {"version": one.version}
    return Link(label, reverse("approvals:staged", args=[company.pk, one.pk]))
