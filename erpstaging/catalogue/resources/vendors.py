"""Vendors on the wire."""

from collections.abc import Mapping

from erpstaging.catalogue.entities.vendor import BIDDING_KINDS
from erpstaging.catalogue.payload import Fixed, Nested, Shape, Value, values
from erpstaging.catalogue.resource import By, Resource, narrowed_by

ORIGIN: Shape = values("", "any", "origin_code", "origin_data", "origin_id")
COMPACT: Shape = {"id": Value("id"), "name": Value("data.name", "string"), **ORIGIN}
NORMAL: Shape = {
    "id": Value("id"),
    **values("data.", "string", "name", "abbreviated_name", "address"),
    "attachments": Fixed([]),
    "authorized_bidder": Value("data.authorized_bidder", "bool", False),
    "business_id": Fixed(None),
    **values("data.", "string", "business_phone"),
    "business_register": Fixed(None),
    **values("data.", "string", "city"),
    "company": Value("data.name", "string"),
    "contact_count": Fixed(None),
    **values("data.", "string", "country_code"),
    "created_at": Value("created_at", "datetime"),
    **values("data.", "string", "email_address", "fax_number"),
    "is_active": Value("data.is_active", "bool", True),
    "is_connected": Fixed(None),
    **values("data.", "string", "labor_union", "license_number"),
    "logo": Fixed(None),
    **values("data.", "string", "mobile_phone"),
    "non_union_prevailing_wage": Value("data.non_union_prevailing_wage", "bool", False),
    **values("data.", "string", "notes"),
    **ORIGIN,
    "prequalified": Value("data.prequalified", "bool", False),
    "primary_contact": Fixed(None),
    "project_ids": Fixed([]),
    **values("data.", "string", "state_code"),
    "synced_to_erp": Value("synced", "bool", False),
    **values("data.", "string", "trade_name"),
    "union_member": Value("data.union_member", "bool", False),
    "updated_at": Value("updated_at", "datetime"),
    "vendor_group": Fixed(None),
    **values("data.", "string", "website", "zip"),
}
EXTENDED: Shape = {
    **NORMAL,
    "parent": Nested("parent", {"id": Value("id"), "name": Value("title", "string")}),
    **values("data.", "int", "vendor_group_id", "vendor_type_id", "primary_contact_id"),
    **values("data.", "any", "trade_ids", "bidding_distribution_ids", "standard_cost_code_ids", default=[]),
    "bidding": Nested("data", values("bidding_", "bool", *BIDDING_KINDS, default=False)),
}
# What the views erp, directory and summary hold is not public: they are the normal one, which has all origin fields.
VIEWS: Mapping[str, Shape] = {
    "normal": NORMAL, "compact": COMPACT, "erp": NORMAL, "extended": EXTENDED, "directory": NORMAL, "summary": NORMAL,
}  # fmt: skip

VENDORS = Resource(
    path="vendors",
    item_types=("vendor",),
    wrapper="vendor",
    calls=frozenset({"list", "show", "create", "update", "sync"}),
    views=VIEWS,
    filters=narrowed_by(
        "id",
        "origin_id",
        "search",
        "created_at",
        "updated_at",
        "synced",
        parent_id=By("integer", ("data.parent_id",)),
        trade_id=By("member", ("data.trade_ids",)),
        standard_cost_code_id=By("member", ("data.standard_cost_code_ids",)),
    ),
    sorts={"id": "pk", "name": "title", "created_at": "created_at", "updated_at": "updated_at"},
)
