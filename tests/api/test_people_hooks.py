"""Hooks, the delivery log and what gave up, by the REST for people."""

import pytest

from erpstaging.hooks.models import Delivery, DeliveryAttempt, Hook
from erpstaging.outbox.models import Event

pytestmark = pytest.mark.usefixtures("loopback_allowed")
URL = "http://127.0.0.1:9009/hook"
NEW = {
    "destination_url": URL,
    "destination_headers": {"Authorization": "Bearer abcdef-12345"},
    "triggers": [{"resource_name": "ERP Requests", "event_type": "create"}],
}


@pytest.fixture
def desk(sign_in, admin):
    return sign_in(admin)


@pytest.fixture
def hook_id(desk) -> int:
    made = desk.post("hooks", NEW)
    assert made.status == 201, made
    return made.body["id"]


@pytest.fixture
def delivery(company, gate, hook_id) -> Delivery:
    """What the receiver refused about the request of an exporting contract."""
    gate.bring_to("exporting")
    event = Event.objects.of(company).get(resource_name="ERP Requests", resource_id=gate.requests()[0].pk)
    hook, at = Hook.objects.of(company).get(), event.occurred_at
    made = Delivery.objects.create(
        company=company, hook=hook, event=event, position=1, resource_name="ERP Requests", event_type="create",
        resource_id=event.resource_id, body='{"resource_id": 1}', state="failed", attempts=1, created_at=at,
        completed_at=at, gave_up_at=at,
    )  # fmt: skip
    DeliveryAttempt.objects.create(
        company=company, hook=hook, delivery=made, number=1, started_at=at, duration_ms=35, outcome="failed",
        status=422, body='{"error": "no"}', request_headers={"Authorization": "**********12345"},
    )  # fmt: skip
    return made


@pytest.mark.capability("WH-03")
def test_a_hook_is_made_durable_and_shows_its_secret_once(desk, company):
    made = desk.post("hooks", NEW)

    assert made.status == 201
    secret = made.body.pop("signing_secret")
    assert secret.startswith("whsec_")
    assert made.body["profile"] == "durable"
    assert made.body["destination_headers"] == {"Authorization": "**********12345"}
    assert made.body["triggers"] == NEW["triggers"]
    assert made.body["backlog"] == {"waiting": 0, "oldest_at": None}
    for shown in (desk.get("hooks").body, desk.get(f"hooks/{made.body['id']}").body):
        assert secret not in str(shown)
        assert "signing_secret" not in str(shown)
    stored = Hook.objects.of(company).get()
    assert "abcdef" not in stored.encrypted_headers
    assert secret not in stored.encrypted_secret


@pytest.mark.capability("WH-03")
def test_a_secret_is_rotated_and_the_overlap_ended(desk, hook_id, integrator, company):
    rotated = desk.post(f"hooks/{hook_id}/rotate_secret")
    on_the_wire = integrator.post(f"/rest/v1.0/webhooks/hooks/{hook_id}/rotate_secret", {"company_id": company.pk})
    ended = desk.post(f"hooks/{hook_id}/end_old_secret")

    assert (rotated.status, on_the_wire.status, ended.status) == (200, 200, 200)
    assert rotated.body["signing_secret"] != on_the_wire.body["signing_secret"]
    assert rotated.body["old_secret_until"] is not None
    assert ended.body["old_secret_until"] is None
    assert desk.post(f"hooks/{hook_id}/end_old_secret").status == 409


@pytest.mark.capability("WH-05")
def test_a_hook_is_paused_and_resumed_with_who_and_why(desk, hook_id):
    without = desk.post(f"hooks/{hook_id}/pause", {})
    paused = desk.post(f"hooks/{hook_id}/pause", {"reason": "Ledger moves house"})
    resumed = desk.post(f"hooks/{hook_id}/resume", {"reason": "It has moved"})

    assert (without.status, list(without.body["errors"])) == (422, ["reason"])
    assert paused.body["state"] == "paused"
    assert paused.body["paused"] | {"at": ""} == {"at": "", "by": "Admin", "reason": "Ledger moves house"}
    assert (resumed.body["state"], resumed.body["paused"]) == ("active", None)
    assert desk.post(f"hooks/{hook_id}/resume").status == 409


@pytest.mark.capability("WH-08")
def test_the_log_shows_a_delivery_with_its_attempts(desk, delivery):
    rows = desk.get("deliveries?state=refused&resource_name=ERP+Requests").body["rows"]
    opened = desk.get(f"deliveries/{delivery.pk}").body

    assert [row["id"] for row in rows] == [delivery.pk]
    assert (rows[0]["last_status"], rows[0]["state"], rows[0]["test"]) == (422, "refused", False)
    assert opened["request_body"] == '{"resource_id": 1}'
    assert opened["tries"] == [
        {
            "number": 1,
            "outcome": "failed",
            "started_at": opened["tries"][0]["started_at"],
            "duration_ms": 35,
            "request_headers": {"Authorization": "**********12345"},
            "response_status": 422,
            "response_headers": {},
            "response_body": '{"error": "no"}',
            "error": None,
        }
    ]
    assert desk.get("deliveries?filters[created_at]=2001-01-01...2001-01-02").body["rows"] == []
    assert desk.get("deliveries?state=lost").status == 400
    assert desk.get("deliveries?cursor=x").status == 400
    assert desk.get("deliveries?hook_id=x").status == 400
    assert desk.get("deliveries/4711").status == 404


@pytest.mark.capability("WH-08")
def test_deliveries_are_replayed_by_id_and_by_time(desk, delivery, hook_id, company):
    by_id = desk.post("deliveries/replay", {"ids": [delivery.pk], "reason": "The receiver lost it"})
    Delivery.objects.of(company).update(state="leased")
    Delivery.objects.of(company).update(
        state="failed", completed_at=delivery.created_at, gave_up_at=delivery.created_at
    )
    span = {"hook_id": hook_id, "from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"}
    by_time = desk.post("deliveries/replay", {**span, "what": "refused", "reason": "The receiver lost it"})

    assert (by_id.body, by_time.body) == ({"replayed": 1, "more": False}, {"replayed": 1, "more": False})
    for wrong in ({"ids": [delivery.pk]}, {**span, "reason": "x"}, {"reason": "Because"},
                  {**span, "from": "2020-01-01T00:00:00", "reason": "Because"}):  # fmt: skip
        assert desk.post("deliveries/replay", wrong).status == 422, wrong


@pytest.mark.capability("WH-09")
def test_a_hook_is_tested_and_previewed(desk, hook_id, company):
    test = desk.post(f"hooks/{hook_id}/test")
    preview = desk.get(f"hooks/{hook_id}/preview?resource_name=Company+Vendors&event_type=create&resource_id=7")

    assert (test.status, test.body["test"], test.body["state"]) == (202, True, "waiting")
    assert preview.body["body"]["resource_id"] == 7
    assert preview.body["event_id"] is None
    assert Delivery.objects.of(company).count() == 1
    assert desk.get(f"hooks/{hook_id}/preview?resource_name=Weather").status == 422


@pytest.mark.capability("WH-08")
def test_health_is_numbers(desk, delivery, hook_id):
    health = desk.get(f"hooks/{hook_id}/health").body

    assert (health["attempts"], health["taken"], health["success_share"]) == (1, 0, 0)
    assert (health["p50_ms"], health["p95_ms"], len(health["hours"])) == (35, 35, 24)


@pytest.mark.capability("MO-07")
def test_what_gave_up_is_listed_and_redriven(desk, delivery):
    (row,) = desk.get("gave_up").body["rows"]
    item = {"kind": row["kind"], "id": row["id"]}
    done = desk.post("gave_up/redrive", {"items": [item], "reason": "The receiver is back"})

    assert (row["code"], row["said"], row["redrive"]) == ("refused", "HTTP 422", True)
    assert desk.get(row["payload"]).body["request_body"] == '{"resource_id": 1}'
    assert done.body == {"outcomes": [{**item, "done": True, "code": None, "message": None}]}
    assert desk.get("gave_up").body["rows"] == []


@pytest.mark.capability("MO-02")
def test_a_correlation_id_finds_what_the_call_touched(desk, gate, sign_in, approver):
    export = gate.send()
    sign_in(approver).post(
        f"exports/{export.pk}/accept", {"version": export.version, "code": "5001"}, X_Correlation_ID="call-9"
    )

    found = desk.get("correlated?correlation_id=call-9").body

    assert {"object": "record", "id": gate.contract.pk, "item_type": "work_order_contract"}.items() <= next(
        one for one in found["objects"] if one["id"] == gate.contract.pk
    ).items()


def test_who_may_what(sign_in, hook_id, delivery, approver, auditor, project_user):
    """Approvers read the log; hooks are the administrators', and auditors only read."""
    reading = {"hooks": (403, 200, 403), "deliveries": (200, 200, 403), "gave_up": (200, 200, 403)}
    for path, wanted in reading.items():
        assert tuple(sign_in(who).get(path).status for who in (approver, auditor, project_user)) == wanted, path
    replay = {"ids": [delivery.pk], "reason": "Because"}
    for who in (approver, auditor, project_user):
        assert sign_in(who).post("deliveries/replay", replay).status == 403
        assert sign_in(who).post(f"hooks/{hook_id}/pause", {"reason": "Because"}).status == 403
        assert sign_in(who).post("hooks", NEW).status == 403
