"""A stand-in integrator, for the demo and for tests of whole flows."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from erpstaging.demo.fake_erp import command
from erpstaging.demo.fake_erp.client import CallFailed


class Command(BaseCommand):
    help = command.HELP
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        command.add_arguments(parser, settings.DATA_DIR)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            command.execute(options, self.stdout.write)
        except (CallFailed, command.FakeErpTrouble) as exc:
            raise CommandError(str(exc)) from exc
