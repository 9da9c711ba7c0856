"""The Celery application. Tasks look at the database for what is due; a lost message costs a sweep's wait."""

import gc
import os
from pathlib import Path
from typing import Any

from celery import Celery, Task
from celery.app.amqp import AMQP
from celery.signals import celeryd_init, worker_ready
from kombu import Connection
from kombu.transport import TRANSPORT_ALIASES

from erpstaging.core.correlation import correlated

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
TRANSPORT_ALIASES["filesystem"] = "erpstaging.demo.file_broker:Transport"
RECONNECT_S = 2


class CorrelatedTask(Task):  # type: ignore[type-arg]
    """A task whose log lines, audit entries and events carry its own id as their correlation id."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with correlated(self.request.id or ""):
            return self.run(*args, **kwargs)


class PatientConnection(Connection):
    """A connection to the broker that tries again every two seconds, however long the broker was away.

    The library's own pauses grow to half a minute, and what is overdue has to leave sooner than that.
    """

    def _ensure_connection(  # type: ignore[override]  # whatever pauses a caller asks for, these are ours
        self, errback: Any = None, max_retries: int | None = None, *pauses: float, **how: Any
    ) -> Any:
        how |= {"interval_start": RECONNECT_S, "interval_step": 0, "interval_max": RECONNECT_S}
        return super()._ensure_connection(errback, max_retries, **how)


class PatientAMQP(AMQP):
    Connection = PatientConnection


app = Celery("erpstaging", task_cls=CorrelatedTask, amqp=PatientAMQP)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@celeryd_init.connect
def without_delayed_delivery(**_: Any) -> None:
    """No message of ours waits in the broker, so RabbitMQ need not keep 28 quorum queues for such messages."""
    from celery.worker.consumer import Consumer  # a web process does without the worker's modules

    step = "celery.worker.consumer.delayed_delivery:DelayedDelivery"
    Consumer.Blueprint.default_steps = {one for one in Consumer.Blueprint.default_steps if one != step}


@worker_ready.connect
def get_ready(**_: Any) -> None:
    """The supervisor of `demo` and `serve` waits for the file that it named."""
    gc.freeze()  # as in config/wsgi.py: what is loaded now stays
    if path := os.environ.get("ERPSTAGING_WORKER_READY_FILE"):
        Path(path).touch()
