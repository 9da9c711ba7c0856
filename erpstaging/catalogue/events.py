"""The event catalogue: every ERP request the service can open, with the shape of its request data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from erpstaging.catalogue.clearing import (
    DELETED,
    RESET,
    RESET_BY_INTEGRATOR,
    SUPPORT_DELETED,
    SUPPORT_UNLINKED,
    UNLINKED,
    Payloads,
)
from erpstaging.catalogue.entities.budget import BUDGET_EXPORT, BUDGET_REQUEST
from erpstaging.catalogue.entities.commitments import COMMITMENT_EXPORT, COMMITMENT_IMPORTED
from erpstaging.catalogue.entities.cost_codes import STANDARD_COST_CODE_EXPORT
from erpstaging.catalogue.entities.lines import LINE_EXPORT
from erpstaging.catalogue.entities.project import COST_CODE_OF_JOB, JOB_EXPORT, JOB_IMPORTED, JOB_SYNCED
from erpstaging.catalogue.entities.sub_job import SUB_JOB_EXPORT, SUB_JOB_SYNCED
from erpstaging.catalogue.entities.vendor import VENDOR_EXPORT, VENDOR_IMPORTED
from erpstaging.catalogue.exports.change_orders import (
    CREATE_COMMITMENT_CHANGE_ORDER,
    CREATE_PRIME_CONTRACT_CHANGE_ORDER,
)
from erpstaging.catalogue.exports.direct_costs import CREATE_COMPANY_LEVEL_DIRECT_COST
from erpstaging.catalogue.exports.invoices import CREATE_PAYMENT_APPLICATION, CREATE_REQUISITIONS
from erpstaging.catalogue.exports.payments import CREATE_CONTRACT_PAYMENT
from erpstaging.catalogue.payload import Each, Nested, Payload, Shape, Value

EventKind = Literal["export", "import", "sync", "unlink", "link", "merge", "reset", "delete", "metadata"]


# Who takes an origin ID away: our service when it tells of it, or the integrator when the ERP has let go of it.
Cleared = Literal["service", "integrator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventType:
    """One request name. `payload` is filled from the node of the object the request is about; see payload.py.

    `request_detail_id` and `company_id` are keys of the node beside the object's own. A `batch` is one request about
    many objects: its payload is filled from {"items": [nodes], "first": the first of them, "company_id": int}, each
    node with a detail of its own. `cleared_by` is of those that take links away.
    """

    request_name: str
    kind: EventKind
    has_detail: bool
    payload: Payload
    batch: bool = False
    cleared_by: Cleared = "service"

    @property
    def read(self) -> Shape:
        """What the payload reads of one object."""
        if isinstance(self.payload, Each):
            return self.payload.shape
        if not self.batch:
            return self.payload
        return next(one.shape for one in self.payload.values() if isinstance(one, Each))


COMPANY: Shape = {"company_id": Value("company_id")}
DETAIL: Shape = {"request_detail_id": Value("request_detail_id"), **COMPANY}
DETAIL_ALONE: Shape = {"request_detail_id": Value("request_detail_id")}
CODE_LIST: Shape = {"standard_cost_code_list_id": Value("standard_cost_code_list_id"), **DETAIL_ALONE}


def _clearing(
    kind: EventKind, payloads: Payloads, *, has_detail: bool, batch: bool = False, cleared_by: Cleared = "service"
) -> tuple[EventType, ...]:
    """Events of one kind that take links or objects away."""
    return tuple(
        EventType(
            request_name=name, kind=kind, has_detail=has_detail, payload=payload, batch=batch, cleared_by=cleared_by
        )
        for name, payload in payloads.items()
    )


def _refresh(request_name: str, payload: Shape, *, has_detail: bool = True) -> EventType:
    """The integrator is asked for news of a list, or of one object."""
    return EventType(request_name=request_name, kind="sync", has_detail=has_detail, payload=payload)


def _export(request_name: str, payload: Shape, *, batch: bool = False) -> EventType:
    """Accepted objects leave for the ERP."""
    return EventType(request_name=request_name, kind="export", has_detail=True, payload=payload, batch=batch)


EVENTS: Mapping[str, EventType] = {
    event.request_name: event
    for event in (
        EventType(
            request_name="create_standard_cost_codes",
            kind="export",
            has_detail=True,
            batch=True,
            payload=Each("items", STANDARD_COST_CODE_EXPORT),
        ),
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
            request_name="create_sub_job",
            kind="export",
            has_detail=True,
            payload={
                "sub_job": Nested("", SUB_JOB_EXPORT),
                "all_cost_codes": Each("cost_codes", COST_CODE_OF_JOB),
                **DETAIL,
            },
        ),
        EventType(
            request_name="create_sub_job_in_procore",
            kind="import",
            has_detail=False,
            payload={"sub_job": Nested("", SUB_JOB_EXPORT), "company_id": Value("company_id")},
        ),
        EventType(request_name="create_budget", kind="export", has_detail=True, payload=BUDGET_REQUEST),
        EventType(request_name="update_budget", kind="export", has_detail=True, payload=BUDGET_REQUEST),
        EventType(
            request_name="create_budget_in_procore",
            kind="import",
            has_detail=False,
            payload={
                "project_origin_id": Value("project.origin_id", "string"),
                "budget": Nested("", BUDGET_EXPORT),
            },
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
        _export("create_commitment_change_order", CREATE_COMMITMENT_CHANGE_ORDER),
        _export("create_prime_contract_change_order", CREATE_PRIME_CONTRACT_CHANGE_ORDER),
        _export("create_payment_application", CREATE_PAYMENT_APPLICATION),
        _export("create_requisitions", CREATE_REQUISITIONS, batch=True),
        _export("create_contract_payment", CREATE_CONTRACT_PAYMENT),
        _export("create_company_level_direct_cost", CREATE_COMPANY_LEVEL_DIRECT_COST),
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
        *_clearing("unlink", UNLINKED, has_detail=True, cleared_by="integrator"),
        *_clearing("unlink", SUPPORT_UNLINKED, has_detail=False, batch=True),
        *_clearing("reset", RESET, has_detail=False),
        *_clearing("reset", RESET_BY_INTEGRATOR, has_detail=False, cleared_by="integrator"),
        *_clearing("delete", DELETED, has_detail=True, batch=True),
        *_clearing("delete", SUPPORT_DELETED, has_detail=False, batch=True),
        EventType(request_name="sync_metadata", kind="metadata", has_detail=False, payload=COMPANY),
    )
}
