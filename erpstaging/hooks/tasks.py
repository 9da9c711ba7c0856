"""The sweep: carry events on and send what is due. A task message is only a hint to look at the database."""

import logging
import threading
import time

from celery import shared_task

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
# A message that nobody took by then is not worth taking: the periodic sweep was faster.
EXPIRES_S = 30
# While the broker is away each try may block for seconds, so one in this time is enough.
SILENCE_S = 10.0


@shared_task(name="erpstaging.hooks.sweep", ignore_result=True)
def sweep() -> None:
    """Dispatch and deliver what is due."""
    if work():
        ring()


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
    if not due.failing:
        return deliver(due.company_id, due.hook_id)
    if not failing_hooks_at_once.acquire(blocking=False):
        return 0
    try:
        return deliver(due.company_id, due.hook_id)
    finally:
        failing_hooks_at_once.release()


class _Bell:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._silent_until = 0.0

    def ring(self) -> None:
        with self._lock:
            if time.monotonic() < self._silent_until:
                return
        try:
            sweep.apply_async(retry=False, expires=EXPIRES_S)
        except Exception as exc:
            # Whatever the broker's library raises: nothing is lost, the periodic sweep finds the work.
            with self._lock:
                self._silent_until = time.monotonic() + SILENCE_S
            logger.warning("The broker cannot be reached; deliveries wait for the periodic sweep: %s", exc)


_bell = _Bell()


def ring() -> None:
    """Ask a worker to sweep now. Never raises."""
    _bell.ring()
