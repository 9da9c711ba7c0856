"""Display codes that several commitments may not share, unless the company's metadata allows it (section 6)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Q

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.connections.metadata import Metadata
from erpstaging.records.models import Record
from erpstaging.staging.models import ExportState, StagedExport

COMMITMENTS = "commitments"
TYPES = tuple(one.item_type for one in ENTITIES.values() if one.metadata_name == COMMITMENTS)
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('erpstaging.commitment_codes', %s))"


@dataclass(slots=True)
class CodesInUse:
    """Which commitments carry a code, or have been accepted with it: record ids by code."""

    holders: dict[str, set[int]] = field(default_factory=dict)
    checked: bool = False

    def taken(self, export: StagedExport, code: str) -> str:
        """Why an export cannot have this code; empty where it can."""
        if not self.checked or not code or export.item_type not in TYPES:
            return ""
        others = self.holders.get(code, set()) - {export.record_id}
        return f"{code} is the code of another commitment already." if others else ""

    def take(self, export: StagedExport, code: str) -> None:
        if code and export.item_type in TYPES:
            self.holders.setdefault(code, set()).add(export.record_id)


def codes_in_use(
    company_id: int, metadata: Metadata, snapshots: Iterable[Mapping[str, Any]], codes: Collection[str]
) -> CodesInUse:
    """The commitments with these codes: two queries, and none where codes may repeat.

    Decisions that give codes follow each other within a company, so that two cannot give the same one.
    """
    concerned = any(node["item_type"] in TYPES for node in snapshots)
    if not concerned or not codes or metadata.rules(COMMITMENTS).allows_duplicate_codes:
        return CodesInUse()
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [company_id])
    found = CodesInUse(checked=True)
    records = Record.objects.of(company_id).filter(item_type__in=TYPES, origin_code__in=codes, deleted_at=None)
    for code, record_id in records.values_list("origin_code", "pk"):
        found.holders.setdefault(code, set()).add(record_id)
    accepted = StagedExport.objects.of(company_id).filter(
        Q(state=ExportState.ACCEPTED), item_type__in=TYPES, inputs__code__in=list(codes)
    )
    for code, record_id in accepted.values_list("inputs__code", "record_id"):
        found.holders.setdefault(code, set()).add(record_id)
    return found
