"""How request details end, and what that does to their exports (lifecycles, sections 3 and 4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from erpstaging.audit import log as audit
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core.errors import Invalid, NotFound, NotPermitted
from erpstaging.core.locks import lock
from erpstaging.erp_requests.models import DetailState, ErpRequestDetail
from erpstaging.erp_requests.services import clean_messages, clean_status, lock_details, set_states
from erpstaging.records.models import Record
from erpstaging.staging.about import NOTHING_HELD, About, about_details, lock_cleared, lock_lines
from erpstaging.staging.answers import INT64, Element, finish_exports, lock_newest_exports
from erpstaging.staging.causes import SAID_WITHOUT_ORIGIN_ID
from erpstaging.staging.clearing import Held
from erpstaging.staging.deletions import DeletionAnswers
from erpstaging.staging.export_chunks import save_exports
from erpstaging.staging.exports import give_back
from erpstaging.staging.failing import note_failures
from erpstaging.staging.models import Conflict, ExportState, Failure, StagedExport
from erpstaging.staging.outcomes import ItemOutcome, clean_items, failed_items, strange_items
from erpstaging.staging.refreshing import close_refreshes, lock_refreshes
from erpstaging.staging.unlinking import UnlinkAnswers

# Before its release an export was asked about by nobody: what a detail says is about an earlier one.
ASKED = frozenset({ExportState.EXPORTING, ExportState.FAILED})
NO_REASON_FOR_LINES = "The ERP refused some of the lines without a reason."


def close_detail(company: Company, detail_id: int, sent: Any, *, actor: Actor) -> ErpRequestDetail:
    """End one detail. Raises NotFound, NotPermitted, Invalid by field."""
    values = {**sent, "id": detail_id} if isinstance(sent, Mapping) else sent
    (element,) = close_details(company, [values], actor=actor)
    if element.errors:
        if "id" in element.errors:
            raise NotFound()
        if "item_type" in element.errors:
            raise NotPermitted(element.errors["item_type"][0])
        name, texts = next(iter(element.errors.items()))
        raise Invalid(f"{name} {texts[0]}", errors=element.errors)
    if element.detail is None:
        raise AssertionError("an element without errors has a detail")
    return element.detail


def close_details(company: Company, updates: Sequence[Any], *, actor: Actor) -> list[Element]:
    """End details, each on its own, and move the exports of those that are current.

    The same status again changes nothing; another one is stored, and never un-syncs or starts a second export.
    """
    elements = [Element(sent) for sent in updates]
    wanted: dict[int, list[tuple[Element, Close]]] = {}
    for element in elements:
        try:
            detail_id, close = _read_close(element.sent)
            wanted.setdefault(detail_id, []).append((element, close))
        except Invalid as refusal:
            element.refuse(refusal)
    about = about_details(company.pk, wanted)
    items = {detail_id: one.item_id for detail_id, one in about.items()}
    staged = lock_cleared(company.pk, list(about.values()))
    exports = lock_newest_exports(company.pk, [one for one in items.values() if one])
    records = {one.pk: one for one in lock(Record.objects.of(company).filter(pk__in=set(items.values())))}
    lines = lock_lines(company.pk, list(about.values()))
    refreshes = lock_refreshes(company.pk, [detail_id for detail_id, item_id in items.items() if item_id is None])
    details = lock_details(company.pk, list(items))
    closes: dict[int, tuple[ErpRequestDetail, Close]] = {}
    for detail_id, asked in wanted.items():
        detail = details.get(detail_id)
        for element, close in asked:
            if detail is None:
                element.errors = {"id": ["Entity with this ID not found"]}
                continue
            if actor.item_types is not None and detail.item_type not in actor.item_types:
                element.errors = {"item_type": ["this account may not close details of this type"]}
                continue
            element.errors = strange_items(close.items, exports.get(detail.item_id or 0))
            if element.errors:
                continue
            element.detail = detail
            if close.state != (closes[detail_id][1].state if detail_id in closes else detail.state):
                closes[detail_id] = (detail, close)
    before = {detail.pk: detail.state for detail, _ in closes.values()}
    set_states(company.pk, actor, [(detail, close.state, close.messages) for detail, close in closes.values()])
    closing = Closing(company, actor, about, Held(staged, {}, [*records.values(), *lines]))
    for detail, close in closes.values():
        if detail.item_id is not None:
            record, export = records[detail.item_id], exports.get(detail.item_id)
            failed = failed_items(close.items)
            closing.move(detail, before[detail.pk], close.state, close.messages, record, export, failed)
    closing.finish()
    close_refreshes(company.pk, refreshes, [detail for detail, _ in closes.values()], actor)
    return elements


def unsettled_exports(limit: int) -> dict[int, list[int]]:
    """Exports that are out although their detail failed without the integrator's close: ids of details by company.

    For the sweep, which sees every company.
    """
    failed = ErpRequestDetail.objects.everywhere().filter(
        company_id=OuterRef("company_id"), item_id=OuterRef("record_id"), current=True, state=DetailState.FAILED
    )
    out = StagedExport.objects.everywhere().filter(state__in=(ExportState.EXPORTING, ExportState.UNLINKING))
    rows = out.annotate(detail_id=Subquery(failed.values("pk")[:1])).filter(detail_id__isnull=False)
    found: dict[int, list[int]] = {}
    for company_id, detail_id in rows.values_list("company_id", "detail_id")[:limit]:
        found.setdefault(company_id, []).append(detail_id)
    return found


def settle_exports(company: Company, detail_ids: Sequence[int], *, actor: Actor) -> int:
    """Move the exports of details that failed by themselves. Answers how many moved."""
    about = about_details(company.pk, detail_ids)
    items = {one.item_id for one in about.values() if one.item_id is not None}
    exports = lock_newest_exports(company.pk, list(items))
    records = {one.pk: one for one in lock(Record.objects.of(company).filter(pk__in=items))}
    closing = Closing(company, actor, about)
    for detail in lock_details(company.pk, list(about)).values():
        if detail.item_id is not None and detail.current and detail.state == DetailState.FAILED:
            record, export = records[detail.item_id], exports.get(detail.item_id)
            closing.move(detail, detail.state, DetailState.FAILED, detail.messages, record, export)
    closing.finish()
    return len(closing.moved) + len(closing.unlinks.kept)


@dataclass(frozen=True, slots=True)
class Close:
    """How a detail ends, with outcomes per line where there are any (staging/outcomes.py)."""

    state: DetailState
    messages: list[str]
    items: list[ItemOutcome]


def _read_close(sent: Any) -> tuple[int, Close]:
    if not isinstance(sent, Mapping):
        raise Invalid.field("base", "must be an object")
    detail_id = sent.get("id")
    if isinstance(detail_id, bool) or not isinstance(detail_id, int) or not 0 < detail_id < INT64:
        raise Invalid.field("id", "must be an id")
    state, messages = clean_status(sent.get("status")), clean_messages(sent.get("messages"))
    return detail_id, Close(state, messages, clean_items(sent.get("items")))


class Closing:
    """What the ends of details do to their exports and records (lifecycles, sections 3 and 4)."""

    def __init__(self, company: Company, actor: Actor, about: Mapping[int, About], held: Held = NOTHING_HELD) -> None:
        self.company = company
        self.actor = actor
        self.about = about
        self.unlinks = UnlinkAnswers(company, actor, held, self._conflict)
        self.deletions = DeletionAnswers(company, actor, held)
        self.now = timezone.now()
        self.moved: list[StagedExport] = []
        self.rejected: list[StagedExport] = []
        self.superseded: list[int] = []
        self.conflicts: list[Conflict] = []

    def move(
        self,
        detail: ErpRequestDetail,
        before: str,
        state: DetailState,
        messages: list[str],
        record: Record,
        export: StagedExport | None,
        failed: Sequence[dict[str, Any]] = (),
    ) -> None:
        """`failed` are the lines that the ERP refused, whatever it says of the whole."""
        if self.about[detail.pk].kind == "unlink":
            self.unlinks.take(detail, state, messages, record, export)
        elif self.about[detail.pk].kind == "delete":
            self.deletions.take(detail, state, record)
        elif not detail.current:
            self._late(detail, state, record, export, failed)
        elif export is None or export.state not in ASKED:
            self._contradicts(detail, before, state, messages, record)
        elif failed and state in {DetailState.SUCCESS, DetailState.FAILED}:
            texts = messages or [text for one in failed for text in one["messages"]]
            self._fail_in_part(export, texts or [NO_REASON_FOR_LINES], failed)
        elif state == DetailState.SUCCESS:
            self._succeed(record, export)
        elif state in {DetailState.FAILED, DetailState.STALE} and export.state == ExportState.EXPORTING:
            stale = state == DetailState.STALE and self.actor.kind != "person"
            texts = messages or [f"The ERP answered {state} without a reason."]
            export.fail(texts, now=self.now, failure=Failure.STALE if stale else None)
            self.moved.append(export)
        elif state == DetailState.REJECTED and export.state == ExportState.EXPORTING:
            reason = " ".join(messages) or "Rejected in the ERP without a reason."
            rejecter = {"rejecter_id": None, "rejecter_name": self.actor.name}
            export.reject_export(**rejecter, now=self.now, reason=reason, code="", pins=[])
            self.rejected.append(export)

    def _fail_in_part(self, export: StagedExport, texts: list[str], failed: Sequence[dict[str, Any]]) -> None:
        """Also when it failed as a whole before: what the ERP took after all must not leave again."""
        if export.state == ExportState.FAILED:
            export.correct_failure(texts, now=self.now, failed_items=list(failed))
        else:
            export.fail(texts, now=self.now, failed_items=list(failed))
        self.moved.append(export)

    def _succeed(self, record: Record, export: StagedExport) -> None:
        if record.origin_id is not None:
            export.sync(now=self.now)
            self.moved.append(export)
        elif export.state == ExportState.EXPORTING:
            export.fail([SAID_WITHOUT_ORIGIN_ID], now=self.now, failed_items=[])
            self.moved.append(export)
        elif export.failed_items:  # the lines went through after all: only the origin ID is missing
            export.correct_failure([SAID_WITHOUT_ORIGIN_ID], now=self.now, failed_items=[])
            self.moved.append(export)

    def _late(
        self,
        detail: ErpRequestDetail,
        state: DetailState,
        record: Record,
        export: StagedExport | None,
        failed: Sequence[dict[str, Any]],
    ) -> None:
        """An answer to an older attempt is kept; one that says the ERP has all of it, with an origin ID, wins."""
        if state != DetailState.SUCCESS or failed or record.origin_id is None or export is None:
            return
        if export.state in {ExportState.EXPORTING, ExportState.FAILED}:
            export.sync(now=self.now)
            self.moved.append(export)
            self.superseded.append(record.pk)
        self._conflict(record, "late_close", "An older attempt succeeded after a newer one was started.", detail, state)

    def _contradicts(
        self, detail: ErpRequestDetail, before: str, state: DetailState, messages: list[str], record: Record
    ) -> None:
        """Another status for something that is settled: stored, shown, and never un-syncs."""
        if before == DetailState.IN_PROGRESS or state == DetailState.SUCCESS:
            return
        said = " ".join(messages)
        self._conflict(record, "late_close", f"The ERP says {state} of a synced object. {said}".strip(), detail, state)

    def _conflict(self, record: Record, kind: str, message: str, detail: ErpRequestDetail, state: DetailState) -> None:
        self.conflicts.append(
            Conflict(
                company=self.company,
                record=record,
                kind=kind,
                message=message[:500],
                ours={"origin_id": record.origin_id},
                theirs={"detail_id": detail.pk, "status": str(state)},
            )
        )

    def finish(self) -> None:
        """Write everything that moved."""
        company_id = self.company.pk
        self.unlinks.finish()
        self.deletions.finish()
        finish_exports(company_id, self.moved, self.actor)
        note_failures(self.company, [export for export in self.moved if export.state == ExportState.FAILED])
        for export in self.rejected:
            export.version += 1
        save_exports(company_id, self.rejected)
        give_back(self.company, self.rejected, actor=self.actor)
        stale = ErpRequestDetail.objects.of(company_id).filter(
            item_id__in=self.superseded, current=True, state=DetailState.IN_PROGRESS
        )
        set_states(company_id, self.actor, [(detail, DetailState.STALE, []) for detail in lock(stale)])
        Conflict.objects.bulk_create(self.conflicts)
        audit.record(
            company_id,
            self.actor,
            [
                audit.Act("conflict.opened", "record", one.record_id, one.record_id, after={"message": one.message})
                for one in self.conflicts
            ],
        )
