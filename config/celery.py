"""The Celery application. Tasks look at the database for what is due; a lost message costs a sweep's wait."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("erpstaging")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
