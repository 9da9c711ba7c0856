"""What the integrator is told when links and objects are taken away: payloads of unlinking, resetting and deleting.

Source: procore/documentation, erp_integration/erp_events_dictionary.md. Of the flags that it shows without a word, such
as `reset_override`, the payloads carry the values of its examples.
"""

from collections.abc import Mapping

from erpstaging.catalogue.entities.sub_job import SUB_JOB_EXPORT
from erpstaging.catalogue.exports.change_orders import CUSTOM, MARKUP_LINE, PRIME_CHANGE_ORDER_ITEM
from erpstaging.catalogue.exports.direct_costs import DIRECT_COST
from erpstaging.catalogue.exports.invoices import PAYMENT_APPLICATION
from erpstaging.catalogue.payload import Each, Fixed, Nested, Shape, Value, values

Payloads = Mapping[str, Shape]
DETAIL: Shape = {"request_detail_id": Value("request_detail_id")}
ORIGIN: Shape = values("", "any", "origin_id", "origin_code", "origin_data")
JOB: Shape = {"id": Value("id"), "origin_id": Value("origin_id", "string")}
CODE: Shape = {
    "id": Value("id"),
    "sortable_code": Value("data.sortable_code", "string", "", instead="data.full_code"),
    "origin_id": Value("origin_id", "string"),
}
UNLINKED_PRIME_ITEM: Shape = {
    "cost_code_origin_id": Value("cost_code.origin_id", "string"),
    "cost_code_origin_data": Value("cost_code.origin_data"),
    "description": Value("data.description", "string", ""),
    # A line has one amount here: what it is worth is what it is estimated at.
    "estimate_amount": Value("amount", "number", 0),
    "prime_contract_change_order_origin_id": Value("holder.origin_id", "string"),
    "origin_id": Value("origin_id"),
    "prime_contract_item_id": Value("data.prime_line_item_id"),
    "prime_contract_item_origin_data": Value("prime_line_item.origin_data"),
    "prime_contract_item_origin_id": Value("prime_line_item.origin_id", "string"),
    "prime_contract_item_position": Value("prime_line_item.position"),
    "id": Value("id"),
    "procore_prime_contract_item_id": Value("data.prime_line_item_id"),
    "revenue_amount": Value("amount", "number", 0),
    "line_item_type_origin_id": Value("line_item_type.origin_id", "string"),
    "line_item_type_origin_data": Value("line_item_type.origin_data"),
    "position": Value("position"),
    "potential_change_order_id": Value("holder.id"),
    "job_origin_id": Value("project.origin_id", "string"),
    "markup_line_items": Each("markup_line_items", MARKUP_LINE),
}

# The row that carries the ERP's id of an object is the object itself here, so both names hold one id.
UNLINKED: Payloads = {
    "unlink_commitment": {
        "job_origin_id": Value("project.origin_id", "string"),
        "erp_commitment_id": Value("id"),
        **DETAIL,
        "project_id": Value("project.id"),
        "procore_commitment_id": Value("id"),
        "commitment_type": Value("holder_type", "string"),
        "commitment_origin_id": Value("origin_id", "string"),
    },
    "unlink_commitment_change_order": {
        "job_origin_id": Value("project.origin_id", "string"),
        "erp_commitment_id": Value("commitment.id"),
        "erp_commitment_change_order_id": Value("id"),
        **DETAIL,
        "commitment_origin_id": Value("commitment.origin_id", "string"),
        "commitment_type": Value("commitment.holder_type", "string"),
        "commitment_change_order_origin_id": Value("origin_id", "string"),
        "procore_commitment_change_order_id": Value("id"),
        "project_id": Value("project.id"),
    },
    "unlink_payment_application": {
        **DETAIL,
        "payment_application": Nested("", PAYMENT_APPLICATION),
        "company_id": Value("company_id"),
    },
    "unlink_prime_contract_change_order": {
        "prime_contract": Nested(
            "contract",
            {
                "id": Value("id"),
                "number": Value("data.number", "string", ""),
                "origin_data": Value("origin_data"),
                "origin_id": Value("origin_id"),
                "procore_prime_contract_id": Value("id"),
                "project_id": Value("data.project_id"),
                "title": Value("data.title", "string", ""),
            },
        ),
        "prime_contract_change_order": Nested(
            "",
            {
                "prime_contract_origin_id": Value("contract.origin_id", "string"),
                "created_at": Value("created_at", "datetime"),
                "description": Value("data.description", "string", ""),
                "id": Value("id"),
                "job_origin_id": Value("project.origin_id", "string"),
                "number": Value("data.number", "string", ""),
                "origin_id": Value("origin_id"),
                "title": Value("data.title", "string", ""),
                "origin_code": Value("origin_code"),
                **CUSTOM,
            },
        ),
        "prime_contract_change_order_line_items": Each("lines", UNLINKED_PRIME_ITEM),
        **DETAIL,
    },
    "unlink_company_level_direct_cost": {
        **DETAIL,
        "company_id": Value("company_id"),
        "direct_cost": Nested("", {**DIRECT_COST, "erp": Fixed({"status": "synced"})}),
    },
}

RESET: Payloads = {
    "reset_job": {
        "project": Nested(
            "",
            {
                "id": Value("id"),
                "name": Value("data.name", "string"),
                "origin_data": Value("origin_data"),
                "origin_id": Value("origin_id", "string"),
            },
        )
    },
    "reset_sub_job": {"sub_job": Nested("", SUB_JOB_EXPORT)},
    "reset_requisition": {
        "requisition_id": Value("id"),
        "project_id": Value("project.id"),
        "requisition_origin_id": Value("origin_id", "string"),
        "reset_override": Fixed(False),
    },
    "reset_company_level_direct_cost": {
        "direct_cost": Nested("", {"id": Value("id", "string")}),
        **ORIGIN,
        "reset_override": Fixed(False),
    },
}
# Of these the link stays until the integrator has looked them up in the ERP and takes it away.
RESET_BY_INTEGRATOR: Payloads = {
    "reset_payment": {
        "payment_id": Value("id"),
        "payment_type": Value("holder_type", "string", "ContractPayment"),
        **ORIGIN,
        "reset_override": Fixed(False),
    },
    "reset_prime_contract_change_order": {
        "prime_contract_id": Value("contract.id"),
        "prime_contract_origin_id": Value("contract.origin_id", "string"),
        "prime_contract_change_order_id": Value("id"),
        "prime_contract_change_order_number": Value("data.number", "string", ""),
        # The project's id in the ERP.
        "job_id": Value("project.origin_id", "string"),
        "prime_contract_change_order_line_items": Each("lines", PRIME_CHANGE_ORDER_ITEM),
        "reset_estimate_transactions": Fixed(False),
        "reset_revenue_transactions": Fixed(False),
        "project_id": Value("project.id"),
        "prime_contract_change_order_origin_id": Value("origin_id", "string"),
    },
}

# From here on one request is about many objects; what they have in common is drawn from the first.
DELETED: Payloads = {
    "delete_cost_codes": {
        "project": Nested("first.project", JOB),
        "sub_job": Nested("first.sub_job", JOB),
        "cost_codes": Each("items", {**CODE, **DETAIL}),
    },
    "delete_cost_type_assignments": {
        "project": Nested("first.project", JOB),
        "sub_job": Nested("first.sub_job", JOB),
        "cost_type_assignments": Each(
            "items",
            {
                "id": Value("id"),
                **DETAIL,
                "cost_code_origin_id": Value("cost_code.origin_id", "string"),
                "line_item_type_origin_id": Value("line_item_type.origin_id", "string"),
                "job_cost_id": Value("job_cost_id"),
            },
        ),
    },
}

SUPPORT_UNLINKED: Payloads = {"unlink_standard_cost_codes": {"standard_cost_codes": Each("items", CODE)}}
SUPPORT_DELETED: Payloads = {
    "delete_standard_cost_codes": {
        "standard_cost_code_list_id": Value("first.data.standard_cost_code_list_id"),
        "standard_cost_code_data_array": Each("items", CODE),
    },
    "delete_standard_categories": {
        "standard_category_data_array": Each(
            "items",
            {
                "procore_id": Value("id"),
                "code": Value("data.code", "string", ""),
                "origin_id": Value("origin_id", "string"),
            },
        )
    },
    "delete_cost_code": {
        "project_cost_code_data_array": Each("items", CODE),
        "project_origin_id": Value("first.project.origin_id", "string"),
        "procore_project_id": Value("first.project.id"),
        "procore_sub_job_id": Value("first.sub_job.id"),
    },
}
