"""From a hook that an integrator makes to the one POST it gets, over HTTP and with the worker's own sweep."""

import json

import pytest

from erpstaging.companies.actors import Actor
from erpstaging.core.scope import company_scope
from erpstaging.erp_requests.models import ErpRequest
from erpstaging.outbox.models import Event
from tests.fixtures.callers import Caller
from tests.fixtures.gate import Gate
from tests.fixtures.hooks import sweep_until
from tests.fixtures.receiver import Receiver
from tests.fixtures.scope import no_scope


def waiting_events(gate: Gate) -> int:
    with company_scope(gate.company.pk):
        return int(Event.objects.of(gate.company).filter(dispatched_at=None).count())


@pytest.mark.django_db(transaction=True)
@pytest.mark.capability("WH-01", "EX-01")
def test_an_accepted_row_is_one_post_with_an_id_and_no_business(
    gate: Gate, integrator: Caller, sign_in, approver: Actor, receiver: Receiver, nobody_rings: None
) -> None:
    scope = {"company_id": gate.company.pk}
    made = integrator.post(
        "/rest/v1.0/webhooks/hooks",
        {**scope, "hook": {"api_version": "v2", "namespace": "procore", "destination_url": receiver.url}},
    )
    assert made.status == 201, made
    trigger = {"resource_name": "ERP Requests", "event_type": "create"}
    hook_id = made.body["id"]
    assert integrator.post(f"/rest/v1.0/webhooks/hooks/{hook_id}/triggers", {**scope, "trigger": trigger}).status == 201
    export = gate.send()

    sign_in(approver).post(f"exports/{export.pk}/accept", {"version": export.version, "code": "5001"})

    with no_scope():
        sweep_until(lambda: bool(receiver.received) and not waiting_events(gate))
    with company_scope(gate.company.pk):
        erp_request = ErpRequest.objects.of(gate.company).get(request_name="create_commitment")
    # What was told while the test arranged its objects reaches the hook too.
    (received,) = [one for one in receiver.received if one.event["resource_id"] == erp_request.pk]
    assert received.event["resource_name"] == "ERP Requests"
    assert received.event["event_type"] == "create"
    assert received.event["resource_id"] == erp_request.pk
    assert received.event["company_id"] == gate.company.pk
    body = json.dumps(received.event)
    for word in ("SC-1042", "Structural steel", "Brook", "5001", "759000"):
        assert word not in body
