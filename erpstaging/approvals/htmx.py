"""Answers to htmx, which replaces parts of a page that works without it."""

from django.http import HttpRequest, HttpResponseBase

ALERTS = "#alerts"


def is_partial(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of a page. When it restores one from history it wants the whole."""
    htmx = getattr(request, "htmx", None)
    return bool(htmx) and not htmx.history_restore_request


def send_to_alerts(response: HttpResponseBase) -> None:
    """Show the answer at the top of the page, whatever part was asked for."""
    response["HX-Retarget"] = ALERTS
    response["HX-Reswap"] = "innerHTML show:top"
