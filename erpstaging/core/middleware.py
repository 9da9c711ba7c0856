"""Gives every request its ids."""

import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from erpstaging.core.correlation import correlated

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class CorrelationMiddleware:
    """Answers carry `X-Request-Id`, unique per request, and the caller's `X-Correlation-ID` or a new one."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with correlated(request.headers.get("X-Correlation-ID", "")) as correlation:
            response = self.get_response(request)
            response["X-Request-Id"] = uuid.uuid4().hex
            response["X-Correlation-ID"] = correlation
            return response
