"""Fields: what a value of each kind looks like, and how one that does not is refused."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any, Literal

from erpstaging.core.money import parse_amount, wire_amount

Kind = Literal["text", "long_text", "integer", "boolean", "number", "money", "date", "choice", "integers", "reference",
               "moment"]  # fmt: skip
TEXT, LONG_TEXT = 255, 20_000
INT64 = 2**63
LAST_POSITION = 1_000_000_000
TRUE_WORDS, FALSE_WORDS = {"1", "true", "yes"}, {"0", "false", "no"}
PLAIN_INTEGER = re.compile(r"-?\d{1,19}", re.ASCII)
LONGEST_DAY = len("YYYY-MM-DD")
PLAIN_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One value of an entity's `data`.

    `reference` fields hold the id of a record of one of the `targets`; `origin_field` is the staged key that names the
    same target by origin ID and is translated at import. `staged` fields come with a staged record, `edited` ones
    stand in the form of project people.
    """

    name: str
    kind: Kind = "text"
    label: str
    max_length: int = TEXT
    smallest: int = -INT64
    largest: int = INT64 - 1
    choices: tuple[str, ...] = ()
    required: bool = False
    required_at_import: bool = False
    targets: tuple[str, ...] = ()
    origin_field: str | None = None
    # The field that says which of the targets is meant, and its word for each.
    typed_by: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    staged: bool = True
    edited: bool = False

    def targets_of(self, data: Mapping[str, Any]) -> tuple[str, ...]:
        """What the reference may mean, beside the other values of the object."""
        meant = self.words.get(data.get(self.typed_by, ""))
        return (meant,) if meant else self.targets

    def clean(self, value: Any) -> Any:
        """The value as it is stored. Raises ValueError with the reason, without the field's name."""
        return None if value is None else self.cleaner(value)

    @property
    def cleaner(self) -> Callable[[Any], Any]:
        """What cleans a value that is there."""
        return partial(CLEANERS[self.kind], self)


def _text(field: Field, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise ValueError("must be text")
    text = str(value)
    if len(text) > field.max_length:
        raise ValueError(f"is too long (maximum {field.max_length} characters)")
    return text


def _integer(field: Field, value: Any) -> int:
    if isinstance(value, str) and PLAIN_INTEGER.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("must be a whole number")
    if not field.smallest <= value <= field.largest:
        raise ValueError("is out of range")
    return value


def _reference(field: Field, value: Any) -> int:
    number = _integer(field, value)
    if number < 1:
        raise ValueError("must be an id")
    return number


def _boolean(field: Field, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).lower() if isinstance(value, (str, int)) else ""
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ValueError("must be true or false")


def _number(field: Field, value: Any) -> str:
    """Kept as the wire writes decimals, so that no digit is lost in JSON."""
    return wire_amount(parse_amount(value)) or "0.0"


def _date(field: Field, value: Any) -> str:
    try:
        if isinstance(value, str) and PLAIN_DATE.fullmatch(value):
            return dt.date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    raise ValueError("must be a date (YYYY-MM-DD)")


def _moment(field: Field, value: Any) -> str:
    """In UTC with a `Z`. A time that does not say where it was is refused."""
    try:
        moment = dt.datetime.fromisoformat(value) if isinstance(value, str) and len(value) > LONGEST_DAY else None
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError):
        pass
    raise ValueError("must be a time with its offset (YYYY-MM-DDThh:mm:ssZ)")


def _choice(field: Field, value: Any) -> str:
    if not isinstance(value, str) or value not in field.choices:
        raise ValueError(f"must be one of {', '.join(field.choices)}")
    return value


def _integers(field: Field, value: Any) -> list[int]:
    if not isinstance(value, list) or len(value) > 1000:
        raise ValueError("must be a list of ids (at most 1000)")
    return [_integer(field, one) for one in value]


CLEANERS: Mapping[Kind, Callable[[Field, Any], Any]] = {
    "text": _text,
    "long_text": _text,
    "integer": _integer,
    "boolean": _boolean,
    "number": _number,
    "money": _number,
    "date": _date,
    "choice": _choice,
    "integers": _integers,
    "reference": _reference,
    "moment": _moment,
}


def text(name: str, label: str, **more: Any) -> Field:
    return Field(name=name, label=label, **more)


def long_text(name: str, label: str, **more: Any) -> Field:
    return Field(name=name, kind="long_text", label=label, max_length=LONG_TEXT, **more)


def boolean(name: str, label: str, **more: Any) -> Field:
    return Field(name=name, kind="boolean", label=label, **more)


def integer(name: str, label: str, **more: Any) -> Field:
    return Field(name=name, kind="integer", label=label, **more)


def position(name: str = "position", label: str = "Position") -> Field:
    """A place in a list."""
    return Field(name=name, kind="integer", label=label, smallest=0, largest=LAST_POSITION)


def number(name: str, label: str, **more: Any) -> Field:
    return Field(name=name, kind="number", label=label, **more)


def money(name: str, label: str, **more: Any) -> Field:
    return Field(name=name, kind="money", label=label, **more)


def date(name: str, label: str, **more: Any) -> Field:
    return Field(name=name, kind="date", label=label, **more)


def moment(name: str, label: str, **more: Any) -> Field:
    return Field(name=name, kind="moment", label=label, **more)


def choice(name: str, label: str, *choices: str, **more: Any) -> Field:
    return Field(name=name, kind="choice", label=label, choices=choices, **more)


def integers(name: str, label: str, **more: Any) -> Field:
    return Field(name=name, kind="integers", label=label, **more)


def reference(name: str, label: str, *targets: str, **more: Any) -> Field:
    return Field(name=name, kind="reference", label=label, targets=targets, **more)
