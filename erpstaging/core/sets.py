"""Many rows with one statement: what Django's bulk calls cannot say, such as an upsert on a partial index.

Rows are dicts of column name to value; PostgreSQL reads them from one JSON parameter as typed columns.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from django.db import connection, models

from erpstaging.core.money import WireNumber

Row = Mapping[str, Any]


def _number(value: Any) -> msgspec.Raw:
    if isinstance(value, WireNumber):
        return msgspec.Raw(str(value).encode())
    raise TypeError(f"{type(value).__name__} has no place in a row.")


_encoder = msgspec.json.Encoder(enc_hook=_number, decimal_format="string")


def _json(rows: Sequence[Row]) -> str:
    return _encoder.encode([{name: _plain(value) for name, value in row.items()} for row in rows]).decode()


def _plain(value: Any) -> Any:
    # The encoder would write base64, which a bytea takes for the bytes themselves.
    return f"\\x{value.hex()}" if isinstance(value, bytes) else value


def _types(model: type[models.Model], columns: Sequence[str]) -> dict[str, str]:
    by_column = {field.column: field for field in model._meta.concrete_fields}
    found: dict[str, str] = {}
    for column in columns:
        field = by_column[column]
        # A key's own column is an identity; its references and values are plain integers.
        found[column] = (field.rel_db_type(connection) if field.primary_key else field.db_type(connection)) or "text"
    return found


def _source(model: type[models.Model], columns: Sequence[str]) -> str:
    typed = ", ".join(f'"{name}" {kind}' for name, kind in _types(model, columns).items())
    return f"jsonb_to_recordset(%s::jsonb) AS new({typed})"


def _run(statement: str, rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [_json(rows)])
        return cursor.fetchall() if cursor.description else []


def insert(
    model: type[models.Model], rows: Sequence[Row], *, returning: Sequence[str] = (), on_conflict: str = ""
) -> list[tuple[Any, ...]]:
    """Insert rows that all have the same columns; the answers come in no particular order."""
    if not rows:
        return []
    columns = list(rows[0])
    names = ", ".join(f'"{column}"' for column in columns)
    values = ", ".join(f'new."{column}"' for column in columns)
    tail = f" RETURNING {', '.join(returning)}" if returning else ""
    return _run(
        f'INSERT INTO "{model._meta.db_table}" AS old ({names}) SELECT {values} '  # noqa: S608 - names are the model's
        f"FROM {_source(model, columns)} {on_conflict}{tail}",
        rows,
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
    types = _types(model, ["id", *columns])
    types |= {key: _types(model, [column])[column] for column, key in guard.items()}
    typed = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
    settings = ", ".join(f'"{column}" = new."{column}"' for column in columns)
    conditions = " AND ".join(
        ['old."id" = new."id"'] + [f'old."{column}" = new."{key}"' for column, key in guard.items()]
    )
    return _run(
        f'UPDATE "{model._meta.db_table}" AS old SET {settings} '  # noqa: S608 - names are the model's
        f"FROM jsonb_to_recordset(%s::jsonb) AS new({typed}) WHERE {conditions} RETURNING {', '.join(returning)}",
        rows,
    )
