"""Views that do as little as a view can, to watch the frame around them."""

from typing import Any, ClassVar

from django.db import OperationalError
from django.urls import include, path
from rest_framework.request import Request
from rest_framework.response import Response

from erpstaging.api.filters import ChoiceFilter, DateFilter, FlagFilter, IntegerFilter, TextFilter, TimeFilter
from erpstaging.api.paths import people_urls, rest_path, rest_urls
from erpstaging.api.urls import urlpatterns as served
from erpstaging.api.views.base import CompanyAPIView, PersonAPIView
from erpstaging.core.errors import Invalid, NotPermitted, Refused, StaleVersion, WrongState
from erpstaging.outbox.events import Fact, record
from erpstaging.outbox.models import Event, EventType


class Probe(CompanyAPIView):
    """Echoes what the frame hands over; a POST leaves an event behind and then refuses if it is told to."""

    requires = frozenset({"member"})
    requires_for = {"DELETE": frozenset({"erp_admin"})}
    direction = "stage"
    object_type = "probe"
    filters = {
        "origin_id": TextFilter("origin_id"),
        "id": IntegerFilter("id"),
        "synced": FlagFilter("synced"),
        "include_deleted": ChoiceFilter("", frozenset({"only", "with"})),
        "issued_on": DateFilter("issued_on"),
        "updated_at": TimeFilter("updated_at"),
    }
    sorts = {"name": "name", "number": "number"}
    refusal: ClassVar[Refused | None] = None
    seen_bodies: ClassVar[list[Any]] = []

    def get(self, request: Request, **ids: int) -> Response:
        answer = {"company": self.company.pk, "actor": self.actor.id, "ids": ids, "lookups": self.lookups}
        return Response({**answer, "sort": self.sort_columns, "page": self.page.number, "per_page": self.page.per_page})

    def post(self, request: Request, **ids: int) -> Response:
        self.seen_bodies.append(self.body)
        record(self.company.pk, self.actor, [Fact("Probe", 1, EventType.CREATE)])
        if self.refusal is not None:
            raise self.refusal
        return Response({"company": self.company.pk, "version": self.seen_version(), "body": self.body}, status=201)

    def delete(self, request: Request, **ids: int) -> Response:
        return Response({"body": self.body})


class Lists(Probe):
    takes_list = True


class Broken(CompanyAPIView):
    requires = frozenset({"member"})

    def get(self, request: Request) -> Response:
        raise ZeroDivisionError("with internals in its text")


class Away(CompanyAPIView):
    requires = frozenset({"member"})

    def get(self, request: Request) -> Response:
        raise OperationalError("could not connect to server")


class Events(CompanyAPIView):
    """A list of real rows, one query each for rows and total."""

    requires = frozenset({"member"})

    def get(self, request: Request) -> Response:
        rows = Event.objects.of(self.company).order_by("id")
        page = self.page
        shown = [{"id": row.pk} for row in rows[page.offset : page.offset + page.per_page]]
        return self.paged(shown, rows.count())


class Undeclared(CompanyAPIView):
    def get(self, request: Request) -> Response:
        raise AssertionError("a view without declared rights was reached")


class PersonProbe(PersonAPIView):
    requires = frozenset({"erp"})

    def get(self, request: Request) -> Response:
        return Response({"actor": self.actor.id, "rights": sorted(self.actor.rights)})

    def post(self, request: Request) -> Response:
        return Response({"body": self.body})


REFUSALS: dict[str, Refused] = {
    "invalid": Invalid.field("name", "is too long"),
    "not_permitted": NotPermitted("You may not."),
    "wrong_state": WrongState("It is over."),
    "stale": StaleVersion("It changed.", version=4, decided_by="Ruth"),
}

urlpatterns = [
    path("", include("erpstaging.core.urls")),
    *rest_urls([
        rest_path("probes", Probe, name="probes"),
        rest_path("probes/<id:probe_id>", Probe, name="probe", versions=("v1.0", "v1.1")),
        rest_path("lists", Lists, name="lists"),
        rest_path("lists/sync", Lists, name="lists-sync"),
        rest_path("broken", Broken, name="broken"),
        rest_path("away", Away, name="away"),
        rest_path("events", Events, name="events"),
        rest_path("undeclared", Undeclared, name="undeclared"),
    ]),
    *people_urls([path("probes", PersonProbe.as_view(), name="person-probes")]),
    *served,
]  # fmt: skip
