"""Filters and sorting of lists, declared by a view as data.

    filters = {"origin_id": TextFilter("origin_id"), "updated_at": TimeFilter("updated_at")}
    sorts = {"name": "name"}

Spellings (procore/documentation, tutorials/filtering_on_list_actions.md): `filters[id]=1`,
`filters[id][]=1&filters[id][]=2`, `filters[id]=[1,2]`, `filters[updated_at]=from...to`; `filter[...]` is the same. What
is not declared is ignored; a declared filter with a value of the wrong kind is refused. Values become bound parameters
of the lookups given here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict

from erpstaging.api.openapi import TEXT, Schema, parameter
from erpstaging.api.parsers import parse_json
from erpstaging.catalogue.registry import EXTERNAL
from erpstaging.core.errors import BadRequest

MAX_VALUES = 1000
MAX_TEXT = 255
_KEY = re.compile(r"filters?\[([A-Za-z0-9_.]{1,60})\](?:\[\])?")


@dataclass(frozen=True, slots=True)
class Span:
    """From and to, both open where None; `before` leaves its own moment out."""

    start: Any = None
    end: Any = None
    before: Any = None


@dataclass(frozen=True, slots=True)
class Filter:
    """One declared filter on one column of the list's query; several values are alternatives."""

    column: str

    def read(self, texts: Sequence[str], zone: ZoneInfo) -> Any:
        """Raises ValueError with the reason for a value of the wrong kind."""
        return [self.one(value) for value in _unfolded(texts)]

    def one(self, value: Any) -> Any:
        raise NotImplementedError

    def described(self, name: str) -> Schema:
        """The OpenAPI parameter. Values are texts here: one, or a JSON array, or a range."""
        return parameter(f"filters[{name}]", "query", TEXT, self.explained)

    @property
    def explained(self) -> str:
        return "One value, or a JSON array of alternatives"

    def lookups(self, value: Any) -> dict[str, Any]:
        """Keyword arguments for a query set."""
        return {self.column: value[0]} if len(value) == 1 else {f"{self.column}__in": value}


class TextFilter(Filter):
    def one(self, value: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise ValueError("must be a text")
        if len(str(value)) > MAX_TEXT:
            raise ValueError(f"is longer than {MAX_TEXT} characters")
        return str(value)


class ItemTypeFilter(TextFilter):
    """An item type by our name or by the wire's, which may mean several of ours."""

    def lookups(self, value: Any) -> dict[str, Any]:
        return {f"{self.column}__in": sorted({kind for one in value for kind in (one, *EXTERNAL.get(one, ()))})}


class IntegerFilter(Filter):
    def one(self, value: Any) -> int:
        if isinstance(value, bool) or not re.fullmatch(r"-?[0-9]{1,19}", str(value), re.ASCII):
            raise ValueError("must be a whole number")
        if not -(2**63) <= int(value) < 2**63:
            raise ValueError("must be a whole number of 64 bits")
        return int(value)


class FlagFilter(Filter):
    def one(self, value: Any) -> bool:
        found = {"true": True, "1": True, "false": False, "0": False}.get(str(value).lower())
        if found is None:
            raise ValueError("must be true or false")
        return found


@dataclass(frozen=True, slots=True)
class ChoiceFilter(Filter):
    """One of some words. With `column` empty it narrows nothing by itself and the view looks at its value."""

    choices: frozenset[str] = frozenset()

    def one(self, value: Any) -> str:
        if value not in self.choices:
            raise ValueError(f"must be one of {', '.join(sorted(self.choices))}")
        return str(value)

    def lookups(self, value: Any) -> dict[str, Any]:
        return Filter.lookups(self, value) if self.column else {}


class DateFilter(Filter):
    """A day, or `from...to` with both days in it, on a date column."""

    @property
    def explained(self) -> str:
        return "A date, or a range from...to"

    def read(self, texts: Sequence[str], zone: ZoneInfo) -> Span:
        start, end = _ends(texts)
        return Span(start=start and _day(start), end=end and _day(end))

    def lookups(self, value: Any) -> dict[str, Any]:
        bounds = {
            f"{self.column}__gte": value.start,
            f"{self.column}__lte": value.end,
            f"{self.column}__lt": value.before,
        }
        return {lookup: bound for lookup, bound in bounds.items() if bound is not None}


class TimeFilter(DateFilter):
    """A moment with its offset, a day of the company's zone, or `from...to`, on a column of moments."""

    def read(self, texts: Sequence[str], zone: ZoneInfo) -> Span:
        first, last = _ends(texts)
        start = None if first is None else moment_of(first, zone)
        if last is None:
            return Span(start=start)
        if _is_day(last):
            return Span(start=start, before=moment_of(_day(last) + timedelta(days=1), zone))
        return Span(start=start, end=moment_of(last, zone))


def _unfolded(texts: Sequence[str]) -> list[Any]:
    """One value per element, whichever of the three spellings was used."""
    values: list[Any] = []
    for text in texts:
        if text.startswith("["):
            inner = parse_json(text.encode())
            values += inner if isinstance(inner, list) else [inner]
        else:
            values.append(text)
    if len(values) > MAX_VALUES:
        raise ValueError(f"has more than {MAX_VALUES} values")
    if not values:
        raise ValueError("is empty")
    return values


def _ends(texts: Sequence[str]) -> tuple[str | None, str | None]:
    if len(texts) != 1:
        raise ValueError("must be one range")
    first, dots, last = texts[0].strip().strip('"').partition("...")
    if not dots:
        return first, first
    if not first and not last:
        raise ValueError("must have a beginning or an end")
    return first or None, last or None


def _is_day(text: str) -> bool:
    return len(text) == len("2026-01-31")


def _day(text: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text, re.ASCII):
        raise ValueError("must be a date such as 2026-01-31")
    return date.fromisoformat(text)


def moment_of(given: str | date, zone: ZoneInfo) -> datetime:
    """In UTC. A day begins at midnight of the company's zone, so it may have 23 or 25 hours."""
    day = given if isinstance(given, date) else _day(given) if _is_day(given) else None
    if day is not None:
        return datetime.combine(day, time.min, zone).astimezone(UTC)
    # A plus sign that was not percent-encoded arrives as a space.
    moment = datetime.fromisoformat(str(given).replace(" ", "+"))
    if moment.tzinfo is None:
        raise ValueError("must be a time with its offset from UTC")
    return moment.astimezone(UTC)


def read_filters(query: QueryDict, declared: Mapping[str, Filter], *, zone: ZoneInfo) -> dict[str, Any]:
    """The value of each declared filter that the caller set, by its name."""
    given: dict[str, list[str]] = {}
    for key, texts in query.lists():
        match = _KEY.fullmatch(key)
        if match and match[1] in declared:
            given.setdefault(match[1], []).extend(texts)
    return {name: _read(name, declared[name], texts, zone) for name, texts in given.items()}


def _read(name: str, declared: Filter, texts: list[str], zone: ZoneInfo) -> Any:
    try:
        return declared.read(texts, zone)
    except (BadRequest, ValueError, OverflowError) as exc:
        reason = "is out of range" if isinstance(exc, OverflowError) else str(exc)
        raise BadRequest(
            f"The filter {name} {reason}.", code="bad_query", errors={f"filters[{name}]": [reason]}
        ) from None


def lookups(values: Mapping[str, Any], declared: Mapping[str, Filter]) -> dict[str, Any]:
    """All set filters as keyword arguments for a query set, joined by AND."""
    joined: dict[str, Any] = {}
    for name, value in values.items():
        joined |= declared[name].lookups(value)
    return joined


def described_sort(declared: Mapping[str, str]) -> list[Schema]:
    if not declared:
        return []
    return [parameter("sort", "query", TEXT, f"Some of {', '.join(declared)}, joined by comma; -name descends")]


def read_sort(query: QueryDict, declared: Mapping[str, str]) -> list[str]:
    """Columns to order by, `-` before those that descend; names that are not declared are ignored."""
    columns = []
    for word in query.get("sort", "").split(","):
        sign, name = ("-", word[1:]) if word.startswith("-") else ("", word)
        if name in declared:
            columns.append(sign + declared[name])
    return columns
