"""One acceptance in a process that kills itself: ids of company, person and export, the version, and before what."""

import os
import signal
import sys
from typing import Any, NoReturn
from unittest import mock

import django

django.setup()

from erpstaging.companies import actors  # noqa: E402 - models need the set-up
from erpstaging.companies.models import Company, Membership  # noqa: E402
from erpstaging.core.scope import in_company  # noqa: E402
from erpstaging.staging.exports import accept_export  # noqa: E402


def die(*args: Any, **kwargs: Any) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("SIGKILL came back")


company_id, user_id, export_id, version = (int(word) for word in sys.argv[1:5])
company = Company.objects.get(pk=company_id)


def accept() -> None:
    membership = Membership.objects.select_related("user").get(company=company, user_id=user_id)
    accept_export(company, export_id, actor=actors.person(membership.user, membership), version=version)


with mock.patch(sys.argv[5], die):
    in_company(company.pk, accept)
