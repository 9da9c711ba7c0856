"""Numbers and times as an accountant reads them."""

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from erpstaging.approvals import formats

NOW = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("1284500", "USD", "1,284,500.00"),
        ("-7350", "USD", "-7,350.00"),
        ("0", "EUR", "0.00"),
        ("0.5", "EUR", "0.50"),
        ("18650.1234", "EUR", "18,650.1234"),
        ("1500", "JPY", "1,500"),
        ("1.5", "KWD", "1.500"),
        ("9999999999999999999.9999", "USD", "9,999,999,999,999,999,999.9999"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency_and_loses_none(amount: str, currency: str, text: str) -> None:
    assert formats.amount_text(Decimal(amount), currency) == text


@pytest.mark.capability("UI-09")
def test_an_amount_follows_the_language() -> None:
    with translation.override("de"):
        assert formats.amount_text(Decimal("1284500.5"), "EUR") == "1.284.500,50"


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (dt.timedelta(seconds=-5), "now"),
        (dt.timedelta(seconds=59), "now"),
        (dt.timedelta(minutes=1), "1 m"),
        (dt.timedelta(minutes=59, seconds=59), "59 m"),
        (dt.timedelta(hours=19, minutes=40), "19 h"),
        (dt.timedelta(hours=24), "1 d"),
        (dt.timedelta(days=40), "40 d"),
    ],
)
def test_an_age_has_one_unit_and_is_never_rounded_up(ago: dt.timedelta, text: str) -> None:
    assert formats.age_text(NOW - ago, NOW) == text


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (42, "0:42"), (3599, "59:59"), (4050, "1:07:30")])
def test_elapsed_time_reads_like_a_clock(seconds: int, text: str) -> None:
    assert formats.clock_text(seconds) == text


def test_a_moment_is_told_in_the_company_s_zone_and_in_utc() -> None:
    moment = dt.datetime(2026, 11, 19, 23, 30, tzinfo=dt.UTC)

    with timezone.override(ZoneInfo("Europe/Berlin")):
        assert formats.moment_text(moment, NOW) == "00:30"
        assert formats.full_moment_text(moment) == "20 Nov 2026, 00:30 Europe/Berlin, 19 Nov 2026, 23:30 UTC"
    with timezone.override(ZoneInfo("UTC")):
        assert formats.full_moment_text(moment) == "19 Nov 2026, 23:30 UTC"
    with timezone.override(ZoneInfo("America/Los_Angeles")):
        assert formats.moment_text(moment, NOW) == "19 Nov, 15:30"


def test_a_day_of_another_year_says_so() -> None:
    assert formats.day_text(dt.date(2026, 11, 18), NOW.date()) == "18 Nov"
    assert formats.day_text(dt.date(2025, 12, 31), NOW.date()) == "31 Dec 2025"
