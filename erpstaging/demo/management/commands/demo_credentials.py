"""Prints what to sign in to the demo with."""

import json
import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from erpstaging.companies.models import Company
from erpstaging.demo import credentials
from erpstaging.demo.credentials import Credentials


class Command(BaseCommand):
    help = "Print the demo's addresses, people and service accounts as one JSON object, while the demo runs."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--data", type=Path, metavar="DIR", help=f"folder that the demo was started with ({settings.DATA_DIR})"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = (options["data"] or settings.DATA_DIR).resolve()
        if folder != settings.DATA_DIR:
            # Settings find the database through the folder, and they are read already: start again with that folder.
            environment = {**os.environ, "ERPSTAGING_DATA_DIR": str(folder)}
            os.execve(sys.executable, [sys.executable, *sys.argv], environment)  # noqa: S606 - our own command line
        found = credentials.read(folder / "demo_credentials.json")
        if found is None:
            raise CommandError(f"No demo was started with the folder {folder}.")
        _refuse_outside_demo(found)
        self.stdout.write(json.dumps(found, indent=2))


def _refuse_outside_demo(found: Credentials) -> None:
    try:
        is_demo = Company.objects.filter(pk=found["company"]["id"], is_demo=True).exists()
    except DatabaseError as exc:
        raise CommandError("The demo's database cannot be reached. Does the demo run?") from exc
    if not is_demo:
        raise CommandError("This database is not a demo's.")
