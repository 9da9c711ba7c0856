"""The service's own web and worker processes, with named points at which they can be made to kill themselves.

    granian --interface wsgi tests.faults.crash_points:application
    celery --app tests.faults.crash_points worker

Whoever wants a process to die at a point makes a file of the point's name in the folder `ERPSTAGING_CRASH_FOLDER`. The
first process that comes to the point takes the file away and ends by SIGKILL: nothing of it runs any more.
"""

import functools
import os
import signal
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from celery.signals import worker_init
from django.db.backends.base.base import BaseDatabaseWrapper

from config.celery import app

WEB = ("web.in_release", "web.before_commit", "web.after_commit", "web.before_answer")
WORKER = (
    "worker.in_dispatch",
    "worker.before_commit",
    "worker.after_commit",
    "worker.before_post",
    "worker.after_post",
    "worker.after_outcome",
)

__all__ = ["app"]


def die_at(point: str) -> None:
    """End here when somebody asked for it."""
    folder = Path(os.environ["ERPSTAGING_CRASH_FOLDER"])
    try:
        (folder / point).rename(folder / f"{point}.reached-by-{os.getpid()}")
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def around(owner: Any, name: str, *, before: str = "", after: str = "") -> None:
    """Put points before and after a function or method."""
    function: Callable[..., Any] = getattr(owner, name)

    @functools.wraps(function)
    def with_points(*args: Any, **kwargs: Any) -> Any:
        if before:
            die_at(before)
        result = function(*args, **kwargs)
        if after:
            die_at(after)
        return result

    setattr(owner, name, with_points)


def around_commits(kind: str, *, of_tellers_only: bool) -> None:
    """Points before and after every commit, or every one that wakes somebody: such a command has written an event."""
    commit = BaseDatabaseWrapper.commit

    def with_points(self: BaseDatabaseWrapper) -> None:
        counts = bool(self.run_on_commit) or not of_tellers_only
        if counts:
            die_at(f"{kind}.before_commit")
        commit(self)
        if counts:
            die_at(f"{kind}.after_commit")

    BaseDatabaseWrapper.commit = with_points  # type: ignore[method-assign]


@worker_init.connect
def prepare_worker(**_: Any) -> None:
    from erpstaging.hooks import delivery, dispatch, leases  # the set-up of Django comes first

    around_commits("worker", of_tellers_only=False)
    around(dispatch, "body", before="worker.in_dispatch")
    around(delivery.Post, "attempt", before="worker.before_post", after="worker.after_post")
    around(leases, "conclude", after="worker.after_outcome")


def _web_application() -> Callable[..., Iterable[bytes]]:
    from config.wsgi import application as served
    from erpstaging.staging import releasing

    around_commits("web", of_tellers_only=True)
    around(releasing, "open_erp_requests", after="web.in_release")

    def with_points(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = served(environ, start_response)
        if environ["REQUEST_METHOD"] == "POST":
            die_at("web.before_answer")
        return answer

    return with_points


def __getattr__(name: str) -> Any:
    """The web application is made where it is served; the worker does without it."""
    if name == "application":
        return _web_application()
    raise AttributeError(name)
