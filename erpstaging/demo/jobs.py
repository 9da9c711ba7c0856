"""What the demo's project people wrote of jobs, cost codes and budgets: figures, and how far each came."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from erpstaging.records.editing import create_record, edit_record
from erpstaging.records.lines import LineEdit
from erpstaging.records.models import Record
from erpstaging.staging.closeout import close_details
from erpstaging.staging.exports import accept_export
from erpstaging.staging.external import sync_external_data
from erpstaging.staging.models import StagedExport
from erpstaging.staging.sending import send_record

if TYPE_CHECKING:
    from erpstaging.demo.business import Business

PROJECT = {
    "name": "Lakeview Fire Station",
    "project_number": "2514",
    "address": "2200 Lakeview Drive",
    "city": "Lakewood",
    "state_code": "CO",
    "zip": "80226",
    "estimated_start_date": "2027-03-01",
}
SUB_JOB = ("JOB-2401", {"name": "Tower C", "code": "C"})
# The second stands under the first, which the ledger has.
STANDARD_CODES = (("31", "Earthwork", ""), ("900", "Fireproofing", "STD-07"))
Line = tuple[str, str, str, str]  # cost code, cost type, description, amount
WAITING_BUDGET: tuple[str, tuple[Line, ...]] = (
    "JOB-2407",
    (
        ("03-300", "CT-S", "Foundations and slabs", "401600"),
        ("26-050", "CT-S", "Electrical, wings A and B", "262000"),
        ("07-500", "CT-S", "Roofing", "210800"),
    ),
)
# The ledger has this one as it was; then more steel was needed, and less of the roof.
UPDATED_BUDGET: tuple[str, str, tuple[Line, ...]] = (
    "JOB-2401",
    "NW-B-2401",
    (
        ("03-300", "CT-S", "Piles and frame", "4810000"),
        ("05-120", "CT-S", "Structural steel", "3120000"),
        ("07-500", "CT-S", "Roofing", "655000"),
        ("26-050", "CT-S", "Electrical", "1980000"),
    ),
)
CHANGED_AMOUNTS = {"Structural steel": "3364500", "Roofing": "618000"}
# What the ledger has booked of the school, so that its budget can be taken over.
JOB_COSTS: tuple[str, tuple[tuple[str, str, str], ...]] = (
    "JOB-2502",
    (("03-300", "CT-S", "1240000"), ("05-120", "CT-S", "886000"), ("26-050", "CT-S", "512400")),
)


def seed_jobs(business: "Business") -> None:
    """One of each waiting for a decision, and a synced budget that was changed and sent again."""
    _send(business, _made(business, "project", PROJECT))
    project, values = SUB_JOB
    _send(business, _made(business, "sub_job", {**values, "project_id": business.ids["project", project]}))
    for code, name, parent in STANDARD_CODES:
        _send(business, _made(business, "standard_cost_code", _standard_code(business, code, name, parent)))
    _send(business, _budget(business, *WAITING_BUDGET))
    _update(business, *UPDATED_BUDGET)
    project, costs = JOB_COSTS
    sent = [
        {
            "cost_code_id": business.ids["cost_code", f"{project}|{code}"],
            "line_item_type_id": business.ids["line_item_type", cost_type],
            "original_estimate": estimate,
        }
        for code, cost_type, estimate in costs
    ]
    business.sync_all("job_cost", sent, project_id=business.ids["project", project])


def _made(business: "Business", item_type: str, data: dict[str, Any], lines: Iterable[LineEdit] = ()) -> Record:
    return create_record(business.company, actor=business.sender, item_type=item_type, data=data, lines=list(lines))


def _send(business: "Business", record: Record) -> StagedExport:
    return send_record(business.company, record.pk, actor=business.sender)


def _standard_code(business: "Business", code: str, name: str, parent: str) -> dict[str, Any]:
    return {
        "code": code,
        "name": name,
        "standard_cost_code_list_id": business.cost_code_list_id,
        "parent_id": business.ids["standard_cost_code", parent] if parent else None,
    }


def _budget(business: "Business", project: str, lines: tuple[Line, ...]) -> Record:
    holder = Record.objects.of(business.company).get(pk=business.ids["project", project])
    edits = [
        LineEdit(
            None,
            {
                "cost_code_id": business.ids["cost_code", f"{project}|{code}"],
                "line_item_type_id": business.ids["line_item_type", cost_type],
                "description": description,
                "original_budget_amount": amount,
            },
        )
        for code, cost_type, description, amount in lines
    ]
    return _made(business, "budget", {"name": holder.title, "project_id": holder.pk}, edits)


def _update(business: "Business", project: str, origin_id: str, lines: tuple[Line, ...]) -> None:
    budget = _budget(business, project, lines)
    export = _send(business, budget)
    approver, integration = business.people["approver"], business.integration
    yes = {"confirm": True}
    accepted = accept_export(business.company, export.pk, actor=approver, version=export.version, inputs=yes)
    link = {"item_type": "budget", "item_id": budget.pk, "origin_id": origin_id, "origin_code": project}
    sync_external_data(business.company, [link], actor=integration)
    data = accepted.erp_request.request_data if accepted.erp_request is not None else {}
    booked = [{"id": one["id"], "synced": True} for one in data["transactions"]]
    business.sync_all("erp_transaction", booked, project_id=budget.project_id)
    close_details(business.company, [{"id": data["request_detail_id"], "status": "success"}], actor=integration)
    standing = Record.objects.of(business.company).filter(parent=budget, item_type="budget_line_item")
    changed = {one.pk: CHANGED_AMOUNTS[one.title] for one in standing if one.title in CHANGED_AMOUNTS}
    edits = [LineEdit(line_id, {"original_budget_amount": amount}) for line_id, amount in changed.items()]
    edit_record(business.company, budget.pk, actor=business.sender, data={}, lines=edits)
    _send(business, budget)
