"""django-webhook as its users run it: one Celery task per delivery, in a worker and tables of its own.

`python -m tests.bench.rival migrate` makes the tables; the Celery application is `tests.bench.rival:app`. Both read
DATABASE_URL and CELERY_BROKER_URL.
"""

import os
import sys

import django
from celery import Celery
from django.conf import settings

from config import environment

settings.configure(
    DATABASES={"default": {**environment.database(os.environ["DATABASE_URL"]), "CONN_MAX_AGE": None}},
    INSTALLED_APPS=["django_webhook"],
    DJANGO_WEBHOOK={"MODELS": []},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
)
django.setup()
app = Celery("rival", broker=os.environ["CELERY_BROKER_URL"])
app.conf.update(task_default_queue="rival", task_ignore_result=True, imports=["django_webhook.tasks"])
app.set_default()

if __name__ == "__main__":
    from django.core.management import call_command

    call_command(sys.argv[1], verbosity=0)
