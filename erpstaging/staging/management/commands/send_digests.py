"""Sends the daily summaries that are due."""

import functools
import json
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error
from django.utils import timezone

from erpstaging.companies.models import Company
from erpstaging.core.errors import Refused
from erpstaging.core.scope import all_companies_scope, in_company
from erpstaging.notices.sending import send_due
from erpstaging.notices.summaries import DAILY
from erpstaging.staging.summaries import (
    due_summaries,
    plan_summaries,
    send_summaries,
    send_summaries_now,
    unplanned_people,
)

CHUNK = 500


class Command(BaseCommand):
    help = (
        "Mail everybody whose hour has come what waits for his decision: nobody for whom nothing waits, and nobody "
        "twice on a day. The running service does the same every few seconds; both may run. With --now everybody is "
        "mailed at once, whatever his hour and day, in the place of today's summary and at most once a day. Exits "
        "with 1 when a company could not be served."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--now", action="store_true", help="at once, whatever the hour and the day of each person")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")

    def handle(self, *args: Any, **options: Any) -> None:
        self.trouble: dict[int, str] = {}
        owed = self._at_once() if options["now"] else self._due()
        mails = 0
        while sent := send_due(kind=DAILY):
            mails += sent
        self._say({"summaries": owed, "mails_sent": mails}, as_json=options["json"])
        if self.trouble:
            raise CommandError(f"{len(self.trouble)} companies could not be served.")

    def _at_once(self) -> int:
        active = Company.objects.filter(is_active=True).order_by("pk")
        return sum(self._in(company, functools.partial(send_summaries_now, company)) for company in active)

    def _due(self) -> int:
        """People who have no plan yet get one; then a chunk after the other, until nobody is due any more.

        What stays due is somebody else's just now, or its company's trouble.
        """
        owed, before = 0, dict[int, list[int]]()
        while True:
            with all_companies_scope():
                unplanned, due = unplanned_people(CHUNK), due_summaries(timezone.now(), CHUNK)
            for company in Company.objects.filter(pk__in=[*unplanned, *due]).exclude(pk__in=self.trouble):
                self._in(company, functools.partial(plan_summaries, company, unplanned.get(company.pk, [])))
                owed += self._in(company, functools.partial(send_summaries, company, due.get(company.pk, [])))
            if due == before or not due:
                return owed
            before = due

    def _in(self, company: Company, work: Callable[[], int | None]) -> int:
        """One company that cannot be served holds up no other."""
        try:
            return in_company(company.pk, work) or 0
        except (Error, Refused) as exc:
            self.trouble[company.pk] = str(exc)
            return 0

    def _say(self, counts: Mapping[str, int], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({**counts, "trouble": self.trouble}))
            return
        for name, count in counts.items():
            self.stdout.write(f"{name.replace('_', ' ')}: {count}")
        for company_id, text in self.trouble.items():
            self.stderr.write(f"company {company_id}: {text}")
