"""A project's budget, taken over from the job costs that the ERP keeps."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q

from erpstaging.audit import log as audit
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.services import metadata_of
from erpstaging.core.errors import Invalid, NotFound, WrongState
from erpstaging.core.locks import lock
from erpstaging.core.money import wire_amount
from erpstaging.erp_requests.services import Item, open_erp_request
from erpstaging.records.billing import amount
from erpstaging.records.editing import settle_amount
from erpstaging.records.lines import MAX_LINES, LineEdit, write_lines
from erpstaging.records.locking import closed_record
from erpstaging.records.models import Record
from erpstaging.staging.budget_exports import JOB_COST, LINE, PLACE, settle_transactions
from erpstaging.staging.budgets import BUDGET, new_holder
from erpstaging.staging.decisions import require_metadata
from erpstaging.staging.freezing import snapshot
from erpstaging.staging.imports import refuse_importer
from erpstaging.staging.models import OPEN_STATES, StagedExport


def import_budget(company: Company, project_id: int, *, actor: Actor) -> Record:
    """Give the project's budget a line for each job cost of the ERP, with its original estimate.

    What the ERP has counts as sent. Raises NotFound, NotPermitted, Invalid (code `metadata_missing`, `import_off`,
    `prerequisites`, `no_job_costs`, `pending_approval`, `locked`), and WrongState, code `already_exported`.
    """
    refuse_importer(actor)
    metadata = metadata_of(company.pk)
    project = Record.objects.of(company).filter(pk=project_id, item_type="project", deleted_at=None).first()
    if project is None:
        raise NotFound()
    refuse_budget_import(company, project, metadata)
    budget = _locked_budget(company, project, actor)
    _refuse_settled(company, budget, actor)
    costs = list(_costs(company, project).order_by("pk"))
    if not costs:
        raise Invalid.field("base", "The ERP has sent no job costs of this project.", code="no_job_costs")
    lines = _write(company, budget, metadata, costs, actor)
    settle_amount(company, budget, actor)
    settle_transactions(company, budget, sent=lines)
    after = {"lines": len(lines), "amount": wire_amount(budget.amount)}
    audit.record(company.pk, actor, [audit.Act("record.imported", "record", budget.pk, budget.pk, after=after)])
    name = ENTITIES[BUDGET].events.imported or ""
    open_erp_request(company.pk, actor, name, Item(BUDGET, snapshot(company, budget)))
    found: Record = Record.objects.of(company).get(pk=budget.pk)
    return found


def refuse_budget_import(company: Company, project: Record, metadata: Metadata) -> None:
    """Raises what stands against an import before the budget itself is looked at, and once it was exported."""
    require_metadata(company.pk, metadata)
    if not metadata.rules("budgets").may_import:
        raise Invalid.field("base", "Importing budgets is switched off.", code="import_off")
    if not project.synced:
        text = f"Send {project.title} to the ERP first, or link it."
        raise Invalid(text, code="prerequisites", errors={"project_linked": [text]})
    budget = _standing(company, project).first()
    if budget is not None and (budget.synced or _was_exported(company, budget)):
        raise WrongState("It was sent to the ERP; from then on the budget here leads.", code="already_exported")


def _was_exported(company: Company, budget: Record) -> bool:
    exports = StagedExport.objects.of(company).filter(record=budget)
    return bool(exports.filter(Q(attempts__gt=0) | Q(state__in=OPEN_STATES)).exists())


def _standing(company: Company, project: Record) -> Any:
    return Record.objects.of(company).filter(item_type=BUDGET, project=project, deleted_at=None)


def _costs(company: Company, project: Record) -> Any:
    return Record.objects.of(company).filter(item_type=JOB_COST, project=project, deleted_at=None)


def _locked_budget(company: Company, project: Record, actor: Actor) -> Record:
    locked: list[Record] = lock(_standing(company, project))
    return locked[0] if locked else new_holder(company, ENTITIES[BUDGET], project, actor)


def _refuse_settled(company: Company, budget: Record, actor: Actor) -> None:
    closed = closed_record(budget, actor)
    if closed is None and budget.data.get("locked") is True:
        raise Invalid.field("base", "The budget is locked: unlock it first.", code="locked")
    if closed is not None:
        raise Invalid.field("base", closed.message, code=closed.code)


def _write(
    company: Company, budget: Record, metadata: Metadata, costs: Sequence[Record], actor: Actor
) -> frozenset[int]:
    """The lines of the job costs, as they are stored; those of other places stay."""
    rows = Record.objects.of(company).filter(parent=budget, item_type=LINE, deleted_at=None)
    standing = {_place(one.data): one for one in rows}
    edits = []
    for cost in costs:
        value = {"original_budget_amount": wire_amount(_estimate(cost)), "calculation_strategy": "manual"}
        line = standing.get(_place(cost.data))
        place = {} if line is not None else {name: cost.data.get(name) for name in PLACE}
        edits.append(LineEdit(line.pk if line is not None else None, {**place, **value}))
    for start in range(0, len(edits), MAX_LINES):
        write_lines(company.pk, budget, metadata, edits[start : start + MAX_LINES], actor)
    places = {_place(cost.data) for cost in costs}
    return frozenset(one.pk for one in rows.all() if _place(one.data) in places)


def _estimate(cost: Record) -> Any:
    """What was estimated at first; of an ERP that does not keep that, what is estimated now."""
    return amount(cost, "original_estimate" if cost.data.get("original_estimate") is not None else "estimate")


def _place(data: Mapping[str, Any]) -> tuple[int | None, ...]:
    return tuple(data.get(name) for name in PLACE)
