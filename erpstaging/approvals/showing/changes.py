"""What changed of a staged record, side by side."""

import dataclasses
import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from difflib import SequenceMatcher
from typing import Any

from django.utils.translation import gettext as _

from erpstaging.approvals.formats import amount_text, date_text, number_text
from erpstaging.approvals.naming import local
from erpstaging.approvals.presenters import Cell, ChangedField, ChangedLine, Changes, Money, OlderData, Segments
from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.fields import Field
from erpstaging.catalogue.registry import STAGED
from erpstaging.staging.comparing import FieldChange
from erpstaging.staging.history import Comparison, History, LineChange
from erpstaging.staging.models import StagedRecord

WORDS = re.compile(r"\s+|[^\s]+")
LONG = 40  # characters; shorter values are marked as a whole


def changes_shown(history: History, row: StagedRecord, currency: str, url: str) -> Changes:
    """`url` is the address of the tab; `?since=` begins at another change."""
    older = [
        OlderData(one.at, one.by, str(one.origin_version or ""), [_field(history.entity, each) for each in one.fields])
        for one in history.older
    ]
    compared = history.comparison
    if compared is None:
        return Changes(older=older)
    choices = [
        (one.at, f"{url}&since={one.change_id}", one.change_id == compared.since.change_id)
        for one in history.moments[1:][::-1]
    ]
    return dataclasses.replace(compared_shown(compared, row, currency), choices=choices, older=older)


def compared_shown(compared: Comparison, row: StagedRecord, currency: str) -> Changes:
    """A staged row before a moment beside the row as it stands."""
    entity = STAGED[row.item_type]
    lines = [_line(line, place, currency) for place, line in enumerate(compared.lines, start=1)]
    total_now = None if row.amount is None or not entity.line_type else Money(row.amount, currency)
    moved = sum((line.difference or Decimal(0) for line in lines), start=Decimal(0))
    changes = Changes(
        since=compared.since.at,
        by=compared.since.by,
        fields=[_field(entity, one) for one in compared.fields],
        equal=[label_of(entity, name) for name in compared.equal],
        columns=[_("Cost code"), _("Type"), _("Description"), _("Quantity"), _("Unit cost"), _("Amount")],
        lines=lines,
        equal_lines=compared.equal_lines,
        total_was=None if total_now is None else Money(total_now.amount - moved, currency),
        total_now=total_now,
    )
    return without_blank_columns(changes)


def without_blank_columns(changes: Changes) -> Changes:
    """The same without the columns of lines in which nothing stands, neither before nor now; the amount stays."""
    last = len(changes.columns) - 1
    cells = [side for line in changes.lines for side in (line.was, line.now) if side]
    kept = [place for place in range(last + 1) if place == last or any(side[place].text for side in cells)]
    if not cells or len(kept) == last + 1:
        return changes
    return dataclasses.replace(
        changes,
        columns=[changes.columns[place] for place in kept],
        text_columns=sum(place < changes.text_columns for place in kept),
        lines=[
            dataclasses.replace(line, was=_picked(line.was, kept), now=_picked(line.now, kept))
            for line in changes.lines
        ],
    )


def _picked(cells: Sequence[Cell], kept: Sequence[int]) -> list[Cell]:
    return [cells[place] for place in kept] if cells else []


def label_of(entity: Entity, name: str) -> str:
    """A field's name on the page; that of a reference says that an origin ID stands there."""
    if name in entity.by_name:
        return local(entity.by_name[name].label)
    if name in entity.origin_fields:
        return _("%(label)s (origin ID)") % {"label": local(entity.origin_fields[name].label)}
    return {"origin_code": _("Code"), "origin_data": _("Data of the ERP"), "origin_id": _("Origin ID")}.get(name, name)


def value_text(field: Field | None, value: Any) -> str:
    """A value as a person reads it; empty for none."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    kind = field.kind if field is not None else ""
    try:
        if kind in {"number", "money"}:
            return number_text(Decimal(str(value)), 2)
        if kind == "date":
            return date_text(dt.date.fromisoformat(str(value)))
    except (InvalidOperation, ValueError):
        pass
    return str(value)


def _field(entity: Entity, change: FieldChange) -> ChangedField:
    field = entity.by_name.get(change.name)
    was, now = value_text(field, change.before), value_text(field, change.after)
    return ChangedField(label_of(entity, change.name), *segments(was, now))


def segments(was: str, now: str) -> tuple[Segments, Segments]:
    """Both texts in pieces, with whether a piece differs; short ones differ as a whole."""
    if not was or not now or max(len(was), len(now)) < LONG:
        return ([(was, True)] if was else []), ([(now, True)] if now else [])
    old, new = WORDS.findall(was), WORDS.findall(now)
    before: list[tuple[str, bool]] = []
    after: list[tuple[str, bool]] = []
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if i1 < i2:
            before.append(("".join(old[i1:i2]), kind != "equal"))
        if j1 < j2:
            after.append(("".join(new[j1:j2]), kind != "equal"))
    return before, after


def _line(line: LineChange, place: int, currency: str) -> ChangedLine:
    was = None if line.before is None else _cells(line.before, currency)
    now = None if line.after is None else _cells(line.after, currency)
    difference = _amount(line.after) - _amount(line.before)
    name = str((line.after or line.before or {}).get("position") or line.origin_id or place)
    if was is None or now is None:
        return ChangedLine(name=name, was=_all(was), now=_all(now), difference=difference)
    pairs = list(zip(was, now, strict=True))
    return ChangedLine(
        name=name,
        was=[Cell(old, old != new) for old, new in pairs],
        now=[Cell(new, old != new) for old, new in pairs],
        difference=difference,
    )


def _all(texts: Sequence[str] | None) -> list[Cell]:
    return [Cell(text, bool(text)) for text in texts or ()]


def _cells(data: Mapping[str, Any], currency: str) -> list[str]:
    amount, unit_cost = data.get("amount"), data.get("unit_cost")
    quantity = " ".join(filter(None, [_number(data.get("quantity")), str(data.get("uom") or "")]))
    return [
        str(data.get("cost_code_origin_id") or data.get("cost_code_id") or ""),
        str(data.get("line_item_type_origin_id") or data.get("line_item_type_id") or ""),
        str(data.get("description") or ""),
        quantity,
        "" if unit_cost is None else amount_text(Decimal(str(unit_cost)), currency),
        "" if amount is None else amount_text(Decimal(str(amount)), currency),
    ]


def _number(value: Any) -> str:
    return "" if value is None else number_text(Decimal(str(value)))


def _amount(data: Mapping[str, Any] | None) -> Decimal:
    return Decimal(str((data or {}).get("amount") or 0))
