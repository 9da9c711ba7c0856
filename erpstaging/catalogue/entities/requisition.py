"""Requisitions: what subcontractors invoice against their contracts, line by line."""

from dataclasses import replace

from erpstaging.catalogue.entities.commitments import project_field
from erpstaging.catalogue.entity import Entity, EntityEvents, Level, LockList, Support, Supports
from erpstaging.catalogue.fields import (
    Field,
    boolean,
    choice,
    date,
    integer,
    long_text,
    money,
    number,
    position,
    reference,
    text,
)

STATUSES = ("draft", "under_review", "revise_and_resubmit", "approved", "approved_as_noted", "pending_owner_approval")
CONTRACTS = ("work_order_contract", "purchase_order_contract")

REQUISITION = Entity(
    key="requisitions",
    item_type="requisition",
    label="Subcontractor invoice",
    plural="Subcontractor invoices",
    icon="invoice",
    level=Level.PROJECT,
    metadata_name="requisitions",
    external_item_type="requisition",
    supports=Supports(exported=Support.YES, reset=Support.YES),
    parents=CONTRACTS,
    line_type="requisition_contract_item",
    holder_type="Requisition",
    number_field="invoice_number",
    title_field="comment",
    status_field="status",
    approved_status="approved",
    also_approved=("approved_as_noted", "pending_owner_approval"),
    prerequisites=("status_approved", "commitment_linked"),
    events=EntityEvents(export="create_requisitions", reset="reset_requisition"),
    webhook_resource="Requisitions",
    wire_path="requisitions",
    fields=(
        project_field(),
        reference("commitment_id", "Commitment", *CONTRACTS, required=True, edited=True),
        text("invoice_number", "Invoice number", edited=True),
        choice("status", "Status", *STATUSES, edited=True),
        integer("number", "Number", smallest=0),
        integer("period_id", "Billing period"),
        date("requisition_start", "From", edited=True),
        date("requisition_end", "To", edited=True),
        date("billing_date", "Billing date", edited=True),
        date("payment_date", "Payment date", edited=True),
        date("submitted_at", "Submitted", edited=True),
        boolean("final", "Final invoice", edited=True),
        long_text("comment", "Comment", edited=True),
    ),
    lock=LockList(whole=True, lines=True),
)


def _amounts(*pairs: tuple[str, str]) -> tuple[Field, ...]:
    return tuple(money(name, label) for name, label in pairs)


WORK = (
    long_text("description_of_work", "Work", edited=True),
    reference("cost_code_id", "Cost code", "cost_code", edited=True),
    position(),
    *_amounts(
        ("scheduled_value", "Scheduled value"),
        ("work_completed_from_previous_application", "Work completed before"),
    ),
    money("work_completed_this_period", "Work completed this period", edited=True),
    money("materials_presently_stored", "Materials stored", edited=True),
    # What the two come to: the amount of the line.
    money("gross_amount", "Amount"),
    *_amounts(
        ("total_completed_and_stored_to_date", "Completed and stored to date"),
        ("work_completed_retainage_from_previous_application", "Retainage of work before"),
        ("work_completed_retainage_retained_this_period", "Retainage of work kept this period"),
        ("materials_stored_retainage_currently_retained", "Retainage of materials"),
        ("work_completed_retainage_released_this_period", "Retainage of work released this period"),
        ("materials_stored_retainage_released_this_period", "Retainage of materials released this period"),
        ("subcontractor_claimed_amount", "Claimed by the subcontractor"),
        ("materials_moved", "Materials moved"),
        ("materials_retainage_retained_moved", "Retainage of materials moved"),
    ),
    number("total_completed_and_stored_to_date_percent", "Completed and stored to date %"),
    number("work_completed_retainage_percent_this_period", "Retainage of work %"),
    number("materials_stored_retainage_percent_this_period", "Retainage of materials %"),
    number("scheduled_quantity", "Scheduled quantity"),
    money("scheduled_unit_price", "Scheduled unit price"),
    number("work_completed_this_period_quantity", "Quantity this period"),
    number("work_completed_from_previous_application_quantity", "Quantity before"),
)

REQUISITION_CONTRACT_ITEM = Entity(
    item_type="requisition_contract_item",
    label="Invoice line on a contract line",
    plural="Invoice lines on contract lines",
    icon="columns",
    level=Level.CHILD,
    metadata_name=None,
    external_item_type="requisition_contract_item",
    supports=Supports(exported=Support.WITH_PARENT),
    parents=("requisition",),
    holder_type="Billings::ContractItem",
    title_field="description_of_work",
    amount_field="gross_amount",
    summed=("work_completed_this_period", "materials_presently_stored"),
    webhook_resource="Requisition Items",
    fields=(
        reference("line_item_id", "Line of the contract", "line_item", edited=True),
        *WORK,
        long_text("comment", "Comment"),
        text("status", "Status"),
        boolean("ssr_manual_override", "Retainage set by hand"),
    ),
    lock=LockList(whole=True),
)
REQUISITION_CONTRACT_DETAIL_ITEM = replace(
    REQUISITION_CONTRACT_ITEM,
    item_type="requisition_contract_detail_item",
    label="Invoice line on a contract detail",
    plural="Invoice lines on contract details",
    external_item_type="requisition_contract_detail_item",
    holder_type="Billings::ContractDetailItem",
    fields=(integer("detail_line_item_id", "Detail of the contract", smallest=1), *WORK),
)
REQUISITION_CHANGE_ORDER_ITEM = replace(
    REQUISITION_CONTRACT_ITEM,
    item_type="requisition_change_order_item",
    label="Invoice line on a change order",
    plural="Invoice lines on change orders",
    external_item_type="requisition_change_order_item",
    holder_type="Billings::ChangeOrderItem",
    fields=(
        reference("line_item_id", "Line of the change order", "line_item", edited=True),
        reference("commitment_line_item_id", "Line of the contract", "line_item"),
        reference("change_order_package_id", "Change order", "commitment_change_order", edited=True),
        *WORK,
    ),
)
