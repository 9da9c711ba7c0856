"""Records as the nodes that their export is made from: all that pages show of them and all that the payload reads.

What the payload reads stands in its event's shape; it is loaded from there, so a new key needs nothing here.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from erpstaging.catalogue.entities.markup import MARKUP
from erpstaging.catalogue.events import EVENTS
from erpstaging.catalogue.exports.change_orders import MARKUP as MARKUP_SHAPE
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.models import Company
from erpstaging.core.money import rounded, wire_amount
from erpstaging.records.models import Record
from erpstaging.records.shown import shown_nodes
from erpstaging.records.snapshots import Node, nodes

# A line's holder stands in its node already; the whole of it would double the header with every line.
KEPT = frozenset({"data", "holder"})


def export_nodes(company: Company, records: Sequence[Record]) -> dict[int, Node]:
    """Each record's node as plain JSON, by record id. A fixed number of queries per event, however many records."""
    found = nodes(company.pk, company.name, records)
    for request_name, rows in _by_event(records).items():
        read = shown_nodes(company, rows, EVENTS[request_name].read, all_lines=True)
        for record in rows:
            found[record.pk] = _merged(found[record.pk], _plain(read[record.pk]))
    _spread_markups(company, [one for one in found.values() if MARKUP.shown_under in one])
    return found


def _by_event(records: Iterable[Record]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for record in records:
        request_name = ENTITIES[record.item_type].events.export
        if request_name is not None and request_name in EVENTS:
            found.setdefault(request_name, []).append(record)
    return found


def _merged(base: Any, more: Any) -> Any:
    """Two nodes of one object; lists of objects go by their ids, and where both say something `base` does."""
    if isinstance(base, dict) and isinstance(more, dict):
        return {**more, **{key: base[key] if key in KEPT else _merged(base[key], more.get(key)) for key in base}}
    if isinstance(base, list) and isinstance(more, list) and more and isinstance(more[0], dict) and "id" in more[0]:
        others = {one["id"]: one for one in more}
        return [_merged(one, others.get(one["id"])) for one in base]
    return more if base is None else base


def _plain(value: Any) -> Any:
    """Sums as the wire writes them, so that a frozen node is JSON."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return wire_amount(value) if isinstance(value, Decimal) else value


def _spread_markups(company: Company, holders: Sequence[Node]) -> None:
    """Under each line of a change order, what every markup of it comes to there."""
    ids = [markup["id"] for holder in holders for markup in holder[MARKUP.shown_under]]
    if not ids:
        return
    markups = shown_nodes(company, list(Record.objects.of(company).filter(pk__in=ids)), MARKUP_SHAPE)
    for holder in holders:
        own = [_plain(markups[markup["id"]]) for markup in holder[MARKUP.shown_under]]
        for line in holder["lines"]:
            line["markup_line_items"] = marked_up(line, own, holder["currency"])


def marked_up(line: Mapping[str, Any], markups: Iterable[Node], currency: str) -> list[Node]:
    """Each markup, in its order, as a percentage of the line; some count on top of those above them."""
    base = Decimal(str(line["amount"] or 0))
    above = Decimal(0)
    found = []
    for markup in markups:
        data = markup["data"]
        basis = base + above if data.get("compounds_markups_above") is True else base
        amount = rounded(basis * Decimal(str(data.get("percentage") or 0)) / 100, currency)
        above += amount
        found.append(
            {
                "id": markup["id"],
                "item_type": markup["item_type"],
                "amount": wire_amount(amount),
                "created_at": markup["created_at"],
                "updated_at": markup["updated_at"],
                "markup": markup,
            }
        )
    return found
