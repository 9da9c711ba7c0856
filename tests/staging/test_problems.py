"""Problems: one for all failures of a cause, told of once, and over when its rows are through."""

import functools
import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from erpstaging.audit.models import Entry
from erpstaging.companies.models import User
from erpstaging.core.errors import Invalid, NotFound, NotPermitted, WrongState
from erpstaging.core.scope import in_company
from erpstaging.notices.mails import mail_of
from erpstaging.notices.models import Notice
from erpstaging.staging.models import ExportState, Problem, StagedExport
from erpstaging.staging.problems import (
    Shown,
    mute_problem,
    problem_counts,
    problems_shown,
    retry_problem,
    sample_rows,
)
from erpstaging.staging.queue import Asked, View, queue_part
from erpstaging.staging.queue_filters import Filters
from erpstaging.staging.tasks import carry_on_bulk, sweep
from tests.fixtures.parallel import at_once
from tests.fixtures.scope import no_scope

CLOSED = "period_closed: Period 2026-10 is closed for {title}."


@pytest.fixture
def clock():
    with time_machine.travel(datetime(2026, 11, 23, 16, tzinfo=UTC), tick=True) as moving:
        yield moving


def swept() -> None:
    with no_scope():
        sweep()


def shown(company, which=Shown.OPEN):
    return problems_shown(company, which).groups


def told(company):
    return Notice.objects.of(company).filter(kind="problem_opened")


@pytest.mark.capability("MO-06")
def test_500_equal_failures_are_one_problem_and_one_notice(company, refusals, admin, approver):
    exports = refusals.send(500)
    refusals.accept(exports)

    for begin in range(0, 500, 100):
        refusals.close(exports[begin : begin + 100], "failed", CLOSED)

    (group,) = shown(company)
    assert (group.failed, group.retrying, group.item_types) == (500, 0, ["vendor"])
    assert group.first_at < group.last_at
    assert (group.problem.code, group.problem.text) == (
        "period_closed",
        "Period 2026-10 is closed for Kestrel Roofing 1.",
    )
    assert Problem.objects.of(company).count() == 1
    assert sorted(told(company).values_list("person_id", flat=True)) == sorted([admin.id, approver.id])


@pytest.mark.capability("MO-06")
def test_all_are_retried_at_once_and_the_problem_ends_with_the_last_of_them(company, refusals, approver):
    exports = refusals.fail(3, CLOSED)
    (group,) = shown(company)

    job = in_company(company.pk, lambda: retry_problem(company, group.problem.pk, actor=approver))

    assert (job.total, job.act) == (3, "retry")
    (group,) = shown(company)
    assert (group.failed, group.retrying) == (0, 3)
    refusals.succeed(exports[:2])
    swept()
    assert [one.retrying for one in shown(company)] == [1]
    refusals.succeed(exports[2:])
    assert shown(company) == []
    swept()
    assert Problem.objects.of(company).get().closed_at is not None
    assert [one.problem.pk for one in shown(company, Shown.CLOSED)] == [group.problem.pk]
    assert Entry.objects.of(company).filter(action="problem.closed").count() == 1


@pytest.mark.capability("MO-06")
def test_what_fails_again_on_a_retry_is_no_news(company, refusals, approver):
    exports = refusals.fail(2, CLOSED)
    before = told(company).count()
    (group,) = shown(company)

    in_company(company.pk, lambda: retry_problem(company, group.problem.pk, actor=approver))
    swept()
    refusals.close(exports, "failed", CLOSED)

    assert [(one.problem.pk, one.failed) for one in shown(company)] == [(group.problem.pk, 2)]
    assert told(company).count() == before


def test_another_answer_moves_a_row_to_another_problem(company, refusals, approver):
    exports = refusals.fail(2, CLOSED)
    (group,) = shown(company)
    in_company(company.pk, lambda: retry_problem(company, group.problem.pk, actor=approver))

    refusals.close(exports[:1], "failed", "Vendor group is missing.")
    refusals.close(exports[1:], "failed", CLOSED)

    assert {(one.problem.text, one.failed) for one in shown(company)} == {
        ("Vendor group is missing.", 1),
        ("Period 2026-10 is closed for Kestrel Roofing 1.", 1),
    }


def test_one_that_comes_again_is_told_of_again(company, refusals, approver):
    (export,) = refusals.fail(1, CLOSED)
    (group,) = shown(company)
    in_company(company.pk, lambda: retry_problem(company, group.problem.pk, actor=approver))
    refusals.succeed([export])
    swept()

    refusals.fail(1, CLOSED)

    (again,) = shown(company)
    assert again.problem.pk != group.problem.pk
    assert told(company).filter(object_id=again.problem.pk).exists()


@pytest.mark.parametrize("act", ["reject", "retrieve"])
def test_a_row_that_goes_back_to_its_sender_leaves_its_problem(company, gate, act):
    export = gate.bring_to("failed")
    assert export.cause

    gate.reject(export) if act == "reject" else gate.retrieve()

    assert gate.export().cause == ""
    assert shown(company) == []


@pytest.mark.capability("MO-06")
def test_a_muted_problem_is_quiet_until_its_time(clock, company, refusals, approver):
    exports = refusals.fail(1, CLOSED)
    (group,) = shown(company)
    told(company).delete()

    until = (timezone.now() + timedelta(days=2)).isoformat()
    in_company(company.pk, lambda: mute_problem(company, group.problem.pk, actor=approver, until=until))

    assert shown(company) == []
    assert [one.problem.muted_by_name for one in shown(company, Shown.MUTED)] == [approver.name]
    assert problem_counts(company) == {Shown.OPEN: 0, Shown.MUTED: 1, Shown.CLOSED: 0}
    # It ends and comes again within that time: still quiet.
    in_company(company.pk, lambda: retry_problem(company, group.problem.pk, actor=approver))
    refusals.succeed(exports)
    swept()
    refusals.fail(1, CLOSED)
    swept()
    assert not told(company).exists()
    assert len(shown(company, Shown.MUTED)) == 1

    clock.shift(timedelta(days=2, minutes=1))
    swept()
    swept()

    people = list(told(company).values_list("person_id", flat=True))
    assert approver.id in people
    assert len(people) == len(set(people))
    assert len(shown(company)) == 1


def test_a_mute_that_was_taken_back_does_not_come_again(company, refusals, approver):
    refusals.fail(1, CLOSED)
    (group,) = shown(company)
    until = (timezone.now() + timedelta(days=2)).isoformat()
    in_company(company.pk, lambda: mute_problem(company, group.problem.pk, actor=approver, until=until))

    in_company(company.pk, lambda: mute_problem(company, group.problem.pk, actor=approver, until=None))

    assert len(shown(company)) == 1
    acts = Entry.objects.of(company).filter(object_type="problem").order_by("pk")
    assert list(acts.values_list("action", flat=True)) == ["problem.muted", "problem.unmuted"]


def test_only_who_may_can_retry_and_mute(company, refusals, approver, project_user, make_person):
    refusals.fail(1, CLOSED)
    (group,) = shown(company)
    clerk, until = make_person("clerk", erp_level="standard"), timezone.now() + timedelta(days=1)

    with pytest.raises(NotPermitted):
        retry_problem(company, group.problem.pk, actor=clerk)
    with pytest.raises(NotPermitted):
        mute_problem(company, group.problem.pk, actor=project_user, until=until.isoformat())
    with pytest.raises(Invalid):
        mute_problem(company, group.problem.pk, actor=clerk, until="yesterday")
    with pytest.raises(NotFound):
        retry_problem(company, 10**12, actor=approver)
    assert mute_problem(company, group.problem.pk, actor=clerk, until=until.isoformat()).muted_until == until


def test_a_problem_that_is_over_is_neither_retried_nor_muted(company, refusals, approver):
    exports = refusals.fail(1, CLOSED)
    (group,) = shown(company)
    in_company(company.pk, lambda: retry_problem(company, group.problem.pk, actor=approver))

    with pytest.raises(WrongState, match="None of its rows"):
        retry_problem(company, group.problem.pk, actor=approver)
    refusals.succeed(exports)
    swept()
    tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
    with pytest.raises(WrongState, match="over"):
        mute_problem(company, group.problem.pk, actor=approver, until=tomorrow)


def test_the_queue_shows_the_rows_of_a_problem(company, refusals):
    refusals.fail(2, CLOSED)
    refusals.fail(1, "Vendor group is missing.")
    groups = shown(company)

    parts = [queue_part(company, Asked(View.FAILED, filters=Filters(problem_ids=(one.problem.pk,)))) for one in groups]

    assert [part.total for part in parts] == [one.failed for one in groups] == [2, 1]
    assert queue_part(company, Asked(View.FAILED, filters=Filters(problem_ids=(10**12,)))).total == 0
    first = Filters(problem_ids=(groups[0].problem.pk,))
    assert queue_part(company, Asked(View.READY_TO_IMPORT, filters=first)).total == 0


def test_a_list_costs_the_same_however_many_problems_there_are(company, refusals):
    words = ["one", "two", "three", "four", "five", "six"]
    refusals.fail(2, "Reason one.")

    def cost():
        with CaptureQueriesContext(database) as queries:
            groups = shown(company)
            rows = sample_rows(company, groups, 4)
        return len(queries), len(groups), sum(map(len, rows.values()))

    few = cost()
    for word in words[1:]:
        refusals.fail(2, f"Reason {word}.")

    assert few == (5, 1, 2)
    assert cost() == (5, 6, 12)


def test_another_company_has_its_own(company, other_company, refusals):
    refusals.fail(1, CLOSED)

    assert in_company(other_company.pk, lambda: shown(other_company)) == []


def test_a_notice_reads_well(company, refusals, admin):
    refusals.fail(2, CLOSED)
    notice = told(company).get(person_id=admin.id)

    mail = mail_of(notice, User.objects.get(pk=admin.id), company)

    (problem,) = Problem.objects.of(company)
    assert mail.subject == "Halden Civil: Exports fail: Period 2026-10 is closed for Kestrel Roofing 1."
    assert "2 exports failed:" in mail.body
    assert "Period 2026-10 is closed" in mail.body
    assert "Code: period_closed" in mail.body
    assert f"/c/{company.pk}/problems/#problem-{problem.pk}" in mail.body
    assert f"/c/{company.pk}/problems/#problem-{problem.pk}" in mail.alternatives[0][0]


@pytest.mark.django_db(transaction=True)
def test_many_who_fail_at_once_open_one_problem(company, refusals, admin):
    exports = refusals.send(8)
    refusals.accept(exports)

    at_once([functools.partial(refusals.close, [one], "failed", CLOSED) for one in exports])

    assert Problem.objects.of(company).count() == 1
    assert [one.failed for one in shown(company)] == [8]
    assert told(company).filter(person_id=admin.id).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_problem_does_not_end_under_a_failure_that_is_not_committed_yet(company, refusals, approver):
    first, second = refusals.send(2)
    refusals.accept([first, second])
    refusals.close([first], "failed", CLOSED)
    (group,) = shown(company)
    in_company(company.pk, lambda: retry_problem(company, group.problem.pk, actor=approver))
    refusals.succeed([first])
    failed, over = threading.Event(), threading.Event()

    def fail_slowly() -> None:
        def command() -> None:
            refusals.close_now([second], "failed", [CLOSED])
            failed.set()
            over.wait(30)

        in_company(company.pk, command)

    def sweep_meanwhile() -> None:
        failed.wait(30)
        swept()
        over.set()

    assert at_once([fail_slowly, sweep_meanwhile]) == [None, None]

    assert Problem.objects.of(company).filter(closed_at=None).count() == 1
    assert [one.failed for one in shown(company)] == [1]


def test_bulk_carries_on_with_more_than_a_page(company, refusals, approver):
    refusals.fail(120, CLOSED)
    (group,) = shown(company)

    in_company(company.pk, lambda: retry_problem(company, group.problem.pk, actor=approver))
    with no_scope():
        carry_on_bulk()

    assert StagedExport.objects.of(company).filter(state=ExportState.EXPORTING).count() == 120
