"""Commitments: work order contracts (subcontracts) and purchase order contracts."""

from erpstaging.catalogue.entity import Entity, EntityEvents, Level, LockList, Support, Supports
from erpstaging.catalogue.fields import (
    Field,
    boolean,
    choice,
    date,
    integer,
    integers,
    long_text,
    number,
    reference,
    text,
)
from erpstaging.catalogue.payload import Fixed, Nested, Shape, Value, values

STATUSES = ("Draft", "Out For Bid", "Out For Signature", "Approved", "Complete", "Terminated", "Void")
ORDER_STATUSES = ("Draft", "Processing", "Submitted", "Partially Received", "Received", "Approved", "Closed")
NO_MONEY = "0.0"


def contract_dates(*names: str) -> tuple[Field, ...]:
    """Dates that only the object of record has, not the staged one."""
    return tuple(date(name, name.replace("_", " ").capitalize(), staged=False, edited=True) for name in names)


def project_field() -> Field:
    return reference(
        "project_id", "Project", "project", origin_field="project_origin_id", required=True, required_at_import=True
    )


def _header(*statuses: str) -> tuple[Field, ...]:
    """What both kinds have, staged or not."""
    return (
        text("number", "Number", required=True, edited=True),
        text("title", "Title", required=True, edited=True),
        choice("status", "Status", *statuses, edited=True),
        project_field(),
        reference(
            "vendor_id", "Company", "vendor", origin_field="vendor_origin_id", required_at_import=True, edited=True
        ),
        number("retainage_percent", "Retainage %", edited=True),
        long_text("description", "Description", edited=True),
        boolean("executed", "Executed", edited=True),
        boolean("private", "Private", edited=True),
        boolean("show_line_items_to_non_admins", "Lines visible to all"),
        choice("accounting_method", "Accounting method", "amount", "unit", staged=False, edited=True),
        text("approval_letter_date", "Approval letter", staged=False),
        text("payment_terms", "Payment terms", staged=False),
        text("currency_iso_code", "Currency", staged=False, max_length=3),
        number("currency_exchange_rate", "Exchange rate", staged=False),
        integers("invoice_contact_user_ids", "Invoice contacts", staged=False),
    )


SUPPORTS = Supports(
    imported=Support.YES,
    exported=Support.YES,
    synced_staged=Support.YES,
    unlinked=Support.YES,
    switches={"unlinked": "configs.unlink"},
)
EVENTS = EntityEvents(
    export="create_commitment",
    imported="create_commitment_in_procore",
    sync="sync_commitments",
    unlink="unlink_commitment",
)
LOCK = LockList(fields=frozenset({"title", "vendor_id", "status", "retainage_percent"}), lines=True)
PREREQUISITES = ("status_approved", "vendor_linked", "line_with_erp_cost_code", "project_linked")

WORK_ORDER_CONTRACT = Entity(
    key="commitments.subcontracts",
    item_type="work_order_contract",
    label="Subcontract",
    plural="Commitments",
    list_title="Subcontracts",
    icon="commitment",
    level=Level.PROJECT,
    metadata_name="commitments",
    export_switch="export_subcontracts",
    external_item_type="work_order_contract",
    supports=SUPPORTS,
    line_type="line_item",
    holder_type="WorkOrderContract",
    number_field="number",
    title_field="title",
    status_field="status",
    approved_status="Approved",
    kept_by_admins=True,
    webhook_resource="Work Order Contracts",
    wire_path="work_order_contracts",
    prerequisites=PREREQUISITES,
    events=EVENTS,
    fields=(
        *_header(*STATUSES),
        *contract_dates(
            "actual_completion_date", "contract_date", "contract_estimated_completion_date", "contract_start_date",
            "execution_date", "issued_on_date", "letter_of_intent_date", "returned_date",
            "signed_contract_received_date",
        ),
        long_text("inclusions", "Inclusions", staged=False, edited=True),
        long_text("exclusions", "Exclusions", staged=False, edited=True),
    ),
    lock=LOCK,
)  # fmt: skip

PURCHASE_ORDER_CONTRACT = Entity(
    key="commitments.purchase_orders",
    item_type="purchase_order_contract",
    label="Purchase order",
    plural="Commitments",
    list_title="Purchase orders",
    icon="commitment",
    level=Level.PROJECT,
    metadata_name="commitments",
    export_switch="export_purchase_orders",
    external_item_type="purchase_order_contract",
    supports=SUPPORTS,
    line_type="line_item",
    holder_type="PurchaseOrderContract",
    number_field="number",
    title_field="title",
    status_field="status",
    approved_status="Approved",
    kept_by_admins=True,
    webhook_resource="Purchase Order Contracts",
    wire_path="purchase_order_contracts",
    prerequisites=PREREQUISITES,
    events=EVENTS,
    fields=(
        *_header(*ORDER_STATUSES),
        *contract_dates(
            "contract_date", "delivery_date", "execution_date", "issued_on_date", "letter_of_intent_date",
            "returned_date", "signed_contract_received_date",
        ),
        integer("assignee_id", "Assignee", staged=False),
        long_text("bill_to_address", "Bill to", staged=False, edited=True),
        long_text("ship_to_address", "Ship to", staged=False, edited=True),
        text("ship_via", "Ship via", staged=False, edited=True),
    ),
    lock=LOCK,
)  # fmt: skip

PARTY: Shape = {"id": Value("id"), "name": Value("title", "string"), **values("", "any", "origin_data", "origin_id")}
COMMITMENT_EXPORT: Shape = {
    "id": Value("id"),
    "accounting_method": Value("data.accounting_method", "string", "amount"),
    **values("data.", "date", "actual_completion_date", "approval_letter_date"),
    "approved_change_orders": Value("sums.approved", "decimal", NO_MONEY),
    "assignee_id": Value("data.assignee_id"),
    "bill_to_address": Value("data.bill_to_address", "string"),
    **values("data.", "date", "contract_date", "contract_estimated_completion_date", "contract_start_date"),
    "created_at": Value("created_at", "datetime"),
    "custom_fields": Value("custom_fields", "any", {}),
    "deleted_at": Fixed(None),
    "delivery_date": Value("data.delivery_date", "date"),
    "description": Value("data.description", "string", ""),
    "draft_change_orders_amount": Value("sums.draft", "decimal", NO_MONEY),
    "due_date": Fixed(None),
    "erp_custom_fields": Value("inputs.custom_fields", "any", {}),
    "exclusions": Value("data.exclusions", "string", ""),
    "executed": Value("data.executed", "bool", False),
    "execution_date": Value("data.execution_date", "date"),
    "expected_date": Fixed(None),
    "grand_total": Value("amount", "decimal", NO_MONEY),
    "inclusions": Value("data.inclusions", "string", ""),
    **values("data.", "date", "issued_on_date", "letter_of_intent_date"),
    "number": Value("data.number", "string", ""),
    **values("", "any", "origin_code", "origin_data", "origin_id"),
    "payment_terms": Value("data.payment_terms", "string"),
    "pending_change_orders": Value("sums.pending", "decimal", NO_MONEY),
    "pending_revised_contract": Value("sums.pending_revised", "decimal", NO_MONEY),
    "percentage_paid": Value("sums.percentage_paid", "decimal", NO_MONEY),
    "private": Value("data.private", "bool", False),
    "project": Nested("project", PARTY),
    "remaining_balance_outstanding": Value("sums.outstanding", "decimal", NO_MONEY),
    "requisitions_are_enabled": Fixed(None),
    "retainage_percent": Value("data.retainage_percent", "decimal"),
    "returned_date": Value("data.returned_date", "date"),
    "revised_contract": Value("sums.revised", "decimal", NO_MONEY),
    "ship_to_address": Value("data.ship_to_address", "string"),
    "ship_via": Value("data.ship_via", "string"),
    "show_line_items_to_non_admins": Value("data.show_line_items_to_non_admins", "bool", False),
    "signed_contract_received_date": Value("data.signed_contract_received_date", "date"),
    "status": Value("data.status", "string", "Draft"),
    "title": Value("data.title", "string", ""),
    "total_draw_requests_amount": Fixed(NO_MONEY),
    "total_payments": Value("sums.paid", "decimal", NO_MONEY),
    "total_requisitions_amount": Value("sums.invoiced", "decimal", NO_MONEY),
    "updated_at": Value("updated_at", "datetime"),
    "vendor": Nested(
        "vendor",
        {"id": Value("id"), "company": Value("title", "string"), **values("", "any", "origin_data", "origin_id")},
    ),
    "code": Value("origin_code", "string", ""),
    "type": Value("holder_type", "string"),
}
COMMITMENT_IMPORTED: Shape = {
    "id": Value("id"),
    **values("data.", "string", "title", "description", "number", "status"),
    **values("", "any", "origin_id", "origin_code", "origin_data"),
    **values("data.", "date", "approval_letter_date", "contract_date"),
}
