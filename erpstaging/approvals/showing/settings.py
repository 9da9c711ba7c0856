"""The settings of a company as their pages show them: ERP settings, lock lists, custom fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erpstaging.approvals.naming import local
from erpstaging.approvals.presenters import Choice, FormField, RecordKind, Text, TypeTab
from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.registry import ENTITIES, EXPORTED
from erpstaging.companies.models import Company
from erpstaging.connections.custom_fields import custom_fields_of, said_of
from erpstaging.connections.erp_settings import ErpSettings
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.models import CustomField, DataType, ErpConnection
from erpstaging.staging.direct_exports import switched_on

# What the names of the form's boxes begin with.
DIRECT = "direct_export."


def overview(company: Company, connection: ErpConnection | None) -> list[RecordKind]:
    """The ways into the settings."""
    fields = len(custom_fields_of(company.pk))
    version = connection.metadata_version if connection else 0
    pages: list[tuple[str, Text, str, Text, int | None]] = [
        ("metadata", _("Company metadata"), "rule",
         _("Version %(version)d") % {"version": version} if version else _("Not sent yet"), None),
        ("erp_settings", _("ERP settings"), "settings", _("What the metadata leaves to you"), None),
        ("decision_settings", _("Decisions"), "return", _("Codes of rejections, and hours to answer"), None),
        ("locks", _("Lock lists"), "lock", _("What is closed while an object is linked"), None),
        ("custom_fields", _("Custom fields"), "columns", _("Fields of your own on any kind of object"), fields),
        ("networks", _("Networks of hooks"), "shield", _("What hooks may reach besides public addresses"), None),
        ("configuration", _("Configuration file"), "download", _("All of this as one JSON file, without secrets"),
         None),
    ]  # fmt: skip
    return [
        RecordKind(label=label, url=reverse(f"approvals:{name}", args=[company.pk]), icon=icon, count=count, text=text)
        for name, label, icon, text, count in pages
    ]


# ERP settings


def settings_fields(
    metadata: Metadata, erp: ErpSettings, typed: Mapping[str, str] | None = None, errors: Sequence[str] = ()
) -> list[FormField]:
    """What the company's metadata offers to be set; nothing else is shown."""
    offered: list[FormField] = []
    if metadata.rules("jobs").asks_job_code_format:
        value = erp.job_code_format if typed is None else typed.get("job_code_format", "")
        hint = _("9 is a digit, A a letter, X either; other signs stand for themselves. Empty: any code.")
        offered.append(
            FormField(
                name="job_code_format",
                label=_("Job code format"),
                value=value,
                hint=hint,
                max_length=60,
                errors=[one for one in errors if "job_code_format" in one],
            )
        )
    for name, shown, label in (
        ("procore_contract_number", metadata.rules("commitments").config("procore_contract_number"),
         _("Offer the contract number as the code in the ERP")),
        ("procore_change_order_number",
         metadata.rules("commitment_change_orders").config("procore_change_order_number"),
         _("Offer the change order number as the code in the ERP")),
        ("include_forecast_amounts", metadata.rules("budgets").may_include_forecasts,
         _("Include forecast amounts when a budget is sent")),
        ("mark_synced_alone", not metadata.missing, _("One person is enough to mark a failed export as synced")),
    ):  # fmt: skip
        if shown:
            value = "true" if (erp.ticked(name) if typed is None else typed.get(name) == "true") else "false"
            offered.append(FormField(name=name, label=label, kind="boolean", value=value, full_width=True))
    return offered


def direct_export_fields(company: Company, metadata: Metadata) -> list[FormField]:
    """Which kinds leave without an approver; of those that do, since which version and by whom."""
    kinds = [one for one in EXPORTED.values() if (rules := metadata.of(one)) is not None and rules.may_export]
    return [
        FormField(
            name=f"{DIRECT}{one.item_type}",
            label=one.listed_as,
            kind="boolean",
            value="true" if metadata.erp.exports_directly(one) else "false",
            hint=_since(company, metadata, one),
        )
        for one in kinds
    ]


def _since(company: Company, metadata: Metadata, entity: Entity) -> Text:
    setting = switched_on(company.pk, entity.item_type) if metadata.erp.exports_directly(entity) else None
    if setting is None:
        return ""
    said = {"name": setting.author_name, "version": setting.version}
    return _("Since version %(version)s, by %(name)s, whose own items still wait for an approver.") % said


# Lock lists


@dataclass(frozen=True, slots=True, kw_only=True)
class LockShown:
    """The lock list of one type: what can be closed, and what is."""

    item_type: str
    label: str
    own: bool
    fields: Sequence[FormField] = field(default=())
    whole: FormField
    lines: FormField | None
    deletion: FormField


def lock_types() -> list[Entity]:
    return list(ENTITIES.values())


def lock_tabs(company: Company, current: str) -> list[TypeTab]:
    here = reverse("approvals:locks", args=[company.pk])
    return [
        TypeTab(label=local(one.label), url=f"{here}?item_type={one.item_type}", current=one.item_type == current)
        for one in lock_types()
    ]


def lock_shown(metadata: Metadata, entity: Entity) -> LockShown:
    own = metadata.entity(entity)
    lock = own.lock
    named = [
        ("origin_code", _("Code in the ERP")),
        *((one.name, local(one.label)) for one in (*own.fields, *own.custom) if one.edited or one.name in lock.fields),
    ]
    return LockShown(
        item_type=entity.item_type,
        label=local(entity.plural),
        own=entity.item_type in metadata.erp.locked_types,
        fields=[_box(f"field-{name}", label, name in lock.fields) for name, label in dict(named).items()],
        whole=_box("whole", _("Every field"), lock.whole),
        lines=_box("lines", _("Its lines"), lock.lines) if entity.line_type else None,
        deletion=_box("deletion", _("Its deletion"), lock.deletion),
    )


def _box(name: str, label: Text, ticked: bool) -> FormField:
    return FormField(name=name, label=label, kind="boolean", value="true" if ticked else "false")


# Custom fields


@dataclass(frozen=True, slots=True)
class CustomFieldRow:
    field: CustomField
    kind: str
    type_label: Text
    edit_url: str


DATA_TYPE_LABELS: Mapping[str, Text] = {
    DataType.STRING: gettext_lazy("Line of text"),
    DataType.TEXT: gettext_lazy("Text"),
    DataType.NUMBER: gettext_lazy("Number"),
    DataType.INTEGER: gettext_lazy("Whole number"),
    DataType.BOOLEAN: gettext_lazy("Yes or no"),
    DataType.DATE: gettext_lazy("Date"),
    DataType.CHOICE: gettext_lazy("Choice"),
}


def custom_field_rows(company: Company) -> list[CustomFieldRow]:
    return [
        CustomFieldRow(
            one,
            local(ENTITIES[one.item_type].label) if one.item_type in ENTITIES else one.item_type,
            DATA_TYPE_LABELS[one.data_type],
            reverse("approvals:custom_field", args=[company.pk, one.pk]),
        )
        for one in custom_fields_of(company.pk, inactive=True)
    ]


def custom_field_form(
    field: CustomField | None, typed: Mapping[str, str] | None = None, errors: Mapping[str, Sequence[str]] | None = None
) -> list[FormField]:
    """The form of a new field or a standing one, whose type and key stay."""
    typed, errors = typed or {}, errors or {}
    said = said_of(field) if field is not None else {}
    fixed = _("Stays as it is; values depend on it.") if field is not None else ""

    def value(name: str) -> str:
        if name in typed:
            return typed[name]
        given = said.get(name, "")
        if name == "choices":
            return "\n".join(given)
        return "true" if given is True else "false" if given is False else str(given)

    def of(name: str, label: Text, **more: Any) -> FormField:
        return FormField(name=name, label=label, value=value(name), errors=list(errors.get(name, ())), **more)

    types = [Choice("", ""), *(Choice(one.item_type, local(one.label)) for one in ENTITIES.values())]
    kinds = [Choice(str(one), DATA_TYPE_LABELS[one]) for one in DataType.values]
    return [
        of("item_type", _("On"), kind="choice", choices=types, required=True, locked=fixed),
        of("key", _("Key"), required=True, locked=fixed, max_length=60, hint=_("Its name for machines: courier_id")),
        of("label", _("Label"), required=True, max_length=120),
        of("data_type", _("Holds"), kind="choice", choices=kinds, required=True, locked=fixed),
        of("choices", _("Choices"), kind="long_text", hint=_("One on each line; only for a choice.")),
        *([of("position", _("Place"), kind="number", hint=_("Smaller stands further up."))] if field else []),
        of("required", _("Has to be filled"), kind="boolean", full_width=True),
    ]
