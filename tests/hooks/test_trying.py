"""Trying a hook out: a test delivery, and a preview."""

import msgspec
import pytest
from standardwebhooks import Webhook

from erpstaging.audit.models import Entry
from erpstaging.core.errors import Invalid
from erpstaging.core.scope import company_scope
from erpstaging.hooks import subscriptions
from erpstaging.hooks.models import Profile
from erpstaging.hooks.outcomes import final_refusal_calls
from erpstaging.hooks.trying import preview, send_test
from erpstaging.outbox.models import Event
from tests.fixtures.hooks import ADMIN, Tenant, sweep_until
from tests.fixtures.receiver import Reply


def tried_out(tenant: Tenant, hook, **chosen):
    with company_scope(tenant.company.pk):
        return send_test(tenant.company, ADMIN, hook.pk, **chosen)


@pytest.mark.capability("WH-09")
@pytest.mark.parametrize("api_version", ["v2", "v3", "v4"])
def test_a_test_is_a_signed_sample_that_says_so(tenant, receiver, api_version):
    hook = tenant.hook(receiver.url)
    tenant.change(hook, api_version=api_version)

    tried_out(tenant, hook)
    sweep_until(tenant.settled)

    (request,) = receiver.received
    assert Webhook(tenant.secret).verify(request.body, request.headers)["test"] is True
    assert request.headers["webhook-test"] == "true"
    assert "ERP Requests" in request.body.decode()
    with company_scope(tenant.company.pk):
        assert Entry.objects.of(tenant.company).filter(action="send_test").count() == 1


@pytest.mark.capability("WH-09")
def test_a_test_leaves_beside_a_paused_and_blocked_queue_and_moves_nothing_but_itself(tenant, receiver):
    hook = tenant.hook(receiver.url)
    with company_scope(tenant.company.pk):
        subscriptions.pause_hook(tenant.company, ADMIN, hook.pk, reason="Ledger moves house")
    tenant.tell(1)
    before = tenant.stored(hook)

    tried_out(tenant, hook)
    # What was told waits for every transaction of the server that began before it.
    sweep_until(lambda: sorted(tenant.states()) == ["ok", "pending"])

    assert receiver.events[0]["resource_id"] == 0
    after = tenant.stored(hook)
    assert (after.state, after.failures, after.paused_at) == (before.state, before.failures, before.paused_at)


@pytest.mark.parametrize("profile", Profile.values)
def test_a_refused_test_is_tried_once_and_ends_no_request(tenant, receiver, monkeypatch, profile):
    refusals = []
    monkeypatch.setattr("erpstaging.hooks.outcomes.final_refusal_calls", [*final_refusal_calls, refusals.append])
    receiver.behave = lambda request: Reply(422)
    hook = tenant.hook(receiver.url, profile=profile)

    tried_out(tenant, hook, resource_name="ERP Requests", event_type="create", resource_id=8812)
    sweep_until(tenant.settled)
    sweep_until(tenant.settled)

    assert len(receiver.received) == 1
    assert tenant.states() == ["failed"]
    assert tenant.deliveries()[0].gave_up_at is None
    assert tenant.stored(hook).state == "active"
    assert refusals == []


def test_a_test_is_in_no_feed_and_no_other_hook_hears_it(tenant, receiver):
    hook = tenant.hook(receiver.url)
    tenant.hook(receiver.url + "/other")

    tried_out(tenant, hook)
    sweep_until(tenant.settled)

    assert [request.path for request in receiver.received] == ["/hook"]
    with company_scope(tenant.company.pk):
        assert Event.objects.of(tenant.company).get().position is None


@pytest.mark.capability("WH-09")
def test_a_preview_is_what_was_told_of_the_object_and_sends_nothing(tenant, receiver):
    hook = tenant.hook(receiver.url)
    (event_id,) = tenant.tell(8812)
    sweep_until(tenant.settled)
    sent = receiver.received[0].body.decode()

    with company_scope(tenant.company.pk):
        told = preview(tenant.company, ADMIN, hook.pk, resource_id=8812)
        made_up = preview(tenant.company, ADMIN, hook.pk, resource_name="Company Vendors", resource_id=7)
        deliveries, events = tenant.deliveries(), tenant.events()

    assert (told.body, told.event_id) == (sent, event_id)
    assert made_up.event_id is None
    assert msgspec.json.decode(made_up.body)["resource_id"] == 7
    assert (len(deliveries), len(events), len(receiver.received)) == (1, 1, 1)


@pytest.mark.parametrize(
    ("chosen", "field"),
    [({"resource_name": "Weather"}, "resource_name"), ({"event_type": "explode"}, "event_type"),
     ({"resource_id": -1}, "resource_id"), ({"resource_id": "x"}, "resource_id")],
)  # fmt: skip
def test_what_cannot_be_told_cannot_be_tried(tenant, receiver, chosen, field):
    hook = tenant.hook(receiver.url)

    with pytest.raises(Invalid) as refused:
        tried_out(tenant, hook, **chosen)

    assert list(refused.value.errors) == [field]
