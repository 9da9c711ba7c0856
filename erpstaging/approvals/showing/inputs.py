"""What the approver types at Accept, as fields of a form."""

from collections.abc import Mapping, Sequence

from erpstaging.approvals.presenters import FormField
from erpstaging.connections.rules import Input
from erpstaging.staging.models import StagedExport


def accept_fields(
    inputs: Sequence[Input],
    export: StagedExport,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, Sequence[str]] | None = None,
) -> list[FormField]:
    """The code is offered as the record carries it; what was typed stays after a refusal."""
    typed, errors = typed or {}, errors or {}
    return [
        FormField(
            name=one.key,
            label=one.label,
            kind="date" if one.kind == "date" else "text",
            value=typed.get(one.key, one.offered(export.snapshot)),
            required=any(rule.name == "present" for rule in one.rules),
            max_length=next((rule.length for rule in one.rules if rule.name == "max_length"), 255),
            errors=list(errors.get(one.key, ())),
        )
        for one in inputs
    ]
