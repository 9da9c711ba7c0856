"""In which order the queue stands, and where in it a page begins.

By the time of waiting it is read from an index, however long it is. By any other column it is sorted, so that only
lists that could be counted to their end are: 10,000 rows at most.
"""

import base64
import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Left, Lower, NullIf

from erpstaging.core.errors import BadRequest
from erpstaging.records.models import Record
from erpstaging.staging.models import StagedExport, StagedRecord
from erpstaging.staging.queue_filters import SINCE

SORTS = ("since", "number", "title", "amount")
KEY = "order_key"
# Texts are compared by their beginning, so that a cursor stays short.
TEXT_KEY, MAX_CURSOR = 60, 900
# What a row is called by: where it has no number or title of its own, as the list shows it.
TEXTS: Mapping[tuple[type[Any], str], Any] = {
    (StagedRecord, "number"): Coalesce(NullIf("number", Value("")), "origin_id"),
    (StagedRecord, "title"): Coalesce(NullIf("title", Value("")), "origin_id"),
    (StagedExport, "number"): F("number"),
    (StagedExport, "title"): F("title"),
    (Record, "number"): Coalesce(NullIf("number", Value("")), "origin_code", Value("")),
    (Record, "title"): F("title"),
}


@dataclass(frozen=True, slots=True)
class Order:
    """A column and a direction; rows of one value stand in the order of their ids. What has no amount comes last."""

    word: str
    descending: bool = False

    @classmethod
    def asked(cls, text: str) -> "Order":
        """From `amount` or `-amount`."""
        return cls(text.removeprefix("-"), text.startswith("-"))

    def __str__(self) -> str:
        return f"-{self.word}" if self.descending else self.word

    @property
    def is_indexed(self) -> bool:
        return self.word == "since"


@dataclass(frozen=True, slots=True)
class Ordered:
    """Rows in an order, and the places in it."""

    rows: "QuerySet[Any]"
    order: Order

    def behind(self, cursor: str) -> "QuerySet[Any]":
        """All rows in order, those after the cursor where there is one. Raises BadRequest."""
        descending, column = self.order.descending, self._column
        rows = self.rows
        if not self.order.is_indexed:
            rows = rows.annotate(**{KEY: self._key})
        first = F(column).desc(nulls_last=True) if descending else F(column).asc(nulls_last=True)
        # An index of moments stands in plain order; there is none without a moment.
        plain = f"-{column}" if descending else column
        rows = rows.order_by(plain if self.order.is_indexed else first, "-pk" if descending else "pk")
        return rows.filter(self._after(*self._read(cursor))) if cursor else rows

    def cursor(self, row: Any) -> str:
        """The place of a row of `behind`."""
        value = getattr(row, self._column)
        if self.order.is_indexed:
            return _written([value.isoformat(), row.pk])
        return _written([str(self.order), value if value is None else str(value), row.pk])

    @property
    def _column(self) -> str:
        return SINCE[self.rows.model] if self.order.is_indexed else KEY

    @property
    def _key(self) -> Any:
        if self.order.word == "amount":
            return F("amount")
        return Lower(Left(TEXTS[self.rows.model, self.order.word], TEXT_KEY))

    def _after(self, value: Any, row_id: int) -> Q:
        column, beyond = self._column, "lt" if self.order.descending else "gt"
        same = Q(**{column: value} if value is not None else {f"{column}__isnull": True})
        same &= Q(**{f"pk__{beyond}": row_id})
        if value is None:
            return same
        further = Q(**{f"{column}__{beyond}": value}) | same
        if self.order.is_indexed:
            # The bound lets PostgreSQL begin in the index where the page does; the alternatives alone would not.
            return Q(**{f"{column}__{beyond}e": value}) & further
        return further | Q(**{f"{column}__isnull": True}) if self.order.word == "amount" else further

    def _read(self, cursor: str) -> tuple[Any, int]:
        try:
            if len(cursor) > MAX_CURSOR:
                raise ValueError
            parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            if not isinstance(parts, list) or len(parts) != (2 if self.order.is_indexed else 3):
                raise ValueError
            if not self.order.is_indexed and parts[0] != str(self.order):
                raise ValueError
            *_, value, row_id = parts
            if isinstance(row_id, bool) or not isinstance(row_id, int) or not 0 < row_id < 2**63:
                raise ValueError
            return self._value(value), row_id
        except (ValueError, TypeError, OverflowError, InvalidOperation):
            raise BadRequest(
                "The cursor is not one of ours.", code="bad_query", errors={"cursor": ["is invalid"]}
            ) from None

    def _value(self, value: Any) -> Any:
        if self.order.is_indexed:
            moment = dt.datetime.fromisoformat(value)
            if moment.tzinfo is None:
                raise ValueError
            return moment.astimezone(dt.UTC)
        if self.order.word == "amount":
            amount = None if value is None else Decimal(value)
            if amount is not None and not (amount.is_finite() and abs(amount) < 10**19):
                raise ValueError
            return amount
        if not isinstance(value, str) or "\0" in value:
            raise ValueError
        return value.encode().decode()  # half a character is a ValueError


def _written(parts: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts, ensure_ascii=False).encode()).decode().rstrip("=")
