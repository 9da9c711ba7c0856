"""The database's roles, and what each of them may do (docs/decisions/database-roles.md).

The owner owns database and tables and migrates. The application reads and writes rows and can neither change a table
nor what was audited. The report role reads. None of them is a superuser or bypasses row-level security.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import psycopg
from psycopg import sql

OWNER, APP, REPORT = "erpstaging_owner", "erpstaging_app", "erpstaging_report"
DATABASE = "erpstaging"

# Tables whose rows are evidence: the application adds to them and reads them, nothing else.
APPEND_ONLY = ("audit_entry", "audit_seal")


class RoleTrouble(Exception):
    """The server's roles are not what the walls between companies need."""


class Cursor(Protocol):
    """What grants need of a cursor, psycopg's or Django's."""

    def execute(self, query: Any, params: Any = None, /) -> Any: ...

    def fetchall(self) -> list[Any]: ...


@dataclass(frozen=True, slots=True)
class Made:
    """What `make_roles` found or made. `passwords` holds those of roles that it made just now."""

    roles: list[str] = field(default_factory=list)
    database_made: bool = False
    passwords: dict[str, str] = field(default_factory=dict)


def make_roles(
    admin_address: str, *, database: str = DATABASE, with_passwords: bool = True, for_tests: bool = False
) -> Made:
    """Make the three roles and the owner's database, as far as they are missing; repeating it changes nothing.

    `admin_address` is a superuser's, or that of a role that may make roles and databases. `for_tests` lets the owner
    make databases and act as the application. Raises RoleTrouble when an existing role would undo the walls.
    """
    with psycopg.connect(admin_address, autocommit=True) as connection, connection.cursor() as cursor:
        passwords = {role: secrets.token_urlsafe(24) for role in _missing_roles(cursor)}
        for role, password in passwords.items():
            _make_role(connection, role, password if with_passwords else None)
        _refuse_unsafe(cursor)
        if for_tests:
            cursor.execute(sql.SQL("ALTER ROLE {} CREATEDB").format(sql.Identifier(OWNER)))
            cursor.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(APP), sql.Identifier(OWNER)))
        made = _make_database(cursor, database)
    return Made(list(passwords), made, passwords if with_passwords else {})


def _make_role(connection: psycopg.Connection[Any], role: str, password: str | None) -> None:
    statement = sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role))
    if password is not None:
        # Hashed on this side, so that no server log can hold it.
        verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
        statement += sql.SQL(" PASSWORD {}").format(verifier)
    connection.execute(statement)


def _missing_roles(cursor: psycopg.Cursor[Any]) -> list[str]:
    cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [[OWNER, APP, REPORT]])
    present = {name for (name,) in cursor.fetchall()}
    return [role for role in (OWNER, APP, REPORT) if role not in present]


def _refuse_unsafe(cursor: psycopg.Cursor[Any]) -> None:
    cursor.execute(
        "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND (rolsuper OR rolbypassrls) ORDER BY rolname",
        [[OWNER, APP, REPORT]],
    )
    unsafe = [name for (name,) in cursor.fetchall()]
    if unsafe:
        raise RoleTrouble(
            f"{', '.join(unsafe)}: a superuser, or a role with BYPASSRLS, sees every company's rows. "
            "Take that away with ALTER ROLE .. NOSUPERUSER NOBYPASSRLS."
        )


def _make_database(cursor: psycopg.Cursor[Any], database: str) -> bool:
    """Make the owner's database unless it is there; say whether it was made now."""
    cursor.execute("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", [database])
    found = cursor.fetchone()
    if found is not None and found[0] != OWNER:
        raise RoleTrouble(f"The database {database} exists and belongs to {found[0]}, not to {OWNER}.")
    borrowed = _borrow_owner(cursor)
    name = sql.Identifier(database)
    try:
        if found is None:
            cursor.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0").format(
                    name, sql.Identifier(OWNER)
                )
            )
        cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
        cursor.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(name, sql.Identifier(APP)))
        cursor.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, sql.Identifier(REPORT)))
    finally:
        if borrowed:
            cursor.execute(sql.SQL("REVOKE {} FROM CURRENT_USER").format(sql.Identifier(OWNER)))
    return found is None


def _borrow_owner(cursor: psycopg.Cursor[Any]) -> bool:
    """An admin who is no superuser may give a database only to a role that he may become."""
    may_become = "SET" if cursor.connection.info.server_version >= 160000 else "MEMBER"
    cursor.execute("SELECT pg_has_role(current_user, %s, %s)", [OWNER, may_become])
    row = cursor.fetchone()
    if row is not None and row[0]:
        return False
    cursor.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(OWNER)))
    return True


def grant(cursor: Cursor, *, app: str, report: str | None) -> None:
    """Grant what the roles may do on the tables that exist and on those the current role makes later.

    Runs as the owner of the tables, inside the caller's transaction. TRUNCATE is granted to nobody.
    """
    _run(
        cursor,
        {"app": app},
        "GRANT USAGE ON SCHEMA public TO {app}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {app}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {app}",
    )
    cursor.execute("SELECT relname FROM pg_class WHERE oid = ANY(SELECT to_regclass(t) FROM unnest(%s::text[]) t)",
                   [list(APPEND_ONLY)])  # fmt: skip
    for (table,) in cursor.fetchall():
        _run(cursor, {"app": app, "table": table}, "REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {app}")
    if report:
        _run(
            cursor,
            {"report": report},
            "GRANT USAGE ON SCHEMA public TO {report}",
            "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {report}",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {report}",
        )


def _run(cursor: Cursor, names: dict[str, str], *statements: str) -> None:
    identifiers = {key: sql.Identifier(name) for key, name in names.items()}
    for statement in statements:
        cursor.execute(sql.SQL(statement).format(**identifiers))


def existing_roles(cursor: Cursor, names: Iterable[str]) -> set[str]:
    cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [list(names)])
    return {name for (name,) in cursor.fetchall()}
