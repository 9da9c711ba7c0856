"""Brings the database to this version: migrates as the owner, then grants."""

import json
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, DatabaseError, OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from erpstaging.core.roles import REPORT, existing_roles, grant

# Hosts that upgrade at the same time wait for each other here. The number is arbitrary and ours.
UPGRADE_LOCK = 7_216_530_114


class Command(BaseCommand):
    help = "Migrate the database as its owner, then grant the application's and the report role what they may do."
    # As for Django's own migrate: what is checked may need the tables that are not there yet.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")
        add_wait_argument(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        owner = connections["owner" if "owner" in connections.settings else DEFAULT_DB_ALIAS]
        try:
            _connect(owner, seconds=options["wait"])
            with _alone(owner):
                applied = _migrate(owner, verbosity=0 if options["json"] else options["verbosity"])
                granted = _grant(owner)
        except DatabaseError as exc:
            raise CommandError(str(exc).strip()) from exc
        if options["json"]:
            self.stdout.write(json.dumps({"applied": applied, "granted": granted}))
        elif granted:
            self.stdout.write(f"Migrations applied: {len(applied)}. Granted: {', '.join(granted)}.")
        else:
            self.stdout.write(f"Migrations applied: {len(applied)}. One role plays owner and application: no grants.")


def add_wait_argument(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--wait", type=float, default=0, metavar="SECONDS", help="how long to wait for a database that still starts"
    )


def _connect(connection: BaseDatabaseWrapper, *, seconds: float) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            return connection.ensure_connection()
        except OperationalError:
            if time.monotonic() >= end:
                raise
            time.sleep(0.05)


@contextmanager
def _alone(owner: BaseDatabaseWrapper) -> Iterator[None]:
    with owner.cursor() as cursor:
        # A migration of a big table, and the wait for another host's, take longer than a request may.
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SET lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(%s)", [UPGRADE_LOCK])
    try:
        yield
    finally:
        owner.close()


def _migrate(owner: BaseDatabaseWrapper, *, verbosity: int) -> list[str]:
    executor = MigrationExecutor(owner)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    call_command("migrate", database=owner.alias, interactive=False, verbosity=verbosity)
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def _grant(owner: BaseDatabaseWrapper) -> list[str]:
    """Grant to the application's role and, where it exists, the report role; the names of both.

    A role that plays owner and application needs no grant.
    """
    app = _role(connections[DEFAULT_DB_ALIAS])
    if app == _role(owner):
        return []
    with transaction.atomic(using=owner.alias), owner.cursor() as cursor:
        report = REPORT if existing_roles(cursor, [REPORT]) else None
        grant(cursor, app=app, report=report)
    return [app, *([report] if report else [])]


def _role(connection: BaseDatabaseWrapper) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        (name,) = cursor.fetchone()
    return str(name)
