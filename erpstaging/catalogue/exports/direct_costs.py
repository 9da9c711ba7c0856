"""What leaves with a direct cost of the company. All ids of this payload are texts."""

from erpstaging.catalogue.payload import Each, Fixed, Nested, Shape, Value, values

ORIGIN: Shape = values("", "any", "origin_id", "origin_code", "origin_data")
CURRENCY: Shape = {
    "base_currency_iso_code": Value("company.currency", "string"),
    "currency_exchange_rate": Value("data.currency_exchange_rate", "decimal", "1.0"),
    "currency_iso_code": Value("currency", "string"),
}
ITEM: Shape = {
    "id": Value("id", "string"),
    "company": Nested("company", {"id": Value("id", "string")}),
    "currency_configuration": Nested("", CURRENCY),
    "description": Value("data.description", "string", ""),
    "direct_cost_id": Value("holder.id", "string"),
    "extended_type": Value("data.extended_type", "string", "manual"),
    "position": Value("position"),
    "project": Nested("project", {"id": Value("id", "string"), "name": Value("title", "string")}),
    "quantity": Value("data.quantity", "decimal", "0.0"),
    "total_amount": Value("amount", "decimal", "0.0"),
    "unit_cost": Value("data.unit_cost", "decimal", "0.0"),
    "uom": Nested("", {"name": Value("data.uom", "string", ""), "read_only": Fixed(False)}),
    "wbs_code": Nested(
        "cost_code",
        {
            "id": Value("id", "string"),
            "flat_code": Value("data.full_code", "string", instead="data.code"),
            "description": Value("data.name", "string"),
        },
    ),
    "job_origin_id": Value("project.origin_id", "string"),
    **values("data.", "any", "cost_code_id", "line_item_type_id"),
    **{f"{name}_origin_id": Value(f"{name}.origin_id", "string") for name in ("cost_code", "line_item_type")},
}
DIRECT_COST: Shape = {
    "id": Value("id", "string"),
    "accounting_date": Value("data.accounting_date", "date"),
    "ai_autofill": Fixed(False),
    "billed_amount": Value("data.billed_amount", "decimal", "0.0", instead="amount"),
    **values("", "datetime", "created_at", "updated_at"),
    "currency_configuration": Nested("", CURRENCY),
    "description": Value("data.description", "string", ""),
    # Files are not kept here.
    "direct_cost_attachment": Fixed(None),
    "direct_cost_date": Value("data.direct_cost_date", "date"),
    "direct_cost_type": Value("data.direct_cost_type", "string"),
    "discount_date": Value("data.discount_date", "date"),
    "employee": Value("employee"),
    "erp": Fixed({"status": "exporting"}),
    "invoice_number": Value("data.invoice_number", "string", ""),
    "line_item_total": Value("amount", "decimal", "0.0"),
    "paid_status": Value("data.paid_status", "string", "unpaid"),
    "payment_date": Value("data.payment_date", "date"),
    "payment_due_date": Value("data.payment_due_date", "datetime"),
    "projects": Each("line_projects", {"id": Value("id"), "name": Value("title", "string")}),
    "received_date": Value("data.received_date", "date"),
    "review_status": Value("data.review_status", "string", "ready"),
    "status": Value("data.status", "string", "draft"),
    "terms": Value("data.terms", "string"),
    "uploaded_at": Value("created_at", "datetime"),
    "uploaded_by": Value("created_by.name", "string"),
    "vendor": Nested("vendor", {"id": Value("id", "string"), "name": Value("title", "string"), **ORIGIN}),
    **ORIGIN,
    "line_items": Each("lines", ITEM),
}
CREATE_COMPANY_LEVEL_DIRECT_COST: Shape = {
    "request_detail_id": Value("request_detail_id"),
    "company_id": Value("company_id"),
    "direct_cost": Nested("", DIRECT_COST),
}
