"""What one person sent, as it stands now: each object once, with its newest export, whoever sent that."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Subquery, Value, When

from erpstaging.companies.models import Company
from erpstaging.staging.models import OPEN_STATES, Action, ExportState, StagedExport
from erpstaging.staging.queue import COUNTED_TO

GIVEN_BACK = (ExportState.REJECTED, ExportState.RETRIEVED)


class Standing(StrEnum):
    """Where an object is: with its sender again, on its way into the ERP, or through."""

    RETURNED = "returned"
    UNDER_WAY = "under_way"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of my objects; `rejected` narrows to those that were sent back, True, or leaves them out, False."""

    standing: Standing | None = None
    item_type: str = ""
    text: str = ""
    rejected: bool | None = None
    before: int | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Part:
    """Newest exports, each with its record, those that I sent last first; `before` is where the next page begins."""

    exports: Sequence[StagedExport]
    before: int | None = None


def my_items(company: Company, person_id: int | None, wanted: Wanted) -> Part:
    rows = _mine(company, person_id, wanted)
    if wanted.standing is not None:
        rows = rows.filter(standing=wanted.standing.value)
    if wanted.rejected is not None:
        sent_back = Q(standing=Standing.RETURNED.value, newest_state=ExportState.REJECTED)
        rows = rows.filter(sent_back if wanted.rejected else ~sent_back)
    if wanted.before is not None:
        rows = rows.filter(pk__lt=wanted.before)
    found = list(rows.order_by("-pk").values_list("pk", "newest_id")[: wanted.limit + 1])
    shown, more = found[: wanted.limit], len(found) > wanted.limit
    newest = StagedExport.objects.of(company).select_related("record").in_bulk([newest_id for _, newest_id in shown])
    exports = [newest[newest_id] for _, newest_id in shown if newest_id in newest]
    return Part(exports, shown[-1][0] if more else None)


def my_counts(company: Company, person_id: int | None, wanted: Wanted) -> dict[Standing, int]:
    """How many of my objects stand where, of the newest 10,000."""
    rows = _mine(company, person_id, wanted).order_by("-pk").values("pk", "standing")[:COUNTED_TO]
    counts = rows.aggregate(**{one.value: Count("pk", filter=Q(standing=one.value)) for one in Standing})
    return {one: counts[one.value] for one in Standing}


def _mine(company: Company, person_id: int | None, wanted: Wanted) -> "QuerySet[Any]":
    """My last export of each object, with what became of the object since."""
    exports = StagedExport.objects.of(company)
    sent = exports.filter(sent_by_id=person_id)
    later = sent.filter(record_id=OuterRef("record_id"), pk__gt=OuterRef("pk"))
    newest = StagedExport.objects.of(company).filter(record_id=OuterRef("record_id")).order_by("-pk")
    rows: QuerySet[Any] = (
        sent.filter(~Exists(later), record__deleted_at=None)
        .annotate(
            newest_id=Subquery(newest.values("pk")[:1]),
            newest_state=Subquery(newest.values("state")[:1]),
            newest_action=Subquery(newest.values("action")[:1]),
        )
        .annotate(standing=_standing())
    )
    if wanted.item_type:
        rows = rows.filter(item_type=wanted.item_type)
    if wanted.text:
        rows = rows.filter(Q(record__number__icontains=wanted.text) | Q(record__title__icontains=wanted.text))
    return rows


def _standing() -> Case:
    # What was rejected and is linked all the same came into the ERP another way; of an update the ERP has what was.
    to_be_mended = Q(record__origin_id=None) | Q(newest_action=Action.UPDATE)
    return Case(
        When(newest_state__in=OPEN_STATES, then=Value(Standing.UNDER_WAY.value)),
        When(to_be_mended, newest_state__in=GIVEN_BACK, then=Value(Standing.RETURNED.value)),
        default=Value(Standing.DONE.value),
    )
