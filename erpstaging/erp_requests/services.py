"""Opening requests, following their details, ending them.

The rules of what an ended detail does to an export are staging's: see staging/closeout.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from erpstaging.audit import log as audit
from erpstaging.catalogue.events import EVENTS
from erpstaging.companies.actors import SYSTEM, Actor
from erpstaging.core import sets
from erpstaging.core.errors import Invalid, NotFound
from erpstaging.core.locks import lock
from erpstaging.erp_requests.models import DetailState, ErpRequest, ErpRequestDetail
from erpstaging.erp_requests.payloads import Node, request_data
from erpstaging.outbox import events
from erpstaging.outbox.models import EventType

RESOURCE = "ERP Requests"
ANSWER_WITHIN = timedelta(hours=24)
MAX_MESSAGES, MAX_MESSAGE = 50, 2000


@dataclass(frozen=True, slots=True)
class Item:
    """The object an event is about: its node, and for an event with a detail the version that was approved."""

    item_type: str
    node: Node
    version: int = 1
    attempt: int = 1
    inputs: Mapping[str, Any] = field(default_factory=dict)


def open_erp_requests(company_id: int, actor: Actor, request_name: str, items: Sequence[Item]) -> list[ErpRequest]:
    """One request per item, each with its detail where the catalogue says so, and one event per request.

    Ids are drawn first, so that a detail's id can stand in the payload. In the caller's transaction.
    """
    event = EVENTS[request_name]
    ids = _draw_ids(len(items) * (2 if event.has_detail else 1))
    now = timezone.now()
    erp_requests: list[ErpRequest] = []
    details: list[ErpRequestDetail] = []
    for item in items:
        request_id = next(ids)
        detail_id = next(ids) if event.has_detail else None
        data = request_data(request_name, item.node, company_id=company_id, detail_id=detail_id, inputs=item.inputs)
        erp_requests.append(
            ErpRequest(
                id=request_id,
                company_id=company_id,
                request_name=request_name,
                request_data=data,
                created_at=now,
                updated_at=now,
            )
        )
        if detail_id is not None:
            details.append(_detail(company_id, request_id, detail_id, item, now))
    ErpRequest.objects.bulk_create(erp_requests)
    ErpRequestDetail.objects.bulk_create(details)
    events.record(company_id, actor, [events.Fact(RESOURCE, one.pk, EventType.CREATE) for one in erp_requests])
    return erp_requests


def open_erp_request(company_id: int, actor: Actor, request_name: str, item: Item | None = None) -> ErpRequest:
    """A single request; one about no object at all, such as `sync_metadata`, comes without an item."""
    about = item or Item(item_type="", node={})
    (erp_request,) = open_erp_requests(company_id, actor, request_name, [about])
    return erp_request


def _detail(company_id: int, request_id: int, detail_id: int, item: Item, now: datetime) -> ErpRequestDetail:
    detail: ErpRequestDetail = ErpRequestDetail(
        id=detail_id,
        company_id=company_id,
        erp_request_id=request_id,
        item_type=item.item_type,
        item_id=item.node["id"],
        item_version=item.version,
        attempt=item.attempt,
        due_at=now + ANSWER_WITHIN,
        created_at=now,
        updated_at=now,
    )
    return detail


def _draw_ids(count: int) -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('erp_requests_id_seq') FROM generate_series(1, %s)", [count])
        return iter([row[0] for row in cursor.fetchall()])


def retire_details(company_id: int, item_ids: Sequence[int]) -> None:
    """From now on no detail of these items moves their export: something newer stands in its place, or nothing."""
    if item_ids:
        rows = ErpRequestDetail.objects.of(company_id).filter(item_id__in=item_ids, current=True)
        rows.update(current=False, updated_at=timezone.now())


def take(company_id: int, erp_request_id: int) -> ErpRequest:
    """The request as the integrator fetches it; the first time is noted, for it can be cancelled no more.

    Raises NotFound.
    """
    ErpRequest.objects.of(company_id).filter(pk=erp_request_id, taken_at=None).update(taken_at=timezone.now())
    found: ErpRequest | None = ErpRequest.objects.of(company_id).filter(pk=erp_request_id).first()
    if found is None:
        raise NotFound()
    return found


def lock_details(company_id: int, ids: Sequence[int]) -> dict[int, ErpRequestDetail]:
    details: list[ErpRequestDetail] = lock(ErpRequestDetail.objects.of(company_id).filter(pk__in=ids))
    return {detail.pk: detail for detail in details}


MOVES = {
    DetailState.SUCCESS: ErpRequestDetail.succeed,
    DetailState.FAILED: ErpRequestDetail.fail,
    DetailState.REJECTED: ErpRequestDetail.reject,
    DetailState.STALE: ErpRequestDetail.go_stale,
    DetailState.IN_PROGRESS: ErpRequestDetail.reopen,
}


def clean_status(value: Any) -> DetailState:
    """Any case in, lower case stored. Raises Invalid."""
    try:
        return DetailState(str(value).lower()) if isinstance(value, str) else _refuse_status()
    except ValueError:
        return _refuse_status()


def _refuse_status() -> DetailState:
    raise Invalid.field("status", f"must be one of {', '.join(DetailState.values)}")


def clean_messages(value: Any) -> list[str]:
    """A list of texts; one text alone is taken as a list of one. Raises Invalid."""
    texts = [] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise Invalid.field("messages", "must be a list of texts")
    if len(texts) > MAX_MESSAGES or any(len(text) > MAX_MESSAGE for text in texts):
        raise Invalid.field("messages", f"may hold {MAX_MESSAGES} texts of {MAX_MESSAGE} characters")
    return texts


def set_states(
    company_id: int, actor: Actor, closes: Sequence[tuple[ErpRequestDetail, DetailState, list[str]]]
) -> None:
    """Move locked details and store their messages, with one statement. Their exports are the caller's business."""
    now = timezone.now()
    acts = []
    for detail, state, messages in closes:
        before = {"status": detail.state, "messages": detail.messages}
        MOVES[state](detail)
        detail.messages = messages
        detail.updated_at = now
        detail.closed_at = None if state is DetailState.IN_PROGRESS else now
        acts.append(
            audit.Act(
                "detail.closed",
                "detail",
                detail.pk,
                record_id=detail.item_id,
                before=before,
                after={"status": str(state), "messages": messages},
            )
        )
    sets.update(
        ErpRequestDetail,
        [
            {
                "id": detail.pk,
                "state": detail.state,
                "messages": detail.messages,
                "updated_at": now,
                "closed_at": detail.closed_at,
            }
            for detail, _, _ in closes
        ],
    )
    audit.record(company_id, actor, acts)


def fail_details_of(company_id: int, erp_request_id: int, message: str) -> None:
    """The receiver will never take the request: its open details failed. The sweep of staging moves their exports."""
    open_details = ErpRequestDetail.objects.of(company_id).filter(
        erp_request_id=erp_request_id, state=DetailState.IN_PROGRESS
    )
    set_states(company_id, SYSTEM, [(detail, DetailState.FAILED, [message]) for detail in lock(open_details)])
