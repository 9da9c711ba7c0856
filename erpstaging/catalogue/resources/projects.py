"""Projects on the wire."""

from erpstaging.catalogue.payload import Fixed, Nested, Shape, Value, values
from erpstaging.catalogue.resource import By, Resource, narrowed_by

PARTY: Shape = {"id": Value("id"), "name": Value("name", "string")}
PERSON: Shape = {**PARTY, "login": Value("login", "string")}
ORIGIN: Shape = values("", "any", "origin_id", "origin_data", "origin_code")
ADDRESS = ("address", "city", "state_code", "country_code", "zip", "county", "time_zone")
SHARED: Shape = {
    "id": Value("id"),
    "name": Value("data.name", "string"),
    "is_demo": Value("company.is_demo", "bool"),
    "display_name": Value("display_name", "string"),
    "project_number": Value("data.project_number", "string"),
    **values("data.", "string", *ADDRESS),
    **values("data.", "number", "latitude", "longitude"),
    "parent_job_id": Value("data.parent_job_id", "int"),
    "phone": Value("data.phone", "string"),
    "created_at": Value("created_at", "datetime"),
    "updated_at": Value("updated_at", "datetime"),
    "active": Value("data.active", "bool", True),
    **ORIGIN,
    "owners_project_id": Fixed(None),
    "total_value": Value("data.total_value", "decimal"),
    **values("data.", "string", "store_number", "accounting_project_number", "designated_market_area"),
    **values("data.", "int", "project_region_id", "project_bid_type_id", "project_owner_type_id", "project_sector_id"),
    "photo_id": Fixed(None),
    **values("data.", "date", "start_date", "completion_date"),
    "projected_finish_date": Value("data.completion_date", "date"),
    "estimated_value": Value("data.estimated_value", "decimal"),
    **values("data.", "string", "fax", "sector", "work_scope", "delivery_method"),
    "company": Nested("company", PARTY),
    "created_by": Nested("created_by", PERSON),
}
ROW: Shape = {
    **SHARED,
    "estimated_budget": Value("data.estimated_budget", "number"),
    "priority": Value("data.priority", "string"),
    "stage": Fixed(None),
    "project_stage": Fixed(None),
    "project_template": Fixed(None),
    "parent_job": Fixed(None),
}
COMPACT: Shape = {
    "id": Value("id"),
    "name": Value("data.name", "string"),
    "display_name": Value("display_name", "string"),
    "project_number": Value("data.project_number", "string"),
    "active": Value("data.active", "bool", True),
    **ORIGIN,
}
WHOLE: Shape = {
    **SHARED,
    "logo_id": Fixed(None),
    "logo_url": Fixed(None),
    "template": Value("data.template", "bool", False),
    "tz_name": Value("data.time_zone", "string"),
    "parent_job": Fixed(None),
    **values("data.", "int", "from_project_template_id", "square_feet", "project_stage_id"),
    **values("data.", "string", "description", "flag", "locale", "public_notes", "code"),
    **values(
        "data.", "date", "warranty_start_date", "warranty_end_date", "estimated_start_date", "estimated_completion_date"
    ),
    "actual_start_date": Value("data.start_date", "date"),
    "standard_cost_code_list_id": Value("data.standard_cost_code_list_id", "int"),
    "is_erp_integrated": Value("is_erp_integrated", "bool", False),
    "photo_url": Fixed(None),
    "inbound_email": Fixed(None),
    "inbound_email_address": Fixed(None),
    **{
        name: Fixed(None)
        for name in (
            "office", "project_bid_type", "project_owner_type", "project_region", "project_stage", "project_type",
            "program",
        )
    },
    "departments": Fixed([]),
    "dictionary_type": Fixed(None),
    "estimated_budget": Value("data.estimated_budget", "number"),
    "priority": Value("data.priority", "string"),
}  # fmt: skip
MINIMAL: Shape = {
    "id": Value("id"),
    "name": Value("data.name", "string"),
    "project_number": Value("data.project_number", "string"),
    **ORIGIN,
}

CONFIGURATION = Resource(
    path="projects/<id:project_id>/configuration",
    item_types=("project",),
    wrapper="configuration",
    calls=frozenset({"show", "update"}),
    views={
        "default": {
            "erp_job_cost_transaction_syncing_enabled": Value(
                "data.erp_job_cost_transaction_syncing_enabled", "bool", False
            )
        }
    },
)
PROJECTS = Resource(
    path="projects",
    item_types=("project",),
    wrapper="project",
    calls=frozenset({"list", "show", "create", "update", "sync"}),
    views={"default": WHOLE, "minimal": MINIMAL},
    list_views={"default": ROW, "compact": COMPACT},
    filters=narrowed_by(
        "id",
        "origin_id",
        "created_at",
        "updated_at",
        "synced",
        "by_status",
        name=By("text", ("title",)),
        from_project_template_id=By("integer", ("data.from_project_template_id",)),
        vendor_id=By("working", ("vendor_id",)),
    ),
    sorts={"id": "pk", "name": "title", "display_name": "title"},
    versions=("v1.0", "v1.1"),
)
