"""The dashboard: every number is that of the list it leads to."""

import html
import re
from datetime import datetime, timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from erpstaging.approvals.formats import duration_text
from erpstaging.core.scope import in_company
from erpstaging.monitoring.figures import DAYS, figures_of
from erpstaging.records.models import Record
from erpstaging.staging.holding import hold_export
from erpstaging.staging.intake import stage_records
from erpstaging.staging.models import ExportState, StagedExport
from erpstaging.staging.queue import View
from tests.approvals.test_settings import Desk
from tests.staging.conftest import vendor_sent

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER = re.compile(r'<a (?:class="\w+" )?href="(/c/\d+/queue/\?[^"]+)">([\d,]+)(?: past the limit)?</a>')


@pytest.fixture
def desk(company, approver) -> Desk:
    return Desk(company, approver)


@pytest.fixture
def business(company, refusals, gate, integration, approver):
    """Something in every part, of two types, over some days."""
    staged = [vendor_sent(f"V-{n}", f"Vendor {n}") for n in range(3)]
    in_company(company.pk, lambda: stage_records(company.pk, staged, actor=integration))
    gate.send()
    waiting = refusals.send(4)
    late = StagedExport.objects.of(company).filter(pk__in=[one.pk for one in waiting[:2]])
    late.update(sent_at=timezone.now() - timedelta(days=3))
    tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
    held = {"note": "Until the bond is there", "until": tomorrow}
    in_company(company.pk, lambda: hold_export(company, waiting[3].pk, actor=approver, **held))
    refusals.fail(3, "Period 2026-10 is closed.")
    refusals.fail(1, "Vendor group is missing.")
    synced = refusals.send(5)
    refusals.accept(synced)
    refusals.succeed(synced)
    took = [timedelta(minutes=10), timedelta(minutes=20), timedelta(minutes=30), timedelta(hours=2), timedelta(days=2)]
    for days, (export, length) in enumerate(zip(synced, took, strict=True)):
        closed = timezone.now() - timedelta(days=days // 2)
        row = StagedExport.objects.of(company).filter(pk=export.pk)
        row.update(closed_at=closed, decided_at=closed - length)
    return synced


def numbers(page: str) -> list[tuple[str, int]]:
    return [(html.unescape(url), int(text.replace(",", ""))) for url, text in NUMBER.findall(page)]


def rows_behind(desk: Desk, url: str) -> int:
    """How many rows the list has that a number leads to."""
    answer = desk.client.get(url)
    assert answer.status_code == 200
    return len(re.findall(r'<tr id="(?:export|staged|record)-', answer.content.decode()))


@pytest.mark.capability("MO-06", "UI-01")
def test_every_number_is_that_of_the_list_behind_it(desk, business):
    page = desk.text("dashboard")

    found = numbers(page)

    assert len(found) > 40
    counts = {number for _url, number in found}
    assert counts >= {0, 1, 2, 3, 5}
    wrong = [(url, number, rows) for url, number in found if (rows := rows_behind(desk, url)) != number]
    assert wrong == []


def test_what_waits_is_counted_by_view_and_type_with_its_age(company, desk, business):
    figures = figures_of(company)

    counts = {one.view: one.count() for one in figures.views}
    assert counts == {
        View.READY_TO_IMPORT: 3, View.NEEDS_FIXING: 0, View.READY_TO_EXPORT: 4, View.READY_TO_UPDATE: 0,
        View.ON_HOLD: 1,
    }  # fmt: skip
    late = {one.view: one.late for one in figures.views}
    assert (late[View.READY_TO_EXPORT], late[View.READY_TO_IMPORT], late[View.ON_HOLD]) == (2, 0, None)
    types = {one.tab.key: list(one.counts) for one in figures.types}
    assert types == {"vendors": [3, 0, 3, 0, 1], "commitments": [0, 0, 1, 0, 0]}
    page = desk.text("dashboard")
    assert "oldest 3 d" in page
    assert "2 past the limit" in page
    assert figures.failed.count() == 4
    assert [(one.problem.text, one.failed) for one in figures.causes] == [
        ("Period 2026-10 is closed.", 3), ("Vendor group is missing.", 1),
    ]  # fmt: skip


def test_days_and_times_are_those_of_what_is_synced(company, business):
    figures = figures_of(company)

    assert len(figures.days) == DAYS
    assert sum(count for _day, count in figures.days) == 5
    (passage,) = figures.passages
    assert (passage.tab.key, passage.objects, passage.median) == ("vendors", 5, timedelta(minutes=30))
    assert passage.p90 == timedelta(hours=2) + (timedelta(days=2) - timedelta(hours=2)) * 0.6


def test_what_was_synced_by_hand_counts_and_takes_no_time(company, business):
    StagedExport.objects.of(company).filter(pk=business[-1].pk).update(source="manual")

    (passage,) = figures_of(company).passages

    assert (passage.objects, passage.median) == (5, timedelta(minutes=25))


def test_what_is_not_linked_any_more_is_left_out(company, business):
    Record.objects.of(company).filter(pk=business[0].record_id).update(origin_id=None)

    figures = figures_of(company)

    assert sum(count for _day, count in figures.days) == 4
    assert StagedExport.objects.of(company).filter(state=ExportState.SYNCED).count() == 5


def test_an_export_just_after_midnight_belongs_to_the_company_s_day(company, business):
    """Denver is hours behind UTC."""
    today = timezone.localdate(timezone=company.zone)
    midnight = datetime.combine(today, datetime.min.time(), company.zone)
    exports = StagedExport.objects.of(company).filter(state=ExportState.SYNCED)
    exports.update(closed_at=midnight - timedelta(seconds=1))
    exports.filter(pk=business[0].pk).update(closed_at=midnight)

    days = dict(figures_of(company).days)

    assert (days[today], days[today - timedelta(days=1)]) == (1, 4)


@pytest.mark.capability("UI-03")
def test_it_costs_the_same_however_much_there_is(company, desk, business, refusals):
    def cost():
        with CaptureQueriesContext(database) as queries:
            desk.text("dashboard")
        return len(queries)

    desk.text("dashboard")
    few = cost()
    for word in ("one", "two", "three"):
        refusals.fail(2, f"Reason {word}.")
    refusals.send(10)

    assert cost() == few
    assert few < 70


def test_an_empty_company_has_an_overview_too(company, connection, desk):
    page = desk.text("dashboard")

    assert "Nothing waits." in page
    assert "Nothing failed." in page
    assert "Nothing was synced in this time." in page


def test_it_is_open_to_the_erp_tool_and_to_auditors(company, connection, make_person, project_user):
    people = [make_person("clerk", erp_level="standard"), make_person("auditor", auditor=True), project_user]

    assert [Desk(company, one).get("dashboard").status_code for one in people] == [200, 200, 403]


def test_the_drawing_says_in_words_what_the_table_says(desk, business):
    page = desk.text("dashboard")

    drawing = re.search(r'<svg class="chart days"[^>]*aria-label="([^"]*)"', page)
    assert drawing
    assert ": 5 in all" in drawing[1]
    assert page.count("<rect") >= 3
    assert "As a table" in page


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "under 1 s"), (42, "42 s"), (720, "12 m"), (13_200, "3 h 40 m"), (7200, "2 h"), (190_800, "2 d 5 h"),
     (172_800, "2 d")],
)  # fmt: skip
def test_how_long_something_took(seconds, text):
    assert duration_text(timedelta(seconds=seconds)) == text
