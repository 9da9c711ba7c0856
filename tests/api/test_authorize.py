"""Apps that act for people: authorization code with PKCE, and refresh tokens."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client
from oauth2_provider.models import AccessToken, Grant, RefreshToken

from erpstaging.audit.models import Entry
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company, ServiceAccount, User
from erpstaging.companies.people_apps import RegisteredApp, register_app
from erpstaging.core.errors import Invalid, NotPermitted
from erpstaging.core.scope import all_companies_scope
from tests.api.conftest import ApiClient
from tests.fixtures.people import MakePerson
from tests.fixtures.scope import no_scope

BACK = "https://app.example/back"
VERIFIER = "a-verifier-that-is-long-enough-to-be-accepted-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture(autouse=True)
def _no_limits(settings: Any) -> None:
    settings.RATE_LIMIT_HOURLY = settings.RATE_LIMIT_SPIKE = 0


@pytest.fixture
def registered(company: Company, admin: Actor) -> RegisteredApp:
    return register_app("Site diary", company=company, actor=admin, redirect_uris=[BACK])


@pytest.fixture
def ruth(make_person: MakePerson) -> User:
    return User.objects.get(pk=make_person("ruth", erp_level="standard").id)


@pytest.fixture
def browser(client: Client, ruth: User) -> Client:
    client.force_login(ruth)
    return client


def address(registered: RegisteredApp, **changes: str) -> str:
    asked = {
        "response_type": "code",
        "client_id": registered.app.client_id,
        "redirect_uri": BACK,
        "state": "s-1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    } | changes
    return "/oauth/authorize?" + urlencode({name: value for name, value in asked.items() if value})


def led_back(answer: HttpResponse) -> dict[str, str]:
    """The parameters with which the browser arrives at the app."""
    assert answer.status_code == 302, answer.content
    parts = urlsplit(answer["Location"])
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == BACK
    return {name: values[0] for name, values in parse_qs(parts.query).items()}


def exchange(client: Client, registered: RegisteredApp, code: str, **changes: str) -> HttpResponse:
    given = {
        "grant_type": "authorization_code",
        "client_id": registered.app.client_id,
        "code": code,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
    } | changes
    answer = client.post("/oauth/token", {name: value for name, value in given.items() if value})
    assert isinstance(answer, HttpResponse)
    return answer


def test_a_person_is_asked_before_an_app_acts_for_him(browser: Client, registered: RegisteredApp) -> None:
    page = browser.get(address(registered))

    assert page.status_code == 200
    text = page.content.decode()
    assert "Let Site diary act for you?" in text
    assert "https://app.example" in text
    assert "form-action 'self' https://app.example;" in page["Content-Security-Policy"] + ";"
    assert not Grant.objects.exists()


def test_nobody_is_asked_who_has_not_signed_in(client: Client, registered: RegisteredApp) -> None:
    answer = client.get(address(registered))

    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/accounts/login/")


def test_an_app_acts_for_a_person_who_allowed_it(
    browser: Client, registered: RegisteredApp, company: Company, ruth: User
) -> None:
    back = led_back(browser.post(address(registered), {"allow": "1"}))
    token = exchange(browser, registered, back["code"]).json()
    browser.logout()
    api = ApiClient(browser, token["access_token"])

    me = api("GET", f"/api/v1/companies/{company.pk}/me")

    assert back["state"] == "s-1"
    assert set(token) == {"access_token", "token_type", "expires_in", "created_at", "scope", "refresh_token"}
    assert (token["token_type"], token["expires_in"], token["scope"]) == ("bearer", 5400, "read write")
    assert me.json() == {"id": ruth.pk, "login": "ruth", "name": "Ruth", "rights": ["erp", "member"]}
    assert api("GET", "/rest/v1.0/me").json()["id"] == ruth.pk
    assert api("GET", "/oauth/token/info").json()["resource_owner_id"] == ruth.pk


def test_a_person_can_say_no(browser: Client, registered: RegisteredApp) -> None:
    back = led_back(browser.post(address(registered), {"deny": "1"}))

    assert back == {"error": "access_denied", "state": "s-1"}
    assert not Grant.objects.exists()


def test_the_answer_needs_the_csrf_token(client: Client, registered: RegisteredApp, ruth: User) -> None:
    strict = type(client)(enforce_csrf_checks=True)
    strict.force_login(ruth)

    assert strict.post(address(registered), {"allow": "1"}).status_code == 403


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "unknown"},
        {"client_id": ""},
        {"redirect_uri": "https://evil.example/back"},
        {"redirect_uri": "https://app.example.evil.example/back"},
        {"client_id": "a\0b"},
    ],
)
def test_nobody_is_sent_to_an_address_that_is_not_registered(
    browser: Client, registered: RegisteredApp, changes: dict[str, str]
) -> None:
    for answer in (
        browser.get(address(registered, **changes)),
        browser.post(address(registered, **changes), {"allow": "1"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unauthorized_client"),
        ({"response_type": "nonsense"}, "unsupported_response_type"),
        ({"scope": "erp"}, "invalid_scope"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
    ],
)
def test_what_is_wrong_is_told_to_the_app(
    browser: Client, registered: RegisteredApp, changes: dict[str, str], error: str
) -> None:
    answer = browser.post(address(registered, **changes), {"allow": "1"})

    assert answer.status_code == 302
    assert answer["Location"].startswith(BACK)
    assert f"error={error}" in answer["Location"]
    assert not Grant.objects.exists()


@pytest.mark.parametrize("query", ["%zz", "client_id=%00", "client_id=" + "x" * 9000, "a=1;b=2", ""])
def test_what_cannot_be_read_is_refused(browser: Client, registered: RegisteredApp, query: str) -> None:
    answer = browser.get(f"/oauth/authorize?{query}")

    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("application/json")


def test_a_machine_cannot_ask_people(browser: Client, service_account: ServiceAccount) -> None:
    app = RegisteredApp(service_account, None)

    assert browser.get(address(app)).status_code == 400


# Codes


def test_a_code_works_once_and_only_with_its_verifier(browser: Client, registered: RegisteredApp) -> None:
    code = led_back(browser.post(address(registered), {"allow": "1"}))["code"]

    wrong = exchange(browser, registered, code, code_verifier="another-verifier-that-is-long-enough-0123456789-x")
    first = exchange(browser, registered, code)
    second = exchange(browser, registered, code)

    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_grant")
    assert first.status_code == 200
    assert (second.status_code, second.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize("changes", [{"redirect_uri": "https://app.example/other"}, {"code": "made-up"}])
def test_a_code_is_bound_to_what_it_was_asked_for(
    browser: Client, registered: RegisteredApp, changes: dict[str, str]
) -> None:
    code = led_back(browser.post(address(registered), {"allow": "1"}))["code"]

    answer = exchange(browser, registered, changes.pop("code", code), **changes)

    assert answer.status_code == 400


def test_an_app_with_a_secret_has_to_show_it(browser: Client, company: Company, admin: Actor) -> None:
    server = register_app("Server", company=company, actor=admin, redirect_uris=[BACK], confidential=True)
    assert server.client_secret is not None
    code = led_back(browser.post(address(server), {"allow": "1"}))["code"]

    without = exchange(browser, server, code)
    with_it = exchange(browser, server, code, client_secret=server.client_secret)

    assert (without.status_code, without.json()["error"]) == (401, "invalid_client")
    assert with_it.status_code == 200


def test_an_app_gets_no_token_without_a_person(client: Client, company: Company, admin: Actor) -> None:
    server = register_app("Server", company=company, actor=admin, redirect_uris=[BACK], confidential=True)
    given = {"client_id": server.app.client_id, "client_secret": server.client_secret}

    answer = client.post("/oauth/token", {"grant_type": "client_credentials", **given})

    assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")


# Refresh tokens


@pytest.fixture
def token(browser: Client, registered: RegisteredApp) -> dict[str, Any]:
    code = led_back(browser.post(address(registered), {"allow": "1"}))["code"]
    found: dict[str, Any] = exchange(browser, registered, code).json()
    return found


def refresh(client: Client, registered: RegisteredApp, refresh_token: str) -> HttpResponse:
    given = {
        "grant_type": "refresh_token",
        "client_id": registered.app.client_id,
        "refresh_token": refresh_token,
    }
    answer = client.post("/oauth/token", given)
    assert isinstance(answer, HttpResponse)
    return answer


def test_a_refresh_token_works_once(client: Client, registered: RegisteredApp, token: dict[str, Any]) -> None:
    first = refresh(client, registered, token["refresh_token"])
    again = refresh(client, registered, token["refresh_token"])

    assert first.status_code == 200
    assert first.json()["refresh_token"] != token["refresh_token"]
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


def test_a_stolen_refresh_token_ends_the_whole_family(
    client: Client, registered: RegisteredApp, token: dict[str, Any]
) -> None:
    newer = refresh(client, registered, token["refresh_token"]).json()

    refresh(client, registered, token["refresh_token"])

    assert ApiClient(client, newer["access_token"])("GET", "/rest/v1.0/me").status_code == 401
    assert refresh(client, registered, newer["refresh_token"]).status_code == 400


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_revoking_one_of_the_two_ends_both(
    client: Client, registered: RegisteredApp, token: dict[str, Any], kind: str
) -> None:
    answer = client.post("/oauth/revoke", {"client_id": registered.app.client_id, "token": token[kind]})

    assert answer.status_code == 200
    assert ApiClient(client, token["access_token"])("GET", "/rest/v1.0/me").status_code == 401
    assert refresh(client, registered, token["refresh_token"]).status_code == 400


def test_a_person_who_left_takes_the_app_along(
    client: Client, registered: RegisteredApp, token: dict[str, Any], ruth: User
) -> None:
    ruth.is_active = False
    ruth.save()

    assert ApiClient(client, token["access_token"])("GET", "/rest/v1.0/me").status_code == 401
    assert refresh(client, registered, token["refresh_token"]).status_code == 400


def test_the_trace_names_the_person(
    client: Client, registered: RegisteredApp, token: dict[str, Any], ruth: User
) -> None:
    with no_scope(), all_companies_scope():
        entries = list(Entry.objects.everywhere().filter(company=None).order_by("id"))

    assert [(entry.action, entry.actor_kind, entry.actor_id) for entry in entries] == [
        ("app_authorized", "person", ruth.pk),
        ("token_issued", "person", ruth.pk),
    ]
    assert token["refresh_token"] not in str([vars(entry) for entry in entries])


def test_no_usable_token_is_kept(token: dict[str, Any]) -> None:
    kept = str([vars(row) for model in (AccessToken, RefreshToken) for row in model.objects.all()])

    assert token["access_token"] not in kept
    assert token["refresh_token"] not in kept


# Registering


@pytest.mark.parametrize(
    "uri", ["http://app.example/back", "javascript:alert(1)", "app.example", "https://a.example/#x", ""]
)
def test_apps_are_reached_by_https_alone(company: Company, admin: Actor, uri: str) -> None:
    with pytest.raises(Invalid) as refused:
        register_app("Site diary", company=company, actor=admin, redirect_uris=[uri])

    assert list(refused.value.errors) == ["redirect_uris"]
    assert not ServiceAccount.objects.exists()


def test_apps_are_registered_by_people_with_erp_admin(company: Company, approver: Actor, integration: Actor) -> None:
    for actor in (approver, integration):
        with pytest.raises(NotPermitted):
            register_app("Site diary", company=company, actor=actor, redirect_uris=[BACK])
