"""Line items of contracts and change orders: one type on the wire, and what stands above a line makes three of it."""

from dataclasses import replace

from erpstaging.catalogue.entities.commitments import NO_MONEY, PARTY
from erpstaging.catalogue.entity import Calculation, Entity, Level, LockList, Support, Supports
from erpstaging.catalogue.fields import Field, choice, long_text, money, number, position, reference, text
from erpstaging.catalogue.payload import Each, Fixed, Given, Nested, Shape, Value, values

CONTRACTS = ("work_order_contract", "purchase_order_contract")
FIELDS = (
    position(),
    long_text("description", "Description", edited=True),
    reference(
        "cost_code_id",
        "Cost code",
        "cost_code",
        origin_field="cost_code_origin_id",
        required_at_import=True,
        edited=True,
    ),
    reference(
        "line_item_type_id",
        "Cost type",
        "line_item_type",
        origin_field="line_item_type_origin_id",
        required_at_import=True,
        edited=True,
    ),
    reference("tax_code_id", "Tax code", "tax_code", origin_field="tax_code_origin_id"),
    number("quantity", "Quantity", edited=True),
    text("uom", "Unit", edited=True, max_length=50),
    number("unit_cost", "Unit cost", edited=True),
    money("amount", "Amount", edited=True),
    choice("extended_type", "Amount is", "manual", "calculated", staged=False),
)


def _contract_line(*, required: bool) -> Field:
    """The line of the contract that a line of its change order belongs to."""
    return reference(
        "commitment_line_item_id",
        "Line of the contract",
        "line_item",
        origin_field="commitment_line_item_origin_id",
        required_at_import=required,
        edited=True,
    )


COMMITMENT_ITEM = Entity(
    key="commitment_items",
    item_type="line_item",
    label="Line",
    plural="Lines",
    icon="columns",
    level=Level.CHILD,
    metadata_name="commitment_items",
    external_item_type="line_item",
    supports=Supports(
        imported=Support.WITH_PARENT,
        exported=Support.WITH_PARENT,
        synced_staged=Support.WITH_PARENT,
        unlinked=Support.WITH_PARENT,
    ),
    parents=CONTRACTS,
    title_field="description",
    amount_field="amount",
    calculation=Calculation(),
    kept_by_admins=True,
    fields=FIELDS,
    lock=LockList(whole=True),
)
WORK_ORDER_LINE = replace(COMMITMENT_ITEM, webhook_resource="Work Order Contract Line Items")
PURCHASE_ORDER_LINE = replace(COMMITMENT_ITEM, webhook_resource="Purchase Order Contract Line Items")
CHANGE_ORDER_LINE = replace(
    COMMITMENT_ITEM,
    key="commitment_change_order_items",
    metadata_name="commitment_change_order_items",
    parents=("commitment_change_order",),
    webhook_resource="Potential Change Order Line Items",
    fields=(*FIELDS, _contract_line(required=True)),
)
PRIME_CONTRACT_LINE = replace(
    COMMITMENT_ITEM,
    key="prime_contract_items",
    metadata_name=None,
    supports=Supports(imported=Support.WITH_PARENT, synced_staged=Support.WITH_PARENT),
    parents=("prime_contract",),
    webhook_resource="Prime Contract Line Items",
)
PRIME_CHANGE_ORDER_LINE = replace(
    COMMITMENT_ITEM,
    key="",
    metadata_name=None,
    supports=Supports(exported=Support.WITH_PARENT, unlinked=Support.WITH_PARENT),
    parents=("prime_contract_change_order",),
    webhook_resource="Potential Change Order Line Items",
    fields=(*FIELDS, reference("prime_line_item_id", "Line of the contract", "line_item", edited=True)),
)
# What a direct cost is made of; it has no place in the documented list, and nobody stages it.
DIRECT_COST_LINE = replace(
    COMMITMENT_ITEM,
    key="",
    metadata_name=None,
    supports=Supports(exported=Support.WITH_PARENT, synced_direct=Support.YES, unlinked=Support.WITH_PARENT),
    parents=("item",),
    kept_by_admins=False,
    webhook_resource="Direct Cost Line Items",
)
COMPANY_DIRECT_COST_LINE = replace(
    DIRECT_COST_LINE,
    supports=Supports(exported=Support.WITH_PARENT, unlinked=Support.WITH_PARENT),
    parents=("company_level_direct_cost",),
    webhook_resource="Company Direct Cost Line Items",
    fields=(reference("project_id", "Project", "project", required=True, edited=True), *FIELDS),
)
DIRECT_COSTS = (*DIRECT_COST_LINE.parents, *COMPANY_DIRECT_COST_LINE.parents)
# What is known of a line before its parent is.
LINE_ITEM = replace(
    COMMITMENT_ITEM,
    key="",
    metadata_name=None,
    parents=(
        *CONTRACTS,
        "commitment_change_order",
        "prime_contract",
        "prime_contract_change_order",
        *DIRECT_COSTS,
    ),
    fields=(*FIELDS, _contract_line(required=False)),
    variants={
        "work_order_contract": WORK_ORDER_LINE,
        "purchase_order_contract": PURCHASE_ORDER_LINE,
        "commitment_change_order": CHANGE_ORDER_LINE,
        "prime_contract": PRIME_CONTRACT_LINE,
        "prime_contract_change_order": PRIME_CHANGE_ORDER_LINE,
        "item": DIRECT_COST_LINE,
        "company_level_direct_cost": COMPANY_DIRECT_COST_LINE,
    },
)

COST_TYPE: Shape = {
    "id": Value("id"),
    **values("data.", "string", "name", "code", "base_type"),
    "origin_id": Value("origin_id"),
}
LINE_COST_CODE: Shape = {
    "id": Value("id"),
    "name": Value("data.name", "string"),
    "full_code": Value("data.full_code", "string"),
    **values("", "any", "origin_id", "origin_data"),
    "standard_cost_code_id": Value("data.standard_cost_code_id"),
    "biller": Value("biller.name", "string"),
    "biller_id": Value("biller.id"),
    "biller_type": Value("biller.type", "string", "Project"),
    "biller_origin_id": Value("biller_node.origin_id", "string"),
    "budgeted": Value("data.budgeted", "bool", False),
    "code": Value("data.code", "string"),
    "parent": Value("parent_ref"),
    "sortable_code": Value("data.sortable_code", "string"),
    "created_at": Value("created_at", "datetime"),
    "deleted_at": Fixed(None),
    "line_item_types": Each("line_item_types", COST_TYPE),
    "position": Value("position"),
    "updated_at": Value("updated_at", "datetime"),
}
LINE_TYPE: Shape = {
    "id": Value("id"),
    "base_type": Value("data.base_type", "string"),
    "code": Value("data.code", "string"),
    "name": Value("data.name", "string"),
    **values("", "any", "origin_data", "origin_id"),
}
LINE_EXPORT: Shape = {
    "id": Value("id"),
    "amount": Value("amount", "decimal", NO_MONEY),
    "company": Nested("company", {"id": Value("id"), "name": Value("name")}),
    "cost_code": Nested("cost_code", LINE_COST_CODE),
    "created_at": Value("created_at", "datetime"),
    "custom_fields": Given("custom_fields"),
    "description": Value("data.description", "string", ""),
    "extended_amount": Value("amount", "decimal", NO_MONEY),
    "extended_type": Value("data.extended_type", "string", "manual"),
    "holder": Nested("holder", {"id": Value("id"), "holder_type": Value("holder_type")}),
    "line_item_type": Nested("line_item_type", LINE_TYPE),
    **values("", "any", "origin_data", "origin_id"),
    "position": Value("position"),
    "project": Nested("project", PARTY),
    "quantity": Value("data.quantity", "decimal", NO_MONEY),
    "tax_amount": Fixed(NO_MONEY),
    "tax_code": Nested("tax_code", {"id": Value("id"), "code": Value("data.code"), "origin_id": Value("origin_id")}),
    "tax_code_id": Value("data.tax_code_id"),
    "total_amount": Value("amount", "decimal", NO_MONEY),
    "unit_cost": Value("data.unit_cost", "decimal", NO_MONEY),
    "uom": Value("data.uom", "string"),
    "updated_at": Value("updated_at", "datetime"),
}
