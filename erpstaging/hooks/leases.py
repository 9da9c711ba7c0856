"""Keeping a lease while an attempt lasts, and writing what is done before the slow rest is.

Sending blocks its thread, so a second one looks after all claims of the process: it renews their leases, and writes
finished results when the attempt after them drags on. It gives up on an attempt that lasts longer than any may, so that
the deliveries of a thread that hangs come back.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Iterator

from django.conf import settings
from django.db import DatabaseError, connection

from erpstaging.core.errors import Busy
from erpstaging.hooks.claims import Claim, renew
from erpstaging.hooks.models import Delivery
from erpstaging.hooks.outcomes import Result, conclude

logger = logging.getLogger(__name__)

# An attempt that lasts longer than this has what was finished before it written down.
SLOW_S = 1.0
# No attempt may last longer: name resolution, 3 s for the connection, 30 s for the answer.
LONGEST_ATTEMPT_S = 60.0
# A quarter of the lease is left for slow transactions and for what two clocks differ.
USABLE, RENEWED = 0.75, 0.25


class Sending:
    """The state of one claim while its deliveries are sent."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.tried = 0
        self._lock = threading.Lock()
        self._finished: list[Result] = []
        self._attempt_began: float | None = None
        self._held_since = claim.claimed_at

    def begin(self, delivery: Delivery) -> bool:
        """Whether the lease still stands, so that this delivery may be sent now."""
        now = time.monotonic()
        if now - self._held_since > settings.WEBHOOK_LEASE_SECONDS * USABLE:
            return False
        with self._lock:
            self._attempt_began = now
        return True

    def finish(self, result: Result) -> None:
        with self._lock:
            self._attempt_began = None
            self._finished.append(result)
        self.tried += 1

    def drags(self, longer_than_s: float) -> bool:
        """Whether the attempt under way has lasted longer."""
        began = self._attempt_began
        return began is not None and time.monotonic() - began > longer_than_s

    def write(self) -> None:
        """Write what is finished and not yet written."""
        with self._lock:
            finished, self._finished = self._finished, []
        try:
            conclude(self.claim, finished)
        except Exception:
            with self._lock:
                self._finished = finished + self._finished
            raise

    def close(self) -> None:
        """Write what is left, and give back what was not sent, in one transaction."""
        with self._lock:
            finished, self._finished = self._finished, []
        conclude(self.claim, finished, unsent=self.claim.deliveries[self.tried :])

    def look_after(self) -> None:
        """Called about every second by the keeper's thread."""
        now, began = time.monotonic(), self._attempt_began
        if began is None or now - began > LONGEST_ATTEMPT_S:
            return
        if now - began > SLOW_S and self._finished:
            self.write()
        if now - self._held_since > settings.WEBHOOK_LEASE_SECONDS * RENEWED and renew(self.claim):
            self._held_since = now


class _Keeper:
    """One thread per process, for as long as there are claims to look after."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._sendings: set[Sending] = set()
        self._thread: threading.Thread | None = None

    def add(self, sending: Sending) -> None:
        with self._changed:
            self._sendings.add(sending)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="lease-keeper", daemon=True)
                self._thread.start()
            elif len(self._sendings) == 1:
                self._changed.notify()

    def remove(self, sending: Sending) -> None:
        with self._changed:
            self._sendings.discard(sending)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._sendings)
            time.sleep(min(SLOW_S, settings.WEBHOOK_LEASE_SECONDS * RENEWED))
            with self._changed:
                sendings = list(self._sendings)
            for sending in sendings:
                self._look_after(sending)
            connection.close()

    def _look_after(self, sending: Sending) -> None:
        try:
            sending.look_after()
        except (DatabaseError, Busy):
            logger.warning("A lease could not be kept; its deliveries will be sent again.", exc_info=True)
        except Exception:
            logger.exception("The keeper of leases failed.")


_keeper = _Keeper()


@contextlib.contextmanager
def kept(claim: Claim) -> Iterator[Sending]:
    """Keep a claim while the block sends, and write what is left when it ends."""
    sending = Sending(claim)
    _keeper.add(sending)
    try:
        yield sending
    finally:
        _keeper.remove(sending)
        sending.close()
