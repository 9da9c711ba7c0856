"""Counting failed sign-ins and token calls."""

from datetime import timedelta

import pytest
from django.utils import timezone

from erpstaging.companies.attempts import (
    PER_ACCOUNT,
    PER_ADDRESS,
    TooManyAttempts,
    forget_failures,
    note_failure,
    require_attempt_allowed,
)
from erpstaging.companies.models import FailedAttempt

pytestmark = pytest.mark.django_db

HOME, AWAY = "192.0.2.1", "192.0.2.2"


def fail(times: int, account: str = "person:anna", address: str | None = HOME) -> None:
    for _ in range(times):
        note_failure(account, address)


def closed(account: str = "person:anna", address: str | None = HOME) -> bool:
    try:
        require_attempt_allowed(account, address)
    except TooManyAttempts:
        return True
    return False


def test_the_tenth_failure_closes_the_door_for_the_pair_alone() -> None:
    fail(PER_ACCOUNT - 1)
    assert not closed()

    fail(1)

    assert closed()
    assert not closed(address=AWAY)
    assert not closed("person:ruth")
    assert not closed("service_account:anna")


def test_a_hundred_failures_close_an_address_for_everybody() -> None:
    for number in range(PER_ADDRESS):
        fail(1, f"{'person' if number % 2 else 'service_account'}:{number}")

    assert closed("person:somebody new")
    assert not closed("person:somebody new", AWAY)


def test_failures_count_for_fifteen_minutes() -> None:
    fail(PER_ACCOUNT)
    FailedAttempt.objects.update(occurred_at=timezone.now() - timedelta(minutes=14, seconds=50))

    with pytest.raises(TooManyAttempts) as refused:
        require_attempt_allowed("person:anna", HOME)

    assert 1 <= refused.value.facts["retry_after"] <= 10
    FailedAttempt.objects.update(occurred_at=timezone.now() - timedelta(minutes=15))
    assert not closed()


def test_rows_that_no_longer_count_are_dropped() -> None:
    fail(5)
    FailedAttempt.objects.update(occurred_at=timezone.now() - timedelta(minutes=16))

    fail(1, "person:ruth", AWAY)

    assert FailedAttempt.objects.count() == 1


def test_a_success_forgets_what_was_mistyped_before() -> None:
    fail(PER_ACCOUNT)
    fail(1, "person:ruth")

    forget_failures("person:anna", HOME)

    assert not closed()
    assert FailedAttempt.objects.count() == 1


def test_what_was_typed_as_a_name_is_not_kept() -> None:
    fail(1, "person:my password by mistake \0 \ud800")

    assert "password" not in str(vars(FailedAttempt.objects.get()))


def test_callers_without_an_address_are_counted_together() -> None:
    fail(PER_ACCOUNT, address=None)

    assert closed(address=None)
    assert not closed()
