"""The daily summary: who gets one, when, and once.

A person's next moment stands in the database. Whoever takes it locks the row, owes the mail and writes the next moment
in one transaction; the day is part of the mail's unique key. So two workers, or one that was killed, owe one mail.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from django.db.models import Exists, OuterRef
from django.utils import timezone

from erpstaging.companies.models import Company, ErpLevel, Membership
from erpstaging.core import sets
from erpstaging.core.locks import lock, lock_if_free
from erpstaging.notices.models import MailSettings, Notice
from erpstaging.notices.preferences import next_summary, plan, zone_of
from erpstaging.notices.services import Owed, owe
from erpstaging.notices.summaries import DAILY
from erpstaging.staging.undecided import deciders, gather

# After a long standstill the summary of that day is left out: the next one tells the same and more.
TOO_LATE = dt.timedelta(hours=12)


def unplanned_people(limit: int) -> dict[int, list[int]]:
    """People with a role on the ERP tool whose summary nobody planned yet, by company: for the sweep of all."""
    planned = MailSettings.objects.everywhere().filter(company_id=OuterRef("company_id"), person_id=OuterRef("user_id"))
    members = Membership.objects.filter(is_active=True, user__is_active=True, company__is_active=True)
    members = members.exclude(erp_level=ErpLevel.NONE).exclude(Exists(planned))
    return _by_company(members.order_by("pk").values_list("company_id", "user_id")[:limit])


def due_summaries(now: dt.datetime, limit: int) -> dict[int, list[int]]:
    """Mail settings whose summary is due, by company: for the sweep of all."""
    rows = MailSettings.objects.everywhere().filter(next_summary_at__lte=now, company__is_active=True)
    return _by_company(rows.order_by("next_summary_at").values_list("company_id", "pk")[:limit])


def _by_company(rows: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for company_id, one_id in rows:
        found.setdefault(company_id, []).append(one_id)
    return found


def plan_summaries(company: Company, person_ids: Sequence[int]) -> None:
    plan(company, person_ids)


def send_summaries(company: Company, settings_ids: Sequence[int]) -> int:
    """Owe the summaries that are due, to those for whom something waits, and plan the next. Answers how many."""
    now = timezone.now()
    rows = lock_if_free(MailSettings.objects.of(company).filter(pk__in=settings_ids, next_summary_at__lte=now))
    planned = {row.person_id: _local(row, company, row.next_summary_at or now) for row in rows}
    owed = _owe(company, {one: moment for one, moment in planned.items() if now - moment < TOO_LATE})
    _plan_next(company, [(row, now) for row in rows])
    return owed


def send_summaries_now(company: Company) -> int:
    """The same at once, whatever the hour and the day; it takes the place of today's, and comes once a day itself.

    Answers how many are owed.
    """
    now = timezone.now()
    people = [one.id or 0 for one in deciders(company)]
    plan(company, people)
    rows = lock(MailSettings.objects.of(company).filter(person_id__in=people, daily_summary=True))
    owed = _owe(company, {row.person_id: _local(row, company, now) for row in rows}, asked_for=True)
    _plan_next(company, [(row, _end_of_day(row, company, now)) for row in rows])
    return owed


def _owe(company: Company, moments: Mapping[int, dt.datetime], *, asked_for: bool = False) -> int:
    """Owe summaries by person and local moment, to whoever has not had that day's."""
    causes = {one: f"{moment.date()}{' now' if asked_for else ''}" for one, moment in moments.items()}
    told = Notice.objects.of(company).filter(kind=DAILY, person_id__in=causes, cause__in=set(causes.values()))
    had = set(told.values_list("person_id", "cause"))
    wanting = [one for one, cause in causes.items() if (one, cause) not in had]
    if not wanting:
        return 0
    undecided, owed = gather(company, timezone.now()), list[Owed]()
    for actor in deciders(company, wanting):
        one = actor.id or 0
        views, moment = undecided.views_of(actor), moments[one]
        if views:
            said = {"views": views, "day": f"{moment.date()}", "time": f"{moment:%H:%M}"}
            owed.append((one, DAILY, company.pk, causes[one], said))
    owe(company.pk, owed)
    return len(owed)


def _plan_next(company: Company, after: Sequence[tuple[MailSettings, dt.datetime]]) -> None:
    planned = [{"id": row.pk, "next_summary_at": next_summary(row, company, moment)} for row, moment in after]
    sets.update(MailSettings, planned)


def _local(row: MailSettings, company: Company, moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(zone_of(row, company))


def _end_of_day(row: MailSettings, company: Company, now: dt.datetime) -> dt.datetime:
    tomorrow = _local(row, company, now).date() + dt.timedelta(days=1)
    return dt.datetime.combine(tomorrow, dt.time.min, zone_of(row, company)) - dt.timedelta(microseconds=1)
