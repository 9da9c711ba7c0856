"""Companies with hooks, events, and a receiver to hear them."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

import pytest

from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core.scope import company_scope
from erpstaging.hooks import subscriptions
from erpstaging.hooks.destinations import destination
from erpstaging.hooks.models import Delivery, DeliveryAttempt, Hook, Profile
from erpstaging.hooks.tasks import work
from erpstaging.outbox.events import Fact, record
from erpstaging.outbox.models import Event, EventType
from erpstaging.records.models import Record
from tests.hooks.receiver import Receiver

ADMIN = Actor(kind="person", id=7, name="Ada Admin", rights=frozenset({"member", "erp", "erp_admin"}))
INTEGRATION = Actor(
    kind="service_account", id=11, name="Integration", rights=frozenset({"member", "erp", "erp_admin", "integration"})
)


@pytest.fixture(autouse=True)
def loopback_allowed(settings: Any) -> None:
    settings.EGRESS_ALLOW = [ip_network("127.0.0.0/8"), ip_network("::1/128")]


@pytest.fixture(autouse=True)
def nobody_rings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests run the sweep themselves."""
    monkeypatch.setattr("erpstaging.outbox.events.wake_up_calls", [])


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@dataclass
class Tenant:
    """A company, with short words for what tests do in it and to it."""

    company: Company

    def hook(
        self,
        url: str,
        *,
        profile: str = Profile.PROCORE,
        listens_to: tuple[tuple[str, str], ...] = (("ERP Requests", "create"),),
        **values: Any,
    ) -> Hook:
        reached = destination(url)
        with company_scope(self.company.pk):
            hook, self.secret = subscriptions.create_hook(
                self.company, ADMIN, destination=reached, api_version="v2", profile=profile, **values
            )
            for resource_name, event_type in listens_to:
                subscriptions.create_trigger(
                    self.company, ADMIN, hook.pk, resource_name=resource_name, event_type=event_type
                )
        return hook

    def tell(
        self, *resource_ids: int, name: str = "ERP Requests", event_type: str = "create", **fact: Any
    ) -> list[int]:
        """Commit one event per id; returns the events' ids."""
        facts = [Fact(name, one, EventType(event_type), **fact) for one in resource_ids]
        with company_scope(self.company.pk):
            return [event.pk for event in record(self.company.pk, INTEGRATION, facts)]

    def events(self) -> list[Event]:
        with company_scope(self.company.pk):
            return list(Event.objects.of(self.company).order_by("position", "pk"))

    def deliveries(self) -> list[Delivery]:
        with company_scope(self.company.pk):
            return list(Delivery.objects.of(self.company).order_by("hook_id", "position"))

    def attempts(self) -> list[DeliveryAttempt]:
        with company_scope(self.company.pk):
            return list(DeliveryAttempt.objects.of(self.company).order_by("delivery_id", "number"))

    def stored(self, hook: Hook) -> Hook:
        with company_scope(self.company.pk):
            return Hook.objects.of(self.company).get(pk=hook.pk)

    def states(self) -> list[str]:
        return [str(delivery.state) for delivery in self.deliveries()]

    def change(self, hook: Hook, **columns: Any) -> None:
        """Set columns directly: time is data."""
        with company_scope(self.company.pk):
            Hook.objects.of(self.company).filter(pk=hook.pk).update(**columns)

    def change_deliveries(self, **columns: Any) -> None:
        with company_scope(self.company.pk):
            Delivery.objects.of(self.company).filter(completed_at=None).update(**columns)


@pytest.fixture
def tenant(transactional_db: None) -> Tenant:
    return Tenant(Company.objects.create(name="Ardent Builders"))


@pytest.fixture
def other_tenant(transactional_db: None) -> Tenant:
    return Tenant(Company.objects.create(name="Other Builders"))


def sweep_until(done: Callable[[], bool], timeout: float = 20) -> None:
    """Sweep as the worker does until something is true; other databases of the server may hold dispatch back."""
    ends = time.monotonic() + timeout
    while True:
        work(budget_s=0.5)
        if done() or time.monotonic() > ends:
            return
        time.sleep(0.02)


@pytest.fixture
def project(tenant: Tenant) -> Record:
    with company_scope(tenant.company.pk):
        return Record.objects.create(
            company=tenant.company,
            item_type="project",
            created_by_kind="person",
            created_by_name="Ada Admin",
            edited_by_kind="person",
            edited_by_name="Ada Admin",
        )
