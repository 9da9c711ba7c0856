"""`manage.py check_slas`: what was not answered within its limit, told once."""

import io
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.core.management import CommandError, call_command

from erpstaging.connections.services import change_settings
from erpstaging.erp_requests.models import ErpRequestDetail
from erpstaging.notices.models import Notice
from erpstaging.staging import staleness
from erpstaging.staging.refreshing import ask_for_refresh
from tests.approvals.test_settings import Desk
from tests.fixtures.scope import no_scope

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.capability("EX-05")]


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(datetime(2026, 11, 23, 16, tzinfo=UTC), tick=True) as moving:
        yield moving


def check(*words: str) -> dict:
    out = io.StringIO()
    with no_scope():
        call_command("check_slas", "--json", *words, stdout=out, stderr=io.StringIO())
    return json.loads(out.getvalue())


def test_an_unanswered_request_is_stale_once_and_its_owner_is_mailed(gate, admin, approver, clock):
    gate.bring_to("exporting")
    assert check() == {"stale": 0, "refreshes_ended": 0, "mails_sent": 0, "trouble": {}}

    clock.shift(timedelta(hours=25))
    first, second = check(), check()

    assert (first["stale"], second["stale"]) == (1, 0)
    assert (gate.export().state, gate.export().failure) == ("failed", "stale")
    told = [one.to[0] for one in mail.outbox if "Exports fail: The integrator did not answer" in one.subject]
    assert sorted(told) == [f"admin@{gate.company.pk}.example", f"approver@{gate.company.pk}.example"]


def test_a_type_has_a_limit_of_its_own(gate, admin, clock):
    limits = {"work_order_contract": 2, "vendor": 48}
    gate.run(lambda: change_settings(gate.company.pk, {"answer_within_hours": limits}, actor=admin))
    gate.bring_to("exporting")

    clock.shift(timedelta(hours=1, minutes=55))
    assert check()["stale"] == 0
    clock.shift(timedelta(minutes=10))
    assert check()["stale"] == 1


def test_the_list_shows_it_as_stale_with_its_age_in_red_and_all_buttons_open(gate, approver, clock):
    gate.bring_to("exporting")
    clock.shift(timedelta(hours=49))
    check()

    desk = Desk(gate.company, approver)
    page = desk.text("queue", query="?view=failed")
    assert "Stale" in page
    assert '<td class="c-last num late"' in page
    assert 'data-act="retry"' in page
    closed = re.findall(r'aria-disabled="true"[^>]*data-act="(\w+)"', page)
    assert closed == ["mark_synced"]  # an administrator's, whatever became of the request
    assert "i-spin" not in page[page.index("<tbody>") : page.index("</tbody>")]
    detail = desk.text("export", gate.export().pk)
    assert "no answer for 2 d" in detail
    assert "It can be tried again." in detail


def test_a_late_answer_still_counts(gate, clock):
    gate.bring_to("exporting")
    clock.shift(timedelta(hours=25))
    check()

    gate.link("ORD-9")
    gate.close("success")

    assert (gate.export().state, gate.export().failure) == ("synced", "")


def test_a_question_about_a_list_goes_stale_too_and_can_be_asked_again(gate, approver, clock):
    ask = lambda: gate.run(lambda: ask_for_refresh(gate.company, "vendors", actor=approver))  # noqa: E731
    ask()
    clock.shift(timedelta(hours=25))

    assert check()["refreshes_ended"] == 1

    assert any("No news of Companies" in one.subject for one in mail.outbox)
    assert ask().state == "running"


def test_strict_fails_when_something_went_stale(gate, clock):
    gate.bring_to("exporting")
    clock.shift(timedelta(hours=25))

    with pytest.raises(CommandError, match="1 requests went unanswered"):
        check("--strict")
    check("--strict")


def test_trouble_in_one_company_is_told_and_holds_up_no_other(gate, clock, monkeypatch):
    from django.db import OperationalError

    gate.bring_to("exporting")
    clock.shift(timedelta(hours=25))

    def broken(*args, **values):
        raise OperationalError("the disk is full")

    monkeypatch.setattr("erpstaging.staging.management.commands.check_slas.expire_details", broken)
    with pytest.raises(CommandError, match="1 companies could not be checked"):
        check()
    monkeypatch.undo()
    assert check()["stale"] == 1
    assert staleness.UNANSWERED in gate.export().messages


def test_without_json_it_answers_in_words(db):
    out = io.StringIO()
    with no_scope():
        call_command("check_slas", stdout=out)

    assert out.getvalue().splitlines() == ["stale: 0", "refreshes ended: 0", "mails sent: 0"]


def test_the_owner_is_told_when_no_account_has_one(gate, admin, service_account, clock):
    service_account.owner = None
    service_account.save()
    gate.bring_to("exporting")
    clock.shift(timedelta(hours=25))
    check()

    people = {one.person_id for one in Notice.objects.of(gate.company).filter(kind="problem_opened")}
    assert admin.id in people
    assert ErpRequestDetail.objects.of(gate.company).filter(state="stale").count() == 1
