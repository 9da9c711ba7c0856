"""Direct costs of a project on the wire."""

from erpstaging.catalogue.payload import Fixed, Nested, Shape, Value, values
from erpstaging.catalogue.resource import PROJECT, By, Resource, narrowed_by
from erpstaging.catalogue.resources.lines import LINE_VIEW

BOTH = ("v1.0", "v1.1")
PARTY: Shape = {"id": Value("id"), "name": Value("title", "string")}
SHARED: Shape = {
    "id": Value("id"),
    "created_at": Value("created_at", "datetime"),
    "deleted_at": Value("deleted_at", "datetime"),
    "description": Value("data.description", "string"),
    "direct_cost_type": Value("data.direct_cost_type", "string"),
    "employee": Value("employee"),
    "invoice_number": Value("data.invoice_number", "string"),
    "direct_cost_date": Value("data.direct_cost_date", "date"),
    **values("", "any", "origin_data", "origin_id"),
    "grand_total": Value("amount", "decimal"),
    **values("data.", "date", "payment_date", "received_date"),
    **values("data.", "string", "status", "terms"),
    "updated_at": Value("updated_at", "datetime"),
    "vendor_id": Value("data.vendor_id", "int"),
    "vendor_name": Value("vendor.title", "string"),
}
ROW: Shape = {**SHARED, "amount": Value("amount", "decimal"), "vendor": Value("vendor.title", "string")}
WHOLE: Shape = {
    **SHARED,
    "attachments_count": Fixed(0),
    "line_items_count": Value("line_count", "int"),
    "vendor": Nested("vendor", PARTY),
}
LINE: Shape = {**LINE_VIEW, "direct_cost_id": Value("holder.id", "int")}

DIRECT_COSTS = Resource(
    path="projects/<id:project_id>/direct_costs",
    item_types=("item",),
    wrapper="item",
    calls=frozenset({"list", "show", "create", "update", "sync"}),
    views={"default": WHOLE},
    list_views={"default": ROW},
    scopes=(PROJECT,),
    filters=narrowed_by(
        "id",
        "origin_id",
        "created_at",
        "updated_at",
        "status",
        "vendor_id",
        invoice_number=By("text", ("number",)),
        payment_date=By("date", ("data.payment_date",)),
        received_date=By("date", ("data.received_date",)),
    ),
    versions=BOTH,
)
# Each element says which cost it belongs to: see api/views/direct_costs.py.
DIRECT_COST_LINES = Resource(
    path="projects/<id:project_id>/direct_costs/line_items",
    item_types=("line_item",),
    calls=frozenset({"sync"}),
    views={"default": LINE},
    scopes=(PROJECT,),
    versions=BOTH,
)
