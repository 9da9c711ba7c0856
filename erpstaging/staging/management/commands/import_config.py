"""Puts a configuration from the standard input, or a file, into a company."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from erpstaging.companies.actors import SYSTEM
from erpstaging.companies.management.answers import AnsweringCommand, company_named
from erpstaging.core.scope import in_company
from erpstaging.staging.configuration import put_configuration


class Command(AnsweringCommand):
    help = "Brings a company to the configuration of a JSON document, as export_config writes it: all of it or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--company", type=int, required=True, help="the id of the company")
        parser.add_argument("--file", type=Path, help="read this file instead of the standard input")

    def act(self, **options: Any) -> dict[str, Any]:
        company = company_named(options["company"])
        document = _read(options["file"])
        stored = in_company(company.pk, lambda: put_configuration(company, document, actor=SYSTEM))
        return {"company": company.pk, "parts": ", ".join(sorted(stored)), "fields": len(stored["custom_fields"])}


def _read(file: Path | None) -> Any:
    try:
        return json.loads(file.read_text("utf-8") if file is not None else sys.stdin.read())
    except (OSError, ValueError) as exc:
        raise CommandError(f"The configuration cannot be read: {exc}") from None
