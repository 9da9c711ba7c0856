"""The heads of the queue's columns that sort it."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erpstaging.approvals.presenters import Text
from erpstaging.approvals.showing.queue import queue_url
from erpstaging.companies.models import Company
from erpstaging.staging.queue import Asked
from erpstaging.staging.queue_order import SORTS, Order

TOLD: Mapping[str, Text] = {
    "since": gettext_lazy("oldest first"),
    "-since": gettext_lazy("newest first"),
    "number": gettext_lazy("by number"),
    "-number": gettext_lazy("by number, backwards"),
    "title": gettext_lazy("by title"),
    "-title": gettext_lazy("by title, backwards"),
    "amount": gettext_lazy("smallest amount first"),
    "-amount": gettext_lazy("largest amount first"),
}


@dataclass(frozen=True, slots=True)
class SortHead:
    """The link in the head of a column: to sort by it, or the other way round where the list is sorted by it."""

    url: str
    current: bool = False
    descending: bool = False
    told: Text = ""

    @property
    def aria(self) -> str:
        return ("descending" if self.descending else "ascending") if self.current else ""


@dataclass(frozen=True, slots=True)
class Sorting:
    since: SortHead
    number: SortHead
    title: SortHead
    amount: SortHead
    told: Text


def sorting_of(company: Company, asked: Asked, order: Order) -> Sorting:
    return Sorting(**{word: _head(company, asked, order, word) for word in SORTS}, told=TOLD[str(order)])


def _head(company: Company, asked: Asked, order: Order, word: str) -> SortHead:
    """Amounts begin with the largest, everything else with the first or the oldest. An age grows as its time falls."""
    current = order.word == word
    first = Order(word, descending=word == "amount")
    other = Order(word, descending=not order.descending) if current else first
    url = queue_url(company, asked, sort="" if other == asked.own_order else str(other))
    falling = order.descending if word != "since" else not order.descending
    return SortHead(url, current, falling, _("Sort: %(order)s") % {"order": TOLD[str(other)]})
