"""What goes on while processes are killed: people who send and decide, and who hears of it. All of it is journaled.

A journal line is on the disk before its caller goes on, so whatever it says happened, even to a run that breaks off.
"""

import itertools
import json
import os
import threading
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import requests

from tests.fixtures.demo import Demo, PersonSession
from tests.fixtures.receiver import OK, Received, Reply

PASSING = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
AGAIN_S = 0.1
GIVEN_UP_S = 300
NAME = "Rig vendor"
# Of so many vendors the last is rejected, and one is accepted with time to undo, so that a sweep lets it out.
CYCLE, REJECTED, RELEASED_LATER = 5, 4, 2


class Journal:
    """A file of JSON lines, each written through to the disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("a")
        self._lock = threading.Lock()

    def write(self, **line: Any) -> None:
        text = json.dumps({"at": time.time(), **line})
        with self._lock:
            self._file.write(text + "\n")
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()

    def lines(self) -> Iterator[dict[str, Any]]:
        with self.path.open() as file:
            yield from map(json.loads, file)


class Heard:
    """A receiver's behaviour: it has the notification on the disk before it says yes."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def __call__(self, request: Received) -> Reply:
        event = request.event
        self._journal.write(
            hook=request.path,
            webhook_id=request.headers["webhook-id"],
            event_id=event["id"],
            ulid=event["ulid"],
            request_id=event["resource_id"],
        )
        return OK


class Writes:
    """When calls that write were begun and answered, by the monotonic clock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answered: list[tuple[float, float]] = []
        self.retried = 0
        self.crashes: list[str] = []

    def answered(self, began: float) -> None:
        with self._lock:
            self._answered.append((began, time.monotonic()))

    def __len__(self) -> int:
        return len(self._answered)

    def resumed_at(self, moment: float) -> float | None:
        """When the first call was answered that began after a moment."""
        with self._lock:
            ends = [end for began, end in self._answered if began >= moment]
        return min(ends, default=None)


class Caller:
    """Somebody's writes, each under an idempotency key of its own, repeated until it is answered."""

    def __init__(self, session: PersonSession, journal: Journal, writes: Writes) -> None:
        self._session, self._journal, self._writes = session, journal, writes

    def call(self, key: str, path: str, body: Any = None) -> tuple[int, Any]:
        """The status and what was said. Raises AssertionError when nothing was for a long time."""
        self._journal.write(key=key, wants=path)
        end = time.monotonic() + GIVEN_UP_S
        while time.monotonic() < end:
            began = time.monotonic()
            answer = self._once(key, path, body)
            if isinstance(answer, requests.Response):
                self._writes.answered(began)
                said = answer.json()
                self._journal.write(key=key, status=answer.status_code, said=said)
                return answer.status_code, said
            self._journal.write(key=key, again=answer)
            self._writes.retried += 1
            time.sleep(AGAIN_S)
        raise AssertionError(f"{key} ({path}) was not answered for {GIVEN_UP_S} s.")

    def _once(self, key: str, path: str, body: Any) -> requests.Response | str:
        """The answer, or why there is none yet."""
        self._session.headers["Idempotency-Key"] = key
        try:
            answer = self._session.call("POST", path, body)
        except requests.RequestException as exc:
            return type(exc).__name__
        if answer.status_code in PASSING:
            return str(answer.status_code)
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self._writes.crashes.append(f"{path}: {answer.status_code} {answer.text[:300]}")
            return str(answer.status_code)
        if answer.status_code == HTTPStatus.CONFLICT and answer.json().get("code") == "idempotency_in_progress":
            return "idempotency_in_progress"
        return answer


class Desk(threading.Thread):
    """A project person who makes vendors and sends them, and the approver who decides, until told to stop."""

    def __init__(self, demo: Demo, numbers: "itertools.count[int]", journal: Journal, writes: Writes) -> None:
        super().__init__(name="desk")
        self._numbers, self._journal = numbers, journal
        self._sender = Caller(demo.person("project_user"), journal, writes)
        self._approver = Caller(demo.person("approver"), journal, writes)
        self._stopped = threading.Event()
        self.trouble = ""

    def stop(self) -> None:
        self._stopped.set()

    def run(self) -> None:
        try:
            while not self._stopped.is_set():
                self._see_through(next(self._numbers))
        except Exception as exc:
            self.trouble = f"{type(exc).__name__}: {exc}"

    def _see_through(self, number: int) -> None:
        key, name = f"rig-{number}", f"{NAME} {number}"
        made = self._expect(self._sender, f"{key}-make", "records", {"item_type": "vendor", "data": {"name": name}})
        sent = self._expect(self._sender, f"{key}-send", f"records/{made['id']}/send_to_erp")
        export, version = f"exports/{sent['export_id']}", sent["version"]
        # Who saw something else is refused, and nothing may come of it.
        status, said = self._approver.call(f"{key}-stale", f"{export}/accept", self._yes(number, version + 1))
        assert status == HTTPStatus.CONFLICT, said
        if number % CYCLE == REJECTED:
            self._expect(self._approver, f"{key}-no", f"{export}/reject", {"reason": "Not ours", "version": version})
            decided = "rejected"
        else:
            undo = {"undo_seconds": 1} if number % CYCLE == RELEASED_LATER else {}
            self._expect(self._approver, f"{key}-yes", f"{export}/accept", self._yes(number, version) | undo)
            decided = "accepted"
        self._journal.write(name=name, record_id=made["id"], export_id=sent["export_id"], decided=decided)

    def _yes(self, number: int, version: int) -> dict[str, Any]:
        return {"version": version, "confirm": True, "code": f"RIG-{number}"}

    def _expect(self, caller: Caller, key: str, path: str, body: Any = None) -> Any:
        status, said = caller.call(key, path, body)
        assert status < HTTPStatus.BAD_REQUEST, f"{path}: {status} {said}"
        return said
