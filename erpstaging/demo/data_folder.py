"""The folder below which an installation without servers of its own keeps all its state."""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

Kind = Literal["demo", "serve"]

MARKER, LOCK, SECRET_KEY, ADDRESSES = "installation.json", "lock", "secret_key", "database.json"
# The child that brings the database up to date leaves this file when it has.
UPGRADED_FILE = "upgraded"
# What may lie in a folder that we have not marked yet: settings may name it before the first start.
WELCOME = {MARKER, LOCK, SECRET_KEY, ADDRESSES, "mail"}


class FolderTrouble(Exception):
    """The folder is somebody else's, in use, or holds another kind of installation."""


class DataFolder:
    """One installation's folder. A marker says what it holds, a lock that it runs."""

    def __init__(self, path: Path, kind: Kind) -> None:
        self.path, self.kind = path.resolve(), kind
        self.postgres, self.logs = self.path / "postgres", self.path / "log"
        self.credentials = self.path / "demo_credentials.json"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Make the folder, or check that it is ours, and keep every other supervisor out while the block runs.

        Raises FolderTrouble.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        self._refuse_strangers()
        with (self.path / LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise FolderTrouble(f"An installation already runs in {self.path}.") from None
            self._mark()
            yield

    def reset(self) -> None:
        """Remove everything in the folder but its lock and marker. Called while it is held, and so known as ours."""
        for entry in self.path.iterdir():
            if entry.name in {LOCK, MARKER}:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()

    def prepare(self) -> None:
        """Make what the processes expect to find. Undelivered messages are dropped: the database knows what is due."""
        shutil.rmtree(self.path / "broker", ignore_errors=True)
        for name in ("broker", "broker/queue", "broker/control", "log", "mail"):
            (self.path / name).mkdir(mode=0o700, exist_ok=True)
        if not (self.path / SECRET_KEY).exists():
            write_private(self.path / SECRET_KEY, secrets.token_urlsafe(64))

    @contextmanager
    def addresses_shown(self, addresses: dict[str, str]) -> Iterator[None]:
        """Let settings find the running embedded server, as long as the block runs."""
        write_private(self.path / ADDRESSES, json.dumps(addresses))
        try:
            yield
        finally:
            with contextlib.suppress(FileNotFoundError):
                (self.path / ADDRESSES).unlink()

    def _refuse_strangers(self) -> None:
        marker = self._marker()
        if marker is None:
            strange = sorted(entry.name for entry in self.path.iterdir() if entry.name not in WELCOME)
            if strange:
                raise FolderTrouble(
                    f"{self.path} is not empty and was not made by erpstaging (it holds {', '.join(strange[:3])})."
                )
        elif marker.get("kind") != self.kind:
            raise FolderTrouble(f"{self.path} holds an installation made by `{marker.get('kind')}`, not `{self.kind}`.")

    def _marker(self) -> dict[str, Any] | None:
        try:
            marker = json.loads((self.path / MARKER).read_text())
        except FileNotFoundError:
            return None
        except ValueError:
            marker = None
        return marker if isinstance(marker, dict) else {}

    def _mark(self) -> None:
        if self._marker() is None:
            (self.path / MARKER).write_text(json.dumps({"made_by": "erpstaging", "kind": self.kind}))


def write_private(path: Path, content: str) -> None:
    """Write a file that only this account may read, whole or not at all."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(content)
    unfinished.replace(path)
