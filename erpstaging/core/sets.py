"""Many rows with one statement: what Django's bulk calls cannot say, such as an upsert on a partial index.

Rows are dicts of column name to value; PostgreSQL reads them from one JSON parameter as typed columns.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import msgspec
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection, connections, models
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorWrapper
from django.db.models.base import ModelState

from erpstaging.core.money import WireNumber
from erpstaging.core.states import Moving

Row = Mapping[str, Any]
Answer = tuple[Any, ...]
Reader = Callable[[Any], Any] | None
M = TypeVar("M", bound=models.Model)


def _number(value: Any) -> msgspec.Raw:
    if isinstance(value, WireNumber):
        return msgspec.Raw(str(value).encode())
    raise TypeError(f"{type(value).__name__} has no place in a row.")


_encoder = msgspec.json.Encoder(enc_hook=_number, decimal_format="string")


@contextmanager
def pipelined() -> Iterator[None]:
    """Statements are sent without waiting for each other; the server works while the next one is made.

    Whoever reads an answer waits for it and for what was sent before. Raises what a statement raised at the next
    answer that is read, or at the end.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


def broken_constraint(error: IntegrityError) -> str:
    """The name of the constraint or unique index that refused a statement."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return str(getattr(diagnosis, "constraint_name", None) or "")


def draw_ids(model: type[models.Model], count: int) -> list[int]:
    """Ids for rows to come, so that statements about them need not wait for their insertion."""
    if not count:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [row[0] for row in cursor.fetchall()]


def execute(statement: str, parameters: Sequence[Any]) -> CursorWrapper:
    """Run a statement of unchanging text; the cursor reads what it answers, if anything.

    Its parameters travel beside it: a megabyte is neither quoted nor read as SQL. A statement that comes again and
    again is planned once for each connection.
    """
    here = connections[DEFAULT_DB_ALIAS]
    here.close_if_health_check_failed()
    if here.connection is None:
        here.ensure_connection()
    make = here.make_debug_cursor if here.queries_logged else here.make_cursor
    cursor: CursorWrapper = make(ServerBindingCursor(here.connection))  # type: ignore[call-arg, arg-type]
    cursor.execute(statement, parameters)
    return cursor


def ask(statement: str, parameters: Sequence[Any]) -> Callable[[], list[Answer]]:
    """Send a statement now, and read its rows when they are called for.

    Within `pipelined` several that are asked before the first is read share one round trip.
    """
    rows: Callable[[], list[Answer]] = execute(statement, parameters).fetchall
    return rows


def fetch(statement: str, parameters: Sequence[Any]) -> list[Answer]:
    """The rows that a statement of unchanging text answers."""
    return ask(statement, parameters)()


def _json(model: type[models.Model], rows: Sequence[Row]) -> str:
    binary = [
        column
        for column, value in rows[0].items()
        if isinstance(_fields(model).get(column), models.BinaryField) and not isinstance(value, str)
    ]
    if binary:  # the encoder would write base64, which a bytea takes for the bytes themselves
        rows = [{**row, **{column: f"\\x{row[column].hex()}" for column in binary if row[column]}} for row in rows]
    return _encoder.encode(rows).decode()


@cache
def _fields(model: type[models.Model]) -> Mapping[str, "models.Field[Any, Any]"]:
    return {str(field.column): field for field in model._meta.concrete_fields}


@cache
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

    `shared` holds what is the same in all of them, and is sent once. Bytes may also come as PostgreSQL writes them,
    `\\x` and hexadecimal digits.
    """
    if not rows:
        return []
    shared = shared or {}
    statement = _insertion(model, tuple(rows[0]), tuple(shared), tuple(returning), on_conflict)
    return _answered(execute(statement, [*shared.values(), _json(model, rows)]), returning)


@cache
def _insertion(
    model: type[models.Model],
    columns: tuple[str, ...],
    shared: tuple[str, ...],
    returning: tuple[str, ...],
    on_conflict: str,
) -> str:
    names = ", ".join(f'"{column}"' for column in (*columns, *shared))
    values = [f'new."{column}"' for column in columns] + [f"%s::{_type(model, column)}" for column in shared]
    tail = f" RETURNING {', '.join(returning)}" if returning else ""
    return (
        f'INSERT INTO "{model._meta.db_table}" AS old ({names}) SELECT {", ".join(values)} '  # noqa: S608 - the model's
        f"FROM jsonb_to_recordset(%s::jsonb) AS new({_typed(model, dict(zip(columns, columns, strict=True)))}) "
        f"{on_conflict}{tail}"
    )


def _answered(cursor: CursorWrapper, returning: Sequence[str]) -> list[Answer]:
    """Nothing is waited for where nothing is returned."""
    return cursor.fetchall() if returning else []


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
    statement = _change(model, tuple(rows[0]), tuple((guard or {}).items()), tuple(returning))
    return _answered(execute(statement, [_json(model, rows)]), returning)


@cache
def _change(
    model: type[models.Model],
    keys: tuple[str, ...],
    guard: tuple[tuple[str, str], ...],
    returning: tuple[str, ...],
) -> str:
    guard_keys = {key for _, key in guard}
    columns = [column for column in keys if column != "id" and column not in guard_keys]
    sources = {column: column for column in ("id", *columns)} | {key: column for column, key in guard}
    settings = ", ".join(f'"{column}" = new."{column}"' for column in columns)
    conditions = " AND ".join(['old."id" = new."id"'] + [f'old."{column}" = new."{key}"' for column, key in guard])
    tail = f" RETURNING {', '.join(returning)}" if returning else ""
    return (
        f'UPDATE "{model._meta.db_table}" AS old SET {settings} '  # noqa: S608 - names are the model's
        f"FROM jsonb_to_recordset(%s::jsonb) AS new({_typed(model, sources)}) WHERE {conditions}{tail}"
    )


def select(model: type[M], condition: str, parameters: Sequence[Any]) -> list[M]:
    """Objects of the rows that fulfil a condition in SQL, for where a query set costs more than its query."""
    names = tuple(_fields(model))
    return [_loaded(model, names, row) for row in values(model, names, condition, parameters)]


def select_locked(model: type[M], company_id: int, ids: Sequence[int]) -> list[M]:
    """Objects of a company's rows, locked one after the other in the order of their ids.

    Each row is looked up by itself: asked for all of them at once, PostgreSQL reads every row of the company where it
    knows nothing of the table yet, and a connection keeps that plan.
    """
    names = tuple(_fields(model))
    statement, readers = _selection(model, names)
    each = (
        f"SELECT found.* FROM unnest(%s::bigint[]) AS wanted(id) CROSS JOIN LATERAL ({statement}"  # noqa: S608 - ours
        "company_id = %s AND id = wanted.id FOR NO KEY UPDATE) AS found"
    )
    return [_loaded(model, names, row) for row in _read(fetch(each, [list(ids), company_id]), readers)]


def _loaded(model: type[M], names: Sequence[str], row: Sequence[Any]) -> M:
    """As `Model.from_db`, whose constructor goes through every field of every row for what a whole row never needs."""
    loaded = model.__new__(model)
    loaded._state = ModelState()
    loaded._state.adding, loaded._state.db = False, DEFAULT_DB_ALIAS
    vars(loaded).update(zip(names, row, strict=True))
    if isinstance(loaded, Moving):
        loaded._update_initial_state()
    return loaded


def values(
    model: type[models.Model], columns: tuple[str, ...], condition: str, parameters: Sequence[Any]
) -> list[list[Any]]:
    """The columns of the rows that fulfil a condition in SQL."""
    statement, readers = _selection(model, columns)
    return _read(fetch(statement + condition, parameters), readers)


def _read(rows: Sequence[Answer], readers: Sequence[Reader]) -> list[list[Any]]:
    return [[value if read is None else read(value) for read, value in zip(readers, row, strict=True)] for row in rows]


@cache
def _selection(model: type[models.Model], columns: tuple[str, ...]) -> tuple[str, list[Reader]]:
    """The statement up to its condition, and what reads each value that is not taken as it is."""
    names = ", ".join(f'"{column}"' for column in columns)
    readers: list[Reader] = [
        _from_json if isinstance(_fields(model)[column], models.JSONField) else None for column in columns
    ]
    return f'SELECT {names} FROM "{model._meta.db_table}" WHERE ', readers  # noqa: S608 - the model's


def _from_json(text: Any) -> Any:
    return None if text is None else msgspec.json.decode(text)
