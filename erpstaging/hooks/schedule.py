"""When a failed delivery is tried again, and when it no longer is: pure functions of numbers.

The growth, its first and its longest step are documented: procore/documentation, webhooks/webhooks.md.
"""

from datetime import datetime, timedelta

FIRST_DELAY_S = 1.0
LONGEST_DELAY_S = 3600.0
JITTER = 0.2
# From here on every delay is the longest one; it keeps the power below from growing without end.
GROWTH_ENDS_AFTER = 13


def delay_s(failures: int, *, spread: float, retry_after_s: float | None = None) -> float:
    """Seconds to wait after the n-th failure in a row.

    `spread` from -1 to 1 moves the delay within its jitter, so that hooks that failed together do not return together.
    A receiver's Retry-After may make it longer, at most twice as long and never above the longest.
    """
    doubled = FIRST_DELAY_S * 2.0 ** (min(failures, GROWTH_ENDS_AFTER) - 1)
    delay = min(doubled, LONGEST_DELAY_S) * (1 + JITTER * spread)
    delay = min(max(delay, FIRST_DELAY_S), LONGEST_DELAY_S)
    if retry_after_s is not None and retry_after_s > delay:
        delay = min(retry_after_s, 2 * delay, LONGEST_DELAY_S)
    return delay


def next_attempt_at(
    *,
    now: datetime,
    first_failure_at: datetime,
    failures: int,
    window: timedelta,
    spread: float,
    retry_after_s: float | None = None,
    factor: float = 1.0,
) -> datetime | None:
    """The time of the next try, or None when the window since the first failure is over.

    The last try is made exactly when the window ends, so that a receiver that is back a moment before still hears all.
    `factor` compresses window and delays alike; it is 1 outside of tests.
    """
    ends_at = first_failure_at + window * factor
    if now >= ends_at:
        return None
    delay = timedelta(seconds=delay_s(failures, spread=spread, retry_after_s=retry_after_s)) * factor
    return min(now + delay, ends_at)
