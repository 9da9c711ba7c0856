"""Amounts: Decimal inside, strings on the wire, never floats.

A column holds NUMERIC(23,4): up to 19 digits before the point and four after it.
"""

import re
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

PLAIN_DECIMAL = re.compile(r"[+-]?\d{1,40}(\.\d{1,40})?", re.ASCII)
MAX_WHOLE_DIGITS, MAX_PLACES = 19, 4
LIMIT = Decimal(10) ** MAX_WHOLE_DIGITS
INT64 = 2**63
TOO_LONG = f"has more than {MAX_WHOLE_DIGITS} digits before the decimal point"
# Currencies without a minor unit, or with three digits of it (ISO 4217).
MINOR_UNITS = {"JPY": 0, "KRW": 0, "CLP": 0, "VND": 0, "ISK": 0, "XAF": 0, "XOF": 0} | {
    "BHD": 3, "KWD": 3, "OMR": 3, "TND": 3, "JOD": 3, "IQD": 3,
}  # fmt: skip


class WireNumber(Decimal):
    """An amount that is a JSON number on the wire, where a float would lose digits; see `wire_number`."""


def parse_amount(value: Any) -> Decimal:
    """A Decimal from a JSON number or a plain decimal string.

    Raises ValueError, with the reason, for exponents, more than four decimals or more than nineteen whole digits.
    """
    if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
        raise ValueError("must be a number")
    text = str(value).strip()
    if not PLAIN_DECIMAL.fullmatch(text):
        raise ValueError("must be a plain decimal number")
    whole, _, places = text.lstrip("+-").partition(".")
    if len(places.rstrip("0")) > MAX_PLACES:
        raise ValueError(f"has more than {MAX_PLACES} decimal places")
    if len(whole.lstrip("0")) > MAX_WHOLE_DIGITS:
        raise ValueError(TOO_LONG)
    return Decimal(text)


def wire_amount(amount: Decimal | None) -> str | None:
    """One to four decimals, as in `"250.0"`."""
    if amount is None:
        return None
    whole, _, places = f"{amount:.4f}".partition(".")
    return f"{whole}.{places.rstrip('0') or '0'}"


def wire_number(amount: Decimal) -> int | float | WireNumber:
    """The amount as a JSON number, digit by digit: budgets and tax rates are no strings."""
    if amount == amount.to_integral_value() and abs(amount) < INT64:
        return int(amount)
    return float(amount) if Decimal(repr(float(amount))) == amount else WireNumber(amount)


def fits(amount: Decimal) -> bool:
    """Whether a column can hold it."""
    return abs(amount) < LIMIT


def extended(quantity: Decimal, unit_cost: Decimal, currency: str) -> Decimal:
    """Quantity times unit cost in the currency's smallest unit. Raises ValueError when no column can hold it."""
    with localcontext() as context:
        context.prec = 4 * MAX_WHOLE_DIGITS  # two factors of 23 digits, exactly
        amount = rounded(quantity * unit_cost, currency)
    if not fits(amount):
        raise ValueError(TOO_LONG)
    return amount


def minor_units(currency: str) -> int:
    return MINOR_UNITS.get(currency, 2)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """To the currency's smallest unit, half away from zero, as invoices are."""
    return amount.quantize(Decimal(1).scaleb(-minor_units(currency)), rounding=ROUND_HALF_UP)
