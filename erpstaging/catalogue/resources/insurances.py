"""Vendors' insurances on the wire."""

from erpstaging.catalogue.payload import Shape, Value, values
from erpstaging.catalogue.resource import Call, Resource, Scope, narrowed_by

INSURANCE: Shape = {
    "id": Value("id"),
    "effective_date": Value("data.effective_date", "date"),
    **values("data.", "bool", "enable_expired_insurance_notifications", "exempt"),
    "expiration_date": Value("data.expiration_date", "date"),
    "info_received": Value("data.info_received", "bool"),
    "insurance_provider": Value("data.name", "string"),
    **values("data.", "string", "insurance_type", "limit", "notes", "policy_number", "status"),
    "vendor_id": Value("data.vendor_id", "int"),
    **values("data.", "string", "additional_insured", "division_template", "insurance_sets"),
    **values("", "any", "origin_data", "origin_id"),
}
CALLS: frozenset[Call] = frozenset({"list", "sync"})

INSURANCES = Resource(
    path="insurances",
    item_types=("insurance",),
    calls=CALLS,
    views={"default": INSURANCE},
    filters=narrowed_by("id", "origin_id", "vendor_id"),
)
INSURANCES_OF_VENDOR = Resource(
    path="vendors/<id:vendor_id>/insurances",
    item_types=("insurance",),
    calls=CALLS,
    views={"default": INSURANCE},
    scopes=(Scope("vendor_id", column="vendor_id"),),
    filters=narrowed_by("id", "origin_id"),
    nested=True,
)
