"""Payments on the wire."""

from erpstaging.catalogue.payload import Shape, Value, values
from erpstaging.catalogue.resource import PROJECT, By, Resource, Scope, narrowed_by

ORIGIN: Shape = values("", "any", "origin_id", "origin_code", "origin_data")
PAYMENT: Shape = {
    "id": Value("id"),
    "amount": Value("amount", "decimal"),
    "check_number": Value("data.check_number", "string"),
    "contract_id": Value("data.contract_id", "int"),
    **values("", "datetime", "created_at", "updated_at"),
    "date": Value("data.date", "date"),
    **values("data.", "datetime", "date_payment_settled", "date_payment_initiated"),
    "draw_request_number": Value("data.draw_request_number", "int"),
    **values("data.", "string", "external_payment_id", "invoice_number", "notes"),
    "payment_number": Value("data.payment_number", "int"),
    **values("data.", "int", "project_id", "requisition_id"),
    **ORIGIN,
    "status": Value("data.status", "string"),
    "invoice_date": Value("data.invoice_date", "date"),
    "payment_method": Value("data.payment_method", "string"),
}
INVOICE_PAYMENT: Shape = {
    "id": Value("id"),
    "invoice_type": Value("data.invoice_type", "string"),
    "invoice_id": Value("data.invoice_id", "int"),
    "amount": Value("amount", "decimal"),
    "date": Value("data.date", "date"),
    **values("data.", "string", "payment_method", "check_number"),
    "payment_number": Value("data.payment_number", "int"),
    "notes": Value("data.notes", "string"),
    **ORIGIN,
    "synced": Value("synced", "bool", False),
    **values("", "datetime", "created_at", "updated_at"),
}

CONTRACT_PAYMENTS = Resource(
    path="contract_payments",
    item_types=("contract_payment",),
    wrapper="contract_payment",
    wrapper_optional=True,
    calls=frozenset({"list", "show", "create", "update", "delete"}),
    views={"default": PAYMENT},
    scopes=(PROJECT, Scope("contract_id")),
    filters=narrowed_by("id", "origin_id", "created_at", "updated_at"),
)
INVOICE_PAYMENTS = Resource(
    path="invoice_payments",
    item_types=("invoice_payment",),
    calls=frozenset({"list", "sync"}),
    views={"default": INVOICE_PAYMENT},
    filters=narrowed_by("id", "origin_id", invoice_id=By("integer", ("data.invoice_id",))),
    nested=True,
)
