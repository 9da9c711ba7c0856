"""What happened to an object after somebody looked at it: for whoever decides on a version that is gone."""

from collections.abc import Sequence

from erpstaging.audit import log as audit
from erpstaging.audit.models import Entry
from erpstaging.companies.models import Company
from erpstaging.erp_requests.models import ErpRequestDetail
from erpstaging.staging.history import Comparison, history_of
from erpstaging.staging.models import StagedExport, StagedRecord

MOST_ENTRIES, MOST_OBJECTS = 50, 200
# What is written beside an act, and is none of its own.
BESIDE = frozenset({"denied"})


def acts_since(company: Company, object_type: str, object_id: int, version: int) -> list[Entry]:
    """What was done to a staged export or record after it had this version, newest first; at most 50 acts.

    `object_type` is that of the audit: "export" or "staged_record".
    """
    entries = audit.timeline(company.pk, objects=[(object_type, object_id)], limit=MOST_ENTRIES)
    return [one for one in _until(entries, version) if one.action not in BESIDE]


def history_objects(company: Company, record_id: int) -> list[tuple[str, int]]:
    """What else the story of a record is about: its exports, and the staged rows that it came from."""
    exports = StagedExport.objects.of(company).filter(record_id=record_id).order_by("-pk")[:MOST_OBJECTS]
    staged = audit.objects_about(company.pk, record_id, "staged_record", limit=MOST_OBJECTS)
    return [*(("export", pk) for pk in exports.values_list("pk", flat=True)), *(("staged_record", pk) for pk in staged)]


def requests_about(company: Company, record_id: int) -> list[int]:
    """The requests that the integrator got about a record, the newest ones."""
    rows = ErpRequestDetail.objects.of(company).filter(item_id=record_id).order_by("-pk")
    return list(rows.values_list("erp_request_id", flat=True)[:MOST_OBJECTS])


def _until(entries: Sequence[Entry], version: int) -> list[Entry]:
    """Entries down to the one that made the version; those that name no version stand between two that do."""
    found: list[Entry] = []
    for entry in entries:
        made = (entry.after or {}).get("version")
        if isinstance(made, int) and made <= version:
            break
        found.append(entry)
    return found


def changes_since(company: Company, row: StagedRecord, version: int) -> Comparison | None:
    """What of a staged record is another one now than in this version; None where its content is the same."""
    moments = history_of(company, row).moments
    later = []
    for moment in reversed(moments[1:]):
        if moment.version is not None and moment.version <= version:
            break
        later.append(moment)
    return history_of(company, row, since=later[-1].change_id).comparison if later else None


def newer_export(company: Company, export: StagedExport) -> StagedExport | None:
    """The export that was sent of the same record after this one."""
    rows = StagedExport.objects.of(company).filter(record_id=export.record_id, pk__gt=export.pk)
    newest: StagedExport | None = rows.order_by("-pk").first()
    return newest
