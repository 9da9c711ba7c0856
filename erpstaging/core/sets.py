"""Many rows with one statement: what Django's bulk calls cannot say, such as an upsert on a partial index.

Rows are dicts of column name to value; PostgreSQL reads them from one JSON parameter as typed columns.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import msgspec
from django.db import connection, models
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorWrapper

from erpstaging.core.money import WireNumber

Row = Mapping[str, Any]


def _number(value: Any) -> msgspec.Raw:
    if isinstance(value, WireNumber):
        return msgspec.Raw(str(value).encode())
    raise TypeError(f"{type(value).__name__} has no place in a row.")


_encoder = msgspec.json.Encoder(enc_hook=_number, decimal_format="string")


@contextmanager
def bound_cursor() -> Iterator[CursorWrapper]:
    """A cursor whose parameters travel beside the statement: a megabyte is neither quoted nor read as SQL."""
    with connection.cursor() as cursor:
        cursor.cursor = ServerBindingCursor(cursor.cursor.connection)  # type: ignore[call-arg]
        yield cursor


def _json(model: type[models.Model], rows: Sequence[Row]) -> str:
    binary = [column for column in rows[0] if isinstance(_fields(model).get(column), models.BinaryField)]
    if binary:  # the encoder would write base64, which a bytea takes for the bytes themselves
        rows = [{**row, **{column: f"\\x{row[column].hex()}" for column in binary if row[column]}} for row in rows]
    return _encoder.encode(rows).decode()


@cache
def _fields(model: type[models.Model]) -> Mapping[str, "models.Field[Any, Any]"]:
    return {str(field.column): field for field in model._meta.concrete_fields}


def _type(model: type[models.Model], column: str) -> str:
    field = _fields(model)[column]
    # A key's own column is an identity; its references and values are plain integers.
    return (field.rel_db_type(connection) if field.primary_key else field.db_type(connection)) or "text"


def _typed(model: type[models.Model], columns: Mapping[str, str]) -> str:
    """The columns of a row from outside, each with the type of the model's column that it is meant for."""
    return ", ".join(f'"{name}" {_type(model, column)}' for name, column in columns.items())


def insert(
    model: type[models.Model],
    rows: Sequence[Row],
    *,
    shared: Row | None = None,
    returning: Sequence[str] = (),
    on_conflict: str = "",
) -> list[tuple[Any, ...]]:
    """Insert rows that all have the same columns; the answers come in no particular order.

    `shared` holds what is the same in all of them, and is sent once.
    """
    if not rows:
        return []
    columns, shared = list(rows[0]), shared or {}
    names = ", ".join(f'"{column}"' for column in (*columns, *shared))
    values = [f'new."{column}"' for column in columns] + [f"%s::{_type(model, column)}" for column in shared]
    tail = f" RETURNING {', '.join(returning)}" if returning else ""
    return _run(
        f'INSERT INTO "{model._meta.db_table}" AS old ({names}) SELECT {", ".join(values)} '  # noqa: S608 - the model's
        f"FROM jsonb_to_recordset(%s::jsonb) AS new({_typed(model, dict(zip(columns, columns, strict=True)))}) "
        f"{on_conflict}{tail}",
        [*shared.values(), _json(model, rows)],
    )


def update(
    model: type[models.Model],
    rows: Sequence[Row],
    *,
    guard: Mapping[str, str] | None = None,
    returning: Sequence[str] = ("old.id",),
) -> list[tuple[Any, ...]]:
    """Set the columns of each row found by its `id`; answers with what was really changed.

    `guard` maps a column to the key of the row that holds the value it must still have, such as
    {"version": "seen_version"}; a row that changed in between is left alone and missing from the answer.
    """
    if not rows:
        return []
    guard = guard or {}
    guard_keys = set(guard.values())
    columns = [column for column in rows[0] if column != "id" and column not in guard_keys]
    sources = {column: column for column in ("id", *columns)} | {key: column for column, key in guard.items()}
    settings = ", ".join(f'"{column}" = new."{column}"' for column in columns)
    conditions = " AND ".join(
        ['old."id" = new."id"'] + [f'old."{column}" = new."{key}"' for column, key in guard.items()]
    )
    return _run(
        f'UPDATE "{model._meta.db_table}" AS old SET {settings} '  # noqa: S608 - names are the model's
        f"FROM jsonb_to_recordset(%s::jsonb) AS new({_typed(model, sources)}) "
        f"WHERE {conditions} RETURNING {', '.join(returning)}",
        [_json(model, rows)],
    )


def _run(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with bound_cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []
