"""Which company's rows a transaction may see. PostgreSQL's policies hold it; this module tells them the company.

A row of another company does not exist for the queries in here, whatever their WHERE says. See
docs/decisions/company-walls.md.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from django.db import OperationalError, connection, transaction

from erpstaging.core import sets
from erpstaging.core.errors import Busy, Refused

T = TypeVar("T")
COMPANY, SCOPE = "erpstaging.company", "erpstaging.scope"
RETRIED = {"40P01", "40001", "55P03"}  # deadlock, serialisation failure, lock timeout
ATTEMPTS = 4

_company: ContextVar[int | None] = ContextVar("company_in_scope", default=None)


class Again(Exception):
    """Somebody else wrote the same rows first: the command has to start over and see them."""


class ScopeError(RuntimeError):
    """A bug of ours: a scope inside another company's scope."""


_SET = "SELECT coalesce(current_setting(%s, true), ''), set_config(%s, %s, true)"


def _set(name: str, value: str) -> str:
    """Set it for this transaction and return what stood there before."""
    ((before, _),) = sets.fetch(_SET, [name, name, value])
    return str(before)


@contextmanager
def _setting(name: str, value: str) -> Iterator[None]:
    nested = connection.in_atomic_block
    with transaction.atomic():
        before = _set(name, value)
        yield
        if nested:  # the value would outlive the block; at the end of a whole transaction it goes by itself
            _set(name, before)


@contextmanager
def company_scope(company_id: int) -> Iterator[None]:
    """Open the transaction in which exactly this company's rows can be read and written."""
    current = _company.get()
    if current not in (None, company_id):
        raise ScopeError(f"Company {company_id} was asked for inside the scope of company {current}.")
    token = _company.set(company_id)
    try:
        with _setting(COMPANY, str(company_id)):
            yield
    finally:
        _company.reset(token)


@contextmanager
def all_companies_scope() -> Iterator[None]:
    """Open a transaction that reads every company's rows; of what it finds it may write only the delivery tables.

    For sweeps and operators' commands alone: tests/core/test_scope.py lists who may call it.
    """
    if _company.get() is not None:
        raise ScopeError("All companies were asked for inside the scope of one.")
    with _setting(SCOPE, "all"):
        yield


def in_company(company_id: int, command: Callable[[], T]) -> T:
    """Run a command in its company's transaction; repeat it as a whole when PostgreSQL had to break a tie.

    A refusal's follow-up runs afterwards in a transaction of its own, since the refused one is rolled back.
    Raises Busy when no repetition helped.
    """
    try:
        return _repeated(company_id, command)
    except Refused as refusal:
        if refusal.follow_up is not None:
            with company_scope(company_id):
                refusal.follow_up()
        raise


def _repeated(company_id: int, command: Callable[[], T]) -> T:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with company_scope(company_id):
                return command()
        except (OperationalError, Again) as exc:
            broken_tie = isinstance(exc, Again) or getattr(exc.__cause__, "sqlstate", None) in RETRIED
            if not broken_tie or connection.in_atomic_block:
                raise
            if attempt == ATTEMPTS:
                raise Busy("The database is busy with the same rows; nothing was changed. Try again.") from exc
            time.sleep(random.uniform(0.01, 0.05) * attempt)  # noqa: S311 - spreads retries, no secret
    raise AssertionError("unreachable")
