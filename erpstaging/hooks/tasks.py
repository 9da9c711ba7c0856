"""The sweep: carry events on and send what is due. A task message is only a hint to look at the database."""

import logging
import threading
import time
from collections.abc import Sequence

from celery import shared_task

from erpstaging.core.doorbell import Doorbell
from erpstaging.hooks import waiting
from erpstaging.hooks.claims import DueHook, due_hooks, due_tests
from erpstaging.hooks.dispatch import dispatch
from erpstaging.hooks.waiting import deliver, deliver_test
from erpstaging.outbox.events import wake_everybody

logger = logging.getLogger(__name__)

# A sweep that still finds work after this makes room for other tasks and rings for the next one.
BUDGET_S = 2.0
# Hooks of which it is not known that they answer at once, before those of which it is get their turn again.
UNPROVEN_AT_ONCE = 1
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
        done = batch.events + sum(_deliver_test(company_id, delivery_id) for company_id, delivery_id in due_tests())
        for due in _in_turn(due_hooks()):
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


def _in_turn(due: Sequence[DueHook]) -> list[DueHook]:
    """Those that answered at once when they were asked last, and a few of the others, whose answers may drag."""
    brisk = [one for one in due if one.hook_id in waiting.brisk]
    others = [one for one in due if one.hook_id not in waiting.brisk]
    return [*brisk, *others[:UNPROVEN_AT_ONCE]]


def _deliver(due: DueHook) -> int:
    """Send for one hook. Whatever goes wrong with it is its own trouble: the other hooks are still served."""
    try:
        return deliver(due.company_id, due.hook_id, failing=due.failing, then=wake_everybody)
    except Exception:
        logger.exception("Hook %d could not be served; its leases end by themselves.", due.hook_id)
        return 0


def _deliver_test(company_id: int, delivery_id: int) -> int:
    """Send a test, which may meet a receiver that hangs."""
    try:
        return deliver_test(company_id, delivery_id, then=wake_everybody)
    except Exception:
        logger.exception("Test delivery %d could not be sent; its lease ends by itself.", delivery_id)
        return 0


bell = Doorbell(sweep)
