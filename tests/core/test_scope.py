"""Company scope on real PostgreSQL."""

import pytest
from django.db import connection

from erpstaging.companies.actors import SYSTEM
from erpstaging.core.scope import company_scope
from erpstaging.outbox import events
from erpstaging.outbox.events import Fact
from erpstaging.outbox.models import Event, EventType

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
