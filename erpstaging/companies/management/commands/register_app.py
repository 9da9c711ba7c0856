"""Registers an app that acts for people."""

from argparse import ArgumentParser
from typing import Any

from erpstaging.companies.actors import SYSTEM
from erpstaging.companies.management.answers import AnsweringCommand, company_named
from erpstaging.companies.people_apps import register_app
from erpstaging.core.scope import in_company


class Command(AnsweringCommand):
    help = "Registers an app that acts for people who agree to it (authorization code with PKCE)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name")
        parser.add_argument("--company", type=int, required=True, help="id of the company whose people it may act for")
        parser.add_argument("--redirect-uri", action="append", required=True, help="https address, repeatable")
        parser.add_argument("--confidential", action="store_true", help="it runs on a server and keeps a secret")

    def act(self, **options: Any) -> dict[str, Any]:
        company = company_named(options["company"])
        registered = in_company(
            company.pk,
            lambda: register_app(
                options["name"],
                company=company,
                actor=SYSTEM,
                redirect_uris=options["redirect_uri"],
                confidential=options["confidential"],
            ),
        )
        answer = {"id": registered.app.pk, "client_id": registered.app.client_id}
        return answer if registered.client_secret is None else {**answer, "client_secret": registered.client_secret}
