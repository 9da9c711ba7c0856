"""Background work of the gate. A task message is only a hint to look at the database."""

import functools
import logging
from collections.abc import Callable, Mapping, Sequence

from celery import shared_task
from django.utils import timezone

from erpstaging.companies.actors import SYSTEM
from erpstaging.companies.models import Company
from erpstaging.core.scope import all_companies_scope, in_company
from erpstaging.staging.closeout import settle_exports, unsettled_exports
from erpstaging.staging.exports import DueAfter, due_exports, release_due
from erpstaging.staging.holding import end_holds, overdue_holds
from erpstaging.staging.linking import due_links, release_links
from erpstaging.staging.news import ask_for_news, due_news, plan_news, unplanned_news
from erpstaging.staging.refreshing import settle_refreshes, unsettled_refreshes
from erpstaging.staging.staleness import expire_details, overdue_details
from erpstaging.staging.waiting import overdue_waiting, release_waiting

CHUNK = 500
log = logging.getLogger(__name__)


@shared_task(name="erpstaging.staging.sweep")
def sweep() -> int:
    """Let out accepted exports whose undo time is over and whose parents are linked, and move those whose request
    failed on its way or was not answered in time. Answers how many moved.

    Staged rows that wait for what is linked already are released first, and exports come back whose hold is over.
    """
    now = timezone.now()
    with all_companies_scope():
        overdue, unsettled = overdue_waiting(CHUNK), unsettled_exports(CHUNK)
        held, unanswered = overdue_holds(now, CHUNK), overdue_details(now, CHUNK)
    _in_each(overdue, lambda company, ids: release_waiting(company.pk, ids))
    _in_each(held, end_holds)
    moved = _in_each(unsettled, lambda company, ids: settle_exports(company, ids, actor=SYSTEM))
    moved += _in_each(unanswered, expire_details)
    _sweep_links_and_refreshes()
    after: DueAfter | None = None
    while True:  # exports that are held stay due: they must not stand before the others for ever
        with all_companies_scope():
            due, after = due_exports(now, CHUNK, after=after)
        moved += _in_each(due, lambda company, ids: release_due(company, ids, actor=SYSTEM))
        if after is None:
            break
    if moved:
        log.info("moved %s exports", moved)
    return moved


def _sweep_links_and_refreshes() -> None:
    """Tell of links that cannot be undone any more, end refreshes that nobody answered, and ask for news of jobs."""
    with all_companies_scope():
        links, refreshes = due_links(CHUNK), unsettled_refreshes(CHUNK)
        unplanned, news = unplanned_news(CHUNK), due_news(CHUNK)
    _in_each(links, lambda company, ids: release_links(company, ids, actor=SYSTEM))
    _in_each(refreshes, lambda company, ids: settle_refreshes(company, ids, actor=SYSTEM))
    _in_each(unplanned, lambda company, ids: plan_news(company, ids))
    _in_each(news, lambda company, ids: ask_for_news(company, ids, actor=SYSTEM))


def _in_each(found: Mapping[int, Sequence[int]], work: Callable[[Company, Sequence[int]], int | None]) -> int:
    """Do the work in each company on its own: one that fails is logged and holds up no other."""
    done = 0
    for company in Company.objects.filter(pk__in=found):
        try:
            done += in_company(company.pk, functools.partial(work, company, found[company.pk])) or 0
        except Exception:
            log.exception("The sweep failed in company %s.", company.pk)
    return done
