"""Audit entries as the timeline of an object."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from erpstaging.approvals.presenters import Timeline, TimelineEntry
from erpstaging.approvals.showing.words import ACTOR_KINDS, TOLD
from erpstaging.audit import log as audit
from erpstaging.audit.models import Entry
from erpstaging.companies.models import Company
from erpstaging.hooks.story import Told, told_of
from erpstaging.staging.happened import history_objects, requests_about

MOST = 500
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = 10**17  # microseconds, some thousand years on
QUOTED = ("reason", "messages", "message", "note")
HIDDEN = {"version", "state"}


def timeline_of(
    company: Company,
    url: str,
    *,
    record_id: int | None,
    objects: Iterable[tuple[str, int]] = (),
    before: int | None = None,
) -> Timeline:
    """Everything that happened to an object, newest first: what people, the integrator and the service did, what was
    tried and refused, and how the integrator was told.

    `url` is the address of the tab; a page of it begins `before` a moment, in microseconds since 1970.
    """
    until = None if before is None else EPOCH + timedelta(microseconds=min(before, LATEST))
    about = {*objects, *(history_objects(company, record_id) if record_id is not None else ())}
    entries = audit.timeline(company.pk, record_id=record_id, objects=about, before=until, limit=MOST + 1)
    requests = requests_about(company, record_id) if record_id is not None else []
    told = told_of(company, requests, before=until, limit=MOST + 1)
    shown = [*(entry_shown(entry) for entry in entries), *(told_shown(one) for one in told)]
    shown.sort(key=lambda one: one.at, reverse=True)
    return Timeline(entries=shown[:MOST], zone=company.time_zone, older_url=_older(url, shown))


def _older(url: str, shown: Sequence[TimelineEntry]) -> str:
    """Where the story goes on; what happened in the very moment of the last entry is rather told twice than never."""
    if len(shown) <= MOST:
        return ""
    last, following = shown[MOST - 1].at, shown[MOST].at
    before = (last - EPOCH) // timedelta(microseconds=1) + (1 if last == following and shown[0].at > last else 0)
    return f"{url}&before={before}"


def told_shown(told: Told) -> TimelineEntry:
    """How the integrator was told of a request, in words."""
    said = {"receiver": told.receiver, "ms": told.duration_ms, "status": told.status}
    details = [_("ERP request %(id)s") % {"id": told.erp_request_id}]
    if told.by:
        text, icon, tone = _("sent the notification to %(receiver)s again") % said, "refresh", "blue"
    elif not told.number:
        text, icon, tone = _("has news for the integrator at %(receiver)s") % said, "out", "grey"
    elif told.status is not None:
        good = told.outcome == "ok"
        text = _("told the integrator at %(receiver)s") if good else _("was turned away by %(receiver)s")
        text, (icon, tone) = _attempted(text % said, told.number), ("check", "green") if good else ("x", "red")
        details.append(_("Answer %(status)s after %(ms)s ms") % said)
    else:
        text = _attempted(_("could not reach the integrator at %(receiver)s") % said, told.number)
        icon, tone = "x", "red"
    return TimelineEntry(
        id=told.key,
        at=told.at,
        actor=told.by or _("Delivery"),
        actor_kind="" if told.by else ACTOR_KINDS["system"],
        text=text,
        icon=icon,
        tone=tone,  # type: ignore[arg-type]
        quote=told.error or told.reason,
        details="\n".join(details),
        correlation_id=told.correlation_id,
    )


def _attempted(text: str, number: int) -> str:
    """The first attempt is nothing to tell of."""
    return text if number == 1 else _("%(text)s, attempt %(number)d") % {"text": text, "number": number}


def entry_shown(entry: Entry) -> TimelineEntry:
    """One entry of the audit in words."""
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
