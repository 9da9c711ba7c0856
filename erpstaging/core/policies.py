"""Migration operations that put a company's wall around a table (docs/decisions/company-walls.md)."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import migrations, models

OWN_COMPANY = "company_id = NULLIF(current_setting('erpstaging.company', true), '')::bigint"
EVERY_COMPANY = "current_setting('erpstaging.scope', true) = 'all'"


def company_wall(
    table: str,
    *,
    references: Iterable[tuple[str, str]] = (),
    everywhere: str = "SELECT",
    nullable: bool = False,
    referenced: bool = True,
) -> migrations.RunSQL:
    """Row-level security by `company_id`, and references that cannot point into another company.

    `references` are (column, table it points to) pairs; the table pointed to has the UNIQUE (company_id, id)
    that its own wall adds, unless `referenced` is off because nothing points there.
    `everywhere` lists what the scope of all companies may do besides reading, such as "SELECT, UPDATE, INSERT".
    `nullable`: rows without a company may be inserted (sign-ins); only the scope of all companies reads them.
    """
    insert_check = f"(company_id IS NULL OR {OWN_COMPANY})" if nullable else f"({OWN_COMPANY})"
    forward = [f"ALTER TABLE {table} ADD CONSTRAINT {table}_company_key UNIQUE (company_id, id)"] if referenced else []
    forward += [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY own_company ON {table} USING ({OWN_COMPANY}) WITH CHECK {insert_check}",
    ]
    backward: list[str] = []
    for verb in (word.strip() for word in everywhere.split(",")):
        clause = f"WITH CHECK ({EVERY_COMPANY})" if verb == "INSERT" else f"USING ({EVERY_COMPANY})"
        forward.append(f"CREATE POLICY every_company_{verb.lower()} ON {table} FOR {verb} {clause}")
        backward.append(f"DROP POLICY every_company_{verb.lower()} ON {table}")
    for column, target in references:
        added, dropped = _reference(table, column, target)
        forward.append(added)
        backward.insert(0, dropped)
    backward += [
        f"DROP POLICY own_company ON {table}",
        f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
    ]
    if referenced:
        backward.append(f"ALTER TABLE {table} DROP CONSTRAINT {table}_company_key")
    return migrations.RunSQL([*forward], [*backward])


def _reference(table: str, column: str, target: str) -> tuple[str, str]:
    """How the constraint comes and goes."""
    name = f"{table}_{column}_same_company"
    return (
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (company_id, {column}) "
        f"REFERENCES {target} (company_id, id) DEFERRABLE INITIALLY DEFERRED",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


def transition_guard(
    table: str, column: str, pairs: Iterable[tuple[str, str]], *, at_once: Mapping[tuple[str, str], str] | None = None
) -> migrations.RunSQL:
    """Refuse in the database every change of a state that the transition table does not name.

    The model's transitions guard `save()`; this guards bulk statements too. `at_once` are two moves that are written
    as one, with the condition in SQL, on OLD and NEW, by which the row shows that the move between them was made.
    """
    allowed = ", ".join(f"('{source}', '{target}')" for source, target in sorted(set(pairs)))
    both = "".join(
        f" AND NOT (OLD.{column} = '{source}' AND NEW.{column} = '{target}' AND {condition})"
        for (source, target), condition in (at_once or {}).items()
    )
    return migrations.RunSQL(
        [
            f"""
            CREATE FUNCTION {table}_{column}_guard() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF (OLD.{column}, NEW.{column}) NOT IN ({allowed}){both} THEN
                    RAISE EXCEPTION '{table} % cannot go from % to %', OLD.id, OLD.{column}, NEW.{column}
                        USING ERRCODE = 'check_violation', CONSTRAINT = '{table}_{column}_guard';
                END IF;
                RETURN NEW;
            END $$
            """,
            f"CREATE TRIGGER {table}_{column}_guard BEFORE UPDATE OF {column} ON {table} FOR EACH ROW "
            f"WHEN (OLD.{column} IS DISTINCT FROM NEW.{column}) EXECUTE FUNCTION {table}_{column}_guard()",
        ],
        [f"DROP TRIGGER {table}_{column}_guard ON {table}", f"DROP FUNCTION {table}_{column}_guard()"],
    )


def same_company(to: Any, *, null: bool = True) -> "models.ForeignKey[Any, Any]":
    """A reference to a row of the same company: Django's key without its constraint, which the wall adds."""
    return models.ForeignKey(
        to, on_delete=models.PROTECT, related_name="+", null=null, db_constraint=False, db_index=False
    )


def change_guard(
    table: str, column: str, *, before: Iterable[tuple[str, str]], after: Iterable[tuple[str, str]]
) -> migrations.RunSQL:
    """Put another transition table into the guard of a state."""
    old, new = transition_guard(table, column, before), transition_guard(table, column, after)
    return migrations.RunSQL([*_undone(old), *_done(new)], [*_undone(new), *_done(old)])


def _done(operation: migrations.RunSQL) -> list[Any]:
    return list(operation.sql)


def _undone(operation: migrations.RunSQL) -> list[Any]:
    return list(operation.reverse_sql or ())
