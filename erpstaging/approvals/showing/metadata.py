"""A metadata document as its pages show it: tables, and a preview of what it would cause."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erpstaging.approvals.naming import local
from erpstaging.approvals.presenters import FormField, Link, Text, TypeTab
from erpstaging.approvals.showing.columns import columns_of
from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.names import METADATA_NAMES
from erpstaging.catalogue.registry import DOCUMENTED, ENTITIES
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.rules import EntityRules, Input
from erpstaging.connections.validation import CHECKS
from erpstaging.staging.queue import tabs_of
from erpstaging.staging.trial import Tried

SHOWN_FAILURES = 20
# What the switches of a document are called, in the order of the page.
SWITCHES: Mapping[str, Text] = {
    "import": gettext_lazy("Import"),
    "export": gettext_lazy("Export new"),
    "update": gettext_lazy("Export changes"),
    "unlink": gettext_lazy("Unlink"),
    "staged_records": gettext_lazy("Staged records"),
    "export_subcontracts": gettext_lazy("Subcontracts"),
    "export_purchase_orders": gettext_lazy("Purchase orders"),
    "allow_duplicate_codes": gettext_lazy("Same code twice"),
    "procore_contract_number": gettext_lazy("Contract number as code"),
    "procore_change_order_number": gettext_lazy("Change order number as code"),
    "line_items_require_single_category": gettext_lazy("One cost type for all lines"),
    "job_id_format": gettext_lazy("Job code format"),
    "category_assignments": gettext_lazy("Assignments of cost types"),
    "cost_type_assignment_deletions": gettext_lazy("Deletion of assignments"),
    "cost_code_deletions": gettext_lazy("Deletion of cost codes"),
    "sub_job_export": gettext_lazy("Lines on sub jobs"),
    "revised_estimates_export": gettext_lazy("Revised estimates"),
    "sync_payments": gettext_lazy("Payments"),
    "accounting_date": gettext_lazy("Accounting date"),
    "contract_item_delimiter": gettext_lazy("Separator of line codes"),
    "contract_item_format": gettext_lazy("Format of line codes"),
    "prime_contract_line_item_format": gettext_lazy("Check line codes"),
    "export_estimate_markup": gettext_lazy("Estimate markups"),
}


@dataclass(frozen=True, slots=True)
class SwitchShown:
    label: Text
    on: bool
    text: str = ""


@dataclass(frozen=True, slots=True)
class CheckShown:
    """A check as a tag; `state` is on, off or unknown."""

    name: str
    state: str
    message: str = ""

    @property
    def tone(self) -> str:
        return {"on": "blue", "off": "", "unknown": "amber"}[self.state]


@dataclass(frozen=True, slots=True)
class RuleRow:
    label: Text
    field: str
    on: bool
    save: Sequence[CheckShown] = ()
    export: Sequence[CheckShown] = ()


@dataclass(frozen=True, slots=True)
class AskedShown:
    """An input of the accept form: what it is called, and what has to be true of it."""

    label: str
    kind: str
    key: str
    note: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityShown:
    """What a document says of one entity."""

    name: str
    label: str
    known: bool
    enabled: bool
    tab: bool
    switches: Sequence[SwitchShown] = ()
    rules: Sequence[RuleRow] = ()
    asked: Sequence[AskedShown] = ()
    columns: Sequence[str] = ()
    warning: str | None = None

    @property
    def checks(self) -> int:
        return sum(len(row.save) + len(row.export) for row in self.rules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What the pages would look like under a document, and which waiting objects would fail."""

    label: str
    queue_tabs: Sequence[str]
    columns: Sequence[Text] = ()
    fields: Sequence[FormField] = ()
    warning: str = ""
    tried: int = 0
    failing: Sequence["FailingShown"] = ()
    failing_today: int = 0
    warnings: Sequence[str] = ()

    @property
    def fails(self) -> int:
        return len(self.failing)

    @property
    def passes(self) -> int:
        return self.tried - self.fails

    @property
    def shown(self) -> Sequence["FailingShown"]:
        return self.failing[:SHOWN_FAILURES]


@dataclass(frozen=True, slots=True)
class FailingShown:
    link: Link
    title: str
    messages: Sequence[str]
    new: bool


def entity_names(metadata: Metadata) -> list[str]:
    """The entities that the document speaks of: ours in our order, then unknown ones."""
    spoken = metadata.settings.get("entities")
    names = list(spoken) if isinstance(spoken, Mapping) else []
    return [
        *(name for name in METADATA_NAMES if name in names),
        *(name for name in names if name not in METADATA_NAMES),
    ]


def entity_tabs(company: Company, metadata: Metadata, current: str) -> list[TypeTab]:
    here = reverse("approvals:metadata", args=[company.pk])
    return [
        TypeTab(label=local(METADATA_NAMES.get(name, name)), url=f"{here}?entity={name}", current=name == current)
        for name in entity_names(metadata)
    ]


def entity_shown(metadata: Metadata, name: str) -> EntityShown:
    rules = metadata.rules(name)
    declared = [one for one in DOCUMENTED.values() if one.metadata_name == name]
    return EntityShown(
        name=name,
        label=local(METADATA_NAMES.get(name, name)),
        known=name in METADATA_NAMES,
        enabled=rules.enabled,
        tab=rules.shows_tab,
        switches=list(_switches(rules)),
        rules=_rule_rows(rules, labels_for(metadata, declared)),
        asked=[_asked(one) for one in inputs_of(rules)],
        columns=[text or field_label(name, labels_for(metadata, declared)) for name, text in rules.columns],
        warning=rules.warning,
    )


def inputs_of(rules: EntityRules) -> list[Input]:
    return [*filter(None, [rules.code_input()]), *rules.custom_inputs()]


def labels_for(metadata: Metadata, entities: Iterable[Entity]) -> dict[str, str]:
    """What the fields are called that rules may name."""
    found: dict[str, str] = {"code": metadata.id_name, "origin_code": metadata.id_name, "total_amount": _("Amount")}
    for entity in entities:
        own = metadata.entity(entity)
        found |= {one.name.removesuffix("_id"): local(one.label) for one in (*own.fields, *own.custom)}
    return found


def field_label(name: str, labels: Mapping[str, str]) -> str:
    return labels.get(name) or labels.get(name.removesuffix("_id")) or name.replace("_", " ").capitalize()


def _switches(rules: EntityRules) -> Iterable[SwitchShown]:
    configs = rules.settings.get("configs")
    given = dict(configs) if isinstance(configs, Mapping) else {}
    yield SwitchShown(_("On"), rules.enabled)
    yield SwitchShown(_("Tab"), rules.shows_tab)
    for name in [*(one for one in SWITCHES if one in given), *(one for one in given if one not in SWITCHES)]:
        value = given[name] if isinstance(given[name], Mapping) else {}
        label = SWITCHES.get(name, name.replace("_", " ").capitalize())
        text = str(value.get("text") or "")
        yield SwitchShown(label, bool(text) or value.get("enabled") is True, text)
        if name == "export":
            yield from (SwitchShown(word, on) for word, on in _below_export(rules, value))


def _below_export(rules: EntityRules, export: Mapping[str, Any]) -> Iterable[tuple[Text, bool]]:
    if "update" in export:
        yield SWITCHES["update"], rules.may_update
    if "forecast_amounts" in export:
        yield _("Forecast amounts"), rules.may_include_forecasts


def _rule_rows(rules: EntityRules, labels: Mapping[str, str]) -> list[RuleRow]:
    declared = rules.settings.get("rules")
    by_moment = {moment: _fields(declared, moment) for moment in ("save", "export")}
    names = list(dict.fromkeys([*by_moment["save"], *by_moment["export"]]))
    return [
        RuleRow(
            field_label(name, labels),
            name,
            any(_is_on(fields[name]) for fields in by_moment.values() if name in fields),
            *(list(_checks(by_moment[moment].get(name))) for moment in ("save", "export")),
        )
        for name in names
    ]


def _fields(rules: Any, moment: str) -> dict[str, Any]:
    part = rules.get(moment) if isinstance(rules, Mapping) else None
    fields = part.get("fields") if isinstance(part, Mapping) else None
    return dict(fields) if isinstance(fields, Mapping) else {}


def _is_on(declared: Any) -> bool:
    return isinstance(declared, Mapping) and declared.get("enabled") is not False


def _checks(declared: Any) -> Iterable[CheckShown]:
    validation = declared.get("validation") if isinstance(declared, Mapping) else None
    for name, one in validation.items() if isinstance(validation, Mapping) else ():
        values = one if isinstance(one, Mapping) else {}
        on = _is_on(declared) and values.get("enabled") is True
        state = "unknown" if name not in CHECKS else "on" if on else "off"
        length = f" {values['length']}" if "length" in values else ""
        yield CheckShown(f"{name}{length}", state, str(values.get("message") or ""))


def _asked(one: Input) -> AskedShown:
    required = any(rule.name == "present" for rule in one.rules)
    note = _("required") if required else _("offered from the number") if one.from_number else ""
    return AskedShown(one.label, one.kind, one.key, note)


def preview_of(
    company: Company, draft: Metadata, name: str, tried: Sequence[Tried], warnings: Sequence[str]
) -> Preview:
    """What the tab, the list and the accept form of an entity would be under a document."""
    entities = [one for one in ENTITIES.values() if one.metadata_name == name]
    rules = draft.rules(name)
    failing = [
        FailingShown(
            Link(one.export.number or one.export.title, reverse("approvals:export", args=[company.pk, one.export.pk])),
            one.export.title,
            one.messages,
            new=not one.fails_today,
        )
        for one in tried
        if one.messages
    ]
    return Preview(
        label=local(METADATA_NAMES.get(name, name)),
        queue_tabs=[local(tab.label) for tab in tabs_of(draft)],
        columns=[column.label for column in columns_of(draft, entities)],
        fields=[
            FormField(
                name=f"preview-{one.key}",
                label=one.label,
                kind="date" if one.kind == "date" else "text",
                required=any(rule.name == "present" for rule in one.rules),
            )
            for one in inputs_of(rules)
        ],
        warning=rules.warning or "",
        tried=len(tried),
        failing=failing,
        failing_today=sum(one.fails_today for one in tried),
        warnings=warnings,
    )


def written(document: Any) -> str:
    """A document as people edit it."""
    return json.dumps(document, ensure_ascii=False, indent=2)
