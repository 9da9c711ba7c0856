"""Prime contracts: what the owner of the building pays for."""

from erpstaging.catalogue.entities.commitments import contract_dates, project_field
from erpstaging.catalogue.entity import Entity, EntityEvents, Level, LockList, Support, Supports
from erpstaging.catalogue.fields import boolean, choice, date, integer, long_text, number, reference, text

STATUSES = ("Draft", "Out For Bid", "Out For Signature", "Approved", "Complete", "Terminated")

PRIME_CONTRACT = Entity(
    key="prime_contracts",
    item_type="prime_contract",
    label="Prime contract",
    plural="Prime contracts",
    icon="commitment",
    level=Level.PROJECT,
    metadata_name="prime_contracts",
    external_item_type="prime_contract",
    supports=Supports(imported=Support.YES, synced_staged=Support.YES),
    imported_again=True,
    line_type="line_item",
    holder_type="PrimeContract",
    number_field="number",
    title_field="title",
    status_field="status",
    approved_status="Approved",
    kept_by_admins=True,
    webhook_resource="Prime Contracts",
    wire_path="prime_contracts",
    events=EntityEvents(sync="sync_prime_contracts"),
    fields=(
        text("number", "Number", edited=True),
        text("title", "Title", required_at_import=True, edited=True),
        choice("status", "Status", *STATUSES, edited=True),
        project_field(),
        choice("accounting_method", "Accounting method", "amount", "unit", edited=True),
        number("retainage_percent", "Retainage %", edited=True),
        long_text("description", "Description", edited=True),
        long_text("inclusions", "Inclusions", edited=True),
        long_text("exclusions", "Exclusions", edited=True),
        boolean("executed", "Executed", edited=True),
        boolean("private", "Private", edited=True),
        boolean("allow_markups", "Markups allowed"),
        boolean("show_line_items_to_non_admins", "Lines visible to all", staged=False),
        date("contract_start_date", "Start", edited=True),
        date("contract_estimated_completion_date", "Estimated completion", edited=True),
        date("actual_completion_date", "Completion", edited=True),
        date("signed_contract_received_date", "Signed contract received", edited=True),
        *contract_dates(
            "approval_letter_date", "contract_date", "execution_date", "issued_on_date", "letter_of_intent_date",
            "returned_date", "contract_termination_date", "delivery_date", "original_substantial_completion_date",
            "substantial_completion_date",
        ),
        reference("vendor_id", "Owner", "vendor", staged=False, edited=True),
        integer("architect_id", "Architect", staged=False),
        integer("contractor_id", "Contractor", staged=False),
        text("payment_terms", "Payment terms", staged=False),
        text("currency_iso_code", "Currency", staged=False, max_length=3),
        number("currency_exchange_rate", "Exchange rate", staged=False),
    ),
    lock=LockList(lines=True, deletion=False),
)  # fmt: skip
