"""What a refusal looks like on the wire: one mapping from refusals to statuses, one shape for all of them."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from rest_framework import exceptions
from rest_framework.response import Response

from erpstaging.api.error_codes import CODES
from erpstaging.companies.attempts import TooManyAttempts
from erpstaging.core import errors as refusals
from erpstaging.core.correlation import correlation_id

logger = logging.getLogger(__name__)
RETRY_AFTER_S = 5
# Facts that become headers instead of standing in the body.
HEADER_FACTS = {"retry_after", "allow"}


class Unauthorized(refusals.Refused):
    """No token, or one that is not valid."""

    code = "unauthorized"

    def __init__(self, message: str = "The access token is invalid", **facts: Any) -> None:
        super().__init__(message, **facts)


class UnsupportedMediaType(refusals.Refused):
    """The body is not in a form that is read here."""

    code = "unsupported_media_type"


class RateLimited(refusals.Refused):
    """Too many calls; `facts["retry_after"]` is in seconds."""

    code = "rate_limited"


class StillRunning(refusals.Refused):
    """The first call with this idempotency key has not ended yet."""

    code = "idempotency_in_progress"

    def __init__(self) -> None:
        super().__init__("The first call with this idempotency key is still running. Ask again in a moment.")


# The first class that fits decides, so subclasses stand before what they refine.
STATUS: tuple[tuple[type[refusals.Refused], int], ...] = (
    (Unauthorized, 401),
    (UnsupportedMediaType, 415),
    (RateLimited, 429),
    (TooManyAttempts, 429),
    (StillRunning, 409),
    (refusals.BadRequest, 400),
    (refusals.Invalid, 422),
    (refusals.NotPermitted, 403),
    (refusals.NotFound, 404),
    (refusals.Gone, 410),
    (refusals.StaleVersion, 409),
    (refusals.WrongState, 409),
    (refusals.VersionMissing, 428),
    (refusals.TooLarge, 413),
    (refusals.Busy, 503),
    (refusals.Refused, 422),
)
UNREADABLE = (BadRequest, exceptions.ParseError, SuspiciousOperation, UnreadablePostError, MultiPartParserError)
# What `errors` holds where clients of the Procore wire expect a fixed word.
WORDS = {401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}


def status_of(refusal: refusals.Refused) -> int:
    return next(status for kind, status in STATUS if isinstance(refusal, kind))


def error_body(refusal: refusals.Refused, status: int) -> dict[str, Any]:
    """The one shape of an error, with the refusal's own facts beside it."""
    known = CODES.get(refusal.code)
    facts = {name: value for name, value in refusal.facts.items() if name not in HEADER_FACTS}
    return {
        **facts,
        "errors": _errors(refusal, status),
        "message": refusal.message,
        "code": refusal.code,
        "type": f"urn:erpstaging:error:{refusal.code}",
        "title": known.title if known else HTTPStatus(status).phrase,
        "detail": refusal.message,
        "pointers": pointers(refusal.errors),
        "correlation_id": correlation_id(),
        "docs": f"{settings.BASE_URL}/api/errors/{refusal.code}",
    }


def _errors(refusal: refusals.Refused, status: int) -> Any:
    if status in WORDS:
        return WORDS[status]
    if refusal.errors:
        return refusal.errors
    return {"base": [refusal.message]} if status in {400, 422} else refusal.message


def pointers(errors: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    """JSON pointers (RFC 6901) into the object that was sent, one per text: `line_items.0.amount` becomes a path."""
    return [
        {"pointer": "" if field == "base" else "/" + field.replace("~", "~0").replace("/", "~1").replace(".", "/"),
         "detail": text}
        for field, texts in errors.items()
        for text in texts
    ]  # fmt: skip


def error_response(refusal: refusals.Refused, *, status: int | None = None, names_error: bool = False) -> Response:
    """`names_error` adds the `error` object that the webhook calls carry besides."""
    status = status or status_of(refusal)
    body = error_body(refusal, status)
    if names_error:
        body["error"] = {"code": refusal.code, "message": refusal.message}
    response = Response(body, status=status)
    if status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="erpstaging", error="invalid_token"'
    for name, value in retry_after(refusal, status).items():
        response[name] = value
    if status == 405:
        response["Allow"] = ", ".join(refusal.facts.get("allow", ()))
    return response


def retry_after(refusal: refusals.Refused, status: int) -> dict[str, str]:
    """The header that tells when to come back, in seconds, where coming back helps."""
    return {"Retry-After": str(refusal.facts.get("retry_after", RETRY_AFTER_S))} if status in {429, 503} else {}


def as_refusal(exc: Exception) -> refusals.Refused:
    """The refusal that an exception of the framework or the database amounts to; anything else is a fault of ours."""
    if isinstance(exc, refusals.Refused):
        return exc
    if isinstance(exc, Http404):
        return refusals.NotFound()
    if isinstance(exc, (exceptions.NotAuthenticated, exceptions.AuthenticationFailed)):
        return Unauthorized()
    if isinstance(exc, (exceptions.PermissionDenied, PermissionDenied)):
        return refusals.NotPermitted("This is not permitted.", code="forbidden")
    if isinstance(exc, exceptions.UnsupportedMediaType):
        return UnsupportedMediaType("Send application/json in UTF-8.")
    if isinstance(exc, RequestDataTooBig):
        return refusals.TooLarge("The body is too long.")
    if isinstance(exc, UNREADABLE):
        return refusals.BadRequest("The request cannot be read.")
    if isinstance(exc, (OperationalError, InterfaceError)):
        return refusals.Busy("The database cannot be reached. Try again.", code="unavailable")
    return refusals.Refused("The service failed. Quote the correlation id when reporting it.", code="server_error")


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> Response:
    """Django REST framework's hook: every exception of a view ends here and becomes JSON."""
    view = context.get("view")
    if isinstance(exc, exceptions.MethodNotAllowed):
        return method_not_allowed(view.allowed_methods if view else [])
    refusal = as_refusal(exc)
    status = 500 if refusal.code == "server_error" else status_of(refusal)
    if status == 500:
        logger.error("Unhandled exception in %s", type(view).__name__, exc_info=exc)
        # What watches for unhandled exceptions (error reporting, the test client) hears of it all the same.
        got_request_exception.send(sender=type(view), request=getattr(context.get("request"), "_request", None))
    elif refusal.code == "unavailable":
        logger.warning("The database cannot be reached: %s", exc)
    if isinstance(refusal, refusals.StaleVersion) and getattr(view, "version_from_header", False):
        status = 412
    return error_response(refusal, status=status, names_error=getattr(view, "names_error", False))


def method_not_allowed(allowed: Sequence[str]) -> Response:
    refusal = refusals.Refused("The method is not offered here.", code="method_not_allowed", allow=list(allowed))
    return error_response(refusal, status=405)
