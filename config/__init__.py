"""Wiring: settings, URLs, WSGI and Celery. No rule of the product lives here."""

import gc

# Loading makes some hundred thousand objects that all stay. At the collector's own pace that costs a tenth of every
# start, and a call with many elements as much; what a request leaves in circles is still small when it is collected.
gc.set_threshold(20_000, 20, 20)

from config.celery import app as celery_app  # noqa: E402 - nothing is loaded before

__all__ = ["celery_app"]
