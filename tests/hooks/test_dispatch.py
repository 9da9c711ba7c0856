"""From events to deliveries."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection, connections, transaction

from erpstaging.core.scope import company_scope
from erpstaging.hooks import dispatch as dispatching
from erpstaging.hooks import subscriptions
from erpstaging.hooks.dispatch import dispatch, dispatch_all
from erpstaging.outbox.events import Fact, record
from erpstaging.outbox.models import Event, EventType
from tests.fixtures.hooks import ADMIN, INTEGRATION, Tenant, sweep_until

NOWHERE = "http://127.0.0.1:9999/nowhere"


def dispatched(tenant: Tenant) -> None:
    """Dispatch until nothing waits; transactions of other databases may hold it back for a moment."""
    sweep_until(lambda: not any(event.dispatched_at is None for event in tenant.events()))


@pytest.fixture(autouse=True)
def nothing_is_sent(monkeypatch):
    monkeypatch.setattr("erpstaging.hooks.tasks.due_hooks", lambda: [])


@pytest.mark.capability("WH-01")
def test_an_event_becomes_one_delivery_for_each_hook_that_listens(tenant):
    listening = tenant.hook(NOWHERE)
    tenant.hook(NOWHERE, listens_to=(("ERP Requests", "update"), ("Projects", "create")))

    tenant.tell(8812)
    dispatched(tenant)

    (delivery,) = tenant.deliveries()
    assert (delivery.hook_id, delivery.resource_name, delivery.resource_id) == (listening.pk, "ERP Requests", 8812)
    assert delivery.state == "pending"


def test_positions_follow_the_order_of_events(tenant):
    tenant.tell(1, 2, 3)
    tenant.tell(4)
    dispatched(tenant)

    assert [event.resource_id for event in tenant.events()] == [1, 2, 3, 4]
    assert all(event.dispatched_at for event in tenant.events())


def test_events_without_a_listener_are_dispatched_too(tenant):
    tenant.tell(1)
    dispatched(tenant)

    assert tenant.deliveries() == []
    assert tenant.events()[0].position is not None


def test_a_second_dispatch_creates_nothing(tenant):
    tenant.hook(NOWHERE)
    tenant.tell(1)
    dispatched(tenant)
    with company_scope(tenant.company.pk):
        Event.objects.of(tenant.company).update(dispatched_at=None, position=None)

    dispatched(tenant)

    assert len(tenant.deliveries()) == 1


@pytest.mark.capability("WH-04")
def test_a_rolled_back_change_is_never_told(tenant):
    tenant.hook(NOWHERE)

    with company_scope(tenant.company.pk):
        record(tenant.company.pk, INTEGRATION, [Fact("ERP Requests", 1, EventType.CREATE)])
        transaction.set_rollback(True)
    tenant.tell(2)
    dispatched(tenant)

    assert [delivery.resource_id for delivery in tenant.deliveries()] == [2]


def test_another_companys_hook_hears_nothing(tenant, other_tenant):
    other_tenant.hook(NOWHERE)

    tenant.tell(1)
    dispatched(tenant)

    assert other_tenant.deliveries() == []


def test_a_deleted_hook_hears_nothing(tenant):
    hook = tenant.hook(NOWHERE)
    with company_scope(tenant.company.pk):
        subscriptions.delete_hook(tenant.company, ADMIN, hook.pk)

    tenant.tell(1)
    dispatched(tenant)

    assert tenant.deliveries() == []


def test_a_projects_hook_hears_its_project_alone(tenant, tenant_project):
    tenant.hook(NOWHERE, project_id=tenant_project.pk, listens_to=(("Cost Codes", "update"),))

    tenant.tell(1, name="Cost Codes", event_type="update", project_id=tenant_project.pk)
    tenant.tell(2, name="Cost Codes", event_type="update", project_id=tenant_project.pk + 1)
    tenant.tell(3, name="Cost Codes", event_type="update")
    dispatched(tenant)

    assert [delivery.resource_id for delivery in tenant.deliveries()] == [1]


class Writer(threading.Thread):
    """A transaction that records an event and commits when it is told to."""

    def __init__(self, tenant: Tenant, resource_id: int) -> None:
        super().__init__(daemon=True)
        self.tenant, self.resource_id = tenant, resource_id
        self.began, self.recorded, self.may_record, self.may_commit = (threading.Event() for _ in range(4))
        self.may_record.set()

    def run(self) -> None:
        try:
            with company_scope(self.tenant.company.pk):
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_current_xact_id()")
                self.began.set()
                self.may_record.wait(10)
                record(self.tenant.company.pk, INTEGRATION, [Fact("ERP Requests", self.resource_id, EventType.CREATE)])
                self.recorded.set()
                self.may_commit.wait(10)
        finally:
            connections.close_all()

    def commit(self) -> None:
        self.may_commit.set()
        self.join(10)


def test_an_event_that_commits_late_is_not_skipped(tenant):
    """The first writer records first and commits last; the second one's event must not hide it."""
    tenant.hook(NOWHERE)
    first, second = Writer(tenant, 1), Writer(tenant, 2)
    first.start()
    first.recorded.wait(10)
    second.start()
    second.recorded.wait(10)

    second.commit()
    dispatch_all()
    before = [delivery.resource_id for delivery in tenant.deliveries()]
    first.commit()
    dispatched(tenant)

    assert before == []
    assert [delivery.resource_id for delivery in tenant.deliveries()] == [1, 2]


def test_changes_of_one_object_keep_their_order_when_the_later_writer_began_first(tenant):
    """The early transaction waited for the lock that the late one held, and a third one still runs in between.

    The early one's number is below the oldest running transaction, the late one's is not: taken by number alone the
    second change of the object would be told first.
    """
    tenant.hook(NOWHERE)
    early, between, late = Writer(tenant, 2), Writer(tenant, 99), Writer(tenant, 1)
    early.may_record.clear()
    for writer in (early, between, late):
        writer.start()
        writer.began.wait(10)
    late.recorded.wait(10)
    late.commit()
    early.may_record.set()
    early.recorded.wait(10)
    early.commit()

    dispatch_all()
    while_between_runs = [delivery.resource_id for delivery in tenant.deliveries()]
    between.commit()
    dispatched(tenant)

    assert while_between_runs == []
    ordered = [delivery.resource_id for delivery in sorted(tenant.deliveries(), key=lambda one: one.position)]
    assert ordered.index(1) < ordered.index(2)


def test_events_of_a_restored_database_are_dispatched(tenant):
    """Their transactions had numbers that this server has not reached."""
    tenant.tell(1)
    with company_scope(tenant.company.pk):
        Event.objects.of(tenant.company).update(transaction=2**62)

    dispatched(tenant)

    assert tenant.events()[0].position is not None


def test_several_dispatchers_at_once_create_each_delivery_once_and_in_order(tenant, monkeypatch):
    monkeypatch.setattr(dispatching, "BATCH", 7)
    for _ in range(3):
        tenant.hook(NOWHERE)
    for number in range(60):
        tenant.tell(number)

    def run() -> None:
        try:
            for _ in range(20):
                dispatch(7)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    dispatched(tenant)

    assert len(tenant.deliveries()) == 180
    assert [event.resource_id for event in tenant.events()] == list(range(60))


def test_dispatch_writes_all_of_a_batch_or_nothing(tenant, monkeypatch):
    tenant.hook(NOWHERE)
    tenant.tell(1)
    monkeypatch.setattr(dispatching, "body", lambda event, version: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        dispatched(tenant)

    assert tenant.events()[0].dispatched_at is None


def test_the_number_of_statements_does_not_grow_with_the_batch(tenant, django_assert_max_num_queries):
    for _ in range(3):
        tenant.hook(NOWHERE)
    tenant.tell(*range(200))

    done = 0
    while not done:
        with django_assert_max_num_queries(12):
            done = dispatch().deliveries

    assert done == 600


def test_bodies_carry_ids_only_in_the_shape_of_the_hook(tenant):
    occurred = datetime(2026, 3, 2, 8, 15, 0, 123456, tzinfo=UTC)
    hooks = {version: tenant.hook(NOWHERE) for version in ("v2.0", "v3", "v4.0")}
    for version, hook in hooks.items():
        tenant.change(hook, api_version=version)
    tenant.tell(8812)
    with company_scope(tenant.company.pk):
        Event.objects.of(tenant.company).update(occurred_at=occurred)
    dispatched(tenant)

    (event,) = tenant.events()
    by_hook = {delivery.hook_id: delivery.body for delivery in tenant.deliveries()}
    company_id = tenant.company.pk
    v2 = (
        f'{{"id":{event.pk},"ulid":"{event.ulid}","timestamp":"2026-03-02T08:15:00.123456Z",'
        f'"metadata":{{"source_user_id":null,"source_project_id":null,"source_operation_id":null,'
        f'"source_company_id":{company_id},"source_application_id":"11"}},'
        f'"user_id":null,"company_id":{company_id},"project_id":null,"api_version":"v2.0",'
        f'"event_type":"create","resource_name":"ERP Requests","resource_id":8812}}'
    )
    assert by_hook[hooks["v2.0"].pk] == v2
    assert by_hook[hooks["v3"].pk] == v2.replace("v2.0", "v3")[:-1] + ',"related_resources":[]}'
    assert by_hook[hooks["v4.0"].pk] == (
        f'{{"id":"{event.ulid}","timestamp":"2026-03-02T08:15:00.123456Z","reason":"create",'
        f'"company_id":"{company_id}","project_id":null,"user_id":null,'
        f'"resource_type":"ERP Requests","resource_id":"8812","data":{{"source_application_id":"11"}}}}'
    )
