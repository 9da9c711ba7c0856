"""Invoices on the wire: requisitions of subcontractors with their lines, and payment applications to the owner."""

from erpstaging.catalogue.entities.requisition import STATUSES
from erpstaging.catalogue.payload import Each, Fixed, Nested, Shape, Value, values
from erpstaging.catalogue.resource import PROJECT, By, Call, Holder, Resource, Scope, narrowed_by

ORIGIN: Shape = values("", "any", "origin_data", "origin_id")
SUMMARY: Shape = values(
    "", "decimal", "balance_to_finish_including_retainage", "completed_work_retainage_percent",
    "completed_work_retainage_amount", "contract_sum_to_date", "current_payment_due",
    "less_previous_certificates_for_payment", "negative_change_order_item_total", "net_change_by_change_orders",
    "original_contract_sum", "positive_change_order_item_total", "stored_materials_retainage_amount",
    "stored_materials_retainage_percent", "total_completed_and_stored_to_date",
    "total_earned_less_retainage", "total_retainage",
) | {"formatted_period": Value("formatted_period", "string")}  # fmt: skip
# What all kinds of invoice lines show: amounts as strings.
WORK: Shape = values(
    "data.", "decimal", "scheduled_value", "work_completed_from_previous_application", "work_completed_this_period",
    "materials_presently_stored", "total_completed_and_stored_to_date", "total_completed_and_stored_to_date_percent",
    "work_completed_retainage_from_previous_application", "work_completed_retainage_retained_this_period",
    "work_completed_retainage_percent_this_period", "materials_stored_retainage_currently_retained",
    "materials_stored_retainage_percent_this_period", "work_completed_retainage_released_this_period",
    "materials_stored_retainage_released_this_period", "scheduled_quantity", "scheduled_unit_price",
    "work_completed_this_period_quantity", "work_completed_from_previous_application_quantity",
    "subcontractor_claimed_amount", "materials_moved", "materials_retainage_retained_moved",
)  # fmt: skip
LINE: Shape = {
    "id": Value("id"),
    "cost_code_id": Value("data.cost_code_id", "int"),
    "description_of_work": Value("data.description_of_work", "string"),
    **WORK,
    "wbs_code": Fixed(None),
    "position": Value("position", "int"),
    **ORIGIN,
}
CONTRACT_ITEM: Shape = {
    **LINE,
    "item_type": Value("holder_type", "string"),
    "line_item_id": Value("data.line_item_id", "int"),
    **values("data.", "string", "comment", "status"),
    "ssr_manual_override": Value("data.ssr_manual_override", "bool", False),
}
DETAIL_ITEM: Shape = {**LINE, "detail_line_item_id": Value("data.detail_line_item_id", "int")}
CHANGE_ORDER_ITEM: Shape = {
    **LINE,
    **values("data.", "int", "line_item_id", "commitment_line_item_id", "change_order_package_id"),
    "commitment_line_item_origin_id": Value("commitment_line_item.origin_id", "string"),
}
REQUISITION: Shape = {
    "id": Value("id"),
    "project_id": Value("data.project_id", "int"),
    **values("data.", "date", "billing_date", "payment_date", "requisition_start", "requisition_end", "submitted_at"),
    "commitment_id": Value("data.commitment_id", "int"),
    "commitment_type": Value("commitment.holder_type", "string"),
    "contract_name": Value("commitment.title", "string"),
    **values("", "datetime", "created_at", "updated_at"),
    "created_by": Value("created_by"),
    "invoice_number": Value("data.invoice_number", "string"),
    **ORIGIN,
    "period_id": Value("data.period_id", "int"),
    "status": Value("data.status", "string", "draft"),
    "erp_status": Value("erp_status", "string"),
    "comment": Value("data.comment", "string"),
    "final": Value("data.final", "bool", False),
    "number": Value("billing.number", "int"),
    "percent_complete": Value("billing.percent_complete", "decimal"),
    "vendor_name": Value("commitment.vendor.title", "string"),
    "total_claimed_amount": Value("amount", "decimal"),
    "deletable": Value("deletable", "bool"),
    "summary": Nested("billing", SUMMARY),
}
REQUISITION_WHOLE: Shape = {
    **REQUISITION,
    "previous_requisition_id": Value("billing.previous_id", "int"),
    "vendor_id": Value("commitment.data.vendor_id", "int"),
    "items": Each("lines", CONTRACT_ITEM),
}
PAYMENT_APPLICATION: Shape = {
    "id": Value("id"),
    "billing_date": Value("data.billing_date", "date"),
    "invoice_number": Value("data.invoice_number", "string"),
    **ORIGIN,
    "percent_complete": Value("billing.percent_complete", "decimal"),
    **values("data.", "date", "period_start", "period_end"),
    "period_id": Value("data.commitment_billing_period_id", "int"),
    "status": Value("data.status", "string", "draft"),
    "number": Value("billing.number", "int"),
    "total_amount_accrued_this_period": Value("amount", "decimal"),
    "total_amount_paid": Value("billing.paid", "decimal"),
    "formatted_contract_company": Value("prime_contract.vendor.title", "string"),
    "g702": Nested("billing", SUMMARY),
    "billing_period": Nested("data", {"start_date": Value("period_start"), "end_date": Value("period_end")}),
    "contract": Nested(
        "prime_contract",
        {"id": Value("id"), "type": Value("holder_type", "string"), "title": Value("title", "string")},
    ),
    **values("", "datetime", "created_at", "updated_at"),
}
WRITES: frozenset[Call] = frozenset({"create", "update"})

REQUISITIONS = Resource(
    path="requisitions",
    item_types=("requisition",),
    wrapper="requisition",
    wrapper_optional=True,
    calls=frozenset({"list", "show", "create", "update", "delete"}),
    views={"default": REQUISITION_WHOLE},
    list_views={"default": REQUISITION},
    scopes=(PROJECT, Scope("commitment_id", required=WRITES)),
    filters=narrowed_by(
        "id",
        "origin_id",
        "created_at",
        "updated_at",
        commitment_id=By("integer", ("data.commitment_id",)),
        period_id=By("integer", ("data.period_id",)),
        status=By("choice", ("status",), STATUSES),
    ),
    versions=("v1.0", "v1.1"),
)
PAYMENT_APPLICATIONS = Resource(
    path="prime_contracts/<id:prime_contract_id>/payment_applications",
    item_types=("payment_application",),
    wrapper="payment_application",
    wrapper_optional=True,
    calls=frozenset({"list", "show", "create", "update"}),
    views={"default": PAYMENT_APPLICATION},
    scopes=(PROJECT, Scope("prime_contract_id")),
    filters=narrowed_by("id", "origin_id", is_last=By("newest")),
)


def _items(word: str, shape: Shape, **filters: By) -> Resource:
    return Resource(
        path=f"requisitions/<id:requisition_id>/{word}",
        item_types=(f"requisition_{word.removesuffix('s')}",),
        calls=frozenset({"list"}),
        views={"default": shape},
        scopes=(PROJECT,),
        holder=Holder("requisition_id", "requisition"),
        filters=narrowed_by("id", **filters),
        order=("position", "pk"),
    )


REQUISITION_ITEMS = (
    _items("contract_items", CONTRACT_ITEM),
    _items("contract_detail_items", DETAIL_ITEM),
    _items("change_order_items", CHANGE_ORDER_ITEM, change_order_id=By("integer", ("data.change_order_package_id",))),
)
