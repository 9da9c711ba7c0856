"""The filters of the work queue as they stand in an address: the same words for pages, REST and saved filters."""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.staging.queue import WAITING_VIEWS, View
from erpstaging.staging.queue_filters import Filters, Sender
from erpstaging.staging.queue_order import SORTS

MAX_VALUES, MAX_WORD = 50, 60
SENDER = re.compile(r"(person|account)-(\d{1,18})", re.ASCII)
WAITING = re.compile(r"(\d{1,5})([mhd])", re.ASCII)
AMOUNT = re.compile(r"-?\d{1,19}(\.\d{1,4})?", re.ASCII)
UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class Wrong(StrEnum):
    """What is wrong with the value of a filter."""

    ID = "has to be a whole number from 1"
    SENDER = "has to be such as person-7 or account-7"
    AMOUNT = "has to be an amount such as 1250.50"
    CURRENCY = "has to be a currency such as USD"
    DURATION = "has to be such as 90m, 3h or 2d"
    DAY = "has to be a day such as 2026-01-31"
    SWITCH = "has to be true or false"
    WORD = "is not one of the words that this view knows"
    TEXT = "is too long, or holds a character that no text has"
    ONE = "can be given once"
    MANY = "has too many values"
    RANGE = "ends before it begins"
    VIEW = "is not a filter of this view"


class _Unreadable(Exception):
    def __init__(self, why: Wrong) -> None:
        self.why = why
        super().__init__(why)


def _id(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 18 or int(text) == 0:
        raise _Unreadable(Wrong.ID)
    return int(text)


def _sender(text: str) -> Sender:
    found = SENDER.fullmatch(text)
    if found is None:
        raise _Unreadable(Wrong.SENDER)
    return Sender("person" if found[1] == "person" else "account", int(found[2]))


def _amount(text: str) -> Decimal:
    if not AMOUNT.fullmatch(text):
        raise _Unreadable(Wrong.AMOUNT)
    return Decimal(text)


def _currency(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{3}", text):
        raise _Unreadable(Wrong.CURRENCY)
    return text.upper()


def _duration(text: str) -> dt.timedelta:
    found = WAITING.fullmatch(text)
    if found is None or int(found[1]) == 0:
        raise _Unreadable(Wrong.DURATION)
    return dt.timedelta(**{UNITS[found[2]]: int(found[1])})


def _day(text: str) -> dt.date:
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            raise ValueError
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise _Unreadable(Wrong.DAY) from None
    if not 1900 <= day.year <= 9000:  # further out there is no midnight in every zone
        raise _Unreadable(Wrong.DAY)
    return day


def _switch(text: str) -> bool:
    found = {"true": True, "1": True, "false": False, "0": False}.get(text.lower())
    if found is None:
        raise _Unreadable(Wrong.SWITCH)
    return found


def _text(text: str) -> str:
    if len(text) > MAX_WORD or "\0" in text:
        raise _Unreadable(Wrong.TEXT)
    return text


@dataclass(frozen=True, slots=True)
class Declared:
    """A filter by its word in addresses: what of `Filters` it fills, and in which views it means something."""

    fills: str
    read: Callable[[str], Any]
    many: bool = False
    views: frozenset[View] = frozenset(View)
    # The words that each view knows; other views know none.
    words: Mapping[View, Sequence[str]] = field(default_factory=dict)
    explained: str = ""


STATUS_WORDS: Mapping[View, Sequence[str]] = {
    View.NEEDS_FIXING: ("invalid", "waiting_for_parent"),
    View.EXPORTING: ("accepted", "exporting"),
    View.FAILED: ("failed", "stale", "partially_failed"),
    View.SYNCED: ("synced", "unlinking"),
}
FLAG_WORDS: Mapping[View, Sequence[str]] = {
    View.READY_TO_IMPORT: ("resubmitted",),
    **{view: ("resubmitted",) for view in (*WAITING_VIEWS, View.EXPORTING)},
    View.FAILED: ("resubmitted", "retried"),
}
DECIDED_IN = frozenset({View.READY_TO_IMPORT, View.FAILED, *WAITING_VIEWS})
LATE_IN = frozenset({View.READY_TO_IMPORT, View.NEEDS_FIXING, View.READY_TO_EXPORT, View.READY_TO_UPDATE})
NOT_SYNCED = frozenset(View) - {View.SYNCED}

DECLARED: Mapping[str, Declared] = {
    "project_id": Declared("project_ids", _id, many=True, explained="Records of these projects"),
    "vendor_id": Declared("vendor_ids", _id, many=True, explained="Records of these companies (vendors)"),
    "sender": Declared("senders", _sender, many=True, views=NOT_SYNCED,
                       explained="Who sent it: person-<id> an export, account-<id> a staged record"),
    "amount_from": Declared("amount_from", _amount, explained="The amount or more"),
    "amount_to": Declared("amount_to", _amount, explained="The amount or less"),
    "currency": Declared("currency", _currency,
                         explained="Of the amounts; with a bound and without a currency, the company's own"),
    "waiting": Declared("waiting", _duration, views=NOT_SYNCED, explained="Waiting at least so long: 90m, 3h or 2d"),
    "received_from": Declared("received_from", _day, explained="Came in that day or later, in the company's zone"),
    "received_to": Declared("received_to", _day, explained="Came in that day or before"),
    "status": Declared("statuses", _text, many=True, views=frozenset(STATUS_WORDS), words=STATUS_WORDS,
                       explained="In views that hold several"),
    "flag": Declared("flags", _text, many=True, views=frozenset(FLAG_WORDS), words=FLAG_WORDS,
                     explained="Rows with one of these marks"),
    "code": Declared("codes", _text, many=True, views=frozenset({View.REJECTED}),
                     explained="The code of the rejection"),
    "late": Declared("late", _switch, views=LATE_IN, explained="Waiting for longer than the company gives a decision"),
    "problem": Declared("problem_ids", _id, many=True, views=frozenset({View.FAILED}),
                        explained="Failures of these open problems"),
    "synced_from": Declared("synced_from", _day, views=frozenset({View.SYNCED}),
                            explained="An export of it was synced that day or later, in the company's zone"),
    "synced_to": Declared("synced_to", _day, views=frozenset({View.SYNCED}), explained="That day or before"),
    "decidable": Declared("decidable_by", _switch, views=DECIDED_IN, explained="Only what the caller can say yes to"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Read:
    """What an address asks for; `wrong` names what in it cannot be meant, which narrows nothing."""

    filters: Filters
    sort: str
    wrong: Mapping[str, Wrong]


def read_filters(given: Mapping[str, Sequence[str]], view: View, *, company: Company, actor: Actor) -> Read:
    values: dict[str, Any] = {}
    wrong: dict[str, Wrong] = {}
    for name, declared in DECLARED.items():
        texts = [text.strip() for text in given.get(name, ()) if text.strip()]
        try:
            if texts:
                values[declared.fills] = _value(declared, texts, view)
        except _Unreadable as exc:
            wrong[name] = exc.why
    for first, last in (("amount_from", "amount_to"), ("received_from", "received_to"), ("synced_from", "synced_to")):
        if first in values and last in values and values[last] < values[first]:
            wrong[last] = Wrong.RANGE
            del values[last]
    if not values.get("currency") and ("amount_from" in values or "amount_to" in values):
        values["currency"] = company.currency
    values["decidable_by"] = actor if values.get("decidable_by") else None
    sort = _sort(given.get("sort", ()), wrong)
    return Read(Filters(**values), sort, wrong)


def _value(declared: Declared, texts: Sequence[str], view: View) -> Any:
    if view not in declared.views:
        raise _Unreadable(Wrong.VIEW)
    if not declared.many:
        if len(texts) > 1:
            raise _Unreadable(Wrong.ONE)
        return declared.read(texts[0])
    found = dict.fromkeys(declared.read(text) for text in texts[: MAX_VALUES + 1])
    if len(texts) > MAX_VALUES:
        raise _Unreadable(Wrong.MANY)
    if declared.words and not found.keys() <= set(declared.words[view]):
        raise _Unreadable(Wrong.WORD)
    return tuple(found)


def _sort(texts: Sequence[str], wrong: dict[str, Wrong]) -> str:
    word = texts[-1] if texts else ""
    if word.removeprefix("-") in {*SORTS, ""} and word != "-":
        return word
    wrong["sort"] = Wrong.WORD
    return ""


def as_pairs(filters: Filters) -> list[tuple[str, str]]:
    """The filters as they stand in an address, one pair for each value."""
    pairs = []
    for name, declared in DECLARED.items():
        value = getattr(filters, declared.fills)
        texts = value if declared.many else [] if value is None or value is False or value == "" else [value]
        pairs += [(name, _written(one)) for one in texts]
    return pairs


def _written(value: Any) -> str:
    if isinstance(value, Actor) or value is True:
        return "true"
    if isinstance(value, dt.timedelta):
        minutes = int(value.total_seconds()) // 60
        size, unit = next((size, unit) for size, unit in ((1440, "d"), (60, "h"), (1, "m")) if minutes % size == 0)
        return f"{minutes // size}{unit}"
    return str(value)


def fits(filters: Filters, view: View) -> bool:
    """Whether a view knows all filters that are on."""
    return all(view in DECLARED[name].views for name, _text in as_pairs(filters))
