"""Looks for requests that nobody answered in time."""

import functools
import json
from argparse import ArgumentParser
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error
from django.utils import timezone

from erpstaging.companies.actors import SYSTEM
from erpstaging.companies.models import Company
from erpstaging.core.errors import Refused
from erpstaging.core.scope import all_companies_scope, in_company
from erpstaging.notices.sending import send_due
from erpstaging.staging.refreshing import settle_refreshes, unsettled_refreshes
from erpstaging.staging.staleness import expire_details, overdue_details

CHUNK = 500
Found = Mapping[int, Sequence[int]]


class Command(BaseCommand):
    help = (
        "Mark requests stale that the integrator did not answer within their limit (24 hours, or what a company set "
        "for the type), once each, and mail who answers for the integration. The running service does the same every "
        "few seconds; both may run. Exits with 1 when a company could not be checked, and with --strict also when "
        "anything went stale."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")
        parser.add_argument("--strict", action="store_true", help="exit with 1 when anything went stale")

    def handle(self, *args: Any, **options: Any) -> None:
        self.trouble: dict[int, str] = {}
        exports = self._run(overdue_details, expire_details)
        refreshes = self._run(unsettled_refreshes_at, functools.partial(settle_refreshes, actor=SYSTEM))
        mails = 0
        while sent := send_due():
            mails += sent
        self._say({"stale": exports, "refreshes_ended": refreshes, "mails_sent": mails}, options["json"])
        if self.trouble:
            raise CommandError(f"{len(self.trouble)} companies could not be checked.")
        if options["strict"] and exports + refreshes:
            raise CommandError(f"{exports + refreshes} requests went unanswered.")

    def _run(self, look: Callable[..., Found], work: Callable[[Company, Sequence[int]], int]) -> int:
        """A chunk after the other, until none is left or nothing moves any more."""
        done = 0
        while True:
            with all_companies_scope():
                found = look(timezone.now(), CHUNK)
            moved = sum(self._in(company, work, found[company.pk]) for company in Company.objects.filter(pk__in=found))
            done += moved
            if not moved:
                return done

    def _in(self, company: Company, work: Callable[[Company, Sequence[int]], int], ids: Sequence[int]) -> int:
        """One company that cannot be checked holds up no other."""
        try:
            return in_company(company.pk, lambda: work(company, ids))
        except (Error, Refused) as exc:
            self.trouble[company.pk] = str(exc)
            return 0

    def _say(self, counts: Mapping[str, int], as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({**counts, "trouble": self.trouble}))
            return
        for name, count in counts.items():
            self.stdout.write(f"{name.replace('_', ' ')}: {count}")
        for company_id, text in self.trouble.items():
            self.stderr.write(f"company {company_id}: {text}")


def unsettled_refreshes_at(now: Any, limit: int) -> Found:
    return unsettled_refreshes(limit)
