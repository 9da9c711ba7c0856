"""Gives a person rights in a company, and makes him on the way if he is new."""

import getpass
import sys
from argparse import ArgumentParser, BooleanOptionalAction
from typing import Any

from erpstaging.companies.actors import SYSTEM
from erpstaging.companies.management.answers import AnsweringCommand, company_named, person_named
from erpstaging.companies.models import Company, ErpLevel, ProjectLevel, User
from erpstaging.companies.people import RIGHTS, create_person, grant
from erpstaging.core.scope import in_company


class Command(AnsweringCommand):
    help = "Sets rights of a person in a company; rights that are not named stay as they are."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("username")
        parser.add_argument("--company", type=int, required=True, help="id of the company")
        parser.add_argument("--erp-level", choices=list(ErpLevel.values))
        parser.add_argument("--project-level", choices=list(ProjectLevel.values))
        for flag in ("can_push_to_accounting", "directory_admin", "super_user", "auditor"):
            parser.add_argument(f"--{flag.replace('_', '-')}", action=BooleanOptionalAction)
        parser.add_argument(
            "--active", dest="is_active", action=BooleanOptionalAction, help="--no-active ends the access"
        )
        parser.add_argument(
            "--create", action="store_true", help="make the person; the password is read, not an option"
        )
        parser.add_argument("--name", default="", help="with --create: full name")
        parser.add_argument("--email", default="", help="with --create")

    def act(self, **options: Any) -> dict[str, Any]:
        company = company_named(options["company"])
        rights = {name: options[name] for name in RIGHTS if options[name] is not None}
        password = _password() if options["create"] else None
        return in_company(company.pk, lambda: self.grant(company, rights, password, options))

    def grant(
        self, company: Company, rights: dict[str, Any], password: str | None, options: dict[str, Any]
    ) -> dict[str, Any]:
        user = self.person(company, password, options)
        membership = grant(user, company=company, actor=SYSTEM, **rights)
        return {
            "username": user.username,
            "company": company.pk,
            **{name: getattr(membership, name) for name in RIGHTS},
        }

    def person(self, company: Company, password: str | None, options: dict[str, Any]) -> User:
        username = options["username"]
        if not options["create"]:
            return person_named(username)
        return create_person(
            username,
            email=options["email"],
            name=options["name"] or username,
            password=password,
            company=company,
            actor=SYSTEM,
        )


def _password() -> str:
    """From the terminal, or the first line of a pipe; never from the command line, which others can see."""
    return getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
