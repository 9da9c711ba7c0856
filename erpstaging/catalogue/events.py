"""The event catalogue: every ERP request the service can open, with the shape of its request data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from erpstaging.catalogue.entities.commitments import COMMITMENT_EXPORT, COMMITMENT_IMPORTED
from erpstaging.catalogue.entities.lines import LINE_EXPORT
from erpstaging.catalogue.entities.project import COST_CODE_OF_JOB, JOB_EXPORT, JOB_IMPORTED, JOB_SYNCED
from erpstaging.catalogue.entities.sub_job import SUB_JOB_EXPORT, SUB_JOB_SYNCED
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


COMPANY: Shape = {"company_id": Value("company_id")}
DETAIL: Shape = {"request_detail_id": Value("request_detail_id"), **COMPANY}
DETAIL_ALONE: Shape = {"request_detail_id": Value("request_detail_id")}
CODE_LIST: Shape = {"standard_cost_code_list_id": Value("standard_cost_code_list_id"), **DETAIL_ALONE}


def _refresh(request_name: str, payload: Shape, *, has_detail: bool = True) -> EventType:
    """The integrator is asked for news of a list, or of one object."""
    return EventType(request_name=request_name, kind="sync", has_detail=has_detail, payload=payload)


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
        EventType(
            request_name="link_vendor",
            kind="link",
            has_detail=False,
            payload={"vendor": Nested("", VENDOR_IMPORTED), **COMPANY},
        ),
        EventType(
            request_name="link_all_vendors",
            kind="link",
            has_detail=False,
            payload={"vendors": Each("vendors", VENDOR_IMPORTED), **COMPANY},
        ),
        EventType(
            request_name="merge_vendors",
            kind="merge",
            has_detail=False,
            payload={
                "master_vendor": Nested("master", VENDOR_IMPORTED),
                "source_vendors": Each("sources", VENDOR_IMPORTED),
                **COMPANY,
            },
        ),
        EventType(
            request_name="unlink_vendor",
            kind="unlink",
            has_detail=False,
            payload={"vendor": Nested("", VENDOR_IMPORTED), **COMPANY},
        ),
        _refresh("sync_standard_cost_codes", CODE_LIST),
        _refresh("sync_standard_categories", {}, has_detail=False),
        _refresh("sync_vendors", DETAIL),
        _refresh("sync_jobs", DETAIL),
        _refresh("sync_sub_jobs", DETAIL),
        _refresh("sync_commitments", DETAIL),
        _refresh("sync_commitment_change_orders", DETAIL_ALONE),
        _refresh("sync_prime_contracts", DETAIL_ALONE),
        _refresh("sync_contract_payments", DETAIL_ALONE),
        _refresh("sync_single_job", JOB_SYNCED, has_detail=False),
        _refresh("sync_sub_job", SUB_JOB_SYNCED, has_detail=False),
        EventType(request_name="sync_metadata", kind="metadata", has_detail=False, payload=COMPANY),
    )
}
