"""The delivery log, one delivery, and what gave up, as the pages show them."""

import http
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from erpstaging.approvals.json_lines import JsonLine, json_lines
from erpstaging.approvals.presenters import Choice, DecisionButton, Filter, FormField, Link, Text
from erpstaging.approvals.statuses import Tone
from erpstaging.approvals.telling import told
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core.errors import Refused
from erpstaging.hooks.log import Asked, Logged, Opened
from erpstaging.hooks.models import Delivery, DeliveryAttempt, Hook
from erpstaging.hooks.replaying import RANGES, refuse_replay
from erpstaging.hooks.resources import RESOURCES
from erpstaging.monitoring.gave_up import GaveUp
from erpstaging.outbox.models import EventType


@dataclass(frozen=True, slots=True)
class Chip:
    word: Text
    icon: str
    tone: Tone


STATE_CHIPS: Mapping[str, Chip] = {
    "delivered": Chip(gettext_lazy("Delivered"), "check", "green"),
    "waiting": Chip(gettext_lazy("Waiting"), "clock", "grey"),
    "retrying": Chip(gettext_lazy("Retrying"), "refresh", "amber"),
    "held": Chip(gettext_lazy("Held"), "pause", "amber"),
    "refused": Chip(gettext_lazy("Refused"), "x", "red"),
    "discarded": Chip(gettext_lazy("Discarded"), "x", "red"),
}
RANGE_WORDS: Mapping[str, Text] = {
    "gave_up": gettext_lazy("Everything that gave up"),
    "refused": gettext_lazy("What the receiver refused"),
    "discarded": gettext_lazy("What was discarded"),
    "held": gettext_lazy("What is held"),
}
GAVE_UP_CHIPS: Mapping[str, Chip] = {
    **STATE_CHIPS,
    "stale": Chip(gettext_lazy("Stale"), "clock", "amber"),
    "partially_failed": Chip(gettext_lazy("Partly failed"), "xhalf", "red"),
    "failed": Chip(gettext_lazy("Failed"), "x", "red"),
}
GAVE_UP_REASONS: Mapping[str, Text] = {
    "refused": gettext_lazy("The receiver refused it for good."),
    "discarded": gettext_lazy("It was discarded after its retry time, or with its hook."),
    "held": gettext_lazy("It failed in the whole retry time and waits for Resume."),
    "stale": gettext_lazy("The integrator did not answer in time."),
    "partially_failed": gettext_lazy("The ERP refused some of its lines."),
    "failed": gettext_lazy("The integrator reported a failure."),
}


def log_url(company: Company, asked: Asked, **changed: Any) -> str:
    """The address of a part of the log; everything that is asked stands in it."""
    query = {**typed_of(asked), **changed}
    kept = {name: value for name, value in query.items() if value}
    address = reverse("approvals:deliveries", args=[company.pk])
    return f"{address}?{urlencode(kept)}" if kept else address


def typed_of(asked: Asked) -> dict[str, str]:
    """What the filters hold, as a form sends it; days are those of the company."""
    last = None if asked.until is None else timezone.localtime(asked.until - timedelta(microseconds=1))
    return {
        "hook": str(asked.hook_id or ""),
        "state": asked.state,
        "event": f"{asked.resource_name}:{asked.event_type}" if asked.resource_name or asked.event_type else "",
        "object": "" if asked.resource_id is None else str(asked.resource_id),
        "correlation": asked.correlation_id,
        "from": "" if asked.since is None else timezone.localtime(asked.since).date().isoformat(),
        "to": "" if last is None else last.date().isoformat(),
    }


def filter_fields(hooks: Sequence[Hook], asked: Asked) -> list[FormField]:
    typed = typed_of(asked)
    every = Choice("", _("All"))
    events = [Choice(f"{name}:{kind}", f"{name} {kind}") for name in RESOURCES for kind in EventType.values]
    return [
        FormField(name="hook", label=_("Hook"), kind="choice", value=typed["hook"],
                  choices=[every, *(Choice(str(one.pk), f"{one.receiver} ({one.namespace})") for one in hooks)]),
        FormField(name="state", label=pgettext("of an object", "State"), kind="choice", value=asked.state,
                  choices=[every, *(Choice(word, chip.word) for word, chip in STATE_CHIPS.items())]),
        FormField(name="event", label=_("Event"), kind="choice", value=typed["event"], choices=[every, *events]),
        FormField(name="object", label=_("Id of the object"), kind="number", value=typed["object"], max_length=19),
        FormField(name="from", label=_("From"), kind="date", value=typed["from"]),
        FormField(name="to", label=_("To"), kind="date", value=typed["to"]),
        FormField(name="correlation", label=_("Correlation ID"), value=asked.correlation_id, max_length=64,
                  full_width=True),
    ]  # fmt: skip


def filters_on(company: Company, hooks: Sequence[Hook], asked: Asked) -> list[Filter]:
    """Each filter that is on, with the way to take it off; the state has its own switch."""
    typed = typed_of(asked)
    names = {str(one.pk): one.receiver for one in hooks}
    labels = {
        "hook": (_("Hook"), names.get(typed["hook"], typed["hook"])),
        "event": (_("Event"), typed["event"].replace(":", " ")),
        "object": (_("Object"), typed["object"]),
        "correlation": (_("Correlation ID"), typed["correlation"]),
        "from": (_("From"), typed["from"]),
        "to": (_("To"), typed["to"]),
    }
    return [
        Filter(label, log_url(company, asked, **{name: ""}), value)
        for name, (label, value) in labels.items()
        if typed[name]
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """A line of the log. `answer` is the newest status, or what came instead of one."""

    id: int
    url: str
    chip: Chip
    resource_name: str
    event_type: str
    resource_id: int
    receiver: str
    test: bool
    answer: Text
    bad: bool
    took_ms: int | None
    tries: int
    at: datetime
    here: bool


def delivery_row(company: Company, logged: Logged, asked: Asked, opened: int | None) -> DeliveryRow:
    delivery, attempt = logged.delivery, logged.attempt
    return DeliveryRow(
        id=delivery.pk,
        url=log_url(company, asked, cursor=asked.cursor, open=delivery.pk),
        chip=STATE_CHIPS[logged.outcome],
        resource_name=delivery.resource_name,
        event_type=delivery.event_type,
        resource_id=delivery.resource_id,
        receiver=delivery.hook.receiver,
        test=delivery.is_test,
        answer=answer_of(attempt),
        bad=attempt is not None and attempt.outcome != "ok",
        took_ms=attempt.duration_ms if attempt else None,
        tries=delivery.attempts,
        at=delivery.created_at,
        here=delivery.pk == opened,
    )


def answer_of(attempt: DeliveryAttempt | None) -> Text:
    if attempt is None:
        return ""
    return _("none") if attempt.status is None else str(attempt.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptShown:
    number: int
    good: bool
    answer: Text
    error: str
    took_ms: int
    at: datetime
    request_headers: Sequence[tuple[str, str]]
    status_text: str
    headers: Sequence[tuple[str, str]]
    body: str
    lines: Sequence[JsonLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryShown:
    """A delivery beside the log: its request, its attempts with their answers, and whether it can be sent again."""

    delivery: Delivery
    chip: Chip
    hook: Link
    export: Link | None
    attempts: Sequence[AttemptShown]
    lines: Sequence[JsonLine]
    next_at: datetime | None
    replay: DecisionButton
    close_url: str
    correlation_url: str


def delivery_shown(
    company: Company, actor: Actor, opened: Opened, *, about: Link | None, close_url: str
) -> DeliveryShown:
    delivery = opened.delivery
    return DeliveryShown(
        delivery=delivery,
        chip=STATE_CHIPS[opened.outcome],
        hook=Link(delivery.hook.address, reverse("approvals:hook", args=[company.pk, delivery.hook_id])),
        export=about,
        attempts=[_attempt(one) for one in opened.attempts],
        lines=_lines(delivery.body),
        next_at=delivery.next_attempt_at if opened.outcome in {"retrying", "waiting"} else None,
        replay=replay_button(company, actor, delivery),
        close_url=close_url,
        correlation_url=log_url(company, Asked(correlation_id=delivery.event.correlation_id)),
    )


def replay_button(company: Company, actor: Actor, delivery: Delivery) -> DecisionButton:
    why_not: Text = ""
    try:
        actor.require("erp_admin", _("Sending again needs the level Admin on the ERP tool."))
        refuse_replay(delivery, delivery.hook)
    except Refused as refusal:
        why_not = told(refusal.message)
    return DecisionButton(
        act="replay",
        label=_("Replay"),
        url=reverse("approvals:replay", args=[company.pk, delivery.pk]),
        asks="dialog",
        icon="refresh",
        weight="primary",
        why_not=why_not,
    )


def _attempt(attempt: DeliveryAttempt) -> AttemptShown:
    lines = _lines(attempt.body)
    return AttemptShown(
        number=attempt.number,
        good=attempt.outcome == "ok",
        answer=answer_of(attempt),
        error=attempt.error,
        took_ms=attempt.duration_ms,
        at=attempt.started_at,
        request_headers=sorted(attempt.request_headers.items(), key=lambda pair: pair[0].lower()),
        status_text=_status_text(attempt.status),
        headers=list(attempt.headers.items()),
        body="" if lines else attempt.body,
        lines=lines,
    )


def _status_text(status: int | None) -> str:
    try:
        return "" if status is None else f"{status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _lines(text: str) -> list[JsonLine]:
    """A JSON object or list as numbered lines; nothing for any other text."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return json_lines(document) if isinstance(document, dict | list) else []


# What gave up


@dataclass(frozen=True, slots=True, kw_only=True)
class GaveUpRow:
    chip: Chip
    about: Text
    kind: Text
    payload: Link
    reason: Text
    said: str
    tries: int
    at: datetime
    redrive: DecisionButton


def gave_up_row(company: Company, actor: Actor, one: GaveUp) -> GaveUpRow:
    if isinstance(one.object, Delivery):
        about: Text = f"{one.object.resource_name} {one.object.event_type} {one.object.resource_id}"
        kind, needed = _("Notification to %(name)s") % {"name": one.object.hook.receiver}, "erp_admin"
        payload = Link(_("Payload"), reverse("approvals:delivery", args=[company.pk, one.id]))
        may_not = _("Sending a notification again needs the level Admin on the ERP tool.")
    else:
        about = one.object.title if not one.object.number else f"{one.object.number} {one.object.title}"
        kind, needed = _("Export"), "push"
        payload = Link(_("Payload"), reverse("approvals:export", args=[company.pk, one.id]) + "?tab=payload")
        may_not = _("Sending an export again needs the privilege to push to accounting.")
    return GaveUpRow(
        chip=GAVE_UP_CHIPS[one.code],
        about=about,
        kind=kind,
        payload=payload,
        reason=GAVE_UP_REASONS[one.code],
        said=one.said,
        tries=one.object.attempts,
        at=one.at,
        redrive=DecisionButton(
            act="redrive",
            label=_("Redrive"),
            url=reverse("approvals:redrive", args=[company.pk, one.kind, one.id]),
            asks="dialog",
            icon="refresh",
            why_not=one.why_not or ("" if actor.may(needed) else may_not),
        ),
    )


def range_fields(
    hooks: Sequence[Hook], typed: Mapping[str, str], errors: Mapping[str, Sequence[str]]
) -> list[FormField]:
    """What is asked before all of a time range is sent again; the reason is asked with it."""
    choices = [Choice(str(one.pk), f"{one.receiver} ({one.namespace})") for one in hooks]
    what = [Choice(word, RANGE_WORDS[word]) for word in RANGE_WORDS if word in RANGES]
    today = timezone.localdate().isoformat()
    return [
        FormField(name="hook", label=_("Hook"), kind="choice", choices=choices, value=typed.get("hook", ""),
                  errors=list(errors.get("hook", ()))),
        FormField(name="what", label=_("What"), kind="choice", choices=what, value=typed.get("what", "gave_up"),
                  errors=list(errors.get("what", ()))),
        FormField(name="from", label=_("From"), kind="date", value=typed.get("from") or today, required=True,
                  errors=list(errors.get("from", ()))),
        FormField(name="to", label=_("To"), kind="date", value=typed.get("to") or today, required=True,
                  errors=list(errors.get("to", ())), hint=_("Both days are in it.")),
    ]  # fmt: skip
