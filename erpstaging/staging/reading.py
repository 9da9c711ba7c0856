"""One object with all that a page or an answer says of it."""

from dataclasses import dataclass
from typing import Any

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.services import metadata_of
from erpstaging.core.errors import NotFound
from erpstaging.erp_requests.payloads import request_data
from erpstaging.records.models import OriginIdHistory, Record
from erpstaging.records.snapshots import Node, links_of, record_ids, with_links
from erpstaging.staging.acts import OpenAct, export_acts, record_acts, staged_record_acts
from erpstaging.staging.call import standing
from erpstaging.staging.checks import Check, checks_for_release, checks_for_sending
from erpstaging.staging.exports import inputs_wanted
from erpstaging.staging.intake import children_of
from erpstaging.staging.models import StagedExport, StagedRecord
from erpstaging.staging.sending import snapshot

MAX_ORIGIN_IDS = 50


@dataclass(frozen=True, slots=True)
class ExportSeen:
    """A staged export as an approver sees it; `inputs` are what Accept asks for."""

    export: StagedExport
    record: Record
    node: Node
    checks: list[Check]
    acts: list[OpenAct]
    inputs: list[Any]

    def payload(self, company: Company) -> tuple[str, dict[str, Any]]:
        """The request name and data that the integrator gets, as far as it is known now."""
        name = ENTITIES[self.export.item_type].events.export or ""
        return name, request_data(name, self.node, company_id=company.pk, inputs=self.export.inputs)


@dataclass(frozen=True, slots=True)
class StagedSeen:
    row: StagedRecord
    children: list[StagedRecord]
    acts: list[OpenAct]


@dataclass(frozen=True, slots=True)
class RecordSeen:
    """A record as its people see it; `checks` are what sending it asks for, `origin_ids` those it carried before."""

    record: Record
    node: Node
    export: StagedExport | None
    checks: list[Check]
    acts: list[OpenAct]
    origin_ids: list[OriginIdHistory]


def seen_export(company: Company, export_id: int, actor: Actor) -> ExportSeen:
    """Raises NotFound."""
    export = StagedExport.objects.of(company).filter(pk=export_id).select_related("record", "erp_request").first()
    if export is None:
        raise NotFound()
    node = with_links(export.snapshot, links_of(company.pk, record_ids(export.snapshot)))
    inputs = inputs_wanted(metadata_of(company.pk), export)
    return ExportSeen(
        export, export.record, node, checks_for_release(node), export_acts(export, export.record, actor), inputs
    )


def seen_staged_record(company: Company, staged_id: int, actor: Actor) -> StagedSeen:
    """Raises NotFound."""
    row = standing(company.pk).filter(pk=staged_id).first()
    if row is None:
        raise NotFound()
    return StagedSeen(row, children_of(company.pk, [row]).get(row.pk, []), staged_record_acts(row, actor))


def seen_record(company: Company, record_id: int, actor: Actor) -> RecordSeen:
    """Raises NotFound."""
    record = Record.objects.of(company).filter(pk=record_id, deleted_at=None).first()
    if record is None:
        raise NotFound()
    node = snapshot(company, record)
    export = StagedExport.objects.of(company).filter(record=record).order_by("-pk").first()
    checks = checks_for_sending(company.pk, node) if not record.synced else []
    was = OriginIdHistory.objects.of(company).filter(record=record).order_by("-pk")[:MAX_ORIGIN_IDS]
    return RecordSeen(
        record, node, export, checks, record_acts(record, actor, export, metadata_of(company.pk)), list(was)
    )
