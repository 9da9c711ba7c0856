"""Workers as processes: each line on standard input forks one, whose id is printed; it sweeps until it is killed."""

import os
import signal
import sys
import time

import django

django.setup()

from erpstaging.hooks.tasks import work  # noqa: E402 - models need the set-up


def sweep_while(parent: int) -> None:
    while os.getppid() == parent:
        work()
        time.sleep(0.02)


# The set-up of Django takes longer than all of a worker's life in these tests, so it is done once. Nothing that a fork
# would share exists yet: no connection, no thread.
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for _ in sys.stdin:
    parent = os.getpid()
    worker = os.fork()
    if worker == 0:
        sweep_while(parent)
        os._exit(0)
    print(worker, flush=True)  # noqa: T201 - the test reads it
