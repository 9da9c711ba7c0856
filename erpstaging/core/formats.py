"""How amounts and ages look, in pages and in mails."""

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal

from django.utils import formats
from django.utils.translation import gettext as _

from erpstaging.core.money import minor_units

MINUTE, HOUR, DAY = 60, 3600, 86_400


def number_text(value: Decimal | int, places: int = 0) -> str:
    """Grouped by locale, with at least `places` decimals and as many more as the value really has (up to four)."""
    exact = Decimal(value).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)
    exponent = exact.normalize().as_tuple().exponent
    real_places = max(0, -exponent) if isinstance(exponent, int) else 0
    return str(formats.number_format(exact, max(places, real_places), use_l10n=True, force_grouping=True))


def amount_text(amount: Decimal, currency: str) -> str:
    """An amount without its currency. Decimals are fixed by the currency, so that a column lines up."""
    return number_text(amount, minor_units(currency))


def age_text(since: dt.datetime, now: dt.datetime) -> str:
    """How long ago in one unit, rounded down: `5 m`, `19 h`, `3 d`."""
    seconds = max(0, int((now - since).total_seconds()))
    if seconds < MINUTE:
        return _("now")
    if seconds < HOUR:
        return _("%(count)d m") % {"count": seconds // MINUTE}
    if seconds < DAY:
        return _("%(count)d h") % {"count": seconds // HOUR}
    return _("%(count)d d") % {"count": seconds // DAY}
