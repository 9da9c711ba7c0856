"""What leaves with an invoice: a requisition of a subcontractor, or a payment application to the owner."""

from erpstaging.catalogue.payload import Each, Fixed, Nested, Shape, Value, values

NO_MONEY = "0.0"
ORIGIN: Shape = values("", "any", "origin_id", "origin_code", "origin_data")

# A line of a requisition: on a line of the contract, on a detail of it, or on a line of a change order.
REQUISITION_ITEM: Shape = {
    "procore_requisition_item_id": Value("id"),
    "accounting_method": Value("line_item.holder.data.accounting_method", "string", "amount"),
    "amount": Value("amount", "decimal", NO_MONEY),
    "change_order_line_item_origin_id": Fixed(None),
    "commitment_item_origin_id": Value("line_item.origin_id", "string"),
    "cost_code_id": Value("cost_code.id", instead="line_item.cost_code.id"),
    "cost_code_origin_id": Value("cost_code.origin_id", "string", instead="line_item.cost_code.origin_id"),
    "description": Value("data.description_of_work", "string", "", instead="line_item.data.description"),
    "formatted_amount": Value("amount", "grouped", "0.00"),
    "formatted_unit_cost": Value("data.scheduled_unit_price", "grouped", "0.00", instead="line_item.data.unit_cost"),
    "line_item_description": Value("line_item.data.description", "string", "", instead="data.description_of_work"),
    "line_item_type_origin_id": Value("line_item.line_item_type.origin_id", "string"),
    "qty": Value("data.work_completed_this_period_quantity", "decimal", NO_MONEY),
    "released_work_completed_this_period": Value(
        "data.work_completed_retainage_released_this_period", "decimal", NO_MONEY
    ),
    "requisition_item_type": Value("holder_type", "string"),
    "retainage_materials_presently_stored": Value(
        "data.materials_stored_retainage_currently_retained", "decimal", NO_MONEY
    ),
    # Only what is kept now is known of materials, not what was kept before.
    "retainage_materials_previously_stored": Fixed(None),
    "retainage_this_period": Value("data.work_completed_retainage_retained_this_period", "decimal", NO_MONEY),
    "retainage_work_completed_this_period": Value(
        "data.work_completed_retainage_retained_this_period", "decimal", NO_MONEY
    ),
    "scheduled_total_amount": Value("data.scheduled_value", "decimal", NO_MONEY, instead="line_item.amount"),
    "tax_code_origin_id": Value("line_item.tax_code.origin_id", "string"),
    "unit_cost": Value("data.scheduled_unit_price", "decimal", NO_MONEY, instead="line_item.data.unit_cost"),
    "uom": Value("line_item.data.uom", "string"),
}
REQUISITION_CHANGE_ORDER_ITEM: Shape = {
    **REQUISITION_ITEM,
    "accounting_method": Value("commitment_line_item.holder.data.accounting_method", "string", "amount"),
    "change_order_line_item_origin_id": Value("line_item.origin_id", "string"),
    "commitment_item_origin_id": Value(
        "commitment_line_item.origin_id", "string", instead="line_item.commitment_line_item.origin_id"
    ),
}
REQUISITION: Shape = {
    "procore_requisition_id": Value("id"),
    "accounting_method": Value("commitment.data.accounting_method", "string", "amount"),
    "billing_date": Value("data.billing_date", "date"),
    "code": Value("origin_code", "string", ""),
    "contract_id": Value("data.commitment_id"),
    "contract_origin_id": Value("commitment.origin_id", "string"),
    "created_at": Value("created_at", "datetime"),
    "custom_fields": Value("custom_fields", "any", {}),
    "erp_custom_fields": Value("inputs.custom_fields", "any", {}),
    "formatted_payment_due": Value("billing.current_payment_due", "grouped", "0.00"),
    "invoice_number": Value("data.invoice_number", "string", ""),
    "job_origin_id": Value("project.origin_id", "string"),
    "line_items": Each(
        "lines", REQUISITION_ITEM, kinds={"requisition_change_order_item": REQUISITION_CHANGE_ORDER_ITEM}
    ),
    "request_detail_id": Value("request_detail_id"),
}

CREATE_REQUISITIONS: Shape = {"requisitions": Each("items", REQUISITION)}

APPLICATION_ITEM: Shape = {
    "id": Value("id"),
    "accounting_method": Value("line_item.holder.data.accounting_method", "string", "amount"),
    "balance_to_finish": Value("data.balance_to_finish", "number", instead="progress.left"),
    "custom_group_item_ids": Fixed([]),
    "description_of_work": Value("data.description_of_work", "string", "", instead="line_item.data.description"),
    "description_override": Fixed(None),
    "holder_id": Value("holder.id"),
    "holder_type": Value("holder.holder_type", "string"),
    "item_number": Value("data.item_number", instead="position"),
    "materials_presently_stored": Value("data.materials_presently_stored", "number", 0, instead="data.new_materials"),
    **values(
        "data.", "number", "materials_presently_stored_from_previous_application",
        "materials_stored_retainage_currently_retained", "materials_stored_retainage_from_previous_application",
        "materials_stored_retainage_percent_this_period", "materials_stored_retainage_released_this_period",
        "materials_stored_retainage_retained_this_period", "new_materials", "stored_materials",
        "total_retainage_currently_retained", "total_retainage_from_previous_application",
        "work_completed_from_previous_application", "work_completed_retainage_currently_retained",
        "work_completed_retainage_from_previous_application", "work_completed_retainage_percent_this_period",
        "work_completed_retainage_released_this_period", "work_completed_retainage_retained_this_period",
        "work_completed_this_period", default=0,
    ),
    "origin_id": Value("origin_id"),
    "origin_type": Fixed(None),
    "previous_quantity": Value("data.previous_quantity", "number"),
    "scheduled_value": Value("data.scheduled_value", "number", 0, instead="line_item.amount"),
    "total_completed_and_stored_to_date": Value("progress.completed", "number"),
    "total_completed_and_stored_to_date_percent": Value(
        "data.total_completed_and_stored_to_date_percent", "number", instead="progress.percent"
    ),
    # The word by which external data names it.
    "type": Value("item_type", "string"),
    "wbs_code": Nested(
        "cost_code",
        {
            "description": Value("data.name", "string"),
            "flat_code": Value("data.full_code", "string", instead="data.code"),
            "id": Value("id"),
            "segment_items": Fixed([]),
        },
        instead="line_item.cost_code",
    ),
}  # fmt: skip
UNKNOWN_ADDRESS: Shape = {name: Fixed(None) for name in ("name", "city", "country_code", "state_code", "street", "zip")}
OWNER: Shape = {
    "name": Value("prime_contract.vendor.title", "string"),
    **values("prime_contract.vendor.data.", "string", "city", "country_code", "state_code", "zip"),
    "street": Value("prime_contract.vendor.data.address", "string"),
}
SUMMARY: Shape = {
    "application_number": Value("billing.number", "string"),
    "contract_for": Value("prime_contract.title", "string"),
    "contract_date": Value("prime_contract.data.contract_date", "date"),
    "from_architect_or_engineer": Nested("", UNKNOWN_ADDRESS),
    "from_general_contractor": Nested("company", {"name": Value("name")}),
    "project_name": Value("project.title", "string"),
    "project_number": Value("project.number", "string"),
    "to_owner": Nested("", OWNER),
    "contract_original_sum": Value("billing.original_contract_sum", "number", 0),
    **values(
        "billing.", "number", "contract_sum_to_date", "total_completed_and_stored_to_date",
        "completed_work_retainage_amount", "completed_work_retainage_percent", "stored_materials_retainage_amount",
        "stored_materials_retainage_percent", "total_retainage", "total_earned_less_retainage",
        "less_previous_certificates_for_payment", "current_payment_due", "balance_to_finish_including_retainage",
        "positive_change_order_item_total", "negative_change_order_item_total", default=0,
    ),
    # When a change order was approved is not kept, so none is known to be of this period or of an earlier one.
    **{
        f"{sign}_{when}_change_order_item_total": Fixed(None)
        for when in ("previous", "new") for sign in ("positive", "negative")
    },
    "net_change_by_change_order": Value("billing.net_change_by_change_orders", "number", 0),
}  # fmt: skip
PAYMENT_APPLICATION: Shape = {
    "id": Value("id"),
    "attachment_sources": Fixed([]),
    "attachment_sources_status": Fixed(None),
    "attachments": Fixed([]),
    "billing_date": Value("data.billing_date", "date"),
    "billing_period": Nested(
        "data", {"start_date": Value("period_start", "date"), "end_date": Value("period_end", "date")}
    ),
    "contract_name": Value("prime_contract.title", "string"),
    "description_type": Fixed(None),
    "electronic_signature_id": Fixed(None),
    "invoice_number": Value("data.invoice_number", "string", ""),
    "items": Each("lines", APPLICATION_ITEM),
    "period_end": Value("data.period_end", "date"),
    "period_id": Value("data.commitment_billing_period_id"),
    "period_start": Value("data.period_start", "date"),
    "status": Value("data.status", "string", "draft"),
    "summary": Nested("", SUMMARY),
    **ORIGIN,
}
CREATE_PAYMENT_APPLICATION: Shape = {
    "request_detail_id": Value("request_detail_id"),
    "payment_application": Nested("", PAYMENT_APPLICATION),
    "company_id": Value("company_id"),
}
