"""Tax codes, which lines may name."""

from erpstaging.catalogue.entity import Entity, Level, LockList, Support, Supports
from erpstaging.catalogue.fields import boolean, number, text

TAX_CODE = Entity(
    item_type="tax_code",
    label="Tax code",
    plural="Tax codes",
    icon="code",
    level=Level.COMPANY,
    metadata_name=None,
    external_item_type="tax_code",
    supports=Supports(synced_direct=Support.YES),
    number_field="code",
    title_field="description",
    webhook_resource="Tax Codes",
    wire_path="tax_codes",
    unique_within=("code",),
    fields=(
        text("code", "Code", required=True, edited=True),
        text("description", "Description", edited=True),
        number("rate1", "Rate", edited=True),
        boolean("archived", "Archived", edited=True),
        boolean("default_tax_code", "Default", edited=True),
    ),
    lock=LockList(fields=frozenset({"code"})),
)
