"""Counting failed sign-ins and token calls, so that secrets cannot be guessed.

Ten failures in fifteen minutes for one account from one address, or a hundred from one address, close the door for the
rest of that time. People's sign-ins and machines' token calls count for the address together.
"""

import hashlib
from datetime import datetime, timedelta
from math import ceil

from django.db.models import Count, Min, Q
from django.db.models.functions import Now
from django.utils import timezone

from erpstaging.companies.models import FailedAttempt
from erpstaging.core.errors import Refused

WINDOW = timedelta(minutes=15)
PER_ACCOUNT, PER_ADDRESS = 10, 100


class TooManyAttempts(Refused):
    """`facts["retry_after"]` says in how many seconds an attempt is looked at again."""

    code = "too_many_attempts"


def require_attempt_allowed(account: str, address: str | None) -> None:
    """Raises TooManyAttempts. `account` is what the caller claims to be: `person:anna`, `service_account:quill-7f`."""
    mine = Q(account=_digest(account))
    counted = FailedAttempt.objects.filter(address=address or "", occurred_at__gt=Now() - WINDOW).aggregate(
        own=Count("id", filter=mine),
        all=Count("id"),
        first_own=Min("occurred_at", filter=mine),
        first=Min("occurred_at"),
    )
    if counted["own"] >= PER_ACCOUNT:
        raise _too_many(counted["first_own"])
    if counted["all"] >= PER_ADDRESS:
        raise _too_many(counted["first"])


def _too_many(first: datetime) -> TooManyAttempts:
    seconds = ceil((first + WINDOW - timezone.now()).total_seconds())
    return TooManyAttempts("Too many failed attempts. Try again later.", retry_after=max(seconds, 1))


def note_failure(account: str, address: str | None) -> None:
    """Count one failure, and drop the rows, whosever they are, that no longer count."""
    FailedAttempt.objects.filter(occurred_at__lte=Now() - WINDOW).delete()
    FailedAttempt.objects.create(account=_digest(account), address=address or "", occurred_at=Now())


def forget_failures(account: str, address: str | None) -> None:
    """After a success: what an account's own user mistyped before does not add up."""
    FailedAttempt.objects.filter(account=_digest(account), address=address or "").delete()


def _digest(account: str) -> str:
    """What somebody typed as his name may be his password, and has any length."""
    return hashlib.sha256(account.encode("utf-8", "surrogatepass")).hexdigest()
