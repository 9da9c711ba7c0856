"""The frame around every view: caller, rights, transaction, and the trace of what was refused."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from psycopg.errors import DeadlockDetected

from erpstaging.audit.models import Entry
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company, ServiceAccount, User
from erpstaging.outbox.models import Event
from tests.api.conftest import ApiClient, MakeToken
from tests.api.probe import REFUSALS, Probe
from tests.fixtures.people import MakePerson

pytestmark = pytest.mark.urls("tests.api.probe")


def entries(company: Company) -> list[Entry]:
    return list(Entry.objects.of(company).order_by("id"))


def test_a_call_finds_its_company_and_its_actor(
    api: ApiClient, company: Company, service_account: ServiceAccount
) -> None:
    answer = api("GET", f"/rest/v1.0/companies/{company.pk}/probes/7")

    assert answer.status_code == 200
    assert answer.json() == {
        "company": company.pk,
        "actor": service_account.pk,
        "ids": {"probe_id": 7},
        "lookups": {},
        "sort": [],
        "page": 1,
        "per_page": 100,
    }
    assert answer["Content-Type"] == "application/json; charset=utf-8"
    assert answer["Cache-Control"] == "no-store, must-revalidate, private, max-age=0"


@pytest.mark.parametrize(
    "path",
    [
        "/rest/v1.0/companies/{c}/probes/7",
        "/rest/v1.0/probes/7?company_id={c}",
        "/rest/v1.1/companies/{c}/probes/7",
        "/vapid/companies/{c}/probes/7",
        "/vapid/probes/7?company_id={c}",
    ],
)
def test_every_spelling_of_a_path_reaches_the_same_view(api: ApiClient, company: Company, path: str) -> None:
    assert api("GET", path.format(c=company.pk)).json()["ids"] == {"probe_id": 7}


def test_a_version_that_is_not_declared_is_not_served(api: ApiClient, company: Company) -> None:
    assert api("GET", f"/rest/v1.1/companies/{company.pk}/probes").status_code == 404


def test_head_answers_like_get_without_a_body(api: ApiClient, company: Company) -> None:
    answer = api("HEAD", f"/rest/v1.0/companies/{company.pk}/probes")

    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    "path", ["0", "99999999999999999999", "9223372036854775808", "-1", "1.5", "%2e%2e", "1%2f2", "a"]
)
def test_an_id_that_is_none_does_not_exist(api: ApiClient, company: Company, path: str) -> None:
    answer = api("GET", f"/rest/v1.0/companies/{company.pk}/probes/{path}")

    assert answer.status_code == (200 if path == "0" else 404)
    assert answer.json().get("errors") == (None if path == "0" else "Not Found")


# Tokens


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic dG9rZW46",
        "Bearer wrong",
        "Token {token}",
        "Bearer\t{token}",
        "Bearer " + "x" * 600,
    ],
)
def test_anything_but_a_valid_bearer_token_is_401(api: ApiClient, company: Company, header: str) -> None:
    answer = api(
        "GET",
        f"/rest/v1.0/companies/{company.pk}/probes?access_token={api.token}",
        Authorization=header.format(token=api.token),
    )

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="erpstaging", error="invalid_token"'
    assert answer.json()["errors"] == "Unauthorized"
    assert answer.json()["message"] == "The access token is invalid"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_may_be_written_in_any_letter_case(api: ApiClient, company: Company, scheme: str) -> None:
    answer = api("GET", f"/rest/v1.0/companies/{company.pk}/probes", Authorization=f"{scheme} {api.token}")

    assert answer.status_code == 200


@pytest.mark.capability("ID-01")
def test_an_expired_token_opens_nothing(client: Client, company: Company, make_token: MakeToken) -> None:
    api = ApiClient(client, make_token(lifetime=timedelta(seconds=-1)))

    assert api("GET", f"/rest/v1.0/companies/{company.pk}/probes").status_code == 401


def test_a_disabled_account_is_out_on_its_next_call(
    api: ApiClient, company: Company, service_account: ServiceAccount
) -> None:
    service_account.is_active = False
    service_account.save()

    assert api("GET", f"/rest/v1.0/companies/{company.pk}/probes").status_code == 401


def test_a_disabled_company_is_closed_on_the_next_call(api: ApiClient, company: Company) -> None:
    company.is_active = False
    company.save()

    assert api("GET", f"/rest/v1.0/companies/{company.pk}/probes").status_code == 403


# Rights


@pytest.mark.capability("ID-02")
@pytest.mark.parametrize(
    ("scopes", "method", "status"),
    [
        ("read write erp", "GET", 200),
        ("read write erp", "POST", 201),
        ("read write erp", "DELETE", 200),
        ("read", "GET", 200),
        ("read", "HEAD", 200),
        ("read", "POST", 403),
        ("read", "DELETE", 403),
        ("write", "GET", 403),
        ("write", "POST", 201),
        ("read write", "DELETE", 403),
        ("", "GET", 403),
    ],
)
def test_scopes_decide_reading_and_writing(
    client: Client, company: Company, make_token: MakeToken, scopes: str, method: str, status: int
) -> None:
    api = ApiClient(client, make_token(scopes=scopes))

    answer = api(method, f"/rest/v1.0/companies/{company.pk}/probes", {} if method == "POST" else None)

    assert answer.status_code == status


def test_a_token_never_has_more_than_its_account_has_now(
    api: ApiClient, company: Company, service_account: ServiceAccount
) -> None:
    service_account.allowed_scopes = ["read"]
    service_account.save()

    assert api("POST", f"/rest/v1.0/companies/{company.pk}/probes", {}).status_code == 403


@pytest.mark.capability("ID-03")
def test_an_account_works_only_in_its_directions(
    api: ApiClient, company: Company, service_account: ServiceAccount
) -> None:
    service_account.directions = ["export"]
    service_account.save()

    answer = api("POST", f"/rest/v1.0/companies/{company.pk}/probes", {})

    assert (answer.status_code, answer.json()["code"]) == (403, "missing_privilege")
    assert api("GET", f"/rest/v1.0/companies/{company.pk}/probes").status_code == 200


@pytest.mark.capability("ID-06")
def test_a_call_from_outside_the_accounts_networks_is_refused_and_kept(
    api: ApiClient, company: Company, service_account: ServiceAccount
) -> None:
    service_account.allowed_networks = ["10.0.0.0/8"]
    service_account.save()

    answer = api("GET", f"/rest/v1.0/companies/{company.pk}/probes")

    assert (answer.status_code, answer.json()["code"]) == (403, "address_not_allowed")
    assert [(entry.action, entry.after["code"]) for entry in entries(company)] == [("denied", "address_not_allowed")]


def test_a_call_from_inside_the_accounts_networks_is_served(
    api: ApiClient, company: Company, service_account: ServiceAccount
) -> None:
    service_account.allowed_networks = ["10.0.0.0/8", "127.0.0.1/32"]
    service_account.save()

    assert api("GET", f"/rest/v1.0/companies/{company.pk}/probes").status_code == 200


def test_a_view_without_declared_rights_is_closed(api: ApiClient, company: Company) -> None:
    assert api("GET", f"/rest/v1.0/companies/{company.pk}/undeclared").status_code == 403


def test_a_method_that_is_not_offered_is_405_and_says_which_are(api: ApiClient, company: Company) -> None:
    answer = api("PUT", f"/rest/v1.0/companies/{company.pk}/probes", {}, X_HTTP_Method_Override="GET")

    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, POST, DELETE")


def test_a_method_override_header_changes_nothing(api: ApiClient, company: Company) -> None:
    answer = api("GET", f"/rest/v1.0/companies/{company.pk}/probes", X_HTTP_Method_Override="DELETE")

    assert answer.json()["page"] == 1


# Transaction


def test_what_a_view_did_before_it_refused_is_undone(
    api: ApiClient, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Probe, "refusal", REFUSALS["invalid"])

    answer = api("POST", f"/rest/v1.0/companies/{company.pk}/probes", {})

    assert (answer.status_code, answer.json()["errors"]) == (422, {"name": ["is too long"]})
    assert not Event.objects.of(company).exists()
    assert entries(company) == []


@pytest.mark.parametrize(("refusal", "status"), [("not_permitted", 403), ("wrong_state", 409), ("stale", 409)])
def test_a_refusal_by_right_or_state_stays_in_the_audit(
    api: ApiClient, company: Company, monkeypatch: pytest.MonkeyPatch, refusal: str, status: int
) -> None:
    monkeypatch.setattr(Probe, "refusal", REFUSALS[refusal])

    answer = api("POST", f"/rest/v1.0/companies/{company.pk}/probes/9", {}, User_Agent="quill/1")

    assert answer.status_code == status
    assert not Event.objects.of(company).exists()
    (entry,) = entries(company)
    assert (entry.action, entry.object_type, entry.object_id) == ("denied", "probe", 9)
    assert (entry.actor_kind, entry.address, entry.user_agent) == ("service_account", "127.0.0.1", "quill/1")
    assert entry.credential.startswith("token:")
    assert entry.after == {
        "attempted": f"POST /rest/v1.0/companies/{company.pk}/probes/9",
        "code": REFUSALS[refusal].code,
        "message": REFUSALS[refusal].message,
    }


def test_a_stale_version_from_the_header_is_412(
    api: ApiClient, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stale(self: Probe, request: Any) -> None:
        self.seen_version()
        raise REFUSALS["stale"]

    monkeypatch.setattr(Probe, "post", stale)
    path = f"/rest/v1.0/companies/{company.pk}/probes"

    assert api("POST", path, {}, If_Match='"3"').status_code == 412
    answer = api("POST", path, {"version": 3})
    assert (answer.status_code, answer.json()["version"], answer.json()["decided_by"]) == (409, 4, "Ruth")


@pytest.mark.parametrize(
    ("body", "header", "version"),
    [({}, "", None), ({"version": 3}, "", 3), ({"version": "3"}, "", 3), ({}, '"4"', 4), ({"version": 3}, 'W/"5"', 5)],
)
def test_the_version_comes_from_if_match_or_the_body(
    api: ApiClient, company: Company, body: dict[str, Any], header: str, version: int | None
) -> None:
    answer = api("POST", f"/rest/v1.0/companies/{company.pk}/probes", body, If_Match=header)

    assert answer.json()["version"] == version


@pytest.mark.parametrize("version", [True, 1.5, "x", "-1", {}, [1]])
def test_a_version_that_is_no_whole_number_is_400(api: ApiClient, company: Company, version: Any) -> None:
    assert api("POST", f"/rest/v1.0/companies/{company.pk}/probes", {"version": version}).status_code == 400


@pytest.mark.django_db(transaction=True)
def test_a_deadlock_makes_the_whole_call_run_again(
    api: ApiClient, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    original = Probe.post

    def once_deadlocked(self: Probe, request: Any) -> Any:
        answer = original(self, request)
        calls.append(answer)
        if len(calls) == 1:
            raise OperationalError from DeadlockDetected()
        return answer

    monkeypatch.setattr(Probe, "post", once_deadlocked)

    answer = api("POST", f"/rest/v1.0/companies/{company.pk}/probes", {"n": 1})

    assert (answer.status_code, len(calls)) == (201, 2)
    assert Event.objects.of(company).count() == 1


# Faults


def test_a_fault_of_ours_is_json_without_internals(api: ApiClient, company: Company) -> None:
    api.client.raise_request_exception = False

    answer = api("GET", f"/rest/v1.0/companies/{company.pk}/broken")

    assert (answer.status_code, answer.json()["code"]) == (500, "server_error")
    assert b"internals" not in answer.content


def test_a_database_that_is_away_is_503_with_retry_after(api: ApiClient, company: Company) -> None:
    answer = api("GET", f"/rest/v1.0/companies/{company.pk}/away")

    assert (answer.status_code, answer["Retry-After"], answer.json()["code"]) == (503, "5", "unavailable")


@pytest.mark.django_db(transaction=True)
def test_a_database_that_cannot_be_reached_is_503_within_five_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    began = time.monotonic()

    answer = Client().get("/rest/v1.0/me", headers={"Authorization": "Bearer any"})

    assert (answer.status_code, answer["Retry-After"], answer.json()["code"]) == (503, "5", "unavailable")
    assert time.monotonic() - began < 5


# People


@pytest.fixture
def ruth(make_person: MakePerson) -> Actor:
    return make_person("ruth", erp_level="standard")


def test_people_call_with_their_session(client: Client, company: Company, ruth: Actor) -> None:
    client.force_login(User.objects.get(pk=ruth.id))

    answer = client.get(f"/api/v1/companies/{company.pk}/probes")

    assert answer.json() == {"actor": ruth.id, "rights": ["erp", "member"]}


@pytest.mark.parametrize(("with_token", "status"), [(False, 403), (True, 200)])
def test_a_changing_call_of_a_session_needs_the_csrf_token(
    company: Company, ruth: Actor, client: Client, with_token: bool, status: int
) -> None:
    strict = type(client)(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(pk=ruth.id))
    strict.cookies["csrftoken"] = "a" * 32
    headers = {"X-CSRFToken": "a" * 32} if with_token else {}

    answer = strict.post(
        f"/api/v1/companies/{company.pk}/probes", "{}", content_type="application/json", headers=headers
    )

    assert answer.status_code == status
    assert answer.json().get("code") == (None if with_token else "csrf_failed")


def test_a_token_of_a_person_stands_for_him(
    client: Client, company: Company, ruth: Actor, make_token: MakeToken
) -> None:
    api = ApiClient(client, make_token(user=User.objects.get(pk=ruth.id)))

    assert api("GET", f"/api/v1/companies/{company.pk}/probes").json()["actor"] == ruth.id


def test_a_service_account_is_no_person(api: ApiClient, company: Company) -> None:
    assert api("GET", f"/api/v1/companies/{company.pk}/probes").status_code == 403


def test_nobody_is_served_without_signing_in(client: Client, company: Company) -> None:
    assert client.get(f"/api/v1/companies/{company.pk}/probes").status_code == 401


def test_a_person_is_out_of_a_company_without_a_membership(client: Client, other_company: Company, ruth: Actor) -> None:
    client.force_login(User.objects.get(pk=ruth.id))

    assert client.get(f"/api/v1/companies/{other_company.pk}/probes").status_code == 403


def test_rights_of_a_person_are_checked(client: Client, company: Company, make_person: MakePerson) -> None:
    client.force_login(User.objects.get(pk=make_person("paul", project_level="standard").id))

    answer = client.get(f"/api/v1/companies/{company.pk}/probes")

    assert (answer.status_code, answer.json()["code"]) == (403, "missing_privilege")


# Cost


@pytest.mark.parametrize("rows", [0, 3, 30])
def test_the_number_of_statements_does_not_depend_on_the_number_of_rows(
    api: ApiClient, company: Company, rows: int
) -> None:
    for _ in range(rows):
        api("POST", f"/rest/v1.0/companies/{company.pk}/probes", {})

    with CaptureQueriesContext(connection) as statements:
        assert len(api("GET", f"/rest/v1.0/companies/{company.pk}/events").json()) == rows

    # Inside the test's transaction: token and company in one, savepoint, set and reset of the scope, rows, total,
    # release; the two settings around it are the test client's.
    assert len(statements) == 9
