"""What leaves with a change order: the contract with its lines, and the change order with its own."""

from erpstaging.catalogue.entities.commitments import COMMITMENT_EXPORT, PARTY
from erpstaging.catalogue.entities.lines import LINE_COST_CODE, LINE_EXPORT, LINE_TYPE
from erpstaging.catalogue.exports.prime_contracts import PRIME_CONTRACT, PRIME_CONTRACT_ITEM
from erpstaging.catalogue.payload import Each, Fixed, Nested, Shape, Value, values

ORIGIN: Shape = values("", "any", "origin_code", "origin_data", "origin_id")
CUSTOM: Shape = {
    "custom_fields": Value("custom_fields", "any", {}),
    "erp_custom_fields": Value("inputs.custom_fields", "any", {}),
}
CHANGE_ORDER: Shape = {
    "id": Value("id"),
    "contract_id": Value("data.commitment_id"),
    "number": Value("data.number", "string", ""),
    "status": Value("data.status", "string", "draft"),
    "title": Value("data.title", "string", ""),
    **values("", "datetime", "created_at", "deleted_at", "updated_at"),
    **ORIGIN,
    **values("data.", "midnight", "due_date", "invoiced_date", "paid_date"),
    # Who reviewed a change order, and when, is not kept here.
    "reviewed_at": Fixed(None),
    "description": Value("data.description", "string", ""),
    **CUSTOM,
}
CHANGE_ORDER_ITEM: Shape = {**LINE_EXPORT, "commitment_line_item_id": Value("data.commitment_line_item_id")}
CREATE_COMMITMENT_CHANGE_ORDER: Shape = {
    "job_origin_id": Value("project.origin_id", "string"),
    "request_detail_id": Value("request_detail_id"),
    "commitment": Nested("commitment", COMMITMENT_EXPORT),
    "commitment_items": Each("commitment.lines", LINE_EXPORT),
    "change_order": Nested("", CHANGE_ORDER),
    "change_order_items": Each("lines", CHANGE_ORDER_ITEM),
    "additional_data": Nested("", {"accounting_date": Value("inputs.custom_fields.accounting_date")}),
    "company_id": Value("company_id"),
}

PRIME_CHANGE_ORDER: Shape = {
    "id": Value("id"),
    "contract_id": Value("data.contract_id"),
    **values("", "datetime", "created_at", "deleted_at", "updated_at"),
    **CUSTOM,
    **values("data.", "string", "description", "number", "title", default=""),
    **values("data.", "date", "due_date", "invoiced_date", "paid_date"),
    "executed": Value("data.executed", "bool", False),
    **ORIGIN,
    "reviewed_at": Fixed(None),
    "status": Value("data.status", "string", "draft"),
    "approved_on": Fixed(None),
}
MARKUP: Shape = {
    "id": Value("id"),
    **values("data.", "bool", "can_export_estimate_markup", "compounds_markups_above", default=False),
    **values("", "datetime", "created_at", "updated_at"),
    "destination_budget_line_item_id": Value("data.destination_budget_line_item_id"),
    "destination_cost_code": Nested(
        "destination_cost_code",
        {name: LINE_COST_CODE[name] for name in ("id", "name", "full_code", "origin_id", "origin_data")},
    ),
    "destination_line_item_type": Nested("destination_line_item_type", LINE_TYPE),
    "destination_sub_job": Nested("destination_sub_job", PARTY),
    **values("data.", "string", "markup_set", "name"),
    "percentage": Value("data.percentage", "decimal", "0.0"),
    "position": Value("position"),
    "prime_line_item": Nested("prime_line_item", values("", "any", "id", "origin_id")),
}
# What a markup comes to on one line: it has no row of its own, so it goes by the markup's id within its line.
MARKUP_LINE: Shape = {
    "id": Value("id"),
    "amount": Value("amount", "decimal", "0.0"),
    **values("", "datetime", "created_at", "updated_at"),
    "markup": Nested("markup", MARKUP),
}
PRIME_CHANGE_ORDER_ITEM: Shape = {
    **PRIME_CONTRACT_ITEM,
    "markup_line_items": Each("markup_line_items", MARKUP_LINE),
    **{f"prime_line_item_{name}": Value(f"prime_line_item.{name}") for name in ORIGIN},
}
CREATE_PRIME_CONTRACT_CHANGE_ORDER: Shape = {
    "project": Nested("project", {**PARTY, "origin_code": Value("origin_code")}),
    "prime_contract": Nested("contract", PRIME_CONTRACT),
    "prime_contract_items": Each("contract.lines", PRIME_CONTRACT_ITEM),
    "prime_contract_change_order": Nested("", PRIME_CHANGE_ORDER),
    "prime_contract_change_order_items": Each("lines", PRIME_CHANGE_ORDER_ITEM),
    "request_detail_id": Value("request_detail_id"),
}
