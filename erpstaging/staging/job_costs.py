"""Which job the figures of a call are about."""

from collections.abc import Mapping
from typing import Any

from erpstaging.catalogue.entity import clean_origin_id
from erpstaging.companies.models import Company
from erpstaging.core.errors import Invalid
from erpstaging.records.models import Record
from erpstaging.staging.targets import linked_records

NAMES = {"job_origin_id": ("project", "sub_job"), "sub_job_origin_id": ("sub_job",)}


def scope_of_job(company: Company, body: Any) -> dict[str, int]:
    """`{"project_id"}` and, for a sub job, `"sub_job_id"` of the job that the body names by origin ID.

    Raises Invalid when it names none, or one that is not linked.
    """
    sent = body if isinstance(body, Mapping) else {}
    found: Record | None = None
    for name, item_types in NAMES.items():
        if sent.get(name) is None:
            continue
        try:
            origin_id = clean_origin_id(sent[name]) or ""
        except ValueError as exc:
            raise Invalid.field(name, str(exc)) from None
        linked = linked_records(company.pk, [(item_type, origin_id) for item_type in item_types])
        by_type = {item_type: pk for (item_type, _), pk in linked.items()}
        record_id = next((by_type[item_type] for item_type in item_types if item_type in by_type), None)
        if record_id is None:
            raise Invalid.field(name, f"{origin_id} is not linked")
        found = Record.objects.of(company).get(pk=record_id)
    if found is None:
        raise Invalid.field("job_origin_id", "is required")
    if found.item_type == "project":
        return {"project_id": found.pk}
    return {"project_id": found.project_id or 0, "sub_job_id": found.pk}
