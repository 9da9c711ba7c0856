"""Makes the database roles and the database on a PostgreSQL server."""

import json
from argparse import ArgumentParser
from typing import Any
from urllib.parse import quote, urlencode

import psycopg
from django.core.management.base import BaseCommand, CommandError
from psycopg.conninfo import conninfo_to_dict

from erpstaging.core.roles import APP, DATABASE, OWNER, REPORT, Made, RoleTrouble, make_roles

# What of the administrator's address also holds for the roles.
KEPT = ("sslmode", "sslrootcert", "target_session_attrs")
VARIABLES = {"DATABASE_URL": APP, "ERPSTAGING_OWNER_DATABASE_URL": OWNER, "report": REPORT}


class Command(BaseCommand):
    help = (
        "Make the roles erpstaging_owner, erpstaging_app and erpstaging_report and the owner's database, as far as "
        "they are missing. Passwords are drawn for new roles and shown this once."
    )
    # It runs before the service's own database exists.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--admin-url", required=True, help="address of a role that may make roles and databases, such as postgres"
        )
        parser.add_argument("--database", default=DATABASE, help=f"name of the database ({DATABASE})")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = make_roles(options["admin_url"], database=options["database"])
        except (psycopg.Error, RoleTrouble) as exc:
            raise CommandError(str(exc).strip()) from exc
        addresses = _addresses(options["admin_url"], options["database"], made)
        self.stdout.write(_as_json(made, addresses) if options["json"] else _as_text(made, addresses, options))


def _addresses(admin_address: str, database: str, made: Made) -> dict[str, str]:
    """Each variable's address; the password of a role that existed before is not known here and left out."""
    admin = {key: str(value) for key, value in conninfo_to_dict(admin_address).items() if value}
    kept = {key: admin[key] for key in KEPT if key in admin}
    host, port = admin.get("host", "localhost"), admin.get("port", "5432")
    if host.startswith("/"):  # a socket's folder
        kept, place = {"host": host, "port": port, **kept}, ""
    else:
        place = f"{host}:{port}"
    query = f"?{urlencode(kept)}" if kept else ""
    return {
        variable: f"postgresql://{_sign_in(role, made)}@{place}/{quote(database)}{query}"
        for variable, role in VARIABLES.items()
    }


def _sign_in(role: str, made: Made) -> str:
    return f"{role}:{made.passwords[role]}" if role in made.passwords else role


def _as_json(made: Made, addresses: dict[str, str]) -> str:
    answer = {"roles_made": made.roles, "database_made": made.database_made, "addresses": addresses}
    return json.dumps(answer, indent=2)


def _as_text(made: Made, addresses: dict[str, str], options: dict[str, Any]) -> str:
    lines = [
        f"Roles made: {', '.join(made.roles) or 'none, all were there'}.",
        f"Database {options['database']}: {'made' if made.database_made else 'was there'}.",
        "",
        *(f"{variable}={address}" for variable, address in addresses.items() if variable != "report"),
        "",
        f"For reports: {addresses['report']}",
    ]
    if len(made.passwords) < len(VARIABLES):
        lines.append("Addresses without a password belong to roles that existed; they keep the password they have.")
    return "\n".join(lines)
