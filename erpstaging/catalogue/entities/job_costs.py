"""What the ERP has booked on a project, by cost code and cost type; and which types a code may be booked with."""

from erpstaging.catalogue.entity import Entity, EntityEvents, Level, LockList, Support, Supports
from erpstaging.catalogue.fields import boolean, date, long_text, money, number, reference, text

AMOUNTS = (
    "original_estimate", "approved_estimate_changes", "estimate", "original_commitment",
    "approved_commitment_changes", "revised_commitment", "commitment_invoiced", "committed_costs", "job_to_date_cost",
    "job_to_date_dollars_paid", "month_to_date_cost", "month_to_date_dollars_paid", "open_balance", "paid_amount",
)  # fmt: skip
UNITS = (
    "original_estimate_units", "approved_estimate_unit_changes", "estimate_units", "job_to_date_units",
    "month_to_date_units", "percentage_complete",
)  # fmt: skip
PLACE = (
    reference("project_id", "Project", "project", required=True),
    reference("sub_job_id", "Sub job", "sub_job"),
    reference("cost_code_id", "Cost code", "cost_code", required=True),
    reference("line_item_type_id", "Cost type", "line_item_type", required=True),
)


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()


COST_TYPE_ASSIGNMENT = Entity(
    key="cost_type_assignments",
    item_type="cost_type_assignment",
    label="Cost type assignment",
    plural="Cost type assignments",
    icon="code",
    level=Level.PROJECT,
    metadata_name=None,
    supports=Supports(
        exported=Support.WITH_PARENT,
        synced_direct=Support.YES,
        deleted=Support.YES,
        switches={
            "exported": "configs.category_assignments of jobs and sub_jobs",
            "deleted": "configs.cost_type_assignment_deletions of jobs and sub_jobs",
        },
    ),
    events=EntityEvents(delete="delete_cost_type_assignments"),
    parents=("cost_code",),
    webhook_resource="Cost Type Assignments",
    wire_path="cost_code_line_item_types",
    unique_within=("project_id", "sub_job_id", "cost_code_id", "line_item_type_id"),
    found_by_key=True,
    synced_field="synced",
    fields=(*PLACE, boolean("synced", "In the ERP")),
    lock=LockList(whole=True),
)

JOB_COST = Entity(
    key="job_costs",
    item_type="job_cost",
    label="Job cost",
    plural="Job costs",
    icon="chart",
    level=Level.PROJECT,
    metadata_name="job_costs",
    supports=Supports(synced_direct=Support.YES, deleted=Support.YES),
    parents=("project", "sub_job"),
    webhook_resource="Job Costs",
    wire_path="erp_job_costs",
    unique_within=("project_id", "sub_job_id", "cost_code_id", "line_item_type_id"),
    found_by_key=True,
    kept_by_erp=True,
    fields=(
        *PLACE,
        *(money(name, _label(name)) for name in AMOUNTS),
        *(number(name, _label(name)) for name in UNITS),
    ),
    lock=LockList(whole=True),
)

JOB_COST_TRANSACTION = Entity(
    key="job_cost_transactions",
    item_type="job_cost_transaction",
    label="Job cost transaction",
    plural="Job cost transactions",
    icon="chart",
    level=Level.PROJECT,
    metadata_name="job_cost_transactions",
    supports=Supports(
        imported=Support.YES, switches={"imported": "erp_job_cost_transaction_syncing_enabled of the project"}
    ),
    parents=("job_cost",),
    number_field="reference",
    title_field="description",
    amount_field="amount",
    kept_by_erp=True,
    webhook_resource="Job Cost Transactions",
    fields=(
        reference("project_id", "Project", "project", required=True),
        reference("job_cost_id", "Job cost", "job_cost", required=True),
        text("reference", "Reference"),
        long_text("description", "Description"),
        date("date", "Date"),
        money("amount", "Amount"),
        number("units", "Units"),
    ),
    lock=LockList(whole=True),
)
