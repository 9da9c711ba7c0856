"""The form of a record: its fields and lines, what is closed and why, and what was wrong with the last try."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

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
)
from erpstaging.approvals.showing.words import record_chip
from erpstaging.catalogue.entity import CUSTOM, Entity
from erpstaging.catalogue.fields import Field
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.records.locking import closed_field, closed_record
from erpstaging.records.models import Record
from erpstaging.staging.models import ExportState, StagedExport

MAX_CHOICES = 1000
KINDS = {"number": "number", "money": "number", "date": "date", "choice": "choice", "boolean": "boolean",
         "reference": "choice", "long_text": "long_text"}  # fmt: skip
WIDE = {"title", "name", "description", "address", "notes", "inclusions", "exclusions"}
LINE_COLUMNS = ("cost_code_id", "line_item_type_id", "description", "quantity", "uom", "unit_cost")
LINE = "line"
# The first group; what else is edited stands below it.
FOREMOST = {"number", "title", "name", "status", "vendor_id", "project_number", "retainage_percent", "address", "city",
            "state_code", "zip", "country_code", "business_phone", "email_address"}  # fmt: skip

Typed = Mapping[str, str]


def line_columns(entity: Entity) -> tuple[str, ...]:
    """What the form shows of a line of this kind."""
    own = tuple(field.name for field in entity.edited_fields())
    return LINE_COLUMNS if set(LINE_COLUMNS) <= set(own) else own


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
    ) -> None:
        self.company, self.actor, self.entity = company, actor, metadata.entity(entity)
        self.metadata = metadata
        self.record, self.lines, self.export = record, lines, export
        self.project_id = record.project_id if record is not None else project_id

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
            kind=self.entity.label,
            groups=[
                FormGroup(fields=first),
                *([FormGroup(fields=further, title=_("Further details"))] if further else []),
            ],
            buttons=self._buttons(closed),
            status=record_chip(self.record, self.export) if self.record is not None else None,
            place=self._place(),
            money=Money(self.record.amount, self.record.currency)
            if self.record and self.record.amount is not None
            else None,
            lines=self._lines(rows, errors) if self.entity.line_type else None,
            banners=self._banners(),
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
        return _("New %(kind)s") % {"kind": self.entity.label.lower()}

    def _place(self) -> Place:
        home = reverse("approvals:records", args=[self.company.pk])
        back = Link(self.entity.plural, f"{home}?item_type={self.entity.item_type}")
        return Place(back=back, name=self.record.number or self.record.title if self.record else _("New"))

    def _buttons(self, closed: bool) -> list[DecisionButton]:
        if closed:
            if self.record is None or self.export is None or self.export.state != ExportState.READY_TO_EXPORT:
                return []
            url = reverse("approvals:retrieve", args=[self.company.pk, self.record.pk])
            return [DecisionButton(act="retrieve", label=_("Retrieve"), url=url, weight="primary", icon="return-o")]
        here = self._own_url()
        save = DecisionButton(act="save", label=_("Save"), url=here)
        if self.entity.events.export is None or (self.record is not None and self.record.synced):
            return [DecisionButton(act="save", label=_("Save"), url=here, weight="primary")]
        send = DecisionButton(act="send_to_erp", label=_("Save and send"), url=f"{here}?then=send", weight="primary")
        return [save, send]

    def _own_url(self) -> str:
        if self.record is None:
            return reverse("approvals:new_record", args=[self.company.pk, self.entity.item_type])
        return reverse("approvals:edit_record", args=[self.company.pk, self.record.pk])

    def _banners(self) -> list[Banner]:
        if self.record is None:
            return []
        closed = closed_record(self.record, self.actor)
        if closed is not None:
            return [Banner(tone="blue", icon="lock", title=closed.message)]
        if self.export is not None and self.export.state == ExportState.REJECTED and not self.record.synced:
            title = _("%(name)s rejected it.") % {"name": self.export.decided_by_name}
            return [Banner(tone="yellow", icon="return", title=title, text=self.export.reason)]
        if self.record.synced:
            title = _("Synced as %(id)s. Locked fields follow the ERP.") % {"id": self.record.origin_id}
            return [Banner(tone="green", icon="lock", title=title)]
        return []

    # Fields

    def _field(self, field: Field, typed: Typed | None, errors: Mapping[str, Sequence[str]]) -> FormField:
        stored = self.entity.value_of(field.name, self.record.data) if self.record is not None else None
        value = typed.get(field.name, "") if typed is not None else _text(stored)
        return FormField(
            name=field.name,
            label=field.label,
            kind=KINDS.get(field.kind, "text"),  # type: ignore[arg-type]
            value=value,
            choices=self._choices(field),
            required=field.required,
            errors=list(errors.get(field.name, ())),
            locked=self._locked(self.record, self.entity, field.name),
            max_length=field.max_length if field.kind in {"text", "long_text"} else None,
            full_width=field.name in WIDE,
        )

    def _project_field(self, typed: Typed | None, errors: Mapping[str, Sequence[str]]) -> FormField:
        value = typed.get("project_id", "") if typed is not None else _text(self.project_id)
        field = self.entity.by_name["project_id"]
        return FormField(
            name="project_id",
            label=field.label,
            kind="choice",
            value=value,
            choices=self._choices(field),
            required=True,
            errors=list(errors.get("project_id", ())),
        )

    def _choices(self, field: Field) -> list[Choice]:
        if field.kind == "choice":
            return [Choice("", ""), *(Choice(one, one) for one in field.choices)]
        if field.kind != "reference":
            return []
        return [Choice("", ""), *self._targets(field)]

    def _targets(self, field: Field) -> list[Choice]:
        rows = Record.objects.of(self.company).filter(item_type__in=field.targets, deleted_at=None)
        if "cost_code" in field.targets:
            rows = rows.filter(Q(project_id=self.project_id)) if self.project_id else rows.none()
        named = rows.order_by("number", "title").values_list("pk", "number", "title", "origin_id")[:MAX_CHOICES]
        return [Choice(str(pk), _choice_label(number, title, origin_id)) for pk, number, title, origin_id in named]

    def _locked(self, record: Record | None, entity: Entity, name: str, parent: Record | None = None) -> str:
        if record is None:
            return ""
        closed = closed_field(record, entity, name, self.actor, parent=parent)
        return closed.message if closed is not None else ""

    # Lines

    def _lines(self, rows: Sequence[Mapping[str, Any]] | None, errors: Mapping[str, Sequence[str]]) -> FormLines:
        entity = self.metadata.entity(ENTITIES[self.entity.line_type or ""].under(self.entity.item_type))
        columns = [*(entity.by_name[name] for name in line_columns(entity)), *entity.custom]
        choices = {field.name: self._choices(field) for field in columns}
        if rows is None:
            rows = [{"id": line.pk, **(line.data.get(CUSTOM) or {}), **line.data} for line in self.lines] or [{}]
        standing = {line.pk: line for line in self.lines}
        shown = [
            self._line(entity, columns, choices, place, row, standing.get(row.get("id") or 0), errors)
            for place, row in enumerate(rows)
        ]
        locked = ""
        if self.record is not None:
            locked = self._locked(Record(item_type=entity.item_type), entity, entity.title_field, self.record)
        currency = self.record.currency if self.record is not None else self.company.currency
        total = sum((line.amount for line in shown if line.amount is not None), start=Decimal(0))
        blank = None if locked else self._line(entity, columns, choices, None, {}, None, {})
        return FormLines(
            columns=[field.label for field in columns],
            rows=shown,
            total=Money(total, currency),
            blank=blank,
            errors=list(errors.get("line_items", ())),
            locked=locked,
        )

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
        return FormLine(
            prefix=prefix,
            position=(place or 0) + 1,
            id=line.pk if line is not None else None,
            fields=[
                FormField(
                    name=f"{prefix}-{field.name}",
                    label=field.label,
                    kind=KINDS.get(field.kind, "text") if field.kind != "long_text" else "text",  # type: ignore[arg-type]
                    value=_text(row.get(field.name)),
                    choices=choices[field.name],
                    errors=list(wrong.get(field.name, ())),
                    locked=self._locked(line, entity, field.name, self.record),
                )
                for field in columns
            ],
            amount=_amount(row),
            locked=locked,
            errors=[text for name, texts in wrong.items() if name not in named for text in texts],
        )


def _amount(row: Mapping[str, Any]) -> Decimal | None:
    """What the line comes to, as far as its numbers can be read yet."""
    try:
        if row.get("quantity") and row.get("unit_cost"):
            return Decimal(str(row["quantity"])) * Decimal(str(row["unit_cost"]))
        return Decimal(str(row["amount"])) if row.get("amount") else None
    except ArithmeticError:
        return None


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _choice_label(number: str, title: str, origin_id: str | None) -> str:
    name = f"{number} {title}".strip()
    return name if origin_id else _("%(name)s (not synced)") % {"name": name}
