"""Which acts are open to a caller on one object, and for a closed one why: the same rules that the acts enforce.

Pages and API show these; nothing here decides.
"""

from collections.abc import Callable
from dataclasses import dataclass

from erpstaging.catalogue.registry import ENTITIES, STAGED
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.core.errors import Refused
from erpstaging.records.editing import require_right
from erpstaging.records.locking import closed_record, refuse_deletion
from erpstaging.records.models import Record
from erpstaging.staging.budget_import import refuse_budget_import
from erpstaging.staging.confirmations import Confirmation
from erpstaging.staging.confirming import ACTS, is_waiting, refuse_confirmer
from erpstaging.staging.decisions import refuse_own, staging_authors
from erpstaging.staging.deletions import refuse_deletion_request
from erpstaging.staging.export_chunks import refuse_decider
from erpstaging.staging.exports import undo_is_over
from erpstaging.staging.families import may_come_again
from erpstaging.staging.imports import refuse_importer
from erpstaging.staging.job_codes import may_change_code
from erpstaging.staging.linking import link_can_be_undone, refuse_unlink
from erpstaging.staging.marking import refuse_marker
from erpstaging.staging.merging import refuse_merger
from erpstaging.staging.models import ExportState, StagedExport, StagedRecord, StagedStatus
from erpstaging.staging.resetting import can_be_reset, refuse_resetter
from erpstaging.staging.sending import refuse_retriever, refuse_sender
from erpstaging.staging.staleness import CANCELLABLE, refuse_fetched
from erpstaging.staging.unlinking import needs_proof, refuse_asking
from erpstaging.staging.updating import may_update


@dataclass(frozen=True, slots=True)
class OpenAct:
    """An act by its word; `code` and `reason` say why it is closed to this caller."""

    act: str
    code: str = ""
    reason: str = ""

    @property
    def enabled(self) -> bool:
        return not self.code


def _tried(act: str, *rules: Callable[[], None]) -> OpenAct:
    try:
        for rule in rules:
            rule()
    except Refused as refusal:
        return OpenAct(act, refusal.code, refusal.message)
    return OpenAct(act)


def export_acts(export: StagedExport, record: Record, actor: Actor, metadata_missing: bool = False) -> list[OpenAct]:
    """What can be done with a staged export in the state it is in."""
    authors = (
        (record.created_by_kind, record.created_by_id, record.created_by_owner_id),
        (record.edited_by_kind, record.edited_by_id, record.edited_by_owner_id),
        ("person", export.sent_by_id, None),
    )

    def decider() -> None:
        refuse_decider(actor, export)

    def not_own() -> None:
        refuse_own(actor, *authors)

    acts: list[OpenAct] = []
    if export.state == ExportState.READY_TO_EXPORT:
        acts += [_tried("accept", decider, not_own), _tried("reject", decider)]
        acts.append(_tried("hold" if export.hold_until is None else "resume", decider))
    if export.state == ExportState.ACCEPTED and not undo_is_over(export):
        acts.append(_tried("undo", decider))
    if export.state in CANCELLABLE:
        acts.append(_tried("cancel", decider, lambda: refuse_fetched(export)))
    if export.state == ExportState.FAILED:
        acts += [_tried("retry", decider), _tried("reject", decider)]
        acts += [_tried("mark_synced", lambda: refuse_marker(actor))] if actor.may("erp") else []
        acts += [_tried("retry_code", decider)] if may_change_code(export) else []
    if export.state in {ExportState.READY_TO_EXPORT, ExportState.FAILED}:
        retrieve = _tried("retrieve", lambda: refuse_retriever(actor, export))
        acts += [retrieve] if retrieve.enabled else []
    return acts


def staged_record_acts(row: StagedRecord, actor: Actor) -> list[OpenAct]:
    """What can be done with a staged record in the state it is in."""

    def importer() -> None:
        refuse_importer(actor)

    def not_own() -> None:
        refuse_own(actor, *staging_authors(row.company_id, [row.pk]))

    if row.parent_id is not None:
        return []
    if row.status == StagedStatus.STAGED or may_come_again(row):
        bring_in = _tried("import", importer, not_own)
        if bring_in.enabled and row.waiting_for:
            first = row.waiting_for[0]
            text = f"{first['value']} ({first['field']}) is not linked yet."
            bring_in = OpenAct("import", "waiting_for_parent", text)
        if row.status == StagedStatus.IMPORTED:
            return [bring_in]
        link = [_tried("link", importer, not_own)] if STAGED[row.item_type].supports.linked else []
        return [bring_in, *link, _tried("reject", importer, not_own), _tried("archive", importer)]
    if row.status == StagedStatus.ARCHIVED:
        return [_tried("unarchive", importer)]
    return [_tried("undo_link", importer)] if row.status == StagedStatus.IMPORTED and link_can_be_undone(row) else []


def record_acts(
    record: Record,
    actor: Actor,
    export: StagedExport | None,
    metadata: Metadata | None = None,
    *,
    changed: bool = False,
) -> list[OpenAct]:
    """What project people can do with an object; `export` is its newest one. `metadata` knows the company's locks.

    `changed` says that people changed a synced one since.
    """
    entity = ENTITIES[record.item_type]
    entity = metadata.entity(entity) if metadata is not None else entity

    def editor() -> None:
        require_right(actor, entity, record)
        closed = closed_record(record, actor)
        if closed is not None:
            raise Refused(closed.message, code=closed.code)

    acts = [_tried("edit", editor), _tried("delete", editor, lambda: refuse_deletion(record, entity, actor))]
    again = changed and metadata is not None and may_update(entity, metadata)
    if entity.events.export and (again or not record.synced) and (export is None or not export.is_open):
        acts.append(_tried("send_to_erp", lambda: refuse_sender(actor, entity, record)))
    if export is not None and export.state in {ExportState.READY_TO_EXPORT, ExportState.FAILED}:
        acts.append(_tried("retrieve", lambda: refuse_retriever(actor, export)))
    return acts + _link_acts(record, actor, export, metadata)


def project_acts(company: Company, record: Record, actor: Actor, metadata: Metadata) -> list[OpenAct]:
    """What is done with a project's budget from the page of the project."""
    if record.item_type != "project" or not actor.may("erp") or not metadata.rules("budgets").may_import:
        return []

    def budget() -> None:
        refuse_budget_import(company, record, metadata)

    return [_tried("import_budget", lambda: refuse_importer(actor), budget)]


def _link_acts(record: Record, actor: Actor, export: StagedExport | None, metadata: Metadata | None) -> list[OpenAct]:
    """What is done with the link of what the ERP knows: shown to whom it concerns, closed with the reason."""
    entity = ENTITIES[record.item_type]
    supports = entity.supports
    acts = []
    if needs_proof(entity) and record.origin_id is not None and actor.may("erp") and metadata is not None:
        acts.append(_tried("unlink", lambda: refuse_asking(record, entity, metadata, export, actor)))
    if entity.events.delete and record.synced and actor.may("erp") and metadata is not None:
        acts.append(_tried("request_deletion", lambda: refuse_deletion_request(record, metadata, actor)))
    if can_be_reset(entity) and record.origin_id is not None and actor.may("super_user"):
        acts.append(_tried("reset", lambda: refuse_resetter(actor)))
    if supports.linked and record.synced and actor.may("erp"):
        acts.append(_tried("unlink", lambda: refuse_importer(actor), lambda: refuse_unlink(record, actor)))
    if supports.merged and actor.rights & {"erp", "directory_admin"}:
        acts.append(_tried("merge", lambda: refuse_merger(actor)))
    return acts


def confirmation_acts(confirmation: Confirmation, actor: Actor) -> list[OpenAct]:
    """What can be done with an act that waits for its second person."""
    if not is_waiting(confirmation):
        return []
    return [
        _tried("confirm", lambda: refuse_confirmer(confirmation, actor)),
        _tried("decline", lambda: ACTS[confirmation.act].refuse(actor)),
    ]
