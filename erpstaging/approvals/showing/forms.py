"""The form of a record: its fields and lines, what is closed and why, and what was wrong with the last try."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from erpstaging.approvals.formats import date_text, number_text, plain_number
from erpstaging.approvals.naming import local, within
from erpstaging.approvals.presenters import (
    Banner,
    Choice,
    DecisionButton,
    FormField,
    FormGroup,
    FormLine,
    FormLines,
    Link,
    Money,
    Place,
    RecordForm,
    ReturnedItem,
)
from erpstaging.approvals.showing.items import returned_item
from erpstaging.approvals.showing.rejecting import notes_of
from erpstaging.approvals.showing.transfers import line_name
from erpstaging.approvals.showing.words import choice_word, record_chip
from erpstaging.approvals.telling import told
from erpstaging.catalogue.entity import CUSTOM, Entity
from erpstaging.catalogue.fields import Field
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.core.money import minor_units
from erpstaging.records.locking import closed_field, closed_record
from erpstaging.records.models import Record
from erpstaging.records.snapshots import nodes
from erpstaging.staging.models import ExportState, StagedExport
from erpstaging.staging.updating import may_update

MAX_CHOICES = 1000
KINDS = {"number": "number", "money": "number", "date": "date", "choice": "choice", "boolean": "boolean",
         "reference": "choice", "long_text": "long_text"}  # fmt: skip
WIDE = {"title", "name", "description", "address", "notes", "inclusions", "exclusions"}
LINE_COLUMNS = ("cost_code_id", "line_item_type_id", "description", "quantity", "uom", "unit_cost")
LINE = "line"
# The first group; what else is edited stands below it.
FOREMOST = {"number", "title", "name", "code", "standard_cost_code_list_id", "parent_id", "status", "vendor_id",
            "commitment_id", "contract_id", "prime_contract_id", "invoice_number", "project_number",
            "retainage_percent", "billing_date", "amount", "date", "address", "city", "state_code", "zip",
            "country_code", "business_phone", "email_address"}  # fmt: skip

Typed = Mapping[str, str]


def line_columns(entity: Entity) -> tuple[str, ...]:
    """What the form shows of a line of this kind."""
    own = tuple(field.name for field in entity.edited_fields())
    if not set(LINE_COLUMNS) <= set(own):
        return own
    # Where it is booked or belongs to comes first; an amount that is the line's own word stands last.
    first = (field.name for field in entity.references if field.name in set(own) - set(LINE_COLUMNS))
    typed = entity.amount_field not in {None, "amount"} and entity.amount_field in own
    return (*first, *LINE_COLUMNS, *([str(entity.amount_field)] if typed else []))


class FormShown:
    """Builds the form of one entity; `typed` is what a person sent, kept after a refusal."""

    def __init__(
        self,
        company: Company,
        actor: Actor,
        entity: Entity,
        metadata: Metadata,
        *,
        record: Record | None = None,
        lines: Sequence[Record] = (),
        export: StagedExport | None = None,
        project_id: int | None = None,
        parent: Record | None = None,
    ) -> None:
        self.company, self.actor, self.entity = company, actor, metadata.entity(entity)
        self.metadata = metadata
        self.record, self.lines, self.export, self.parent = record, lines, export, parent
        self.project_id = record.project_id if record is not None else project_id
        back = export is not None and export.state == ExportState.REJECTED
        self.rejected = export if back else None
        self.notes = notes_of(self.rejected)

    def form(
        self,
        *,
        typed: Typed | None = None,
        errors: Mapping[str, Sequence[str]] | None = None,
        rows: Sequence[Mapping[str, Any]] | None = None,
    ) -> RecordForm:
        errors = errors or {}
        fields = [self._field(field, typed, errors) for field in self.entity.edited_fields()]
        if self.entity.by_name.get("project_id") and self.record is None:
            fields.insert(0, self._project_field(typed, errors))
        first = [field for field in fields if field.name in FOREMOST | {"project_id"}]
        further = [field for field in fields if field not in first]
        named = {field.name for field in fields}
        closed = self.record is not None and closed_record(self.record, self.actor) is not None
        return RecordForm(
            title=self._title(),
            kind=local(self.entity.label),
            groups=_groups(first, further),
            buttons=self._buttons(closed),
            status=record_chip(self.record, self.export) if self.record is not None else None,
            place=self._place(),
            money=Money(self.record.amount, self.record.currency)
            if self.record and self.record.amount is not None
            else None,
            lines=self._lines(rows, errors) if self.entity.line_type else None,
            banners=self._banners(),
            returned=self._returned(),
            errors=[
                text
                for name, texts in errors.items()
                if name not in named and not name.startswith("line_items.")
                for text in texts
            ],
            version=self.record.version if self.record is not None else None,
            closed=closed,
        )

    def _title(self) -> str:
        if self.record is not None:
            return self.record.title
        return _("New %(kind)s") % {"kind": within(self.entity.label)}

    def _place(self) -> Place:
        if self.parent is not None:
            url = reverse("approvals:record", args=[self.company.pk, self.parent.pk])
            return Place(back=Link(self.parent.title, url), name=_("New"))
        home = reverse("approvals:records", args=[self.company.pk])
        back = Link(local(self.entity.listed_as), f"{home}?item_type={self.entity.item_type}")
        return Place(back=back, name=self.record.number or self.record.title if self.record else _("New"))

    def _buttons(self, closed: bool) -> list[DecisionButton]:
        if closed:
            if self.record is None or self.export is None or self.export.state != ExportState.READY_TO_EXPORT:
                return []
            url = reverse("approvals:retrieve", args=[self.company.pk, self.record.pk])
            return [DecisionButton(act="retrieve", label=_("Retrieve"), url=url, weight="primary", icon="return-o")]
        here = self._own_url()
        save = DecisionButton(act="save", label=_("Save"), url=here)
        synced = self.record is not None and self.record.synced
        if self.entity.events.export is None or (synced and not may_update(self.entity, self.metadata)):
            return [DecisionButton(act="save", label=_("Save"), url=here, weight="primary")]
        send = DecisionButton(act="send_to_erp", label=_("Save and send"), url=f"{here}?then=send", weight="primary")
        return [save, send]

    def _own_url(self) -> str:
        if self.parent is not None:
            return reverse("approvals:new_modification", args=[self.company.pk, self.parent.pk])
        if self.record is None:
            return reverse("approvals:new_record", args=[self.company.pk, self.entity.item_type])
        return reverse("approvals:edit_record", args=[self.company.pk, self.record.pk])

    def _banners(self) -> list[Banner]:
        if self.record is None:
            return []
        closed = closed_record(self.record, self.actor)
        if closed is not None:
            return [Banner(tone="blue", icon="lock", title=told(closed.message))]
        if self.rejected is not None:
            return []  # the reason stands in a card of its own
        if self.record.synced:
            title = _("Synced as %(id)s. Locked fields follow the ERP.") % {"id": self.record.origin_id}
            return [Banner(tone="green", icon="lock", title=title)]
        return []

    def _returned(self) -> ReturnedItem | None:
        if self.rejected is None or self.record is None:
            return None
        return returned_item(self.company, self.actor, self.rejected, self.record)

    # Fields

    def _field(self, field: Field, typed: Typed | None, errors: Mapping[str, Sequence[str]]) -> FormField:
        stored = self.entity.value_of(field.name, self.record.data) if self.record is not None else None
        locked = self._locked(self.record, self.entity, field.name)
        value = typed.get(field.name, "") if typed is not None and not locked else self._stored(field, stored, locked)
        return FormField(
            name=field.name,
            label=local(field.label),
            kind=KINDS.get(field.kind, "text"),  # type: ignore[arg-type]
            value=value,
            choices=self._choices(field),
            required=field.required,
            errors=list(errors.get(field.name, ())),
            locked=locked,
            pin=self.notes.get((None, field.name), ""),
            max_length=field.max_length if field.kind in {"text", "long_text"} else None,
            full_width=field.name in WIDE,
        )

    def _project_field(self, typed: Typed | None, errors: Mapping[str, Sequence[str]]) -> FormField:
        value = typed.get("project_id", "") if typed is not None else _text(self.project_id)
        field = self.entity.by_name["project_id"]
        return FormField(
            name="project_id",
            label=local(field.label),
            kind="choice",
            value=value,
            choices=self._choices(field),
            required=True,
            errors=list(errors.get("project_id", ())),
        )

    def _choices(self, field: Field) -> list[Choice]:
        if field.kind == "choice":
            return [Choice("", ""), *(Choice(one, choice_word(one)) for one in field.choices)]
        if field.kind != "reference":
            return []
        return [Choice("", ""), *self._targets(field)]

    def _targets(self, field: Field) -> list[Choice]:
        rows = Record.objects.of(self.company).filter(item_type__in=field.targets, deleted_at=None)
        if self.parent is not None:
            return self._of_parent(rows)
        across = "project_id" not in self.entity.by_name
        if not across:
            rows = self._of_project(field, rows)
        named = rows.order_by("number", "title").values_list("pk", "number", "title", "origin_id", "project__title")
        return [
            Choice(str(pk), _choice_label(number, title, origin_id, project if across else None))
            for pk, number, title, origin_id, project in named[:MAX_CHOICES]
        ]

    def _of_parent(self, rows: "QuerySet[Record]") -> list[Choice]:
        """What stands under one parent is chosen from that, by the names that its page shows."""
        node = (
            nodes(self.company.pk, self.company.name, [self.parent])[self.parent.pk] if self.parent else {"lines": []}
        )
        known = set(rows.filter(parent=self.parent).values_list("pk", flat=True))
        return [Choice(str(line["id"]), line_name(line)) for line in node["lines"] if line["id"] in known]

    def _of_project(self, field: Field, rows: "QuerySet[Record]") -> "QuerySet[Record]":
        """What belongs to a project is chosen from that project's; codes and lines not before it is known."""
        if not any(ENTITIES[one].project_bound for one in field.targets if one in ENTITIES):
            return rows
        if self.project_id:
            return rows.filter(project_id=self.project_id)
        return rows.none() if {"cost_code", "line_item"} & set(field.targets) else rows

    def _locked(self, record: Record | None, entity: Entity, name: str, parent: Record | None = None) -> str:
        if record is None:
            return ""
        closed = closed_field(record, entity, name, self.actor, parent=parent)
        return told(closed.message) if closed is not None else ""

    def _stored(self, field: Field, value: Any, locked: str = "") -> str:
        """What stands in an input: an amount with the decimals of its currency; a closed one as pages show values."""
        if value is None or field.kind not in {"number", "money", "date"}:
            return _text(value)
        if field.kind == "date":
            return date_text(dt.date.fromisoformat(value)) if locked else _text(value)
        places = minor_units(self.currency) if field.kind == "money" else 0
        return number_text(Decimal(str(value)), places) if locked else plain_number(Decimal(str(value)), places)

    @property
    def currency(self) -> str:
        holder = self.record or self.parent
        return holder.currency if holder is not None else self.company.currency

    # Lines

    def _lines(self, rows: Sequence[Mapping[str, Any]] | None, errors: Mapping[str, Sequence[str]]) -> FormLines:
        entity = self.metadata.entity(ENTITIES[self.entity.line_type or ""].under(self.entity.item_type))
        columns = [*(entity.by_name[name] for name in line_columns(entity)), *entity.custom]
        choices = {field.name: self._choices(field) for field in columns}
        if rows is None:
            kinds = {field.name: field for field in columns}
            rows = [self._standing_row(line, entity, kinds) for line in self.lines] or [{}]
        standing = {line.pk: line for line in self.lines}
        shown = [
            self._line(entity, columns, choices, place, row, standing.get(row.get("id") or 0), errors)
            for place, row in enumerate(rows)
        ]
        locked = ""
        if self.record is not None:
            locked = self._locked(Record(item_type=entity.item_type), entity, entity.title_field, self.record)
        total = sum((line.amount for line in shown if line.amount is not None), start=Decimal(0))
        blank = None if locked else self._line(entity, columns, choices, None, {}, None, {})
        return FormLines(
            columns=[local(field.label) for field in columns],
            rows=shown,
            total=Money(total, self.currency),
            blank=blank,
            errors=list(errors.get("line_items", ())),
            locked=locked,
        )

    def _standing_row(self, line: Record, entity: Entity, kinds: Mapping[str, Field]) -> dict[str, Any]:
        """The values of a stored line, as its inputs show them."""
        values = {**(line.data.get(CUSTOM) or {}), **line.data}
        shown = {name: self._stored(field, values.get(name)) for name, field in kinds.items()}
        return {"id": line.pk, **values, **shown}

    def _line_value(self, field: Field, row: Mapping[str, Any], line: Record | None, locked: str) -> str:
        """What was typed or is stored; of a closed input what is stored, as pages show it."""
        if not locked or line is None or field.name not in line.data:
            return _text(row.get(field.name))
        return self._stored(field, line.data[field.name], locked)

    def _line(
        self,
        entity: Entity,
        columns: Sequence[Field],
        choices: Mapping[str, Sequence[Choice]],
        place: int | None,
        row: Mapping[str, Any],
        line: Record | None,
        errors: Mapping[str, Sequence[str]],
    ) -> FormLine:
        prefix = f"{LINE}-{'__n__' if place is None else place}"
        named = {field.name for field in columns}
        wrong = {
            name.rpartition(".")[2]: texts for name, texts in errors.items() if name.startswith(f"line_items.{place}.")
        }
        locked = self._locked(line, entity, entity.title_field, self.record) if line is not None else ""
        closed = {field.name: self._locked(line, entity, field.name, self.record) for field in columns}
        return FormLine(
            prefix=prefix,
            position=(place or 0) + 1,
            id=line.pk if line is not None else None,
            fields=[
                FormField(
                    name=f"{prefix}-{field.name}",
                    label=local(field.label),
                    kind=KINDS.get(field.kind, "text") if field.kind != "long_text" else "text",  # type: ignore[arg-type]
                    value=self._line_value(field, row, line, closed[field.name]),
                    choices=choices[field.name],
                    errors=list(wrong.get(field.name, ())),
                    locked=closed[field.name],
                    pin=self.notes.get((line.pk, field.name), "") if line is not None else "",
                )
                for field in columns
            ],
            amount=_amount(entity, row),
            locked=locked,
            errors=[text for name, texts in wrong.items() if name not in named for text in texts],
        )


def _groups(first: Sequence[FormField], further: Sequence[FormField]) -> list[FormGroup]:
    """What is foremost, then the rest under a title of its own."""
    if not first:
        return [FormGroup(fields=further)]
    return [FormGroup(fields=first), *([FormGroup(fields=further, title=_("Further details"))] if further else [])]


def _amount(entity: Entity, row: Mapping[str, Any]) -> Decimal | None:
    """What the line comes to, as far as its numbers can be read yet."""
    try:
        if given := [Decimal(str(row[name])) for name in entity.summed if row.get(name)]:
            return sum(given, start=Decimal(0))
        if row.get("quantity") and row.get("unit_cost"):
            return Decimal(str(row["quantity"])) * Decimal(str(row["unit_cost"]))
        sent = row.get(entity.amount_field or "amount")
        return Decimal(str(sent)) if sent else None
    except ArithmeticError:
        return None


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _choice_label(number: str, title: str, origin_id: str | None, project: str | None) -> str:
    name = f"{number} {title}".strip()
    name = f"{project}: {name}" if project else name
    return name if origin_id else _("%(name)s (not synced)") % {"name": name}
