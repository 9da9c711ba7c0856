"""The demo's companies, people and service accounts."""

import json
import stat
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.management import CommandError, call_command

from erpstaging.companies.accounts import account_with_secret
from erpstaging.companies.models import Company, Membership, ServiceAccount, User
from erpstaging.demo.credentials import PEOPLE, WORDS, draw_password
from erpstaging.demo.seed import SeedRefused, seed
from tests.fixtures.scope import no_scope

BASE_URL = "http://127.0.0.1:8000"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "var" / "demo_credentials.json"


@pytest.fixture
def credentials(db, file):
    with no_scope():
        return seed(credentials_file=file, base_url=BASE_URL)


def test_everybody_can_sign_in(credentials):
    assert list(credentials["people"]) == list(PEOPLE)
    for person in credentials["people"].values():
        assert authenticate(username=person["username"], password=person["password"])


def test_the_file_is_what_was_promised_and_private(credentials, file):
    assert json.loads(file.read_text()) == credentials
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert set(credentials) == {
        "base_url", "company", "other_company", "people",
        "service_account", "read_only_service_account", "other_service_account",
    }  # fmt: skip
    assert set(credentials["service_account"]) == {"client_id", "client_secret"}
    assert credentials["base_url"] == BASE_URL


@pytest.mark.parametrize(
    ("key", "company", "scopes"),
    [
        ("service_account", "company", ["read", "write", "erp"]),
        ("read_only_service_account", "company", ["read", "erp"]),
        ("other_service_account", "other_company", ["read", "write", "erp"]),
    ],
)
def test_an_account_reaches_its_company_with_its_scopes(credentials, key, company, scopes):
    account = account_with_secret(**credentials[key], address=None)

    assert account.allowed_scopes == scopes
    assert list(account.companies.values_list("pk", flat=True)) == [credentials[company]["id"]]


def test_the_companies_are_demos_and_two(credentials):
    company, other = credentials["company"]["id"], credentials["other_company"]["id"]

    assert set(Company.objects.filter(is_demo=True).values_list("pk", flat=True)) == {company, other}


def rights(username: str) -> Membership:
    return Membership.objects.get(user__username=username)


def test_rights_are_split_as_they_should_be(credentials):
    assert rights("approver").can_push_to_accounting
    assert rights("second_approver").can_push_to_accounting
    assert not rights("admin").can_push_to_accounting
    assert not rights("auditor").can_push_to_accounting
    assert rights("project_user").erp_level == "none"
    assert rights("super_user").super_user


def test_accounts_belong_to_the_admin_and_so_to_no_approver(credentials):
    owners = ServiceAccount.objects.filter(companies=credentials["company"]["id"]).values_list("owner__username")

    assert set(owners) == {("admin",)}


def test_seeding_again_changes_nothing(credentials, file):
    counted = (User.objects.count(), Membership.objects.count(), ServiceAccount.objects.count())

    with no_scope():
        again = seed(credentials_file=file, base_url=BASE_URL)

    assert again == credentials
    assert (User.objects.count(), Membership.objects.count(), ServiceAccount.objects.count()) == counted


def test_a_password_that_somebody_changed_stays(credentials, file):
    user = User.objects.get(username="approver")
    user.set_password("my-own-choice-2026")
    user.save()

    with no_scope():
        seed(credentials_file=file, base_url=BASE_URL)

    assert authenticate(username="approver", password="my-own-choice-2026")


def test_a_lost_file_is_drawn_anew_for_everybody(credentials, file):
    file.unlink()

    with no_scope():
        again = seed(credentials_file=file, base_url=BASE_URL)

    old, new = credentials["people"]["approver"]["password"], again["people"]["approver"]["password"]
    assert old != new
    assert authenticate(username="approver", password=new)
    assert not authenticate(username="approver", password=old)
    assert account_with_secret(**again["service_account"], address=None)
    assert not account_with_secret(**credentials["service_account"], address=None)


def test_the_port_of_the_last_start_is_told(credentials, file):
    with no_scope():
        again = seed(credentials_file=file, base_url="http://127.0.0.1:8123")

    assert again["base_url"] == "http://127.0.0.1:8123"


def test_a_real_company_keeps_the_demo_out(company, file):
    with pytest.raises(SeedRefused), no_scope():
        seed(credentials_file=file, base_url=BASE_URL)

    assert User.objects.count() == 0


def test_the_upgrade_comes_first(db, file):
    companies_at_upgrade = []

    with no_scope():
        seed(
            credentials_file=file,
            base_url=BASE_URL,
            upgrade=lambda: companies_at_upgrade.append(Company.objects.count()),
        )

    assert companies_at_upgrade == [0]


def test_demo_data_belong_into_a_demo_alone(db):
    with pytest.raises(CommandError, match="ERPSTAGING_ENVIRONMENT"):
        call_command("seed_demo")


def test_credentials_are_refused_outside_a_demo(company, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    (tmp_path / "demo_credentials.json").write_text(json.dumps({"company": {"id": company.pk}}))

    with pytest.raises(CommandError, match="not a demo's"):
        call_command("demo_credentials")


def test_credentials_are_printed_as_one_object(credentials, settings, file, capsys):
    settings.DATA_DIR = file.parent.resolve()

    call_command("demo_credentials")

    assert json.loads(capsys.readouterr().out) == credentials


def test_drawn_passwords_pass_the_rules_for_passwords():
    for _ in range(50):
        validate_password(draw_password())


def test_words_can_be_told_apart():
    assert len(WORDS) == len(set(WORDS))
    assert all(word.isascii() and word.islower() and word.isalpha() for word in WORDS)
