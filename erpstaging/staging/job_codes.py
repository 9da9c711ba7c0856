"""Another code for a project whose first export failed because of its code.

Source: procore/documentation, erp_integration/erp_technical_guide.md (2022-07): when the close message of a failed
first export speaks of the code, another one may be typed; else the code stays as it was accepted.
"""

from typing import Any

from erpstaging.catalogue.entity import clean_origin_code
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.rules import CODE_NAMES
from erpstaging.connections.services import metadata_of
from erpstaging.core.errors import Invalid, NotFound
from erpstaging.staging.export_chunks import lock_exports, refuse_decider
from erpstaging.staging.exports import retry_export
from erpstaging.staging.models import Action, ExportState, StagedExport

PROJECT, WORD = "project", "code"


def may_change_code(export: StagedExport) -> bool:
    """Whether the answer of the ERP lets the approver type another code."""
    first = export.item_type == PROJECT and export.action == Action.CREATE and export.state == ExportState.FAILED
    return first and any(WORD in text.lower() for text in export.messages)


def retry_with_code(
    company: Company, export_id: int, *, actor: Actor, code: Any, version: int | None = None
) -> StagedExport:
    """Send a failed project again under another code.

    Raises as `retry_export`, and Invalid under `code`: code `locked` where the code stays, `rule_failed` where it
    breaks a rule of the company.
    """
    export = lock_exports(company.pk, [export_id]).get(export_id)
    if export is None:
        raise NotFound()
    refuse_decider(actor, export)
    if not may_change_code(export):
        raise Invalid.field("code", "stays as it was accepted", code="locked")
    export.inputs = {**export.inputs, "code": _checked(company, export, code)}
    export.save(update_fields=["inputs"])
    return retry_export(company, export_id, actor=actor, version=version)


def _checked(company: Company, export: StagedExport, given: Any) -> str:
    entity, metadata = ENTITIES[export.item_type], metadata_of(company.pk)
    try:
        code = (clean_origin_code(given) or "").strip()
    except ValueError as exc:
        raise Invalid.field("code", str(exc)) from None
    if not code:
        raise Invalid.field("code", "can't be blank")
    rules = metadata.of(entity)
    if rules is None:
        return code
    labels = {**metadata.entity(entity).labels, **dict.fromkeys(CODE_NAMES, rules.code_label)}
    found = rules.export_failures(dict.fromkeys(CODE_NAMES, code), labels)
    texts = [text for name in CODE_NAMES for text in found.get(name, ())]
    if texts:
        raise Invalid(texts[0], code="rule_failed", errors={"code": list(dict.fromkeys(texts))})
    return code
