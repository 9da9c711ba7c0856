"""The event catalogue: every ERP request the service can open, with the shape of its request data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from erpstaging.catalogue.entities.commitments import COMMITMENT_EXPORT, COMMITMENT_IMPORTED
from erpstaging.catalogue.entities.lines import LINE_EXPORT
from erpstaging.catalogue.entities.project import COST_CODE_OF_JOB, JOB_EXPORT, JOB_IMPORTED
from erpstaging.catalogue.entities.sub_job import SUB_JOB_EXPORT
from erpstaging.catalogue.entities.vendor import VENDOR_EXPORT, VENDOR_IMPORTED
from erpstaging.catalogue.payload import Each, Nested, Shape, Value

EventKind = Literal["export", "import", "sync", "unlink", "link", "merge", "reset", "delete", "metadata"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventType:
    """One request name. `payload` is filled from the node of the object the request is about; see payload.py.

    `request_detail_id` and `company_id` are keys of the node beside the object's own.
    """

    request_name: str
    kind: EventKind
    has_detail: bool
    payload: Shape


DETAIL: Shape = {"request_detail_id": Value("request_detail_id"), "company_id": Value("company_id")}

EVENTS: Mapping[str, EventType] = {
    event.request_name: event
    for event in (
        EventType(
            request_name="create_vendor",
            kind="export",
            has_detail=True,
            payload={"vendor": Nested("", VENDOR_EXPORT), **DETAIL},
        ),
        EventType(
            request_name="create_vendor_in_procore",
            kind="import",
            has_detail=False,
            payload={"vendor": Nested("", VENDOR_IMPORTED), "company_id": Value("company_id")},
        ),
        EventType(
            request_name="create_or_update_job",
            kind="export",
            has_detail=True,
            payload={"job": Nested("", JOB_EXPORT), "all_cost_codes": Each("cost_codes", COST_CODE_OF_JOB), **DETAIL},
        ),
        EventType(
            request_name="create_job_in_procore",
            kind="import",
            has_detail=False,
            payload={"project": Nested("", JOB_IMPORTED), "company_id": Value("company_id")},
        ),
        EventType(
            request_name="create_sub_job_in_procore",
            kind="import",
            has_detail=False,
            payload={"sub_job": Nested("", SUB_JOB_EXPORT), "company_id": Value("company_id")},
        ),
        EventType(
            request_name="create_commitment",
            kind="export",
            has_detail=True,
            payload={
                "job_id": Value("project.origin_id", "string"),
                "request_detail_id": Value("request_detail_id"),
                "commitment": Nested("", COMMITMENT_EXPORT),
                "commitment_items": Each("lines", LINE_EXPORT),
                "additional_data": Nested("", {"accounting_date": Value("inputs.custom_fields.accounting_date")}),
                "company_id": Value("company_id"),
            },
        ),
        EventType(
            request_name="create_commitment_in_procore",
            kind="import",
            has_detail=False,
            payload={
                "project_origin_id": Value("project.origin_id", "string"),
                "commitment": Nested("", COMMITMENT_IMPORTED),
            },
        ),
        EventType(request_name="sync_metadata", kind="metadata", has_detail=False, payload={}),
    )
}
