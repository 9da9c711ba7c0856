"""Projects, which the ERP calls jobs."""

from erpstaging.catalogue.entity import Entity, EntityEvents, Level, LockList, Support, Supports
from erpstaging.catalogue.fields import boolean, choice, date, integer, integers, long_text, number, reference, text
from erpstaging.catalogue.payload import Each, Nested, Shape, Value, values

WORK_SCOPES = ("new_construction", "renovation_alteration", "maintenance_service")
DELIVERY_METHODS = (
    "construction_management_at_risk_cmar", "construction_manager_as_agent_owners_rep", "design_bid_build_dbb",
    "design_build_db", "indefinite_delivery_indefinite_quantity_idiq", "integrated_project_delivery", "multi_prime",
    "public_private_partnership_p3", "other",
)  # fmt: skip

PROJECT = Entity(
    key="jobs",
    item_type="project",
    label="Project",
    plural="Jobs",
    icon="job",
    level=Level.COMPANY,
    metadata_name="jobs",
    external_item_type="project",
    supports=Supports(
        imported=Support.YES,
        exported=Support.YES,
        reexported=Support.YES,
        synced_staged=Support.YES,
        synced_direct=Support.YES,
        reset=Support.YES,
        switches={"reexported": "configs.update"},
    ),
    number_field="project_number",
    write_names={"project_template_id": "from_project_template_id"},
    webhook_resource="Projects",
    wire_path="projects",
    events=EntityEvents(
        export="create_or_update_job",
        update="create_or_update_job",
        imported="create_job_in_procore",
        sync="sync_jobs",
        reset="reset_job",
    ),
    fields=(
        text("name", "Name", required=True, required_at_import=True, edited=True),
        text("project_number", "Number", edited=True),
        text("accounting_project_number", "Accounting number", edited=True),
        long_text("description", "Description", edited=True),
        long_text("address", "Address", edited=True),
        text("city", "City", edited=True),
        text("state_code", "State", edited=True, max_length=10),
        text("zip", "Postcode", edited=True, max_length=20),
        text("country_code", "Country", edited=True, max_length=2),
        text("phone", "Phone", edited=True),
        date("estimated_start_date", "Estimated start", edited=True),
        date("estimated_completion_date", "Estimated completion", edited=True),
        date("warranty_start_date", "Warranty start"),
        date("warranty_end_date", "Warranty end"),
        date("start_date", "Start", staged=False, edited=True),
        date("completion_date", "Completion", staged=False, edited=True),
        number("estimated_value", "Estimated value", edited=True),
        number("total_value", "Total value", staged=False),
        number("latitude", "Latitude", staged=False),
        number("longitude", "Longitude", staged=False),
        choice("flag", "Flag", "Red", "Yellow", "Green"),
        text("time_zone", "Time zone", staged=False),
        integer("square_feet", "Square feet"),
        text("store_number", "Store number"),
        long_text("public_notes", "Public notes"),
        # Named as a field of staged projects, but of no object here: kept, never resolved.
        text("customer_origin_id", "Customer in the ERP"),
        boolean("template", "Template"),
        boolean("active", "Active", staged=False),
        boolean("erp_integrated", "ERP integrated", staged=False),
        boolean("erp_job_cost_transaction_syncing_enabled", "Job cost transactions", staged=False),
        # Asked for once, when the project is made.
        boolean("enable_copy_of_standard_cost_codes", "Copy standard cost codes", staged=False),
        reference("standard_cost_code_list_id", "Standard cost codes", "standard_cost_code_list", staged=False),
        text("code", "Code", staged=False),
        text("county", "County", staged=False),
        text("fax", "Fax", staged=False),
        text("locale", "Locale", staged=False, max_length=20),
        text("designated_market_area", "Market area", staged=False),
        text("sector", "Sector", staged=False),
        choice("work_scope", "Work scope", *WORK_SCOPES, staged=False),
        choice("delivery_method", "Delivery method", *DELIVERY_METHODS, staged=False),
        choice("priority", "Priority", "low", "medium", "high", staged=False),
        number("estimated_budget", "Estimated budget", staged=False),
        integer("project_stage_id", "Stage", staged=False),
        integer("project_sector_id", "Sector id", staged=False),
        *(
            integer(f"{name}_id", label)
            for name, label in (
                ("image", "Image"),
                ("office", "Office"),
                ("program", "Programme"),
                ("parent_job", "Parent project"),
                ("project_type", "Type"),
                ("project_region", "Region"),
                ("project_bid_type", "Bid type"),
                ("project_owner_type", "Owner type"),
                ("from_project_template", "Template project"),
            )
        ),
        integers("department_ids", "Departments"),
    ),
    lock=LockList(fields=frozenset({"origin_code"})),
)

# `biller` is the project or sub job that the code belongs to.
COST_CODE_OF_JOB: Shape = {
    "id": Value("id"),
    "name": Value("data.name", "string"),
    "full_code": Value("data.full_code", "string"),
    **values("", "any", "origin_id", "origin_data"),
    "biller": Value("biller.name", "string"),
    "biller_id": Value("biller.id"),
    "biller_type": Value("biller.type", "string"),
    "budgeted": Value("data.budgeted", "bool", False),
    "code": Value("data.code", "string"),
    "created_at": Value("created_at", "datetime"),
    "deleted_at": Value("deleted_at", "datetime"),
    "line_item_types": Each(
        "line_item_types",
        {
            "id": Value("id"),
            **values("data.", "string", "name", "code", "base_type"),
            "origin_id": Value("origin_id", "string"),
        },
    ),
    "parent": Value("parent_ref"),
    "position": Value("position"),
    "sortable_code": Value("data.sortable_code", "string"),
    "updated_at": Value("updated_at", "datetime"),
    "long_name_helper": Value("long_name_helper", "any", [[], []]),
    "standard_cost_code_origin_id": Value("standard_cost_code.origin_id", "string"),
}
JOB_EXPORT: Shape = {
    "id": Value("id"),
    "name": Value("data.name", "string"),
    **values("", "any", "origin_id", "origin_data", "origin_code"),
    "custom_fields": Value("custom_fields", "any", {}),
    "erp_custom_fields": Value("inputs.custom_fields", "any", {}),
    **values("data.", "string", "address", "city", "state_code", "zip", default=""),
    **values("data.", "number", "latitude", "longitude"),
    "synced": Value("synced", "bool", False),
    "active": Value("data.active", "bool", True),
}
JOB_IMPORTED: Shape = {
    "id": Value("id"),
    "name": Value("data.name", "string"),
    **values("", "any", "origin_id", "origin_data", "origin_code"),
}
# `id` is the ERP's, the two others are ours: the project's, and that of the row that carries the ERP's.
JOB_SYNCED: Shape = {
    "id": Value("origin_id", "string"),
    "additional_job_data": Nested(
        "",
        {
            "job_name": Value("data.name", "string"),
            "procore_project_id": Value("id"),
            "project_id": Value("id"),
            "start_date": Value("data.start_date", "date"),
            "job_cost_transactions_sync_enabled": Value("job_cost_transactions_sync_enabled", "bool", False),
        },
    ),
    "company_id": Value("company_id"),
}
