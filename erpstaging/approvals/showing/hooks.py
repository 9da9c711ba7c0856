"""Hooks as the pages show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erpstaging.approvals.formats import age_text, number_text, time_text
from erpstaging.approvals.presenters import Choice, FormField, Text
from erpstaging.approvals.showing.deliveries import Chip
from erpstaging.companies.models import Company
from erpstaging.hooks.health import COUNTED_TO, Backlog, Health
from erpstaging.hooks.models import Hook, HookState, Profile, Trigger
from erpstaging.hooks.payloads import API_VERSIONS
from erpstaging.hooks.resources import RESOURCES
from erpstaging.outbox.models import EventType

PROFILE_WORDS: Mapping[str, Text] = {
    Profile.DURABLE: gettext_lazy("Durable: order per object, held after three days"),
    Profile.PROCORE: gettext_lazy("Procore: strictly in order, discarded after 12 hours"),
}
# The chart, in its own units.
WIDTH, HEIGHT, FLOOR, TOP, LEFT = 460, 120, 96, 10, 34
BARS = 24


def hook_chip(hook: Hook) -> Chip:
    if hook.waits_for_resume:
        return Chip(_("Paused"), "pause", "amber")
    if hook.state == HookState.PAUSED or hook.first_failure_at is not None:
        return Chip(_("Failing"), "refresh", "amber")
    if hook.state == HookState.IDLE:
        return Chip(_("Gave up"), "x", "red")
    return Chip(_("Active"), "check", "green")


@dataclass(frozen=True, slots=True, kw_only=True)
class HookRow:
    hook: Hook
    url: str
    chip: Chip
    profile: Text
    triggers: Sequence[str]
    waiting: str
    oldest: str


def hook_row(company: Company, hook: Hook, triggers: Sequence[Trigger], backlog: Backlog) -> HookRow:
    return HookRow(
        hook=hook,
        url=reverse("approvals:hook", args=[company.pk, hook.pk]),
        chip=hook_chip(hook),
        profile=Profile(hook.profile).label,
        triggers=[f"{one.resource_name} {one.event_type}" for one in triggers],
        waiting=counted(backlog),
        oldest=age_text(backlog.oldest, timezone.now()) if backlog.oldest else "",
    )


def counted(backlog: Backlog) -> str:
    return f"{number_text(COUNTED_TO)}+" if backlog.capped else number_text(backlog.waiting)


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour of the chart: what was taken stands on the floor, what was not on top of it."""

    x: float
    taken_y: float
    taken_height: float
    failed_y: float
    failed_height: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthShown:
    share: str
    at_first_try: str
    p50: str
    p95: str
    waiting: str
    oldest: datetime | None
    attempts: int
    bars: Sequence[Bar]
    most: int
    words: str
    lines: Sequence[tuple[float, int]]


def health_shown(health: Health) -> HealthShown:
    most = max((one.taken + one.failed for one in health.hours), default=0)
    scale = (FLOOR - TOP) / most if most else 0
    step = (WIDTH - LEFT) / BARS
    bars = []
    for number, one in enumerate(health.hours):
        taken, failed = one.taken * scale, one.failed * scale
        bars.append(
            Bar(
                x=round(LEFT + number * step + 1, 1),
                taken_y=round(FLOOR - taken, 1),
                taken_height=round(taken, 1),
                failed_y=round(FLOOR - taken - failed, 1),
                failed_height=round(failed, 1),
                label=time_text(one.at) if number % 6 == 0 else "",
            )
        )
    failed_in_all = health.attempts - health.taken
    said = {"taken": number_text(health.taken), "failed": number_text(failed_in_all)}
    return HealthShown(
        share=_percent(health.taken, health.attempts),
        at_first_try=_percent(health.at_first_try, health.taken),
        p50=_milliseconds(health.p50_ms),
        p95=_milliseconds(health.p95_ms),
        waiting=counted(health.backlog),
        oldest=health.backlog.oldest,
        attempts=health.attempts,
        bars=bars,
        most=most,
        words=_("Attempts per hour in the last 24 hours: %(taken)s taken, %(failed)s not") % said,
        lines=[(FLOOR, 0), (TOP, most)] if most else [(FLOOR, 0)],
    )


def _percent(part: int, whole: int) -> str:
    """With one decimal, and never rounded up to 100."""
    if not whole:
        return ""
    per_mille = part * 1000 // whole
    return f"{per_mille // 10}.{per_mille % 10}" if per_mille % 10 else str(per_mille // 10)


def _milliseconds(value: int | None) -> str:
    return "" if value is None else number_text(value)


def new_hook_fields(typed: Mapping[str, str], errors: Mapping[str, Sequence[str]]) -> list[FormField]:
    def of(name: str) -> list[str]:
        return list(errors.get(name, ()))

    return [
        FormField(name="destination_url", label=_("Address"), value=typed.get("destination_url", ""), required=True,
                  placeholder="https://", max_length=2048, errors=of("destination_url"), full_width=True,
                  hint=_("Where the integrator takes notifications. They carry ids, and nothing of your business.")),
        FormField(name="resource_name", label=_("Tells of"), kind="choice", errors=of("resource_name"),
                  choices=[Choice(name, name) for name in RESOURCES],
                  value=typed.get("resource_name", "ERP Requests")),
        FormField(name="event_type", label=_("When"), kind="choice", errors=of("event_type"),
                  choices=[Choice(one.value, one.label) for one in EventType],
                  value=typed.get("event_type", EventType.CREATE)),
        FormField(name="profile", label=_("When the receiver is away"), kind="choice", errors=of("profile"),
                  choices=[Choice(word, label) for word, label in PROFILE_WORDS.items()],
                  value=typed.get("profile", Profile.DURABLE)),
        FormField(name="api_version", label=_("Payload format"), kind="choice", errors=of("api_version"),
                  choices=[Choice(one, one) for one in API_VERSIONS],
                  value=typed.get("api_version", API_VERSIONS[0])),
        FormField(name="namespace", label=_("Namespace"), value=typed.get("namespace", ""), max_length=64,
                  errors=of("namespace"), hint=_("a-z, 0-9 and -. Empty: procore.")),
        FormField(name="authorization", label=_("Authorization header"), value="", max_length=2000,
                  errors=of("destination_headers"), hint=_("Sent with each notification; kept encrypted.")),
    ]  # fmt: skip


def subject_fields(typed: Mapping[str, str], errors: Mapping[str, Sequence[str]]) -> list[FormField]:
    return [
        FormField(name="resource_name", label=_("Resource"), kind="choice", value=typed.get("resource_name", ""),
                  choices=[Choice(name, name) for name in RESOURCES], errors=list(errors.get("resource_name", ()))),
        FormField(name="event_type", label=_("Event"), kind="choice", value=typed.get("event_type", ""),
                  choices=[Choice(one.value, one.label) for one in EventType]),
        FormField(name="resource_id", label=_("Id of the object"), kind="number", max_length=19,
                  value=typed.get("resource_id", ""), errors=list(errors.get("resource_id", ()))),
    ]  # fmt: skip
