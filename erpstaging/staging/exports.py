"""The approver's decisions on staged exports.

Every function takes a chunk of rows in one transaction; a single decision is a chunk of one. A row that is refused
undoes no other: its refusal stands in its outcome.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone

from erpstaging.audit import log as audit
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.services import ask_metadata, metadata_of
from erpstaging.core import sets
from erpstaging.core.correlation import correlation_id
from erpstaging.erp_requests.models import DetailState
from erpstaging.erp_requests.services import draw_ids, end_current, retire_details
from erpstaging.records.models import Record
from erpstaging.records.snapshots import LINK, links_of, record_ids, with_links
from erpstaging.staging.checks import blocking_parents, refusal_of
from erpstaging.staging.decisions import clean_reason, record_decisions, refuse_own, require_metadata
from erpstaging.staging.export_chunks import (
    Outcome,
    Wanted,
    acts_on,
    decide_in_memory,
    decided_already,
    lock_exports,
    refuse_decider,
    save_exports,
    tell,
)
from erpstaging.staging.export_inputs import checked_inputs, checking_of
from erpstaging.staging.models import ExportState, StagedExport
from erpstaging.staging.outcome_mails import tell_rejected
from erpstaging.staging.rejections import clean_code, clean_pins
from erpstaging.staging.releasing import Leaving, open_requests, ready_to_leave
from erpstaging.staging.retrying import edited_since, refused_part
from erpstaging.staging.sending import open_record

NO_UNDO = timedelta(0)
MAX_UNDO = timedelta(seconds=60)


def accept_export(
    company: Company,
    export_id: int,
    *,
    actor: Actor,
    version: int | None,
    inputs: Mapping[str, Any] | None = None,
    undo: timedelta = NO_UNDO,
) -> StagedExport:
    """Accept one staged export; with no undo time and nothing holding it, it leaves in the same transaction.

    Raises NotFound, NotPermitted (also code `self_approval`), VersionMissing, StaleVersion, WrongState, and Invalid:
    by field for missing inputs, code `rule_failed` for rules, `confirmation_required` for an unanswered warning.
    """
    wanted = Wanted(export_id, version, inputs or {})
    (outcome,) = accept_exports(company, [wanted], actor=actor, undo=undo)
    return outcome.result()


def accept_exports(
    company: Company, wanted: Sequence[Wanted], *, actor: Actor, undo: timedelta = NO_UNDO, reason: str = ""
) -> list[Outcome]:
    """Accept a chunk; see accept_export. `reason` is what a rule says of why it may."""
    with sets.pipelined():  # what can be asked at once is asked before the first answer is read
        document = ask_metadata(company.pk)
        # Of requests and details; what is not needed is lost.
        ids = iter(()) if undo else draw_ids(2 * len(wanted))
        exports = lock_exports(company.pk, [one.export_id for one in wanted])
        metadata = document()
        outcomes, links = _accepted(company, metadata, wanted, exports, actor, undo)
        accepted = [outcome.export for outcome in outcomes if outcome.export is not None]
        because = {"reason": reason} if reason else {}
        record_decisions(company.pk, actor, [_decision(export, "accept", reason) for export in accepted])
        acts = acts_on(accepted, "accepted", lambda export: {"inputs": export.inputs, **because})
        if not undo:
            leaving, _ = ready_to_leave(company.pk, accepted, links)
            acts += open_requests(company, leaving, actor, limits=metadata.erp.answer_limits, ids=ids)
        save_exports(company.pk, accepted)
        audit.record(company.pk, actor, acts)
    return outcomes


def would_accept(company: Company, wanted: Sequence[Wanted], *, actor: Actor) -> list[Outcome]:
    """What accept_exports would answer at this moment. Nothing is written; the rows are locked until the commit."""
    metadata, exports = metadata_of(company.pk), lock_exports(company.pk, [one.export_id for one in wanted])
    outcomes, _ = _accepted(company, metadata, wanted, exports, actor, NO_UNDO)
    return outcomes


def _accepted(
    company: Company,
    metadata: Metadata,
    wanted: Sequence[Wanted],
    exports: Mapping[int, StagedExport],
    actor: Actor,
    undo: timedelta,
) -> tuple[list[Outcome], dict[int, dict[str, Any]]]:
    """The chunk of locked exports accepted in memory, and today's links of all that the snapshots show."""
    require_metadata(company.pk, metadata)
    now = timezone.now()
    authors, links = _facts_of_records(company.pk, exports.values())
    checking = checking_of(company.pk, metadata, wanted, exports.values())

    def accept(export: StagedExport, one: Wanted) -> None:
        refuse_decider(actor, export)
        refuse_own(actor, *authors.get(export.record_id, ()), ("person", export.sent_by_id, None))
        inputs = checked_inputs(checking, export, one.inputs)
        approver = {"approver_id": actor.user_id, "approver_name": actor.name}
        export.accept_export(**approver, now=now, undo=undo, inputs=inputs)
        export.correlation_id = correlation_id()

    outcomes = decide_in_memory(
        company.pk, wanted, accept, sources={ExportState.READY_TO_EXPORT}, versioned=True, locked=exports
    )
    return outcomes, links


def retry_exports(company: Company, wanted: Sequence[Wanted], *, actor: Actor) -> list[Outcome]:
    """Send failed exports again: the same accepted snapshot, a new request and detail, no new approval.

    Of one that failed in part only the refused lines leave again. Refused is what changed since it was accepted, code
    `needs_approval`, and what lost the links of its parents in the meantime, code `prerequisites`.
    """

    def check(export: StagedExport, one: Wanted) -> None:
        refuse_decider(actor, export)

    outcomes = decide_in_memory(company.pk, wanted, check, sources={ExportState.FAILED}, versioned=False)
    failed = [(outcome, outcome.export) for outcome in outcomes if outcome.export is not None]
    links = links_of(company.pk, {one for _, export in failed for one in record_ids(export.snapshot)})
    edited = edited_since(company, [export for _, export in failed])
    leaving: list[Leaving] = []
    nodes = {export.pk: with_links(export.snapshot, links) for _, export in failed}
    waits = blocking_parents(company.pk, list(nodes.values()))
    for outcome, export in failed:
        node = nodes[export.pk]
        refusal = edited.get(export.pk) or refusal_of(waits[node["id"]])
        if refusal is not None:
            outcome.export, outcome.refusal = None, refusal
        else:
            leaving.append((export, refused_part(export, node)))
    acts = open_requests(company, leaving, actor, verb="retried")
    save_exports(company.pk, [export for export, _ in leaving])
    audit.record(company.pk, actor, acts)
    return outcomes


def retry_export(company: Company, export_id: int, *, actor: Actor, version: int | None = None) -> StagedExport:
    (outcome,) = retry_exports(company, [Wanted(export_id, version)], actor=actor)
    return outcome.result()


def reject_export(
    company: Company,
    export_id: int,
    *,
    actor: Actor,
    version: int | None,
    reason: Any,
    code: Any = "",
    pins: Any = (),
) -> StagedExport:
    """Send one export back to who sent it, with a reason that is mailed to him and shown on the record."""
    (outcome,) = reject_exports(company, [Wanted(export_id, version)], actor=actor, reason=reason, code=code, pins=pins)
    return outcome.result()


def reject_exports(
    company: Company, wanted: Sequence[Wanted], *, actor: Actor, reason: Any, code: Any = "", pins: Any = ()
) -> list[Outcome]:
    """Reject a chunk with one reason and code. Raises Invalid, code `reason_required`, before any row is touched.

    `pins` are notes to fields (rejections.clean_pins); a row that has no such field is refused.
    """
    text, metadata = clean_reason(reason), metadata_of(company.pk)
    picked = clean_code(metadata, code)
    now = timezone.now()

    def reject(export: StagedExport, one: Wanted) -> None:
        refuse_decider(actor, export)
        rejecter = {"rejecter_id": actor.user_id, "rejecter_name": actor.name}
        pinned = clean_pins(metadata, export.snapshot, pins)
        export.reject_export(**rejecter, now=now, reason=text, code=picked, pins=pinned)

    rejectable = {ExportState.READY_TO_EXPORT, ExportState.FAILED}
    outcomes = decide_in_memory(company.pk, wanted, reject, sources=rejectable, versioned=True)
    rejected = [outcome.export for outcome in outcomes if outcome.export is not None]
    save_exports(company.pk, rejected)
    give_back(company, rejected, actor=actor)
    record_decisions(company.pk, actor, [_decision(export, "reject", text) for export in rejected])
    return outcomes


def give_back(company: Company, rejected: Sequence[StagedExport], *, actor: Actor) -> None:
    """What every rejection causes, an approver's or the integrator's: records open, senders and creators are told."""
    ids = [export.record_id for export in rejected]
    open_record(company.pk, ids)
    tried = [export.record_id for export in rejected if export.attempts]
    said = f"{actor.name} rejected it."
    end_current(company.pk, actor, tried, source=DetailState.FAILED, target=DetailState.REJECTED, message=said)
    retire_details(company.pk, ids)
    tell(company.pk, actor, rejected, "rejected", _said)
    tell_rejected(company, rejected, actor=actor)


def undo_accept(company: Company, export_id: int, *, actor: Actor, version: int | None = None) -> StagedExport:
    """Take an accept back while the export has not left. Raises WrongState once the undo time is over."""

    def undo(export: StagedExport, one: Wanted) -> None:
        refuse_decider(actor, export)
        if undo_is_over(export):
            raise decided_already(export, "The undo time is over.")
        export.undo_accept()

    wanted = [Wanted(export_id, version)]
    (outcome,) = decide_in_memory(company.pk, wanted, undo, sources={ExportState.ACCEPTED}, versioned=False)
    export = outcome.result()
    save_exports(company.pk, [export])
    tell(company.pk, actor, [export], "accept_undone", lambda _: {})
    return export


def undo_is_over(export: StagedExport) -> bool:
    """An accepted export can be taken back until its time is over, and longer while something else holds it."""
    return export.release_at is not None and export.release_at <= timezone.now() and not export.held_reason


Author = tuple[str, int | None, int | None]


CREATED = ("created_by_kind", "created_by_id", "created_by_owner_id")


EDITED = ("edited_by_kind", "edited_by_id", "edited_by_owner_id")


def _facts_of_records(
    company_id: int, exports: Collection[StagedExport]
) -> tuple[dict[int, tuple[Author, ...]], dict[int, dict[str, Any]]]:
    """Who created and who last edited the records of a chunk, with the people who answer for accounts; and today's
    links of all that the snapshots show. One query.
    """
    ids = {one for export in exports for one in (export.record_id, *record_ids(export.snapshot))}
    columns = ("id", *CREATED, *EDITED, *LINK)
    rows = sets.values(Record, columns, "company_id = %s AND id = ANY(%s)", [company_id, list(ids)])
    authors: dict[int, tuple[Author, ...]] = {row[0]: (tuple(row[1:4]), tuple(row[4:7])) for row in rows}
    return authors, {row[0]: dict(zip(LINK, row[7:], strict=True)) for row in rows}


def _decision(export: StagedExport, verdict: str, reason: str = "") -> dict[str, Any]:
    return {
        "object_type": "export",
        "object_id": export.pk,
        "version": export.version - 1,
        "verdict": verdict,
        "content_hash": bytes(export.content_hash),
        "sender_id": export.sent_by_id,
        "reason": reason,
        "reason_code": export.reason_code if verdict == "reject" else "",
    }


def _said(export: StagedExport) -> dict[str, Any]:
    """What the timeline says of a rejection; a code and pins only where there are any."""
    pins = {"pins": [f"{pin['label']}: {pin['note']}" for pin in export.pins]} if export.pins else {}
    return {"reason": export.reason, **({"code": export.reason_code} if export.reason_code else {}), **pins}
