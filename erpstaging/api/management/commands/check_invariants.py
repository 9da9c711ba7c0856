"""Looks through the stored data for anything that must never be there."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from erpstaging.core.invariants import Breach, walls
from erpstaging.core.scope import all_companies_scope
from erpstaging.erp_requests.invariants import INVARIANTS as OF_REQUESTS
from erpstaging.hooks.invariants import INVARIANTS as OF_HOOKS
from erpstaging.staging.invariants import INVARIANTS as OF_THE_GATE
from erpstaging.staging.invariants import changed_snapshots


class Command(BaseCommand):
    help = (
        "Check every promise against the stored data of all companies, in one consistent view and without changing "
        "anything. Prints what breaks one and exits with 1; may run beside the service."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")

    def handle(self, *args: Any, **options: Any) -> None:
        invariants = [*OF_THE_GATE, *OF_REQUESTS, *OF_HOOKS, *walls()]
        with _one_view(), all_companies_scope():
            breaches = [breach for one in invariants for breach in one.breaches()]
            breaches += changed_snapshots()
        checked = len(invariants) + 1
        if options["json"]:
            self.stdout.write(json.dumps({"checked": checked, "breaches": [asdict(one) for one in breaches]}))
        else:
            self._say(checked, breaches)
        if breaches:
            raise CommandError(f"{len(breaches)} rows break a promise.")

    def _say(self, checked: int, breaches: list[Breach]) -> None:
        for one in breaches:
            self.stdout.write(f"{one.invariant}: company {one.company_id}, id {one.object_id}: {one.text}.")
        if not breaches:
            self.stdout.write(f"All {checked} promises hold.")


@contextmanager
def _one_view() -> Iterator[None]:
    """A check may take minutes on a big installation; what commits meanwhile must not look like a contradiction."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = 0")
        yield
