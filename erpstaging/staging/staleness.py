"""Requests that nobody answers: cancelled by an approver while nobody fetched them, stale when their time is over."""

import datetime as dt
from collections.abc import Sequence

from django.utils import timezone

from erpstaging.audit import log as audit
from erpstaging.companies.actors import SYSTEM, Actor
from erpstaging.companies.models import Company
from erpstaging.core.errors import WrongState
from erpstaging.core.locks import lock
from erpstaging.erp_requests.models import DetailState, ErpRequest, ErpRequestDetail
from erpstaging.erp_requests.services import RESOURCE, lock_details, set_states
from erpstaging.outbox import events
from erpstaging.outbox.models import EventType
from erpstaging.records.models import Record
from erpstaging.staging.about import about_details
from erpstaging.staging.answers import lock_newest_exports
from erpstaging.staging.causes import SAID_OF_CANCELLED
from erpstaging.staging.closeout import Closing
from erpstaging.staging.export_chunks import Wanted, decide_in_memory, lock_exports, refuse_decider
from erpstaging.staging.models import ExportState, StagedExport
from erpstaging.staging.retrying import reissue

CANCELLED = f"{{name}} {SAID_OF_CANCELLED}"
CANCELLABLE = frozenset({ExportState.EXPORTING, ExportState.UNLINKING})
UNANSWERED = "The integrator did not answer in time."


def cancel_export(company: Company, export_id: int, *, actor: Actor, version: int | None = None) -> StagedExport:
    """Take back a request that was never fetched: its detail is stale, the integrator is told.

    The export failed; one that was unlinking is synced as before. What is frozen stays as it is: where others left in
    the same request, it is cancelled for all of them, and the others go on at once in a request of their own.

    Raises WrongState, code `already_fetched`, once the integrator has it.
    """
    locked = lock_exports(company.pk, [export_id, *_sent_with(company, export_id)])

    def cancel(export: StagedExport, one: Wanted) -> None:
        refuse_decider(actor, export)
        (export.erp_request,) = lock(ErpRequest.objects.of(company).filter(pk=export.erp_request_id))
        refuse_fetched(export)

    wanted = [Wanted(export_id, version)]
    (outcome,) = decide_in_memory(company.pk, wanted, cancel, sources=CANCELLABLE, versioned=False, locked=locked)
    export = outcome.result()
    others = [one for one in locked.values() if one.pk != export_id and _is_out_in(one, export.erp_request_id)]
    details = ErpRequestDetail.objects.of(company).filter(erp_request=export.erp_request, item_id=export.record_id)
    ids = list(details.values_list("pk", flat=True))
    end_details(company, ids, CANCELLED.format(name=actor.name), actor=actor)
    events.record(company.pk, actor, [events.Fact(RESOURCE, export.erp_request_id or 0, EventType.UPDATE)])
    audit.record(company.pk, actor, [audit.Act("export.cancelled", "export", export.pk, record_id=export.record_id)])
    if others:
        reissue(company, others, actor=actor)
    found: StagedExport = StagedExport.objects.of(company).get(pk=export_id)
    return found


def _sent_with(company: Company, export_id: int) -> list[int]:
    """The exports that are out in the same request, this one among them."""
    exports = StagedExport.objects.of(company)
    own = exports.filter(pk=export_id, state=ExportState.EXPORTING).values_list("erp_request_id", flat=True).first()
    rows = exports.filter(erp_request_id=own, state=ExportState.EXPORTING) if own is not None else exports.none()
    return list(rows.values_list("pk", flat=True))


def _is_out_in(export: StagedExport, erp_request_id: int | None) -> bool:
    return export.state == ExportState.EXPORTING and export.erp_request_id == erp_request_id


def refuse_fetched(export: StagedExport) -> None:
    """Raises WrongState, code `already_fetched`."""
    if export.erp_request is not None and export.erp_request.taken_at is not None:
        text = "The integrator has fetched it; only its answer ends it now."
        raise WrongState(text, code="already_fetched", version=export.version)


def overdue_details(now: dt.datetime, limit: int) -> dict[int, list[int]]:
    """Details of objects in progress beyond their time, by company: for the sweep, which sees every company."""
    rows = ErpRequestDetail.objects.everywhere().filter(
        state=DetailState.IN_PROGRESS, current=True, due_at__lte=now, item_id__isnull=False
    )
    found: dict[int, list[int]] = {}
    for company_id, detail_id in rows.order_by("due_at").values_list("company_id", "pk")[:limit]:
        found.setdefault(company_id, []).append(detail_id)
    return found


def expire_details(company: Company, detail_ids: Sequence[int]) -> int:
    """Mark unanswered details stale, once. Answers how many.

    Their exports are failed, can be tried again, and a late answer still counts; the problem that they open is told.
    """
    return len(end_details(company, detail_ids, UNANSWERED, actor=SYSTEM, only_overdue=True))


def end_details(
    company: Company, detail_ids: Sequence[int], message: str, *, actor: Actor, only_overdue: bool = False
) -> list[tuple[ErpRequestDetail, Record]]:
    """Make details in progress stale, and move their exports; those of records come back with them.

    The lock order is that of a close-out.
    """
    known = about_details(company.pk, detail_ids)
    items = {one.item_id for one in known.values() if one.item_id is not None}
    exports = lock_newest_exports(company.pk, list(items))
    records = {one.pk: one for one in lock(Record.objects.of(company).filter(pk__in=items))}
    now = timezone.now()
    ending = [
        detail
        for detail in lock_details(company.pk, detail_ids).values()
        if detail.state == DetailState.IN_PROGRESS and (not only_overdue or (detail.current and detail.due_at <= now))
    ]
    set_states(company.pk, actor, [(detail, DetailState.STALE, [message]) for detail in ending])
    closing = Closing(company, actor, known)
    # The detail of a list has no item; its refresh ends with it.
    about = [(detail, records[detail.item_id]) for detail in ending if detail.item_id is not None]
    for detail, record in about:
        closing.move(detail, DetailState.IN_PROGRESS, DetailState.STALE, [message], record, exports.get(record.pk))
    closing.finish()
    return about
