"""The Sync buttons: asking the integrator for news of a whole list, one question at a time for each list."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from erpstaging.audit import log as audit
from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.services import connection_of, metadata_of
from erpstaging.core import sets
from erpstaging.core.errors import Invalid, NotPermitted, WrongState
from erpstaging.core.locks import lock
from erpstaging.erp_requests.models import DetailState, ErpRequestDetail
from erpstaging.erp_requests.services import Item, lock_details, open_erp_request, set_states
from erpstaging.notices.services import owe
from erpstaging.staging.decisions import missing_metadata, require_metadata
from erpstaging.staging.models import Refresh, RefreshState
from erpstaging.staging.owners import owners_of_integration

MAY_NOT_REFRESH = "Refreshing a list needs the level Standard on the ERP tool. Ask an ERP administrator."
STANDARD_CODES, STANDARD_TYPES = "sync_standard_cost_codes", "sync_standard_categories"
NO_ANSWER = "The integration did not answer in time."
# Types without a question of their own, and the one whose question stands on their tab.
BUTTON_OF = {"line_item_type": "standard_cost_code", "requisition": "contract_payment"}
SAVED = ("state", "messages", "closed_by_name", "closed_at")


def list_of(word: Any) -> Entity:
    """The entity that a list is named after: by its item type, its name in the metadata or in the ERP interface.

    Cost types come with the standard cost codes; invoices themselves are not refreshed, but what was paid on them is.
    Raises Invalid.
    """
    found = LISTS.get(word) if isinstance(word, str) else None
    if found is None:
        raise Invalid.field("entity", f"must be one of {', '.join(sorted(LISTS))}")
    return found


def refreshed_with(entity: Entity) -> Entity | None:
    """The entity whose button refreshes this one too; None where a list cannot be refreshed."""
    asked_by = ENTITIES.get(BUTTON_OF.get(entity.item_type, ""), entity)
    return asked_by if asked_by.events.sync else None


def _lists() -> dict[str, Entity]:
    named: dict[str, Entity] = {}
    for entity in ENTITIES.values():
        if (button := refreshed_with(entity)) is not None:
            for word in filter(None, (entity.item_type, entity.metadata_name, entity.key)):
                named.setdefault(word, button)
    return named


LISTS: Mapping[str, Entity] = _lists()


def ask_for_refresh(company: Company, word: Any, *, actor: Actor) -> Refresh:
    """Ask the integrator to bring a list up to date.

    Raises NotPermitted, Invalid (also code `entity_off`, `metadata_missing`), and WrongState, code `refresh_running`,
    while the last question is open.
    """
    refuse_refresher(actor)
    entity = list_of(word)
    metadata, connection = metadata_of(company.pk), connection_of(company.pk)
    require_metadata(company.pk, metadata)
    metadata.require_on(entity)
    if connection is None:
        raise missing_metadata(company.pk)
    name = entity.events.sync or ""
    if running := running_refresh(company.pk, name):
        raise _is_running(running)
    node = {"id": None, "standard_cost_code_list_id": connection.cost_code_list_id}
    erp_request_id = open_erp_request(company.pk, actor, name, Item(entity.item_type, node))
    detail = ErpRequestDetail.objects.of(company).get(erp_request_id=erp_request_id)
    refresh: Refresh = Refresh(
        company=company,
        request_name=name,
        item_type=entity.item_type,
        erp_request_id=erp_request_id,
        detail=detail,
        asked_by_id=actor.id,
        asked_by_name=actor.name,
    )
    _insert(refresh)
    if name == STANDARD_CODES:
        open_erp_request(company.pk, actor, STANDARD_TYPES)
    act = audit.Act("refresh.asked", "refresh", refresh.pk, after={"list": name, "erp_request_id": erp_request_id})
    audit.record(company.pk, actor, [act])
    return refresh


def refuse_refresher(actor: Actor) -> None:
    """Raises NotPermitted."""
    if actor.kind == "service_account":
        raise NotPermitted("People ask for a refresh; a service account brings what it has.")
    actor.require("erp", MAY_NOT_REFRESH)


def running_refresh(company_id: int, request_name: str) -> Refresh | None:
    found: Refresh | None = (
        Refresh.objects.of(company_id).filter(request_name=request_name, state=RefreshState.RUNNING).first()
    )
    return found


def latest_refresh(company_id: int, request_name: str) -> Refresh | None:
    """The one that runs, or the last one that ended."""
    found: Refresh | None = Refresh.objects.of(company_id).filter(request_name=request_name).order_by("-pk").first()
    return found


def _insert(refresh: Refresh) -> None:
    try:
        with transaction.atomic():
            refresh.save(force_insert=True)
    except IntegrityError as exc:  # two pressed at the same moment
        raise WrongState("It is being refreshed already.", code="refresh_running") from exc


def _is_running(refresh: Refresh) -> WrongState:
    return WrongState(
        f"{refresh.asked_by_name} asked for it already; the integration has not answered yet.",
        code="refresh_running",
        erp_request_id=refresh.erp_request_id,
        asked_at=refresh.asked_at,
    )


# How they end


def lock_refreshes(company_id: int, detail_ids: Sequence[int]) -> dict[int, Refresh]:
    """By the id of their detail."""
    if not detail_ids:
        return {}
    found: list[Refresh] = lock(Refresh.objects.of(company_id).filter(detail_id__in=detail_ids))
    return {refresh.detail_id: refresh for refresh in found}


def close_refreshes(
    company_id: int, refreshes: Mapping[int, Refresh], details: Iterable[ErpRequestDetail], actor: Actor
) -> int:
    """End the refreshes of details that are closed; the button is free again. Answers how many ended."""
    now = timezone.now()
    closed = []
    for detail in details:
        refresh = refreshes.get(detail.pk)
        if refresh is not None and _move(refresh, detail, actor, now):
            closed.append(refresh)
    rows = [{"id": one.pk, **{name: getattr(one, name) for name in SAVED}} for one in closed]
    sets.update(Refresh, rows)
    acts = [
        audit.Act(f"refresh.{one.state}", "refresh", one.pk, after={"list": one.request_name, "messages": one.messages})
        for one in closed
    ]
    audit.record(company_id, actor, acts)
    return len(closed)


def _move(refresh: Refresh, detail: ErpRequestDetail, actor: Actor, now: Any) -> bool:
    """The first answer counts; one that comes after the question went stale still does."""
    said = {"by": actor.name, "now": now, "messages": detail.messages}
    late = refresh.state == RefreshState.STALE
    if refresh.state != RefreshState.RUNNING and not late:
        return False
    if detail.state == DetailState.SUCCESS:
        refresh.succeed(**said)
    elif detail.state in {DetailState.FAILED, DetailState.REJECTED}:
        refresh.fail(**said)
    elif detail.state == DetailState.STALE and not late:
        refresh.go_stale(**said)
    else:
        return False
    return True


def unsettled_refreshes(limit: int) -> dict[int, list[int]]:
    """Running refreshes whose detail is closed or overdue: ids of details by company, for the sweep."""
    rows = Refresh.objects.everywhere().filter(state=RefreshState.RUNNING, company_id=F("detail__company_id"))
    rows = rows.filter(~Q(detail__state=DetailState.IN_PROGRESS) | Q(detail__due_at__lte=timezone.now()))
    found: dict[int, list[int]] = {}
    for company_id, detail_id in rows.order_by("pk").values_list("company_id", "detail_id")[:limit]:
        found.setdefault(company_id, []).append(detail_id)
    return found


def _tell_owners(company: Company, stale: Sequence[Refresh]) -> None:
    people = owners_of_integration(company) if stale else set()
    told = [(one, {"title": ENTITIES[one.item_type].plural, "erp_request_id": one.erp_request_id}) for one in stale]
    owe(
        company.pk,
        [(person_id, "refresh_stale", one.pk, str(one.detail_id), said) for one, said in told for person_id in people],
    )


def settle_refreshes(company: Company, detail_ids: Sequence[int], *, actor: Actor) -> int:
    """End refreshes whose detail failed on its way, or was never answered. Answers how many ended."""
    refreshes = lock_refreshes(company.pk, detail_ids)
    details = list(lock_details(company.pk, list(refreshes)).values())
    now = timezone.now()
    overdue = [one for one in details if one.state == DetailState.IN_PROGRESS and one.due_at <= now]
    set_states(company.pk, actor, [(detail, DetailState.STALE, [NO_ANSWER]) for detail in overdue])
    _tell_owners(company, [refreshes[detail.pk] for detail in overdue])
    return close_refreshes(company.pk, refreshes, details, actor)
