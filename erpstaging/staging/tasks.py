"""Background work of the gate. A task message is only a hint to look at the database."""

import functools
import logging
from collections.abc import Callable, Mapping, Sequence

from celery import shared_task
from django.utils import timezone

from erpstaging.companies.actors import SYSTEM
from erpstaging.companies.models import Company
from erpstaging.core.doorbell import Doorbell
from erpstaging.core.scope import all_companies_scope, in_company
from erpstaging.staging.bulk import decide_chunk, unfinished_jobs
from erpstaging.staging.closeout import settle_exports, unsettled_exports
from erpstaging.staging.confirming import expire_confirmations, overdue_confirmations
from erpstaging.staging.holding import end_holds, overdue_holds
from erpstaging.staging.linking import due_links, release_links
from erpstaging.staging.news import ask_for_news, due_news, plan_news, unplanned_news
from erpstaging.staging.problems import settle_problems, unsettled_problems
from erpstaging.staging.refreshing import settle_refreshes, unsettled_refreshes
from erpstaging.staging.releasing import DueAfter, due_exports, release_due
from erpstaging.staging.reminding import due_reminders, mark_company, remind, unmarked_companies
from erpstaging.staging.staleness import expire_details, overdue_details
from erpstaging.staging.summaries import due_summaries, plan_summaries, send_summaries, unplanned_people
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
    with all_companies_scope():
        settled = unsettled_problems(now, CHUNK)
    _in_each(settled, settle_problems)
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
        unconfirmed = overdue_confirmations(CHUNK)
    _in_each(links, lambda company, ids: release_links(company, ids, actor=SYSTEM))
    _in_each(refreshes, lambda company, ids: settle_refreshes(company, ids, actor=SYSTEM))
    _in_each(unconfirmed, expire_confirmations)
    _in_each(unplanned, lambda company, ids: plan_news(company, ids))
    _in_each(news, lambda company, ids: ask_for_news(company, ids, actor=SYSTEM))


@shared_task(name="erpstaging.staging.remind")
def remind_people() -> int:
    """Owe the daily summaries whose hour has come, and reminders of what waits for too long. Answers how many."""
    now = timezone.now()
    with all_companies_scope():
        unplanned, due = unplanned_people(CHUNK), due_summaries(now, CHUNK)
        unmarked, late = unmarked_companies(CHUNK), due_reminders(now, CHUNK)
    _in_each(unplanned, plan_summaries)
    _in_each(unmarked, mark_company)
    return _in_each(due, send_summaries) + _in_each(late, remind)


@shared_task(name="erpstaging.staging.bulk")
def carry_on_bulk() -> int:
    """Decide the rows of bulk decisions that wait, a chunk of each job in turn. Answers how many were decided."""
    done, broken = 0, set[int]()
    while True:
        with all_companies_scope():
            due = unfinished_jobs(CHUNK)
        moved = 0
        for company in Company.objects.filter(pk__in=due):
            for job_id in due[company.pk]:
                if job_id in broken:
                    continue
                try:
                    moved += in_company(company.pk, functools.partial(decide_chunk, company, job_id))
                except Exception:  # one that fails holds up no other, and is tried again by the next sweep
                    broken.add(job_id)
                    log.exception("Bulk job %s of company %s could not go on.", job_id, company.pk)
        done += moved
        if not moved:
            return done


bulk_bell = Doorbell(carry_on_bulk)


def _in_each(found: Mapping[int, Sequence[int]], work: Callable[[Company, Sequence[int]], int | None]) -> int:
    """Do the work in each company on its own: one that fails is logged and holds up no other."""
    done = 0
    for company in Company.objects.filter(pk__in=found):
        try:
            done += in_company(company.pk, functools.partial(work, company, found[company.pk])) or 0
        except Exception:
            log.exception("The sweep failed in company %s.", company.pk)
    return done
