"""Starting the project's own processes, as a person at a terminal would."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MANAGE = [sys.executable, str(ROOT / "manage.py")]


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that the account which runs PostgreSQL for root can walk into, unlike those of `tmp_path`."""
    folder = Path(tempfile.mkdtemp(prefix="erpstaging-test-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def environment(**values: str) -> dict[str, str]:
    """A person's environment: nothing of the test run's settings, and these values."""
    ours = ("ERPSTAGING_", "DATABASE_URL", "CELERY_BROKER_URL", "DJANGO_SETTINGS_MODULE", "PYTEST_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, **values}


def manage(*arguments: str, **values: str) -> subprocess.CompletedProcess[str]:
    """Run `manage.py` with these arguments and environment variables to its end."""
    return subprocess.run(
        [*MANAGE, *arguments], env=environment(**values), capture_output=True, text=True, timeout=120, cwd=ROOT
    )


def alive(process: int) -> bool:
    """Whether a process runs; one that ended and was not yet collected by its parent does not."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return not Path("/proc/self").exists()  # Linux: it is gone by now; elsewhere the signal has told


def descendants(process: int) -> list[int]:
    """The ids of all processes below one, as Linux knows them."""
    children = [
        int(child)
        for listing in Path(f"/proc/{process}/task").glob("*/children")
        for child in listing.read_text().split()
    ]
    return children + [below for child in children for below in descendants(child)]


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Look every 50 ms whether something came true; False when it did not."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
