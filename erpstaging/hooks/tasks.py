"""The sweep: carry events on and send what is due. A task message is only a hint to look at the database."""

import logging
import threading
import time

from celery import shared_task

from erpstaging.core.doorbell import Doorbell
from erpstaging.hooks.claims import DueHook, due_hooks
from erpstaging.hooks.delivery import deliver
from erpstaging.hooks.dispatch import dispatch

logger = logging.getLogger(__name__)

# A sweep that still finds work after this makes room for other tasks and rings for the next one.
BUDGET_S = 2.0
# Threads of this process that may wait for hooks that failed last, all of them together: the others keep the rest.
failing_hooks_at_once = threading.BoundedSemaphore(2)
# Most writers end within milliseconds; the periodic sweep is too long to wait for that.
HELD_BACK_S = 0.05
_waits_for_writers = threading.Lock()


@shared_task(name="erpstaging.hooks.sweep", ignore_result=True)
def sweep() -> None:
    """Dispatch and deliver what is due."""
    if work():
        bell.ring()


def work(budget_s: float = BUDGET_S) -> bool:
    """Dispatch and deliver until nothing is due; True when the time was over first."""
    ends_at = time.monotonic() + budget_s
    while True:
        batch = dispatch()
        done = batch.events
        for due in due_hooks():
            done += _deliver(due)
            if time.monotonic() > ends_at:
                return True
        if not done and not (batch.held_back and _wait_for_writers(ends_at)):
            return False
        if time.monotonic() > ends_at:
            return bool(done)


def _wait_for_writers(ends_at: float) -> bool:
    """Wait a moment for a transaction that holds events back; False when another thread does, or the time is over."""
    if time.monotonic() > ends_at or not _waits_for_writers.acquire(blocking=False):
        return False
    try:
        time.sleep(HELD_BACK_S)
    finally:
        _waits_for_writers.release()
    return True


def _deliver(due: DueHook) -> int:
    """Send for one hook. Whatever goes wrong with it is its own trouble: the other hooks are still served."""
    if due.failing and not failing_hooks_at_once.acquire(blocking=False):
        return 0
    try:
        return deliver(due.company_id, due.hook_id)
    except Exception:
        logger.exception("Hook %d could not be served; its leases end by themselves.", due.hook_id)
        return 0
    finally:
        if due.failing:
            failing_hooks_at_once.release()


bell = Doorbell(sweep)
