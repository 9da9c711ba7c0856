"""Waiting for receivers, in threads that hold nothing else, not even a connection of the database.

A task's thread claims, lends the claim to a waiting thread, and writes what came of it when that is quick. From an
attempt that drags on it walks away to serve the other hooks; the waiting thread then writes by itself. So hundreds of
receivers that hang cost as many sleeping threads, and the tasks of a worker go on.
"""

import contextlib
import logging
import queue
import threading
from collections.abc import Callable

from django.db import connection

from erpstaging.hooks.claims import Claim, claim, claim_test
from erpstaging.hooks.delivery import post_all
from erpstaging.hooks.leases import Sending, kept

logger = logging.getLogger(__name__)

# An attempt that lasts longer is waited for by its waiting thread alone.
PATIENCE_S = 0.25
# Claims of a process that may wait at once, and how many of them for hooks that failed last: the others keep the rest.
PLACES, FAILING_PLACES = 256, 64
# Threads that write what others waited for, each with a connection of the database while there is something to write.
WRITERS = 2
# A waiting thread that has had nothing to do for so long ends, and a writer closes its connection.
IDLE_S, CONNECTION_IDLE_S = 30.0, 1.0


class Places:
    """A bounded number of waiting threads. The one that became free last is used first: its connections are open."""

    def __init__(self, limit: int = PLACES, failing: int = FAILING_PLACES) -> None:
        self._limit = limit
        self._free = threading.BoundedSemaphore(limit)
        self._free_for_failing = threading.BoundedSemaphore(failing)
        self._lock = threading.Lock()
        self._idle: list[_Waiter] = []

    @property
    def taken(self) -> int:
        return self._limit - self._free._value

    def take(self, *, failing: bool) -> bool:
        """Take a place if one is free; whoever got it gives it back."""
        if failing and not self._free_for_failing.acquire(blocking=False):
            return False
        if self._free.acquire(blocking=False):
            return True
        if failing:
            self._free_for_failing.release()
        return False

    def give_back(self, *, failing: bool) -> None:
        self._free.release()
        if failing:
            self._free_for_failing.release()

    def run(self, job: Callable[[], None]) -> None:
        """Run it in a waiting thread. The caller holds a place."""
        with self._lock:
            waiter = self._idle.pop() if self._idle else None
        (waiter or _Waiter(self)).begin(job)

    def rest(self, waiter: "_Waiter") -> None:
        with self._lock:
            self._idle.append(waiter)

    def leave(self, waiter: "_Waiter") -> bool:
        """Whether an idle thread may end: not when a job is on its way to it."""
        with self._lock:
            if waiter not in self._idle:
                return False
            self._idle.remove(waiter)
            return True


class _Waiter:
    def __init__(self, places: Places) -> None:
        self._places = places
        self._job: Callable[[], None] | None = None
        self._wanted = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, job: Callable[[], None]) -> None:
        self._job = job
        self._wanted.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="waiting-for-receiver", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while self._wanted.wait(IDLE_S) or not self._places.leave(self):
            if not self._wanted.is_set():
                continue
            job, self._job = self._job, None
            self._wanted.clear()
            if job is not None:
                job()
            self._places.rest(self)


class Writers:
    """Threads that write to the database for others."""

    def __init__(self, count: int = WRITERS) -> None:
        self._count = count
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        # Jobs that are not done yet.
        self.owed = 0

    def put(self, job: Callable[[], None]) -> None:
        with self._lock:
            self.owed += 1
        self._jobs.put(job)
        with self._lock:
            if len(self._threads) < self._count:
                thread = threading.Thread(target=self._run, name="delivery-writer", daemon=True)
                self._threads.append(thread)
                thread.start()

    def _run(self) -> None:
        while True:
            try:
                job = self._jobs.get(timeout=CONNECTION_IDLE_S)
            except queue.Empty:
                connection.close()
                job = self._jobs.get()
            try:
                job()
            except Exception:
                logger.exception("What came of deliveries could not be written; their leases end by themselves.")
            finally:
                with self._lock:
                    self.owed -= 1


class _Parting:
    """Two threads around one claim: whoever is last writes what came of it."""

    def __init__(self) -> None:
        self.posted = threading.Event()
        self.trouble: Exception | None = None
        self._lock = threading.Lock()
        self._left = False

    def leave(self) -> bool:
        """The task's thread goes; False when all is posted already."""
        with self._lock:
            self._left = not self.posted.is_set()
            return self._left

    def finish(self) -> bool:
        """All is posted; True when nobody waits for it any more."""
        with self._lock:
            self.posted.set()
            return self._left


places = Places()
writers = Writers()
# Hooks that this process last saw answer at once. Only a hint whom to serve first; forgetting it costs nothing.
brisk: set[int] = set()
REMEMBERED = 10_000


def deliver(company_id: int, hook_id: int, *, failing: bool = False, then: Callable[[], None] = lambda: None) -> int:
    """Send what is due for one hook; returns how many deliveries were tried until this thread was free again.

    `then` is called when deliveries that this thread did not wait for are done: the hook may have more.
    """
    return _lend(lambda: claim(company_id, hook_id), failing, then)


def deliver_test(company_id: int, delivery_id: int, *, then: Callable[[], None] = lambda: None) -> int:
    """Send one test delivery, in a place of the hooks that fail: nobody knows yet whether it is answered."""
    return _lend(lambda: claim_test(company_id, delivery_id), True, then)


def _lend(claiming: Callable[[], Claim | None], failing: bool, then: Callable[[], None]) -> int:
    if not places.take(failing=failing):
        return 0
    try:
        claimed = claiming()
        if claimed is None:
            places.give_back(failing=failing)
            return 0
    except BaseException:
        places.give_back(failing=failing)
        raise
    writing, parting = contextlib.ExitStack(), _Parting()
    sending = writing.enter_context(kept(claimed))
    places.run(lambda: _post(sending, parting, writing, failing, then))
    while not parting.posted.wait(PATIENCE_S):
        if sending.drags(PATIENCE_S) and parting.leave():
            brisk.discard(claimed.hook.pk)
            return max(sending.tried, 1)
    writing.close()
    if parting.trouble is not None:
        raise parting.trouble
    if len(brisk) < REMEMBERED:
        brisk.add(claimed.hook.pk)
    return sending.tried


def _post(
    sending: Sending, parting: _Parting, writing: contextlib.ExitStack, failing: bool, then: Callable[[], None]
) -> None:
    """What the waiting thread does. It never raises."""
    try:
        post_all(sending)
    except Exception as exc:
        parting.trouble = exc

    def write() -> None:
        writing.close()
        if parting.trouble is not None:
            logger.error("Hook %d could not be served.", sending.claim.hook.pk, exc_info=parting.trouble)
        then()

    if parting.finish():
        writers.put(write)
    places.give_back(failing=failing)
