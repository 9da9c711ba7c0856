"""Reminders of what waits past its limit, and past twice the limit the word to the administrators that nobody decides.

A row is told once for each limit, with all that passed it in the same hour. The mark of the company says up to where
that went: it moves in the transaction that owes the mails.
"""

import datetime as dt
from collections.abc import Sequence

from django.db.models import Exists, OuterRef
from django.utils import timezone

from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core.locks import lock_if_free
from erpstaging.notices.models import MailSettings
from erpstaging.notices.services import Owed, owe
from erpstaging.notices.summaries import ESCALATION, REMINDER
from erpstaging.staging.models import ReminderMark
from erpstaging.staging.undecided import Undecided, deciders, gather

EVERY = dt.timedelta(hours=1)


def unmarked_companies(limit: int) -> dict[int, list[int]]:
    """Companies that nobody looks after yet; each stands for itself."""
    marked = ReminderMark.objects.everywhere().filter(company_id=OuterRef("pk"))
    rows = Company.objects.filter(~Exists(marked), is_active=True).order_by("pk")
    return {company_id: [company_id] for company_id in rows.values_list("pk", flat=True)[:limit]}


def due_reminders(now: dt.datetime, limit: int) -> dict[int, list[int]]:
    rows = ReminderMark.objects.everywhere().filter(next_at__lte=now, company__is_active=True)
    return {company_id: [pk] for company_id, pk in rows.order_by("next_at").values_list("company_id", "pk")[:limit]}


def mark_company(company: Company, _ids: Sequence[int]) -> None:
    """From now on: what waits for long already is in the daily summaries, and reminds nobody afterwards."""
    now = timezone.now()
    mark = ReminderMark(company=company, told_until=now, next_at=now + EVERY)
    ReminderMark.objects.bulk_create([mark], ignore_conflicts=True)


def remind(company: Company, mark_ids: Sequence[int]) -> int:
    """Owe what there is to tell since the last time. Answers to how many people."""
    now = timezone.now()
    owed: list[Owed] = []
    for mark in lock_if_free(ReminderMark.objects.of(company).filter(pk__in=mark_ids, next_at__lte=now)):
        cause = mark.told_until.isoformat()
        people = _wanting(company)
        late = gather(company, now, passed_since=mark.told_until)
        owed += [one for actor in people for one in _told(late, actor, actor, REMINDER, cause)]
        later = gather(company, now, passed_since=mark.told_until, times=2)
        admins = [actor for actor in people if actor.may("erp_admin")]
        owed += [one for actor in admins for one in _told(later, actor, None, ESCALATION, cause)]
        mark.told_until, mark.next_at = now, now + EVERY
        mark.save(update_fields=["told_until", "next_at"])
    owe(company.pk, owed)
    return len(owed)


def _wanting(company: Company) -> list[Actor]:
    refused = MailSettings.objects.of(company).filter(reminders=False)
    without = set(refused.values_list("person_id", flat=True))
    return [actor for actor in deciders(company) if actor.id not in without]


def _told(late: Undecided, actor: Actor, share: Actor | None, kind: str, cause: str) -> list[Owed]:
    views = late.views_of(share)
    return [(actor.id, kind, late.company.pk, cause, {"views": views})] if views else []
