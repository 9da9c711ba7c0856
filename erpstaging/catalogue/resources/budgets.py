"""Budgets on the wire: their amounts are numbers, not strings."""

from erpstaging.catalogue.payload import Fixed, Nested, Shape, Value, values
from erpstaging.catalogue.resource import PROJECT, By, Holder, Resource, narrowed_by

BUDGET: Shape = {"locked": Value("data.locked", "bool", False)}
LINE: Shape = {
    "id": Value("id"),
    "original_budget_amount": Value("data.original_budget_amount", "number"),
    "uom": Value("data.uom", "string"),
    **values("data.", "number", "quantity", "unit_cost"),
    "calculation_strategy": Value("data.calculation_strategy", "string", "manual"),
    **values(
        "budgeted.", "number", "approved_budget_changes", "revised_budget", "pending_budget_changes",
        "projected_budget", "committed_costs", "direct_costs", "pending_cost_changes", "projected_costs",
        "budget_forecast", "estimated_cost_at_completion", "projected_over_under",
    ),
    "cost_code": Nested(
        "cost_code", {"id": Value("id"), **values("data.", "string", "name", "code", "full_code")}
    ),
    "division": Nested("cost_code.parent", {"id": Value("id"), **values("data.", "string", "name", "full_code")}),
    "line_item_type": Nested("line_item_type", {"id": Value("id"), "name": Value("data.name", "string")}),
}  # fmt: skip
SYNCED_LINE: Shape = {
    "id": Value("id"),
    "original_budget_amount": Value("data.original_budget_amount", "number"),
    "uom": Value("data.uom", "string"),
    **values("data.", "number", "quantity", "unit_cost"),
    "calculation_strategy": Value("data.calculation_strategy", "string", "manual"),
    "wbs_code": Fixed(None),
}
MODIFICATION: Shape = {
    "id": Value("id"),
    "created_at": Value("created_at", "datetime"),
    "from_budget_line_item_id": Value("data.from_budget_line_item_id", "int"),
    "notes": Value("data.notes", "string"),
    **values("", "any", "origin_data", "origin_id"),
    "to_budget_line_item_id": Value("data.to_budget_line_item_id", "int"),
    "transfer_amount": Value("data.transfer_amount", "decimal"),
    "updated_at": Value("updated_at", "datetime"),
}
TRANSACTION: Shape = {
    "id": Value("id"),
    **values("", "any", "origin_id", "origin_data"),
    "code": Value("data.code", "string"),
    "value": Value("data.value", "number"),
    "synced": Value("data.synced", "bool", False),
    "type": Value("data.type", "string"),
    "procore_transaction_id": Value("data.procore_transaction_id", "int"),
    "procore_transaction_type": Value("data.procore_transaction_type", "string"),
    "job_cost_id": Value("data.job_cost_id", "int"),
    "created_at": Value("created_at", "datetime"),
    "notes": Value("data.notes", "string"),
}
ITS_BUDGET = Holder("", "budget")

BUDGET_LINE_ITEMS = Resource(
    path="budget_line_items",
    item_types=("budget_line_item",),
    wrapper="budget_line_item",
    calls=frozenset({"list", "show", "create", "update"}),
    views={"default": LINE},
    scopes=(PROJECT,),
    holder=ITS_BUDGET,
)
# `sync` is a POST of its own here, with an answer of its own: see api/views/budgets.py.
BUDGET_LINE_ITEMS_SYNC = Resource(
    path="budget_line_items",
    item_types=("budget_line_item",),
    calls=frozenset({"sync"}),
    views={"default": SYNCED_LINE},
    scopes=(PROJECT,),
    holder=ITS_BUDGET,
)
BUDGET_MODIFICATIONS = Resource(
    path="projects/<id:project_id>/budget_modifications",
    item_types=("budget_change",),
    wrapper="budget_modification",
    calls=frozenset({"list", "create"}),
    views={"default": MODIFICATION},
    scopes=(PROJECT,),
    holder=ITS_BUDGET,
    filters=narrowed_by("id", "origin_id"),
)
ERP_TRANSACTIONS = Resource(
    path="erp_transactions",
    item_types=("erp_transaction",),
    wrapper="transaction",
    calls=frozenset({"list", "update", "sync"}),
    views={"extended": TRANSACTION},
    scopes=(PROJECT,),
    filters=narrowed_by(
        "id",
        "origin_id",
        synced=By("flag", ("data.synced",)),
        procore_transaction_id=By("integer", ("data.procore_transaction_id",)),
    ),
)
