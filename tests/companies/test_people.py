"""Companies, people and their rights."""

from typing import Any

import pytest

from erpstaging.audit.models import Entry
from erpstaging.companies.actors import SYSTEM, Actor, person
from erpstaging.companies.models import Company, Membership, User
from erpstaging.companies.people import create_company, create_person, grant
from erpstaging.core.errors import Invalid, NotPermitted
from tests.fixtures.people import MakePerson
from tests.fixtures.scope import in_scope

PASSWORD = "harbour-point-26"


def user_of(actor: Actor) -> User:
    return User.objects.get(pk=actor.id)


def test_a_new_company_has_the_erp_tool_on(db: None) -> None:
    made = create_company(" Nordwind ", actor=SYSTEM, time_zone="Europe/Berlin", currency="EUR")

    assert (made.name, made.zone.key, made.currency, made.erp_tool_enabled) == (
        "Nordwind",
        "Europe/Berlin",
        "EUR",
        True,
    )
    with in_scope(made):
        assert [entry.action for entry in Entry.objects.of(made)] == ["company_created"]


@pytest.mark.parametrize(
    ("values", "field"),
    [({"name": ""}, "name"), ({"time_zone": "Mars"}, "time_zone"), ({"currency": "eur"}, "currency")],
)
def test_a_wrong_value_of_a_company_is_named(db: None, values: dict[str, str], field: str) -> None:
    given = {"name": "Nordwind"} | values

    with pytest.raises(Invalid) as refused:
        create_company(given.pop("name"), actor=SYSTEM, **given)

    assert list(refused.value.errors) == [field]
    assert not Company.objects.exists()


def test_a_new_person_signs_in_with_his_password_and_has_no_rights(company: Company) -> None:
    made = create_person(
        "anna", email="anna@nordwind.example", name="Anna Berg", password=PASSWORD, company=company, actor=SYSTEM
    )

    assert made.check_password(PASSWORD)
    assert person(made, None).rights == frozenset()


def test_without_a_password_nobody_signs_in(company: Company) -> None:
    made = create_person("anna", email="a@b.example", name="Anna", password=None, company=company, actor=SYSTEM)

    assert not made.has_usable_password()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"password": "short"}, "password"),
        ({"password": "password1234"}, "password"),
        ({"password": "annabergannaberg", "username": "annabergannaberg"}, "password"),
        ({"email": "nowhere"}, "email"),
        ({"username": ""}, "username"),
        ({"username": "taken"}, "username"),
    ],
)
def test_a_wrong_value_of_a_person_is_named(
    company: Company, make_person: MakePerson, values: dict[str, str], field: str
) -> None:
    make_person("taken")
    given = {"username": "anna", "email": "anna@nordwind.example", "name": "Anna", "password": PASSWORD} | values

    with pytest.raises(Invalid) as refused:
        create_person(given.pop("username"), company=company, actor=SYSTEM, **given)

    assert list(refused.value.errors) == [field]


@pytest.mark.capability("ID-04")
def test_rights_that_are_named_change_and_others_stay(company: Company, admin: Actor, make_person: MakePerson) -> None:
    user = user_of(make_person("paul", project_level="standard"))

    grant(user, company=company, actor=admin, erp_level="standard", can_push_to_accounting=True)

    now = person(user, Membership.objects.get(user=user, company=company))
    assert now.rights == {"member", "project", "erp", "push"}
    (entry,) = Entry.objects.of(company)
    assert (entry.action, entry.object_id, entry.actor_id) == ("rights_changed", user.pk, admin.id)
    assert entry.before == {"erp_level": "none", "can_push_to_accounting": False}
    assert entry.after == {"erp_level": "standard", "can_push_to_accounting": True}


def test_granting_what_is_there_already_says_nothing(company: Company, admin: Actor, approver: Actor) -> None:
    grant(user_of(approver), company=company, actor=admin, can_push_to_accounting=True)

    assert not Entry.objects.of(company).exists()


@pytest.mark.capability("ID-04")
def test_nobody_grants_himself_anything(company: Company, admin: Actor, make_person: MakePerson) -> None:
    with pytest.raises(NotPermitted, match="himself"):
        grant(user_of(admin), company=company, actor=admin, can_push_to_accounting=True)

    grant(user_of(admin), company=company, actor=make_person("second", erp_level="admin"), can_push_to_accounting=True)
    assert Membership.objects.get(user_id=admin.id).can_push_to_accounting


@pytest.mark.capability("ID-04")
@pytest.mark.parametrize("name", ["approver", "project_user", "auditor", "super_user", "integration"])
def test_rights_are_granted_by_people_with_erp_admin(
    company: Company, name: str, make_person: MakePerson, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(NotPermitted):
        grant(user_of(make_person("paul")), company=company, actor=request.getfixturevalue(name), auditor=True)


@pytest.mark.parametrize("rights", [{"erp_level": "god"}, {"password": "x"}, {"company_id": 2}])
def test_a_right_that_does_not_exist_is_refused(
    company: Company, admin: Actor, project_user: Actor, rights: dict[str, Any]
) -> None:
    with pytest.raises(Invalid) as refused:
        grant(user_of(project_user), company=company, actor=admin, **rights)

    assert list(refused.value.errors) == list(rights)
