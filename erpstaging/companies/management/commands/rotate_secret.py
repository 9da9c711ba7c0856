"""Gives a service account a new secret; the present one stays valid for a while."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError

from erpstaging.companies.accounts import rotate_secret
from erpstaging.companies.actors import SYSTEM
from erpstaging.companies.management.answers import AnsweringCommand
from erpstaging.companies.models import ServiceAccount
from erpstaging.core.scope import in_company


class Command(AnsweringCommand):
    help = (
        "Gives a service account a new secret. The newest present one stays valid for the overlap, older ones end now."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("client_id")
        parser.add_argument("--overlap-hours", type=float, default=24.0, help="how long the old secret stays valid")
        parser.add_argument("--days", type=int, help="how long the new secret is valid; without end by default")

    def act(self, **options: Any) -> dict[str, Any]:
        account = ServiceAccount.objects.filter(client_id=options["client_id"]).first()
        company = account.companies.order_by("pk").first() if account else None
        if account is None or company is None:
            raise CommandError(f"No company has a service account {options['client_id']}.")
        issued = in_company(
            company.pk,
            lambda: rotate_secret(
                account.pk,
                company=company,
                actor=SYSTEM,
                overlap=timedelta(hours=options["overlap_hours"]),
                lifetime=timedelta(days=options["days"]) if options["days"] else None,
            ),
        )
        return {
            "client_id": issued.account.client_id,
            "client_secret": issued.client_secret,
            "expires_at": issued.expires_at,
        }
