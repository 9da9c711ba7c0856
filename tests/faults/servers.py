"""Servers and services of a fault run: each can be killed without a warning and comes back."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from erpstaging.core.roles import DATABASE
from erpstaging.demo.embedded_pg import EmbeddedPostgres
from tests.processes import ROOT, descendants, free_port

RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")  # the script below the packaged one, which changes accounts
READY_S = 120
RESTART_S = 0.2


def broker_is_installed() -> bool:
    return RABBITMQ.exists()


def kill_all(processes: Sequence[int]) -> None:
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


class Postgres:
    """A durable server, fsync on. Its address stays the same when it comes back."""

    def __init__(self, folder: Path) -> None:
        self.server = EmbeddedPostgres(folder / "postgres")
        self._link = folder / "pg"

    def start(self) -> None:
        self.server.start()
        assert self.server.socket_dir is not None
        fresh = self._link.with_name("pg-next")
        fresh.symlink_to(self.server.socket_dir)
        fresh.replace(self._link)

    def kill(self) -> None:
        """The server and all of its sessions at once, as if the power went."""
        assert self.server.process is not None
        family = [self.server.process.pid, *descendants(self.server.process.pid)]
        kill_all(family)
        self.server.process.wait()

    def stop(self) -> None:
        self.server.stop()

    def address(self, role: str) -> str:
        return f"postgresql://{role}@/{DATABASE}?host={self._link}&port=5432"


class RabbitMQ:
    """A node of its own: own name, ports and data folder, so that its data can be wiped."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder / "rabbitmq", free_port()
        self.folder.mkdir()
        (self.folder / "enabled_plugins").write_text("[].\n")
        self._process: subprocess.Popen[bytes] | None = None
        self._environment = {
            **os.environ,
            "HOME": str(self.folder),
            "RABBITMQ_NODENAME": f"rig{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq"),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "no-env.conf"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(self.folder / "generated"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
        }

    @property
    def address(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def start(self) -> None:
        with (self.folder / "output.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(RABBITMQ)], env=self._environment, cwd=self.folder, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        end = time.monotonic() + READY_S
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            assert self._process.poll() is None, f"RabbitMQ ended: {self.folder / 'output.log'}"
            assert time.monotonic() < end, "RabbitMQ does not listen."
            time.sleep(0.1)

    def kill(self, *, wipe: bool = False) -> None:
        assert self._process is not None
        kill_all([self._process.pid, *descendants(self._process.pid)])
        self._process.wait()
        if wipe:
            shutil.rmtree(self.folder / "data")

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()


class Service:
    """One of our own processes with its children, started again whenever it ends, as systemd does it."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], logs: Path) -> None:
        self.name, self.starts = name, 0
        self._command, self._environment, self._log = list(command), dict(environment), logs / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = threading.Event()
        self._keeper = threading.Thread(target=self._keep)

    def start(self) -> None:
        self._launch()
        self._keeper.start()

    @property
    def process(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """It and all that belongs to it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process, signal.SIGKILL)

    def stop(self) -> None:
        self._stopped.set()
        if self._process is None:
            return
        self._keeper.join()
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(30)
        self.kill()
        self._process.wait()

    def _launch(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, env=self._environment, cwd=ROOT, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self.starts += 1

    def _keep(self) -> None:
        assert self._process is not None
        while not self._stopped.wait(0.05):
            if self._process.poll() is not None and not self._stopped.wait(RESTART_S):
                self.kill()  # whoever is left of its group
                self._launch()


def open_folder_for(name: str) -> Path:
    """A new folder that the account which runs PostgreSQL can walk into, with a short path for sockets."""
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-"))
    folder.chmod(0o711)
    return folder
