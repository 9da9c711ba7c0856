"""Opening requests, following their details, ending them.

The rules of what an ended detail does to an export are staging's: see staging/closeout.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils import timezone

from erpstaging.audit import log as audit
from erpstaging.catalogue.events import EVENTS
from erpstaging.companies.actors import SYSTEM, Actor
from erpstaging.connections.services import answer_limits
from erpstaging.core import sets
from erpstaging.core.errors import Invalid, NotFound
from erpstaging.core.locks import lock
from erpstaging.erp_requests.models import DetailState, ErpRequest, ErpRequestDetail
from erpstaging.erp_requests.payloads import Node, about, request_data
from erpstaging.outbox import events
from erpstaging.outbox.models import EventType

Limits = Mapping[str, timedelta]
RESOURCE = "ERP Requests"
ANSWER_WITHIN = timedelta(hours=24)
MAX_MESSAGES, MAX_MESSAGE = 50, 2000


@dataclass(frozen=True, slots=True)
class Item:
    """The object an event is about: its node, and for an event with a detail the version that was approved.

    `first_id` is the detail of the first attempt, of which this is another; `correlation_id` that of the decision which
    it carries on.
    """

    item_type: str
    node: Node
    version: int = 1
    attempt: int = 1
    first_id: int | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    correlation_id: str = ""


def open_erp_requests(
    company_id: int,
    actor: Actor,
    request_name: str,
    items: Sequence[Item],
    limits: Limits | None = None,
    ids: Iterator[int] | None = None,
) -> list[int]:
    """One request per item, each with its detail where the catalogue says so, and one event per request.

    Answers the request's id for each item; a batch of the catalogue is one request for all of them. Ids are drawn
    first, so that a detail's id can stand in the payload. In the caller's transaction. `limits` are those of
    connections.services.answer_limits and `ids` come from `draw_ids`, for a caller who has looked them up.
    """
    event = EVENTS[request_name]
    groups = [items] if event.batch and items else [[item] for item in items]
    if ids is None:
        ids = draw_ids(len(groups) + (len(items) if event.has_detail else 0))
    now = timezone.now()
    if limits is None:
        limits = answer_limits(company_id) if event.has_detail else {}
    answer: list[int] = []
    erp_requests: list[sets.Row] = []
    details: list[sets.Row] = []
    for group in groups:
        request_id = next(ids)
        detail_ids = [next(ids) if event.has_detail else None for _ in group]
        abouts = [
            about(item.node, company_id=company_id, detail_id=detail_id, inputs=item.inputs)
            for item, detail_id in zip(group, detail_ids, strict=True)
        ]
        data = request_data(request_name, abouts, company_id=company_id)
        erp_requests.append({"id": request_id, "request_data": data})
        details += [
            {
                "id": detail_id,
                "erp_request_id": request_id,
                "item_type": item.item_type,
                "item_id": item.node["id"],
                "item_version": item.version,
                "attempt": item.attempt,
                "first_id": item.first_id,
                "due_at": now + limits.get(item.item_type, ANSWER_WITHIN),
            }
            for item, detail_id in zip(group, detail_ids, strict=True)
            if detail_id is not None
        ]
        answer += [request_id] * len(group)
    shared = {"company_id": company_id, "created_at": now, "updated_at": now}
    sets.insert(ErpRequest, erp_requests, shared={**shared, "request_name": request_name})
    opened = {"state": DetailState.IN_PROGRESS.value, "messages": "[]", "current": True}
    sets.insert(ErpRequestDetail, details, shared=shared | opened)
    facts = [
        events.Fact(RESOURCE, one["id"], EventType.CREATE, correlation_id=group[0].correlation_id)
        for one, group in zip(erp_requests, groups, strict=True)
    ]
    events.record(company_id, actor, facts)
    return answer


def open_erp_request(company_id: int, actor: Actor, request_name: str, item: Item | None = None) -> int:
    """A single request; one about no object at all, such as `sync_metadata`, comes without an item. Answers its id."""
    (request_id,) = open_erp_requests(company_id, actor, request_name, [item or Item(item_type="", node={})])
    return request_id


def draw_ids(count: int) -> Iterator[int]:
    """New ids for requests and their details, asked for now and read when the first is taken."""
    answer = sets.ask("SELECT nextval('erp_requests_id_seq') FROM generate_series(1, %s::int)", [count])

    def drawn() -> Iterator[int]:
        for (drawn_id,) in answer():
            yield drawn_id

    return drawn()


RETIRE = """
    UPDATE erp_requests_erprequestdetail SET current = false, updated_at = %s
    WHERE company_id = %s AND item_id = ANY(%s) AND current
"""


def first_attempts(company_id: int, item_ids: Sequence[int]) -> dict[int, int]:
    """The detail that began what the current one of each item goes on with, by item id."""
    rows = ErpRequestDetail.objects.of(company_id).filter(item_id__in=item_ids, current=True)
    return {item_id: first or pk for item_id, pk, first in rows.values_list("item_id", "pk", "first_id")}


def retire_details(company_id: int, item_ids: Sequence[int]) -> None:
    """From now on no detail of these items moves their export: something newer stands in its place, or nothing."""
    if item_ids:
        sets.execute(RETIRE, [timezone.now(), company_id, list(item_ids)])


def end_current(
    company_id: int, actor: Actor, item_ids: Sequence[int], *, source: DetailState, target: DetailState, message: str
) -> None:
    """Move the current details of these items from one state to another, with the reason; then they are retired.

    A failed one is rejected with its object, one in progress is stale when something newer is asked.
    """
    if not item_ids:
        return
    rows = ErpRequestDetail.objects.of(company_id).filter(item_id__in=item_ids, current=True, state=source)
    ended: list[ErpRequestDetail] = lock(rows)
    if ended:
        set_states(company_id, actor, [(detail, target, [*detail.messages, message]) for detail in ended])


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
