"""Audit entries as the timeline of an object."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from erpstaging.approvals.presenters import Timeline, TimelineEntry
from erpstaging.approvals.showing.words import ACTOR_KINDS, TOLD
from erpstaging.audit import log as audit
from erpstaging.audit.models import Entry
from erpstaging.companies.models import Company

QUOTED = ("reason", "messages", "message")
HIDDEN = {"version", "state"}


def timeline_of(company: Company, *, record_id: int | None, objects: Iterable[tuple[str, int]] = ()) -> Timeline:
    entries = audit.timeline(company.pk, record_id=record_id, objects=objects)
    return Timeline(entries=[_entry(entry) for entry in entries], zone=company.time_zone)


def _entry(entry: Entry) -> TimelineEntry:
    text, icon, tone = TOLD.get(entry.action, (entry.action, "info", "grey"))
    if entry.action == "detail.closed":
        text, icon, tone = _answer(entry.after or {})
    return TimelineEntry(
        id=f"entry-{entry.pk}",
        at=entry.occurred_at,
        actor=entry.actor_name,
        actor_kind=ACTOR_KINDS.get(entry.actor_kind, ""),
        text=text,
        icon=icon,
        tone=tone,  # type: ignore[arg-type]
        quote=_quote(entry.after or {}),
        details=_changes(entry.before or {}, entry.after or {}),
        correlation_id=entry.correlation_id,
    )


def _answer(after: Mapping[str, Any]) -> tuple[str, str, str]:
    status = after.get("status")
    if status == "success":
        return _("answered: success"), "check", "green"
    if status in {"failed", "rejected"}:
        return _("answered: %(status)s") % {"status": status}, "x", "red"
    return _("answered: %(status)s") % {"status": status}, "clock", "grey"


def _quote(after: Mapping[str, Any]) -> str:
    for name in QUOTED:
        value = after.get(name)
        if value:
            return "\n".join(value) if isinstance(value, list) else str(value)
    return ""


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """`field: old to new`, one per line, for what really changed."""
    names = [name for name in {**before, **after} if name not in HIDDEN and name not in QUOTED]
    lines = [_change(name, before, after) for name in names if before.get(name) != after.get(name)]
    return "\n".join(lines[:40])


def _change(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    if name in before:
        return f"{name}: {_plain(before[name])} → {_plain(after.get(name))}"
    return f"{name}: {_plain(after[name])}"


def _plain(value: Any) -> str:
    if value is None or value == "":
        return _("empty")
    return str(value)[:300]
