"""How values look on screen: amounts, ages, days and times. Times are shown in the active zone, the company's."""

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from erpstaging.core.money import minor_units

MINUTE, HOUR, DAY = 60, 3600, 86_400


def number_text(value: Decimal | int, places: int = 0) -> str:
    """Grouped by locale, with at least `places` decimals and as many more as the value really has (up to four)."""
    exact = Decimal(value).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)
    exponent = exact.normalize().as_tuple().exponent
    real_places = max(0, -exponent) if isinstance(exponent, int) else 0
    return str(formats.number_format(exact, max(places, real_places), use_l10n=True, force_grouping=True))


def plain_number(value: Decimal, places: int = 0) -> str:
    """As somebody would type it: no groups, at least `places` decimals and no more than the value has."""
    real = value.normalize().as_tuple().exponent
    return f"{value:.{max(places, -real if isinstance(real, int) and real < 0 else 0)}f}"


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


def duration_text(length: dt.timedelta) -> str:
    """How long something took, in its two largest units: `42 s`, `12 m`, `3 h 40 m`, `2 d 5 h`, `2 d`."""
    seconds = max(0, round(length.total_seconds()))
    if not seconds:
        return _("under 1 s")
    days, hours, minutes = seconds // DAY, seconds % DAY // HOUR, seconds % HOUR // MINUTE
    if seconds < HOUR:
        return _("%(count)d m") % {"count": minutes} if minutes else _("%(count)d s") % {"count": seconds}
    if days:
        text = _("%(days)d d %(hours)d h") if hours else _("%(days)d d")
        return text % {"days": days, "hours": hours}
    if minutes:
        return _("%(hours)d h %(minutes)d m") % {"hours": hours, "minutes": minutes}
    return _("%(count)d h") % {"count": hours}


def clock_text(seconds: int) -> str:
    """Elapsed time as a clock shows it: `0:42`, `1:07:30`."""
    minutes, rest = divmod(max(0, seconds), MINUTE)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def date_text(day: dt.date) -> str:
    """A date that is a value of an object: always with its year."""
    return formats.date_format(day, pgettext("date", "j M Y"))


def day_text(day: dt.date, today: dt.date) -> str:
    """A day of a story: with its year only when that is another one."""
    form = pgettext("day of this year", "j M") if day.year == today.year else pgettext("date", "j M Y")
    return formats.date_format(day, form)


def long_day_text(day: dt.date, today: dt.date) -> str:
    if day.year == today.year:
        return formats.date_format(day, pgettext("weekday and day of this year", "l j F"))
    return formats.date_format(day, pgettext("weekday and date", "l j F Y"))


def time_text(moment: dt.datetime) -> str:
    return formats.time_format(timezone.localtime(moment), pgettext("time of day", "H:i"))


def moment_text(moment: dt.datetime, now: dt.datetime) -> str:
    """Day and time, or the time alone when it was today: `18 Nov, 09:14`, `10:42`."""
    local, today = timezone.localtime(moment), timezone.localtime(now).date()
    if local.date() == today:
        return time_text(moment)
    return _("%(day)s, %(time)s") % {"day": day_text(local.date(), today), "time": time_text(moment)}


def full_moment_text(moment: dt.datetime) -> str:
    """For a tooltip: date and time here with the zone's name, then in UTC."""
    here, utc = timezone.localtime(moment), moment.astimezone(dt.UTC)
    clock, zone = pgettext("time of day", "H:i"), timezone.get_current_timezone_name()
    text = _("%(date)s, %(time)s %(zone)s") % {
        "date": date_text(here.date()),
        "time": formats.time_format(here, clock),
        "zone": zone,
    }
    if zone == "UTC":
        return text
    utc_text = formats.time_format(utc, clock)
    if utc.date() != here.date():
        utc_text = f"{date_text(utc.date())}, {utc_text}"
    return _("%(here)s, %(utc)s UTC") % {"here": text, "utc": utc_text}


def bytes_text(size: int) -> str:
    if size < 10_000:
        return _("%(count)s bytes") % {"count": number_text(size)}
    return _("%(count)s KB") % {"count": number_text(round(size / 1024))}
