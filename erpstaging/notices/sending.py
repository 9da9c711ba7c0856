"""Sending owed mails. Claimed by a lease, sent outside of any transaction, marked afterwards.

A worker that dies in between gives the mail back when its lease ends, so a mail may come twice and is never lost. A
daily summary is the other way round: once the mail server was about to get it, nobody sends it again, for the next one
tells everything anew.
"""

import functools
import logging
import smtplib
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from erpstaging.companies.models import Company
from erpstaging.core.locks import lock_if_free
from erpstaging.core.scope import all_companies_scope, in_company
from erpstaging.notices.mails import mail_of
from erpstaging.notices.models import Notice
from erpstaging.notices.summaries import DAILY

LEASE = timedelta(minutes=2)
LONGEST_WAIT = timedelta(hours=1)
BATCH = 50
# The mail server's own word that it did not take the mail. After any other trouble it may have.
REFUSED = (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused)
logger = logging.getLogger(__name__)


def send_due(*, kind: str = "") -> int:
    """Send what is due, or of that one kind, a batch at a time. Answers how many mails left."""
    with all_companies_scope():
        rows = Notice.objects.everywhere().filter(**({"kind": kind} if kind else {}))
        due = list(_due(rows).values_list("company_id", "pk").order_by("due_at")[:BATCH])
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
    if notice.kind == DAILY and notice.handed_at is not None:  # whoever handed it over died before he could say so
        in_company(company.pk, functools.partial(_note, company, notice, leased_until=None, sent_at=notice.handed_at))
        return 0
    try:
        _hand_over(company, notice, mail_of(notice, notice.person, company))
    except (OSError, ValueError, ValidationError) as exc:  # the latter two: no address, or no header, that may be
        wait = min(timedelta(seconds=10) * 2 ** min(notice.attempts, 12), LONGEST_WAIT)
        logger.warning("Notice %s could not be sent, next try in %s: %s", notice.pk, wait, exc)
        again: dict[str, datetime | None] = {"due_at": timezone.now() + wait, "leased_until": None}
        if isinstance(exc, REFUSED):
            again["handed_at"] = None
        in_company(company.pk, functools.partial(_note, company, notice, **again))
        return 0
    in_company(company.pk, functools.partial(_note, company, notice, leased_until=None, sent_at=timezone.now()))
    return 1


def _hand_over(company: Company, notice: Notice, mail: EmailMultiAlternatives) -> None:
    mail.connection = get_connection()
    mail.connection.open()  # what fails until here has certainly not left
    try:
        if notice.kind == DAILY:
            in_company(company.pk, functools.partial(_note, company, notice, handed_at=timezone.now()))
        mail.send()
    finally:
        mail.connection.close()


def _note(company: Company, notice: Notice, **values: datetime | None) -> None:
    Notice.objects.of(company).filter(pk=notice.pk).update(**values)
