"""Unlinking, resetting and marking at the same moment, on connections of their own: one wins, nobody gets a fault."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from erpstaging.companies.models import ErpLevel, ProjectLevel
from erpstaging.connections.services import store_metadata
from erpstaging.core.errors import Refused, WrongState
from erpstaging.core.scope import company_scope
from erpstaging.erp_requests.models import ErpRequest
from erpstaging.records.models import Record
from erpstaging.staging.closeout import close_details
from erpstaging.staging.confirming import confirm, decline
from erpstaging.staging.deletions import request_deletions
from erpstaging.staging.external import sync_external_data
from erpstaging.staging.marking import mark_synced
from erpstaging.staging.models import Confirmation, StagedExport
from erpstaging.staging.resetting import reset_record
from erpstaging.staging.unlinking import ask_to_unlink
from tests.fixtures.ledger import ON, metadata
from tests.fixtures.parallel import Command, at_once, within

pytestmark = pytest.mark.django_db(transaction=True)
REASON = "Lost in the restore."
THREADS = 8
TIMEOUT_S = 20


def refused(outcomes: list[Any]) -> list[str]:
    """The codes of those that were refused; anything but an answer or a refusal fails the test."""
    assert all(not isinstance(one, Exception) or isinstance(one, Refused) for one in outcomes), outcomes
    return [one.code for one in outcomes if isinstance(one, Refused)]


def count(company, model: Any, **values: Any) -> int:
    with company_scope(company.pk):
        return model.objects.of(company).filter(**values).count()


@pytest.fixture
def super_users(make_person):
    return [make_person(f"super_{number}", super_user=True) for number in range(3)]


@pytest.mark.capability("LK-04")
def test_many_questions_at_once_are_one_question(gate):
    gate.bring_to("synced")
    ask = within(gate.company, lambda: ask_to_unlink(gate.company, gate.contract.pk, actor=gate.approver))

    outcomes = at_once([ask] * THREADS)

    assert refused(outcomes) == ["request_open"] * (THREADS - 1)
    assert count(gate.company, StagedExport, state="unlinking") == 1
    assert count(gate.company, ErpRequest, request_name="unlink_commitment") == 1


def one_waits_for_the_other(company, first: Command, second: Command) -> Any:
    """What `second` returned or raised, which began when `first` was done and not committed yet."""
    done = threading.Event()

    def leading() -> None:
        first()
        done.set()
        wait_until(somebody_waits)

    def following() -> Any:
        assert done.wait(TIMEOUT_S)
        return second()

    _, outcome = at_once([within(company, leading), within(company, following)])
    return outcome


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
        return cursor.fetchone() is not None


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + TIMEOUT_S
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.capability("LK-04")
def test_a_nulling_that_had_to_wait_for_the_question_leaves_it_open(gate):
    gate.bring_to("synced")
    nulled = {"item_id": gate.contract.pk, "origin_id": None}

    outcome = one_waits_for_the_other(
        gate.company,
        lambda: ask_to_unlink(gate.company, gate.contract.pk, actor=gate.approver),
        lambda: sync_external_data(gate.company, [nulled], actor=gate.integration),
    )

    assert [one.errors for one in outcome] == [{}]
    assert (gate.record().origin_id, gate.export().state, gate.details()[-1].current) == (None, "unlinking", True)
    gate.close("success")
    assert gate.export().state == "unlinked"


@pytest.mark.capability("EX-09")
def test_a_marking_that_had_to_wait_for_the_close_is_not_asked_for(gate, make_person):
    failed = gate.bring_to("failed")
    gate.link("ORD-9")
    rights = {"erp_level": ErpLevel.ADMIN, "project_level": ProjectLevel.ADMIN, "can_push_to_accounting": True}
    accountant = make_person("accountant", **rights)
    success = {"id": gate.details()[-1].pk, "status": "success"}

    outcome = one_waits_for_the_other(
        gate.company,
        lambda: close_details(gate.company, [success], actor=gate.integration),
        lambda: mark_synced(gate.company, failed.pk, actor=accountant, origin_id="ORD-9", reason=REASON),
    )

    assert isinstance(outcome, WrongState)
    assert count(gate.company, Confirmation) == 0


@pytest.mark.capability("LK-04")
@pytest.mark.parametrize("status", ["success", "failed"])
def test_an_answer_beside_the_nulling_and_beside_itself_ends_it_once(gate, status):
    gate.bring_to("unlinking")
    detail = gate.details()[-1]
    update = {"id": detail.pk, "status": status, "messages": ["Still there."]}
    close = within(gate.company, lambda: close_details(gate.company, [update], actor=gate.integration))
    nulled = {"item_id": gate.contract.pk, "origin_id": None}
    null = within(gate.company, lambda: sync_external_data(gate.company, [nulled], actor=gate.integration))

    outcomes = at_once([close, null, close, null])

    assert refused(outcomes) == []
    assert (gate.record().origin_id, gate.export().state) == (None, "unlinked")
    assert count(gate.company, Record, parent=gate.contract, origin_id__isnull=False) == 0


@pytest.mark.capability("LK-05")
def test_one_asks_and_one_confirms(company, world, super_users):
    record = world.linked("sub_job", "SUB-1")
    ask = [within(company, lambda a=actor: reset_record(company, record.pk, actor=a, reason=REASON))
           for actor in super_users]  # fmt: skip
    assert refused(at_once(ask)) == ["confirmation_waits"] * 2
    with company_scope(company.pk):
        asked = Confirmation.objects.of(company).get()
    others = [actor for actor in super_users if actor.id != asked.asked_by_id]
    answers = [within(company, lambda a=actor: confirm(company, asked.pk, actor=a)) for actor in others]
    answers.append(within(company, lambda: decline(company, asked.pk, actor=others[0])))

    outcomes = at_once(answers)

    assert refused(outcomes) == ["already_decided"] * 2
    with company_scope(company.pk):
        ended = Confirmation.objects.of(company).get()
        linked = Record.objects.of(company).get(pk=record.pk).origin_id
    assert (ended.state, linked) in {("confirmed", None), ("declined", "SUB-1")}
    assert count(company, ErpRequest, request_name="reset_sub_job") == (ended.state == "confirmed")


@pytest.mark.capability("EX-09")
def test_a_mark_beside_a_retry_and_a_late_success(gate, make_person):
    rights = {"erp_level": ErpLevel.ADMIN, "project_level": ProjectLevel.ADMIN, "can_push_to_accounting": True}
    first, second = (make_person(name, **rights) for name in ("first", "second"))
    failed = gate.bring_to("failed")
    marking = gate.run(lambda: mark_synced(gate.company, failed.pk, actor=first, origin_id="ORD-9", reason=REASON))
    assert marking.confirmation is not None
    mark = within(gate.company, lambda: confirm(gate.company, marking.confirmation.pk, actor=second))

    outcomes = at_once([mark, lambda: gate.retry(failed)])

    assert len(refused(outcomes)) == 1
    export = gate.export()
    assert (export.state, export.source) in {("synced", "manual"), ("exporting", "")}
    assert (gate.record().origin_id == "ORD-9") == (export.state == "synced")
    assert len(gate.requests()) == (1 if export.state == "synced" else 2)


def test_many_deletion_requests_at_once_are_one(company, cost_code, approver, integration):
    jobs = {"enabled": True, "configs": {"import": ON, "cost_code_deletions": ON}, "tab": ON}
    within(company, lambda: store_metadata(company.pk, metadata(jobs=jobs), actor=integration))()
    ask = within(company, lambda: request_deletions(company, "cost_code", [cost_code.pk], actor=approver))

    outcomes = at_once([ask] * THREADS)

    assert refused(outcomes) == ["request_open"] * (THREADS - 1)
    assert count(company, ErpRequest, request_name="delete_cost_codes") == 1
