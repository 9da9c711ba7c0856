"""One id for everything that a request or task caused, carried through logs, audit entries and answers."""

import logging
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("correlation_id", default="")
_acceptable = re.compile(r"[A-Za-z0-9._:\-]{1,64}")
# https://www.w3.org/TR/trace-context/#traceparent-header: version, trace id, parent id, flags.
_traceparent = re.compile(r"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")


def correlation_id() -> str:
    return _current.get()


@contextmanager
def correlated(given: str = "") -> Iterator[str]:
    """Carry `given` while the block runs, or a new id where it is empty or not printable."""
    chosen = given if _acceptable.fullmatch(given) else uuid.uuid4().hex
    token = _current.set(chosen)
    try:
        yield chosen
    finally:
        _current.reset(token)


def trace_of(traceparent: str) -> str:
    """The trace id of a `traceparent` header; empty where it is none."""
    found = _traceparent.fullmatch(traceparent.strip())
    return found[1] if found else ""


class LogFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.correlation_id = _current.get() or "-"
        return True
