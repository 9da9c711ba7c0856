"""Background work of the gate. A task message is only a hint to look at the database."""

import functools
import logging

from celery import shared_task
from django.utils import timezone

from erpstaging.companies.actors import SYSTEM
from erpstaging.companies.models import Company
from erpstaging.core.scope import all_companies_scope, in_company
from erpstaging.staging.exports import due_exports, release_due

CHUNK = 500
log = logging.getLogger(__name__)


@shared_task(name="erpstaging.staging.sweep")
def sweep() -> int:
    """Let out accepted exports whose undo time is over and whose parents are linked. Answers how many left."""
    with all_companies_scope():
        due = due_exports(timezone.now(), CHUNK)
    released = 0
    for company in Company.objects.filter(pk__in=due):
        release = functools.partial(release_due, company, due[company.pk], actor=SYSTEM)
        released += in_company(company.pk, release)
    if released:
        log.info("released %s exports", released)
    return released
