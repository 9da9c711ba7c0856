"""Sending, against a receiver that behaves and misbehaves."""

import itertools
import threading
import time
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import standardwebhooks
import svix
from django.db import connections

from erpstaging.core.scope import company_scope
from erpstaging.hooks import delivery as delivering
from erpstaging.hooks import outcomes, subscriptions
from erpstaging.hooks.delivery import retry_after_s
from erpstaging.hooks.models import Delivery, Hook, Profile
from erpstaging.hooks.outcomes import Answer, FinalRefusal, Verdict, verdict
from erpstaging.hooks.tasks import work
from tests.fixtures.hooks import ADMIN, Tenant, sweep_until
from tests.fixtures.receiver import OK, Reply, closed_port, drip, endless, hang, reset

BOTH = pytest.mark.parametrize("profile", Profile.values)
LISTENS = (("Cost Codes", "update"), ("ERP Requests", "create"))


@pytest.fixture
def compressed(settings):
    """A second of the schedule is a millisecond."""
    settings.WEBHOOK_TIME_FACTOR = 0.001


@pytest.fixture
def short_answers(monkeypatch):
    monkeypatch.setattr(delivering, "ANSWER_TIMEOUT_S", dict.fromkeys(Profile.values, 0.3))


def tried(tenant: Tenant, count: int = 1):
    return lambda: len(tenant.attempts()) >= count


# What is sent


@pytest.mark.capability("WH-01")
@BOTH
def test_a_receiver_gets_one_post_with_ids_and_nothing_else(tenant, receiver, profile):
    hook = tenant.hook(receiver.url, profile=profile, destination_headers={"Authorization": "Bearer abc-12345"})

    (event_id,) = tenant.tell(8812)
    sweep_until(tenant.settled)

    (request,) = receiver.received
    (event,) = tenant.events()
    assert request.event == {
        "id": event_id,
        "ulid": event.ulid,
        "timestamp": event.occurred_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "metadata": {
            "source_user_id": None,
            "source_project_id": None,
            "source_operation_id": None,
            "source_company_id": tenant.company.pk,
            "source_application_id": "11",
        },
        "user_id": None,
        "company_id": tenant.company.pk,
        "project_id": None,
        "api_version": "v2",
        "event_type": "create",
        "resource_name": "ERP Requests",
        "resource_id": 8812,
    }
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Authorization"] == "Bearer abc-12345"
    assert request.headers["Accept-Encoding"] == "identity"
    (delivery,) = tenant.deliveries()
    assert (delivery.state, delivery.attempts, delivery.body.encode()) == ("ok", 1, request.body)
    (attempt,) = tenant.attempts()
    assert (attempt.number, attempt.outcome, attempt.status, attempt.body) == (1, "ok", 200, "{}")
    assert tenant.stored(hook).state == "active"


@pytest.mark.capability("WH-02")
@pytest.mark.parametrize("library", [standardwebhooks.Webhook, svix.Webhook], ids=["standardwebhooks", "svix"])
def test_standard_libraries_verify_the_exact_bytes_and_refuse_any_altered_one(tenant, receiver, library):
    tenant.hook(receiver.url)
    tenant.tell(1)
    sweep_until(tenant.settled)
    (request,) = receiver.received
    webhook, headers = library(tenant.secret), request.headers

    webhook.verify(request.body, headers)
    for place in range(len(request.body)):
        forged = request.body[:place] + bytes([request.body[place] ^ 1]) + request.body[place + 1 :]
        with pytest.raises(Exception, match="signature"):
            webhook.verify(forged, headers)
    sent_at = int(headers["webhook-timestamp"])
    for name, value in {
        "webhook-timestamp": str(sent_at + 1),
        "webhook-id": headers["webhook-id"][:-1] + "!",
        "webhook-signature": "v1," + "A" * 43 + "=",
    }.items():
        with pytest.raises(Exception, match="signature"):
            webhook.verify(request.body, {**headers, name: value})
    for moment, said in ((sent_at - 600, "old"), (sent_at + 600, "new")):
        with pytest.raises(Exception, match=said):
            webhook.verify(request.body, {**headers, "webhook-timestamp": str(moment)})


@pytest.mark.capability("WH-06")
@BOTH
def test_a_retry_carries_the_same_id_and_body_and_a_new_number(tenant, receiver, compressed, profile):
    receiver.behave = lambda request: Reply(500) if request.number < 3 else OK
    tenant.hook(receiver.url, profile=profile)

    tenant.tell(1)
    sweep_until(tenant.settled)

    first, *later = receiver.received
    assert [one.headers["webhook-attempt"] for one in receiver.received] == ["1", "2", "3"]
    assert {one.headers["webhook-id"] for one in later} == {first.headers["webhook-id"]} == {first.event["ulid"]}
    assert {one.body for one in later} == {first.body}
    assert [one.outcome for one in tenant.attempts()] == ["retried", "retried", "ok"]


def test_a_hook_may_replace_our_headers_but_not_the_signature(tenant, receiver):
    tenant.hook(receiver.url, destination_headers={"content-type": "application/json; charset=utf-8", "X-Mine": "1"})

    tenant.tell(1)
    sweep_until(tenant.settled)

    headers = receiver.received[0].headers
    assert {name.lower(): value for name, value in headers.items()}["content-type"] == "application/json; charset=utf-8"
    assert headers["X-Mine"] == "1"


def test_the_correlation_id_of_the_change_reaches_the_receiver(tenant, receiver):
    tenant.hook(receiver.url)

    tenant.tell(1)
    with company_scope(tenant.company.pk):
        tenant.events()[0].__class__.objects.of(tenant.company).update(correlation_id="from-the-caller")
    sweep_until(tenant.settled)

    assert receiver.received[0].headers["X-Correlation-ID"] == "from-the-caller"


# What counts as success


@BOTH
@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_success(status, profile):
    assert verdict(profile, Answer(datetime.now(UTC), 0.1, status=status)) is Verdict.OK


@pytest.mark.parametrize("status", [100, 300, 301, 302, 304, 307, 400, 401, 404, 408, 410, 422, 429, 500, 503, 599])
def test_profile_procore_retries_everything_else(status):
    assert verdict(Profile.PROCORE, Answer(datetime.now(UTC), 0.1, status=status)) is Verdict.FAILING


@pytest.mark.parametrize("status", range(400, 500))
def test_profile_durable_takes_4xx_for_final_but_the_temporary_ones(status):
    expected = Verdict.FAILING if status in {408, 409, 425, 429} else Verdict.REFUSED

    assert verdict(Profile.DURABLE, Answer(datetime.now(UTC), 0.1, status=status)) is expected


@BOTH
def test_an_answer_that_did_not_end_is_no_success(profile):
    assert verdict(profile, Answer(datetime.now(UTC), 5, status=200, error="No end.")) is Verdict.FAILING


# What receivers do wrong


def truncated(receiver):
    return drip(receiver, b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")


MISBEHAVIOURS = {
    "500": (lambda receiver: lambda request: Reply(500, body=b"boom"), ""),
    "redirect": (lambda receiver: lambda request: Reply(302, {"Location": receiver.url + "/elsewhere"}), ""),
    "hang": (hang, "No complete answer within 0 s."),
    "drip": (truncated, "No complete answer within 0 s."),
    "reset": (lambda receiver: reset, "The connection ended without a complete answer."),
    "no http": (
        lambda receiver: drip(receiver, b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
        "The connection ended without a complete answer.",
    ),
}


@BOTH
@pytest.mark.parametrize("kind", MISBEHAVIOURS)
def test_misbehaviour_is_a_failure_that_is_tried_again(tenant, receiver, short_answers, profile, kind):
    misbehave, error = MISBEHAVIOURS[kind]
    receiver.behave = misbehave(receiver)
    tenant.hook(receiver.url, profile=profile)

    tenant.tell(1)
    sweep_until(tried(tenant))

    (attempt,) = tenant.attempts()
    (delivery,) = tenant.deliveries()
    assert (attempt.outcome, attempt.error) == ("retried", error)
    assert (delivery.state, delivery.attempts, delivery.failures) == ("failing", 1, 1)
    assert delivery.lease_token is None
    planned = delivery.next_attempt_at - (attempt.started_at + timedelta(milliseconds=attempt.duration_ms))
    assert timedelta(seconds=0.9) < planned < timedelta(seconds=2)


@pytest.mark.capability("WH-11")
def test_a_redirect_is_not_followed(tenant, receiver):
    receiver.behave = lambda request: Reply(307, {"Location": "/elsewhere"}, body=b"x" * 100)
    tenant.hook(receiver.url)

    tenant.tell(1)
    sweep_until(tried(tenant))

    assert [request.path for request in receiver.received] == ["/hook"]
    assert tenant.attempts()[0].status == 307


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n"])
def test_of_an_endless_answer_little_is_read_and_less_is_kept(tenant, receiver, head):
    receiver.behave = endless(receiver, head)
    tenant.hook(receiver.url)
    began = time.monotonic()

    tenant.tell(1)
    sweep_until(tried(tenant))

    assert tenant.attempts()[0].body == "x" * 4096
    assert time.monotonic() - began < 5


def test_a_compressed_answer_is_not_unpacked(tenant, receiver):
    receiver.behave = lambda request: Reply(200, {"Content-Encoding": "gzip"}, body=b"not gzip at all")
    tenant.hook(receiver.url)

    tenant.tell(1)
    sweep_until(tenant.settled)

    assert (tenant.states(), tenant.attempts()[0].body) == (["ok"], "not gzip at all")


def test_an_answer_that_is_no_text_is_kept_as_far_as_a_column_can_hold_it(tenant, receiver):
    receiver.behave = lambda request: Reply(200, {"X-Odd": "a\x7fb", "Set-Cookie": "secret=1"}, body=b"\x00\xff ok")
    tenant.hook(receiver.url)

    tenant.tell(1)
    sweep_until(tenant.settled)

    (attempt,) = tenant.attempts()
    assert attempt.body == "\ufffd\ufffd ok"
    assert (attempt.headers["X-Odd"], attempt.headers["Set-Cookie"]) == ("a?b", "[hidden]")


def test_nobody_at_home_is_a_failure(tenant, compressed):
    with closed_port() as url:
        tenant.hook(url)

        tenant.tell(1)
        sweep_until(tried(tenant))

    assert tenant.attempts()[0].error == "The destination refused the connection."


@pytest.mark.capability("WH-11")
def test_a_destination_that_is_no_longer_allowed_is_not_reached(tenant, receiver, settings):
    tenant.hook(receiver.url)
    settings.EGRESS_ALLOW = []

    tenant.tell(1)
    sweep_until(tried(tenant))

    assert receiver.received == []
    assert tenant.attempts()[0].error == "127.0.0.1 is in a network that hooks may not reach."


@pytest.mark.capability("WH-06")
def test_a_slow_receiver_of_a_durable_hook_gets_one_request(tenant, receiver, settings, monkeypatch):
    """An answer that takes longer than the lease: it is renewed while the attempt lasts, and nobody else sends."""
    settings.WEBHOOK_LEASE_SECONDS = 1
    receiver.behave = lambda request: Reply(delay=3)
    tenant.hook(receiver.url, profile=Profile.DURABLE)
    tenant.tell(1)

    threads = [threading.Thread(target=sweeping, args=(tenant.settled,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(receiver.received) == 1
    assert tenant.states() == ["ok"]


def test_a_slow_receiver_of_a_procore_hook_is_left_after_the_compatible_time(tenant, receiver):
    receiver.behave = lambda request: Reply(delay=20)
    tenant.hook(receiver.url)
    began = time.monotonic()

    tenant.tell(1)
    sweep_until(tried(tenant))

    assert 5 <= time.monotonic() - began < 8
    assert tenant.attempts()[0].error == "No complete answer within 5 s."


def test_what_was_sent_before_a_slow_attempt_is_written_while_it_lasts(tenant, receiver):
    receiver.behave = lambda request: Reply(delay=4) if request.number == 3 else OK
    tenant.hook(receiver.url, profile=Profile.DURABLE)
    tenant.tell(1, 2, 3)

    thread = threading.Thread(target=sweeping, args=(tenant.settled,))
    thread.start()
    receiver.wait_for(3)
    time.sleep(2.5)
    meanwhile = sorted(tenant.states())
    thread.join()

    assert meanwhile == ["leased", "ok", "ok"]
    assert tenant.states() == ["ok"] * 3


# Order


def sweeping(done) -> None:
    try:
        sweep_until(done)
    finally:
        connections.close_all()


@pytest.mark.capability("WH-07")
def test_a_procore_hook_is_strictly_serial(tenant, receiver, compressed):
    """Four workers, a receiver that fails every third call: one request at a time, each event in its order."""
    receiver.behave = lambda request: Reply(500) if request.number % 3 == 0 else Reply(delay=0.002)
    tenant.hook(receiver.url)
    for number in range(60):
        tenant.tell(number)

    threads = [threading.Thread(target=sweeping, args=(tenant.settled,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert receiver.busiest == 1
    answered = [one.event["resource_id"] for one in receiver.received if one.number % 3 != 0]
    assert answered == list(range(60))
    assert receiver.ids == sorted(receiver.ids)


@pytest.mark.capability("WH-07")
def test_changes_of_one_object_arrive_in_order_at_a_durable_hook_and_others_are_not_delayed(tenant, receiver, settings):
    """Object 1 changes a hundred times and each third of its calls fails; object 2 never waits for it."""
    settings.WEBHOOK_TIME_FACTOR = 0.01
    calls: dict[int, int] = {1: 0, 2: 0}
    failed: list[int] = []

    def behave(request):
        about = request.event["resource_id"]
        calls[about] += 1
        if about == 1 and calls[about] % 3 == 0:
            failed.append(request.number)
            return Reply(500)
        return OK

    receiver.behave = behave
    tenant.hook(receiver.url, profile=Profile.DURABLE, listens_to=LISTENS)
    for number in range(200):
        tenant.tell(1 + number % 2, name="Cost Codes", event_type="update")

    threads = [threading.Thread(target=sweeping, args=(tenant.settled,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    by_object = {
        about: [
            one.event["id"]
            for one in receiver.received
            if one.event["resource_id"] == about and one.number not in failed
        ]
        for about in (1, 2)
    }
    assert {about: len(ids) for about, ids in by_object.items()} == {1: 100, 2: 100}
    assert all(ids == sorted(ids) for ids in by_object.values())
    last = {about: max(one.at for one in receiver.received if one.event["resource_id"] == about) for about in (1, 2)}
    assert last[2] < last[1]


def test_two_workers_never_send_one_delivery_at_once(tenant, receiver):
    receiver.behave = lambda request: Reply(delay=0.01)
    for profile in Profile.values:
        tenant.hook(receiver.url, profile=profile)
    tenant.tell(*range(40))

    threads = [threading.Thread(target=sweeping, args=(tenant.settled,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(receiver.ids) == sorted([*range(40), *range(40)])


def test_a_hanging_receiver_does_not_keep_others_waiting(tenant, other_tenant, receiver, monkeypatch):
    """Two workers; two hooks hang; the third one's events still arrive at once."""
    monkeypatch.setattr(delivering, "ANSWER_TIMEOUT_S", dict.fromkeys(Profile.values, 2.0))
    receiver.behave = lambda request: Reply(delay=10) if "hanging" in request.path else OK
    hooks = [tenant.hook(receiver.url + f"/hanging{number}") for number in range(2)]
    now = datetime.now(UTC)
    for hook in hooks:
        tenant.change(hook, state="paused", failures=3, first_failure_at=now, next_attempt_at=now)
    other_tenant.hook(receiver.url + "/quick")
    tenant.tell(*range(5))
    other_tenant.tell(*range(20))

    threads = [threading.Thread(target=sweeping, args=(other_tenant.settled,)) for _ in range(2)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    while len([one for one in receiver.received if "quick" in one.path]) < 20 and time.monotonic() - began < 10:
        time.sleep(0.01)
    took = time.monotonic() - began
    for thread in threads:
        thread.join()

    assert took < 1.5


# Backing off, giving up, holding


@pytest.mark.capability("WH-05")
def test_a_failing_procore_hook_pauses_as_a_whole_and_tries_only_its_first(tenant, receiver):
    receiver.behave = lambda request: Reply(503, {"Retry-After": "2"})
    hook = tenant.hook(receiver.url)

    tenant.tell(1, 2, 3)
    sweep_until(tried(tenant))
    work()

    paused = tenant.stored(hook)
    assert (paused.state, paused.failures) == ("paused", 1)
    assert paused.next_attempt_at > paused.first_failure_at + timedelta(seconds=1.5)
    assert receiver.ids == [1]
    assert tenant.states() == ["failing", "pending", "pending"]


@pytest.mark.capability("WH-05")
def test_a_success_resets_the_counters_and_the_queue_continues(tenant, receiver, compressed):
    receiver.behave = lambda request: Reply(500) if request.number <= 4 else OK
    hook = tenant.hook(receiver.url)

    tenant.tell(1, 2, 3)
    sweep_until(tenant.settled)

    recovered = tenant.stored(hook)
    assert (recovered.state, recovered.failures, recovered.first_failure_at) == ("active", 0, None)
    assert receiver.ids == [1, 1, 1, 1, 1, 2, 3]


@pytest.mark.capability("WH-05")
def test_after_twelve_hours_the_whole_queue_is_discarded_and_the_next_event_starts_afresh(tenant, receiver, settings):
    settings.WEBHOOK_TIME_FACTOR = 0.0001  # twelve hours are 4.3 seconds
    receiver.behave = lambda request: Reply(500)
    hook = tenant.hook(receiver.url)
    tenant.tell(1, 2, 3)

    sweep_until(tenant.settled)
    states, ids, idle = tenant.states(), receiver.ids, tenant.stored(hook)
    receiver.behave = lambda request: OK
    tenant.tell(4)
    sweep_until(tenant.settled)

    assert states == ["discarded"] * 3
    assert set(ids) == {1}
    assert (idle.state, idle.failures, idle.first_failure_at, idle.next_attempt_at) == ("idle", 0, None, None)
    assert [attempt.outcome for attempt in tenant.attempts()][-2:] == ["failed", "ok"]
    assert receiver.ids[-1] == 4
    assert tenant.stored(hook).state == "active"
    assert tenant.states() == ["discarded"] * 3 + ["ok"]


def pass_time(tenant: Tenant, hook: Hook, passed: timedelta) -> None:
    """Let the schedule's clock run on: what lies behind moves back, and the next try is due."""
    stored, now = tenant.stored(hook), datetime.now(UTC)
    tenant.change(hook, first_failure_at=stored.first_failure_at - passed, next_attempt_at=now)
    tenant.change_deliveries(next_attempt_at=now)


@pytest.mark.capability("WH-05")
@pytest.mark.parametrize("back_after", [timedelta(hours=11, minutes=59), None], ids=["back at 11:59", "never back"])
def test_the_whole_schedule_of_twelve_hours(tenant, receiver, back_after):
    """On a clock that jumps from try to try. Each wait doubles within its jitter, and the last try is at the end."""
    receiver.behave = lambda request: Reply(500)
    hook = tenant.hook(receiver.url)
    tenant.tell(1, 2, 3)
    sweep_until(tried(tenant))
    waits: list[timedelta] = []
    elapsed = timedelta(0)

    while (stored := tenant.stored(hook)).state == "paused":
        (*_, attempt) = tenant.attempts()
        wait = stored.next_attempt_at - attempt.started_at
        if back_after is not None and elapsed + wait > back_after:
            pass_time(tenant, hook, back_after - elapsed)
            receiver.behave = lambda request: OK
            break
        waits.append(wait)
        elapsed += wait
        pass_time(tenant, hook, wait)
        sweep_until(tried(tenant, len(waits) + 1))
    sweep_until(tenant.settled)

    slack = timedelta(seconds=2)  # a try takes its time, too
    for number, wait in enumerate(waits[:-1]):
        doubled = min(2.0**number, 3600.0)
        assert timedelta(seconds=max(1.0, 0.8 * doubled)) <= wait <= timedelta(seconds=min(1.2 * doubled, 3600)) + slack
    assert set(receiver.ids[: len(waits) + 1]) == {1}
    assert 21 <= len(waits) <= 27
    if back_after is None:
        assert abs(elapsed - timedelta(hours=12)) < timedelta(seconds=60)
        assert tenant.states() == ["discarded"] * 3
        assert len(receiver.received) == len(waits) + 1
        assert tenant.stored(hook).state == "idle"
    else:
        assert receiver.ids[len(waits) + 1 :] == [1, 2, 3]
        assert tenant.states() == ["ok"] * 3
        assert tenant.stored(hook).state == "active"


@pytest.mark.capability("WH-05")
def test_a_receiver_that_is_back_just_before_twelve_hours_hears_everything_in_order(tenant, receiver):
    hook = tenant.hook(receiver.url)
    receiver.behave = lambda request: Reply(500)
    tenant.tell(1, 2, 3)
    sweep_until(tried(tenant))
    eleven_fifty_nine_ago = datetime.now(UTC) - timedelta(hours=11, minutes=59)
    tenant.change(hook, failures=23, first_failure_at=eleven_fifty_nine_ago, next_attempt_at=datetime.now(UTC))
    tenant.change_deliveries(next_attempt_at=datetime.now(UTC))

    sweep_until(tried(tenant, 2))
    still_planned = tenant.stored(hook).next_attempt_at
    tenant.change(hook, next_attempt_at=datetime.now(UTC))
    tenant.change_deliveries(next_attempt_at=datetime.now(UTC))
    receiver.behave = lambda request: OK
    sweep_until(tenant.settled)

    assert abs(still_planned - (eleven_fifty_nine_ago + timedelta(hours=12))) < timedelta(seconds=1)
    assert receiver.ids == [1, 1, 1, 2, 3]
    assert tenant.states() == ["ok"] * 3


@pytest.mark.capability("WH-05")
def test_a_durable_hook_that_took_nothing_for_three_days_waits_for_resume_and_then_gets_everything(
    tenant, receiver, settings
):
    settings.WEBHOOK_RETRY_DAYS = 0.5
    settings.WEBHOOK_TIME_FACTOR = 0.0001
    receiver.behave = lambda request: Reply(500)
    hook = tenant.hook(receiver.url, profile=Profile.DURABLE)
    tenant.tell(1, 2)

    sweep_until(lambda: tenant.stored(hook).state == "paused")
    tenant.tell(3)
    seen = len(receiver.received)
    sweep_until(lambda: all(event.dispatched_at for event in tenant.events()))
    work()
    while_paused = len(receiver.received)
    receiver.behave = lambda request: OK
    with company_scope(tenant.company.pk):
        subscriptions.resume_hook(tenant.company, ADMIN, hook.pk)
    sweep_until(tenant.settled)

    assert while_paused == seen
    assert receiver.ids[-3:] == [1, 2, 3]
    assert tenant.states() == ["ok"] * 3
    assert tenant.stored(hook).state == "active"


def test_an_object_that_alone_is_refused_for_three_days_is_held_and_the_hook_goes_on(tenant, receiver, settings):
    settings.WEBHOOK_RETRY_DAYS = 0.5
    settings.WEBHOOK_TIME_FACTOR = 0.0001
    receiver.behave = lambda request: Reply(500) if request.event["resource_id"] == 1 else OK
    hook = tenant.hook(receiver.url, profile=Profile.DURABLE)
    tenant.tell(1)
    sweep_until(tried(tenant))

    tenant.tell(2)
    held = lambda: tenant.deliveries()[0].next_attempt_at is None  # noqa: E731
    sweep_until(held)
    tenant.tell(3)
    sweep_until(lambda: tenant.states().count("ok") == 2)

    assert held()
    assert tenant.states() == ["failing", "ok", "ok"]
    assert tenant.stored(hook).state == "active"
    assert tenant.attempts()[-3].outcome == "failed"


def test_a_failing_object_of_a_durable_hook_waits_longer_each_time(tenant, receiver, settings):
    settings.WEBHOOK_TIME_FACTOR = 0.02
    receiver.behave = lambda request: Reply(500) if request.number <= 6 else OK
    tenant.hook(receiver.url, profile=Profile.DURABLE)

    tenant.tell(1)
    sweep_until(tenant.settled)

    at = [request.at for request in receiver.received]
    gaps = [later - earlier for earlier, later in itertools.pairwise(at)]
    assert gaps[-1] > 2 * gaps[2]
    assert gaps[-1] >= 0.02 * 32 * 0.8


# Final refusals


@pytest.fixture
def refusals(monkeypatch):
    told: list[FinalRefusal] = []
    monkeypatch.setattr(outcomes, "final_refusal_calls", [told.append])
    return told


def test_a_durable_receivers_no_ends_the_delivery_and_is_told_on(tenant, receiver, refusals):
    receiver.behave = lambda request: Reply(422, body=b"no such job") if request.number == 1 else OK
    hook = tenant.hook(receiver.url, profile=Profile.DURABLE)

    tenant.tell(8812, 8813)
    sweep_until(tenant.settled)

    (delivery, _) = tenant.deliveries()
    assert tenant.states() == ["failed", "ok"]
    assert tenant.stored(hook).first_failure_at is None
    assert refusals == [
        FinalRefusal(
            company_id=tenant.company.pk,
            hook_id=hook.pk,
            delivery_id=delivery.pk,
            resource_name="ERP Requests",
            resource_id=8812,
            event_type="create",
            status=422,
            answer="no such job",
        )
    ]


def test_a_procore_receivers_no_is_not_final(tenant, receiver, refusals):
    receiver.behave = lambda request: Reply(422)
    tenant.hook(receiver.url)

    tenant.tell(1)
    sweep_until(tried(tenant))

    assert (tenant.states(), refusals) == (["failing"], [])


def test_what_acts_on_a_refusal_may_fail_without_the_delivery_being_sent_again(tenant, receiver, monkeypatch, caplog):
    def fail(refusal: FinalRefusal) -> None:
        Delivery.objects.of(refusal.company_id).update(body="this is rolled back")
        raise KeyError("the detail")

    monkeypatch.setattr(outcomes, "final_refusal_calls", [fail])
    receiver.behave = lambda request: Reply(404)
    tenant.hook(receiver.url, profile=Profile.DURABLE)

    tenant.tell(1)
    sweep_until(tenant.settled)

    assert tenant.states() == ["failed"]
    assert len(receiver.received) == 1
    assert msgspec.json.decode(tenant.deliveries()[0].body)["resource_id"] == 1
    assert "Nobody could act on the final refusal" in caplog.text


# Retry-After


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        ("Mon, 02 Mar 2026 12:01:30 GMT", 90.0),
        ("Mon, 02 Mar 2026 11:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1e9", None),
        ("9999999999", None),
        ("Mon, 02 Mar 99999 12:00:00 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value, seconds):
    assert retry_after_s(value, now=datetime(2026, 3, 2, 12, tzinfo=UTC)) == seconds
