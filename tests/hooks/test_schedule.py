"""The retry schedule: pure numbers."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erpstaging.hooks.schedule import LONGEST_DELAY_S, delay_s, next_attempt_at

spreads = st.floats(min_value=-1, max_value=1)
failures = st.integers(min_value=1, max_value=10_000)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HALF_A_DAY = timedelta(hours=12)


@given(failures=failures, spread=spreads)
def test_a_delay_is_between_one_second_and_one_hour(failures, spread):
    assert 1 <= delay_s(failures, spread=spread) <= 3600


@given(failures=failures, spread=spreads)
def test_a_delay_is_within_a_fifth_of_the_doubled_one(failures, spread):
    doubled = min(2.0 ** min(failures - 1, 20), 3600)

    delay = delay_s(failures, spread=spread)

    assert 0.8 * doubled - 1e-6 <= delay <= max(1.2 * doubled, 1)


@given(failures=failures, spread=spreads)
def test_delays_grow_until_they_are_an_hour(failures, spread):
    assert delay_s(failures + 1, spread=spread) >= delay_s(failures, spread=spread)


@given(failures=failures, spread=spreads, asked=st.floats(min_value=0, max_value=1e9))
def test_a_receiver_can_lengthen_a_delay_at_most_twofold_and_never_beyond_an_hour(failures, spread, asked):
    plain = delay_s(failures, spread=spread)

    delay = delay_s(failures, spread=spread, retry_after_s=asked)

    assert plain <= delay <= min(2 * plain, LONGEST_DELAY_S)
    if asked <= min(2 * plain, LONGEST_DELAY_S):
        assert delay == max(plain, asked)


@pytest.mark.capability("WH-05")
@given(seed=st.lists(spreads, min_size=60, max_size=60), factor=st.sampled_from([1.0, 0.01, 0.0001]))
def test_a_receiver_that_stays_down_is_tried_about_23_times_in_12_hours(seed, factor):
    """Reliability promises about 23; jitter moves it by a few."""
    now, tries = NOON, 0
    for failures, spread in enumerate(seed, start=1):
        again = next_attempt_at(
            now=now, first_failure_at=NOON, failures=failures, window=HALF_A_DAY, spread=spread, factor=factor
        )
        if again is None:
            break
        now, tries = again, tries + 1

    assert 20 <= tries <= 28
    assert now == NOON + HALF_A_DAY * factor


@given(failures=failures, spread=spreads, minutes=st.integers(min_value=0, max_value=720 - 1))
def test_no_try_is_planned_after_the_window(failures, spread, minutes):
    now = NOON + timedelta(minutes=minutes)

    again = next_attempt_at(now=now, first_failure_at=NOON, failures=failures, window=HALF_A_DAY, spread=spread)

    assert again is not None
    assert now < again <= NOON + HALF_A_DAY


def test_after_the_window_there_is_no_try():
    over = NOON + HALF_A_DAY

    assert next_attempt_at(now=over, first_failure_at=NOON, failures=23, window=HALF_A_DAY, spread=0) is None
