"""Which mails a person wants, and when."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.utils import timezone

from erpstaging.audit import log as audit
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core.errors import Invalid
from erpstaging.core.locks import lock
from erpstaging.notices.models import MailSettings

DAYS = "1234567"
HOURS = range(24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person chose. `days` are ISO weekdays in order, such as "12345"; an empty zone is the company's."""

    daily_summary: bool
    reminders: bool
    hour: int
    days: str
    time_zone: str


def settings_of(company: Company, person_id: int) -> MailSettings:
    """His choice, or what counts without one; the latter is not stored."""
    found: MailSettings | None = MailSettings.objects.of(company).filter(person_id=person_id).first()
    return found or MailSettings(company=company, person_id=person_id)


def change(company: Company, actor: Actor, sent: Mapping[str, Any]) -> MailSettings:
    """Store what a person chose for himself, and plan his next summary. Raises Invalid by field."""
    wanted = _clean(sent)
    values = {name: getattr(wanted, name) for name in Wanted.__dataclass_fields__}
    return _store(company, actor, actor.id or 0, values)


def stop_summary(company: Company, actor: Actor) -> MailSettings:
    """The one click of a mail: his daily summary ends, everything else stays as it is."""
    return _store(company, actor, actor.id or 0, {"daily_summary": False})


def _store(company: Company, actor: Actor, person_id: int, values: Mapping[str, Any]) -> MailSettings:
    MailSettings.objects.bulk_create([MailSettings(company=company, person_id=person_id)], ignore_conflicts=True)
    (row,) = lock(MailSettings.objects.of(company).filter(person_id=person_id))
    before = {name: getattr(row, name) for name, value in values.items() if getattr(row, name) != value}
    for name, value in values.items():
        setattr(row, name, value)
    row.next_summary_at = next_summary(row, company, timezone.now())
    row.save(update_fields=[*values, "next_summary_at"])
    if before:
        after = {name: values[name] for name in before}
        audit.record(
            company.pk, actor, [audit.Act("mail_settings_changed", "user", person_id, before=before, after=after)]
        )
    found: MailSettings = row
    return found


def plan(company: Company, person_ids: Collection[int]) -> None:
    """Settings as they are without a choice, with the first summary, for people who have none yet."""
    now, rows = timezone.now(), []
    for person_id in person_ids:
        row = MailSettings(company=company, person_id=person_id)
        row.next_summary_at = next_summary(row, company, now)
        rows.append(row)
    MailSettings.objects.bulk_create(rows, ignore_conflicts=True)


def next_summary(row: MailSettings, company: Company, after: dt.datetime) -> dt.datetime | None:
    """The first moment after this one at which his clock shows his hour, on a day of his; None where he wants none."""
    if not row.daily_summary or not row.days:
        return None
    zone = zone_of(row, company)
    day = after.astimezone(zone).date()
    while True:
        moment = dt.datetime.combine(day, dt.time(row.hour), zone)
        if str(day.isoweekday()) in row.days and moment > after:
            return moment.astimezone(dt.UTC)
        day += dt.timedelta(days=1)


def zone_of(row: MailSettings, company: Company) -> ZoneInfo:
    return ZoneInfo(row.time_zone) if row.time_zone else company.zone


def _clean(sent: Mapping[str, Any]) -> Wanted:
    hour, days, zone = sent.get("hour"), sent.get("days"), sent.get("time_zone", "")
    errors: dict[str, list[str]] = {}
    if isinstance(hour, bool) or not isinstance(hour, int) or hour not in HOURS:
        errors["hour"] = ["must be a whole hour, from 0 to 23"]
    if not isinstance(days, str) or set(days) - set(DAYS):
        errors["days"] = ["must be days of the week"]
    elif sent.get("daily_summary") is True and not days:
        errors["days"] = ["can't be empty: pick a day, or switch the daily summary off"]
    if not isinstance(zone, str) or (zone and zone not in available_timezones()):
        errors["time_zone"] = ["is no time zone"]
    for name in ("daily_summary", "reminders"):
        if not isinstance(sent.get(name), bool):
            errors[name] = ["must be true or false"]
    if errors:
        raise Invalid("Some values are wrong.", errors=errors)
    return Wanted(
        daily_summary=sent["daily_summary"],
        reminders=sent["reminders"],
        hour=int(hour or 0),
        days="".join(sorted(set(str(days)))),
        time_zone=str(zone),
    )
