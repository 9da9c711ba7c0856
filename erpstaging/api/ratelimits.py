"""How many calls a client may make: one hour and a spike of ten seconds, counted in the database for every process.

Headers and windows: procore/documentation, plan_your_app/rate_limiting.md.
"""

from dataclasses import dataclass

from django.conf import settings

from erpstaging.core import sets

HOUR_S, SPIKE_S = 3600, 10

# One row, one statement, committed by itself before the call's own transaction: a refused call has been counted, too.
_COUNT = """
    INSERT INTO api_ratewindow AS counted (subject, hour, hour_calls, spike, spike_calls)
    SELECT %s, now_s - now_s %% 3600, 1, now_s - now_s %% 10, 1
    FROM (SELECT extract(epoch FROM clock_timestamp())::bigint AS now_s) clock
    ON CONFLICT (subject) DO UPDATE SET
        hour_calls = CASE WHEN counted.hour = excluded.hour THEN counted.hour_calls + 1 ELSE 1 END,
        spike_calls = CASE WHEN counted.spike = excluded.spike THEN counted.spike_calls + 1 ELSE 1 END,
        hour = excluded.hour,
        spike = excluded.spike
    RETURNING hour, hour_calls, spike, spike_calls, extract(epoch FROM clock_timestamp())::bigint
"""


@dataclass(frozen=True, slots=True)
class Window:
    """One window: its limit, what is left of it, and the Unix second at which it begins anew."""

    limit: int
    remaining: int
    reset: int
    reset_in_s: int
    exceeded: bool

    @property
    def headers(self) -> dict[str, str]:
        return {
            "X-Rate-Limit-Limit": str(self.limit),
            "X-Rate-Limit-Remaining": str(self.remaining),
            "X-Rate-Limit-Reset": str(self.reset),
        }


def count_call(subject: str, *, hourly: int | None = None, spike: int | None = None) -> Window | None:
    """Count one call and return the window that is closest to being used up; None when both limits are off (0)."""
    hourly = settings.RATE_LIMIT_HOURLY if hourly is None else hourly
    spike = settings.RATE_LIMIT_SPIKE if spike is None else spike
    if not hourly and not spike:
        return None
    ((hour_began, hour_calls, spike_began, spike_calls, now_s),) = sets.fetch(_COUNT, [subject[:100]])
    windows = []
    if hourly:
        windows.append(_window(hourly, hour_calls, hour_began + HOUR_S, now_s))
    if spike:
        windows.append(_window(spike, spike_calls, spike_began + SPIKE_S, now_s))
    return min(windows, key=lambda window: (not window.exceeded, window.remaining / window.limit, -window.reset))


def _window(limit: int, calls: int, reset: int, now_s: int) -> Window:
    return Window(
        limit=limit,
        remaining=max(limit - calls, 0),
        reset=reset,
        reset_in_s=max(reset - now_s, 1),
        exceeded=calls > limit,
    )
