"""The pages of hooks, deliveries and what gave up."""

import re

import pytest

from erpstaging.core.correlation import correlated
from erpstaging.hooks.models import Delivery, DeliveryAttempt, Hook
from erpstaging.hooks.outcomes import FinalRefusal, final_refusal_calls
from erpstaging.outbox.models import Event
from erpstaging.staging.tasks import sweep
from tests.approvals.test_settings import Desk
from tests.fixtures.scope import no_scope

pytestmark = pytest.mark.usefixtures("loopback_allowed")
NEW = {
    "destination_url": "http://127.0.0.1:9009/hook", "resource_name": "ERP Requests", "event_type": "create",
    "profile": "durable", "api_version": "v2", "namespace": "", "authorization": "Bearer abcdef-12345",
}  # fmt: skip


@pytest.fixture
def desk(company, admin) -> Desk:
    return Desk(company, admin)


def stored(company) -> Hook:
    return Hook.objects.of(company).latest("pk")


@pytest.fixture
def hook(desk, company) -> Hook:
    assert desk.post("new_hook", **NEW).status_code == 200
    return stored(company)


@pytest.fixture
def delivery(company, gate, hook) -> Delivery:
    gate.bring_to("exporting")
    event = Event.objects.of(company).get(resource_name="ERP Requests", resource_id=gate.requests()[0].pk)
    at = event.occurred_at
    made = Delivery.objects.create(
        company=company, hook=hook, event=event, position=1, resource_name="ERP Requests", event_type="create",
        resource_id=event.resource_id, body='{"resource_id": 1}', state="failed", attempts=1, created_at=at,
        completed_at=at, gave_up_at=at,
    )  # fmt: skip
    DeliveryAttempt.objects.create(
        company=company, hook=hook, delivery=made, number=1, started_at=at, duration_ms=35, outcome="failed",
        status=422, body='{"error": "<b>vendor group</b>"}', headers={"Server": "northwind"},
        request_headers={"Authorization": "**********12345"},
    )  # fmt: skip
    return made


@pytest.mark.capability("WH-03")
def test_a_page_makes_a_hook_and_shows_its_secret_once(desk, company):
    made = desk.post("new_hook", **NEW).content.decode()
    hook = stored(company)

    (secret,) = re.findall(r"whsec_[A-Za-z0-9+/=]+", made)
    assert hook.profile == "durable"
    page = desk.text("hook", hook.pk)
    assert secret not in page
    assert "**********12345" in page
    assert "abcdef" not in page
    refused = desk.post("new_hook", **{**NEW, "destination_url": "ftp://erp.example"})
    assert refused.status_code == 422
    assert "must start with https://" in refused.content.decode()


@pytest.mark.capability("WH-03")
def test_a_page_rotates_a_secret_and_ends_the_overlap(desk, hook):
    rotated = desk.post("rotate_hook", hook.pk).content.decode()

    assert re.search(r"whsec_", rotated)
    assert "Two secrets sign until" in desk.text("hook", hook.pk)
    assert desk.post("end_old_secret", hook.pk).status_code == 302
    assert "Two secrets sign until" not in desk.text("hook", hook.pk)


@pytest.mark.capability("WH-05")
def test_a_page_pauses_and_resumes_with_who_and_why(desk, hook, company):
    assert desk.post("pause_hook", hook.pk, reason="").status_code == 422
    assert desk.post("pause_hook", hook.pk, reason="Ledger moves house").status_code == 302

    page = desk.text("hook", hook.pk)
    assert "Paused by Admin." in page
    assert "Ledger moves house" in page
    assert desk.post("resume_hook", hook.pk, reason="It has moved").status_code == 302
    assert stored(company).state == "active"


@pytest.mark.capability("WH-08")
def test_the_log_shows_request_and_answer_and_replays(desk, delivery, company):
    page = desk.text("deliveries", query=f"?state=refused&open={delivery.pk}")

    for text in ("Refused", "422", "**********12345", "northwind", "&lt;b&gt;vendor group", "35 ms", "Attempt 1"):
        assert text in page
    assert "<b>vendor group" not in page
    assert desk.get("delivery", delivery.pk).status_code == 302
    assert desk.post("replay", delivery.pk, reason="").status_code == 422
    assert desk.post("replay", delivery.pk, reason="The receiver lost it").status_code == 302
    assert Delivery.objects.of(company).get().state == "pending"
    assert "The receiver lost it" in desk.text("deliveries", query=f"?open={delivery.pk}")


@pytest.mark.capability("WH-08")
def test_a_page_replays_a_time_range(desk, delivery, hook, company):
    today = {"from": "2020-01-01", "to": "2100-01-01", "hook": hook.pk, "what": "gave_up"}

    assert "Replay a time range" in desk.text("replay_range")
    assert desk.post("replay_range", **{**today, "from": "x"}, reason="Because").status_code == 422
    assert desk.post("replay_range", **today, reason="Because").status_code == 302
    assert Delivery.objects.of(company).get().replay_reason == "Because"


@pytest.mark.capability("WH-09")
def test_a_page_sends_a_test_and_previews(desk, hook, company):
    sent = desk.post("test_hook", hook.pk)

    assert sent.status_code == 302
    assert Delivery.objects.of(company).get().is_test
    page = desk.text("hook", hook.pk, query="?resource_name=Company+Vendors&event_type=create&resource_id=77")
    assert '<span class="d">77</span>' in page
    assert "must be an id" in desk.text("hook", hook.pk, query="?resource_name=Company+Vendors&resource_id=x")


@pytest.mark.capability("WH-08")
def test_the_health_of_a_hook_is_numbers_and_a_drawing(desk, delivery, hook):
    page = desk.text("hook", hook.pk)

    assert "of 1 attempts in 24 h" in page
    assert '<svg class="chart hours"' in page
    assert page.count('<rect class="f-red" x=') == 1
    assert " style=" not in page


@pytest.mark.capability("MO-07")
def test_what_gave_up_has_reason_payload_and_redrive(desk, delivery, company):
    page = desk.text("gave_up")

    assert "The receiver refused it for good." in page
    assert desk.url("delivery", delivery.pk) in page
    redrive = f"{desk.url('gave_up')}delivery/{delivery.pk}/redrive/"
    assert redrive in page
    assert desk.client.post(redrive, {"reason": "It is back"}).status_code == 302
    assert Delivery.objects.of(company).get().state == "pending"
    assert "Nothing gave up." in desk.text("gave_up")


@pytest.mark.capability("EX-06")
def test_a_refused_request_waits_in_failed_with_the_body_shown(desk, delivery, gate, company, approver):
    refusal = FinalRefusal(
        company_id=company.pk, hook_id=delivery.hook_id, delivery_id=delivery.pk, resource_name="ERP Requests",
        resource_id=delivery.resource_id, event_type="create", status=422, answer="Vendor group is missing.",
    )  # fmt: skip
    for call in final_refusal_calls:
        call(refusal)
    with no_scope():
        sweep()

    assert gate.export().state == "failed"
    assert "Vendor group is missing." in Desk(company, approver).text("queue", query="?view=failed")
    assert "Vendor group is missing." in desk.text("gave_up", query="?kind=export")


@pytest.mark.capability("MO-02")
def test_the_search_finds_a_record_by_the_id_of_a_call(desk, gate, company, approver):
    with correlated("nightly-42"):
        gate.bring_to("exporting")

    page = Desk(company, approver).text("queue", query="?q=nightly-42")

    assert f'href="{desk.url("record", gate.contract.pk)}"' in page
    assert "touched:" in page
    assert "nightly-42" in desk.text("record", gate.contract.pk, query="?tab=timeline")
    assert "touched:" not in Desk(company, approver).text("queue", query="?q=nobody")


def test_who_may_see_what(company, hook, delivery, admin, approver, auditor, project_user):
    people = [Desk(company, one) for one in (admin, auditor, approver, project_user)]

    assert [one.get("hooks").status_code for one in people] == [200, 200, 403, 403]
    assert [one.get("deliveries").status_code for one in people] == [200, 200, 200, 403]
    assert [one.get("gave_up").status_code for one in people] == [200, 200, 200, 403]
    assert [one.get("hook", hook.pk).status_code for one in people] == [200, 200, 403, 403]
    for one in people[1:]:
        assert one.get("pause_hook", hook.pk).status_code == 403
        one.post("pause_hook", hook.pk, reason="Because")
        one.post("replay", delivery.pk, reason="Because")
    assert stored(company).state == "active"
    assert Delivery.objects.of(company).get().state == "failed"


def test_empty_pages_say_what_to_do(desk, company):
    assert "Nobody is told yet." in desk.text("hooks")
    assert "Nobody is told yet." in desk.text("deliveries")
    assert "No deliveries match these filters." in desk.text("deliveries", query="?state=held")
    assert "Nothing gave up." in desk.text("gave_up")
    assert desk.get("replay_range").status_code == 404
