"""Vendors' insurances."""

from erpstaging.catalogue.entity import Entity, Level, LockList, Support, Supports
from erpstaging.catalogue.fields import boolean, choice, date, long_text, reference, text

STATUSES = (
    "compliant", "compliant_in_progress", "expired", "non_compliant", "non_compliant_in_progress", "undecided",
    "unregistered",
)  # fmt: skip

INSURANCE = Entity(
    item_type="insurance",
    label="Insurance",
    plural="Insurances",
    icon="shield",
    level=Level.COMPANY,
    metadata_name=None,
    external_item_type="insurance",
    supports=Supports(synced_direct=Support.YES),
    parents=("vendor",),
    number_field="policy_number",
    status_field="status",
    webhook_resource="Company Insurances",
    wire_path="insurances",
    fields=(
        reference("vendor_id", "Vendor", "vendor", required=True, edited=True),
        text("name", "Provider", edited=True),
        text("insurance_type", "Type", edited=True),
        text("policy_number", "Policy number", edited=True),
        text("limit", "Limit", edited=True),
        date("effective_date", "Effective", edited=True),
        date("expiration_date", "Expires", edited=True),
        choice("status", "Status", *STATUSES, edited=True),
        boolean("exempt", "Exempt", edited=True),
        boolean("info_received", "Information received", edited=True),
        boolean("enable_expired_insurance_notifications", "Warn when it expires", edited=True),
        text("additional_insured", "Additional insured", edited=True),
        text("division_template", "Division template"),
        text("insurance_sets", "Insurance sets"),
        long_text("notes", "Notes", edited=True),
    ),
    lock=LockList(
        fields=frozenset({"policy_number", "insurance_type", "effective_date", "expiration_date", "limit", "name"})
    ),
)
