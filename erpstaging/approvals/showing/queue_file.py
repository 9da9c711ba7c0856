"""The work queue as a CSV file: the rows and columns of the list, read while they are sent."""

import dataclasses
import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from erpstaging.approvals.presenters import QueueRow
from erpstaging.approvals.showing.csv_file import csv_attachment, csv_line
from erpstaging.approvals.showing.queue import QueueShown
from erpstaging.approvals.showing.queue_columns import labels
from erpstaging.approvals.showing.words import VIEW_LABELS
from erpstaging.core.scope import company_scope
from erpstaging.staging.queue import Asked, queue_chunk
from erpstaging.staging.queue_order import Order

CHUNK = 1000


def queue_file(shown: QueueShown, asked: Asked, order: Order) -> StreamingHttpResponse:
    name = slugify(f"{shown.company.name} {VIEW_LABELS[asked.view]} {timezone.localdate()}")
    return csv_attachment(_lines(shown, asked, order, timezone.get_current_timezone(), get_language() or "en"), name)


def _lines(shown: QueueShown, asked: Asked, order: Order, zone: dt.tzinfo, language: str) -> Iterator[str]:
    """Each chunk is a transaction of the company: the page's own is over by now, and so is its language."""
    with override(language):
        head = csv_line(_head(shown))
    yield "\ufeff" + head  # a spreadsheet takes the file for UTF-8 because of this mark
    asked = dataclasses.replace(asked, limit=CHUNK, cursor="")
    while True:
        with company_scope(shown.company.pk), timezone.override(zone), override(language):
            rows, cursor = queue_chunk(shown.company, asked, order)
            text = "".join(csv_line(_cells(shown.facts(row), shown.hidden)) for row in rows)
        yield text
        if not cursor:
            return
        asked = dataclasses.replace(asked, cursor=cursor)


def _head(shown: QueueShown) -> list[Any]:
    words = labels()
    seen = {name: [words[name]] for name in words if name not in shown.hidden}
    if "amount" in seen:
        seen["amount"].append(_("Currency"))
    if "age" in seen:
        seen["age"] = [_("Since")]
    before = [cell for name in ("project", "company", "amount") for cell in seen.get(name, ())]
    after = [cell for name in ("sender", "age", "flags") for cell in seen.get(name, ())]
    extras = [column.label for column in shown.columns]
    return [_("Status"), _("Number"), _("Title"), *before, *extras, *after]


def _cells(row: QueueRow, hidden: frozenset[str]) -> list[Any]:
    money = [row.money.amount, row.money.currency] if row.money else ["", ""]
    columns: list[tuple[str, list[Any]]] = [
        ("project", [row.project]),
        ("company", [row.company]),
        ("amount", money),
        ("", list(row.extras)),
        ("sender", [row.sender.name if row.sender else ""]),
        ("age", [row.waiting_since]),
        ("flags", [", ".join(str(flag.text) for flag in row.flags)]),
    ]
    further = [cell for name, cells in columns if name not in hidden for cell in cells]
    return [row.status.word, row.number, row.title, *further]
