"""Payment applications: what the owner of the building is invoiced, line by line."""

from erpstaging.catalogue.entities.commitments import project_field
from erpstaging.catalogue.entity import Entity, EntityEvents, Level, LockList, Support, Supports
from erpstaging.catalogue.fields import choice, date, integer, long_text, money, number, position, reference, text

STATUSES = ("draft", "under_review", "revise_and_resubmit", "approved")

PAYMENT_APPLICATION = Entity(
    key="payment_applications",
    item_type="payment_application",
    label="Owner invoice",
    plural="Owner invoices",
    icon="invoice",
    level=Level.PROJECT,
    metadata_name="payment_applications",
    external_item_type="payment_application",
    supports=Supports(exported=Support.YES, unlinked=Support.YES),
    parents=("prime_contract",),
    line_type="payment_application_line_item",
    holder_type="PaymentApplication",
    number_field="invoice_number",
    title_field="invoice_number",
    status_field="status",
    webhook_resource="Payment Applications",
    wire_path="payment_applications",
    prerequisites=("prime_contract_linked",),
    events=EntityEvents(export="create_payment_application", unlink="unlink_payment_application"),
    fields=(
        project_field(),
        reference("prime_contract_id", "Prime contract", "prime_contract", required=True, edited=True),
        text("invoice_number", "Invoice number", edited=True),
        choice("status", "Status", *STATUSES, edited=True),
        integer("number", "Number", smallest=0),
        integer("commitment_billing_period_id", "Billing period"),
        date("billing_date", "Billing date", edited=True),
        date("period_start", "From", edited=True),
        date("period_end", "To", edited=True),
    ),
    lock=LockList(whole=True, lines=True),
)

PAYMENT_APPLICATION_LINE_ITEM = Entity(
    item_type="payment_application_line_item",
    label="Owner invoice line",
    plural="Owner invoice lines",
    icon="columns",
    level=Level.CHILD,
    metadata_name=None,
    external_item_type="payment_application_line_item",
    supports=Supports(exported=Support.WITH_PARENT),
    parents=("payment_application",),
    title_field="description_of_work",
    amount_field="amount",
    summed=("work_completed_this_period", "new_materials"),
    webhook_resource="Payment Application Line Items",
    fields=(
        reference("line_item_id", "Line of the contract", "line_item", edited=True),
        reference("cost_code_id", "Cost code", "cost_code", edited=True),
        position(),
        integer("item_number", "Number", smallest=0),
        long_text("description_of_work", "Work", edited=True),
        money("work_completed_this_period", "Work completed this period", edited=True),
        money("new_materials", "Materials stored this period", edited=True),
        # What the two come to: the amount of the line.
        money("amount", "Amount"),
        *(
            money(name, label)
            for name, label in (
                ("scheduled_value", "Scheduled value"),
                ("stored_materials", "Materials stored"),
                ("balance_to_finish", "Balance to finish"),
                ("work_completed_from_previous_application", "Work completed before"),
                ("materials_presently_stored", "Materials presently stored"),
                ("materials_presently_stored_from_previous_application", "Materials stored before"),
                ("total_completed_and_stored_to_date", "Completed and stored to date"),
                ("work_completed_retainage_from_previous_application", "Retainage of work before"),
                ("work_completed_retainage_retained_this_period", "Retainage of work kept this period"),
                ("work_completed_retainage_released_this_period", "Retainage of work released this period"),
                ("work_completed_retainage_currently_retained", "Retainage of work"),
                ("materials_stored_retainage_from_previous_application", "Retainage of materials before"),
                ("materials_stored_retainage_retained_this_period", "Retainage of materials kept this period"),
                ("materials_stored_retainage_released_this_period", "Retainage of materials released this period"),
                ("materials_stored_retainage_currently_retained", "Retainage of materials"),
                ("total_retainage_from_previous_application", "Retainage before"),
                ("total_retainage_currently_retained", "Retainage"),
            )
        ),
        number("total_completed_and_stored_to_date_percent", "Completed and stored to date %"),
        number("work_completed_retainage_percent_this_period", "Retainage of work %"),
        number("materials_stored_retainage_percent_this_period", "Retainage of materials %"),
        number("previous_quantity", "Quantity before"),
    ),
    lock=LockList(whole=True),
)
