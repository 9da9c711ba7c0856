"""One id from the call to the webhook and back."""

import logging

import pytest

from erpstaging.core.correlation import LogFilter, correlated, trace_of
from erpstaging.core.scope import company_scope
from erpstaging.erp_requests.models import ErpRequest
from erpstaging.monitoring.correlated import caused_by
from erpstaging.outbox.models import Event
from erpstaging.staging.tasks import sweep
from tests.fixtures.gate import UNDO
from tests.fixtures.hooks import sweep_until
from tests.fixtures.scope import no_scope

CALL = "nightly-2026.11:42"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.django_db(transaction=True)
@pytest.mark.capability("MO-02")
def test_the_id_of_a_call_is_in_answer_log_webhook_and_timeline(
    gate, integrator, sign_in, approver, receiver, nobody_rings, caplog
):
    scope = {"company_id": gate.company.pk}
    made = integrator.post(
        "/rest/v1.0/webhooks/hooks", {**scope, "hook": {"api_version": "v2", "destination_url": receiver.url}}
    )
    trigger = {"resource_name": "ERP Requests", "event_type": "create"}
    integrator.post(f"/rest/v1.0/webhooks/hooks/{made.body['id']}/triggers", {**scope, "trigger": trigger})
    export = gate.send()

    with caplog.at_level(logging.INFO):
        answer = sign_in(approver).post(
            f"exports/{export.pk}/accept", {"version": export.version, "code": "5001"}, X_Correlation_ID=CALL
        )
    with company_scope(gate.company.pk):
        erp_request = ErpRequest.objects.of(gate.company).get(request_name="create_commitment")
    with no_scope():
        sweep_until(lambda: erp_request.pk in receiver.ids)
    with company_scope(gate.company.pk):
        found = caused_by(gate.company, CALL)

    assert answer.headers["X-Correlation-ID"] == CALL
    assert f"/exports/{export.pk}/accept" in caplog.text
    (told,) = [one for one in receiver.received if one.event["resource_id"] == erp_request.pk]
    assert told.headers["X-Correlation-ID"] == CALL
    assert gate.contract.pk in [record.pk for record in found.records]
    assert found.deliveries == 1


@pytest.mark.capability("MO-02")
def test_a_log_line_carries_the_id(caplog):
    caplog.handler.addFilter(LogFilter())
    with caplog.at_level(logging.INFO), correlated(CALL):
        logging.getLogger("erpstaging.requests").info("hello")

    assert caplog.records[0].correlation_id == CALL


@pytest.mark.capability("MO-02")
def test_what_the_sweep_lets_out_later_still_carries_the_id_of_the_accept(gate):
    export = gate.send()
    with correlated(CALL):
        gate.accept(export, undo=UNDO)
    with company_scope(gate.company.pk):
        type(export).objects.of(gate.company).filter(pk=export.pk).update(release_at=export.sent_at)

    with no_scope():
        sweep()

    assert gate.export().state == "exporting"
    request_id = gate.requests()[0].pk
    assert (
        Event.objects.of(gate.company).get(resource_name="ERP Requests", resource_id=request_id).correlation_id == CALL
    )
    assert gate.contract.pk in [record.pk for record in caused_by(gate.company, CALL).records]


@pytest.mark.capability("MO-02")
def test_a_caller_with_a_trace_is_given_its_id(integrator):
    answer = integrator.get("vendors", traceparent=f"00-{TRACE}-00f067aa0ba902b7-01")

    assert answer.headers["X-Correlation-ID"] == TRACE


@pytest.mark.parametrize(
    "odd", ["", "x", f"00-{'0' * 32}-00f067aa0ba902b7-01", f"00-{TRACE.upper()}-00f067aa0ba902b7-01", f"00-{TRACE}"]
)
def test_an_odd_trace_is_none(odd):
    assert trace_of(odd) == ""


def test_an_id_that_nobody_had_finds_nothing(company):
    assert not caused_by(company, "nobody")
    assert not caused_by(company, "")
    assert not caused_by(company, "x" * 65)
