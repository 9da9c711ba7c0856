"""Prime contracts on the wire: the list in the plural, one of them in the singular."""

from erpstaging.catalogue.payload import Each, Fixed, Nested, Shape, Value, values
from erpstaging.catalogue.resource import ALL, PROJECT, Resource, narrowed_by
from erpstaging.catalogue.resources.contracts import ORIGIN, PACKAGE_OF_CONTRACT, PAYMENT_OF_CONTRACT, PERSON, SORTS
from erpstaging.catalogue.resources.lines import LINE_VIEW, NAMED, NO_AMOUNT

ROW: Shape = {
    "id": Value("id"),
    "accounting_method": Value("data.accounting_method", "string", "amount"),
    "approved_change_orders": Value("sums.approved", "decimal", NO_AMOUNT),
    **values(
        "data.", "date", "actual_completion_date", "approval_letter_date", "contract_date",
        "contract_estimated_completion_date", "contract_start_date", "contract_termination_date", "execution_date",
        "issued_on_date", "letter_of_intent_date", "returned_date", "signed_contract_received_date",
    ),
    **values("", "datetime", "created_at", "deleted_at", "updated_at"),
    **values("data.", "string", "description", "exclusions", "inclusions", "number", "title"),
    **values("data.", "bool", "executed", "private", "show_line_items_to_non_admins", default=False),
    "grand_total": Value("amount", "decimal", NO_AMOUNT),
    **ORIGIN,
    "retainage_percent": Value("data.retainage_percent", "decimal"),
    "status": Value("data.status", "string", "Draft"),
    "architect": Value("architect"),
    "contractor": Value("contractor"),
    "created_by": Nested("created_by", PERSON),
    "vendor": Nested("vendor", NAMED),
}  # fmt: skip
WHOLE: Shape = {
    **ROW,
    "allow_markups": Value("data.allow_markups", "bool", False),
    **{
        name: Fixed(None)
        for name in (
            "allow_comments", "allow_payment_applications", "allow_payments", "allow_redistributions", "bill_to",
            "budget_line_item_id", "display_materials_retainage", "display_stored_materials", "display_work_retainage",
            "position", "requisition_number", "ship_to", "ship_via", "assigned_to", "cost_code", "received_from",
        )
    },
    **values("data.", "date", "delivery_date", "original_substantial_completion_date", "substantial_completion_date"),
    "draft_change_orders_amount": Value("sums.draft", "decimal", NO_AMOUNT),
    "line_items_extended_total": Value("amount", "decimal", NO_AMOUNT),
    "line_items_total": Value("amount", "decimal", NO_AMOUNT),
    "outstanding_balance": Value("sums.outstanding", "decimal", NO_AMOUNT),
    "owner_invoices_amount": Value("sums.invoiced", "decimal", NO_AMOUNT),
    "payment_terms": Value("data.payment_terms", "string"),
    "pending_change_orders_amount": Value("sums.pending", "decimal", NO_AMOUNT),
    "pending_revised_contract_amount": Value("sums.pending_revised", "decimal", NO_AMOUNT),
    "percentage_paid": Value("sums.percentage_paid", "decimal", NO_AMOUNT),
    "revised_contract_amount": Value("sums.revised", "decimal", NO_AMOUNT),
    "total_payments": Value("sums.paid", "decimal", NO_AMOUNT),
    "type": Value("holder_type", "string"),
    "change_order_packages": Each("change_orders", PACKAGE_OF_CONTRACT),
    "line_items": Each("lines", LINE_VIEW),
    "payments_received": Each("payments", PAYMENT_OF_CONTRACT),
}  # fmt: skip

PRIME_CONTRACTS = Resource(
    path="prime_contracts",
    item_types=("prime_contract",),
    calls=frozenset({"list"}),
    scopes=(PROJECT,),
    views={"default": WHOLE},
    list_views={"default": ROW},
    filters=narrowed_by("id", "origin_id", "status", "created_at", "updated_at", "synced"),
    sorts=SORTS,
)
# A project has one as a rule; `GET prime_contract` shows the first.
PRIME_CONTRACT = Resource(
    path="prime_contract",
    item_types=("prime_contract",),
    wrapper="prime_contract",
    calls=ALL - {"list", "sync"},
    scopes=(PROJECT,),
    views={"default": WHOLE},
    filters=narrowed_by("id"),
    shows_first=True,
)
