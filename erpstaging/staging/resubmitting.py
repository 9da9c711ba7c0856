"""What comes back after a rejection: which one it answers, what changed since, and telling who rejected it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from erpstaging.catalogue.entity import CUSTOM, Entity
from erpstaging.catalogue.registry import STAGED
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.notices.services import owe
from erpstaging.staging.comparing import Differences, FieldChange, amount_of, compare_snapshots
from erpstaging.staging.models import Action, Decision, ExportState, StagedExport, StagedRecord

TOLD_AT_MOST = 20
Told = dict[str, str]


def rejected_before(company_id: int, record_id: int) -> StagedExport | None:
    """The rejected export that a new one of this record comes back from; taking one back in between changes nothing."""
    exports: QuerySet[StagedExport] = StagedExport.objects.of(company_id).select_related("resubmits")
    newest = exports.filter(record_id=record_id).order_by("-pk").first()
    if newest is None or newest.state == ExportState.REJECTED:
        return newest
    rejected: StagedExport | None = newest.resubmits
    return rejected if newest.state == ExportState.RETRIEVED else None


def earlier_than(company: Company, export: StagedExport) -> StagedExport | None:
    """What an approver compares an export with: the rejected one it comes back from, else the one before it."""
    rows: QuerySet[StagedExport] = StagedExport.objects.of(company)
    if export.resubmits_id is not None:
        return rows.filter(pk=export.resubmits_id).first()
    earlier = rows.filter(record_id=export.record_id, pk__lt=export.pk).exclude(action=Action.UNLINK)
    return earlier.order_by("-pk").first()


def tell_export_is_back(company: Company, export: StagedExport, metadata: Metadata) -> None:
    """Owe the rejecting approver word that what he sent back is here again, with what changed since."""
    rejected = export.resubmits
    if rejected is None or rejected.decided_by_id in {None, export.sent_by_id}:
        return
    changes = told(compare_snapshots(company, rejected.snapshot, export.snapshot, metadata))
    said = _context(export.title, export.number, export.sent_by_name, rejected.reason, changes)
    owe(company.pk, [(rejected.decided_by_id, "export_resubmitted", export.pk, str(export.pk), said)])


def told(found: Differences) -> list[Told]:
    """Each difference as {"label", "before", "after"} in plain words, fields before lines."""
    rows = [_told(found.entity, one, found.names) for one in found.fields]
    for line in found.lines:
        entity, name = found.line_entity or found.entity, f"Line {line.position}"
        if line.before is None or line.after is None:
            before = str(amount_of(line.before)) if line.before is not None else "not there"
            after = str(amount_of(line.after)) if line.after is not None else "removed"
            rows.append({"label": name, "before": before, "after": after})
        rows += [_told(entity, one, found.names, f"{name}, ") for one in line.fields]
    return rows


@dataclass(frozen=True, slots=True)
class Correction:
    """A staged row that was invalid and came in again: what changed of it and of its lines, those by origin ID."""

    row: StagedRecord
    fields: Sequence[FieldChange]
    lines: Sequence[tuple[StagedRecord, Sequence[FieldChange]]]


def tell_staged_are_back(company_id: int, actor: Actor, corrections: Sequence[Correction]) -> None:
    """The same for staged rows that the integrator corrected after an approver rejected them; one query for all."""
    rejections = _rejections(company_id, [one.row.pk for one in corrections])
    owed = []
    for correction in corrections:
        row, rejection = correction.row, rejections.get(correction.row.pk)
        if rejection is None or rejection.actor_kind != "person":
            continue
        rows = [_told(STAGED[row.item_type], one, {}) for one in correction.fields]
        for line, fields in correction.lines:
            rows += [_told(STAGED[line.item_type], one, {}, f"Line {line.origin_id}, ") for one in fields]
        said = _context(row.title or row.origin_id, row.number, actor.name, rejection.reason, rows)
        owed.append((rejection.actor_id, "staged_resubmitted", row.pk, f"{row.pk}.{row.version}", said))
    owe(company_id, owed)


def resubmitted(company_id: int, staged_ids: Collection[int]) -> set[int]:
    """Which of these staged rows came back after a rejection and were not decided since; one query."""
    return set(_rejections(company_id, staged_ids))


def _rejections(company_id: int, staged_ids: Collection[int]) -> dict[int, Decision]:
    """The last decision on each row, where it was a rejection."""
    if not staged_ids:
        return {}
    rows = Decision.objects.of(company_id).filter(object_type="staged_record", object_id__in=staged_ids)
    newest = rows.order_by("object_id", "-pk").distinct("object_id")
    return {one.object_id: one for one in newest if one.verdict == "reject"}


def came_back(company_id: int) -> QuerySet[Any]:
    """The ids of all such rows, for a condition on staged rows."""
    decisions: QuerySet[Decision] = Decision.objects.of(company_id).filter(object_type="staged_record")
    later = decisions.filter(object_id=OuterRef("object_id"), pk__gt=OuterRef("pk"))
    return decisions.filter(~Exists(later), verdict="reject").values("object_id")


def field_changes(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[FieldChange]:
    """What is different between two states of a staged row (call.facts); None for one that was not there."""
    old, new = _values(before or {}), _values(after)
    names = {**old, **new}
    return [FieldChange(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)]


def _values(state: Mapping[str, Any]) -> dict[str, Any]:
    data = state.get("data") or {}
    own = data.get(CUSTOM) or {}
    plain = {name: value for name, value in data.items() if name != CUSTOM}
    return {"origin_code": state.get("origin_code"), **plain, **own}


def _context(title: str, number: str, by: str, reason: str, changes: Sequence[Told]) -> dict[str, Any]:
    return {
        "title": title,
        "number": number,
        "by": by,
        "reason": reason,
        "changes": list(changes[:TOLD_AT_MOST]),
        "more": max(0, len(changes) - TOLD_AT_MOST),
    }


def _told(entity: Entity, change: FieldChange, names: Mapping[int, str], place: str = "") -> Told:
    fields: Iterable[Any] = (*entity.fields, *entity.custom)
    field = next((one for one in fields if one.name == change.name), None)
    label = field.label if field is not None else change.name.replace("_", " ").capitalize()
    return {
        "label": f"{place}{str(label).lower() if place else label}",
        "before": _word(change.before, names if field is not None and field.kind == "reference" else {}),
        "after": _word(change.after, names if field is not None and field.kind == "reference" else {}),
    }


def _word(value: Any, names: Mapping[int, str]) -> str:
    if value is None or value == "":
        return "empty"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return names.get(value, str(value)) if isinstance(value, int) else str(value)[:300]
