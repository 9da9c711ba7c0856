"""What holds for every route of the API, those that come later included."""

import os
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.permissions import AllowAny

from erpstaging.api.error_codes import CODES
from erpstaging.api.permissions import DeclaredRights, Nobody
from erpstaging.api.renderers import to_json
from erpstaging.companies.models import Company, ErpLevel, ProjectLevel, User
from erpstaging.records.models import Record
from tests.api.conftest import ApiClient, MakeToken
from tests.api.routes import METHODS, Route, distinct_routes, routes
from tests.api.test_parsers import HOSTILE
from tests.fixtures.people import MakePerson

ALL = routes()
DISTINCT = distinct_routes()
EXAMPLES = int(os.environ.get("ERPSTAGING_TESTS_EXAMPLES", "200"))
IDS = ["0", "1", "4711", str(2**63 - 1), "9" * 19]
READING = [(route, "GET") for route in DISTINCT if "GET" in route.methods]
CHANGING = [(route, method) for route in DISTINCT for method in route.methods if method in {"POST", "PUT", "PATCH"}]


class Everybody:
    """Callers who may everything: the integration on the wire, and a person with every right on the REST for people."""

    def __init__(self, integration: ApiClient, person: ApiClient) -> None:
        self.integration, self.person = integration, person

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        caller = self.person if path.startswith("/api/v1/") else self.integration
        return caller(method, path, body, **headers)


@pytest.fixture
def caller(client: Client, company: Company, make_token: MakeToken, make_person: MakePerson) -> Everybody:
    person = make_person(
        "everything",
        erp_level=ErpLevel.ADMIN,
        project_level=ProjectLevel.ADMIN,
        can_push_to_accounting=True,
        directory_admin=True,
        super_user=True,
    )
    client.raise_request_exception = False
    token = make_token(user=User.objects.get(pk=person.id))
    return Everybody(ApiClient(client, make_token()), ApiClient(client, token))


def check(answer: Any, place: str) -> None:
    """No fault, always JSON, and errors in the one shape."""
    assert answer.status_code < 500, f"{place}: {answer.status_code} {answer.content[:500]!r}"
    assert answer["Content-Type"] == "application/json; charset=utf-8", place
    told = answer.json()
    if answer.status_code >= 400:
        assert told["code"] in CODES, place
        assert {"errors", "message", "type", "title", "detail", "pointers", "correlation_id", "docs"} <= set(told), (
            place
        )


@pytest.mark.parametrize("route", ALL, ids=str)
def test_every_route_declares_who_may_call_it(route: Route) -> None:
    assert route.view is not None
    permissions = route.view.permission_classes
    assert permissions
    assert Nobody not in permissions
    if AllowAny in permissions:
        assert route.template in {"oauth/token", "oauth/revoke"}
    else:
        assert DeclaredRights in permissions
        assert route.view.requires is not None


def test_nobody_is_served_without_a_token(client: Client, db: None) -> None:
    for route in ALL:
        for method in route.methods:
            path = route.path(company_id=1, other_ids=1)
            answer = client.generic(method, path, b"{}", content_type="application/json")

            asks_for_secret = route.template in {"oauth/token", "oauth/revoke"}
            assert answer.status_code == (400 if asks_for_secret else 401), f"{method} {route}"
            check(answer, str(route))


@pytest.mark.capability("ID-02")
def test_a_read_only_token_changes_nothing(
    client: Client, company: Company, make_token: MakeToken, make_person: MakePerson
) -> None:
    person = User.objects.get(pk=make_person("reader", erp_level="admin", project_level="admin").id)
    reader = ApiClient(client, make_token(scopes="read", user=person))
    machine = ApiClient(client, make_token(scopes="read"))
    for route in ALL:
        if route.template.startswith("oauth/"):
            continue
        api = reader if route.template.startswith("api/v1/") else machine
        for method in set(route.methods) - {"GET"}:
            answer = api(method, route.path(company_id=company.pk, other_ids=1), {"company_id": company.pk})

            assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope"), f"{method} {route}"


def ways_to_a_foreign_company(route: Route, method: str, own: int, foreign: int) -> list[tuple[str, Any, str]]:
    """Path with query, body and header by which a call can name a company that is not the caller's."""
    there, here = (route.path(company_id=company_id, other_ids=1) for company_id in (foreign, own))
    if "{company_id}" not in route.template:
        ways = [(f"{here}?company_id={foreign}", {}, ""), (here, {}, str(foreign))]
        return ways if method == "GET" else [*ways, (here, {"company_id": foreign}, "")]
    ways = [(there, {}, ""), (there, {}, str(own)), (here, {}, str(foreign)), (f"{here}?company_id={foreign}", {}, "")]
    return ways if method == "GET" else [*ways, (here, {"company_id": foreign}, "")]


@pytest.mark.capability("ID-08")
def test_a_foreign_company_is_closed_on_every_route(
    caller: Everybody, company: Company, other_company: Company
) -> None:
    for route in ALL:
        if route.template.startswith("oauth/") or route.template.endswith(("v1.0/me", "vapid/me", "/companies")):
            continue  # about the caller alone
        for method in route.methods:
            ways = ways_to_a_foreign_company(route, method, company.pk, other_company.pk)
            for path, body, header in ways if route in DISTINCT else ways[:1]:
                answer = caller(method, path, body, Procore_Company_Id=header)

                assert (answer.status_code, answer.json()["errors"]) == (403, "Forbidden"), f"{method} {path} {header}"


@pytest.mark.parametrize("route", DISTINCT, ids=str)
def test_other_methods_are_405_and_offered_ones_named(caller: Everybody, company: Company, route: Route) -> None:
    path = route.path(company_id=company.pk, other_ids=1)
    for method in {*METHODS, "OPTIONS", "TRACE"} - set(route.methods):
        answer = caller(method, path)

        assert answer.status_code == 405
        assert set(route.methods) <= set(answer["Allow"].split(", ")) <= {*route.methods, "HEAD"}
        check(answer, str(route))


@pytest.mark.parametrize("route", [route for route in DISTINCT if route.template.count("{") > 1], ids=str)
def test_an_id_that_is_none_is_404_everywhere(caller: Everybody, company: Company, route: Route) -> None:
    for other_ids in ["99999999999999999999", "9223372036854775808", "x", "1.0", "%00", "..", "\uff11"]:
        answer = caller("GET", route.path(company_id=company.pk, other_ids=other_ids))

        assert answer.status_code == 404
        check(answer, str(route))


@pytest.mark.parametrize(("route", "method"), CHANGING, ids=str)
def test_every_hostile_body_is_refused_everywhere(
    caller: Everybody, company: Company, route: Route, method: str
) -> None:
    path = route.path(company_id=company.pk, other_ids=1)
    for name, body in HOSTILE.items():
        answer = caller(method, path, body)

        bodiless = not body and method not in getattr(route.view, "needs_body", ())
        # Of the token endpoints the parameters count, and what is no parameter is not looked at.
        assert bodiless or 400 <= answer.status_code < 500, f"{method} {route} takes: {name}"
        check(answer, f"{method} {route}: {name}")


@pytest.mark.parametrize(("route", "method"), CHANGING, ids=str)
def test_other_media_types_are_refused_everywhere(
    caller: Everybody, company: Company, route: Route, method: str
) -> None:
    for headers in (
        {"Content-Encoding": "gzip"},
        {"Content-Type": "text/xml"},
        {"Content-Type": "application/json; charset=utf-16"},
    ):
        answer = caller(method, route.path(company_id=company.pk, other_ids=1), {}, **headers)

        assert answer.status_code == 415 or route.template.startswith("oauth/")
        check(answer, str(route))


# Generated calls

WORDS = [
    "updates", "id", "ids", "origin_id", "origin_code", "origin_data", "item_type", "item_id", "data", "children",
    "parent_id", "project_id", "company_id", "version", "reason", "status", "messages", "code", "custom_fields",
    "confirm", "undo_seconds", "atomic", "connection", "metadata", "service_url", "erp_request_detail", "lines",
    "staged_record", "external_data", "line_items", "amount", "quantity", "unit_cost", "name", "title", "number",
    "record_id", "view", "act", "items", "filter", "pairs", "grant_type", "client_id", "client_secret", "token",
    "settings", "entities", "labels", "vendor_id", "cost_code_id", "line_item_type_id", "full_code", "resource_id",
]  # fmt: skip
TEXTS = [
    "", "x", "vendor", "project", "work_order_contract", "vendors", "success", "failed", "Approved", "CRED-12",
    "SITE-7",
    "2026-01-31", "2026-01-31T10:00:00Z", "1.10", "-1", "null", "1e5", "\u2028", "x" * 300,
]  # fmt: skip
leaves = (
    st.none()
    | st.booleans()
    | st.sampled_from([0, 1, 2, 3, -1, 2**31, 2**63 - 1, -(2**63), 0.5, 1e300])
    | st.sampled_from(TEXTS)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5),
    max_leaves=12,
)
elements = st.fixed_dictionaries(
    {},
    optional={
        "id": st.integers(0, 30) | values,
        "item_type": st.sampled_from(TEXTS) | values,
        "item_id": st.integers(0, 30) | values,
        "origin_id": st.sampled_from(TEXTS) | values,
        "data": st.dictionaries(st.sampled_from(WORDS), values, max_size=4) | values,
        "status": st.sampled_from(TEXTS) | values,
        "name": values,
        "version": st.integers(0, 3) | values,
        "project_id": st.integers(0, 30) | values,
        "parent_id": st.integers(0, 30) | values,
        "children": st.lists(values, max_size=2),
        "line_items": st.lists(values, max_size=2),
    },
)
updates = st.lists(elements | values, max_size=3)
bodies = (
    values
    | elements
    | updates
    | st.builds(lambda element, more: {"updates": more, **element}, elements, updates)
    | st.builds(lambda word, element: {word: element}, st.sampled_from(WORDS), elements)
)
queries = st.dictionaries(
    st.sampled_from(
        ["page", "per_page", "sort", "view", "cursor", "limit", "q", "item_type", "atomic", "project_id", "item_id"]
        + [f"filters[{name}]" for name in ("id", "origin_id", "status", "item_type", "updated_at", "parent_id")]
    ),
    st.sampled_from(
        ["", "0", "1", "-1", "x", "[1]", "[", "2026-01-01...2026-02-01", "9" * 30, "\ud7ff", "%", "true", "a,b"]
    )
    | st.sampled_from(TEXTS)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    max_size=3,
)


@pytest.mark.capability("DX-01")
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(CHANGING) | st.sampled_from(READING), st.sampled_from(IDS) | st.integers(1, 40), bodies, queries)
def test_no_generated_call_brings_a_fault_or_anything_but_json(
    caller: Everybody,
    contract: Record,
    call: tuple[Route, str],
    other_ids: Any,
    body: Any,
    query: dict[str, str],
) -> None:
    route, method = call
    path = route.path(company_id=contract.company_id, other_ids=other_ids)
    if query:
        path = f"{path}?{urlencode(query)}"

    answer = caller(method, path, None if method == "GET" else to_json(body))

    check(answer, f"{method} {path} {body!r}")
