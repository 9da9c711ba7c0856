"""Encrypts what is stored with the first of ERPSTAGING_FIELD_KEYS."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from erpstaging.companies.models import Company
from erpstaging.core.encryption import first_key_id
from erpstaging.hooks.rekeying import Rekeyed, rekey_company


class Command(BaseCommand):
    help = (
        "Encrypt the secrets and headers of all hooks with the first of ERPSTAGING_FIELD_KEYS. Every process has to "
        "know that key before (docs/configuration.md). The service goes on meanwhile and reads values of all its keys; "
        "a command that was stopped is run again and does what is left. Exits with 1 when a value could not be "
        "opened."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")

    def handle(self, *args: Any, **options: Any) -> None:
        told = Rekeyed()
        for company in Company.objects.order_by("pk"):
            rekey_company(company, told)
        said = {"key": first_key_id(), "rewritten": told.rewritten, "already": told.already, "trouble": told.trouble}
        if options["json"]:
            self.stdout.write(json.dumps(said))
        else:
            self.stdout.write(f"key {said['key']}: {told.rewritten} values rewritten, {told.already} had it already")
            for hook_id, text in told.trouble.items():
                self.stderr.write(f"hook {hook_id}: {text}")
        if told.trouble:
            raise CommandError(f"{len(told.trouble)} hooks have values that no key opens.")
