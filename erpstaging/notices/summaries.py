"""The mails about what waits for a person: the daily summary, and the word that something waits for too long.

Their context is made by whoever knows what waits: {"views": [{"view", "count", "oldest", "sums", "types"}]}, where
`view` is a status, `oldest` an ISO moment, `sums` an amount as text by currency. A type is {"label", "key", "count",
"oldest", "late", "sums", "rows"}, a row {"place", "number", "title", "company", "amount", "currency", "since", "late"}.
The summary adds {"day", "time"}, its local moment.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from erpstaging.companies.models import Company
from erpstaging.core.formats import age_text, amount_text
from erpstaging.core.statuses import LOOKS, Status
from erpstaging.notices.letters import Letter, Line, Table
from erpstaging.notices.models import Notice
from erpstaging.notices.unsubscribing import unsubscribe_url

DAILY, REMINDER, ESCALATION = "daily_summary", "waits_long", "waits_too_long"
SUMMARIES = frozenset({DAILY, REMINDER, ESCALATION})
IMPORTS = Status.READY_TO_IMPORT
QUEUE = "queue/"
Context = Mapping[str, Any]


def summary_place(context: Context) -> str:
    """The queue, at the view with the oldest row."""
    views = context["views"]
    oldest = min(views, key=lambda view: dt.datetime.fromisoformat(view["oldest"]), default=None)
    return _queue(oldest["view"]) if oldest else QUEUE


def summary_title(kind: str, context: Context) -> str:
    """`41 exports and 58 imports wait for you`."""
    imports = sum(view["count"] for view in context["views"] if view["view"] == IMPORTS)
    exports = sum(view["count"] for view in context["views"]) - imports
    if kind == DAILY:
        return _waiting(exports, imports)
    number = exports + imports
    if kind == REMINDER:
        text = ngettext("%(number)s object waits for long", "%(number)s objects wait for long", number)
    else:
        text = ngettext(
            "%(number)s object waits for too long, nobody decides",
            "%(number)s objects wait for too long, nobody decides",
            number,
        )
    return text % {"number": number}


def _waiting(exports: int, imports: int) -> str:
    values = {"exports": exports, "imports": imports}
    if not imports:
        text = ngettext("%(exports)s export waits for you", "%(exports)s exports wait for you", exports)
    elif not exports:
        text = ngettext("%(imports)s import waits for you", "%(imports)s imports wait for you", imports)
    else:
        sent = ngettext("%(exports)s export", "%(exports)s exports", exports) % values
        staged = ngettext("%(imports)s import", "%(imports)s imports", imports) % values
        return _("%(exports)s and %(imports)s wait for you") % {"exports": sent, "imports": staged}
    return text % values


def summary_letter(notice: Notice, company: Company, base: str) -> Letter:
    context, kind, now = notice.context, notice.kind, notice.created_at
    sums = _sums(view["sums"] for view in context["views"] if view["view"] != IMPORTS)
    return Letter(
        kicker=_planned(context) if kind == DAILY else "",
        title=summary_title(kind, context),
        lead=_lead(kind, context, sums, now),
        button=_("Open the work queue"),
        url=f"{base}{summary_place(context)}",
        tables=[table for view in context["views"] for table in _tables(view, base, now)],
        foot=_foot(kind, context, company),
        foot_links=[(_("Choose which mails you get"), f"{base}mail/"), *_ways_out(notice, company)],
        amounts=_listed(sums),
    )


def _planned(context: Context) -> str:
    day = dt.date.fromisoformat(context["day"])
    values = {
        "day": formats.date_format(day, pgettext("weekday and date", "l j F Y")),
        "time": formats.time_format(dt.time.fromisoformat(context["time"]), pgettext("time of day", "H:i")),
    }
    return _("Daily summary, %(day)s, %(time)s") % values


def _lead(kind: str, context: Context, sums: Mapping[str, Decimal], now: dt.datetime) -> str:
    oldest = min(dt.datetime.fromisoformat(view["oldest"]) for view in context["views"])
    parts = [_("The oldest has been waiting for %(age)s.") % {"age": age_text(oldest, now)}]
    if now - oldest < dt.timedelta(minutes=1):
        parts = [_("All of it came just now.")]
    if kind == REMINDER:
        parts.append(_("The time that your company gives a decision is over."))
    if kind == ESCALATION:
        parts.append(_("Twice the time that your company gives a decision is over."))
    if sums:
        parts.append(_("%(amounts)s wait for export.") % {"amounts": _listed(sums)})
    return " ".join(parts)


def _foot(kind: str, context: Context, company: Company) -> str:
    values = {"company": company.name}
    if kind == DAILY:
        text = _("You get this once a day because you decide for %(company)s. Opening a link never decides anything.")
    elif kind == REMINDER:
        text = _("You get this because you decide for %(company)s. Opening a link never decides anything.")
    else:
        text = _("You get this as an ERP administrator of %(company)s. Opening a link never decides anything.")
    return text % values


def _ways_out(notice: Notice, company: Company) -> Sequence[tuple[str, str]]:
    if notice.kind != DAILY:
        return ()
    return [(_("Stop this summary"), unsubscribe_url(company.pk, notice.person_id))]


def _tables(view: Context, base: str, now: dt.datetime) -> Iterable[Table]:
    """The types of a view, and then the oldest rows of each."""
    status = Status(view["view"])
    types = [_type_line(view, one, base, now) for one in view["types"]]
    whole = Line(
        text=_("All of them"),
        url=f"{base}{_queue(view['view'])}",
        note=_count(view, now),
        right=_amounts(view["sums"]),
    )
    yield Table(title="", status=status, lines=[*types, whole] if len(types) > 1 else types)
    for one in view["types"]:
        left = one["count"] - len(one["rows"])
        yield Table(
            title=_("%(status)s: %(type)s, oldest first") % {"status": LOOKS[status].word, "type": _(one["label"])},
            lines=[_row_line(row, base, now) for row in one["rows"]],
            more=_("and %(number)s more") % {"number": left} if left > 0 else "",
        )


def _type_line(view: Context, one: Context, base: str, now: dt.datetime) -> Line:
    return Line(
        text=_(one["label"]),
        url=f"{base}{_queue(view['view'], one['key'])}",
        note=_count(one, now),
        right=_amounts(one["sums"]),
        late=_late(one),
    )


def _row_line(row: Context, base: str, now: dt.datetime) -> Line:
    amount = [f"{amount_text(Decimal(row['amount']), row['currency'])} {row['currency']}"] if row["amount"] else []
    return Line(
        text=row["title"] if row["number"] in row["title"] else f"{row['number']} {row['title']}",
        url=f"{base}{row['place']}",
        note=row["company"],
        right=[*amount, age_text(dt.datetime.fromisoformat(row["since"]), now)],
        late=_late(row),
    )


def _late(one: Context) -> str:
    return _("past the limit") if one["late"] else ""


def _count(one: Context, now: dt.datetime) -> str:
    age = age_text(dt.datetime.fromisoformat(one["oldest"]), now)
    text = ngettext("%(number)s waiting, oldest %(age)s", "%(number)s waiting, oldest %(age)s", one["count"])
    return text % {"number": one["count"], "age": age}


def _sums(all_sums: Iterable[Mapping[str, str]]) -> dict[str, Decimal]:
    """One sum for each currency: what is in two currencies is never added."""
    total: dict[str, Decimal] = {}
    for sums in all_sums:
        for currency, amount in sums.items():
            total[currency] = total.get(currency, Decimal(0)) + Decimal(amount)
    return dict(sorted(total.items()))


def _amounts(sums: Mapping[str, str]) -> list[str]:
    return [f"{amount_text(Decimal(amount), currency)} {currency}" for currency, amount in sorted(sums.items())]


def _listed(sums: Mapping[str, Decimal]) -> str:
    return _(" and ").join(_amounts({currency: str(amount) for currency, amount in sums.items()}))


def _queue(view: str, key: str = "") -> str:
    return f"{QUEUE}?{urlencode({'view': view, **({'type': key} if key else {})})}"
