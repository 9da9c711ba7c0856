"""Putting an export aside until a moment: it leaves the approvers' list and comes back by itself."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from erpstaging.companies.actors import SYSTEM, Actor
from erpstaging.companies.models import Company
from erpstaging.core.errors import Invalid
from erpstaging.notices.services import owe
from erpstaging.staging.decisions import clean_reason
from erpstaging.staging.export_chunks import Wanted, decide_in_memory, lock_exports, refuse_decider, save_exports, tell
from erpstaging.staging.models import ExportState, StagedExport

LONGEST_HOLD = dt.timedelta(days=366)
MAX_NOTE = 300


def hold_export(
    company: Company, export_id: int, *, actor: Actor, note: Any, until: Any, version: int | None = None
) -> StagedExport:
    """Put an export that waits for a decision aside until `until`, a moment or a day of the company's zone.

    Whoever decides on it meanwhile ends the hold. Raises Invalid, NotPermitted, StaleVersion, WrongState.
    """
    now = timezone.now()
    text = clean_reason(note, name="note")
    if len(text) > MAX_NOTE:
        raise Invalid.field("note", f"is too long (maximum {MAX_NOTE} characters)")
    moment = checked_moment(until, company, now)

    def hold(export: StagedExport, one: Wanted) -> None:
        refuse_decider(actor, export)
        export.put_on_hold(holder_id=actor.user_id, holder_name=actor.name, now=now, until=moment, note=text)

    export = _changed(company, export_id, version, hold)
    tell(company.pk, actor, [export], "held", lambda _: {"note": text, "until": moment.isoformat()})
    return export


def resume_export(company: Company, export_id: int, *, actor: Actor, version: int | None = None) -> StagedExport:
    """Take an export off hold before its time."""

    def resume(export: StagedExport, one: Wanted) -> None:
        refuse_decider(actor, export)
        export.take_off_hold()

    export = _changed(company, export_id, version, resume)
    tell(company.pk, actor, [export], "resumed", lambda _: {})
    return export


def _changed(company: Company, export_id: int, version: int | None, act: Any) -> StagedExport:
    wanted = [Wanted(export_id, version)]
    (outcome,) = decide_in_memory(company.pk, wanted, act, sources={ExportState.READY_TO_EXPORT}, versioned=False)
    export: StagedExport = outcome.result()
    save_exports(company.pk, [export])
    return export


def checked_moment(value: Any, company: Company, now: dt.datetime) -> dt.datetime:
    """A moment ahead, within a year; a day begins at midnight of the company's zone. Raises Invalid."""
    try:
        if not isinstance(value, str):
            raise ValueError
        if len(value) == len("2026-01-31"):
            moment = dt.datetime.combine(dt.date.fromisoformat(value), dt.time.min, company.zone)
        else:
            moment = dt.datetime.fromisoformat(value)
    except ValueError:
        raise Invalid.field("until", "must be a date, or a time with its offset from UTC") from None
    if moment.tzinfo is None:
        raise Invalid.field("until", "must be a date, or a time with its offset from UTC")
    if not now < moment <= now + LONGEST_HOLD:
        raise Invalid.field("until", "must lie in the future, within a year")
    return moment.astimezone(dt.UTC)


def overdue_holds(now: dt.datetime, limit: int) -> dict[int, list[int]]:
    """Exports whose hold is over, by company: for the sweep, which sees every company."""
    rows = StagedExport.objects.everywhere().filter(state=ExportState.READY_TO_EXPORT, hold_until__lte=now)
    found: dict[int, list[int]] = {}
    for company_id, export_id in rows.order_by("hold_until").values_list("company_id", "pk")[:limit]:
        found.setdefault(company_id, []).append(export_id)
    return found


def end_holds(company: Company, export_ids: Sequence[int]) -> int:
    """Bring exports back whose time has come, and mail those who put them aside. Answers how many."""
    now = timezone.now()
    back = [
        export
        for export in lock_exports(company.pk, export_ids).values()
        if export.state == ExportState.READY_TO_EXPORT and export.hold_until is not None and export.hold_until <= now
    ]
    for export in back:
        export.take_off_hold()
        export.version += 1
    save_exports(company.pk, back)
    tell(company.pk, SYSTEM, back, "hold_ended", lambda _: {})
    owe(
        company.pk,
        [(export.held_by_id, "hold_ended", export.pk, str(export.held_at), _context(export)) for export in back],
    )
    return len(back)


def _context(export: StagedExport) -> dict[str, Any]:
    return {"title": export.title, "number": export.number, "note": export.hold_note}
