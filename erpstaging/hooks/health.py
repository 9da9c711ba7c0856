"""How well a hook does: the share that was taken, how long it took, and what waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Min
from django.utils import timezone

from erpstaging.companies.models import Company
from erpstaging.hooks.models import Delivery
from erpstaging.hooks.subscriptions import get_hook

WINDOW = timedelta(hours=24)
HOUR = timedelta(hours=1)
# The newest attempts of a window that are looked at: enough for any percentile, and a bound for any hook.
MAX_ATTEMPTS = 50_000
COUNTED_TO = 10_000


@dataclass(frozen=True, slots=True)
class Hour:
    """The attempts of one hour that began at `at`."""

    at: datetime
    taken: int
    failed: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits for a hook, counted to 10,000, and since when the oldest does."""

    waiting: int = 0
    oldest: datetime | None = None

    @property
    def capped(self) -> bool:
        return self.waiting > COUNTED_TO


@dataclass(frozen=True, slots=True)
class Health:
    """The attempts since a moment; tests are none. Shares are 0 to 1, times in ms, None where nothing was tried."""

    since: datetime
    attempts: int
    taken: int
    at_first_try: int
    p50_ms: int | None
    p95_ms: int | None
    backlog: Backlog
    hours: Sequence[Hour]

    @property
    def share(self) -> float | None:
        return self.taken / self.attempts if self.attempts else None


def health_of(company: Company, hook_id: int, *, now: datetime | None = None) -> Health:
    """The last 24 hours. Raises NotFound."""
    hook = get_hook(company, hook_id)
    now = now or timezone.now()
    first_hour = now.replace(minute=0, second=0, microsecond=0) - WINDOW + HOUR
    with connection.cursor() as cursor:
        cursor.execute(_HEALTH, [company.pk, hook.pk, now - WINDOW, MAX_ATTEMPTS])
        attempts, taken, at_first_try, p50, p95 = cursor.fetchone()
        cursor.execute(_HOURS, [company.pk, hook.pk, first_hour, MAX_ATTEMPTS])
        by_hour = {at: (good, bad) for at, good, bad in cursor.fetchall()}
    hours = [first_hour + HOUR * number for number in range(24)]
    return Health(
        since=now - WINDOW,
        attempts=attempts,
        taken=taken,
        at_first_try=at_first_try,
        p50_ms=None if p50 is None else round(p50),
        p95_ms=None if p95 is None else round(p95),
        backlog=backlogs(company, [hook.pk])[hook.pk],
        hours=[Hour(at, *by_hour.get(at, (0, 0))) for at in hours],
    )


_RECENT = """
    SELECT tried.started_at, tried.duration_ms, tried.outcome, tried.number
    FROM hooks_deliveryattempt tried JOIN hooks_delivery sent
      ON sent.company_id = tried.company_id AND sent.id = tried.delivery_id AND NOT sent.is_test
    WHERE tried.company_id = %s AND tried.hook_id = %s AND tried.started_at >= %s
    ORDER BY tried.started_at DESC LIMIT %s
"""
_HEALTH = f"""
    SELECT count(*), count(*) FILTER (WHERE outcome = 'ok'), count(*) FILTER (WHERE outcome = 'ok' AND number = 1),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms), percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms)
    FROM ({_RECENT}) recent
"""  # noqa: E501, S608 - no value in it
_HOURS = f"""
    SELECT date_trunc('hour', started_at, 'UTC') AS hour, count(*) FILTER (WHERE outcome = 'ok'),
           count(*) FILTER (WHERE outcome <> 'ok')
    FROM ({_RECENT}) recent GROUP BY hour
"""  # noqa: S608 - no value in it


def backlogs(company: Company, hook_ids: Sequence[int]) -> dict[int, Backlog]:
    """What waits for each of these hooks: one query, whatever their number."""
    waiting = Delivery.objects.of(company).filter(hook_id__in=hook_ids, completed_at__isnull=True, is_test=False)
    found = waiting.order_by().values("hook_id").annotate(n=Count("pk"), oldest=Min("created_at"))
    known = {one["hook_id"]: Backlog(min(one["n"], COUNTED_TO + 1), one["oldest"]) for one in found}
    return {hook_id: known.get(hook_id, Backlog()) for hook_id in hook_ids}
