"""Gives every request its ids."""

import logging
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from erpstaging.core.addresses import PROBES
from erpstaging.core.correlation import correlated, trace_of

GetResponse = Callable[[HttpRequest], HttpResponseBase]
logger = logging.getLogger("erpstaging.requests")
# A probe every few seconds is no news.
UNLOGGED = (*PROBES, "/static/")


class CorrelationMiddleware:
    """Answers carry `X-Request-Id`, unique per request, and the caller's `X-Correlation-ID` or a new one.

    A caller who sends none but a `traceparent` is given the id of his trace. Each request is one line of the log,
    without its query, where some callers keep a secret.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.monotonic()
        given = request.headers.get("X-Correlation-ID", "") or trace_of(request.headers.get("traceparent", ""))
        with correlated(given) as correlation:
            response = self.get_response(request)
            response["X-Request-Id"] = uuid.uuid4().hex
            response["X-Correlation-ID"] = correlation
            if not request.path.startswith(UNLOGGED):
                took = (time.monotonic() - began) * 1000
                # The path comes from outside: quoted, so that it stays one line.
                logger.info("%s %r %s, %.0f ms", request.method, request.path[:300], response.status_code, took)
            return response
