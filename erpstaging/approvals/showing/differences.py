"""Two snapshots of an object side by side, as the Changes tab of a decision shows them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erpstaging.approvals.formats import amount_text, moment_text, number_text
from erpstaging.approvals.naming import local
from erpstaging.approvals.presenters import Cell, ChangedField, ChangedLine, Changes, Money, Text
from erpstaging.approvals.showing.changes import label_of, segments, value_text, without_blank_columns
from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.fields import Field
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.records.snapshots import Node
from erpstaging.staging.comparing import Differences, FieldChange, LineDifference, compare_snapshots
from erpstaging.staging.models import ExportState, StagedExport

FIGURES = {"number", "money"}
MOST_TEXTS, MOST_FIGURES = 3, 2
# The first columns of a line are those that people know it by; what else it has follows in the order of its fields.
FOREMOST = ("cost_code_id", "line_item_type_id", "description", "quantity", "unit_cost")
BESIDE = {"uom": "quantity"}  # shown in one cell with another field


def differences_shown(found: Differences, *, was: Text, since: datetime) -> Changes:
    """`was` names the earlier snapshot, such as "Rejected by Ines Duarte"; `since` is when it stood there."""
    shown = _Shown(found)
    total_was, total_now = found.total_before, found.total_after
    if found.total_difference is None:  # there is none between two currencies
        total_was = None
    changes = Changes(
        since=since,
        was=was,
        fields=[shown.field(found.entity, one) for one in found.fields],
        equal=[shown.label(found.entity, name) for name in found.equal],
        columns=[*(local(one.label) for one in shown.columns), _("Amount")],
        text_columns=sum(one.kind not in FIGURES for one in shown.columns),
        lines=[shown.line(one) for one in found.lines],
        equal_lines=[str(one) for one in found.equal_lines],
        total_was=None if total_was is None else Money(total_was, found.currency_before),
        total_now=None if total_now is None else Money(total_now, found.currency_after),
    )
    return without_blank_columns(changes)


def changes_of_export(company: Company, metadata: Metadata, export: StagedExport, earlier: StagedExport) -> Changes:
    """An export beside the earlier one of its record."""
    found = compare_snapshots(company, earlier.snapshot, export.snapshot, metadata)
    at = earlier.decided_at if earlier.state in DECIDED else earlier.closed_at
    since = at or earlier.changed_at
    said = {"name": earlier.decided_by_name, "at": moment_text(since, timezone.now())}
    return differences_shown(found, was=WAS.get(earlier.state, WAS[ExportState.SYNCED]) % said, since=since)


DECIDED = {ExportState.REJECTED, ExportState.RETRIEVED}
WAS: Mapping[str, Text] = {
    ExportState.REJECTED: gettext_lazy("Rejected by %(name)s, %(at)s"),
    ExportState.RETRIEVED: gettext_lazy("Taken back by %(name)s, %(at)s"),
    ExportState.SYNCED: gettext_lazy("As it went to the ERP, %(at)s"),
}


class _Shown:
    """The values of one comparison, in words."""

    def __init__(self, found: Differences) -> None:
        self.found = found
        self.columns = _columns(found.line_entity)
        self.currency = found.currency_after

    def label(self, entity: Entity, name: str) -> str:
        return next((str(one.label) for one in entity.custom if one.name == name), "") or label_of(entity, name)

    def field(self, entity: Entity, change: FieldChange) -> ChangedField:
        field = _field_of(entity, change.name)
        was, now = self.text(field, change.before), self.text(field, change.after)
        return ChangedField(self.label(entity, change.name), *segments(was, now))

    def text(self, field: Field | None, value: Any) -> str:
        if field is not None and field.kind == "reference" and isinstance(value, int):
            return self.found.names.get(value, f"#{value}")
        return value_text(field, value)

    def line(self, line: LineDifference) -> ChangedLine:
        entity = self.found.line_entity or self.found.entity
        was, now = self._cells(line.before), self._cells(line.after)
        both = line.before is not None and line.after is not None
        in_columns = {one.name for one in self.columns} | BESIDE.keys() | {entity.amount_field}
        return ChangedLine(
            name=str(line.position),
            was=[Cell(text, bool(text) if not both else text != now[place]) for place, text in enumerate(was)],
            now=[Cell(text, bool(text) if not both else text != was[place]) for place, text in enumerate(now)],
            further=[self.field(entity, one) for one in line.fields if one.name not in in_columns],
            difference=line.amount,
        )

    def _cells(self, node: Node | None) -> list[str]:
        if node is None:
            return []
        amount = node.get("amount")
        return [
            *(self._cell(one, node) for one in self.columns),
            "" if amount is None else amount_text(Decimal(str(amount)), self.currency),
        ]

    def _cell(self, field: Field, node: Node) -> str:
        value = node["data"].get(field.name)
        if value is None or value == "":
            return ""
        if field.kind == "reference":
            target = node.get(field.name.removesuffix("_id")) or {}
            return target.get("number") or target.get("title") or self.text(field, value)
        if field.kind not in FIGURES:
            return value_text(field, value)
        beside = next((node["data"].get(name) or "" for name, home in BESIDE.items() if home == field.name), "")
        return f"{number_text(Decimal(str(value)))} {beside}".strip()


def _columns(entity: Entity | None) -> Sequence[Field]:
    """What of a line stands in columns of its own: texts first, then figures; the amount is the last column."""
    if entity is None:
        return []
    fields = [one for one in entity.fields if one.name not in {entity.amount_field, "position", *BESIDE}]
    fields.sort(key=lambda one: FOREMOST.index(one.name) if one.name in FOREMOST else len(FOREMOST))
    texts = [one for one in fields if one.kind in {"text", "long_text", "reference"}][:MOST_TEXTS]
    figures = [one for one in fields if one.kind in FIGURES][:MOST_FIGURES]
    return [*texts, *figures]


def _field_of(entity: Entity, name: str) -> Field | None:
    return entity.by_name.get(name) or next((one for one in entity.custom if one.name == name), None)
