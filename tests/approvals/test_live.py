"""What an open page learns of other people's acts."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from erpstaging.approvals.showing.live import rows_seen
from erpstaging.audit import log as audit
from erpstaging.records.editing import create_record
from erpstaging.staging.imports import accept_import
from erpstaging.staging.intake import stage_records
from erpstaging.staging.models import StagedExport
from erpstaging.staging.watching import Seen
from tests.approvals.test_settings import Desk
from tests.staging.conftest import vendor_sent

WAITING = "?view=ready_to_export"


@pytest.fixture
def vendor_sent_out(gate, company, project_user):
    """Sends a new vendor to accounting; its export."""

    def send(name: str) -> StagedExport:
        data = {"name": name}
        made = gate.run(lambda: create_record(company, actor=project_user, item_type="vendor", data=data))
        return gate.send(made)

    return send


class OpenPage:
    """A list that somebody has open, and what it asks for meanwhile."""

    def __init__(self, desk: Desk, path: str) -> None:
        self.desk, self.path = desk, path
        page = desk.client.get(path).content.decode()
        self.mark, self.since = re.findall(r'data-mark="([^"]*)" data-since="([^"]*)"', page)[0]
        self.rows = ",".join(".".join(one) for one in re.findall(r'<tr id="([^"]+)"[^>]* data-version="(\d+)"', page))
        self.shown = "".join(re.findall(r'data-shown="([^"]*)"', page))

    def look(self, **values):
        asked = {"mark": self.mark, "since": self.since, "rows": self.rows, "shown": self.shown, **values}
        headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{self.path}"}
        return self.desk.client.get(reverse("approvals:live", args=[self.desk.company.pk]), asked, headers=headers)


@pytest.fixture
def desk(company, approver) -> Desk:
    return Desk(company, approver)


@pytest.fixture
def waiting(gate, desk):
    """An export that waits, and the list that shows it."""
    export = gate.send()
    return export, OpenPage(desk, desk.url("queue", query=WAITING))


def test_nothing_happened_is_one_question(waiting, django_assert_max_num_queries):
    _, page = waiting

    with django_assert_max_num_queries(10):  # who he is, in which company, and the mark
        answer = page.look()

    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.capability("UI-07")
def test_what_another_one_decided_turns_grey_with_name_and_time(waiting, gate, second_approver):
    export, page = waiting
    gate.accept(export, actor=second_approver)

    text = page.look().content.decode()

    row = text[text.index(f'<tr id="export-{export.pk}"') :]
    assert 'hx-swap-oob="true"' in row[: row.index(">")]
    assert re.search(rf"accepted by {second_approver.name}, \d\d:\d\d", row)
    assert "gone" in row[: row.index(">")]
    assert "formaction" not in row


def test_what_changed_but_still_waits_is_marked(waiting, gate, company, second_approver, approver):
    export, page = waiting
    held = gate.accept(export, actor=second_approver, undo=timezone.timedelta(seconds=30))
    gate.undo(held, actor=second_approver)

    text = page.look().content.decode()

    row = text[text.index(f'<tr id="export-{export.pk}"') :]
    assert "changed" in row[: row.index(">")]
    assert f"export-{export.pk}.{export.version + 2}" in row


@pytest.mark.capability("UI-02")
def test_counts_tabs_and_totals_follow(waiting, gate, second_approver):
    export, page = waiting
    gate.accept(export, actor=second_approver)

    text = page.look().content.decode()

    side = text[text.index('id="side"') :]
    assert re.search(r'Ready to export<span class="n">0</span>', side)
    assert re.search(r'Exporting<span class="n">1</span>', side)
    assert '<nav class="tabs" id="tabs"' in text
    assert "<b>0</b> rows" in text[text.index('id="totals-shown"') :]


def test_new_rows_are_announced_and_not_pushed_in(waiting, vendor_sent_out):
    _, page = waiting
    for name in ("Later one", "Later two"):
        vendor_sent_out(name)

    text = page.look().content.decode()

    assert "2 new rows, show" in text
    assert "Later one" not in text


def test_what_an_act_has_to_say_is_left_for_the_page_that_comes_next(waiting, desk, company, gate, vendor_sent_out):
    _, page = waiting
    other = vendor_sent_out("Told on the next page")
    address = reverse("approvals:accept", args=[company.pk, other.pk])
    desk.client.post(address, {"version": other.version, "next": page.path})

    assert page.look().status_code == 200

    assert "Undo" in desk.client.get(page.path).content.decode()


def test_staged_rows_are_watched_too(company, integration, desk, second_approver, gate):
    (row,) = gate.run(lambda: stage_records(company.pk, [vendor_sent("V-9")], actor=integration)).entities
    page = OpenPage(desk, desk.url("queue", query="?view=ready_to_import"))
    gate.run(lambda: accept_import(company, row.pk, actor=second_approver, version=1))

    assert f"added by {second_approver.name}" in page.look().content.decode()


def test_the_open_page_of_an_object_says_that_it_moved_on(gate, desk, second_approver):
    export = gate.send()
    page = OpenPage(desk, desk.url("export", export.pk))
    gate.reject(export, actor=second_approver)

    text = page.look().content.decode()

    assert "This has changed since you opened it" in text
    assert f"rejected by {second_approver.name}" in text
    assert f'href="{desk.url("export", export.pk)}"' in text


def test_another_company_s_rows_are_not_told(waiting, gate, desk, other_company, second_approver):
    export, page = waiting
    gate.accept(export, actor=second_approver)

    assert audit.mark(other_company.pk) == "0"
    text = page.look(rows=f"export-{export.pk + 1000}.1,staged-1.1").content.decode()
    assert "<tr" not in text


@pytest.mark.parametrize("rows", ["", "x", "export-1", "export-99999999999999999999.1", "record-1.1", "export-1.1;x"])
def test_strange_rows_are_left_out(waiting, rows):
    _, page = waiting

    assert rows_seen(rows) == []
    assert page.look(rows=rows, mark="", since="long ago").status_code == 200


def test_rows_are_read_as_the_page_writes_them():
    assert rows_seen("export-12.3,staged-4.1") == [Seen("export", 12, 3), Seen("staged", 4, 1)]


def test_project_people_have_no_queue_to_watch(company, project_user):
    answer = Desk(company, project_user).client.get(reverse("approvals:live", args=[company.pk]))

    assert answer.status_code == 403


def test_many_moved_rows_cost_as_many_queries_as_one(
    gate, desk, vendor_sent_out, second_approver, django_assert_max_num_queries
):
    sent = [vendor_sent_out(f"Vendor {place}") for place in range(6)]
    page = OpenPage(desk, desk.url("queue", query=WAITING))
    for one in sent:
        gate.reject(one, actor=second_approver)

    with django_assert_max_num_queries(34):
        text = page.look().content.decode()
    assert text.count(f"rejected by {second_approver.name}") >= 6
