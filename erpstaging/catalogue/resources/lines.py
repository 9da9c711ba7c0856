"""Line items on the wire: one shape, whatever they stand under."""

from erpstaging.catalogue.payload import Fixed, Nested, Shape, Value, values
from erpstaging.catalogue.resource import PROJECT, By, Holder, Resource, narrowed_by
from erpstaging.catalogue.resources.codes import COST_CODE_VIEW, LINE_ITEM_TYPE_VIEW

PARTY: Shape = {"id": Value("id"), "name": Value("name", "string")}
NAMED: Shape = {"id": Value("id"), "name": Value("title", "string")}
HOLDER: Shape = {"id": Value("id"), "holder_type": Value("holder_type")}
NO_AMOUNT = "0.0"

LINE_VIEW: Shape = {
    "id": Value("id"),
    "amount": Value("amount", "decimal", NO_AMOUNT),
    "company": Nested("company", PARTY),
    "cost_code": Nested("cost_code", COST_CODE_VIEW),
    "created_at": Value("created_at", "datetime"),
    "description": Value("data.description", "string"),
    "extended_type": Value("data.extended_type", "string", "manual"),
    "holder": Nested("holder", HOLDER),
    "line_item_type": Nested("line_item_type", LINE_ITEM_TYPE_VIEW),
    **values("", "any", "origin_data", "origin_id"),
    "position": Value("position", "int"),
    "project": Nested("project", NAMED),
    "quantity": Value("data.quantity", "decimal", NO_AMOUNT),
    "tax_code_id": Value("data.tax_code_id", "int"),
    "total_amount": Value("amount", "decimal", NO_AMOUNT),
    "extended_amount": Value("amount", "decimal", NO_AMOUNT),
    "unit_cost": Value("data.unit_cost", "decimal", NO_AMOUNT),
    "uom": Value("data.uom", "string"),
    # Budget codes of several segments are not kept here.
    "wbs_code": Fixed(None),
    "updated_at": Value("updated_at", "datetime"),
}


def lines_of(path: str, item_type: str) -> Resource:
    """The lines of a contract: `work_order_contracts/{work_order_contract_id}/line_items`."""
    return Resource(
        path=f"{path}/<id:{item_type}_id>/line_items",
        item_types=("line_item",),
        wrapper="line_item",
        scopes=(PROJECT,),
        holder=Holder(f"{item_type}_id", item_type),
        views={"default": LINE_VIEW, "ssov_source_lines": LINE_VIEW},
        filters=narrowed_by(
            "id",
            "origin_id",
            "created_at",
            "updated_at",
            cost_code_id=By("integer", ("data.cost_code_id",)),
            line_item_type_id=By("integer", ("data.line_item_type_id",)),
        ),
        order=("position", "pk"),
    )


WORK_ORDER_LINES = lines_of("work_order_contracts", "work_order_contract")
PURCHASE_ORDER_LINES = lines_of("purchase_order_contracts", "purchase_order_contract")
PRIME_CONTRACT_LINES = lines_of("prime_contracts", "prime_contract")
