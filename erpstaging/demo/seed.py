"""The demo's companies, the people who work there, and the programs that act for them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction

from erpstaging.companies.accounts import create_account, rotate_secret
from erpstaging.companies.actors import SYSTEM
from erpstaging.companies.models import Company, ErpLevel, ProjectLevel, ServiceAccount, User
from erpstaging.companies.people import create_company, create_person, grant
from erpstaging.core.scope import company_scope
from erpstaging.demo import credentials as demo_credentials
from erpstaging.demo.business import seed_business
from erpstaging.demo.credentials import Credentials
from erpstaging.demo.notifications import seed_answers, seed_hook

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
    Person("project_user", "Maya Brandt", {"project_level": ProjectLevel.ADMIN}),
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

SERVICE_ACCOUNT = ("service_account", "Ledger connector", ["read", "write", "erp"])
READ_ONLY_ACCOUNT = ("read_only_service_account", "Reporting reader", ["read", "erp"])
OTHER_ACCOUNT = ("other_service_account", "Northgate ledger", ["read", "write", "erp"])


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
        with company_scope(company.pk):
            people = {person.username: _person(person, company, hashes.get(person.username)) for person in STAFF}
            _account(SERVICE_ACCOUNT, credentials, company, people["admin"])
            _account(READ_ONLY_ACCOUNT, credentials, company, people["admin"])
        with company_scope(other.pk):
            _account(OTHER_ACCOUNT, credentials, other, _person(OTHER_ADMIN, other, None))
        credentials |= {"base_url": base_url, "company": {"id": company.pk}, "other_company": {"id": other.pk}}
        demo_credentials.write(credentials_file, credentials)

    hook = seed_hook(company)
    seed_business(company)
    if hook is not None:
        seed_answers(company, hook)
    return credentials


def _missing_hashes(passwords: dict[str, str]) -> dict[str, str]:
    """Password hashes, by username, of the people who are not in this database yet."""
    present = set(User.objects.filter(username__in=passwords).values_list("username", flat=True))
    return {name: make_password(password) for name, password in passwords.items() if name not in present}


def _companies() -> tuple[Company, Company]:
    found = list(Company.objects.filter(is_demo=True).order_by("pk")[:2])
    for values in (COMPANY, OTHER_COMPANY)[len(found) :]:
        company = create_company(**values, actor=SYSTEM)
        company.is_demo = True
        company.save(update_fields=["is_demo"])
        found.append(company)
    return found[0], found[1]


def _person(person: Person, company: Company, password: str | None) -> User:
    """`password` is a hash; None leaves a known person's alone and keeps a new one from signing in."""
    user = User.objects.filter(username=person.username).first()
    if user is None:
        user = create_person(
            person.username,
            email=person.email(company),
            name=person.name,
            password=None,
            company=company,
            actor=SYSTEM,
        )
        grant(user, company=company, actor=SYSTEM, **person.rights)
    if password:
        user.password = password
        user.save(update_fields=["password"])
    return user


def _account(account: tuple[str, str, list[str]], credentials: Credentials, company: Company, owner: User) -> None:
    """Keep the account whose secret we know; otherwise make it, or give it a new secret."""
    key, name, scopes = account
    found = ServiceAccount.objects.filter(companies=company, name=name).first()
    if found is None:
        issued = create_account(name, company=company, actor=SYSTEM, owner=owner, scopes=scopes)
    elif credentials.get(key, {}).get("client_id") != found.client_id:
        issued = rotate_secret(found.pk, company=company, actor=SYSTEM, overlap=timedelta(0))
    else:
        return
    credentials[key] = {"client_id": issued.account.client_id, "client_secret": issued.client_secret}
