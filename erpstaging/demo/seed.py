"""The demo's companies, the people who work there, and the programs that act for them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction

from erpstaging.companies.models import (
    Company,
    ErpLevel,
    Membership,
    ProjectLevel,
    ServiceAccount,
    ServiceAccountSecret,
    User,
)
from erpstaging.demo import credentials as demo_credentials
from erpstaging.demo.business import seed_business
from erpstaging.demo.credentials import Credentials

COMPANY = {"name": "Halden Civil", "time_zone": "America/Denver", "currency": "USD"}
OTHER_COMPANY = {"name": "Northgate Interiors", "time_zone": "Europe/Berlin", "currency": "EUR"}


class SeedRefused(Exception):
    """The database holds a real company: demo people have no business there."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of a demo company, with his rights."""

    username: str
    name: str
    rights: dict[str, Any] = field(default_factory=dict)

    def email(self, company: Company) -> str:
        domain = company.name.lower().replace(" ", "-")
        return f"{self.name.lower().replace(' ', '.')}@{domain}.example"


# Approvers hold ERP Admin beside the privilege, so that an origin ID can be entered by hand and confirmed by the
# other; the admin has everything but the privilege. A reset needs two super users: the admin is the second.
APPROVER = {"erp_level": ErpLevel.ADMIN, "project_level": ProjectLevel.ADMIN, "can_push_to_accounting": True}
STAFF = (
    Person("approver", "Ruth Okafor", APPROVER),
    Person("second_approver", "Tomas Lindqvist", APPROVER),
    Person("project_user", "Maya Brandt", {"project_level": ProjectLevel.STANDARD}),
    Person(
        "admin",
        "Daniel Reyes",
        {
            "erp_level": ErpLevel.ADMIN,
            "project_level": ProjectLevel.ADMIN,
            "directory_admin": True,
            "super_user": True,
        },
    ),
    Person(
        "super_user",
        "Ingrid Solheim",
        {"erp_level": ErpLevel.STANDARD, "project_level": ProjectLevel.ADMIN, "super_user": True},
    ),
    Person("auditor", "Peter Achebe", {"auditor": True}),
)
# He answers for the other company's account. Nobody signs in as him.
OTHER_ADMIN = Person("northgate_admin", "Helena Voss", {"erp_level": ErpLevel.ADMIN, "directory_admin": True})

ACCOUNT_NAMES = {
    "service_account": ("Ledger connector", ["read", "write", "erp"]),
    "read_only_service_account": ("Reporting reader", ["read", "erp"]),
    "other_service_account": ("Northgate ledger", ["read", "write", "erp"]),
}


def seed(*, credentials_file: Path, base_url: str, upgrade: Callable[[], object] = lambda: None) -> Credentials:
    """Make what is missing and leave what is there; write the credentials to their file and return them.

    Passwords are set for people made now and, when the file was lost, for all. `upgrade` is called before any table is
    touched. Raises SeedRefused.
    """
    known = demo_credentials.read(credentials_file)
    credentials = known or demo_credentials.draw()
    passwords = {person["username"]: person["password"] for person in credentials["people"].values()}
    # Hashing is slow by intention and releases the interpreter's lock: a first start does it beside the migrations.
    with ThreadPoolExecutor(max_workers=1) as pool:
        hashing = [] if known else [pool.submit(make_password, password) for password in passwords.values()]
        upgrade()
        hashes = dict(zip(passwords, (done.result() for done in hashing), strict=False)) or _missing_hashes(passwords)

    with transaction.atomic():
        if Company.objects.filter(is_demo=False).exists():
            raise SeedRefused("This database holds a company that is not a demo's; nothing was written.")
        company, other = _companies()
        people = {person.username: _person(person, company, hashes.get(person.username)) for person in STAFF}
        other_admin = _person(OTHER_ADMIN, other, None)
        _account("service_account", credentials, company, people["admin"])
        _account("read_only_service_account", credentials, company, people["admin"])
        _account("other_service_account", credentials, other, other_admin)
        credentials |= {"base_url": base_url, "company": {"id": company.pk}, "other_company": {"id": other.pk}}
        demo_credentials.write(credentials_file, credentials)

    seed_business(company)
    return credentials


def _missing_hashes(passwords: dict[str, str]) -> dict[str, str]:
    """Password hashes, by username, of the people who are not in this database yet."""
    present = set(User.objects.filter(username__in=passwords).values_list("username", flat=True))
    return {name: make_password(password) for name, password in passwords.items() if name not in present}


def _companies() -> tuple[Company, Company]:
    found = list(Company.objects.filter(is_demo=True).order_by("pk")[:2])
    for values in (COMPANY, OTHER_COMPANY)[len(found) :]:
        found.append(Company.objects.create(**values, is_demo=True))
    return found[0], found[1]


def _person(person: Person, company: Company, password: str | None) -> User:
    """`password` is a hash; None leaves a known person's alone and keeps a new one from signing in."""
    user = User.objects.filter(username=person.username).first()
    if user is None:
        user = User(username=person.username, name=person.name, email=person.email(company))
        user.set_unusable_password()
    if password:
        user.password = password
    user.save()
    Membership.objects.get_or_create(company=company, user=user, defaults=person.rights)
    return user


def _account(key: str, credentials: Credentials, company: Company, owner: User) -> None:
    client_id, secret = credentials[key]["client_id"], credentials[key]["client_secret"]
    if ServiceAccount.objects.filter(client_id=client_id).exists():
        return
    name, scopes = ACCOUNT_NAMES[key]
    account = ServiceAccount.machine(client_id=client_id, name=name, owner=owner, allowed_scopes=scopes)
    account.save()
    account.companies.add(company)
    ServiceAccountSecret.objects.create(
        account=account, hash=make_password(secret, hasher="client_secret"), hint=secret[-4:]
    )
