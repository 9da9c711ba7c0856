"""Errors a machine can use: one shape, one list of codes."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404
from django.test import Client
from rest_framework import exceptions

import erpstaging
from erpstaging.api.error_codes import CODES
from erpstaging.api.errors import STATUS, error_body, exception_handler, pointers, status_of
from erpstaging.api.openapi import _components
from erpstaging.core import errors as refusals
from erpstaging.core.correlation import correlated
from erpstaging.core.errors import BadRequest, Busy, Invalid, NotFound, NotPermitted, Refused, StaleVersion
from tests.api.conftest import ApiClient

pytestmark = pytest.mark.django_db


@pytest.mark.capability("DX-05")
@pytest.mark.parametrize(
    ("raised", "status", "errors"),
    [
        (BadRequest("no", errors={"page": ["is invalid"]}), 400, {"page": ["is invalid"]}),
        (BadRequest("no JSON"), 400, {"base": ["no JSON"]}),
        (exceptions.ParseError(), 400, {"base": ["The request cannot be read."]}),
        (SuspiciousOperation("internal"), 400, {"base": ["The request cannot be read."]}),
        (exceptions.NotAuthenticated(), 401, "Unauthorized"),
        (NotPermitted("You may not."), 403, "Forbidden"),
        (exceptions.PermissionDenied(), 403, "Forbidden"),
        (DjangoPermissionDenied(), 403, "Forbidden"),
        (NotFound(), 404, "Not Found"),
        (Http404("internal"), 404, "Not Found"),
        (exceptions.MethodNotAllowed("PUT"), 405, "The method is not offered here."),
        (StaleVersion("It changed."), 409, "It changed."),
        (refusals.WrongState("It is over."), 409, "It is over."),
        (refusals.TooLarge("Too many."), 413, "Too many."),
        (exceptions.UnsupportedMediaType("text/xml"), 415, "Send application/json in UTF-8."),
        (Invalid.field("name", "is too long"), 422, {"name": ["is too long"]}),
        (Invalid("Nothing fits."), 422, {"base": ["Nothing fits."]}),
        (refusals.VersionMissing("Name the version.", version=3), 428, "Name the version."),
        (ZeroDivisionError("internal"), 500, "The service failed. Quote the correlation id when reporting it."),
        (Busy("Busy."), 503, "Busy."),
        (OperationalError("internal"), 503, "The database cannot be reached. Try again."),
        (InterfaceError("internal"), 503, "The database cannot be reached. Try again."),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_every_exception_becomes_the_one_shape(raised: Exception, status: int, errors: Any) -> None:
    with correlated("call-1"):
        try:
            raise raised
        except Exception as exc:
            response = exception_handler(exc, {})

    assert response.status_code == status
    assert response.data["errors"] == errors
    assert response.data["correlation_id"] == "call-1"
    jsonschema.validate(response.data, _components["Error"])
    assert response.data["code"] in CODES
    assert response.data["docs"] == f"{settings.BASE_URL}/api/errors/{response.data['code']}"
    assert "internal" not in str(response.data)
    assert ("Retry-After" in response) == (status == 503)


def test_facts_of_a_refusal_stand_beside_the_error() -> None:
    body = error_body(StaleVersion("It changed.", version=4, decided_by="Ruth"), 409)

    assert (body["version"], body["decided_by"], body["code"]) == (4, "Ruth", "stale_version")


def test_facts_never_hide_the_error_itself() -> None:
    assert error_body(Refused("No.", title="A project"), 422)["title"] == "Refused"


def test_pointers_lead_into_the_object_that_was_sent() -> None:
    found = pointers({"line_items.0.amount": ["is wrong", "is late"], "base": ["is odd"], "a/b~c": ["?"]})

    assert found == [
        {"pointer": "/line_items/0/amount", "detail": "is wrong"},
        {"pointer": "/line_items/0/amount", "detail": "is late"},
        {"pointer": "", "detail": "is odd"},
        {"pointer": "/a~1b~0c", "detail": "?"},
    ]


def _subclasses(kind: type) -> Iterator[type]:
    for each in kind.__subclasses__():
        yield each
        yield from _subclasses(each)


def test_every_kind_of_refusal_has_a_status_and_subclasses_come_first() -> None:
    for kind in _subclasses(Refused):
        refusal = kind.__new__(kind)
        (nearest, *_) = (listed for listed in kind.__mro__ if listed in {each for each, _ in STATUS})
        assert status_of(refusal) == dict(STATUS)[nearest], kind


def _codes_in_the_source() -> Iterator[tuple[str, str]]:
    """Every `code="..."` and `code = "..."` of the service, with its place."""
    for path in sorted(Path(erpstaging.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            values: list[ast.expr] = []
            if isinstance(node, ast.Call) and _makes_refusal(node.func):
                values = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            elif isinstance(node, ast.ClassDef) and any(_makes_refusal(base) for base in node.bases):
                values = [
                    statement.value
                    for statement in node.body
                    if isinstance(statement, ast.Assign) and getattr(statement.targets[0], "id", "") == "code"
                ]
            for value in values:
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield value.value, f"{path.name}:{value.lineno}"


def _makes_refusal(node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute) and node.attr == "field":
        return _makes_refusal(node.value)
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name == "Refused" or name in {kind.__name__ for kind in _subclasses(Refused)}


@pytest.mark.capability("DX-05")
def test_every_code_of_the_source_is_in_the_list() -> None:
    missing = {code: place for code, place in _codes_in_the_source() if code not in CODES}

    assert missing == {}


@pytest.mark.capability("DX-05")
def test_the_list_of_codes_can_be_read(client: Client) -> None:
    assert client.get("/api/errors").json()["locked"]["title"] == "Locked"
    assert client.get("/api/errors/not_found").json()["code"] == "not_found"
    assert client.get("/api/errors/no-such-code").status_code == 404


@pytest.mark.parametrize(
    "path", ["/rest/v1.0/nothing", "/rest/", "/rest", "/vapid/x", "/oauth/x", "/api/x", "/rest/../x"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "DELETE"])
def test_an_unknown_address_is_404_in_json(client: Client, path: str, method: str) -> None:
    answer = client.generic(method, path, headers={"Accept": "text/html"})

    assert (answer.status_code, answer.json()["errors"]) == (404, "Not Found")
    assert answer["Content-Type"] == "application/json; charset=utf-8"


def test_an_unknown_host_name_is_400_in_json(client: Client) -> None:
    answer = client.get("/rest/v1.0/me", headers={"Host": "evil.example"})

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert b"evil" not in answer.content
    assert answer["Content-Length"] == str(len(answer.content))


def test_plain_http_is_refused_where_the_service_is_served_by_https(api: ApiClient, settings: Any) -> None:
    settings.SECURE = True

    answer = api("GET", "/rest/v1.0/me")

    assert (answer.status_code, answer.json()["code"]) == (403, "https_required")
    assert api.client.get("/rest/v1.0/me", secure=True).status_code == 401


def test_a_forwarded_scheme_is_believed_only_of_our_own_proxy(api: ApiClient, settings: Any) -> None:
    settings.SECURE = True
    spoofed = {"X_Forwarded_Proto": "https"}

    assert api("GET", "/rest/v1.0/me", **spoofed).status_code == 403
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert api("GET", "/rest/v1.0/me", **spoofed).status_code == 200
