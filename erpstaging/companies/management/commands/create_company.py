"""Makes a company."""

from argparse import ArgumentParser
from typing import Any

from erpstaging.companies.actors import SYSTEM
from erpstaging.companies.management.answers import AnsweringCommand
from erpstaging.companies.people import create_company


class Command(AnsweringCommand):
    help = "Makes a company, with its ERP tool switched on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name")
        parser.add_argument("--time-zone", default="UTC", help="such as Europe/Berlin; its days are the company's days")
        parser.add_argument("--currency", default="USD", help="three letters, ISO 4217")

    def act(self, **options: Any) -> dict[str, Any]:
        company = create_company(
            options["name"], actor=SYSTEM, time_zone=options["time_zone"], currency=options["currency"]
        )
        return {"id": company.pk, "name": company.name, "time_zone": company.time_zone, "currency": company.currency}
