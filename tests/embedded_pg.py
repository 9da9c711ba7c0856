"""The pytest plugin that gives the tests their database, before settings are read.

Without DATABASE_URL it starts an embedded PostgreSQL that is gone afterwards. With it, that server is used: the address
must be of a role that may make databases and act as the application (or of a superuser).
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from erpstaging.demo.embedded_pg import EmbeddedPostgres

KEPT_PREFIX = "ERPSTAGING_TESTS_"

_server: EmbeddedPostgres | None = None
_folder: Path | None = None


def pytest_addoption(parser: pytest.Parser) -> None:
    """The earliest hook of a plugin: pytest-django has not loaded the settings yet."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        return  # everything is inherited
    _settle_environment()
    if not os.environ.get("DATABASE_URL"):
        _start_server()


def pytest_unconfigure(config: pytest.Config) -> None:
    stop()


def stop() -> None:
    global _server, _folder
    if _server is not None:
        _server.stop()
        _server.remove()
    if _folder is not None:
        shutil.rmtree(_folder, ignore_errors=True)
    _server = _folder = None


def _settle_environment() -> None:
    """No setting of the machine changes what is tested."""
    global _folder
    for name in [name for name in os.environ if name.startswith("ERPSTAGING_") and not name.startswith(KEPT_PREFIX)]:
        del os.environ[name]
    _folder = Path(tempfile.mkdtemp(prefix="erpstaging-tests-"))
    _folder.chmod(0o711)  # an account that runs the server for root has to walk through
    atexit.register(stop)
    os.environ |= {
        "ERPSTAGING_ENVIRONMENT": "test",
        "ERPSTAGING_SECRET_KEY": "a-key-for-tests-alone-that-signs-nothing-of-value-0123456789",
        "ERPSTAGING_DATA_DIR": str(_folder),
        "CELERY_BROKER_URL": "memory://",
    }


def _start_server() -> None:
    global _server
    assert _folder is not None
    _server = EmbeddedPostgres(_folder / "postgres", durable=False, for_tests=True)
    os.environ["DATABASE_URL"] = _server.start()["owner"]
