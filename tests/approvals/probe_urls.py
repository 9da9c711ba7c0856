"""The real addresses, and a page of a company that does as a test tells it."""

import datetime as dt
from collections.abc import Callable
from typing import ClassVar

from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import include, path
from django.utils import timezone
from django.utils.functional import lazystr

from erpstaging.approvals import urls as approvals
from erpstaging.approvals.messages import undo_button
from erpstaging.approvals.presenters import ItemList, Toast
from erpstaging.approvals.views import errors
from erpstaging.approvals.views.base import CompanyView
from erpstaging.companies.models import Company
from erpstaging.core.errors import Invalid, NotFound, NotPermitted, Refused, StaleVersion
from tests.approvals import samples


class DeadlockFound(OperationalError):
    """As psycopg's, which carries PostgreSQL's code on its cause."""

    def __init__(self) -> None:
        super().__init__("deadlock detected")
        self.__cause__ = type("Cause", (Exception,), {"sqlstate": "40P01"})()


REFUSALS: dict[str, Callable[[], Refused]] = {
    "stale": lambda: StaleVersion("Priya Nair changed it at 10:42."),
    "invalid": lambda: Invalid.field("title", "is too long"),
    "forbidden": lambda: NotPermitted("Accepting needs the right to push to accounting."),
    "missing": NotFound,
}


def scope_now() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('erpstaging.company', true)")
        (company,) = cursor.fetchone()
    return f"company {company} at {timezone.get_current_timezone_name()}"


class AtRendering:
    """A title that asks the database when the template prints it."""

    def __str__(self) -> str:
        return scope_now()


class Probe(CompanyView):
    deadlocks: ClassVar[list[str]] = []
    object_type = "staged_export"

    def get(self, request: HttpRequest, number: int = 0) -> HttpResponseBase:
        self._maybe_refuse(request.GET)
        return self.page("approvals/items.html", {"items": ItemList(title=lazystr(AtRendering()))})

    def post(self, request: HttpRequest, number: int = 0) -> HttpResponseBase:
        Company.objects.filter(pk=self.company.pk).update(name="Renamed")
        until = timezone.now() + dt.timedelta(seconds=10)
        self.say(Toast(text="Renamed", undo=undo_button("/undo/", 2), undo_until=until))
        self._maybe_refuse(request.POST)
        if self.deadlocks:
            self.deadlocks.pop()
            raise DeadlockFound
        if request.htmx:
            row = samples.row("export-1", "SC-1", "Steel", money=None, hours=1)
            return self.part("approvals/row_decided.html", {"row": row})
        return self.back()

    def _maybe_refuse(self, asked: dict[str, str]) -> None:
        if asked.get("refuse"):
            raise REFUSALS[asked["refuse"]]()


def stand_in(request: HttpRequest, company_id: int) -> HttpResponse:
    return HttpResponse(request.path)


def broken(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


pages = [
    *approvals.urlpatterns,
    path("c/<int:company_id>/queue/", stand_in, name="queue"),
    path("c/<int:company_id>/records/", stand_in, name="records"),
    path("c/<int:company_id>/probe/", Probe.as_view(), name="probe"),
    path("c/<int:company_id>/probe/<int:number>/", Probe.as_view()),
]
urlpatterns = [path("", include((pages, "approvals"))), path("broken/", broken)]
handler404 = errors.not_found
handler500 = errors.server_error
