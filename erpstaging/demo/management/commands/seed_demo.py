"""Brings the database to this version and fills it with the demo; `demo` runs it as a child."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from erpstaging.core.management.commands.upgrade import add_wait_argument
from erpstaging.demo.data_folder import UPGRADED_FILE
from erpstaging.demo.seed import SeedRefused, seed


class Command(BaseCommand):
    help = "Upgrade, then make the demo's companies, people and records as far as they are missing. `demo` runs this."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_wait_argument(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.ENVIRONMENT != "demo":
            raise CommandError("Demo data belong into a demo alone: ERPSTAGING_ENVIRONMENT is not demo.")

        def upgrade() -> None:
            call_command("upgrade", wait=options["wait"], stdout=self.stdout)
            (settings.DATA_DIR / UPGRADED_FILE).touch()

        try:
            seed(
                credentials_file=settings.DATA_DIR / "demo_credentials.json",
                base_url=settings.BASE_URL,
                upgrade=upgrade,
            )
        except SeedRefused as exc:
            raise CommandError(str(exc)) from exc
