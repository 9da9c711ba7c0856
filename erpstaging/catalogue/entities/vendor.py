"""Vendors: companies that are paid, kept at company level."""

from erpstaging.catalogue.entity import Entity, EntityEvents, Level, LockList
from erpstaging.catalogue.fields import boolean, integer, integers, long_text, reference, text
from erpstaging.catalogue.payload import Fixed, Shape, Value, values

BIDDING_KINDS = (
    "cbe", "mbe_8a", "mbe_abe", "mbe_dbe", "mbe_hbe", "mbe_hub", "mbe_mbe", "mbe_sbe", "mbe_wbe", "mbe_aabe",
    "mbe_nabe", "mbe_sdvosb", "affirmative_action",
)  # fmt: skip

VENDOR = Entity(
    item_type="vendor",
    label="Vendor",
    plural="Companies",
    icon="vendor",
    level=Level.COMPANY,
    metadata_name="vendors",
    external_item_type="vendor",
    staged=True,
    webhook_resource="Company Vendors",
    wire_path="vendors",
    events=EntityEvents(export="create_vendor", imported="create_vendor_in_procore"),
    fields=(
        text("name", "Name", required=True, required_at_import=True, edited=True),
        text("abbreviated_name", "Short name", edited=True),
        long_text("address", "Address", edited=True),
        text("city", "City", edited=True),
        text("state_code", "State", edited=True, max_length=10),
        text("zip", "Postcode", edited=True, max_length=20),
        text("country_code", "Country", edited=True, max_length=2),
        text("business_phone", "Phone", edited=True),
        text("mobile_phone", "Mobile", edited=True),
        text("fax_number", "Fax", edited=True),
        text("email_address", "E-mail", edited=True),
        text("website", "Website", edited=True),
        text("license_number", "Licence number", edited=True),
        text("labor_union", "Labour union"),
        text("trade_name", "Trade name", staged=False, edited=True),
        long_text("notes", "Notes", edited=True),
        boolean("is_active", "Active"),
        boolean("authorized_bidder", "Authorised bidder"),
        boolean("prequalified", "Prequalified"),
        boolean("union_member", "Union member"),
        boolean("non_union_prevailing_wage", "Prevailing wage without union"),
        *(boolean(f"bidding_{kind}", f"Bidding class {kind.replace('_', ' ').upper()}") for kind in BIDDING_KINDS),
        integer("vendor_group_id", "Vendor group"),
        integer("parent_id", "Parent vendor", staged=False),
        integer("primary_contact_id", "Primary contact", staged=False),
        reference("vendor_type_id", "Vendor type", "vendor_type", origin_field="vendor_type_origin_id"),
        integers("trade_ids", "Trades", staged=False),
        integers("bidding_distribution_ids", "Bidding distribution", staged=False),
        integers("standard_cost_code_ids", "Standard cost codes", staged=False),
    ),
    # The ERP owns a vendor's identity: name, code and addresses change from there only.
    lock=LockList(
        fields=frozenset({"name", "origin_code", "address", "city", "state_code", "zip", "country_code"}),
    ),
)

VENDOR_EXPORT: Shape = {
    "id": Value("id"),
    **values("data.", "string", "name", "abbreviated_name"),
    **values("data.", "string", "address", default=""),
    "authorized_bidder": Value("data.authorized_bidder", "bool", False),
    **values("data.", "string", "business_phone", "city", default=""),
    "company": Value("data.name", "string"),
    "country_code": Value("data.country_code", "string", ""),
    "created_at": Value("created_at", "datetime"),
    "email_address": Value("data.email_address", "string"),
    "fax_number": Value("data.fax_number", "string", ""),
    "is_active": Value("data.is_active", "bool", True),
    **values("data.", "string", "labor_union", "license_number"),
    "logo": Fixed(None),
    "mobile_phone": Value("data.mobile_phone", "string"),
    "non_union_prevailing_wage": Value("data.non_union_prevailing_wage", "bool", False),
    "notes": Value("data.notes", "string"),
    **values("", "any", "origin_code", "origin_data", "origin_id"),
    "prequalified": Value("data.prequalified", "bool", False),
    "state_code": Value("data.state_code", "string", ""),
    "synced_to_erp": Value("synced", "bool", False),
    "trade_name": Value("data.trade_name", "string", ""),
    "union_member": Value("data.union_member", "bool", False),
    "updated_at": Value("updated_at", "datetime"),
    "website": Value("data.website", "string"),
    "zip": Value("data.zip", "string", ""),
    "erp_custom_fields": Value("inputs.custom_fields", "any", {}),
    "business_register": Fixed(None),
    "primary_contact": Fixed(None),
    "attachments": Fixed([]),
    "vendor_group": Fixed(None),
}
VENDOR_IMPORTED: Shape = {"id": Value("id"), "origin_id": Value("origin_id")}
