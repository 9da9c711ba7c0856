"""The first steps of an installation, from the command line."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from erpstaging.companies.models import Company, Membership, ServiceAccountSecret, User
from tests.fixtures.scope import no_scope

COMMANDS = ["create_company", "create_service_account", "rotate_secret", "grant", "register_app"]


def run(*words: str) -> dict[str, Any]:
    out = io.StringIO()
    with no_scope():
        call_command(*words, "--json", stdout=out)
    answer = json.loads(out.getvalue())
    assert isinstance(answer, dict)
    return answer


def test_an_installation_is_set_up_by_commands_alone(db: None, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    company = run("create_company", "Nordwind", "--time-zone", "Europe/Berlin", "--currency", "EUR")
    monkeypatch.setattr("sys.stdin", io.StringIO("harbour-point-26\n"))
    person = run(
        "grant", "anna", "--company", str(company["id"]), "--create", "--email", "anna@nordwind.example",
        "--erp-level", "admin", "--can-push-to-accounting",
    )  # fmt: skip
    account = run(
        "create_service_account", "Quill", "--company", str(company["id"]), "--owner", "anna", "--scope", "read"
    )
    rotated = run("rotate_secret", account["client_id"], "--overlap-hours", "1")

    assert (person["erp_level"], person["can_push_to_accounting"], person["super_user"]) == ("admin", True, False)
    assert User.objects.get(username="anna").check_password("harbour-point-26")
    for secret in (account["client_secret"], rotated["client_secret"]):
        given = {"grant_type": "client_credentials", "client_id": account["client_id"], "client_secret": secret}
        assert client.post("/oauth/token", given).json()["scope"] == "read"


def test_an_app_is_registered_with_a_secret_only_if_it_can_keep_one(company: Company) -> None:
    words = ["register_app", "Diary", "--company", str(company.pk), "--redirect-uri", "https://app.example/back"]

    assert set(run(*words)) == {"id", "client_id"}
    assert set(run(*words, "--confidential")) == {"id", "client_id", "client_secret"}


def test_an_answer_for_people_names_its_values(db: None) -> None:
    out = io.StringIO()

    call_command("create_company", "Nordwind", stdout=out)

    assert out.getvalue() == f"id: {Company.objects.get().pk}\nname: Nordwind\ntime_zone: UTC\ncurrency: USD\n"


def test_access_can_be_ended(company: Company, make_person: Any) -> None:
    make_person("ruth", erp_level="admin")

    answer = run("grant", "ruth", "--company", str(company.pk), "--no-active")

    assert (answer["is_active"], answer["erp_level"]) == (False, "admin")
    assert not Membership.objects.get().is_active


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["create_company", "X", "--time-zone", "Mars"], "time_zone"),
        (["create_company", "X", "--currency", "euro"], "currency"),
        (["create_service_account", "X", "--company", "99"], "company 99"),
        (["create_service_account", "X", "--company", "{company}", "--owner", "nobody"], "nobody"),
        (["create_service_account", "X", "--company", "{company}", "--network", "everywhere"], "networks"),
        (["rotate_secret", "nobody"], "nobody"),
        (["register_app", "X", "--company", "{company}", "--redirect-uri", "http://app.example/"], "redirect_uris"),
        (["grant", "nobody", "--company", "{company}"], "nobody"),
        (["grant", "nobody", "--company", "99"], "company 99"),
    ],
)
def test_trouble_is_named_and_ends_with_an_error(company: Company, words: list[str], reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        run(*(word.format(company=company.pk) for word in words))

    assert not ServiceAccountSecret.objects.exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command(command, "--help")

    assert ended.value.code == 0
    assert "--json" in capsys.readouterr().out
