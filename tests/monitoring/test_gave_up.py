"""Dead letters."""

from datetime import UTC, datetime, timedelta

import pytest

from erpstaging.core.errors import BadRequest, Invalid, NotPermitted
from erpstaging.hooks.destinations import Destination
from erpstaging.hooks.models import Delivery, DeliveryAttempt, Hook, Profile
from erpstaging.hooks.subscriptions import create_hook
from erpstaging.monitoring.gave_up import counts, redrive, what_gave_up
from erpstaging.outbox.events import Fact
from erpstaging.outbox.models import EventType
from tests.fixtures.outbox import recorded

NOW = datetime.now(UTC)


@pytest.fixture
def hook(company, admin) -> Hook:
    made, _secret = create_hook(
        company, admin, destination=Destination("https://erp.example/hook"), api_version="v2", profile=Profile.DURABLE
    )
    return made


@pytest.fixture
def owed(company, integration, hook):
    """`owed("failed", status=422)`: a delivery in this state, `minutes` ago, with one attempt where it has a status."""

    def make(state: str, *, status: int | None = None, minutes: int = 0, held: bool = False) -> Delivery:
        event = recorded(company.pk, integration, Fact("Company Vendors", 7, EventType.CREATE))
        at = NOW - timedelta(minutes=minutes)
        ended = state in {"ok", "failed", "discarded"}
        delivery = Delivery.objects.create(
            company=company, hook=hook, event=event, position=event.pk, resource_name="Company Vendors",
            resource_id=7, event_type="create", body="{}", state=state, completed_at=at if ended else None,
            gave_up_at=at if held or state in {"failed", "discarded"} else None,
        )  # fmt: skip
        if status:
            DeliveryAttempt.objects.create(
                company=company, hook=hook, delivery=delivery, number=1, started_at=at, duration_ms=20,
                outcome="failed", status=status,
            )  # fmt: skip
        return delivery

    return make


def listed(company, **asked) -> list[tuple[str, str]]:
    return [(one.kind, one.code) for one in what_gave_up(company, **asked).rows]


@pytest.mark.capability("MO-07")
def test_whatever_gave_up_is_in_one_list_with_its_reason(company, gate, owed):
    owed("ok")
    owed("failing")
    owed("pending")
    owed("failed", status=422, minutes=5)
    owed("discarded", minutes=6)
    owed("failing", held=True, minutes=7)
    gate.bring_to("failed")

    rows = what_gave_up(company).rows

    assert [(one.kind, one.code) for one in rows] == [
        ("export", "failed"), ("delivery", "refused"), ("delivery", "discarded"), ("delivery", "held"),
    ]  # fmt: skip
    assert [one.said for one in rows] == ["Period closed.", "HTTP 422", "", ""]
    assert all(one.reason for one in rows)
    assert listed(company, kind="export") == [("export", "failed")]
    assert counts(company) == {"delivery": 3, "export": 1}
    with pytest.raises(BadRequest):
        what_gave_up(company, kind="weather")


def test_pages_of_the_list_miss_and_repeat_none(company, gate, owed):
    gate.bring_to("failed")
    made = {owed("failed", minutes=number).pk for number in range(1, 8)}
    seen, cursor = [], ""

    while True:
        part = what_gave_up(company, cursor=cursor, limit=3)
        seen += [(one.kind, one.id) for one in part.rows]
        if not (cursor := part.next_cursor):
            break

    assert len(seen) == len(set(seen)) == 8
    assert {pk for kind, pk in seen if kind == "delivery"} == made


@pytest.mark.capability("MO-07")
def test_a_redrive_sends_a_delivery_again_with_who_and_why(company, admin, owed):
    delivery = owed("failed", status=422)

    (done,) = redrive(company, admin, [{"kind": "delivery", "id": delivery.pk}], reason="The group is there now")

    delivery = Delivery.objects.of(company).get(pk=delivery.pk)
    assert done.refusal is None
    assert (delivery.state, delivery.replayed_by, delivery.replay_reason) == (
        "pending", admin.name, "The group is there now",
    )  # fmt: skip
    assert listed(company) == []


@pytest.mark.capability("MO-07", "EX-06")
def test_a_redrive_sends_an_export_again(company, gate, approver):
    export = gate.bring_to("failed")

    (done,) = redrive(company, approver, [{"kind": "export", "id": export.pk}], reason="The period is open")

    assert done.refusal is None
    assert gate.export().state == "exporting"
    assert listed(company) == []


def test_a_redrive_needs_the_rights_of_what_it_sends(company, gate, approver, admin, owed):
    delivery, export = owed("failed"), gate.bring_to("failed")

    with pytest.raises(NotPermitted):
        redrive(company, approver, [{"kind": "delivery", "id": delivery.pk}], reason="Because")
    (done,) = redrive(company, admin, [{"kind": "export", "id": export.pk}], reason="Because")
    assert isinstance(done.refusal, NotPermitted)


@pytest.mark.parametrize(
    "items", [None, [], "x", [1], [{"kind": "weather", "id": 1}], [{"kind": "export", "id": True}]]
)
def test_a_redrive_names_what_it_sends(company, admin, items):
    with pytest.raises(Invalid):
        redrive(company, admin, items, reason="Because")
