"""What surrounds the API's views: nothing below its prefixes is answered but in JSON, and in production over HTTPS."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from erpstaging.api.errors import error_body, retry_after
from erpstaging.api.renderers import to_json
from erpstaging.core.addresses import API
from erpstaging.core.errors import Refused

# What Django answers by itself when a request does not reach a view, or when even the view's own net broke.
FALLBACKS = {
    400: ("bad_request", "The request cannot be read, or its host name is not ours."),
    403: ("forbidden", "This is not permitted."),
    404: ("not_found", "Not found."),
    405: ("method_not_allowed", "The method is not offered here."),
    500: ("server_error", "The service failed. Quote the correlation id when reporting it."),
}


class ApiMiddleware:
    """Errors that no view made become JSON; calls over plain HTTP are refused where the service is served by HTTPS.

    They are refused and not redirected: the token has crossed the wire in the open by then, and its owner should know.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(API):
            return self.get_response(request)
        if settings.SECURE and not request.is_secure():
            return plain_error(Refused("Use https.", code="https_required"), 403)
        response = self.get_response(request)
        is_json = response.headers.get("Content-Type", "").startswith("application/json")
        if response.status_code < 400 or is_json:
            return response
        code, message = FALLBACKS.get(response.status_code, ("server_error", response.reason_phrase))
        return plain_error(Refused(message, code=code), response.status_code)


def plain_error(refusal: Refused, status: int) -> HttpResponse:
    """An error of the one shape, made outside any view, and outside the middleware that counts bytes."""
    body = to_json(error_body(refusal, status))
    headers = {"Cache-Control": "no-store", "Content-Length": str(len(body)), **retry_after(refusal, status)}
    return HttpResponse(body, status=status, content_type="application/json; charset=utf-8", headers=headers)
