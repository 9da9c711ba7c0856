"""Background work of the gate. A task message is only a hint to look at the database."""

import functools
import logging

from celery import shared_task
from django.utils import timezone

from erpstaging.companies.actors import SYSTEM
from erpstaging.companies.models import Company
from erpstaging.core.scope import all_companies_scope, in_company
from erpstaging.staging.closeout import settle_exports, unsettled_exports
from erpstaging.staging.exports import due_exports, release_due

CHUNK = 500
log = logging.getLogger(__name__)


@shared_task(name="erpstaging.staging.sweep")
def sweep() -> int:
    """Let out accepted exports whose undo time is over and whose parents are linked, and move those whose request
    failed on its way. Answers how many moved.
    """
    with all_companies_scope():
        due, unsettled = due_exports(timezone.now(), CHUNK), unsettled_exports(CHUNK)
    moved = 0
    for company in Company.objects.filter(pk__in={*due, *unsettled}):
        moved += in_company(company.pk, functools.partial(release_due, company, due.get(company.pk, ()), actor=SYSTEM))
        failed = unsettled.get(company.pk)
        if failed:
            moved += in_company(company.pk, functools.partial(settle_exports, company, failed, actor=SYSTEM))
    if moved:
        log.info("moved %s exports", moved)
    return moved
