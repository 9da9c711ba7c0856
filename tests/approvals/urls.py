"""The real addresses, and beside them every template filled with samples, for tests that look at pages."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import include, path

from erpstaging.approvals import urls as approvals
from erpstaging.approvals.htmx import is_partial, send_to_alerts
from erpstaging.approvals.messages import Said
from erpstaging.approvals.presenters import News, Totals
from erpstaging.approvals.views import errors
from tests.approvals import samples

Sample = Callable[[HttpRequest], tuple[str, dict[str, Any]]]


def page(template: str, current: str = "Ready to export", **frame: Callable[[], Any]) -> Any:
    def decorate(fill: Callable[[HttpRequest], dict[str, Any]]) -> Callable[[HttpRequest], HttpResponse]:
        def view(request: HttpRequest) -> HttpResponse:
            more = {name: make() for name, make in frame.items()}
            return render(request, template, {"frame": samples.frame(current, **more), **fill(request)})

        return view

    return decorate


@page(
    "approvals/queue.html",
    banners=lambda: [samples.problem_banner()],
    toasts=lambda: [samples.accepted_toast()],
)
def queue(request: HttpRequest) -> dict[str, Any]:
    return {"queue": samples.queue(), "panel_row": "export-1"}


@page("approvals/queue.html", current="Failed to export")
def failed(request: HttpRequest) -> dict[str, Any]:
    rows = samples.failed_rows()
    queue = samples.queue(title="Failed to export", rows=rows, panel=None, filters=(), news=News(), failing=True)
    return {"queue": queue}


@page("approvals/problems.html", current="Problems")
def problems(request: HttpRequest) -> dict[str, Any]:
    return {"list": samples.problems()}


@page("approvals/dashboard.html", current="Overview")
def dashboard(request: HttpRequest) -> dict[str, Any]:
    return {"board": samples.dashboard()}


@page("approvals/queue.html")
def empty(request: HttpRequest) -> dict[str, Any]:
    return {"queue": samples.queue(rows=(), panel=None, empty=samples.nothing_waits(), news=News())}


def detail(request: HttpRequest) -> HttpResponse:
    section = request.GET.get("tab", "fields")
    shown = samples.detail(section, url=request.get_full_path())
    if is_partial(request):
        return render(request, "approvals/panel.html", {"detail": shown, "row": request.GET.get("row", "")})
    return render(request, "approvals/detail.html", {"frame": samples.frame(), "detail": shown})


@page("approvals/detail.html")
def blocked(request: HttpRequest) -> dict[str, Any]:
    return {"detail": samples.blocked_detail()}


@page("approvals/ask.html")
def ask(request: HttpRequest) -> dict[str, Any]:
    return {"ask": samples.reject_reason()}


@page("approvals/items.html", current="My items")
def mine(request: HttpRequest) -> dict[str, Any]:
    return {"items": samples.items()}


@page("approvals/home.html", current="")
def home(request: HttpRequest) -> dict[str, Any]:
    return {"home": samples.home()}


@page("approvals/record_form.html", current="My items")
def form(request: HttpRequest) -> dict[str, Any]:
    return {"form": samples.contract_form()}


@page("approvals/record_form.html", current="My items")
def waiting(request: HttpRequest) -> dict[str, Any]:
    return {"form": samples.waiting_form()}


def act(request: HttpRequest, key: str, word: str) -> HttpResponse:
    """Answers as a decision's view does: the form it asks for, the row redrawn, or without htmx the list again."""
    row = next((one for one in samples.export_rows() if one.key == key), samples.export_rows()[0])
    asked = samples.reject_reason(key=key) if word == "reject" else samples.accept_inputs(key)
    if request.method == "GET":
        if not is_partial(request):
            return render(request, "approvals/ask.html", {"frame": samples.frame(), "ask": asked})
        template = "approvals/ask_dialog.html" if word == "reject" else "approvals/ask_below.html"
        return render(request, template, {"ask": asked})
    if word == "reject" and len(request.POST.get("reason", "")) < 3:
        field = replace(asked.fields[0], errors=["Say why, in 3 characters or more."])
        asked = replace(asked, fields=[field, *asked.fields[1:]])
        if not is_partial(request):
            return render(request, "approvals/ask.html", {"frame": samples.frame(), "ask": asked}, status=422)
        response = render(request, "approvals/ask_dialog.html", {"ask": asked}, status=422)
        response["HX-Retarget"], response["HX-Reswap"] = "#dialog", "innerHTML"
        return response
    if not is_partial(request):
        return HttpResponseRedirect(request.POST.get("next") or "/sample/queue/")
    if word == "stale":
        response = render(request, "approvals/refused.html", {"banner": samples.stale_banner()}, status=409)
        send_to_alerts(response)
        return response
    done = replace(row, outcome=f"{word}ed by you", ask=None, current=False, selected=False)
    said = Said(toasts=[replace(samples.accepted_toast(), text=f"{word.title()}ed {row.number}")])
    context = {"row": done, "selectable": True, "said": said, "frame": samples.frame(), "totals": Totals(40)}
    return render(request, "approvals/row_decided.html", context)


SAMPLES = {
    "queue": queue,
    "failed": failed,
    "problems": problems,
    "dashboard": dashboard,
    "empty": empty,
    "detail": detail,
    "blocked": blocked,
    "ask": ask,
    "mine": mine,
    "home": home,
    "form": form,
    "waiting": waiting,
}

urlpatterns = [
    path("", include(approvals)),
    path("acts/<slug:key>/<slug:word>/", act),
    *(path(f"sample/{name}/", view) for name, view in SAMPLES.items()),
]
handler404 = errors.not_found
handler500 = errors.server_error
