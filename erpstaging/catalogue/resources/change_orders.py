"""Change orders on the wire: as packages of either contract, and as change orders of one kind.

Both show the same objects: the package has the id of its change order, which names it as `legacy_package_id`.
"""

from dataclasses import replace

from erpstaging.catalogue.payload import Each, Fixed, Nested, Shape, Value, values
from erpstaging.catalogue.resource import ALL, PROJECT, By, Resource, Scope, narrowed_by
from erpstaging.catalogue.resources.contracts import ORIGIN, PERSON
from erpstaging.catalogue.resources.lines import LINE_VIEW, NO_AMOUNT

ROW: Shape = {
    "id": Value("id"),
    "contract_id": Value("contract_ref", "int"),
    **values("", "datetime", "created_at", "deleted_at", "updated_at"),
    "created_by_id": Value("created_by.id", "int"),
    **values("data.", "date", "due_date", "invoiced_date", "paid_date", "signed_change_order_received_date"),
    "executed": Value("data.executed", "bool", False),
    "number": Value("data.number", "string"),
    **ORIGIN,
    "reviewed_at": Fixed(None),
    "status": Value("data.status", "string", "draft"),
    "title": Value("data.title", "string"),
    "revision": Value("data.revision", "int", 0),
    "grand_total": Value("worth", "decimal", NO_AMOUNT),
    "designated_reviewer": Value("designated_reviewer"),
}
PACKAGE: Shape = {
    **{name: source for name, source in ROW.items() if name != "created_by_id"},
    "description": Value("data.description", "string"),
    "position": Value("position", "int"),
    "private": Value("data.private", "bool", False),
    "review_notes": Fixed(None),
    "revised_substantial_completion_date": Value("data.revised_substantial_completion_date", "date"),
    "schedule_impact_amount": Value("data.schedule_impact_amount", "int"),
    "type": Value("holder_type", "string"),
    "creator": Nested("created_by", PERSON),
    "reviewer": Fixed(None),
    "line_items": Each("lines", {**LINE_VIEW, "markup_line_items": Fixed([])}),
}
CHANGE_ORDER: Shape = {
    "id": Value("id"),
    "batch_id": Value("data.batch_id", "int"),
    "contract_id": Value("contract_ref", "int"),
    "legacy_package_id": Value("id"),
    "legacy_request_id": Fixed(None),
    "location_id": Value("data.location_id", "int"),
    **values("data.", "string", "description", "title"),
    **values("data.", "date", "invoiced_date", "due_date", "revised_substantial_completion_date"),
    "signed_change_order_received_date": Value("data.signed_change_order_received_date", "date"),
    **values("", "datetime", "created_at", "updated_at"),
    "reviewed_at": Fixed(None),
    **values("data.", "bool", "executed", "paid", "signature_required", "private", "field_change", default=False),
    "grand_total": Value("worth", "decimal", NO_AMOUNT),
    "schedule_impact_amount": Value("data.schedule_impact_amount", "int"),
    "number": Value("data.number", "string"),
    "type": Value("holder_type", "string"),
    "revision": Value("data.revision", "int", 0),
    "status": Value("data.status", "string", "draft"),
    "reference": Value("data.reference", "string"),
    "created_by": Nested("created_by", PERSON),
    "designated_reviewer": Value("designated_reviewer"),
    "received_from": Value("received_from"),
    "reviewed_by": Fixed(None),
    "change_order_change_reason": Value("change_order_change_reason"),
    "change_events": Fixed([]),
}
EXTENDED: Shape = {**CHANGE_ORDER, **ORIGIN, "line_items": Each("lines", LINE_VIEW)}
CONTRACT = By("integer", ("data.commitment_id", "data.contract_id"))

CHANGE_ORDER_PACKAGES = Resource(
    path="change_order_packages",
    item_types=("commitment_change_order", "prime_contract_change_order"),
    wrapper="change_order",
    calls=ALL - {"delete", "sync"},
    scopes=(PROJECT, Scope("contract_id", required=frozenset({"create"}))),
    views={"default": PACKAGE},
    list_views={"default": ROW},
    filters=narrowed_by(
        "id",
        "origin_id",
        "status",
        "created_at",
        "updated_at",
        "include_deleted",
        **{name: By("date", (f"data.{name}",))
           for name in ("due_date", "invoiced_date", "paid_date", "signed_change_order_received_date")},
    ),
    sorts={"id": "pk", "created_at": "created_at", "updated_at": "updated_at"},
)  # fmt: skip
COMMITMENT_CHANGE_ORDERS = Resource(
    path="projects/<id:project_id>/commitment_change_orders",
    item_types=("commitment_change_order",),
    wrapper="change_order",
    calls=ALL - {"sync"},
    scopes=(PROJECT,),
    views={"default": CHANGE_ORDER, "extended": EXTENDED},
    filters=narrowed_by(
        "id",
        "origin_id",
        "status",
        "created_at",
        "updated_at",
        batch_id=By("integer", ("data.batch_id",)),
        legacy_package_id=By("integer", ("pk",)),
        contract_id=CONTRACT,
        vendor_id=By("contract_vendor", ("data.commitment_id", "data.contract_id")),
        signature_required=By("flag", ("data.signature_required",)),
        executed=By("flag", ("data.executed",)),
    ),
    sorts={"id": "pk", "created_at": "created_at"},
    delete_status=204,
    nested=False,
)
PRIME_CHANGE_ORDERS = replace(
    COMMITMENT_CHANGE_ORDERS,
    path="projects/<id:project_id>/prime_change_orders",
    item_types=("prime_contract_change_order",),
)
