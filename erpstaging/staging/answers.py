"""What the answers of an integrator have in common: elements on their own, and the exports they move."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from erpstaging.audit import log as audit
from erpstaging.companies.actors import Actor
from erpstaging.core.documents import plain
from erpstaging.core.errors import Invalid
from erpstaging.core.locks import lock
from erpstaging.erp_requests.models import ErpRequestDetail
from erpstaging.records.models import Record
from erpstaging.staging.exports import save_exports
from erpstaging.staging.models import ExportState, StagedExport
from erpstaging.staging.sending import open_record

INT64 = 2**63


@dataclass(slots=True)
class Element:
    """One element of a close-out call: what was sent, and the record or detail it became, or its errors."""

    sent: Any
    errors: dict[str, list[str]] = field(default_factory=dict)
    code: str | None = None
    record: Record | None = None
    detail: ErpRequestDetail | None = None

    def refuse(self, refusal: Invalid) -> None:
        self.errors = refusal.errors or {"base": [refusal.message]}
        self.code = refusal.code

    def answer(self) -> dict[str, Any]:
        sent = self.sent if isinstance(self.sent, Mapping) else {"element": self.sent}
        return {**plain(sent), "errors": self.errors}


def lock_newest_exports(company_id: int, record_ids: Sequence[int]) -> dict[int, StagedExport]:
    """The newest export of each record under lock: the open one, or the one that made it synced."""
    newest = (
        StagedExport.objects.of(company_id)
        .filter(record_id__in=record_ids)
        .order_by("record_id", "-id")
        .distinct("record_id")
        .values_list("pk", flat=True)
    )
    locked: list[StagedExport] = lock(StagedExport.objects.of(company_id).filter(pk__in=list(newest)))
    return {export.record_id: export for export in locked}


def finish_exports(company_id: int, moved: Sequence[StagedExport], actor: Actor) -> None:
    """Save exports that moved, let go of the records of those that are done, and tell."""
    for export in moved:
        export.version += 1
    save_exports(company_id, moved)
    done = {ExportState.SYNCED, ExportState.UNLINKED}
    open_record(company_id, [export.record_id for export in moved if export.state in done])
    audit.record(
        company_id,
        actor,
        [
            audit.Act(
                f"export.{export.state}",
                "export",
                export.pk,
                record_id=export.record_id,
                after={"state": export.state, "messages": export.messages},
            )
            for export in moved
        ],
    )
