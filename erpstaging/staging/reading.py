"""One object with all that a page or an answer says of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.services import metadata_of
from erpstaging.core import sets
from erpstaging.core.errors import NotFound
from erpstaging.erp_requests.models import ErpRequest
from erpstaging.erp_requests.payloads import about, request_data
from erpstaging.records.models import OriginIdHistory, Record
from erpstaging.records.reuse import earlier_holders
from erpstaging.records.snapshots import Node, links_of, record_ids, with_links
from erpstaging.staging.acts import OpenAct, export_acts, project_acts, record_acts, staged_record_acts
from erpstaging.staging.call import standing
from erpstaging.staging.checks import Check, checks_for_release, checks_for_sending
from erpstaging.staging.comparing import Differences, compare_snapshots
from erpstaging.staging.confirmations import Confirmation
from erpstaging.staging.confirming import pending_of
from erpstaging.staging.export_inputs import form_failures, inputs_wanted
from erpstaging.staging.freezing import snapshot
from erpstaging.staging.intake import children_of
from erpstaging.staging.models import ExportState, StagedExport, StagedRecord, StagedStatus
from erpstaging.staging.resubmitting import resubmitted
from erpstaging.staging.sending import rule_checks
from erpstaging.staging.targets import Key, keys_of, linked_records
from erpstaging.staging.updating import changed_since_sync, known_before, may_update

MAX_ORIGIN_IDS = 50


@dataclass(frozen=True, slots=True)
class ExportSeen:
    """A staged export as an approver sees it; `inputs` are what Accept asks for.

    Of an update, `changes` is what is different from what the ERP knows, and `told` the export that told it, if any.
    """

    export: StagedExport
    record: Record
    node: Node
    checks: list[Check]
    acts: list[OpenAct]
    inputs: list[Any]
    changes: Differences | None = None
    told: StagedExport | None = None

    def payload(self, company: Company) -> tuple[str, dict[str, Any] | list[Any]]:
        """The request name and data that the integrator gets, as far as it is known now."""
        name = ENTITIES[self.export.item_type].events.for_action(self.export.action)
        node = about(self.node, company_id=company.pk, inputs=self.export.inputs)
        return name, request_data(name, [node], company_id=company.pk)


@dataclass(frozen=True, slots=True)
class StagedSeen:
    """A staged row; `former` are the records that its origin ID was on before.

    A `resubmitted` one was rejected, and came back corrected. `linked` are the records that its references and those of
    its children mean, as far as they are linked, by (item type, origin ID).
    """

    row: StagedRecord
    children: list[StagedRecord]
    acts: list[OpenAct]
    former: list[OriginIdHistory]
    resubmitted: bool = False
    linked: Mapping[Key, Record] = field(default_factory=dict)

    def meant(self, row: StagedRecord, origin_field: str) -> Record | None:
        """The record that an origin ID of the row, or of one of its children, names."""
        named = ENTITIES[row.item_type].under(self.row.item_type).origin_fields[origin_field]
        found = (self.linked.get((target, row.data.get(origin_field) or "")) for target in named.targets)
        return next(filter(None, found), None)


@dataclass(frozen=True, slots=True)
class RecordSeen:
    """A record as its people see it; `checks` are what sending it asks for, `origin_ids` those it carried before.

    `former` are the records that its present origin ID was on before, `pending` what waits for a second person or,
    confirmed, for the integrator.
    `changed` says of a synced one that people changed it, and that the change can be sent.
    """

    record: Record
    node: Node
    export: StagedExport | None
    checks: list[Check]
    acts: list[OpenAct]
    origin_ids: list[OriginIdHistory]
    former: list[OriginIdHistory]
    pending: list[Confirmation]
    changed: bool = False


def seen_export(company: Company, export_id: int, actor: Actor) -> ExportSeen:
    """Raises NotFound."""
    export = StagedExport.objects.of(company).filter(pk=export_id).select_related("record", "erp_request").first()
    if export is None:
        raise NotFound()
    return _seen(company, export, export.record, actor)


def seen_decided(company: Company, export: StagedExport, actor: Actor) -> ExportSeen:
    """The same of an export as the decision of this transaction left it, which is not read once more."""
    if export.state == ExportState.EXPORTING:  # its request was opened just now: nobody can have fetched it
        export.erp_request = ErpRequest(pk=export.erp_request_id, company_id=company.pk)
    (record,) = sets.select(Record, "company_id = %s AND id = %s", [company.pk, export.record_id])
    return _seen(company, export, record, actor)


def _seen(company: Company, export: StagedExport, record: Record, actor: Actor) -> ExportSeen:
    node = with_links(export.snapshot, links_of(company.pk, record_ids(export.snapshot)))
    metadata = metadata_of(company.pk)
    inputs = inputs_wanted(metadata, export)
    before = known_before(company, export)
    checks = [*checks_for_release(company.pk, node), *_form_checks(company.pk, metadata, export)]
    return ExportSeen(
        export,
        record,
        node,
        checks,
        export_acts(export, record, actor),
        inputs,
        None if before is None else compare_snapshots(company, before[0], export.snapshot, metadata),
        None if before is None else before[1],
    )


def _form_checks(company_id: int, metadata: Metadata, export: StagedExport) -> list[Check]:
    """What would be refused at Accept and cannot be typed there: each as a failed check that leads to the form."""
    if export.state != ExportState.READY_TO_EXPORT:
        return []
    failed = form_failures(company_id, metadata, export)
    remedy = "It is filled in the form of the object: its sender takes it back, or reject it."
    return [Check("rule_failed", text, False, remedy, export.record_id) for texts in failed.values() for text in texts]


def seen_staged_record(company: Company, staged_id: int, actor: Actor) -> StagedSeen:
    """Raises NotFound."""
    row = standing(company.pk).filter(pk=staged_id).first()
    if row is None:
        raise NotFound()
    # One that is imported is what its origin ID means; before that every former object is another one.
    own_id = row.record_id if row.status == StagedStatus.IMPORTED else None
    former = earlier_holders(company.pk, row.item_type, row.origin_id, own_id)
    back = row.status == StagedStatus.STAGED and row.pk in resubmitted(company.pk, [row.pk])
    children = children_of(company.pk, [row]).get(row.pk, [])
    linked = _linked(company.pk, row, children)
    return StagedSeen(row, children, staged_record_acts(row, actor), former, back, linked)


def _linked(company_id: int, row: StagedRecord, children: list[StagedRecord]) -> dict[Key, Record]:
    entities = {one.item_type: ENTITIES[one.item_type].under(row.item_type) for one in (row, *children)}
    keys = (key for one in (row, *children) for key in keys_of(entities[one.item_type], one.data))
    ids = linked_records(company_id, keys)
    records = Record.objects.of(company_id).only("id", "item_type", "number", "title").in_bulk(list(ids.values()))
    return {key: records[record_id] for key, record_id in ids.items() if record_id in records}


def seen_record(company: Company, record_id: int, actor: Actor) -> RecordSeen:
    """Raises NotFound."""
    record = Record.objects.of(company).filter(pk=record_id, deleted_at=None).first()
    if record is None:
        raise NotFound()
    node = snapshot(company, record)
    export = StagedExport.objects.of(company).filter(record=record).order_by("-pk").first()
    metadata = metadata_of(company.pk)
    changed = may_update(ENTITIES[record.item_type], metadata) and bool(changed_since_sync(company.pk, [record]))
    checks = _checks(company, ENTITIES[record.item_type], metadata, node) if changed or not record.synced else []
    was = OriginIdHistory.objects.of(company).filter(record=record).order_by("-pk")[:MAX_ORIGIN_IDS]
    acts = record_acts(record, actor, export, metadata, changed=changed)
    acts += project_acts(company, record, actor, metadata)
    former = earlier_holders(company.pk, record.item_type, record.origin_id, record.pk)
    pending = pending_of(company, record)
    return RecordSeen(record, node, export, checks, acts, list(was), former, pending, changed)


def _checks(company: Company, entity: Entity, metadata: Metadata, node: Node) -> list[Check]:
    """Everything that sending asks for: the prerequisites of the kind, and the company's rules that fail."""
    return [*checks_for_sending(company.pk, node), *rule_checks(company.pk, entity, metadata, node)]
