"""Asking a worker to look at the database now. It only shortens the wait until the periodic sweep."""

import logging
import threading
import time
from typing import Any

logger = logging.getLogger(__name__)

# A message that nobody took by then is not worth taking: the periodic sweep was faster.
EXPIRES_S = 30
# While the broker is away each try may block for seconds, so one in this time is enough.
SILENCE_S = 10.0


class Doorbell:
    """The bell of one Celery task that takes no arguments."""

    def __init__(self, task: Any) -> None:
        self._task = task
        self._lock = threading.Lock()
        self._silent_until = 0.0

    def ring(self) -> None:
        """Never raises: nothing is lost when the broker is away."""
        with self._lock:
            if time.monotonic() < self._silent_until:
                return
        try:
            self._task.apply_async(retry=False, expires=EXPIRES_S)
        except Exception as exc:  # whatever the broker's library raises
            with self._lock:
                self._silent_until = time.monotonic() + SILENCE_S
            logger.warning("The broker cannot be reached; %s waits for the periodic sweep: %s", self._task.name, exc)
