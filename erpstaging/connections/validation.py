"""The validations that a metadata document can ask for (metadata, section 5)."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

NUMERIC = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
LINE_BREAK = re.compile(r"\r?\n")


@dataclass(frozen=True, slots=True)
class Around:
    """What some checks have to know besides the value: the job code format of the ERP settings, and which cost codes
    are divisions, by id."""

    job_code_format: str = ""
    divisions: Collection[int] = frozenset()


NOTHING_AROUND = Around()


@dataclass(frozen=True, slots=True)
class Rule:
    """One check: its name, its length where it takes one, and the company's own message, if any."""

    name: str
    length: int | None
    message: str

    def text(self, label: str, around: Around = NOTHING_AROUND) -> str:
        """The message as a person reads it. Placeholders that mean nothing here stay as they are."""
        text = self.message or DEFAULT_MESSAGES[self.name].replace("{label}", label).replace("{n}", "%{length}")
        if self.length is not None:
            text = text.replace("%{length}", str(self.length))
        return text.replace("%{job_code_format}", around.job_code_format) if around.job_code_format else text


def rules_of(declared: Mapping[str, Any]) -> tuple[Rule, ...]:
    """The checks that are on and that we know, in the order of the document."""
    if declared.get("enabled") is False:
        return ()
    validation = declared.get("validation")
    if not isinstance(validation, Mapping):
        return ()
    return tuple(
        Rule(name, one.get("length"), str(one.get("message") or ""))
        for name, one in validation.items()
        if name in CHECKS and isinstance(one, Mapping) and one.get("enabled")
    )


def failures(
    rules: Mapping[str, Iterable[Rule]],
    values: Mapping[str, Any],
    labels: Mapping[str, str],
    around: Around = NOTHING_AROUND,
) -> dict[str, list[str]]:
    """Every message of every failed check, by field. Checks other than `present` pass over empty values."""
    found: dict[str, list[str]] = {}
    for name, checks in rules.items():
        value = values.get(name)
        label = labels.get(name, name.replace("_", " ").capitalize())
        texts = [
            rule.text(label, around)
            for rule in checks
            if (rule.name == "present" or not _empty(value)) and not CHECKS[rule.name](value, rule.length, around)
        ]
        if texts:
            found[name] = texts
    return found


def fits_mask(code: str, mask: str, *, only_x: bool = False) -> bool:
    """Whether a code has the form of a mask: X is any letter or digit, A a letter, 9 a digit, the rest itself."""
    signs = {"X": MASKS["X"]} if only_x else MASKS
    return len(code) == len(mask) and all(
        signs[sign](letter) if sign in signs else sign == letter for sign, letter in zip(mask, code, strict=True)
    )


MASKS: Mapping[str, Callable[[str], bool]] = {
    "X": str.isalnum,
    "A": str.isalpha,
    "9": lambda letter: letter.isascii() and letter.isdigit(),
}


def _empty(value: Any) -> bool:
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not NUMERIC.fullmatch(str(value).strip()):
        return None
    try:
        return Decimal(str(value).strip())
    except InvalidOperation:
        return None


def _digits(value: Any) -> tuple[str, str]:
    whole, _, places = str(value).strip().lstrip("+-").partition(".")
    return whole.lstrip("0"), places.rstrip("0")


def _lines_fit(value: Any, length: int | None) -> bool:
    return all(len(line) <= (length or 0) for line in LINE_BREAK.split(str(value)))


def _has_format(value: Any, around: Around) -> bool:
    return not around.job_code_format or fits_mask(str(value), around.job_code_format)


def _is_no_division(value: Any, around: Around) -> bool:
    return not (isinstance(value, int) and value in around.divisions)


CHECKS: Mapping[str, Callable[[Any, int | None, Around], bool]] = {
    "present": lambda value, _, __: not _empty(value),
    "numeric": lambda value, _, __: _decimal(value) is not None,
    "positive": lambda value, _, __: (_decimal(value) or Decimal(0)) > 0,
    "max_length": lambda value, length, _: len(str(value)) <= (length or 0),
    "max_line_length": lambda value, length, _: _lines_fit(value, length),
    "max_length_decimal": lambda value, length, _: len(_digits(value)[1]) <= (length or 0),
    "max_length_units": lambda value, length, _: len(_digits(value)[0]) <= (length or 0),
    "format": lambda value, _, around: _has_format(value, around),
    "disallow_division": lambda value, _, around: _is_no_division(value, around),
}
DEFAULT_MESSAGES: Mapping[str, str] = {
    "present": "{label} can't be blank",
    "numeric": "{label} must be a number",
    "positive": "{label} must be greater than zero",
    "max_length": "{label} is too long (maximum {n} characters)",
    "max_line_length": "{label} has a line longer than {n} characters",
    "max_length_decimal": "{label} has more than {n} decimal places",
    "max_length_units": "{label} has more than {n} digits before the decimal point",
    "format": "{label} has the wrong format",
    "disallow_division": "{label} must not be a division",
}
