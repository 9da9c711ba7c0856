"""What the ERP books on codes, and which cost types a code may be booked with, on the wire."""

from dataclasses import replace

from erpstaging.catalogue.entities.job_costs import AMOUNTS, UNITS
from erpstaging.catalogue.payload import Shape, Value, values
from erpstaging.catalogue.resource import PROJECT, By, Resource, Scope, narrowed_by

CODES: Shape = values("data.", "int", "cost_code_id", "line_item_type_id")
TIMES: Shape = values("", "datetime", "created_at", "updated_at")
ASSIGNMENT: Shape = {"id": Value("id"), **CODES, "synced": Value("data.synced", "bool", False), **TIMES}
JOB_COST: Shape = {
    "id": Value("id"),
    **values("data.", "int", "project_id", "sub_job_id"),
    **CODES,
    **values("data.", "number", *AMOUNTS, *UNITS),
    **TIMES,
}
BY_CODE = {
    "cost_code_id": By("integer", ("data.cost_code_id",)),
    "line_item_type_id": By("integer", ("data.line_item_type_id",)),
}
SCOPES = (replace(PROJECT, required=frozenset({"list", "sync"})), Scope("sub_job_id", required=frozenset()))

ASSIGNMENTS = Resource(
    path="cost_code_line_item_types",
    item_types=("cost_type_assignment",),
    calls=frozenset({"list", "delete", "sync"}),
    views={"default": ASSIGNMENT},
    scopes=SCOPES,
    filters=narrowed_by("id", synced=By("flag", ("data.synced",)), **BY_CODE),
    bare_sync=True,
)
# The spelling of the events dictionary.
ASSIGNMENTS_TOO = replace(ASSIGNMENTS, path="cost_codes_line_item_types")
JOB_COSTS = Resource(
    path="erp_job_costs",
    item_types=("job_cost",),
    calls=frozenset({"list", "delete"}),
    views={"default": JOB_COST},
    scopes=SCOPES,
    filters=narrowed_by("id", **BY_CODE),
)
# `sync` names the job by its origin ID: see api/views/job_costs.py.
JOB_COSTS_SYNC = replace(JOB_COSTS, calls=frozenset({"sync"}), scopes=())
