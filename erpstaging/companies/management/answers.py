"""How the commands of this room answer: for people, or with --json for programs; trouble ends them with code 1."""

import json
from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from erpstaging.companies.models import Company, User
from erpstaging.core.errors import Refused


class AnsweringCommand(BaseCommand):
    """A command that does one act and answers one object."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="answer with one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            answer = self.act(**options)
        except Refused as refusal:
            texts = [f"{field} {text}" for field, texts in refusal.errors.items() for text in texts]
            raise CommandError("; ".join(texts) or refusal.message) from None
        self.stdout.write(json.dumps(answer, default=_written) if options["json"] else _lines(answer))

    def act(self, **options: Any) -> dict[str, Any]:
        """Do it; what is returned is the answer."""
        raise NotImplementedError


def _written(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _lines(answer: Mapping[str, Any]) -> str:
    return "\n".join(f"{name}: {_written(value)}" for name, value in answer.items())


def company_named(company_id: int) -> Company:
    found = Company.objects.filter(pk=company_id).first()
    if found is None:
        raise CommandError(f"There is no company {company_id}.")
    return found


def person_named(username: str) -> User:
    found = User.objects.filter(username=username).first()
    if found is None:
        raise CommandError(f"There is no person with the username {username}.")
    return found
