"""A prime contract as it stands beside its change order in a payload."""

from erpstaging.catalogue.entities.commitments import NO_MONEY
from erpstaging.catalogue.entities.lines import LINE_EXPORT
from erpstaging.catalogue.payload import Fixed, Nested, Shape, Value, values

PERSON: Shape = values("", "any", "id", "login", "name")
PRIME_CONTRACT: Shape = {
    "id": Value("id"),
    "accounting_method": Value("data.accounting_method", "string", "amount"),
    **values(
        "data.", "date", "actual_completion_date", "approval_letter_date", "contract_date",
        "contract_estimated_completion_date", "contract_start_date", "contract_termination_date", "execution_date",
        "issued_on_date", "letter_of_intent_date", "original_substantial_completion_date", "returned_date",
        "signed_contract_received_date", "substantial_completion_date",
    ),
    "approved_change_orders": Value("sums.approved", "decimal", NO_MONEY),
    "architect": Value("architect"),
    "attachments": Fixed([]),
    "contractor": Nested("data", {"id": Value("contractor_id")}),
    "vendor": Nested("data", {"id": Value("vendor_id")}),
    **values("", "datetime", "created_at", "deleted_at", "updated_at"),
    "created_by": Nested("created_by", PERSON),
    "custom_fields": Value("custom_fields", "any", {}),
    **values("data.", "string", "description", "number", "title", default=""),
    **values("data.", "string", "exclusions", "inclusions"),
    **values("data.", "bool", "executed", "private", "show_line_items_to_non_admins", default=False),
    "draft_change_orders_amount": Value("sums.draft", "decimal", NO_MONEY),
    "grand_total": Value("amount", "decimal", NO_MONEY),
    "has_change_order_packages": Value("has_change_orders.any", "bool", False),
    "has_potential_change_orders": Value("has_change_orders.potential", "bool", False),
    **values("", "any", "origin_code", "origin_data", "origin_id"),
    "outstanding_balance": Value("sums.outstanding", "decimal", NO_MONEY),
    "owner_invoices_amount": Value("sums.invoiced", "decimal", NO_MONEY),
    "pending_change_orders_amount": Value("sums.pending", "decimal", NO_MONEY),
    "pending_revised_contract_amount": Value("sums.pending_revised", "decimal", NO_MONEY),
    "percentage_paid": Value("sums.percentage_paid", "decimal", NO_MONEY),
    "retainage_percent": Value("data.retainage_percent", "decimal"),
    "revised_contract_amount": Value("sums.revised", "decimal", NO_MONEY),
    "status": Value("data.status", "string", "Draft"),
    "total_payments": Value("sums.paid", "decimal", NO_MONEY),
}  # fmt: skip
# A line of the contract, and of its change orders: without the tax code itself, with what names its place.
PRIME_CONTRACT_ITEM: Shape = {
    **{name: source for name, source in LINE_EXPORT.items() if name != "tax_code"},
    "commitment_line_item_id": Value("data.commitment_line_item_id"),
    "erp_custom_fields": Fixed({}),
    "origin_code": Value("origin_code"),
    "prime_line_item_id": Value("data.prime_line_item_id"),
}
