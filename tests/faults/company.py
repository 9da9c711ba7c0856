"""One connected company with a person who sends, an approver and an integration: all that a fault run needs.

    python -m tests.faults.company FILE

Brings the database to this version and writes the sign-ins into the file, as the demo does with its own.
"""

import json
import sys
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402 - models need the set-up
from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402

from erpstaging.companies import actors  # noqa: E402
from erpstaging.companies.accounts import create_account  # noqa: E402
from erpstaging.companies.actors import SYSTEM  # noqa: E402
from erpstaging.companies.models import full_scopes  # noqa: E402
from erpstaging.companies.people import create_company, create_person, grant  # noqa: E402
from erpstaging.core.scope import in_company  # noqa: E402
from erpstaging.staging.connecting import connect_company  # noqa: E402
from tests.fixtures.documents import everything  # noqa: E402

PASSWORD = "approve-what-you-saw-7731"
PEOPLE: dict[str, dict[str, Any]] = {
    "project_user": {"project_level": "admin"},
    "approver": {"erp_level": "admin", "project_level": "admin", "can_push_to_accounting": True},
}


def make_company() -> dict[str, Any]:
    """The sign-ins of a new company, in the shape of `demo_credentials`."""
    company = create_company("Rig", actor=SYSTEM)
    for name, rights in PEOPLE.items():
        user = create_person(
            name, email=f"{name}@rig.example", name=name, password=PASSWORD, company=company, actor=SYSTEM
        )
        with transaction.atomic():
            grant(user, company=company, actor=SYSTEM, **rights)
    issued = in_company(company.pk, lambda: create_account("Connector", company=company, actor=SYSTEM, owner=user))
    integration = actors.service_account(issued.account, frozenset(full_scopes()))
    sent = {"service_url": "https://erp.rig.example", "metadata": everything()}
    in_company(company.pk, lambda: connect_company(company, sent, actor=integration))
    return {
        "base_url": settings.BASE_URL,
        "company": {"id": company.pk},
        "service_account": {"client_id": issued.account.client_id, "client_secret": issued.client_secret},
        "people": {name: {"username": name, "password": PASSWORD} for name in PEOPLE},
    }


if __name__ == "__main__":
    call_command("upgrade", verbosity=0)
    Path(sys.argv[1]).write_text(json.dumps(make_company()))
