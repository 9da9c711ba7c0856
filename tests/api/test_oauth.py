"""Getting, showing and revoking tokens, by every way that clients use."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken, Grant, RefreshToken
from oauthlib.oauth2 import BackendApplicationClient
from pytest_django.live_server_helper import LiveServer
from requests_oauthlib import OAuth2Session

from erpstaging.audit.models import Entry
from erpstaging.companies.accounts import IssuedSecret, create_account, rotate_secret
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company, FailedAttempt, ServiceAccountSecret
from erpstaging.core.scope import all_companies_scope
from tests.fixtures.scope import no_scope

Send = Callable[[Client, dict[str, str]], HttpResponse]


@pytest.fixture
def issued(company: Company, admin: Actor) -> IssuedSecret:
    return create_account("Quill", company=company, actor=admin)


@pytest.fixture
def credentials(issued: IssuedSecret) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": issued.account.client_id,
        "client_secret": issued.client_secret,
    }


def entries_of_no_company() -> list[Entry]:
    with no_scope(), all_companies_scope():
        return list(Entry.objects.everywhere().filter(company=None).order_by("id"))


def basic(given: dict[str, str], scheme: str = "Basic") -> dict[str, str]:
    user, password = quote(given["client_id"], safe=""), quote(given["client_secret"], safe="")
    return {"Authorization": f"{scheme} {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


FORM = "application/x-www-form-urlencoded"
GRANT = {"grant_type": "client_credentials"}
WAYS: dict[str, Send] = {
    "multipart": lambda client, given: client.post("/oauth/token", given),
    "form": lambda client, given: client.post("/oauth/token", urlencode(given), content_type=FORM),
    "JSON": lambda client, given: client.post("/oauth/token", json.dumps(given), content_type="application/json"),
    "query": lambda client, given: client.post("/oauth/token?" + urlencode(given)),
    "Basic": lambda client, given: client.post("/oauth/token", GRANT, headers=basic(given)),
    "Basic in small letters": lambda client, given: client.post("/oauth/token", GRANT, headers=basic(given, "basic")),
    "Basic with JSON": lambda client, given: client.post(
        "/oauth/token", json.dumps(GRANT), content_type="application/json", headers=basic(given, "BASIC")
    ),
    "JSON with a charset": lambda client, given: client.post(
        "/oauth/token", json.dumps(given), content_type="application/json; charset=utf-8"
    ),
}


@pytest.mark.capability("ID-01")
@pytest.mark.parametrize("send", WAYS.values(), ids=WAYS.keys())
def test_a_token_is_issued_by_every_way(client: Client, credentials: dict[str, str], send: Send) -> None:
    before = int(timezone.now().timestamp())

    answer = send(client, credentials)

    assert answer.status_code == 200
    token = answer.json()
    assert set(token) == {"access_token", "token_type", "expires_in", "created_at", "scope"}
    assert (token["token_type"], token["expires_in"], token["scope"]) == ("bearer", 5400, "read write erp")
    assert before <= token["created_at"] <= before + 5
    assert answer["Content-Type"] == "application/json; charset=utf-8"
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.capability("ID-01")
@pytest.mark.parametrize("send", WAYS.values(), ids=WAYS.keys())
def test_a_wrong_secret_is_invalid_client_by_every_way(client: Client, credentials: dict[str, str], send: Send) -> None:
    answer = send(client, credentials | {"client_secret": "wrong"})

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.json()["error_description"]
    assert answer["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_id": "unknown"}, 401, "invalid_client"),
        ({"client_id": "nul\0byte"}, 401, "invalid_client"),
        ({"client_id": "x" * 5000}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "implicit"}, 400, "unsupported_grant_type"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:device_code"}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"client_id": ""}, 400, "invalid_request"),
        ({"client_secret": ""}, 400, "invalid_request"),
        ({"scope": "admin"}, 400, "invalid_scope"),
        ({"grant_type": "refresh_token"}, 400, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "used"}, 400, "invalid_grant"),
        ({"grant_type": "authorization_code", "code": "x"}, 400, "unauthorized_client"),
    ],
)
def test_what_is_wrong_is_told_in_the_words_of_the_rfc(
    client: Client, credentials: dict[str, str], change: dict[str, str], status: int, error: str
) -> None:
    answer = client.post("/oauth/token", credentials | change)

    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"] == answer.json()["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"[" * 50_000, b'{"grant_type": 7}'])
def test_a_body_that_cannot_be_read_is_an_invalid_request(client: Client, db: None, body: bytes) -> None:
    answer = client.post("/oauth/token", body, content_type="application/json")

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("header", ["Basic", "Basic %%%", "Basic /w==", "Basic " + "x" * 9])
def test_credentials_that_cannot_be_read_are_an_invalid_request(client: Client, db: None, header: str) -> None:
    answer = client.post("/oauth/token", {"grant_type": "client_credentials"}, headers={"Authorization": header})

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_a_long_body_is_not_read(client: Client, db: None) -> None:
    answer = client.post("/oauth/token", {"grant_type": "x" * 70_000})

    assert (answer.status_code, answer.json()["error"]) == (413, "invalid_request")


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_tokens_are_issued_to_posts_alone(client: Client, db: None, method: str) -> None:
    answer = getattr(client, method)("/oauth/token")

    assert (answer.status_code, answer["Allow"]) == (405, "POST")


def test_a_narrower_scope_can_be_asked_for(client: Client, credentials: dict[str, str]) -> None:
    token = client.post("/oauth/token", credentials | {"scope": "read"}).json()

    assert token["scope"] == "read"


# Secrets


def test_both_secrets_of_a_rotation_are_accepted(
    client: Client, issued: IssuedSecret, credentials: dict[str, str], company: Company, admin: Actor
) -> None:
    newer = rotate_secret(issued.account.pk, company=company, actor=admin, overlap=timedelta(hours=1))

    answers = [
        client.post("/oauth/token", credentials | {"client_secret": secret})
        for secret in (issued.client_secret, newer.client_secret)
    ]

    assert [answer.status_code for answer in answers] == [200, 200]


@pytest.mark.capability("ID-05")
def test_an_expired_secret_is_refused(client: Client, issued: IssuedSecret, credentials: dict[str, str]) -> None:
    ServiceAccountSecret.objects.update(expires_at=timezone.now())

    assert client.post("/oauth/token", credentials).status_code == 401


@pytest.mark.capability("ID-05")
def test_the_use_of_a_secret_is_noted_with_its_address(
    client: Client, issued: IssuedSecret, credentials: dict[str, str]
) -> None:
    client.post("/oauth/token", credentials, REMOTE_ADDR="192.0.2.7")
    first = ServiceAccountSecret.objects.get()
    client.post("/oauth/token", credentials, REMOTE_ADDR="192.0.2.8")
    second = ServiceAccountSecret.objects.get()

    assert first.last_used_from == "192.0.2.7"
    assert first.last_used_at is not None
    assert second.last_used_at == first.last_used_at, "noted again within a minute"


def test_the_applications_own_column_opens_nothing(
    client: Client, issued: IssuedSecret, credentials: dict[str, str]
) -> None:
    ServiceAccountSecret.objects.all().delete()
    issued.account.client_secret = "in the column"
    issued.account.save()

    assert client.post("/oauth/token", credentials | {"client_secret": "in the column"}).status_code == 401


@pytest.mark.capability("ID-05")
@pytest.mark.django_db(transaction=True)
def test_neither_secrets_nor_tokens_stand_in_the_database(
    client: Client, issued: IssuedSecret, credentials: dict[str, str]
) -> None:
    token = client.post("/oauth/token", credentials).json()["access_token"]

    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute("SELECT set_config('row_security', 'on', false), set_config('erpstaging.scope', 'all', false)")
        dump = "".join(everything_in(cursor, table) for table in connection.introspection.table_names(cursor))
        cursor.execute("SELECT set_config('erpstaging.scope', '', false)")
        cursor.execute("SET ROLE erpstaging_app")
    assert issued.account.client_id in dump
    assert issued.client_secret not in dump
    assert token not in dump


def everything_in(cursor: CursorWrapper, table: str) -> str:
    cursor.execute(f"SELECT coalesce(string_agg(\"{table}\"::text, ' '), '') FROM \"{table}\"")  # noqa: S608
    (text,) = cursor.fetchone()
    return text


# Guessing


def test_ten_failures_close_the_door_for_account_and_address(client: Client, credentials: dict[str, str]) -> None:
    codes = [client.post("/oauth/token", credentials | {"client_secret": "x"}).status_code for _ in range(11)]

    assert codes == [401] * 10 + [429]
    locked = client.post("/oauth/token", credentials)
    assert (locked.status_code, locked.json()["code"]) == (429, "too_many_attempts")
    assert 0 < int(locked["Retry-After"]) <= 900
    assert client.post("/oauth/token", credentials, REMOTE_ADDR="192.0.2.7").status_code == 200


def test_an_unknown_account_is_locked_like_a_known_one(client: Client, db: None) -> None:
    given = {"grant_type": "client_credentials", "client_id": "nobody", "client_secret": "x"}

    codes = [client.post("/oauth/token", given).status_code for _ in range(11)]

    assert codes == [401] * 10 + [429]


def test_the_door_opens_again_after_fifteen_minutes(client: Client, credentials: dict[str, str]) -> None:
    for _ in range(10):
        client.post("/oauth/token", credentials | {"client_secret": "x"})
    FailedAttempt.objects.update(occurred_at=timezone.now() - timedelta(minutes=15, seconds=1))

    assert client.post("/oauth/token", credentials).status_code == 200


@pytest.mark.capability("ID-06")
def test_calls_for_tokens_are_limited_by_address(client: Client, credentials: dict[str, str], settings: Any) -> None:
    settings.RATE_LIMIT_SPIKE = 1

    answers = [client.post("/oauth/token", credentials) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 429]
    assert answers[1]["X-Rate-Limit-Remaining"] == "0"


@pytest.mark.capability("ID-06")
def test_a_token_is_not_issued_outside_the_accounts_networks(
    client: Client, issued: IssuedSecret, credentials: dict[str, str]
) -> None:
    issued.account.allowed_networks = ["10.0.0.0/8"]
    issued.account.save()

    outside = client.post("/oauth/token", credentials)
    inside = client.post("/oauth/token", credentials, REMOTE_ADDR="10.9.8.7")

    assert (outside.status_code, outside.json()["error"]) == (403, "unauthorized_client")
    assert inside.status_code == 200
    assert [entry.action for entry in entries_of_no_company()] == ["token_refused", "token_issued"]


# What a token is


def test_a_token_tells_what_it_is(client: Client, issued: IssuedSecret, credentials: dict[str, str]) -> None:
    token = client.post("/oauth/token", credentials).json()

    info = client.get("/oauth/token/info", headers={"Authorization": f"Bearer {token['access_token']}"})

    assert info.json() == {
        "resource_owner_id": issued.account.pk,
        "scopes": ["erp", "read", "write"],
        "expires_in_seconds": info.json()["expires_in_seconds"],
        "application": {"uid": issued.account.client_id},
        "created_at": token["created_at"],
    }
    assert 5390 < info.json()["expires_in_seconds"] <= 5400


def test_a_token_without_scopes_may_still_ask_what_it_is(
    client: Client, issued: IssuedSecret, credentials: dict[str, str]
) -> None:
    token = client.post("/oauth/token", credentials | {"scope": "write"}).json()

    info = client.get("/oauth/token/info", headers={"Authorization": f"Bearer {token['access_token']}"})

    assert info.json()["scopes"] == ["write"]


def test_an_invalid_token_is_an_invalid_request(client: Client, db: None) -> None:
    info = client.get("/oauth/token/info", headers={"Authorization": "Bearer nothing"})

    assert (info.status_code, info.json()["error"]) == (401, "invalid_request")


# Revoking


@pytest.mark.parametrize("as_json", [True, False])
def test_a_revoked_token_opens_nothing_any_more(
    client: Client, credentials: dict[str, str], company: Company, as_json: bool
) -> None:
    token = client.post("/oauth/token", credentials).json()["access_token"]
    path, headers = f"/rest/v1.0/companies/{company.pk}/me", {"Authorization": f"Bearer {token}"}
    assert client.get(path, headers=headers).status_code == 200
    body = {name: value for name, value in credentials.items() if name != "grant_type"} | {"token": token}

    if as_json:
        revoked = client.post("/oauth/revoke", json.dumps(body), content_type="application/json")
    else:
        revoked = client.post("/oauth/revoke", urlencode(body), content_type=FORM)

    assert (revoked.status_code, revoked.content) == (200, b"{}")
    assert client.get(path, headers=headers).status_code == 401


def test_revoking_what_does_not_exist_is_fine(client: Client, credentials: dict[str, str]) -> None:
    assert client.post("/oauth/revoke", credentials | {"token": "nothing"}).status_code == 200


def test_nobody_revokes_the_token_of_another(
    client: Client, credentials: dict[str, str], company: Company, admin: Actor
) -> None:
    token = client.post("/oauth/token", credentials).json()["access_token"]
    other = create_account("Other", company=company, actor=admin)

    answer = client.post(
        "/oauth/revoke",
        {"token": token, "client_id": other.account.client_id, "client_secret": other.client_secret},
    )

    assert answer.status_code == 200
    assert AccessToken.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"client_id": "unknown"}, 401, "invalid_client"),
        ({"client_id": ""}, 400, "invalid_request"),
        ({"token": ""}, 400, "invalid_request"),
    ],
)
def test_revoking_needs_the_client_and_the_token(
    client: Client, credentials: dict[str, str], change: dict[str, str], status: int, error: str
) -> None:
    token = client.post("/oauth/token", credentials).json()["access_token"]

    answer = client.post("/oauth/revoke", credentials | {"token": token} | change)

    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert AccessToken.objects.exists()


# The trace


def test_tokens_leave_a_trace_of_issue_failure_and_end(
    client: Client, issued: IssuedSecret, credentials: dict[str, str]
) -> None:
    token = client.post("/oauth/token", credentials, headers={"User-Agent": "quill/1"}).json()["access_token"]
    client.post("/oauth/token", credentials | {"client_secret": "wrong"})
    client.post("/oauth/revoke", credentials | {"token": token})
    client.post("/oauth/revoke", credentials | {"token": "unknown"})

    issue, failure, end = entries_of_no_company()
    assert [entry.action for entry in (issue, failure, end)] == ["token_issued", "token_refused", "token_revoked"]
    assert (issue.actor_kind, issue.actor_id, issue.actor_name) == ("service_account", issued.account.pk, "Quill")
    assert (issue.address, issue.user_agent) == ("127.0.0.1", "quill/1")
    assert issue.after["scopes"] == "read write erp"
    assert issue.credential == end.credential == f"token:{issue.after['token_id']}"
    assert (failure.actor_id, failure.actor_name) == (issued.account.pk, "Quill")
    assert failure.after == {"code": "invalid_client", "grant_type": "client_credentials"}


def test_neither_secret_nor_token_is_in_the_trace(client: Client, credentials: dict[str, str]) -> None:
    token = client.post("/oauth/token", credentials).json()["access_token"]
    client.post("/oauth/revoke", credentials | {"token": token})
    client.post("/oauth/token", credentials | {"client_id": credentials["client_secret"]})

    written = str([vars(entry) for entry in entries_of_no_company()])

    assert token not in written
    assert credentials["client_secret"] not in written


# A stranger's code


@pytest.mark.capability("ID-01")
@pytest.mark.django_db(transaction=True)
def test_a_standard_library_gets_a_token_and_calls_the_api(
    live_server: LiveServer,
    monkeypatch: pytest.MonkeyPatch,
    credentials: dict[str, str],
    company: Company,
    other_company: Company,
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # the library insists on https even on this machine
    session = OAuth2Session(client=BackendApplicationClient(credentials["client_id"]))

    token = session.fetch_token(
        f"{live_server.url}/oauth/token",
        client_id=credentials["client_id"],
        client_secret=credentials["client_secret"],
    )
    own = session.get(f"{live_server.url}/rest/v1.0/companies/{company.pk}/me")
    foreign = session.get(f"{live_server.url}/rest/v1.0/companies/{other_company.pk}/me")

    assert (token["token_type"], token["expires_in"]) == ("bearer", 5400)
    assert (own.status_code, own.json()["name"]) == (200, "Quill")
    assert foreign.status_code == 403


def test_expired_tokens_are_cleared(client: Client, credentials: dict[str, str]) -> None:
    client.post("/oauth/token", credentials)
    AccessToken.objects.update(expires=timezone.now() - timedelta(days=1))

    call_command("cleartokens")

    assert not AccessToken.objects.exists()
    assert not RefreshToken.objects.exists()
    assert not Grant.objects.exists()
