"""Companies, people, and what they may do there. Each act leaves an audit entry in the company."""

import re
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company, Membership, User
from erpstaging.companies.witness import tell
from erpstaging.core.errors import Invalid, NotPermitted
from erpstaging.core.locks import lock

CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
RIGHTS = (
    "erp_level", "project_level", "can_push_to_accounting", "directory_admin", "super_user", "auditor", "is_active",
)  # fmt: skip


@transaction.atomic
def create_company(name: str, *, actor: Actor, time_zone: str = "UTC", currency: str = "USD") -> Company:
    """A new company with the ERP tool on. Raises Invalid for an unknown time zone or currency."""
    if not CURRENCY.fullmatch(currency):
        raise Invalid.field("currency", "must be three capital letters, as in ISO 4217")
    company = Company(name=name.strip(), time_zone=time_zone, currency=currency)
    _check(company)
    company.save()
    after = {"name": company.name, "time_zone": time_zone, "currency": currency}
    tell(company.pk, actor, "company_created", "company", company.pk, after=after)
    return company


def create_person(
    username: str, *, email: str, name: str, password: str | None, company: Company, actor: Actor
) -> User:
    """A person who can sign in; without a password he cannot until one is set. Raises Invalid with the fields."""
    user = User(username=username.strip(), email=email.strip(), name=name.strip())
    if password is not None:
        try:
            validate_password(password, user)
        except ValidationError as exc:
            raise Invalid("The password is too weak.", errors={"password": exc.messages}) from None
    user.set_password(password)
    _check(user)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        raise Invalid.field("username", "is taken") from None
    tell(company.pk, actor, "person_created", "user", user.pk, after={"username": user.username, "name": user.name})
    return user


def grant(user: User, *, company: Company, actor: Actor, **rights: Any) -> Membership:
    """Set some rights of a person in the company (names of `RIGHTS`) and leave the others as they are.

    Raises NotPermitted without ERP Admin and for one's own rights: nobody grants himself anything.
    """
    _require_granter(actor, user)
    unknown = set(rights) - set(RIGHTS)
    if unknown:
        raise Invalid("There is no such right.", errors={name: ["does not exist"] for name in sorted(unknown)})
    Membership.objects.get_or_create(user=user, company=company)
    (membership,) = lock(Membership.objects.filter(user=user, company=company))
    changed = {name: value for name, value in rights.items() if getattr(membership, name) != value}
    if not changed:
        return membership
    before = {name: getattr(membership, name) for name in changed}
    for name, value in changed.items():
        setattr(membership, name, value)
    _check(membership)
    membership.save(update_fields=list(changed))
    tell(company.pk, actor, "rights_changed", "user", user.pk, before=before, after=changed)
    return membership


def _require_granter(actor: Actor, user: User) -> None:
    if actor.kind == "system":
        return
    if actor.kind != "person":
        raise NotPermitted("Rights are granted by people.")
    actor.require("erp_admin", "Granting rights needs ERP Admin.")
    if actor.user_id == user.pk:
        raise NotPermitted("Nobody grants himself rights: ask a second admin.", code="own_rights")


def _check(row: Company | User | Membership) -> None:
    try:
        row.full_clean(validate_unique=False, validate_constraints=True)
    except ValidationError as exc:
        errors = {"base" if field == "__all__" else field: texts for field, texts in exc.message_dict.items()}
        raise Invalid("Some values are wrong.", errors=errors) from None
