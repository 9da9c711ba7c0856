"""A person's choice of mails, as its form shows and reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from erpstaging.approvals.presenters import Choice, FormField
from erpstaging.companies.models import Company
from erpstaging.notices.models import MailSettings
from erpstaging.notices.preferences import DAYS, HOURS

DAY = "day-"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailForm:
    """The switches, the summary's hour and zone, and a box for each day of the week."""

    summary: FormField
    reminders: FormField
    when: Sequence[FormField]
    days: Sequence[FormField]
    day_errors: Sequence[str]


def mail_form(
    company: Company, row: MailSettings, typed: Mapping[str, str] | None, errors: Mapping[str, Sequence[str]]
) -> MailForm:
    """What is stored, or what was typed and refused."""
    stored = {
        "daily_summary": _word(row.daily_summary),
        "reminders": _word(row.reminders),
        "hour": str(row.hour),
        "time_zone": row.time_zone,
        **{f"{DAY}{day}": _word(day in row.days) for day in DAYS},
    }
    shown = stored if typed is None else {**dict.fromkeys(stored, ""), **typed}
    hours = [Choice(str(hour), f"{hour:02}:00") for hour in HOURS]
    return MailForm(
        summary=_switch("daily_summary", _("Send me a summary of what waits for me"), shown, errors),
        reminders=_switch("reminders", _("Remind me of what waits past its limit"), shown, errors),
        when=[
            FormField(
                name="hour",
                label=_("Hour"),
                kind="choice",
                value=shown["hour"],
                choices=hours,
                errors=errors.get("hour", ()),
            ),
            FormField(
                name="time_zone",
                label=_("Time zone"),
                value=shown["time_zone"],
                suggestions=sorted(available_timezones()),
                placeholder=company.time_zone,
                hint=_("Leave it empty for the company's zone."),
                max_length=64,
                errors=errors.get("time_zone", ()),
            ),
        ],
        days=[_switch(f"{DAY}{day}", WEEKDAYS[int(day) - 1], shown, {}) for day in DAYS],
        day_errors=errors.get("days", ()),
    )


def read_form(post: Mapping[str, str]) -> dict[str, Any]:
    """As the service takes it. An hour that is no number is left out, for the service to ask for it."""
    hour = post.get("hour", "")
    return {
        "daily_summary": post.get("daily_summary") == "true",
        "reminders": post.get("reminders") == "true",
        "hour": int(hour) if hour.isascii() and hour.isdigit() and len(hour) < 3 else None,
        "days": "".join(day for day in DAYS if post.get(f"{DAY}{day}") == "true"),
        "time_zone": post.get("time_zone", "").strip(),
    }


def _switch(name: str, label: Any, shown: Mapping[str, str], errors: Mapping[str, Sequence[str]]) -> FormField:
    return FormField(name=name, label=label, kind="boolean", value=shown[name], errors=errors.get(name, ()))


def _word(value: bool) -> str:
    return "true" if value else "false"
