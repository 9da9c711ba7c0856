"""What `check --deploy` says about the database's roles."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Warning
from django.db import DatabaseError, connection

SETUP_HINT = "Make the roles with `manage.py setup_roles` and name both addresses."

ABOUT_THE_ROLE = """
    SELECT role.rolsuper, role.rolbypassrls, EXISTS (
        SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname = 'public' AND relkind IN ('r', 'p') AND pg_has_role(role.oid, relowner, 'USAGE')
    )
    FROM pg_roles role WHERE role.rolname = current_user
"""


def database_roles(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Warn when the application's role could step over the walls between companies."""
    warnings: list[CheckMessage] = []
    two_roles = "owner" in settings.DATABASES
    if not two_roles:
        warnings.append(
            Warning(
                "One database role plays owner and application.",
                hint=f"{SETUP_HINT} Row-level security still holds, but this role may change tables and evidence.",
                id="erpstaging.W001",
            )
        )
    try:
        superuser, bypasses, owns = _about_the_role()
    except DatabaseError as exc:
        return [*warnings, Warning(f"The database could not be asked about its roles: {exc}", id="erpstaging.W004")]
    if superuser or bypasses:
        warnings.append(
            Warning(
                "The application's database role is a superuser or has BYPASSRLS: no wall stands between companies.",
                hint=SETUP_HINT,
                id="erpstaging.W002",
            )
        )
    elif owns and two_roles:
        warnings.append(Warning("The application's database role owns tables.", hint=SETUP_HINT, id="erpstaging.W003"))
    return warnings


def _about_the_role() -> tuple[bool, bool, bool]:
    with connection.cursor() as cursor:
        cursor.execute(ABOUT_THE_ROLE)
        row = cursor.fetchone()
    return bool(row[0]), bool(row[1]), bool(row[2])
