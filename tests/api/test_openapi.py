"""The description is complete and true."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from django.test import Client
from drf_spectacular.validation import validate_schema
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from erpstaging.api.views.docs import description
from erpstaging.companies.models import Company
from tests.api.conftest import ApiClient
from tests.api.routes import Route, routes

DESCRIBED = [route for route in routes() if not route.template.startswith("vapid/")]


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in description()["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def test_the_description_is_valid_openapi() -> None:
    assert description()["openapi"] == "3.1.0"
    validate_schema(description())  # type: ignore[no-untyped-call]


@pytest.mark.capability("DX-01")
@pytest.mark.parametrize("route", DESCRIBED, ids=str)
def test_every_route_has_an_entry_for_each_of_its_methods(route: Route) -> None:
    described = description()["paths"]["/" + route.template]

    assert {method.upper() for method in described} == set(route.methods)


def test_nothing_is_described_that_is_not_served() -> None:
    served = {("/" + route.template, method) for route in routes() for method in route.methods}

    assert {(path, method) for path, method, _ in operations()} <= served


def test_every_operation_has_an_id_of_its_own_and_a_summary() -> None:
    ids = [operation["operationId"] for _, _, operation in operations()]

    assert len(ids) == len(set(ids))
    assert all(operation["summary"] for _, _, operation in operations())


def test_every_operation_says_what_its_token_needs_and_what_errors_look_like() -> None:
    for path, method, operation in operations():
        if path not in {"/oauth/token", "/oauth/revoke"}:
            assert {"oauth2": ["read" if method == "GET" else "write"]} in operation["security"], path
        for status, answer in operation["responses"].items():
            if not status.startswith("2"):
                schema = answer["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Error"}
        assert "default" in operation["responses"]


def test_every_reference_leads_somewhere() -> None:
    components = description()["components"]["schemas"]
    text = json.dumps(description())

    named = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert named <= set(components)


@pytest.mark.capability("DX-01")
@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("/rest/v1.0/companies", "/rest/v1.0/companies"),
        ("/rest/v1.0/me", "/rest/v1.0/me"),
        ("/rest/v1.0/companies/{company_id}/me", "/rest/v1.0/companies/{c}/me"),
        ("/oauth/token/info", "/oauth/token/info"),
    ],
)
def test_answers_are_what_the_description_says(api: ApiClient, company: Company, template: str, path: str) -> None:
    described = description()["paths"][template]["get"]["responses"]

    for token, status in ((api.token, "200"), ("wrong", "401")):
        answer = api("GET", path.format(c=company.pk), Authorization=f"Bearer {token}")

        assert str(answer.status_code) == status
        _validate(answer.json(), described[status]["content"]["application/json"]["schema"])


def _validate(value: Any, schema: dict[str, Any]) -> None:
    whole = Resource(contents=description(), specification=DRAFT202012)
    registry = Registry().with_resource("urn:description", whole)
    pointed = json.loads(json.dumps(schema).replace('"#/', '"urn:description#/'))
    jsonschema.Draft202012Validator(pointed, registry=registry).validate(value)


def test_the_description_can_be_read_by_anybody(client: Client, db: None) -> None:
    answer = client.get("/api/schema/?version=x%0d%0aSet-Cookie:%20a", headers={"Accept": "text/html"})

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json; charset=utf-8")
    assert answer.json()["info"]["title"] == "erpstaging"


def test_the_pages_of_the_description_hold_no_inline_code(client: Client, db: None) -> None:
    page = client.get("/api/docs/")

    assert page.status_code == 200
    text = page.content.decode()
    assert "<style" not in text
    assert text.count("<script") == text.count("<script src=") == 3
    assert "http://" not in text
    assert "https://" not in text
    assert client.get("/api/docs/?script=")["Content-Type"] == "application/javascript"
