"""The list of one type as a CSV file: its rows and columns, streamed."""

import csv
import datetime as dt
import io
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from erpstaging.approvals.naming import local
from erpstaging.approvals.showing.columns import Column, columns_of
from erpstaging.approvals.showing.items import item_row, listed_records, newest_exports
from erpstaging.catalogue.entity import Entity
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.core.scope import company_scope
from erpstaging.records.models import Record

CHUNK = 500
# What a spreadsheet would take for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_response(company: Company, actor: Actor, entity: Entity, metadata: Metadata) -> StreamingHttpResponse:
    """The whole list in the order and with the columns of its page; rows are read while they are sent."""
    columns = columns_of(metadata, [entity])
    name = slugify(f"{company.name} {local(entity.listed_as)} {timezone.localdate()}")
    return csv_attachment(_lines(company, actor, entity, columns, timezone.get_current_timezone()), name)


def csv_attachment(lines: Iterator[str], name: str) -> StreamingHttpResponse:
    """A file to be saved under this name, sent line by line."""
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _lines(company: Company, actor: Actor, entity: Entity, columns: Sequence[Column], zone: dt.tzinfo) -> Iterator[str]:
    head = [_("Status"), _("Number"), _("Title"), _("Amount"), _("Currency"), *(column.label for column in columns)]
    # A spreadsheet takes the file for UTF-8 because of the mark at its beginning.
    yield "\ufeff" + csv_line([*head, _("Who has it"), _("Since"), _("Next step")])
    last = None
    while rows := _chunk(company, actor, entity, columns, last, zone):
        last = rows[-1][0]
        yield "".join(line for _id, line in rows)


def _chunk(
    company: Company, actor: Actor, entity: Entity, columns: Sequence[Column], last: int | None, zone: dt.tzinfo
) -> list[tuple[int, str]]:
    """The next rows below an id. Each chunk is a transaction of the company: the page's own is over by now."""
    with company_scope(company.pk), timezone.override(zone):
        rows = listed_records(company, entity)
        records: list[Record] = list((rows if last is None else rows.filter(pk__lt=last))[:CHUNK])
        exports = newest_exports(company, records)
        return [
            (record.pk, csv_line(_cells(item_row(company, actor, record, exports.get(record.pk), columns))))
            for record in records
        ]


def _cells(row: Any) -> list[Any]:
    money, holder = row.money, row.who_has_it
    return [
        row.status.word, row.number, row.title, money.amount if money else "", money.currency if money else "",
        *row.extras, ("" if holder is None else _("You") if holder.you else holder.name), row.since, row.next_step,
    ]  # fmt: skip


def csv_line(cells: Sequence[Any]) -> str:
    """One line; a text that looks like a formula begins with an apostrophe."""
    text = io.StringIO()
    csv.writer(text).writerow([_written(cell) for cell in cells])
    return text.getvalue()


def _written(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return _("Yes") if value else _("No")
        case Decimal():
            return f"{value.normalize():f}" if value == value.to_integral_value() else f"{value:f}"
        case int():
            return str(value)
        case dt.datetime():
            return timezone.localtime(value).isoformat(timespec="seconds")
        case dt.date():
            return value.isoformat()
        case _:
            text = str(value)
            return f"'{text}" if text.startswith(FORMULA) else text
