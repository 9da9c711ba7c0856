"""Direct costs: bills and expenses without a contract, of one project or of the company."""

from erpstaging.catalogue.entities.commitments import project_field
from erpstaging.catalogue.entity import Entity, EntityEvents, Level, LockList, Support, Supports
from erpstaging.catalogue.fields import Field, choice, date, integer, long_text, moment, money, number, reference, text

STATUSES = ("draft", "pending", "revise_and_resubmit", "approved")
KINDS = ("invoice", "expense", "payroll")


def _header(*, vendor_required: bool) -> tuple[Field, ...]:
    return (
        text("invoice_number", "Invoice number", required=True, edited=True),
        choice("direct_cost_type", "Kind", *KINDS, required=True, edited=True),
        reference("vendor_id", "Vendor", "vendor", required=vendor_required, edited=True),
        choice("status", "Status", *STATUSES, edited=True),
        long_text("description", "Description", edited=True),
        date("direct_cost_date", "Date", edited=True),
        date("received_date", "Received", edited=True),
        date("payment_date", "Paid", edited=True),
        integer("employee_id", "Employee"),
        text("terms", "Terms", edited=True),
        text("currency_iso_code", "Currency", max_length=3),
        number("currency_exchange_rate", "Exchange rate"),
    )


ITEM = Entity(
    item_type="item",
    label="Direct cost",
    plural="Direct costs",
    icon="direct",
    level=Level.PROJECT,
    metadata_name=None,
    external_item_type="item",
    supports=Supports(synced_direct=Support.YES),
    line_type="line_item",
    holder_type="DirectCostItem",
    number_field="invoice_number",
    title_field="description",
    status_field="status",
    approved_status="approved",
    webhook_resource="Direct Costs",
    wire_path="direct_costs",
    fields=(project_field(), *_header(vendor_required=True)),
    lock=LockList(whole=True, lines=True),
)

COMPANY_LEVEL_DIRECT_COST = Entity(
    key="company_level_direct_costs",
    item_type="company_level_direct_cost",
    label="Company-level direct cost",
    plural="Company-level direct costs",
    icon="direct",
    level=Level.COMPANY,
    metadata_name="company_level_direct_costs",
    external_item_type="company_level_direct_cost",
    supports=Supports(exported=Support.YES, unlinked=Support.YES, reset=Support.YES),
    line_type="line_item",
    holder_type="CompanyLevelDirectCost",
    number_field="invoice_number",
    title_field="description",
    status_field="status",
    approved_status="approved",
    prerequisites=("status_approved",),
    events=EntityEvents(
        export="create_company_level_direct_cost",
        unlink="unlink_company_level_direct_cost",
        reset="reset_company_level_direct_cost",
    ),
    webhook_resource="Company Direct Costs",
    fields=(
        *_header(vendor_required=False),
        date("accounting_date", "Accounting date", edited=True),
        date("discount_date", "Discount until", edited=True),
        moment("payment_due_date", "Due"),
        money("billed_amount", "Billed", edited=True),
        text("paid_status", "Paid status", max_length=40),
        text("review_status", "Review status", max_length=40),
    ),
    lock=LockList(whole=True, lines=True),
)
