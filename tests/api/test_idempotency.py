"""A call that comes again with its key is done once and answered as the first time."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from erpstaging.api.models import IdempotencyKey
from erpstaging.companies.models import ServiceAccount
from erpstaging.core.scope import company_scope
from erpstaging.staging.models import Decision, StagedRecord
from tests.fixtures.parallel import at_once
from tests.staging.conftest import contract_sent, vendor_sent

KEY = "5f0c1a34-order-1"


@pytest.fixture
def erp(integrator, connection):
    """The integration of a connected company."""
    return integrator


def staged(company) -> int:
    with company_scope(company.pk):
        return StagedRecord.objects.of(company).count()


def shown(answer: Any) -> tuple[int, str]:
    """Status and body, with the order of its keys."""
    return answer.status, str(answer.body)


def replayed(answer: Any) -> bool:
    return answer.headers.get("Idempotent-Replayed") == "true"


# One call, however often it comes


@pytest.mark.django_db(transaction=True)
@pytest.mark.capability("IN-03")
def test_one_create_three_times_two_of_them_at_once_leaves_one_row(erp, company):
    for round_number in range(10):
        body, key = vendor_sent(f"A-{round_number}"), f"{KEY}-{round_number}"

        def call(body: Any = body, key: str = key) -> Any:
            return erp.post("staged_records", body, Idempotency_Key=key)

        first, second = at_once([call, call])
        third = call()

        assert first.status == 201
        assert shown(first) == shown(second) == shown(third)
        assert sorted([replayed(first), replayed(second)]) == [False, True]
        assert replayed(third)
        assert staged(company) == round_number + 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.capability("IN-03")
def test_a_call_that_comes_while_the_first_still_runs_is_told_so(erp, company, settings):
    settings.IDEMPOTENCY_WAIT_SECONDS = 0.4
    (row,) = erp.patch("staged_records/sync", {"updates": [vendor_sent("A")]}).body["entities"]
    held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        """Somebody else has the row, so that the first call has to wait for it."""
        with company_scope(company.pk):
            StagedRecord.objects.of(company).select_for_update().get(pk=row["id"])
            held.set()
            let_go.wait(10)
        connections.close_all()

    def call() -> Any:
        return erp.patch(f"staged_records/{row['id']}", {"data": {"city": "Denver"}}, Idempotency_Key=KEY)

    answers: list[Any] = []
    holder = threading.Thread(target=hold)
    first = threading.Thread(target=lambda: (answers.append(call()), connections.close_all()))
    holder.start()
    assert held.wait(10)
    first.start()
    time.sleep(0.3)
    began = time.monotonic()
    second = call()
    waited = time.monotonic() - began
    let_go.set()
    holder.join(10)
    first.join(10)

    assert (second.status, second.body["code"]) == (409, "idempotency_in_progress")
    assert 0.3 < waited < 2
    assert [answer.status for answer in answers] == [200]
    assert shown(call()) == shown(answers[0])


@pytest.mark.capability("IN-03")
def test_the_wait_is_three_seconds_and_the_memory_thirty_days_unless_set_otherwise(settings):
    assert (settings.IDEMPOTENCY_WAIT_SECONDS, settings.IDEMPOTENCY_DAYS) == (3.0, 30)


@pytest.mark.parametrize("header", ["Idempotency_Key", "Idempotency_Token"])
def test_a_sync_is_answered_as_the_first_time_with_its_errors(erp, company, header):
    body = {"updates": [vendor_sent("A", origin_data={"rate": 0.1}), {"item_type": "vendor"}]}
    first = erp.patch("staged_records/sync", body, **{header: KEY})
    erp.patch("staged_records/sync", {"updates": [vendor_sent("A", "Changed since")]})

    again = erp.patch("staged_records/sync", body, Idempotency_Key=KEY)

    assert (first.status, len(first.body["errors"])) == (200, 1)
    assert shown(again) == shown(first)
    assert StagedRecord.objects.of(company).get(origin_id="A").title == "Changed since"


def test_people_have_keys_too(sign_in, approver, erp, company):
    (row,) = erp.patch("staged_records/sync", {"updates": [vendor_sent("A")]}).body["entities"]
    desk = sign_in(approver)

    def accept(**headers: str) -> Any:
        return desk.post(f"staged_records/{row['id']}/import", {"version": row["version"]}, **headers)

    first, again = accept(Idempotency_Key=KEY), accept(Idempotency_Key=KEY)

    assert first.status == 200
    assert shown(again) == shown(first)
    assert accept().status == 409
    assert Decision.objects.of(company).count() == 1


# What a key stands for


@pytest.mark.parametrize(
    "other",
    [
        lambda erp, row: erp.post("staged_records", vendor_sent("B"), Idempotency_Key=KEY),
        lambda erp, row: erp.post("erp_staged_records", vendor_sent("A"), Idempotency_Key=KEY),
        lambda erp, row: erp.post("staged_records?atomic=true", vendor_sent("A"), Idempotency_Key=KEY),
        lambda erp, row: erp.patch(f"staged_records/{row}", {"data": {}}, Idempotency_Token=KEY),
        lambda erp, row: erp.put(f"staged_records/{row}", vendor_sent("A"), Idempotency_Key=KEY),
    ],
    ids=["body", "path", "query", "method and path", "method"],
)
@pytest.mark.capability("IN-03")
def test_a_key_of_another_call_is_refused(erp, company, other):
    first = erp.post("staged_records", vendor_sent("A"), Idempotency_Key=KEY)

    answer = other(erp, first.body["id"])

    assert (answer.status, answer.body["code"]) == (422, "idempotency_key_reused")
    assert list(answer.body["errors"]) == ["Idempotency-Key"]
    assert staged(company) == 1
    assert StagedRecord.objects.of(company).get().version == 1


def test_a_key_is_one_callers_own(erp, connect, company, admin):
    second_account = ServiceAccount.machine(name="Second connector", owner_id=admin.id)
    second_account.save()
    second_account.companies.add(company)
    first = erp.post("staged_records", vendor_sent("A"), Idempotency_Key=KEY)

    second = connect(second_account).post("staged_records", vendor_sent("B"), Idempotency_Key=KEY)

    assert (first.status, second.status) == (201, 201)
    assert first.body["id"] != second.body["id"]
    assert not replayed(second)


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "two words", "ä", "del\x7f"], ids=repr)
def test_what_is_no_key_is_refused_before_anything_is_done(erp, company, key):
    answer = erp.post("staged_records", vendor_sent("A"), Idempotency_Key=key)

    assert (answer.status, answer.body["code"], list(answer.body["errors"])) == (400, "bad_header", ["Idempotency-Key"])
    assert staged(company) == 0


def test_two_names_for_two_keys_are_refused(erp, company):
    answer = erp.post("staged_records", vendor_sent("A"), Idempotency_Key=KEY, Idempotency_Token="another")

    assert (answer.status, answer.body["code"]) == (400, "bad_header")


def test_reading_and_deleting_take_no_notice_of_a_key(erp, company):
    row_id = erp.post("staged_records", vendor_sent("A")).body["id"]

    assert erp.get(f"staged_records/{row_id}", Idempotency_Key=" ").status == 200
    assert erp.delete(f"staged_records/{row_id}", Idempotency_Key=KEY).status == 200
    assert erp.delete(f"staged_records/{row_id}", Idempotency_Key=KEY).status == 404
    assert not IdempotencyKey.objects.of(company).exists()


# What is remembered, and for how long


def test_a_refusal_is_not_remembered_and_the_call_may_succeed_later(erp, company, project, vendor):
    body = contract_sent("ORD-1", data={"project_origin_id": "SITE-9"})
    first = erp.post("staged_records", body, Idempotency_Key=KEY)
    erp.post("staged_records", {"item_type": "project", "origin_id": "SITE-9", "data": {"name": "Later"}})

    again = erp.post("staged_records", body, Idempotency_Key=KEY)

    assert (first.status, again.status) == (422, 201)
    assert not replayed(again)


def test_a_no_that_was_committed_is_remembered(erp, sign_in, approver, company):
    (row,) = erp.patch("staged_records/sync", {"updates": [vendor_sent("A", "")]}).body["entities"]
    desk = sign_in(approver)

    def accept() -> Any:
        return desk.post(f"staged_records/{row['id']}/import", {"version": row["version"]}, Idempotency_Key=KEY)

    first, again = accept(), accept()

    assert (first.status, first.body["code"]) == (422, "rule_failed")
    assert shown(again) == shown(first)
    assert StagedRecord.objects.of(company).get().status == "invalid"


@pytest.mark.parametrize(("days", "remembered"), [(29, True), (31, False)])
@pytest.mark.capability("IN-03")
def test_a_key_is_remembered_for_thirty_days(erp, company, days, remembered):
    first = erp.patch("staged_records/sync", {"updates": [vendor_sent("A")]}, Idempotency_Key=KEY)
    IdempotencyKey.objects.of(company).update(created_at=timezone.now() - timedelta(days=days))
    erp.patch("staged_records/sync", {"updates": [vendor_sent("A", "Changed")]})

    again = erp.patch("staged_records/sync", {"updates": [vendor_sent("A")]}, Idempotency_Key=KEY)

    assert replayed(again) is remembered
    assert (shown(again) == shown(first)) is remembered
    assert StagedRecord.objects.of(company).get().title == ("Changed" if remembered else "Kestrel Roofing")


def test_new_keys_take_old_ones_away(erp, company):
    for number in range(3):
        erp.post("staged_records", vendor_sent(f"A-{number}"), Idempotency_Key=f"{KEY}-{number}")
    old = timezone.now() - timedelta(days=31)
    IdempotencyKey.objects.of(company).exclude(key=f"{KEY}-2").update(created_at=old)

    erp.post("staged_records", vendor_sent("B"), Idempotency_Key="new")

    assert set(IdempotencyKey.objects.of(company).values_list("key", flat=True)) == {f"{KEY}-2", "new"}


def test_a_call_that_fails_after_its_key_was_written_leaves_neither_key_nor_effect(erp, company):
    updates = [vendor_sent("A"), {}]

    answer = erp.patch("staged_records/sync?atomic=true", {"updates": updates}, Idempotency_Key=KEY)

    assert answer.status == 422
    assert (staged(company), IdempotencyKey.objects.of(company).count()) == (0, 0)
