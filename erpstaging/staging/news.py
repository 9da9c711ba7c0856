"""Asking the integrator, once a day for each linked job and sub job, whether there is any news of it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.services import connection_of, metadata_of
from erpstaging.core import sets
from erpstaging.core.locks import lock_if_free
from erpstaging.erp_requests.services import Item, open_erp_requests
from erpstaging.records.models import Record
from erpstaging.records.snapshots import nodes

ASKED = {"project": "sync_single_job", "sub_job": "sync_sub_job"}
LINKED = Q(item_type__in=tuple(ASKED), origin_id__isnull=False, deleted_at=None)


def unplanned_news(limit: int) -> dict[int, list[int]]:
    """Linked jobs that nobody has planned to ask about, by company: for the sweep, which sees every company."""
    return _by_company(Q(news_due_at=None), limit)


def due_news(limit: int) -> dict[int, list[int]]:
    """Linked jobs to ask about now, by company."""
    return _by_company(Q(news_due_at__lte=timezone.now()), limit)


def _by_company(which: Q, limit: int) -> dict[int, list[int]]:
    if not settings.JOB_SYNC_HOURS:
        return {}
    rows = Record.objects.everywhere().filter(LINKED, which).order_by("news_due_at", "pk")
    found: dict[int, list[int]] = {}
    for company_id, record_id in rows.values_list("company_id", "pk")[:limit]:
        found.setdefault(company_id, []).append(record_id)
    return found


def plan_news(company: Company, record_ids: Sequence[int]) -> None:
    """What was linked just now is asked about for the first time when a whole period is over."""
    _plan(lock_if_free(Record.objects.of(company).filter(LINKED, pk__in=record_ids, news_due_at=None)))


def ask_for_news(company: Company, record_ids: Sequence[int], *, actor: Actor) -> int:
    """One request for each of the jobs that are still linked and due. Answers how many were asked about."""
    now = timezone.now()
    due = lock_if_free(Record.objects.of(company).filter(LINKED, pk__in=record_ids, news_due_at__lte=now))
    _plan(due)
    metadata = metadata_of(company.pk)
    if metadata.missing or not company.erp_tool_enabled or connection_of(company.pk) is None:
        return 0
    asked = [record for record in due if metadata.is_on(ENTITIES[record.item_type])]
    found = nodes(company.pk, company.name, asked)
    for item_type, request_name in ASKED.items():
        items = [_item(record, found[record.pk], metadata) for record in asked if record.item_type == item_type]
        if items:
            open_erp_requests(company.pk, actor, request_name, items)
    return len(asked)


def _item(record: Record, node: dict[str, Any], metadata: Metadata) -> Item:
    """Job costs come only where the company's document allows them and the project wants them."""
    costs = metadata.rules("job_cost_transactions").may_import
    wanted = bool(record.data.get("erp_job_cost_transaction_syncing_enabled"))
    return Item(record.item_type, {**node, "job_cost_transactions_sync_enabled": costs and wanted})


def _plan(records: Sequence[Record]) -> None:
    due = timezone.now() + timedelta(hours=settings.JOB_SYNC_HOURS)
    sets.update(Record, [{"id": record.pk, "news_due_at": due} for record in records])
