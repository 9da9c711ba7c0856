"""A new secret without a gap."""

from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from erpstaging.audit.models import Entry
from erpstaging.core.errors import NotPermitted, WrongState
from erpstaging.core.scope import company_scope
from erpstaging.hooks.rotation import end_old_secret, rotate_secret
from tests.fixtures.hooks import ADMIN, INTEGRATION, Tenant, sweep_until


def rotated(tenant: Tenant, hook) -> str:
    with company_scope(tenant.company.pk):
        return rotate_secret(tenant.company, ADMIN, hook.pk)[1]


def verifies(secret: str, request) -> bool:
    try:
        return bool(Webhook(secret).verify(request.body, request.headers))
    except Exception:
        return False


@pytest.mark.capability("WH-03")
def test_both_secrets_sign_for_a_day_and_then_the_new_one_alone(tenant, receiver, settings):
    settings.WEBHOOK_SECRET_OVERLAP_HOURS = 24
    hook = tenant.hook(receiver.url)
    old = tenant.secret

    new = rotated(tenant, hook)
    tenant.tell(1)
    sweep_until(tenant.settled)
    until = tenant.stored(hook).old_secret_until
    tenant.change(hook, old_secret_until=datetime.now(UTC) - timedelta(seconds=1))
    tenant.tell(2)
    sweep_until(tenant.settled)

    during, after = receiver.received
    assert abs(until - datetime.now(UTC) - timedelta(hours=24)) < timedelta(minutes=1)
    assert len(during.headers["webhook-signature"].split(" ")) == 2
    assert (verifies(old, during), verifies(new, during)) == (True, True)
    assert (verifies(old, after), verifies(new, after)) == (False, True)
    assert len(after.headers["webhook-signature"].split(" ")) == 1


@pytest.mark.capability("WH-03")
def test_an_administrator_ends_the_overlap_and_both_acts_are_audited_without_a_secret(tenant, receiver):
    hook = tenant.hook(receiver.url)
    old, new = tenant.secret, rotated(tenant, hook)

    with company_scope(tenant.company.pk):
        end_old_secret(tenant.company, ADMIN, hook.pk)
        entries = list(Entry.objects.of(tenant.company).filter(object_type="hook").order_by("pk"))
    tenant.tell(1)
    sweep_until(tenant.settled)

    assert [entry.action for entry in entries] == ["create_hook", "rotate_hook_secret", "end_old_hook_secret"]
    assert {entry.actor_name for entry in entries} == {"Ada Admin"}
    assert not any(secret in str((one.before, one.after)) for one in entries for secret in (old, new))
    assert (verifies(old, receiver.received[0]), verifies(new, receiver.received[0])) == (False, True)
    with company_scope(tenant.company.pk), pytest.raises(WrongState):
        end_old_secret(tenant.company, ADMIN, hook.pk)


def test_of_three_secrets_the_oldest_signs_no_more(tenant, receiver):
    hook = tenant.hook(receiver.url)
    first, second, third = tenant.secret, rotated(tenant, hook), rotated(tenant, hook)

    tenant.tell(1)
    sweep_until(tenant.settled)

    assert [verifies(one, receiver.received[0]) for one in (first, second, third)] == [False, True, True]


def test_rotating_takes_an_administrator(tenant, receiver):
    hook = tenant.hook(receiver.url)
    reader = type(ADMIN)(kind="person", id=8, name="Rea Reader", rights=frozenset({"member", "erp"}))

    with company_scope(tenant.company.pk):
        with pytest.raises(NotPermitted):
            rotate_secret(tenant.company, reader, hook.pk)
        assert rotate_secret(tenant.company, INTEGRATION, hook.pk)[1].startswith("whsec_")
