"""The Celery application. Tasks look at the database for what is due; a lost message costs a sweep's wait."""

import os
from pathlib import Path
from typing import Any

from celery import Celery, Task
from celery.signals import worker_ready
from kombu.transport import TRANSPORT_ALIASES

from erpstaging.core.correlation import correlated

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
TRANSPORT_ALIASES["filesystem"] = "erpstaging.demo.file_broker:Transport"


class CorrelatedTask(Task):  # type: ignore[type-arg]
    """A task whose log lines, audit entries and events carry its own id as their correlation id."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with correlated(self.request.id or ""):
            return self.run(*args, **kwargs)


app = Celery("erpstaging", task_cls=CorrelatedTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
def tell_supervisor(**_: Any) -> None:
    """The supervisor of `demo` and `serve` waits for the file that it named."""
    if path := os.environ.get("ERPSTAGING_WORKER_READY_FILE"):
        Path(path).touch()
