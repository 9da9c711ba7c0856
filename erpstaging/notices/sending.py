"""Sending owed mails. Claimed by a lease, sent outside of any transaction, marked afterwards.

A worker that dies in between gives the mail back when its lease ends, so a mail may come twice and is never lost.
"""

import functools
import logging
from datetime import timedelta

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from erpstaging.companies.models import Company
from erpstaging.core.locks import lock_if_free
from erpstaging.core.scope import all_companies_scope, in_company
from erpstaging.notices.mails import mail_of
from erpstaging.notices.models import Notice

LEASE = timedelta(minutes=2)
LONGEST_WAIT = timedelta(hours=1)
BATCH = 50
logger = logging.getLogger(__name__)


def send_due() -> int:
    """Send what is due, a batch at a time. Answers how many mails left."""
    with all_companies_scope():
        due = list(_due(Notice.objects.everywhere()).values_list("company_id", "pk").order_by("due_at")[:BATCH])
    sent = 0
    for company in Company.objects.filter(pk__in={company_id for company_id, _ in due}):
        ids = [notice_id for company_id, notice_id in due if company_id == company.pk]
        claimed = in_company(company.pk, functools.partial(_claim, company, ids))
        sent += sum(_send(company, notice) for notice in claimed)
    return sent


def _due(notices: QuerySet[Notice]) -> QuerySet[Notice]:
    now = timezone.now()
    return notices.filter(Q(leased_until=None) | Q(leased_until__lt=now), sent_at=None, due_at__lte=now)


def _claim(company: Company, ids: list[int]) -> list[Notice]:
    notices: list[Notice] = lock_if_free(_due(Notice.objects.of(company).filter(pk__in=ids)))
    claimed = [notice.pk for notice in notices]
    Notice.objects.of(company).filter(pk__in=claimed).update(
        leased_until=timezone.now() + LEASE, attempts=F("attempts") + 1
    )
    return list(Notice.objects.of(company).filter(pk__in=claimed).select_related("person"))


def _send(company: Company, notice: Notice) -> int:
    """A mail that cannot be sent comes back later, and later each time."""
    try:
        mail_of(notice, notice.person, company).send()
    except OSError as exc:
        wait = min(timedelta(seconds=10) * 2 ** min(notice.attempts, 12), LONGEST_WAIT)
        logger.warning("Notice %s could not be sent, next try in %s: %s", notice.pk, wait, exc)
        in_company(company.pk, functools.partial(_note, company, notice, due_at=timezone.now() + wait))
        return 0
    in_company(company.pk, functools.partial(_note, company, notice, sent_at=timezone.now()))
    return 1


def _note(company: Company, notice: Notice, **values: object) -> None:
    Notice.objects.of(company).filter(pk=notice.pk).update(leased_until=None, **values)
