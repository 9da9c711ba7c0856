"""Real processes on the test database."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection

from erpstaging.core.roles import APP

ROOT = Path(__file__).resolve().parents[2]


def worker_environment(**settings: str) -> dict[str, str]:
    """What a process needs to work on this test's database as the application."""
    found = connection.settings_dict
    parts = {
        "host": found["HOST"],
        "port": found["PORT"],
        "user": found["USER"],
        "password": found["PASSWORD"],
        "options": f"-c role={APP}",
    }
    query = "&".join(f"{name}={quote(str(value))}" for name, value in parts.items() if value)
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": f"postgresql:///{quote(found['NAME'])}?{query}",
        "ERPSTAGING_EGRESS_ALLOW": "127.0.0.0/8",
        **settings,
    }


class Workers:
    """Sweeping processes that can be killed one by one."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._nursery = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.sweeper"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self) -> int:
        """Returns the id of a process that sweeps from now on."""
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        self._nursery.stdin.write("another\n")
        self._nursery.stdin.flush()
        return int(self._nursery.stdout.readline())

    def kill(self, worker: int) -> None:
        """SIGKILL: nothing of the process runs any more, not even its clean-up."""
        os.kill(worker, signal.SIGKILL)

    def stop(self) -> None:
        """The workers end when the process that started them does."""
        self._nursery.communicate()


@pytest.fixture
def workers(transactional_db: None) -> Iterator[Workers]:
    running = Workers(worker_environment(ERPSTAGING_WEBHOOK_LEASE_SECONDS="1", ERPSTAGING_WEBHOOK_TIME_FACTOR="0.01"))
    yield running
    running.stop()
