"""The queue's page: filters in its address, sorting, columns, saved filters, and the file of what it shows."""

import csv
import html
import io
import re
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from erpstaging.approvals import saved_filters
from erpstaging.approvals.models import QueueChoice, SavedFilter
from erpstaging.approvals.saved_filters import change_filter, delete_filter, save_filter, set_default
from erpstaging.audit.models import Entry
from erpstaging.companies.models import Membership
from erpstaging.connections.custom_field_changes import add_custom_field
from erpstaging.core.errors import Invalid, NotFound, NotPermitted
from erpstaging.core.scope import company_scope
from erpstaging.records.models import Record
from erpstaging.staging import queue as queue_rooms
from erpstaging.staging.models import StagedExport
from tests.approvals.test_settings import Desk

READY = "?view=ready_to_export"
BRIDGE = {"item_type": "work_order_contract", "key": "bridge", "label": "Bridge", "data_type": "string"}


@pytest.fixture
def desk(company, connection, approver) -> Desk:
    return Desk(company, approver)


@pytest.fixture
def colleague(company, connection, second_approver) -> Desk:
    return Desk(company, second_approver)


def made(company: Any, number: str, sender: Any, **values: Any) -> StagedExport:
    said = {"created_by_kind": "system", "created_by_name": "x", "edited_by_kind": "system", "edited_by_name": "x"}
    record = Record.objects.create(company=company, item_type="work_order_contract", title=number, **said)
    given = {
        "item_type": "work_order_contract", "number": number, "title": f"Works {number}", "currency": "USD",
        "snapshot": {"data": {}}, "content_hash": b"", "record_version": 1, "sent_by_id": sender.id,
        "sent_by_name": sender.name, **values,
    }  # fmt: skip
    export: StagedExport = StagedExport.objects.create(company=company, record=record, **given)
    return export


def keep(desk: Desk, **values: str) -> Any:
    """Save a filter by the form of the page."""
    return desk.client.post(desk.url("saved_filters"), values)


@pytest.fixture
def rows(company, project, vendor, project_user, second_approver) -> list[StagedExport]:
    """A, B and C, the last in another currency, without project and vendor, and sent by somebody else."""
    here = {"project": project, "vendor": vendor}
    return [
        made(company, "A", project_user, amount=Decimal("100"), **here),
        made(company, "B", project_user, amount=Decimal("1200.5"), **here),
        made(company, "C", second_approver, amount=Decimal("7"), currency="EUR", title='=HYPERLINK("x")'),
    ]


def numbers(page: str) -> list[str]:
    """The numbers in the list, in their order."""
    return re.findall(r'<td class="c-id id" role="cell">.*?</svg>(.*?)</td>', page)


def chips(page: str) -> dict[str, str]:
    """What the bar says is on, with the address without it."""
    found = re.findall(r'<span class="filter"><span>(.*?)</span><a href="(.*?)"', page)
    return {re.sub(r"<[^>]+>", "", label): html.unescape(url) for label, url in found}


# Filters


@pytest.mark.capability("UI-03")
def test_filters_stand_in_the_address_and_can_be_taken_away_one_by_one(desk, rows, project, project_user):
    query = f"{READY}&project_id={project.pk}&sender=person-{project_user.id}&amount_from=500&waiting=1h"
    page = desk.text("queue", query=query.replace("&waiting=1h", ""))
    found = chips(page)

    assert numbers(page) == ["B"]
    assert list(found) == [
        f"Project {project.title}", f"Sender {project_user.name}", "Amount from 500.00 USD"
    ]  # fmt: skip
    assert numbers(desk.client.get(found["Amount from 500.00 USD"]).content.decode()) == ["A", "B"]
    assert "currency" not in found["Amount from 500.00 USD"]
    assert "project_id" not in found[f"Project {project.title}"]
    assert "data-clear" in page
    assert "Waiting longer than 1 hour" in chips(desk.text("queue", query=query))


def test_what_cannot_be_meant_is_said_and_narrows_nothing(desk, rows):
    page = desk.text("queue", query=f"{READY}&amount_from=lots&status=stale&sort=colour&project=Nowhere&limit=7")
    text = html.unescape(page)

    assert numbers(page) == ["A", "B", "C"]
    assert "Amount from is left out: “lots” is not an amount" in text
    assert "Status is left out: this view has no such filter." in text
    assert "Sort is left out: “colour” is not known here." in text
    assert "No project is called “Nowhere”." in text


@pytest.mark.parametrize(
    "query",
    ["&q=%00", "&project_id=" + "9" * 400, "&amount_from=%F0%9F%92%B6", "&limit=-1", "&received_to=9999-12-31"],
)
def test_no_address_breaks_the_page(desk, rows, query):
    assert desk.get("queue", query=READY + query).status_code == 200


def test_the_form_leads_to_an_address_with_ids(desk, rows, project, vendor, project_user):
    names = {"project": project.title.upper(), "vendor": vendor.title, "sender_name": project_user.name}
    empty = "&sort=&limit=50&amount_from=&currency=&received_from="
    query = f"{READY}&apply=1&q=+works+&{urlencode(names)}{empty}&amount_to=9x&flag=resubmitted"
    answer = desk.get("queue", query=query)
    ids = f"project_id={project.pk}&vendor_id={vendor.pk}&sender=person-{project_user.id}"

    assert answer.status_code == 302
    assert answer["Location"] == desk.url("queue", query=f"{READY}&q=works&{ids}&flag=resubmitted&amount_to=9x")
    assert "“9x” is not an amount" in html.unescape(desk.client.get(answer["Location"]).content.decode())


def test_a_name_that_nobody_has_is_said_after_the_form(desk, rows):
    answer = desk.get("queue", query=f"{READY}&apply=1&vendor=Nobody+%26+Sons")
    page = desk.client.get(answer["Location"]).content.decode()

    assert "No company is called “Nobody & Sons”." in html.unescape(page)


def test_the_form_is_a_page_without_a_script_and_a_part_with_one(desk, rows, project):
    query = f"{READY}&project_id={project.pk}&flag=resubmitted"
    whole = desk.text("queue_filters", query=query)
    part = desk.client.get(desk.url("queue_filters", query=query), headers={"HX-Request": "true"}).content.decode()

    assert "<html" in whole
    assert "<html" not in part
    for page in (whole, part):
        assert f'name="project_id" value="{project.pk}" checked' in page
        assert 'name="flag" value="resubmitted" checked' in page
        assert 'name="view" value="ready_to_export"' in page


def test_who_does_not_see_the_queue_has_none_of_its_parts(company, connection, project_user):
    site = Desk(company, project_user)
    for name in ("queue", "queue_filters", "queue_file", "saved_filters"):
        assert site.get(name).status_code == 403
    assert site.post("queue_columns").status_code in {302, 403}
    assert keep(site, name="Mine", query="view=failed").status_code in {302, 403}
    assert not SavedFilter.objects.of(company).exists()


# Order, pages, totals


@pytest.mark.capability("UI-03")
def test_a_column_sorts_both_ways_and_the_page_says_how(desk, rows):
    page = desk.text("queue", query=f"{READY}&sort=-amount")
    assert numbers(page) == ["B", "A", "C"]
    assert 'aria-sort="descending"' in page
    assert "largest amount first" in page

    (back,) = re.findall(r'<th class="c-amount num"[^>]*><a class="sort" href="(.*?)"', page)
    assert numbers(desk.client.get(html.unescape(back)).content.decode()) == ["C", "A", "B"]


def test_pages_have_25_50_or_100_rows_and_keep_the_filters(company, desk, project_user):
    for n in range(30):
        made(company, f"S-{n:02}", project_user, amount=Decimal(n))
    page = desk.text("queue", query=f"{READY}&sort=number&limit=25&amount_from=1")

    assert len(numbers(page)) == 25
    (following,) = re.findall(r'href="([^"]*)" rel="next"', page)
    rest = numbers(desk.client.get(html.unescape(following)).content.decode())
    assert numbers(page) + rest == [f"S-{n:02}" for n in range(1, 30)]
    assert "limit=100" in page


def test_there_is_one_total_for_each_currency(desk, rows):
    page = desk.text("queue", query=READY)
    totals = " ".join(re.sub(r"<[^>]+>", " ", page[page.index('id="totals"') :]).split())

    assert "3 rows 7.00 EUR 1,300.50 USD" in totals


def test_more_rows_than_are_counted_say_why_they_are_not_sorted(desk, rows, monkeypatch):
    monkeypatch.setattr(queue_rooms, "COUNTED_TO", 2)
    page = desk.text("queue", query=f"{READY}&sort=-amount")

    assert numbers(page) == ["A", "B", "C"]
    assert "narrow them to sort by another column" in page
    assert "1,300.50" not in page[page.index('id="totals"') :]


def test_the_list_asks_no_more_for_more_rows(company, desk, project_user, project, vendor):
    def asked() -> int:
        with CaptureQueriesContext(database) as found:
            desk.text("queue", query=f"{READY}&project_id={project.pk}&sender=person-{project_user.id}&decidable=true")
        return len(found)

    made(company, "S-0", project_user, project=project, vendor=vendor)
    asked()  # once for what is remembered from then on
    few = asked()
    for n in range(1, 20):
        made(company, f"S-{n}", project_user, project=project, vendor=vendor)

    assert asked() == few


# Columns


def head(page: str) -> list[str]:
    found = re.findall(r"<th [^>]*>(.*?)</th>", page[page.index("<thead") : page.index("</thead")])
    return [text for one in found if (text := re.sub(r"<[^>]+>", "", one).strip()) and text != "Decision"]


@pytest.mark.capability("UI-03")
def test_a_person_leaves_columns_out_of_one_list(company, desk, colleague, rows, admin):
    add_custom_field(company.pk, BRIDGE, actor=admin)
    everything = ["Status", "Number", "Title", "Project", "Company", "Amount", "Bridge", "Sender", "Age", "Flags"]
    commitments = f"{READY}&type=commitments"
    assert head(desk.text("queue", query=commitments)) == everything

    answer = desk.post(
        "queue_columns", tab="commitments", column=["amount", "age"], next=desk.url("queue", query=commitments)
    )
    assert answer["Location"] == desk.url("queue", query=commitments)
    page = desk.text("queue", query=commitments)
    assert head(page) == ["Status", "Number", "Title", "Amount", "Age"]
    assert numbers(page) == ["A", "B", "C"]
    assert rows[0].project.title not in page[page.index("<tbody") : page.index("</tbody")]

    assert head(colleague.text("queue", query=commitments)) == everything
    assert "Project" in head(desk.text("queue", query=READY))

    desk.post("queue_columns", tab="commitments", every="1")
    assert head(desk.text("queue", query=commitments)) == everything
    assert desk.post("queue_columns", tab="nonsense").status_code in {302, 400}


def test_a_row_that_is_redrawn_keeps_the_columns_of_its_list(desk, gate):
    desk.post("queue_columns", tab="", column=["project", "amount", "age"])
    export = gate.send()
    around = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{desk.url('queue', query=READY)}"}
    values = {"version": export.version, "row": f"export-{export.pk}"}
    answer = desk.client.post(desk.url("accept", export.pk), values, headers=around).content.decode()

    assert "c-project" in answer
    assert "c-sender" not in answer
    assert "c-flags" not in answer


# Saved filters


@pytest.mark.capability("UI-02")
def test_a_filter_is_saved_under_a_name_and_opens_the_same_rows(desk, rows, project):
    page = desk.text("queue", query=f"{READY}&project_id={project.pk}&cursor=&nonsense=1")
    (query,) = re.findall(r'name="query" value="(.*?)"', page)
    answer = keep(desk, name="  My   tower ", query=html.unescape(query), next=desk.url("queue"))

    assert answer.status_code == 302
    (saved,) = SavedFilter.objects.of(desk.company)
    assert (saved.name, saved.query, saved.shared) == (
        "My tower", f"view=ready_to_export&project_id={project.pk}", False
    )  # fmt: skip
    page = desk.text("queue", query=READY)
    assert "My tower" in page
    assert numbers(desk.text("queue", query=f"?{saved.query}")) == ["A", "B"]


@pytest.mark.capability("UI-02")
def test_a_shared_filter_opens_the_same_rows_for_a_colleague(desk, colleague, rows, project):
    keep(desk, name="Tower", query=f"view=ready_to_export&project_id={project.pk}", shared="true")
    keep(desk, name="Mine", query="view=failed")
    page = colleague.text("saved_filters")

    assert "Tower" in page
    assert "shared by Approver" in page
    assert "Mine" not in page
    (url,) = re.findall(r'href="([^"]*project_id[^"]*)"', page)
    same = [numbers(one.client.get(html.unescape(url)).content.decode()) for one in (desk, colleague)]
    assert same == [["A", "B"], ["A", "B"]]
    assert Entry.objects.of(desk.company).filter(action="saved_filter.saved").count() == 1


@pytest.mark.capability("UI-02")
def test_the_queue_opens_with_the_default_until_it_is_asked_for_something(desk, colleague, rows):
    keep(desk, name="Costly", query="view=ready_to_export&amount_from=500", default="true")
    answer = desk.get("queue")

    assert answer["Location"] == desk.url("queue", query="?view=ready_to_export&amount_from=500&currency=USD")
    assert desk.get("queue", query="?view=synced").status_code == 200
    assert colleague.get("queue").status_code == 200

    desk.post("default_filter", id="")
    assert desk.get("queue").status_code == 200


def test_deleting_or_hiding_a_shared_filter_ends_it_as_a_default(company, approver, second_approver, admin):
    saved = save_filter(company, approver, name="Tower", query="view=failed", shared=True)
    for person in (approver, second_approver):
        set_default(company, person, saved.pk)

    change_filter(company, approver, saved.pk, name="Tower", shared=False)
    left = QueueChoice.objects.of(company).exclude(default_filter=None)
    assert list(left.values_list("user_id", flat=True)) == [approver.id]
    with pytest.raises(NotFound):
        set_default(company, second_approver, saved.pk)

    delete_filter(company, approver, saved.pk)
    assert not QueueChoice.objects.of(company).exclude(default_filter=None).exists()
    assert list(Entry.objects.of(company).values_list("action", flat=True)) == [
        "saved_filter.saved", "saved_filter.changed"
    ]  # fmt: skip


def test_only_its_author_or_an_administrator_changes_a_shared_filter(company, approver, second_approver, admin):
    saved = save_filter(company, approver, name="Tower", query="view=failed", shared=True)
    own = save_filter(company, approver, name="Own", query="view=failed", shared=False)

    with pytest.raises(NotPermitted):
        change_filter(company, second_approver, saved.pk, name="Mine", shared=True)
    with pytest.raises(NotPermitted):
        delete_filter(company, second_approver, saved.pk)
    for stranger in (second_approver, admin):
        with pytest.raises(NotFound):
            delete_filter(company, stranger, own.pk)
    assert change_filter(company, admin, saved.pk, name="Towers", shared=True).name == "Towers"
    delete_filter(company, admin, saved.pk)


def test_names_are_taken_once_for_a_person_and_once_for_all(company, approver, second_approver, monkeypatch):
    def save(person: Any, name: str, *, shared: bool = False) -> SavedFilter:
        return save_filter(company, person, name=name, query="view=failed", shared=shared)

    save(approver, "Tower")
    save(second_approver, "Tower")
    save(approver, "Tower", shared=True)
    for person, shared in ((approver, False), (second_approver, True)):
        with pytest.raises(Invalid, match="taken"):
            save(person, "Tower", shared=shared)
    for wrong in ("", "  ", "x" * 61, "a\0b", None, ["x"]):
        with pytest.raises(Invalid):
            save(approver, wrong)  # type: ignore[arg-type]

    monkeypatch.setattr(saved_filters, "MAX_OWN", 1)
    with pytest.raises(Invalid, match="already"):
        save(approver, "Another")


def test_an_auditor_keeps_filters_for_himself_and_shares_none(company, connection, auditor):
    desk = Desk(company, auditor)
    keep(desk, name="Mine", query="view=synced")
    assert "Share with everybody" not in desk.text("saved_filters")

    keep(desk, name="Ours", query="view=synced", shared="true")
    assert list(SavedFilter.objects.of(company).values_list("name", flat=True)) == ["Mine"]


def test_a_name_that_is_taken_is_told_beside_it(desk):
    for _ in range(2):
        answer = keep(desk, name="Failures", query="view=failed")

    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="Failures"' in page
    assert "is taken by another filter" in page


def test_filters_of_another_company_are_not_there(company, other_company, approver, desk):
    with company_scope(company.pk):
        saved = save_filter(company, approver, name="Tower", query="view=failed", shared=True)
    Membership.objects.create(company=other_company, user_id=approver.id, erp_level="admin")

    elsewhere = Desk(other_company, approver)
    assert elsewhere.post("delete_filter", saved.pk).status_code in {302, 404}
    assert elsewhere.post("default_filter", id=str(saved.pk)).status_code in {302, 404}
    assert SavedFilter.objects.of(company).filter(pk=saved.pk).exists()
    assert "Tower" not in elsewhere.text("saved_filters")


# The file


def file_of(desk: Desk, query: str) -> list[list[str]]:
    answer = desk.get("queue_file", query=query)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


@pytest.mark.capability("UI-10")
def test_the_file_has_the_filtered_rows_and_the_visible_columns_in_their_order(desk, rows, project):
    desk.post("queue_columns", tab="", column=["project", "amount"])
    lines = file_of(desk, f"{READY}&sort=-amount&project_id={project.pk}")

    assert lines == [
        ["Status", "Number", "Title", "Project", "Amount", "Currency"],
        ["Ready to export", "B", "Works B", project.title, "1200.5000", "USD"],
        ["Ready to export", "A", "Works A", project.title, "100", "USD"],
    ]


@pytest.mark.capability("UI-10")
def test_what_looks_like_a_formula_is_text_in_the_file(desk, rows):
    assert file_of(desk, f"{READY}&currency=EUR")[1][2] == '\'=HYPERLINK("x")'


@pytest.mark.capability("UI-10")
def test_the_file_goes_on_behind_every_chunk(company, desk, project_user, monkeypatch):
    monkeypatch.setattr("erpstaging.approvals.showing.queue_file.CHUNK", 2)
    for n in range(5):
        made(company, f"S-{n}", project_user)

    for sort in ("", "title", "-since"):
        found = [line[1] for line in file_of(desk, f"{READY}&sort={sort}&limit=25")[1:]]
        assert found == sorted(found, reverse=sort == "-since")
        assert len(found) == 5


@pytest.mark.capability("UI-10")
def test_the_page_leads_to_the_file_of_what_it_shows(desk, rows):
    page = desk.text("queue", query=f"{READY}&amount_from=500&sort=title")
    (url,) = re.findall(r'href="([^"]*rows\.csv[^"]*)"', page)

    answer = desk.client.get(html.unescape(url))
    assert [line.split(",")[1] for line in b"".join(answer.streaming_content).decode().splitlines()[1:]] == ["B"]
