"""Service accounts and their secrets."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from oauth2_provider.models import AccessToken, set_token_value

from erpstaging.audit.models import Entry
from erpstaging.companies.accounts import (
    IssuedSecret,
    account_with_secret,
    create_account,
    disable_account,
    expires_soon,
    is_idle,
    issue_secret,
    retire_secret,
    rotate_secret,
)
from erpstaging.companies.actors import SYSTEM, Actor
from erpstaging.companies.bearers import find_bearer
from erpstaging.companies.hashers import ClientSecretHasher
from erpstaging.companies.models import Company, ServiceAccount, ServiceAccountSecret, User
from erpstaging.core.errors import Invalid, NotFound, NotPermitted, WrongState


@pytest.fixture
def issued(company: Company, admin: Actor) -> IssuedSecret:
    return create_account("Quill", company=company, actor=admin)


def opens(issued: IssuedSecret) -> bool:
    return account_with_secret(issued.account.client_id, issued.client_secret, "192.0.2.1") is not None


def trail(company: Company) -> list[str]:
    return list(Entry.objects.of(company).order_by("id").values_list("action", flat=True))


def test_a_new_account_has_one_secret_that_opens_it(issued: IssuedSecret, company: Company, admin: Actor) -> None:
    found = account_with_secret(issued.account.client_id, issued.client_secret, "192.0.2.1")

    assert found == issued.account
    assert len(issued.client_secret) == 128
    assert list(issued.account.companies.all()) == [company]
    assert issued.account.owner_id == admin.id
    assert issued.account.allowed_scopes == ["read", "write", "erp"]
    assert issued.account.user_id is None, "no person stands behind a service account"


@pytest.mark.capability("ID-05")
def test_only_the_hash_of_a_secret_is_kept(issued: IssuedSecret) -> None:
    kept = ServiceAccountSecret.objects.get()

    assert issued.client_secret not in str(vars(kept))
    assert kept.hash.startswith("client_secret$")
    assert kept.hint == issued.client_secret[-4:]


def test_a_wrong_secret_opens_nothing(issued: IssuedSecret) -> None:
    assert account_with_secret(issued.account.client_id, issued.client_secret[:-1], None) is None
    assert account_with_secret(issued.account.client_id, "", None) is None
    assert account_with_secret("unknown", issued.client_secret, None) is None


@pytest.mark.parametrize("client_id", ["", "nul\0", "x" * 300])
def test_a_client_id_that_cannot_be_one_is_simply_unknown(db: None, client_id: str) -> None:
    assert account_with_secret(client_id, "x", None) is None


@pytest.mark.parametrize("client_id", ["the account's", "unknown"], ids=["known account", "unknown account"])
def test_an_unknown_account_costs_what_a_wrong_secret_costs(
    issued: IssuedSecret, monkeypatch: pytest.MonkeyPatch, client_id: str
) -> None:
    compared = []
    verify = ClientSecretHasher.verify

    def counted(self: ClientSecretHasher, password: str, encoded: str) -> bool:
        compared.append(encoded)
        return verify(self, password, encoded)

    monkeypatch.setattr(ClientSecretHasher, "verify", counted)

    account_with_secret(issued.account.client_id if client_id != "unknown" else client_id, "wrong", None)

    assert len(compared) == 2


@pytest.mark.capability("ID-05")
def test_two_secrets_overlap_and_a_third_is_refused(issued: IssuedSecret, company: Company, admin: Actor) -> None:
    second = issue_secret(issued.account.pk, company=company, actor=admin)

    assert opens(issued)
    assert opens(second)
    with pytest.raises(WrongState):
        issue_secret(issued.account.pk, company=company, actor=admin)


@pytest.mark.capability("ID-05")
def test_rotation_keeps_the_newest_for_the_overlap_and_ends_older_ones(
    issued: IssuedSecret, company: Company, admin: Actor
) -> None:
    second = rotate_secret(issued.account.pk, company=company, actor=admin, overlap=timedelta(hours=1))
    third = rotate_secret(issued.account.pk, company=company, actor=admin, overlap=timedelta(hours=1))

    assert [opens(each) for each in (issued, second, third)] == [False, True, True]
    ends = ServiceAccountSecret.objects.get(pk=second.secret_id).expires_at
    assert ends is not None
    assert timedelta(minutes=59) < ends - timezone.now() <= timedelta(hours=1)


def test_an_overlap_never_lengthens_a_secret(company: Company, admin: Actor) -> None:
    short = create_account("Quill", company=company, actor=admin, lifetime=timedelta(minutes=5))

    rotate_secret(short.account.pk, company=company, actor=admin, overlap=timedelta(days=1))

    assert ServiceAccountSecret.objects.get(pk=short.secret_id).expires_at == short.expires_at


@pytest.mark.capability("ID-05")
def test_an_expired_secret_opens_nothing(company: Company, admin: Actor) -> None:
    assert not opens(create_account("Quill", company=company, actor=admin, lifetime=timedelta(0)))


def test_a_retired_secret_opens_nothing(issued: IssuedSecret, company: Company, admin: Actor) -> None:
    retire_secret(issued.secret_id, company=company, actor=admin)

    assert not opens(issued)


@pytest.mark.capability("ID-05")
def test_unused_and_expiring_secrets_are_known(issued: IssuedSecret) -> None:
    now, secret = timezone.now(), ServiceAccountSecret.objects.get()

    assert not is_idle(secret, now + timedelta(days=89))
    assert is_idle(secret, now + timedelta(days=91))
    secret.last_used_at = now + timedelta(days=80)
    assert not is_idle(secret, now + timedelta(days=91))
    secret.expires_at = now + timedelta(days=15)
    assert not expires_soon(secret, now)
    assert expires_soon(secret, now + timedelta(days=2))
    assert not expires_soon(secret, now + timedelta(days=16))


def test_a_disabled_account_loses_its_secrets_and_tokens_at_once(
    issued: IssuedSecret, company: Company, admin: Actor
) -> None:
    token = AccessToken(application=issued.account, scope="read", expires=timezone.now() + timedelta(hours=1))
    set_token_value(token, "raw")
    token.save()
    assert find_bearer("raw", company.pk) is not None

    disable_account(issued.account.pk, company=company, actor=admin)

    assert not opens(issued)
    assert find_bearer("raw", company.pk) is None
    assert not AccessToken.objects.exists()
    with pytest.raises(WrongState):
        disable_account(issued.account.pk, company=company, actor=admin)
    with pytest.raises(WrongState):
        issue_secret(issued.account.pk, company=company, actor=admin)


def test_every_act_leaves_an_entry_without_the_secret(issued: IssuedSecret, company: Company, admin: Actor) -> None:
    rotated = rotate_secret(issued.account.pk, company=company, actor=admin)
    retire_secret(issued.secret_id, company=company, actor=admin)
    disable_account(issued.account.pk, company=company, actor=admin)

    assert trail(company) == [
        "account_created", "secret_issued", "secret_ended", "secret_issued", "secret_ended", "account_disabled",
    ]  # fmt: skip
    written = str([(entry.before, entry.after) for entry in Entry.objects.of(company)])
    assert issued.client_secret not in written
    assert rotated.client_secret not in written


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"scopes": ["admin"]}, "scopes"),
        ({"scopes": []}, "scopes"),
        ({"directions": ["sideways"]}, "directions"),
        ({"networks": ["10.0.0.0/99"]}, "networks"),
    ],
)
def test_a_wrong_value_is_named(company: Company, admin: Actor, values: dict[str, Any], field: str) -> None:
    given = {"name": "Quill"} | values

    with pytest.raises(Invalid) as refused:
        create_account(given.pop("name"), company=company, actor=admin, **given)

    assert list(refused.value.errors) == [field]
    assert not ServiceAccount.objects.exists()


def test_the_owner_is_a_person_of_the_company(
    company: Company, other_company: Company, admin: Actor, make_person: Any
) -> None:
    stranger = User.objects.get(pk=make_person("stranger", company=other_company).id)

    with pytest.raises(Invalid, match="person of the company"):
        create_account("Quill", company=company, actor=admin, owner=stranger)


@pytest.mark.parametrize("name", ["approver", "project_user", "auditor", "super_user", "integration"])
def test_accounts_are_managed_by_people_with_erp_admin(
    company: Company, issued: IssuedSecret, name: str, request: pytest.FixtureRequest
) -> None:
    actor = request.getfixturevalue(name)

    for act in (
        lambda: create_account("Other", company=company, actor=actor),
        lambda: issue_secret(issued.account.pk, company=company, actor=actor),
        lambda: rotate_secret(issued.account.pk, company=company, actor=actor),
        lambda: retire_secret(issued.secret_id, company=company, actor=actor),
        lambda: disable_account(issued.account.pk, company=company, actor=actor),
    ):
        with pytest.raises(NotPermitted):
            act()


def test_the_account_of_another_company_does_not_exist(other_company: Company, issued: IssuedSecret) -> None:
    for act in (
        lambda: issue_secret(issued.account.pk, company=other_company, actor=SYSTEM),
        lambda: rotate_secret(issued.account.pk, company=other_company, actor=SYSTEM),
        lambda: retire_secret(issued.secret_id, company=other_company, actor=SYSTEM),
        lambda: disable_account(issued.account.pk, company=other_company, actor=SYSTEM),
    ):
        with pytest.raises(NotFound):
            act()
