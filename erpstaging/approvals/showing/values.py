"""Fields and lines of an object, as rows of names and values."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from erpstaging.approvals.formats import number_text
from erpstaging.approvals.naming import local
from erpstaging.approvals.presenters import FieldRow, LineRow, LineTable, Link, Money, Shown
from erpstaging.approvals.showing.columns import typed_value
from erpstaging.approvals.showing.words import choice_word
from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.fields import Field
from erpstaging.companies.models import Company
from erpstaging.connections.custom_fields import custom_values
from erpstaging.core.money import rounded

Node = Mapping[str, Any]
# What stands in the head of the page already.
IN_THE_HEAD = {"title"}


def field_rows(company: Company, entity: Entity, node: Node, locks: Mapping[str, str]) -> list[FieldRow]:
    """Every field that has a value, and all of the company's own; closed ones say why."""
    own = node.get("custom_fields") or custom_values(entity.custom, node["data"])
    declared = [
        FieldRow(
            label=local(field.label),
            value=shown_value(company, field, node),
            lock=locks.get(field.name, ""),
            long=field.kind == "long_text",
        )
        for field in entity.fields
        if field.name not in IN_THE_HEAD and node["data"].get(field.name) not in (None, "", [])
    ]
    return declared + [
        FieldRow(
            label=local(field.label),
            value=typed_value(field, (own.get(field.name) or {}).get("value")),
            lock=locks.get(field.name, ""),
            long=field.kind == "long_text",
        )
        for field in entity.custom
    ]


def shown_value(company: Company, field: Field, node: Node) -> Shown:
    value = node["data"].get(field.name)
    if value is None or value == "":
        return None
    if field.kind == "reference":
        target = node.get(field.name.removesuffix("_id"))
        if not target:
            return str(value)
        return Link(target["title"], reverse("approvals:record", args=[company.pk, target["id"]]))
    if field.kind == "money" and node.get("currency"):
        return Money(Decimal(str(value)), node["currency"])
    return choice_word(value) if field.kind == "choice" else typed_value(field, value)


def line_table(
    lines: Sequence[Node],
    amount: Decimal,
    currency: str,
    retainage: str | None,
    refused: Mapping[int, Sequence[str]] | None = None,
) -> LineTable:
    """Lines with their sum; what is held back stands below it.

    `refused` is what the ERP said of the lines that it did not take, by the line's id.
    """
    further = []
    percent = Decimal(retainage or 0)
    if percent:
        label = _("Retainage %(percent)s %%") % {"percent": number_text(percent)}
        further.append((label, rounded(amount * percent / 100, currency)))
    markups = _markups(lines)
    if markups:
        further += [*markups, (_("With markups"), amount + sum((one for _, one in markups), start=Decimal(0)))]
    rows = [_line(line, place, (refused or {}).get(line.get("id", 0), ())) for place, line in enumerate(lines, 1)]
    if (
        len({(line.get("project") or {}).get("id") for line in lines}) > 1
    ):  # a cost of the company: booked here and there
        rows = [_booked_to(row, line) for row, line in zip(rows, lines, strict=True)]
    return LineTable(rows=rows, total=Money(amount, currency), further=further)


def _booked_to(row: LineRow, line: Node) -> LineRow:
    project = (line.get("project") or {}).get("title", "")
    return replace(row, cost_code_name=", ".join(filter(None, (row.cost_code_name, project))))


def _markups(lines: Sequence[Node]) -> list[tuple[str, Decimal]]:
    """What each markup of a change order comes to over all lines."""
    sums: dict[str, Decimal] = {}
    for line in lines:
        for one in line.get("markup_line_items", ()):
            data = one["markup"]["data"]
            percent = Decimal(str(data.get("percentage") or 0))
            name = _("%(name)s %(percent)s %%") % {"name": data.get("name") or "", "percent": number_text(percent)}
            sums[name] = sums.get(name, Decimal(0)) + Decimal(one["amount"])
    return list(sums.items())


def _line(line: Node, place: int, refused: Sequence[str]) -> LineRow:
    data, code, cost_type = line["data"], line.get("cost_code") or {}, line.get("line_item_type") or {}
    return LineRow(
        position=line.get("position") or place,
        cost_code=code.get("number", ""),
        cost_code_name=code.get("title", ""),
        cost_type=cost_type.get("number", "") or cost_type.get("title", ""),
        description=data.get("description") or data.get("description_of_work") or "",
        amount=Decimal(str(line.get("amount") or 0)),
        quantity=_number(data.get("quantity")),
        unit=data.get("uom") or "",
        unit_cost=_number(data.get("unit_cost")),
        origin_id=line.get("origin_id") or "",
        tag=_("refused") if refused else "",
        tag_tone="red",
        messages=refused,
    )


def _number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))
