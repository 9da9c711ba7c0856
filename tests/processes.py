"""Starting the project's own processes, as a person at a terminal would."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
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
