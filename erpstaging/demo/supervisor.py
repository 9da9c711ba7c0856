"""Runs the whole service as one process tree: database, web, worker with beat; in the demo an ERP that answers.

The supervisor only supervises. It loads no business row, so that whatever goes wrong in a child ends that child alone.
"""

import http.client
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from erpstaging.demo.data_folder import UPGRADED_FILE, DataFolder, FolderTrouble, Kind
from erpstaging.demo.embedded_pg import EmbeddedPostgres, EmbeddedTrouble
from erpstaging.demo.process_tree import Child, ChildEnded, ProcessTree, StopAsked, StopSignals

WEB_WORKERS, WEB_THREADS, TASK_THREADS = 2, 4, 4
READY_SECONDS = 120
# Long enough to see something exporting; hooks wake it, so it need not look often.
ERP_ANSWERS_AFTER_S, ERP_LOOKS_EVERY_S = 3, 20
LOOPBACK_NETWORKS = "127.0.0.0/8,::1/128"
# Python's filters for what the children would warn about on every start, and what is decided: an installation of this
# kind may run as root, and it serves its static files from where they lie.
DECIDED = "ignore:You're running the worker with superuser privileges,ignore:No directory at"


class Trouble(Exception):
    """The service could not be started, or ended by itself; the message is for the person at the terminal."""


class PortTaken(Exception):
    """Something else listens where the web process should."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run and where."""

    kind: Kind
    folder: Path
    host: str
    port: int
    reset: bool = False
    fake_erp: bool = False

    @property
    def reachable_host(self) -> str:
        """The address to open in a browser on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        return f"[{host}]" if ":" in host else host

    @property
    def base_url(self) -> str:
        given = os.environ.get("ERPSTAGING_BASE_URL", "") if self.kind == "serve" else ""
        return given or f"http://{self.reachable_host}:{self.port}"


def run(plan: Plan, *, announce: Callable[[DataFolder, float], None]) -> None:
    """Start everything, call `announce(folder, seconds)` when people can sign in, and return when asked to stop.

    Raises Trouble; whatever was started has been stopped by then.
    """
    started = time.monotonic()
    folder, signals = DataFolder(plan.folder, plan.kind), StopSignals()
    try:
        with signals.caught(), folder.held():
            _refuse_taken_port(plan)
            if plan.reset:
                _reset(folder)
            folder.prepare()
            with _tree(plan, folder, signals) as (tree, server):
                _start_all(tree, plan, folder, server)
                announce(folder, time.monotonic() - started)
                tree.watch(until=lambda: False)
    except StopAsked:
        return
    except (FolderTrouble, PortTaken, EmbeddedTrouble, ChildEnded) as exc:
        if not signals.count:  # asked to stop in the middle of a start, a child may well have failed
            raise Trouble(str(exc)) from exc


@contextmanager
def _tree(
    plan: Plan, folder: DataFolder, signals: StopSignals
) -> Iterator[tuple[ProcessTree, EmbeddedPostgres | None]]:
    """A tree, and the server that belongs into it unless one is given. At the end both stop."""
    server = None if _server_given() else EmbeddedPostgres(folder.postgres)
    environment = _environment(plan, folder)
    tree = ProcessTree(folder=settings.BASE_DIR, environment=environment, logs=folder.logs, signals=signals)
    with ExitStack() as stack:
        if server is not None:
            stack.callback(server.stop)
        stack.callback(tree.stop)  # before the server, which its children still use
        if server is not None:
            stack.enter_context(folder.addresses_shown(server.prepare()))
        yield tree, server


def _start_all(tree: ProcessTree, plan: Plan, folder: DataFolder, server: EmbeddedPostgres | None) -> None:
    manage = [sys.executable, "manage.py"]
    ready_file, upgraded_file = _ready_file(folder), folder.path / UPGRADED_FILE
    ready_file.unlink(missing_ok=True)
    upgraded_file.unlink(missing_ok=True)

    # Whoever loads does so beside what it waits for: the upgrade beside the server, the others beside the upgrade or
    # the seeding. Nobody is served from tables that are being upgraded, but of a new database nobody knows.
    prepare = [*manage, "seed_demo" if plan.kind == "demo" else "upgrade"]
    new = server is not None and server.is_new
    with tree.running("upgrade", [*prepare, "--wait", str(READY_SECONDS if server else 0)]) as wait:
        if server is not None:
            server.start()
            assert server.process is not None  # noqa: S101 - for the type checker: it has just been started
            tree.adopt(Child("postgresql", server.process, server.log, server.stop))
        if new:
            tree.start("web", _web_command(plan))
        wait(upgraded_file.exists)
        if not new:
            tree.start("web", _web_command(plan))
        tree.start("worker", _worker_command(), stopped_after="web")
    # What the seeding left under way stays as it is, to be seen: the ERP begins after it.
    awaited = [ready_file]
    if plan.fake_erp:
        awaited.append(folder.path / "fake-erp-ready")
        awaited[-1].unlink(missing_ok=True)
        tree.start("fake_erp", _fake_erp_command(folder, awaited[-1]))

    end = time.monotonic() + READY_SECONDS
    tree.watch(until=lambda: (all(one.exists() for one in awaited) and _answers(plan)) or time.monotonic() > end)
    if time.monotonic() > end:
        raise ChildEnded(f"The service was not ready after {READY_SECONDS} seconds; its logs are in {folder.logs}.")


def _web_command(plan: Plan) -> list[str]:
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"),
        *("--host", plan.host, "--port", str(plan.port)),
        *("--workers", str(WEB_WORKERS), "--blocking-threads", str(WEB_THREADS)),
        *("--respawn-failed-workers", "--respawn-interval", "0.5", "--workers-kill-timeout", "15"),
        "config.wsgi:application",
    ]


def _worker_command() -> list[str]:
    return [
        *(sys.executable, "-m", "celery", "--app", "config", "worker", "--beat"),
        *("--pool", "threads", "--concurrency", str(TASK_THREADS), "--loglevel", "WARNING"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]


def _fake_erp_command(folder: DataFolder, ready_file: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "erpstaging.demo.fake_erp", "--only-new", "--ready-file", str(ready_file)),
        *("--credentials", str(folder.credentials), "--ledger", str(folder.path / "fake_erp.sqlite3")),
        *("--look-every", str(ERP_LOOKS_EVERY_S), "--delay", str(ERP_ANSWERS_AFTER_S)),
    ]


def _environment(plan: Plan, folder: DataFolder) -> dict[str, str]:
    """The children's: ours, and what this kind of installation decides. What a person set himself stays."""
    decided = {
        "ERPSTAGING_DATA_DIR": str(folder.path),
        "ERPSTAGING_BASE_URL": plan.base_url,
        "ERPSTAGING_WORKER_READY_FILE": str(_ready_file(folder)),
        "PYTHONUNBUFFERED": "1",
    }
    proposed = {"PYTHONWARNINGS": DECIDED}
    if plan.kind == "demo":
        decided["ERPSTAGING_ENVIRONMENT"] = "demo"
        proposed["ERPSTAGING_EGRESS_ALLOW"] = LOOPBACK_NETWORKS
        proposed["ERPSTAGING_EMAIL_BACKEND"] = "django.core.mail.backends.filebased.EmailBackend"
    return {**proposed, **os.environ, **decided}


def _ready_file(folder: DataFolder) -> Path:
    return folder.path / "worker-ready"


def _server_given() -> bool:
    return bool(os.environ.get("DATABASE_URL") or os.environ.get("ERPSTAGING_OWNER_DATABASE_URL"))


def _reset(folder: DataFolder) -> None:
    if _server_given():
        raise FolderTrouble("--reset starts an embedded installation anew; a given database is not ours to remove.")
    EmbeddedPostgres(folder.postgres).remove()
    folder.reset()


def _refuse_taken_port(plan: Plan) -> None:
    family = socket.AF_INET6 if ":" in plan.host else socket.AF_INET
    try:
        socket.create_server((plan.host, plan.port), family=family).close()
    except OSError as exc:
        raise PortTaken(
            f"Port {plan.port} of {plan.host} cannot be used ({exc.strerror}). Choose another with --port."
        ) from exc


def _answers(plan: Plan) -> bool:
    """Whether the web process says that it can serve. It knows itself by the host of the base address."""
    connection = http.client.HTTPConnection(plan.reachable_host.strip("[]"), plan.port, timeout=2)
    try:
        connection.request("GET", "/readyz", headers={"Host": urlsplit(plan.base_url).netloc})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
