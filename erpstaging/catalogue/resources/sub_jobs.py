"""Sub jobs on the wire."""

from erpstaging.catalogue.payload import Shape, Value, values
from erpstaging.catalogue.resource import PROJECT, Resource, narrowed_by

VIEW: Shape = {
    "id": Value("id"),
    **values("data.", "string", "name", "code"),
    **values("", "any", "origin_id", "origin_data"),
    **values("", "datetime", "created_at", "updated_at"),
}

SUB_JOBS = Resource(
    path="sub_jobs",
    item_types=("sub_job",),
    wrapper="sub_job",
    scopes=(PROJECT,),
    views={"default": VIEW},
    filters=narrowed_by("id", "origin_id", "created_at", "updated_at"),
    sorts={"id": "pk", "code": "number", "name": "title"},
)
