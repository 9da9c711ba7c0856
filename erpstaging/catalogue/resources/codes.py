"""Codes that lines are booked under, on the wire."""

from erpstaging.catalogue.payload import Each, Fixed, Shape, Value, values
from erpstaging.catalogue.resource import Call, Resource, Scope, narrowed_by

ORIGIN: Shape = values("", "any", "origin_data", "origin_id")
EXCEPT_DELETE: frozenset[Call] = frozenset({"list", "show", "create", "update", "sync"})

LIST_VIEW: Shape = {
    "id": Value("id"),
    "is_erp_list": Value("data.is_erp_list", "bool", False),
    "name": Value("data.name", "string"),
    "company_id": Value("company.id", "int"),
}
LIST_ROW: Shape = {
    # Every list can be named when a project is made.
    "available_to_use_on_new_projects": Fixed(True),
    **{name: source for name, source in LIST_VIEW.items() if name != "company_id"},
}
STANDARD_COST_CODE_VIEW: Shape = {
    "id": Value("id"),
    **values("data.", "int", "standard_cost_code_list_id", "parent_id"),
    **values("data.", "string", "code", "full_code", "name"),
    **ORIGIN,
}
STANDARD_COST_CODE_COMPACT: Shape = {
    "id": Value("id"),
    "parent_id": Value("data.parent_id", "int"),
    **values("data.", "string", "code", "full_code", "name"),
    "origin_id": Value("origin_id"),
}
LINE_ITEM_TYPE_VIEW: Shape = {
    "id": Value("id"),
    **values("data.", "string", "name", "code", "base_type"),
    **ORIGIN,
}
COST_CODE_VIEW: Shape = {
    "id": Value("id"),
    "biller": Value("biller.name", "string"),
    "biller_id": Value("biller.id", "int"),
    "biller_type": Value("biller.type", "string"),
    "budgeted": Value("data.budgeted", "bool", False),
    "code": Value("data.code", "string"),
    "created_at": Value("created_at", "datetime"),
    "deleted_at": Value("deleted_at", "datetime"),
    **values("data.", "string", "full_code", "name"),
    **ORIGIN,
    "parent": Value("parent_ref"),
    "position": Value("position", "int"),
    "sortable_code": Value("data.sortable_code", "string"),
    "standard_cost_code_id": Value("data.standard_cost_code_id", "int"),
    "standard_cost_code_list_id": Value("standard_cost_code.data.standard_cost_code_list_id", "int"),
    "updated_at": Value("updated_at", "datetime"),
    "line_item_types": Each("line_item_types", LINE_ITEM_TYPE_VIEW),
}
# What this view holds is not public: the normal one, with all origin fields.
COST_CODE_ERP: Shape = {**COST_CODE_VIEW, "origin_code": Value("origin_code")}
TAX_CODE_VIEW: Shape = {
    "id": Value("id"),
    **values("data.", "string", "code", "description"),
    **ORIGIN,
    "rate1": Value("data.rate1", "number"),
    "archived": Value("data.archived", "bool", False),
    "default_tax_code": Value("data.default_tax_code", "bool", False),
}
CODE_SORTS = {"id": "pk", "code": "number", "name": "title", "updated_at": "updated_at"}

STANDARD_COST_CODE_LISTS = Resource(
    path="standard_cost_code_lists",
    item_types=("standard_cost_code_list",),
    wrapper="standard_cost_code_list",
    calls=frozenset({"list", "show", "create", "update"}),
    views={"default": LIST_VIEW},
    list_views={"default": LIST_ROW},
)
STANDARD_COST_CODES = Resource(
    path="standard_cost_codes",
    item_types=("standard_cost_code",),
    wrapper="standard_cost_code",
    scopes=(Scope("standard_cost_code_list_id", required=EXCEPT_DELETE),),
    views={
        "extended": STANDARD_COST_CODE_VIEW,
        "default": STANDARD_COST_CODE_VIEW,
        "compact": STANDARD_COST_CODE_COMPACT,
    },
    filters=narrowed_by("id", "origin_id", "created_at", "updated_at"),
    sorts=CODE_SORTS,
    bare_sync=True,
)
LINE_ITEM_TYPES = Resource(
    path="line_item_types",
    item_types=("line_item_type",),
    wrapper="line_item_type",
    views={"default": LINE_ITEM_TYPE_VIEW},
    filters=narrowed_by("id", "origin_id", "created_at", "updated_at"),
    sorts=CODE_SORTS,
    bare_sync=True,
)
COST_CODES = Resource(
    path="cost_codes",
    item_types=("cost_code",),
    wrapper="cost_code",
    scopes=(
        Scope("project_id", column="project_id", required=EXCEPT_DELETE),
        Scope("sub_job_id", required=frozenset()),
    ),
    views={"default": COST_CODE_VIEW, "erp_compact": COST_CODE_ERP},
    filters=narrowed_by("id", "origin_id", "created_at", "updated_at"),
    sorts=CODE_SORTS,
    bare_sync=True,
)
TAX_CODES = Resource(
    path="tax_codes",
    item_types=("tax_code",),
    wrapper="tax_code",
    calls=frozenset({"list", "show", "create", "sync"}),
    views={"default": TAX_CODE_VIEW},
    filters=narrowed_by("id", "origin_id"),
    sorts=CODE_SORTS,
)
