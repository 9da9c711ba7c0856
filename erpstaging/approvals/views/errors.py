"""Pages for what went wrong: plain words first, what to do next, the code in small print."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from erpstaging.approvals.htmx import is_partial, send_to_alerts
from erpstaging.approvals.presenters import Banner, Empty, Link
from erpstaging.core.correlation import correlation_id
from erpstaging.core.errors import Refused


def _to_the_queue() -> list[Link]:
    return [Link(_("Work queue"), "/queue/")]


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    empty = Empty(
        title=_("This page does not exist."),
        text=_("The address is wrong, or what it leads to is gone, or belongs to a company you are no member of."),
        icon="search",
        links=_to_the_queue(),
    )
    return _answer(request, 404, empty, "not_found")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """`reason` is for developers; people can do one thing: load the page again."""
    empty = Empty(
        title=_("The form was too old, so nothing was done."),
        text=_("You signed in or out in another window since the page was opened. Open it again and repeat the act."),
        icon="refresh",
        links=_to_the_queue(),
    )
    return _answer(request, 403, empty, "csrf_failed")


def refused(request: HttpRequest, refusal: Refused, status: int) -> HttpResponse:
    """A page that cannot be shown, with the reason."""
    texts = [text for texts in refusal.errors.values() for text in texts if text != refusal.message]
    icon = "lock" if status == 403 else "search" if status == 404 else "problem"
    empty = Empty(title=refusal.message, text=" ".join(texts), icon=icon, links=_to_the_queue())
    return _answer(request, status, empty, refusal.code)


def server_error(request: HttpRequest) -> HttpResponse:
    """A bug of ours, or a database that is away: so no query, no session, no user."""
    banner = Banner(
        tone="red",
        icon="x",
        title=_("Something went wrong on our side."),
        text=_("What you asked for was not done. Try again; if it stays, tell your administrator the code below."),
        code="server_error",
        correlation_id=correlation_id(),
    )
    if is_partial(request):
        response = HttpResponse(render_to_string("approvals/refused.html", {"banner": banner}), status=500)
        send_to_alerts(response)
        return response
    empty = Empty(title=banner.title, text=banner.text, icon="problem", links=_to_the_queue())
    context = {"empty": empty, "code": banner.code, "correlation_id": banner.correlation_id}
    return HttpResponse(render_to_string("errors/error.html", context), status=500)


def _answer(request: HttpRequest, status: int, empty: Empty, code: str) -> HttpResponse:
    correlation = correlation_id()
    if not is_partial(request):
        context = {"empty": empty, "code": code, "correlation_id": correlation}
        return render(request, "errors/error.html", context, status=status)
    banner = Banner(tone="red", icon="x", title=empty.title, text=empty.text, code=code, correlation_id=correlation)
    response = render(request, "approvals/refused.html", {"banner": banner}, status=status)
    send_to_alerts(response)
    return response
