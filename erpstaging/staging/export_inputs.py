"""What the approver types when he accepts an export, and the rules that are run on it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from erpstaging.catalogue.fields import date
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.rules import EntityRules, Input
from erpstaging.connections.validation import failures
from erpstaging.core.errors import Invalid
from erpstaging.records.checks import rule_values
from erpstaging.staging.codes import CodesInUse, codes_in_use
from erpstaging.staging.export_chunks import Wanted
from erpstaging.staging.models import StagedExport
from erpstaging.staging.sending import divisions_of, line_failures, rule_failures

A_DATE = date("date", "Date")


def inputs_wanted(metadata: Metadata, export: StagedExport) -> list[Input]:
    """What the approver is asked for at Accept: the display code, then the document's custom fields."""
    rules = metadata.of(ENTITIES[export.item_type])
    if rules is None:
        return []
    code = rules.code_input()
    return [*filter(None, [code]), *rules.custom_inputs()]


def warning_of(metadata: Metadata, export: StagedExport) -> str:
    """What the approver has to say yes to at Accept; empty where the document warns of nothing."""
    rules = metadata.of(ENTITIES[export.item_type])
    return (rules.warning if rules is not None else None) or ""


@dataclass(frozen=True, slots=True)
class Checking:
    """What the checks of a chunk have to know: the document, the divisions among its cost codes, and the codes that
    other commitments carry."""

    metadata: Metadata
    divisions: frozenset[int]
    codes: CodesInUse


def checking_of(
    company_id: int, metadata: Metadata, wanted: Sequence[Wanted], exports: Iterable[StagedExport]
) -> Checking:
    """Loaded for the whole chunk; nothing that is not asked for is looked up."""
    snapshots = [export.snapshot for export in exports]
    divisions = divisions_of(company_id, metadata, snapshots)
    typed = [str(one.inputs.get("code") or "") for one in wanted]
    carried = [str(node.get(name) or "") for node in snapshots for name in ("origin_code", "number")]
    return Checking(metadata, divisions, codes_in_use(company_id, metadata, snapshots, {*typed, *carried} - {""}))


def checked_inputs(checking: Checking, export: StagedExport, given: Mapping[str, Any]) -> dict[str, Any]:
    metadata, divisions = checking.metadata, checking.divisions
    entity = metadata.entity(ENTITIES[export.item_type])
    rules = metadata.of(entity)
    if rules is None:
        raise Invalid.field("base", f"{entity.plural} are not sent to the ERP.", code="export_off")
    asked = inputs_wanted(metadata, export)
    typed = _typed(asked, export, given)
    values = {**rule_values(export.snapshot["data"]), "origin_code": typed["code"], "code": typed["code"]}
    errors = rule_failures(entity, metadata, export.snapshot, divisions)
    found = line_failures(metadata, export.snapshot, divisions, moment="export")
    found |= rules.export_failures(values, {**entity.labels, "code": rules.code_label}, divisions)
    for name, texts in found.items():
        errors[name] = list(dict.fromkeys([*errors.get(name, ()), *texts]))
    errors |= _input_failures(asked, typed, rules, errors)
    if taken := checking.codes.taken(export, typed["code"]):
        errors.setdefault("code", []).append(taken)
    if errors:
        raise Invalid(next(iter(errors.values()))[0], code="rule_failed", errors=errors)
    _refuse_unconfirmed(rules, given)
    checking.codes.take(export, typed["code"])
    return typed


def form_failures(company_id: int, metadata: Metadata, export: StagedExport) -> dict[str, list[str]]:
    """What the export rules say of fields that are not typed at Accept but in the object's own form, by field."""
    entity = metadata.entity(ENTITIES[export.item_type])
    rules = metadata.of(entity)
    if rules is None or not rules.rules("export"):
        return {}
    divisions = divisions_of(company_id, metadata, [export.snapshot])
    found = rules.export_failures(rule_values(export.snapshot["data"]), entity.labels, divisions)
    typed = {"code", "origin_code", *(one.key for one in inputs_wanted(metadata, export))}
    in_form = {field.name for field in entity.edited_fields()}
    return {name: texts for name, texts in found.items() if name in in_form - typed}


def _input_failures(
    asked: Sequence[Input], typed: Mapping[str, Any], rules: EntityRules, errors: Mapping[str, list[str]]
) -> dict[str, list[str]]:
    """What is wrong with what was typed, by its key; the rules of the code were run with those of the object."""
    found: dict[str, list[str]] = {}
    for one in asked:
        values = typed["custom_fields"] if one.key != "code" else typed
        if one.key == "code" and {"code", "origin_code"} & errors.keys():
            continue
        found |= failures({one.key: one.rules}, values, {one.key: one.label}, rules.around())
        found |= _date_failures(one, values.get(one.key, ""))
    return found


def _typed(wanted: Sequence[Input], export: StagedExport, given: Mapping[str, Any]) -> dict[str, Any]:
    """Only what was asked for, as text. A code that is not typed is the one that was offered, or the record carries."""
    custom = given.get("custom_fields") or {}
    if not isinstance(custom, Mapping):
        raise Invalid.field("custom_fields", "must be an object")
    asked = {one.key for one in wanted} - {"code"}
    offered = next((one.offered(export.snapshot) for one in wanted if one.key == "code"), "")
    code = given.get("code") or offered or export.snapshot.get("origin_code") or ""
    texts = {"code": code, **{key: custom[key] for key in asked if custom.get(key) is not None}}
    for key, value in texts.items():
        if not isinstance(value, str) or len(value) > 255:
            raise Invalid.field(key, "must be text of at most 255 characters")
    return {"code": texts.pop("code"), "custom_fields": texts}


def _date_failures(asked: Input, value: str) -> dict[str, list[str]]:
    if asked.kind != "date" or not value.strip():
        return {}
    try:
        A_DATE.clean(value)
    except ValueError as exc:
        return {asked.key: [str(exc)]}
    return {}


def _refuse_unconfirmed(rules: EntityRules, given: Mapping[str, Any]) -> None:
    if rules.warning is not None and given.get("confirm") is not True:
        raise Invalid.field("confirm", rules.warning, code="confirmation_required")
