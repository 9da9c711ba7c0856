"""What leaves with a payment."""

from erpstaging.catalogue.payload import Fixed, Nested, Shape, Value, values

CONTRACT_PAYMENT: Shape = {
    "id": Value("id"),
    "company_id": Value("company.id"),
    **values("data.", "any", "project_id", "contract_id", "requisition_id"),
    **values("data.", "string", "external_payment_id", "invoice_number"),
    "invoice_date": Value("data.invoice_date", "date"),
    "status": Value("data.status", "string"),
    "amount": Value("amount", "decimal", "0.0"),
    "date_payment_created": Value("created_at", "datetime"),
    "date_payment_initiated": Value("data.date_payment_initiated", "datetime"),
    # Nobody tells us when the bank paid, from which bank, and what of it was retainage.
    "date_payment_funded": Fixed(None),
    "date_payment_settled": Value("data.date_payment_settled", "day"),
    "retainage_released_payment_amount": Fixed(None),
    "draw_request_number": Value("data.draw_request_number"),
    "payment_method": Value("data.payment_method", "string"),
    "payment_number": Value("data.payment_number"),
    "vendor_id": Value("contract.data.vendor_id"),
    "bank_id": Fixed(None),
    "check_number": Value("data.check_number", "string"),
}
CREATE_CONTRACT_PAYMENT: Shape = {
    "request_detail_id": Value("request_detail_id"),
    "contract_payment": Nested("", CONTRACT_PAYMENT),
    "company_id": Value("company_id"),
}
