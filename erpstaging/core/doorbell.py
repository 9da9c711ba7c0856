"""Asking a worker to look at the database now. It only shortens the wait until the periodic sweep."""

import logging
import threading
import time
from typing import Any

logger = logging.getLogger(__name__)

# A message that nobody took by then is not worth taking: the periodic sweep was faster.
EXPIRES_S = 30
# While the broker is away one try in this time is enough.
SILENCE_S = 10.0


class Doorbell:
    """The bell of one Celery task that takes no arguments. It rings from a thread of its own.

    Whoever rings has just committed and must not wait: a broker that is away keeps a publisher for seconds. Rings that
    come while a message is on its way are one more message, however many they are.
    """

    def __init__(self, task: Any) -> None:
        self._task = task
        self._wanted = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def ring(self) -> None:
        """Never raises, never waits."""
        self._wanted.set()
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name=f"bell-{self._task.name}", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if not self.publish():
                time.sleep(SILENCE_S)

    def publish(self) -> bool:
        """Send the message; False when the broker cannot be reached, which loses nothing."""
        try:
            self._task.apply_async(retry=False, expires=EXPIRES_S)
        except Exception as exc:  # whatever the broker's library raises
            logger.warning("The broker cannot be reached; %s waits for the periodic sweep: %s", self._task.name, exc)
            return False
        return True
