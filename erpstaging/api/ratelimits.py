"""How many calls a client may make: one hour and a spike of ten seconds, counted in the database for every process.

Headers and windows: procore/documentation, plan_your_app/rate_limiting.md.
"""

from dataclasses import dataclass

from django.conf import settings
from django.db import connection

HOUR_S, SPIKE_S = 3600, 10

# One statement, committed by itself, before the call's own transaction: a refused call has been counted all the same.
_COUNT = """
    INSERT INTO api_ratewindow AS counted (subject, period_s, started, calls)
    SELECT %s, period, now_s - now_s %% period, 1
    FROM unnest(%s::int[]) period, (SELECT extract(epoch FROM clock_timestamp())::bigint AS now_s) clock
    ON CONFLICT (subject, period_s) DO UPDATE SET
        calls = CASE WHEN counted.started = excluded.started THEN counted.calls + 1 ELSE 1 END,
        started = excluded.started
    RETURNING period_s, calls, started, extract(epoch FROM clock_timestamp())::bigint
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
    limits = {
        HOUR_S: settings.RATE_LIMIT_HOURLY if hourly is None else hourly,
        SPIKE_S: settings.RATE_LIMIT_SPIKE if spike is None else spike,
    }
    limits = {period: limit for period, limit in limits.items() if limit}
    if not limits:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [subject[:100], list(limits)])
        rows = cursor.fetchall()
    windows = [
        Window(
            limit=limits[period],
            remaining=max(limits[period] - calls, 0),
            reset=started + period,
            reset_in_s=max(started + period - now_s, 1),
            exceeded=calls > limits[period],
        )
        for period, calls, started, now_s in rows
    ]
    return min(windows, key=lambda window: (not window.exceeded, window.remaining / window.limit, -window.reset))
