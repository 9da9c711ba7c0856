"""What the answers of an integrator have in common: elements on their own, and the exports they move."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from erpstaging.audit import log as audit
from erpstaging.companies.actors import Actor
from erpstaging.core.documents import plain
from erpstaging.core.errors import Invalid
from erpstaging.core.locks import lock
from erpstaging.core.scope import Again
from erpstaging.erp_requests.models import ErpRequestDetail
from erpstaging.records.models import OriginIdHistory, Record
from erpstaging.staging.export_chunks import save_exports
from erpstaging.staging.models import ExportState, StagedExport
from erpstaging.staging.sending import open_record

INT64 = 2**63


@dataclass(slots=True)
class Element:
    """One element of a close-out call: what was sent, and the record or detail it became, or its errors."""

    sent: Any
    errors: dict[str, list[str]] = field(default_factory=dict)
    code: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    record: Record | None = None
    detail: ErpRequestDetail | None = None
    # The other record that its new origin ID was on before.
    was: OriginIdHistory | None = None

    def refuse(self, refusal: Invalid) -> None:
        self.errors = refusal.errors or {"base": [refusal.message]}
        self.code, self.facts = refusal.code, refusal.facts

    def answer(self) -> dict[str, Any]:
        sent = self.sent if isinstance(self.sent, Mapping) else {"element": self.sent}
        return {**plain(sent), "errors": self.errors}


def lock_newest_exports(company_id: int, record_ids: Sequence[int]) -> dict[int, StagedExport]:
    """The newest export of each record under lock: the open one, or the one that made it synced."""
    locked: list[StagedExport] = lock(
        StagedExport.objects.of(company_id).filter(pk__in=_newest_ids(company_id, record_ids))
    )
    return {export.record_id: export for export in locked}


def refuse_overtaken(company_id: int, record_ids: Sequence[int], exports: Mapping[int, StagedExport]) -> None:
    """Raises Again when another export of a record was opened while we waited for the record's lock.

    Whoever opens one locks the record, and no export before it.
    """
    seen = {export.pk for record_id, export in exports.items() if record_id in set(record_ids)}
    if record_ids and set(_newest_ids(company_id, record_ids)) != seen:
        raise Again("Another export of a record was opened.")


def _newest_ids(company_id: int, record_ids: Sequence[int]) -> list[int]:
    rows = StagedExport.objects.of(company_id).filter(record_id__in=record_ids)
    return list(rows.order_by("record_id", "-id").distinct("record_id").values_list("pk", flat=True))


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
                after=_after(export),
            )
            for export in moved
        ],
    )


def _after(export: StagedExport) -> dict[str, Any]:
    after: dict[str, Any] = {"version": export.version, "state": export.state, "messages": export.messages}
    return {**after, "failed_items": export.failed_items} if export.failed_items else after
