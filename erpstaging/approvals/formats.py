"""How values look on screen: amounts, ages, days and times. Times are shown in the active zone, the company's."""

import datetime as dt
from decimal import Decimal

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from erpstaging.core.formats import DAY, HOUR, MINUTE
from erpstaging.core.formats import age_text as age_text
from erpstaging.core.formats import amount_text as amount_text
from erpstaging.core.formats import number_text as number_text


def plain_number(value: Decimal, places: int = 0) -> str:
    """As somebody would type it: no groups, at least `places` decimals and no more than the value has."""
    real = value.normalize().as_tuple().exponent
    return f"{value:.{max(places, -real if isinstance(real, int) and real < 0 else 0)}f}"


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
