"""Payments: those that leave with the gate's yes, and those that the ERP has made and writes here itself."""

from erpstaging.catalogue.entities.commitments import project_field
from erpstaging.catalogue.entity import Entity, EntityEvents, Level, LockList, Support, Supports
from erpstaging.catalogue.fields import choice, date, integer, long_text, moment, money, reference, text

CONTRACTS = ("work_order_contract", "purchase_order_contract", "prime_contract")
METHODS = ("check", "credit_card", "electronic")
INVOICE_TYPES = {"Billings::Requisition": "requisition", "Billings::PaymentApplication": "payment_application"}

PAYMENT = (
    money("amount", "Amount", edited=True),
    date("date", "Date", edited=True),
    choice("payment_method", "Paid by", *METHODS, edited=True),
    text("check_number", "Check number", edited=True),
    integer("payment_number", "Payment number", edited=True),
    long_text("notes", "Notes", edited=True),
)

CONTRACT_PAYMENT = Entity(
    key="contract_payments",
    item_type="contract_payment",
    label="Payment",
    plural="Payments",
    icon="payment",
    level=Level.PROJECT,
    metadata_name="contract_payments",
    external_item_type="contract_payment",
    supports=Supports(
        exported=Support.YES,
        synced_direct=Support.YES,
        unlinked=Support.YES,
        reset=Support.YES,
        switches={"synced_direct": "configs.import, or sync_payments of requisitions"},
    ),
    parents=("requisition", *CONTRACTS),
    number_field="invoice_number",
    title_field="notes",
    status_field="status",
    amount_field="amount",
    kept_by_admins=True,
    webhook_resource="Contract Payments",
    wire_path="contract_payments",
    events=EntityEvents(export="create_contract_payment", sync="sync_contract_payments", reset="reset_payment"),
    fields=(
        project_field(),
        reference("contract_id", "Contract", *CONTRACTS, required=True, edited=True),
        reference("requisition_id", "Invoice", "requisition", edited=True),
        text("invoice_number", "Invoice number", edited=True),
        date("invoice_date", "Invoice date", edited=True),
        *PAYMENT,
        integer("draw_request_number", "Draw request number", edited=True),
        text("external_payment_id", "ID at the bank"),
        text("status", "Status", max_length=40),
        moment("date_payment_initiated", "Initiated"),
        moment("date_payment_settled", "Settled"),
    ),
    # Attachments, origin ID and origin data are no fields: they stay open.
    lock=LockList(whole=True),
)

INVOICE_PAYMENT = Entity(
    item_type="invoice_payment",
    older_switch=("requisitions", "sync_payments"),
    label="Invoice payment",
    plural="Invoice payments",
    icon="payment",
    level=Level.COMPANY,
    metadata_name="contract_payments",
    external_item_type="invoice_payment",
    supports=Supports(synced_direct=Support.YES, unlinked=Support.YES),
    parents=("requisition", "payment_application"),
    number_field="check_number",
    title_field="notes",
    amount_field="amount",
    webhook_resource="Invoice Payments",
    wire_path="invoice_payments",
    kept_by_erp=True,
    fields=(
        choice("invoice_type", "Kind of invoice", *INVOICE_TYPES, required=True),
        reference(
            "invoice_id",
            "Invoice",
            *INVOICE_TYPES.values(),
            required=True,
            typed_by="invoice_type",
            words=INVOICE_TYPES,
        ),
        *PAYMENT,
    ),
    lock=LockList(whole=True),
)
