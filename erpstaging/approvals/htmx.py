"""Answers to htmx, which replaces parts of a page that works without it."""

from django.http import HttpRequest, HttpResponseBase
from django_htmx.middleware import HtmxDetails

ALERTS = "#alerts"


def htmx_of(request: HttpRequest) -> HtmxDetails | None:
    """What htmx says of its request; None for a request that is not its own, or never met the middleware."""
    details = getattr(request, "htmx", None)
    return details if isinstance(details, HtmxDetails) and details else None


def is_partial(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of a page. When it restores one from history it wants the whole."""
    details = htmx_of(request)
    return details is not None and not details.history_restore_request


def send_to_alerts(response: HttpResponseBase) -> None:
    """Show the answer at the top of the page, whatever part was asked for."""
    response["HX-Retarget"] = ALERTS
    response["HX-Reswap"] = "innerHTML show:top"
