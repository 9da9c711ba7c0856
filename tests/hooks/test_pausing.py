"""Hooks that somebody pauses, or that pause by themselves, and who hears of it."""

from datetime import UTC, datetime, timedelta

import pytest

from erpstaging.audit.models import Entry
from erpstaging.companies.models import ErpLevel, Membership, User
from erpstaging.core.errors import Invalid, WrongState
from erpstaging.core.scope import company_scope
from erpstaging.hooks import subscriptions
from erpstaging.hooks.destinations import destination
from erpstaging.hooks.models import Hook, Profile
from erpstaging.hooks.replaying import replay_range
from erpstaging.hooks.subscriptions import HookChanges
from erpstaging.hooks.tasks import work
from erpstaging.notices.mails import mail_of
from erpstaging.notices.models import Notice
from tests.fixtures.hooks import ADMIN, Tenant, sweep_until
from tests.fixtures.receiver import OK, Reply


@pytest.fixture
def owner(tenant: Tenant) -> User:
    """The company's administrator: whoever made the hook is nobody of the database."""
    user = User.objects.create_user("ada", email="ada@ardent.example", name="Ada Admin")
    with company_scope(tenant.company.pk):
        Membership.objects.create(company=tenant.company, user=user, erp_level=ErpLevel.ADMIN)
    return user


def paused(tenant: Tenant, hook: Hook) -> Hook:
    with company_scope(tenant.company.pk):
        return subscriptions.pause_hook(tenant.company, ADMIN, hook.pk, reason="Ledger moves house")


def resumed(tenant: Tenant, hook: Hook) -> Hook:
    with company_scope(tenant.company.pk):
        return subscriptions.resume_hook(tenant.company, ADMIN, hook.pk, reason="It has moved")


def notices(tenant: Tenant) -> list[Notice]:
    with company_scope(tenant.company.pk):
        return list(Notice.objects.of(tenant.company).select_related("person").order_by("pk"))


@pytest.mark.capability("WH-05")
@pytest.mark.parametrize("profile", Profile.values)
def test_what_comes_while_a_hook_is_paused_leaves_in_order_after_resume(tenant, receiver, profile):
    hook = tenant.hook(receiver.url, profile=profile)
    paused(tenant, hook)

    tenant.tell(1, 2, 3)
    sweep_until(lambda: all(event.dispatched_at for event in tenant.events()))
    work()
    while_paused, stands = list(receiver.ids), tenant.stored(hook)
    resumed(tenant, hook)
    sweep_until(tenant.settled)

    assert while_paused == []
    assert (stands.state, stands.paused_by, stands.pause_reason) == ("paused", "Ada Admin", "Ledger moves house")
    assert receiver.ids == [1, 2, 3]
    assert (tenant.stored(hook).state, tenant.stored(hook).paused_by) == ("active", "")
    with company_scope(tenant.company.pk):
        told = Entry.objects.of(tenant.company).filter(action__in=["pause_hook", "resume_hook"]).order_by("pk")
        assert [(one.action, one.actor_name, one.after["reason"]) for one in told] == [
            ("pause_hook", "Ada Admin", "Ledger moves house"), ("resume_hook", "Ada Admin", "It has moved"),
        ]  # fmt: skip


def test_a_pause_needs_a_reason_and_happens_once(tenant, receiver):
    hook = tenant.hook(receiver.url)

    with company_scope(tenant.company.pk), pytest.raises(Invalid, match="why"):
        subscriptions.pause_hook(tenant.company, ADMIN, hook.pk, reason="  ")
    paused(tenant, hook)
    with pytest.raises(WrongState):
        paused(tenant, hook)


def test_a_persons_pause_outlasts_a_new_destination(tenant, receiver):
    hook = tenant.hook(receiver.url)
    paused(tenant, hook)

    elsewhere = destination(receiver.url + "/moved")
    with company_scope(tenant.company.pk):
        subscriptions.update_hook(tenant.company, ADMIN, hook.pk, HookChanges(destination=elsewhere))

    assert tenant.stored(hook).waits_for_resume
    assert tenant.stored(hook).pause_reason == "Ledger moves house"


@pytest.mark.capability("WH-05")
def test_the_owner_is_mailed_when_a_durable_hook_stops_and_when_it_goes_on(tenant, receiver, owner, settings):
    settings.WEBHOOK_RETRY_DAYS, settings.WEBHOOK_TIME_FACTOR = 0.5, 0.0001
    receiver.behave = lambda request: Reply(503)
    hook = tenant.hook(receiver.url, profile=Profile.DURABLE)
    tenant.tell(1, 2)

    sweep_until(lambda: tenant.stored(hook).waits_for_resume)
    stopped = notices(tenant)
    receiver.behave = lambda request: OK
    resumed(tenant, hook)
    sweep_until(tenant.settled)

    assert [(one.kind, one.person_id) for one in stopped] == [("hook_paused", owner.pk)]
    mail = mail_of(stopped[0], owner, tenant.company)
    assert mail.subject == "Ardent Builders: Notifications to 127.0.0.1 are paused"
    assert "took nothing in the whole retry time" in str(mail.body)
    assert f"/c/{tenant.company.pk}/hooks/{hook.pk}/" in str(mail.body)
    assert [one.kind for one in notices(tenant)] == ["hook_paused", "hook_resumed"]
    assert receiver.ids[-2:] == [1, 2]


@pytest.mark.capability("WH-05", "MO-07")
def test_a_discarded_queue_is_mailed_listed_and_replayable(tenant, receiver, owner, settings):
    settings.WEBHOOK_TIME_FACTOR = 0.0001  # twelve hours are 4.3 seconds
    receiver.behave = lambda request: Reply(500)
    hook = tenant.hook(receiver.url)
    tenant.tell(1, 2, 3)

    sweep_until(tenant.settled)
    states, told = tenant.states(), notices(tenant)
    receiver.behave = lambda request: OK
    tried = len(receiver.received)
    now = datetime.now(UTC)
    with company_scope(tenant.company.pk):
        replayed = replay_range(
            tenant.company,
            ADMIN,
            hook.pk,
            what="discarded",
            since=now - timedelta(hours=1),
            until=now,
            reason="It is back",
        )
    sweep_until(tenant.settled)

    assert states == ["discarded"] * 3
    assert [(one.kind, one.context["count"]) for one in told] == [("deliveries_gave_up", 3)]
    assert "3 notifications" in str(mail_of(told[0], owner, tenant.company).body)
    assert replayed.count == 3
    assert receiver.ids[tried:] == [1, 2, 3]
    assert tenant.states() == ["ok"] * 3
