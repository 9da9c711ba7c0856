"""Company scope on real PostgreSQL."""

from collections.abc import Callable

import pytest
from django.db import connection, transaction

from erpstaging.companies.actors import SYSTEM
from erpstaging.companies.models import Company
from erpstaging.core.scope import COMPANY, ScopeError, all_companies_scope, company_scope, in_company
from erpstaging.outbox import events
from erpstaging.outbox.events import Fact
from erpstaging.outbox.models import Event, EventType
from tests.fixtures.scope import in_scope, no_scope

FACT = Fact(resource_name="ERP Requests", resource_id=7, event_type=EventType.CREATE)


def test_x(company, other_company):
    with connection.cursor() as c:
        c.execute("select current_user, session_user, version()")
        print(c.fetchone())
    with company_scope(company.pk):
        events.record(company.pk, SYSTEM, [FACT])
    assert Event.objects.of(company).count() == 1


@pytest.mark.django_db(transaction=True)
def test_y(company, other_company):
    with company_scope(company.pk):
        events.record(company.pk, SYSTEM, [FACT])
    assert Event.objects.of(company).count() == 1


@pytest.mark.django_db(transaction=True)
def test_z(company, other_company):
    assert Event.objects.of(company).count() == 0
