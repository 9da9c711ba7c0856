"""On hold until a day, cancelled while nobody fetched it, stale when nobody answered."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from erpstaging.companies.actors import Actor
from erpstaging.core.errors import Invalid, NotPermitted, StaleVersion, WrongState
from erpstaging.erp_requests.models import ErpRequestDetail
from erpstaging.erp_requests.services import take
from erpstaging.notices.sending import send_due
from erpstaging.outbox.models import Event
from erpstaging.staging.exports import retry_export
from erpstaging.staging.holding import hold_export, resume_export
from erpstaging.staging.models import StagedExport
from erpstaging.staging.queue import Asked, View, queue_part, view_counts
from erpstaging.staging.staleness import cancel_export
from erpstaging.staging.tasks import sweep
from tests.fixtures.gate import Gate
from tests.fixtures.scope import no_scope

FRIDAY = "2026-11-27"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def monday() -> "object":
    with time_machine.travel(datetime(2026, 11, 23, 16, tzinfo=UTC), tick=True) as clock:
        yield clock


def hold(gate: Gate, export: StagedExport, **values: object) -> StagedExport:
    values = {"actor": gate.approver, "note": "Insurance is missing", "until": FRIDAY, **values}
    return gate.run(lambda: hold_export(gate.company, export.pk, **values))  # type: ignore[arg-type]


def listed(gate: Gate, view: View) -> list[int]:
    rows = gate.run(lambda: queue_part(gate.company, Asked(view)).rows)
    return [row.object.pk for row in rows]


@pytest.mark.capability("AP-13")
def test_a_held_export_leaves_the_list_and_comes_back_on_its_day_with_a_mail(gate: Gate, monday) -> None:
    export = gate.send()
    held = hold(gate, export)

    assert (listed(gate, View.READY_TO_EXPORT), listed(gate, View.ON_HOLD)) == ([], [held.pk])
    counts = gate.run(lambda: view_counts(gate.company))
    assert (counts[View.READY_TO_EXPORT], counts[View.ON_HOLD]) == (0, 1)

    with no_scope():
        sweep()
    assert listed(gate, View.ON_HOLD) == [held.pk]

    monday.move_to(datetime(2026, 11, 27, 7, 0, 1, tzinfo=UTC))  # midnight of the company's zone
    with no_scope():
        sweep()
        send_due()

    assert (listed(gate, View.READY_TO_EXPORT), listed(gate, View.ON_HOLD)) == ([held.pk], [])
    (told,) = [one for one in mail.outbox if "back from hold" in one.subject]
    assert "Insurance is missing" in told.body
    assert [str(part.content) for part in told.alternatives if "Insurance is missing" in str(part.content)]


@pytest.mark.capability("AP-13")
def test_a_hold_is_ended_by_hand_and_by_any_decision(gate: Gate) -> None:
    held = hold(gate, gate.send())
    back = gate.run(lambda: resume_export(gate.company, held.pk, actor=gate.approver))
    assert listed(gate, View.READY_TO_EXPORT) == [back.pk]

    accepted = gate.accept(hold(gate, back))

    assert (accepted.state, accepted.hold_until) == ("exporting", None)


def test_who_opened_it_before_the_hold_decides_on_an_old_version(gate: Gate) -> None:
    export = gate.send()
    hold(gate, export)

    with pytest.raises(StaleVersion) as refused:
        gate.accept(export)
    assert refused.value.facts["decided_by"] == gate.approver.name


@pytest.mark.parametrize("until", ["2026-11-23", "2028-01-01", "soon", None, "2026-11-27T10:00:00", 5])
def test_the_day_of_a_hold_lies_ahead_within_a_year(gate: Gate, until: object) -> None:
    export = gate.send()

    with pytest.raises(Invalid) as refused:
        hold(gate, export, until=until)
    assert list(refused.value.errors) == ["until"]


def test_a_hold_needs_a_note_and_the_right_to_decide(gate: Gate, project_user: Actor) -> None:
    export = gate.send()

    with pytest.raises(Invalid, match="at least 3"):
        hold(gate, export, note=" ")
    with pytest.raises(NotPermitted):
        hold(gate, export, actor=project_user)
    with pytest.raises(WrongState):
        hold(gate, gate.accept(export))


@pytest.mark.capability("EX-05")
def test_a_request_that_nobody_fetched_can_be_cancelled_and_the_integrator_is_told(gate: Gate) -> None:
    out = gate.bring_to("exporting")

    failed = gate.run(lambda: cancel_export(gate.company, out.pk, actor=gate.approver))

    assert failed.state == "failed"
    assert "cancelled the request" in failed.messages[0]
    assert [detail.state for detail in gate.details()] == ["stale"]
    events = gate.run(lambda: list(Event.objects.of(gate.company).filter(resource_name="ERP Requests")))
    assert [(one.event_type, one.resource_id) for one in events if one.resource_id == out.erp_request_id] == [
        ("create", out.erp_request_id),
        ("update", out.erp_request_id),
    ]
    assert gate.record().lock == "exporting"


def test_a_fetched_request_is_ended_by_its_answer_alone(gate: Gate) -> None:
    out = gate.bring_to("exporting")
    gate.run(lambda: take(gate.company.pk, out.erp_request_id or 0))

    with pytest.raises(WrongState) as refused:
        gate.run(lambda: cancel_export(gate.company, out.pk, actor=gate.approver))
    assert refused.value.code == "already_fetched"
    assert gate.export().state == "exporting"


@pytest.mark.capability("EX-05")
def test_an_unanswered_request_is_stale_once_its_time_is_over_and_a_late_answer_counts(gate: Gate, monday) -> None:
    gate.bring_to("exporting")
    monday.shift(timedelta(hours=23))
    with no_scope():
        sweep()
    assert gate.export().state == "exporting"

    monday.shift(timedelta(hours=2))
    with no_scope():
        sweep()
        sweep()
        send_due()

    assert (gate.export().state, gate.export().messages) == ("failed", ["The integrator did not answer in time."])
    assert len([one for one in mail.outbox if "No answer about" in one.subject]) == len(
        {address for one in mail.outbox if "No answer about" in one.subject for address in one.to}
    )
    gate.link("ORD-9")
    gate.close("success")
    assert gate.export().state == "synced"


@pytest.mark.capability("EX-05")
def test_a_stale_export_can_be_tried_again(gate: Gate, monday) -> None:
    export = gate.bring_to("exporting")
    monday.shift(timedelta(hours=25))
    with no_scope():
        sweep()

    again = gate.run(lambda: retry_export(gate.company, export.pk, actor=gate.approver))

    assert again.state == "exporting"
    states = gate.run(lambda: list(ErpRequestDetail.objects.of(gate.company).order_by("pk")))
    assert [(one.state, one.current) for one in states if one.item_id == export.record_id] == [
        ("stale", False),
        ("in_progress", True),
    ]
    assert all(one.due_at > timezone.now() for one in states if one.current)
