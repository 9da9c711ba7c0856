"""Runs the service of a small installation on one machine."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from erpstaging.demo.data_folder import DataFolder
from erpstaging.demo.supervisor import Plan, Trouble, run


class Command(BaseCommand):
    help = (
        "Run database, web and worker together until Ctrl-C. Set DATABASE_URL and CELERY_BROKER_URL to use servers "
        "instead of the embedded PostgreSQL and message files."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_place_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        plan = Plan("serve", options["data"], options["host"], options["port"])
        try:
            run(plan, announce=lambda folder, seconds: self.announce(plan, folder, seconds))
        except Trouble as exc:
            raise CommandError(str(exc)) from exc
        self.stdout.write("Stopped. The data stay.")

    def announce(self, plan: Plan, folder: DataFolder, seconds: float) -> None:
        self.stdout.write(
            f"erpstaging is ready ({seconds:.1f} s).\n\n"
            f"  Sign in   {plan.base_url}/accounts/login/\n"
            f"  Data      {folder.path}, logs in {folder.logs}\n\n"
            "Ctrl-C stops it; the data stay.\n"
        )
        self.stdout.flush()


def add_place_arguments(parser: ArgumentParser) -> None:
    """Where the process tree listens and keeps its state; the same for `serve` and `demo`."""
    parser.add_argument("--port", type=_port, default=8000, help="port of the web process (8000)")
    parser.add_argument("--host", default="127.0.0.1", help="address the web process listens on (127.0.0.1)")
    parser.add_argument(
        "--data",
        type=Path,
        default=settings.DATA_DIR,
        metavar="DIR",
        help=f"folder that keeps all state ({settings.DATA_DIR})",
    )


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= 65535:
        raise ValueError
    return port
