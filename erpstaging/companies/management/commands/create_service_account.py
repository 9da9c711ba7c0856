"""Makes a service account and shows its secret once."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from erpstaging.companies.accounts import create_account
from erpstaging.companies.actors import SYSTEM
from erpstaging.companies.management.answers import AnsweringCommand, company_named, person_named
from erpstaging.companies.models import Direction, full_scopes
from erpstaging.core.scope import in_company


class Command(AnsweringCommand):
    help = "Makes a service account for a machine. The secret is shown once and kept as a hash only."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name")
        parser.add_argument("--company", type=int, required=True, help="id of the company it may work in")
        parser.add_argument("--owner", help="username of the person who answers for it")
        parser.add_argument("--scope", action="append", choices=full_scopes(), help="repeatable; all by default")
        parser.add_argument(
            "--direction", action="append", choices=list(Direction.values), help="repeatable; all by default"
        )
        parser.add_argument("--item-type", action="append", help="repeatable, such as vendor; all by default")
        parser.add_argument(
            "--network", action="append", default=[], help="repeatable, such as 10.0.0.0/8; any by default"
        )
        parser.add_argument("--days", type=int, help="how long the secret is valid; without end by default")

    def act(self, **options: Any) -> dict[str, Any]:
        company = company_named(options["company"])
        issued = in_company(
            company.pk,
            lambda: create_account(
                options["name"],
                company=company,
                actor=SYSTEM,
                owner=person_named(options["owner"]) if options["owner"] else None,
                scopes=options["scope"],
                directions=options["direction"],
                item_types=options["item_type"],
                networks=options["network"],
                lifetime=timedelta(days=options["days"]) if options["days"] else None,
            ),
        )
        return {
            "id": issued.account.pk,
            "client_id": issued.account.client_id,
            "client_secret": issued.client_secret,
            "expires_at": issued.expires_at,
        }
