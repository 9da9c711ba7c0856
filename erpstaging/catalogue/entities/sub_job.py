"""Sub jobs: parts of a project with cost codes of their own."""

from erpstaging.catalogue.entities.commitments import project_field
from erpstaging.catalogue.entity import Entity, EntityEvents, Level, LockList, Support, Supports
from erpstaging.catalogue.fields import text
from erpstaging.catalogue.payload import Nested, Shape, Value, values

SUB_JOB = Entity(
    key="sub_jobs",
    item_type="sub_job",
    label="Sub job",
    plural="Sub jobs",
    icon="job",
    level=Level.PROJECT,
    metadata_name="sub_jobs",
    external_item_type="sub_job",
    supports=Supports(
        imported=Support.YES,
        exported=Support.YES,
        synced_staged=Support.YES,
        synced_direct=Support.YES,
        reset=Support.YES,
    ),
    number_field="code",
    webhook_resource="Sub Jobs",
    wire_path="sub_jobs",
    prerequisites=("project_linked",),
    unique_within=("project_id", "code"),
    events=EntityEvents(
        export="create_sub_job",
        imported="create_sub_job_in_procore",
        sync="sync_sub_jobs",
        reset="reset_sub_job",
    ),
    fields=(
        text("name", "Name", required=True, required_at_import=True, edited=True),
        text("code", "Code", required=True, required_at_import=True, edited=True),
        project_field(),
    ),
    lock=LockList(fields=frozenset({"code", "name"})),
)

SUB_JOB_EXPORT: Shape = {
    "id": Value("id"),
    "code": Value("data.code", "string"),
    "created_at": Value("created_at", "datetime"),
    "name": Value("data.name", "string"),
    **values("", "any", "origin_data", "origin_id"),
    "updated_at": Value("updated_at", "datetime"),
    "synced": Value("synced", "bool", False),
    "project": Nested(
        "project",
        {
            "id": Value("id"),
            "name": Value("title", "string"),
            **values("", "any", "origin_id", "origin_data", "origin_code"),
        },
    ),
}
SUB_JOB_SYNCED: Shape = {
    "id": Value("origin_id", "string"),
    "additional_job_data": Nested(
        "",
        {
            "job_name": Value("data.name", "string"),
            "parent_origin_id": Value("project.origin_id", "string"),
            "procore_project_id": Value("project.id"),
            "procore_sub_job_id": Value("id"),
            "project_id": Value("id"),
            "start_date": Value("project.data.start_date", "date"),
        },
    ),
    "company_id": Value("company_id"),
}
