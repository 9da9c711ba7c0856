"""Commitments on the wire: work order and purchase order contracts, and both together."""

from erpstaging.catalogue.payload import Each, Fixed, Nested, Shape, Value, values
from erpstaging.catalogue.resource import PROJECT, READ, Resource, narrowed_by
from erpstaging.catalogue.resources.lines import LINE_VIEW, NAMED, NO_AMOUNT

ORIGIN: Shape = values("", "any", "origin_code", "origin_data", "origin_id")
PERSON: Shape = {"id": Value("id"), "login": Value("login", "string"), "name": Value("name", "string")}
VENDOR: Shape = {
    "id": Value("id"),
    "company": Value("title", "string"),
    **values("", "any", "origin_data", "origin_id"),
}

PACKAGE_OF_CONTRACT: Shape = {
    "id": Value("id"),
    "contract_id": Value("contract_ref", "int"),
    **values("", "datetime", "created_at", "deleted_at"),
    **values("data.", "date", "due_date", "invoiced_date", "paid_date", "signed_change_order_received_date"),
    "number": Value("data.number", "string"),
    **ORIGIN,
    "reviewed_at": Fixed(None),
    "status": Value("data.status", "string", "draft"),
    "title": Value("data.title", "string"),
    "updated_at": Value("updated_at", "datetime"),
}
PAYMENT_OF_CONTRACT: Shape = {
    "id": Value("id"),
    "amount": Value("amount", "decimal", NO_AMOUNT),
    **values("data.", "string", "check_number", "invoice_number", "notes"),
    "created_at": Value("created_at", "datetime"),
    "date": Value("data.date", "date"),
    **values("data.", "int", "draw_request_number", "payment_number"),
    **values("", "any", "origin_id", "origin_data"),
}
SUMS: Shape = {
    "approved_change_orders": Value("sums.approved", "decimal", NO_AMOUNT),
    "grand_total": Value("amount", "decimal", NO_AMOUNT),
    "pending_change_orders": Value("sums.pending", "decimal", NO_AMOUNT),
    "pending_revised_contract": Value("sums.pending_revised", "decimal", NO_AMOUNT),
    "percentage_paid": Value("sums.percentage_paid", "decimal", NO_AMOUNT),
    "remaining_balance_outstanding": Value("sums.outstanding", "decimal", NO_AMOUNT),
    "revised_contract": Value("sums.revised", "decimal", NO_AMOUNT),
    "total_draw_requests_amount": Value("sums.invoiced", "decimal", NO_AMOUNT),
    "total_payments": Value("sums.paid", "decimal", NO_AMOUNT),
}
SHARED: Shape = {
    "id": Value("id"),
    "accounting_method": Value("data.accounting_method", "string", "amount"),
    "approval_letter_date": Value("data.approval_letter_date", "string"),
    **values("data.", "date", "contract_date", "execution_date", "issued_on_date", "letter_of_intent_date"),
    **values("data.", "date", "returned_date", "signed_contract_received_date"),
    **values("", "datetime", "created_at", "deleted_at", "updated_at"),
    "created_by_id": Value("created_by.id", "int"),
    **values("data.", "string", "description", "number", "title"),
    "draft_change_orders_amount": Value("sums.draft", "decimal", NO_AMOUNT),
    **values("data.", "bool", "executed", "private", "show_line_items_to_non_admins", default=False),
    **ORIGIN,
    "project": Nested("project", NAMED),
    "requisitions_are_enabled": Fixed(None),
    "retainage_percent": Value("data.retainage_percent", "decimal"),
    "status": Value("data.status", "string", "Draft"),
    **SUMS,
    "total_requisitions_amount": Value("sums.invoiced", "decimal", NO_AMOUNT),
    "vendor": Nested("vendor", VENDOR),
}
WORK_ORDER_ROW: Shape = {
    **SHARED,
    **values("data.", "date", "actual_completion_date", "contract_estimated_completion_date", "contract_start_date"),
    **values("data.", "string", "exclusions", "inclusions"),
}
PURCHASE_ORDER_ROW: Shape = {
    **SHARED,
    "assignee": Value("assignee"),
    **values("data.", "string", "bill_to_address", "payment_terms", "ship_to_address", "ship_via"),
    "billing_schedule_of_values_status": Fixed(None),
    "delivery_date": Value("data.delivery_date", "date"),
}
PARTS: Shape = {
    "change_order_packages": Each("change_orders", PACKAGE_OF_CONTRACT),
    "line_items": Each("lines", LINE_VIEW),
    "payments_issued": Each("payments", PAYMENT_OF_CONTRACT),
}
COMMITMENT_ROW: Shape = {
    "id": Value("id"),
    **values("data.", "string", "title", "number", "description"),
    "status": Value("data.status", "string", "Draft"),
    **values("data.", "bool", "executed", "private", default=False),
    "delivery_date": Value("data.delivery_date", "date"),
    "created_at": Value("created_at", "datetime"),
    "type": Value("holder_type", "string"),
    "vendor": Nested("vendor", NAMED),
}
COMMITMENT: Shape = {
    **COMMITMENT_ROW,
    "accounting_method": Value("data.accounting_method", "string", "amount"),
    **values("data.", "date", "actual_completion_date", "contract_estimated_completion_date", "contract_start_date"),
    **{
        name: Fixed(None)
        for name in (
            "allow_comments", "allow_markups", "allow_payment_applications", "allow_payments", "allow_redistributions",
            "budget_line_item_id", "display_materials_retainage", "display_stored_materials", "display_work_retainage",
            "contract_termination_date", "position", "requisition_number", "architect", "contractor", "cost_code",
            "received_from",
        )
    },
    "assigned_to": Value("assignee"),
    "bill_to": Value("data.bill_to_address", "string"),
    "created_by": Nested("created_by", PERSON),
    "deleted_at": Value("deleted_at", "datetime"),
    **values("data.", "string", "exclusions", "inclusions", "payment_terms", "ship_via"),
    "line_items_extended_total": Value("amount", "decimal", NO_AMOUNT),
    "line_items_total": Value("amount", "decimal", NO_AMOUNT),
    "retainage_percent": Value("data.retainage_percent", "decimal"),
    "ship_to": Value("data.ship_to_address", "string"),
    "signed_contract_received_date": Value("data.signed_contract_received_date", "date"),
    "updated_at": Value("updated_at", "datetime"),
    **ORIGIN,
    **SUMS,
    **PARTS,
}  # fmt: skip
FILTERS = narrowed_by("id", "status", "created_at", "updated_at", "include_deleted", "origin_id", "vendor_id", "synced")
SORTS = {"id": "pk", "number": "number", "title": "title", "created_at": "created_at", "updated_at": "updated_at"}

WORK_ORDER_CONTRACTS = Resource(
    path="work_order_contracts",
    item_types=("work_order_contract",),
    wrapper="work_order_contract",
    scopes=(PROJECT,),
    views={"default": {**WORK_ORDER_ROW, **PARTS}},
    list_views={"compact": WORK_ORDER_ROW, "extended": {**WORK_ORDER_ROW, **PARTS}},
    filters=FILTERS,
    sorts=SORTS,
)
PURCHASE_ORDER_CONTRACTS = Resource(
    path="purchase_order_contracts",
    item_types=("purchase_order_contract",),
    wrapper="purchase_order_contract",
    scopes=(PROJECT,),
    views={"default": {**PURCHASE_ORDER_ROW, **PARTS}},
    list_views={"compact": PURCHASE_ORDER_ROW, "extended": {**PURCHASE_ORDER_ROW, **PARTS}},
    filters=FILTERS,
    sorts=SORTS,
)
COMMITMENTS = Resource(
    path="commitments",
    item_types=("work_order_contract", "purchase_order_contract"),
    calls=READ,
    scopes=(PROJECT,),
    views={"default": COMMITMENT},
    list_views={"default": COMMITMENT_ROW},
    filters=FILTERS,
    sorts=SORTS,
)
