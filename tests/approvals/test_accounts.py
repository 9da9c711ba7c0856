"""Signing in and out."""

from typing import Any

import pytest
from django.test import Client

from erpstaging.audit.models import Entry
from erpstaging.companies.attempts import PER_ACCOUNT
from erpstaging.companies.models import User
from erpstaging.core.scope import all_companies_scope

pytestmark = pytest.mark.urls("tests.approvals.probe_urls")
SIGN_IN = "/accounts/login/"
WRONG = "Name or password is wrong."
RIGHT = "right-password"


@pytest.fixture
def person(db: None) -> User:
    return User.objects.create_user("ines", email="ines@halden.example", name="Ines Duarte", password=RIGHT)


def sign_in(client: Client, username: str = "ines", password: str = RIGHT, **more: Any) -> Any:
    return client.post(SIGN_IN, {"username": username, "password": password, **more}, REMOTE_ADDR="203.0.113.9")


def entries() -> list[tuple[str, str, str | None]]:
    with all_companies_scope():
        found = Entry.objects.everywhere().filter(company=None).order_by("id")
        return [(entry.action, entry.actor_name, entry.address) for entry in found]


def test_a_person_signs_in_and_lands_in_the_work_queue(client: Client, person: User) -> None:
    response = sign_in(client)

    assert (response.status_code, response["Location"]) == (302, "/queue/")
    assert client.session["_auth_user_id"] == str(person.pk)


def test_a_link_from_a_mail_is_kept(client: Client, person: User) -> None:
    page = client.get(f"{SIGN_IN}?next=/c/7/exports/12/").content.decode()

    assert '<input type="hidden" name="next" value="/c/7/exports/12/">' in page
    assert sign_in(client, next="/c/7/exports/12/")["Location"] == "/c/7/exports/12/"


@pytest.mark.parametrize("wanted", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"])
def test_signing_in_leads_to_no_other_host(client: Client, person: User, wanted: str) -> None:
    assert sign_in(client, next=wanted)["Location"] == "/queue/"


@pytest.mark.parametrize(("username", "password"), [("ines", "guessed-it"), ("nobody", RIGHT), ("ines\x00", RIGHT)])
def test_a_failed_attempt_never_says_which_part_was_wrong(
    client: Client, person: User, username: str, password: str
) -> None:
    response = sign_in(client, username, password)

    assert response.status_code == 200
    assert "_auth_user_id" not in client.session
    assert password not in response.content.decode()
    if "\x00" not in username:
        assert WRONG in response.content.decode()


def test_a_person_who_left_reads_the_same_words(client: Client, person: User) -> None:
    User.objects.update(is_active=False)

    assert WRONG in sign_in(client).content.decode()


def test_guessing_is_stopped_even_when_the_password_is_right_at_last(client: Client, person: User) -> None:
    for _ in range(PER_ACCOUNT):
        sign_in(client, password="wrong")

    response = sign_in(client)

    assert "Too many failed attempts. Try again in 15 minutes." in response.content.decode()
    assert "_auth_user_id" not in client.session


@pytest.mark.capability("AU-01")
def test_signing_in_out_and_failing_stand_in_the_audit(client: Client, person: User) -> None:
    sign_in(client, password="wrong")
    sign_in(client, "right-password-typed-as-name")
    sign_in(client)
    client.post("/accounts/logout/", REMOTE_ADDR="203.0.113.9")

    assert entries() == [
        ("sign_in_failed", "Ines Duarte", "203.0.113.9"),
        ("signed_in", "Ines Duarte", "203.0.113.9"),
        ("signed_out", "Ines Duarte", "203.0.113.9"),
    ]


def test_nobody_is_signed_out_by_a_link(client: Client, person: User) -> None:
    sign_in(client)

    assert client.get("/accounts/logout/").status_code == 405
    assert "_auth_user_id" in client.session


def test_the_colours_a_person_chose_follow_him(client: Client, person: User) -> None:
    sign_in(client)

    response = client.post("/accounts/theme/", {"theme": "dark", "next": "/c/7/queue/"})

    assert response["Location"] == "/c/7/queue/"
    assert '<html lang="en" data-theme="dark">' in client.get("/nowhere/").content.decode()
    client.post("/accounts/theme/", {"theme": '"><script>'})
    person.refresh_from_db()
    assert person.theme == "dark"
