"""Starts everything, with demo companies in it, from one command."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from erpstaging.demo import credentials
from erpstaging.demo.data_folder import DataFolder
from erpstaging.demo.management.commands.serve import add_place_arguments
from erpstaging.demo.supervisor import Plan, Trouble, run

DOES = {
    "approver": "accepts and rejects",
    "second_approver": "the other pair of eyes",
    "project_user": "keeps project objects and sends them",
    "admin": "settings, people, accounts",
    "super_user": "support: reset",
    "auditor": "reads everything",
}


class Command(BaseCommand):
    help = (
        "Run database, web and worker with demo companies, people and records until Ctrl-C. A second start finds the "
        "data of the first. Set DATABASE_URL and CELERY_BROKER_URL to use servers instead of the embedded ones."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_place_arguments(parser)
        parser.add_argument("--reset", action="store_true", help="remove the demo's data first")
        parser.add_argument(
            "--no-fake-erp", action="store_true", help="no stand-in ERP: you play the integrator, or your program does"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        plan = Plan(
            "demo",
            options["data"],
            options["host"],
            options["port"],
            reset=options["reset"],
            fake_erp=not options["no_fake_erp"],
        )
        self.stdout.write("Starting the erpstaging demo ...")
        self.stdout.flush()
        try:
            run(plan, announce=lambda folder, seconds: self.announce(plan, folder, seconds))
        except Trouble as exc:
            raise CommandError(str(exc)) from exc
        self.stdout.write("Stopped. The data stay; --reset starts anew.")

    def announce(self, plan: Plan, folder: DataFolder, seconds: float) -> None:
        self.stdout.write(_screen(plan, folder, seconds))
        self.stdout.flush()


def _screen(plan: Plan, folder: DataFolder, seconds: float) -> str:
    found = credentials.read(folder.credentials) or {"people": {}}
    people = [
        f"  {person['username']:<17}{person['password']:<34}{DOES[name]}" for name, person in found["people"].items()
    ]
    return "\n".join(
        [
            f"Ready after {seconds:.1f} s.",
            "",
            f"  Sign in at {plan.base_url}/accounts/login/",
            "",
            f"  {'user name':<17}password",
            *people,
            "",
            f"  API             {plan.base_url}/api/docs/",
            f"  For programs    {_python()} manage.py demo_credentials{_data_option(folder)}",
            f"  ERP             {_erp(plan)}",
            f"  Data and logs   {folder.path}",
            "",
            "Ctrl-C stops it; the data stay.",
        ]
    )


def _erp(plan: Plan) -> str:
    if plan.fake_erp:
        return "a stand-in answers what you accept from now on after a few seconds (--no-fake-erp leaves it out)"
    return "nobody answers: be the integrator yourself, or run manage.py fake_erp"


def _python() -> str:
    """The interpreter as a person in the working folder would type it."""
    used = Path(sys.executable)
    return str(used.relative_to(Path.cwd())) if used.is_relative_to(Path.cwd()) else used.name


def _data_option(folder: DataFolder) -> str:
    return "" if folder.path == settings.DATA_DIR else f" --data {folder.path}"
