"""Icons and values in templates: `{% load approvals %}`.

Small things that stand hundreds of times on a page are tags and not components: a component costs fifty microseconds.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import groupby

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from erpstaging.approvals import formats, icons
from erpstaging.approvals.json_lines import JsonLine, json_lines
from erpstaging.approvals.presenters import (
    Cell,
    Link,
    Money,
    Payload,
    Person,
    Shown,
    Text,
    TimelineEntry,
    TypeTab,
)

register = template.Library()

TAB_ROOM = 125  # characters of tab labels that fit beside each other at 1280 pixels
NARROW_TAB_ROOM = 43
TAB_GAP = 5


@register.simple_tag
def icon(name: str, turn: str = "") -> SafeString:
    """An icon of the sprite, `turn`ed by "spin" or "flip". A screen reader passes it by: a word stands beside it."""
    classes = " ".join(part for part in ("i", "" if name in icons.OWN else "i24", turn) if part)
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#i-{}"/></svg>', classes, static("approvals/icons.svg"), name
    )


@register.simple_tag
def money(value: Money | None, empty: str = "") -> SafeString:
    """`1,284,500.00 USD`, the currency in third ink; without one the word "none", or what `empty` says."""
    if value is None:
        return format_html('<span class="muted none">{}</span>', empty or _("none"))
    amount = formats.amount_text(value.amount, value.currency)
    return format_html('{} <span class="muted">{}</span>', amount, value.currency)


@register.simple_tag
def big_money(value: Money) -> SafeString:
    amount = formats.amount_text(value.amount, value.currency)
    return format_html('<span class="sum">{} <small>{}</small></span>', amount, value.currency)


@register.filter
def amount_in(value: Decimal, currency: str) -> str:
    return formats.amount_text(value, currency)


@register.filter
def plain_money(value: Money) -> str:
    """For texts and labels: `1,284,500.00 USD`."""
    return f"{formats.amount_text(value.amount, value.currency)} {value.currency}"


@register.filter
def number(value: Decimal | int, places: int = 0) -> str:
    return formats.number_text(value, places)


@register.filter
def count(value: int) -> str:
    return formats.number_text(value)


@register.filter
def unlocalized(value: float) -> str:
    """A coordinate of a drawing: with a point in every language."""
    return f"{value:g}"


@register.filter
def file_size(value: int) -> str:
    return formats.bytes_text(value)


def _time(moment: dt.datetime, text: str) -> SafeString:
    utc = moment.astimezone(dt.UTC).isoformat(timespec="seconds")
    return format_html('<time datetime="{}" title="{}">{}</time>', utc, formats.full_moment_text(moment), text)


@register.simple_tag
def age(since: dt.datetime | None) -> SafeString | str:
    return _time(since, formats.age_text(since, timezone.now())) if since else ""


@register.simple_tag
def moment(value: dt.datetime) -> SafeString:
    return _time(value, formats.moment_text(value, timezone.now()))


@register.simple_tag
def time_of_day(value: dt.datetime) -> SafeString:
    return _time(value, formats.time_text(value))


@register.simple_tag
def elapsed(since: dt.datetime) -> SafeString:
    """A clock that runs from `since`; app.js keeps it going."""
    seconds = int((timezone.now() - since).total_seconds())
    return format_html('<time data-elapsed="{}">{}</time>', max(0, seconds), formats.clock_text(seconds))


@register.filter
def seconds_left(until: dt.datetime) -> int:
    return max(0, round((until - timezone.now()).total_seconds()))


@register.filter
def by_day(entries: Iterable[TimelineEntry]) -> list[tuple[str, list[TimelineEntry]]]:
    """Entries in their order under the day they happened, in the company's zone."""
    today = timezone.localtime(timezone.now()).date()
    days = groupby(entries, lambda entry: timezone.localtime(entry.at).date())
    return [(formats.long_day_text(day, today), list(group)) for day, group in days]


@register.simple_tag
def shown(value: Shown, empty: str = "") -> SafeString | str:
    """A value of a field as a person reads it; for none the word "empty", or what `empty` says."""
    match value:
        case None | "":
            return format_html('<span class="muted">{}</span>', empty or _("empty"))
        case Promise() | str():
            return str(value)
        case bool():
            return _("Yes") if value else _("No")
        case Money():
            return money(value)
        case Person():
            return format_html("{} {}", avatar(value), _("You") if value.you else value.name)
        case Link():
            return format_html('<a href="{}">{}</a>', value.url, value.label)
        case dt.datetime():
            return moment(value)
        case dt.date():
            return formats.date_text(value)
        case _:
            return formats.number_text(value)


@register.filter
def beside(cells: Sequence[Cell], labels: Sequence[Text]) -> list[tuple[Cell, Text]]:
    """Each cell of a line with the name of its column."""
    return list(zip(cells, labels, strict=True))


@register.simple_tag
def avatar(person: Person, size: str = "") -> SafeString:
    """Initials in a circle. The name stands beside it or, in a narrow column, is read aloud and shown as its title."""
    return format_html(
        '<span class="avatar{}" aria-hidden="true">{}</span>', f" {size}" if size else "", person.initials
    )


@register.simple_tag
def payload_lines(payload: Payload) -> list[JsonLine]:
    return json_lines(payload.data, payload.typed)


def _fitting(tabs: Sequence[TypeTab], room: int) -> tuple[list[TypeTab], list[TypeTab]]:
    fitting: list[TypeTab] = []
    for tab in tabs:
        room -= len(str(tab.label)) + TAB_GAP
        if room < 0:
            break
        fitting.append(tab)
    fitting = fitting or list(tabs[:1])
    rest = list(tabs[len(fitting) :])
    active = next((tab for tab in rest if tab.current), None)
    if active is not None:
        rest = [fitting.pop(), *(tab for tab in rest if tab is not active)]
        fitting.append(active)
    return fitting, rest


@register.simple_tag
def folded(tabs: Sequence[TypeTab], *, narrow: bool = False) -> dict[str, list[TypeTab]]:
    """`{"tabs": ..., "more": ...}`: what fits beside each other, and the rest. The current tab is never in the rest."""
    fitting, rest = _fitting(tabs, NARROW_TAB_ROOM if narrow else TAB_ROOM)
    if len(rest) == 1 and not narrow:
        fitting, rest = list(tabs), []
    return {"tabs": fitting, "more": rest}
