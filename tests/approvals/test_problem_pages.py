"""The page of problems, and the list of failures."""

import html
import re
from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from erpstaging.connections.services import change_settings
from erpstaging.core.scope import in_company
from erpstaging.records.models import Record
from erpstaging.staging.models import ExportState, Problem, StagedExport
from erpstaging.staging.problems import Shown, problems_shown
from tests.approvals.test_settings import Desk

pytestmark = pytest.mark.django_db(transaction=True)
CLOSED = "period_closed: Period 2026-10 is closed."
LONG = "The vendor group of this company is missing, so nothing can be posted to it. " * 4


@pytest.fixture
def desk(company, approver) -> Desk:
    return Desk(company, approver)


def plain(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def the_problem(company) -> Problem:
    (group,) = problems_shown(company, Shown.OPEN).groups
    return group.problem


@pytest.mark.capability("MO-06")
def test_a_problem_shows_its_cause_its_rows_and_what_to_do(company, refusals, desk):
    refusals.fail(6, CLOSED)

    page = desk.text("problems")

    words = plain(page)
    assert "1 cause, 6 exports" in words
    assert "Period 2026-10 is closed." in words
    assert "period_closed" in words
    assert "Next step: Put right in the ERP" in words
    assert "Retry all 6" in words
    assert page.count('<tr id="export-') == 4
    rest = re.search(r'href="([^"]+)">2 more rows', page)
    assert rest
    assert desk.text("queue", query=html.unescape(rest[1]).partition("queue/")[2]).count('<tr id="export-') == 6


@pytest.mark.capability("MO-06")
def test_retry_all_leads_to_the_job(company, refusals, desk):
    refusals.fail(2, CLOSED)

    answer = desk.post("retry_problem", the_problem(company).pk)

    assert answer.status_code == 302
    assert "/jobs/" in answer["Location"]
    assert "Sent 2 of 2 rows again" in plain(desk.client.get(answer["Location"]).content.decode())
    assert "2 are being tried again" in plain(desk.text("problems"))
    assert StagedExport.objects.of(company).filter(state=ExportState.EXPORTING).count() == 2


@pytest.mark.capability("MO-06")
def test_a_problem_is_muted_and_unmuted(company, refusals, desk, approver):
    refusals.fail(1, CLOSED)
    problem = the_problem(company)
    until = (timezone.localdate() + timedelta(days=3)).isoformat()

    desk.post("mute_problem", problem.pk, until=until)

    assert "No problem is open." in desk.text("problems")
    assert f"Muted by {approver.name} until" in plain(desk.text("problems", query="?show=muted"))
    desk.post("unmute_problem", problem.pk)
    assert "Retry all 1" in plain(desk.text("problems"))


def test_a_day_that_is_none_is_told_on_the_page(company, refusals, desk):
    refusals.fail(1, CLOSED)

    answer = desk.client.post(desk.url("mute_problem", the_problem(company).pk), {"until": "soon"}, follow=True)

    assert answer.status_code == 200
    assert "must be a date" in answer.content.decode()
    assert Problem.objects.of(company).get().muted_until is None


def test_only_who_may_finds_open_buttons(company, refusals, desk, make_person, project_user):
    refusals.fail(1, CLOSED)
    auditor, clerk = make_person("auditor", auditor=True), make_person("clerk", erp_level="standard")

    assert Desk(company, project_user).get("problems").status_code == 403
    closed = [re.findall(r'aria-disabled="true"[^>]*data-act="(\w+_problem)"', Desk(company, one).text("problems"))
              for one in (auditor, clerk)]  # fmt: skip
    assert closed == [["mute_problem", "retry_problem"], ["retry_problem"]]
    assert desk.get("retry_problem", the_problem(company).pk).status_code == 405
    assert desk.get("mute_problem", the_problem(company).pk).status_code == 405
    assert desk.post("retry_problem", 10**12).status_code in {302, 404}


def test_a_runbook_is_linked_where_the_company_set_one(company, refusals, desk, admin):
    refusals.fail(1, CLOSED)
    assert "Open runbook" not in desk.text("problems")

    answer = Desk(company, admin).post(
        "decision_settings", runbooks="period_closed: https://wiki.example/period\n*: https://wiki.example/any"
    )

    assert answer.status_code == 302
    page = desk.text("problems")
    assert re.search(r'href="https://wiki.example/period" rel="noopener noreferrer"', page)


@pytest.mark.parametrize(
    "line", ["period_closed: javascript:alert(1)", "period closed", "x: ftp://y.example", "a b: http://c"]
)
def test_a_runbook_that_is_no_address_is_refused(company, connection, admin, line):
    answer = Desk(company, admin).post("decision_settings", runbooks=line)

    assert answer.status_code == 422
    assert html.escape(line.split(":")[0]) in answer.content.decode()


def test_the_page_costs_the_same_however_many_problems_there_are(company, refusals, desk):
    refusals.fail(2, "Reason one.")

    def cost():
        with CaptureQueriesContext(database) as queries:
            desk.text("problems")
        return len(queries)

    desk.text("problems")
    few = cost()
    for word in ("two", "three", "four", "five"):
        refusals.fail(2, f"Reason {word}.")

    assert cost() == few


@pytest.mark.parametrize(
    "query", ["?show=all", "?page=0", "?page=99999999999999999999", "?show=closed&page=3", "?page=x"]
)
def test_odd_addresses_are_no_faults(company, connection, desk, query):
    assert desk.get("problems", query=query).status_code == 200


# Failed to export


def test_the_list_of_failures_has_columns_of_its_own(company, refusals, desk):
    (export,) = refusals.fail(1, LONG, "And its tax ID.")

    page = desk.text("queue", query="?view=failed")

    for head in ("Title and error", "Code", "Tries", "Next try", "Last answer"):
        assert f">{head}</th>" in page
    assert '<details class="msg">' in page
    assert "And its tax ID." in page
    row = page[page.index(f'<tr id="export-{export.pk}"') :]
    acts = re.findall(r'data-act="(\w+)"', row[: row.index("</tr>")])
    assert acts == ["retry", "reject", "mark_synced", "edit_again"]
    assert ">Project</th>" not in page


def test_edit_and_re_approve_takes_it_back_and_opens_its_form(company, refusals, desk):
    (export,) = refusals.fail(1, CLOSED)

    asked = desk.text("edit_again", export.pk)
    answer = desk.post("edit_again", export.pk)

    assert "needs an approval by another" in asked
    assert answer["Location"] == desk.url("edit_record", export.record_id)
    assert StagedExport.objects.of(company).get(pk=export.pk).state == ExportState.RETRIEVED
    assert desk.get("edit_record", export.record_id).status_code == 200


def test_what_waits_past_the_limit_is_marked_and_found(company, refusals, desk, admin):
    old, _new = refusals.send(2)
    StagedExport.objects.of(company).filter(pk=old.pk).update(sent_at=timezone.now() - timedelta(hours=5))
    in_company(
        company.pk,
        lambda: change_settings(company.pk, {"decide_within_hours": {"vendor": 4}}, actor=admin),
    )

    page = desk.text("queue", query="?view=ready_to_export&late=1")

    assert page.count('<tr id="export-') == 1
    assert '<td class="c-age num late"' in page
    assert "Past the limit" in page
    assert desk.text("queue", query="?view=ready_to_export").count('num late"') == 1


# My items


@pytest.mark.capability("UI-12", "AP-13")
def test_my_items_page_has_who_has_it_and_what_comes_next(company, refusals, gate, project_user):
    refusals.send(1)
    gate.reject(gate.send(), reason="Retainage must be 5 %.")
    site = Desk(company, project_user)

    page = site.text("mine")

    words = plain(page)
    assert "1 back with you, 1 on their way" in words
    assert page.index("Retainage must be 5 %.") < page.index('<table class="rows mine"')
    assert "Accounting" in words
    assert "An accounting approver decides" in words
    assert site.text("mine", query="?show=under_way").count('<tr id="record-') == 1
    assert "No items match these filters." in site.text("mine", query="?show=done")
    assert site.get("mine", query="?show=nowhere&type=weather&before=x&q=%00").status_code == 200


def test_what_was_taken_back_leads_into_its_form(company, gate, project_user):
    gate.send()
    gate.retrieve()

    page = Desk(company, project_user).text("mine")

    assert "Edit and re-send" in page
    assert f"/records/{gate.contract.pk}/edit/" in page
    assert Record.objects.of(company).get(pk=gate.contract.pk).lock != "waiting"
