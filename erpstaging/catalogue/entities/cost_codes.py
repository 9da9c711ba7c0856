"""Codes that lines are booked under: standard cost codes, a project's cost codes, cost types."""

from erpstaging.catalogue.entity import Entity, EntityEvents, Level, LockList, Support, Supports
from erpstaging.catalogue.fields import boolean, choice, position, reference, text
from erpstaging.catalogue.payload import Shape, Value, values

BASE_TYPES = ("labor", "equipment", "materials", "commitment", "owner_cost", "professional_services", "other")
CODE_LOCK = LockList(fields=frozenset({"code", "name", "parent_id"}))

STANDARD_COST_CODE_LIST = Entity(
    item_type="standard_cost_code_list",
    label="Standard cost code list",
    plural="Standard cost code lists",
    level=Level.COMPANY,
    metadata_name=None,
    webhook_resource="Standard Cost Code Lists",
    wire_path="standard_cost_code_lists",
    fields=(text("name", "Name", required=True, edited=True), boolean("is_erp_list", "ERP list")),
    lock=LockList(),
)

STANDARD_COST_CODE = Entity(
    key="standard_cost_codes",
    item_type="standard_cost_code",
    label="Standard cost code",
    plural="Standard cost codes",
    icon="code",
    level=Level.COMPANY,
    metadata_name="standard_cost_codes",
    external_item_type="standard_cost_code",
    supports=Supports(
        exported=Support.YES,
        synced_direct=Support.YES,
        unlinked=Support.SUPER_USER,
        deleted=Support.SUPER_USER,
    ),
    events=EntityEvents(
        export="create_standard_cost_codes",
        sync="sync_standard_cost_codes",
        support_delete="delete_standard_cost_codes",
        support_unlink="unlink_standard_cost_codes",
    ),
    number_field="full_code",
    prerequisites=("in_erp_cost_code_list",),
    sent_with_erp_level=True,
    webhook_resource="Standard Cost Codes",
    wire_path="standard_cost_codes",
    unique_within=("standard_cost_code_list_id", "parent_id", "code"),
    fields=(
        text("name", "Name", required=True, edited=True),
        text("code", "Code", required=True, edited=True),
        reference("standard_cost_code_list_id", "List", "standard_cost_code_list", required=True, edited=True),
        reference("parent_id", "Parent", "standard_cost_code", origin_field="parent_origin_id", edited=True),
        text("full_code", "Full code"),
        text("sortable_code", "Sortable code"),
    ),
    lock=CODE_LOCK,
)

COST_CODE = Entity(
    key="cost_codes",
    item_type="cost_code",
    label="Cost code",
    plural="Cost codes",
    icon="code",
    level=Level.PROJECT,
    metadata_name=None,
    external_item_type="cost_code",
    supports=Supports(
        exported=Support.WITH_PARENT,
        synced_direct=Support.YES,
        deleted=Support.YES,
        switches={"deleted": "configs.cost_code_deletions of jobs and sub_jobs"},
    ),
    events=EntityEvents(delete="delete_cost_codes", support_delete="delete_cost_code"),
    number_field="full_code",
    webhook_resource="Cost Codes",
    wire_path="cost_codes",
    unique_within=("project_id", "sub_job_id", "parent_id", "code"),
    fields=(
        text("name", "Name", required=True),
        text("code", "Code", required=True),
        position(),
        reference("project_id", "Project", "project", required=True),
        reference("sub_job_id", "Sub job", "sub_job"),
        reference("parent_id", "Parent", "cost_code", origin_field="parent_origin_id"),
        reference("standard_cost_code_id", "Standard cost code", "standard_cost_code"),
        choice("biller_type", "Belongs to", "Project", "SubJob"),
        boolean("budgeted", "Budgeted"),
        text("full_code", "Full code"),
        text("sortable_code", "Sortable code"),
    ),
    lock=CODE_LOCK,
)

LINE_ITEM_TYPE = Entity(
    key="standard_categories",
    item_type="line_item_type",
    label="Cost type",
    plural="Cost types",
    icon="code",
    level=Level.COMPANY,
    metadata_name="standard_categories",
    external_item_type="line_item_type",
    supports=Supports(synced_direct=Support.YES, deleted=Support.SUPER_USER),
    events=EntityEvents(sync="sync_standard_categories", support_delete="delete_standard_categories"),
    number_field="code",
    webhook_resource="Line Item Types",
    wire_path="line_item_types",
    write_names={"csv_import_code": "code"},
    unique_within=("code",),
    fields=(
        text("name", "Name", required=True, edited=True),
        text("code", "Code", edited=True),
        choice("base_type", "Kind", *BASE_TYPES, edited=True),
    ),
    lock=LockList(fields=frozenset({"code", "name"})),
)

# `long_name_helper` holds two lists: the codes from the root to this one, and their names.
STANDARD_COST_CODE_EXPORT: Shape = {
    "id": Value("id"),
    "standard_cost_code_list_id": Value("data.standard_cost_code_list_id"),
    "origin_id": Value("origin_id", "string"),
    "parent_id": Value("data.parent_id"),
    **values("data.", "string", "code", "full_code", "name"),
    "origin_data": Value("origin_data", "string"),
    "parent_origin_id": Value("parent.origin_id", "string"),
    "long_name_helper": Value("long_name_helper", "any", [[], []]),
    "erp_custom_fields": Value("inputs.custom_fields", "any", {}),
    "request_detail_id": Value("request_detail_id"),
}
