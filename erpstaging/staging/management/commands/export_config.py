"""Writes a company's configuration to the standard output."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from erpstaging.companies.management.answers import company_named
from erpstaging.core.scope import in_company
from erpstaging.staging.configuration import configuration_of, written


class Command(BaseCommand):
    help = "Writes a company's metadata, ERP settings and custom fields as one JSON document. It holds no secrets."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--company", type=int, required=True, help="the id of the company")

    def handle(self, *args: Any, **options: Any) -> None:
        company = company_named(options["company"])
        document = in_company(company.pk, lambda: configuration_of(company.pk))
        self.stdout.write(written(document), ending="")
