"""Decisions in the pages: sending back with code and pins, what comes back, who was faster, what is left."""

import html
import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from erpstaging.connections.services import change_settings, metadata_of
from erpstaging.notices.models import Notice
from erpstaging.notices.sending import send_due
from erpstaging.records.editing import create_record, edit_record
from erpstaging.records.lines import LineEdit
from erpstaging.records.models import Record
from erpstaging.staging.closeout import close_details
from erpstaging.staging.imports import reject_import
from erpstaging.staging.intake import stage_records
from erpstaging.staging.models import StagedExport
from erpstaging.staging.tasks import sweep
from tests.approvals.test_settings import Desk
from tests.fixtures.scope import no_scope
from tests.staging.conftest import vendor_sent

CODES = [{"code": "RATE", "label": "The rate is wrong"}]


@pytest.fixture
def desk(company, approver) -> Desk:
    return Desk(company, approver)


@pytest.fixture
def site(company, project_user) -> Desk:
    return Desk(company, project_user)


@pytest.fixture
def codes(company, connection, admin) -> None:
    change_settings(company.pk, {"reject_codes": CODES}, actor=admin)


def plain(page: str) -> str:
    """The words of a page, without its markup."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def field(page: str, name: str) -> str:
    """The block of one input."""
    (found,) = re.findall(rf'<div class="field[^>]*>(?:(?!<div class="field).)*?id="id_{name}".*?</div>', page, re.S)
    return str(found)


# Sending back


@pytest.mark.capability("AP-02")
@pytest.mark.parametrize("reason", ["", "  ", "no"])
def test_a_reject_without_a_reason_asks_again(gate, desk, reason):
    export = gate.send()

    answer = desk.post("reject_export", export.pk, version=export.version, reason=reason)

    assert answer.status_code == 422
    assert "needs at least 3 characters" in answer.content.decode()
    assert gate.export().state == "ready_to_export"


@pytest.mark.capability("AP-03")
def test_the_form_offers_the_codes_and_the_fields_to_pin(gate, desk, codes):
    page = desk.text("reject_export", gate.send().pk)

    assert "RATE: The rate is wrong" in page
    assert "Pin notes to fields" in page
    assert 'value="line_items.1.cost_code_id">Line 2, cost code<' in page


@pytest.mark.capability("AP-03")
def test_the_senders_form_shows_each_note_at_its_field(gate, desk, site, codes, company):
    export = gate.send()
    values = {"reason": "Please mend it", "code": "RATE", "version": export.version}
    pins = {
        "pin-0-field": "title", "pin-0-note": "Name the tower.",
        "pin-2-field": "line_items.1.quantity", "pin-2-note": "There are 12.",
    }  # fmt: skip

    assert desk.post("reject_export", export.pk, **values, **pins).status_code == 302

    form = site.text("edit_record", gate.contract.pk)
    assert 'class="field pin' in field(form, "title")
    assert "Name the tower." in field(form, "title")
    assert 'class="field pin' not in field(form, "status")
    line = form[form.index('<tr role="row" id="line-1"') :]
    assert "There are 12." in line[: line.index("</tr>")]
    said = plain(form)
    for text in ("Approver sent it back", "code RATE", "Please mend it", "Line 2, quantity There are 12."):
        assert text in said
    assert "Name the tower." in site.text("mine")


@pytest.mark.capability("AP-03")
def test_a_pin_without_a_note_is_asked_for_at_its_place(gate, desk, codes):
    export = gate.send()
    values = {"reason": "Please mend it", "code": "", "pin-1-field": "title", "version": export.version}

    answer = desk.post("reject_export", export.pk, **values)

    assert answer.status_code == 422
    assert "can&#x27;t be blank" in field(answer.content.decode(), "code")
    values["code"] = "RATE"
    page = desk.post("reject_export", export.pk, **values).content.decode()
    assert "must be text of at most 500 characters" in field(page, "pin-1-note")
    assert "<details open>" in page


@pytest.mark.capability("AP-02")
def test_the_record_says_on_top_who_rejected_it_when_and_why(gate, site):
    gate.reject(gate.send(), reason="Wrong retainage", pins=[{"field": "title", "note": "Too long."}])

    page = plain(site.text("record", gate.contract.pk))

    assert re.search(r"Approver rejected it (today|\d+ \w+)?,? ?\d\d:\d\d\. Wrong retainage", page), page[:2000]
    assert "Title: Too long." in page


@pytest.mark.capability("AP-03")
def test_the_report_counts_rejections_per_code(gate, desk, codes, auditor, project_user, company):
    gate.reject(gate.send(), code="RATE")

    page = desk.text("rejections")

    assert "RATE The rate is wrong 1 0 1" in plain(page)
    assert Desk(company, auditor).get("rejections").status_code == 200
    assert Desk(company, project_user).get("rejections").status_code == 403
    for query in ("?from=2020-01-01&to=2020-01-02", "?from=x&to=0001-01-01", "?from=9999-12-31&to=9999-12-31"):
        assert "Nothing was rejected" in desk.text("rejections", query=query)


@pytest.mark.capability("AP-03")
def test_administrators_keep_codes_and_limits(company, connection, admin, approver):
    office = Desk(company, admin)

    done = office.post(
        "decision_settings",
        reject_codes="RATE: The rate is wrong\n\nDUP Sent twice",
        **{"hours-vendor": "4", "decide-prime_contract": "48"},
    )

    assert done.status_code == 302
    erp = metadata_of(company.pk).erp
    assert erp.reject_codes == {"RATE": "The rate is wrong", "DUP": "Sent twice"}
    assert erp.document["answer_within_hours"] == {"vendor": 4}
    assert erp.document["decide_within_hours"] == {"prime_contract": 48}
    assert "RATE: The rate is wrong" in office.text("decision_settings")
    assert Desk(company, approver).get("decision_settings").status_code == 403


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"reject_codes": "A one\nA two"}, "reject_codes"),
        ({"reject_codes": "Ä: umlaut"}, "reject_codes"),
        ({"hours-vendor": "soon"}, "hours-vendor"),
        ({"decide-vendor": "soon"}, "decide-vendor"),
        ({"decide-project": "0"}, "decide-project"),
        ({"hours-vendor": "0"}, "hours-vendor"),
        ({"hours-vendor": "100000"}, "hours-vendor"),
    ],
)
def test_settings_that_make_no_sense_are_told_at_their_field(company, connection, admin, values, named):
    answer = Desk(company, admin).post("decision_settings", **values)

    assert answer.status_code == 422
    assert 'class="err"' in field(answer.content.decode(), named)


# What comes back


@pytest.fixture
def back(gate) -> StagedExport:
    """The contract, rejected, mended and sent again."""
    gate.reject(gate.send())
    line = Record.objects.of(gate.company).filter(parent=gate.contract).order_by("position").first()
    data, lines = {"title": "Steel, tower A"}, [LineEdit(line.pk, {"quantity": "400"})]
    gate.run(lambda: edit_record(gate.company, gate.contract.pk, actor=gate.sender, data=data, lines=lines))
    return gate.send()


@pytest.mark.capability("AP-04", "AP-05")
def test_a_resubmitted_row_says_so_and_opens_with_what_changed(desk, back):
    assert "Resubmitted" in desk.text("queue", query="?view=ready_to_export")

    page = plain(desk.text("export", back.pk))

    for text in (
        "Resubmitted",
        "Rejected by Approver",
        "Title Structural steel Steel, tower A",
        "412.5",
        "1 equal line",
    ):
        assert text in page
    assert "-23,000.00" in page.replace("\u2212", "-")


@pytest.mark.capability("AP-04")
def test_the_rejecting_approver_has_a_notice_until_he_has_seen_it(desk, site, back, company):
    bell = 'aria-label="Notices, 1 new"'
    assert bell in desk.text("queue")
    assert bell not in site.text("records") or Notice.objects.of(company).filter(kind="export_rejected").exists()

    page = desk.text("notices")

    assert "Steel, tower A came back corrected" in plain(page)
    assert f"/exports/{back.pk}/?tab=changes" in page
    newest = re.search(r'name="up_to" value="(\d+)"', page)[1]
    assert desk.post("notices", up_to=newest).status_code == 302
    assert bell not in desk.text("queue")
    assert "Mark all as read" not in desk.text("notices")
    assert desk.post("notices", up_to="x").status_code == 302


@pytest.mark.capability("AP-04")
def test_a_corrected_staged_row_says_so_too(company, connection, desk, approver, integration):
    def stage(name):
        return stage_records(company.pk, [vendor_sent("V-1", name)], actor=integration).entities[0]

    row = stage("Kestrel")
    reject_import(company, row.pk, actor=approver, version=row.version, reason="Which Kestrel?")
    stage("Kestrel Roofing")

    assert "Resubmitted" in desk.text("queue", query="?view=ready_to_import")
    page = plain(desk.text("staged", row.pk))
    assert "Resubmitted" in page
    assert "Name Kestrel Kestrel Roofing" in page
    assert "came back corrected" in plain(desk.text("notices"))


def test_notices_are_paged_and_ones_own(desk, site, company, approver):
    rows = [
        Notice(company=company, person_id=approver.id, kind="hold_ended", object_id=number, cause=str(number),
               context={"title": f"Row {number}", "number": "", "note": "x"})
        for number in range(120)
    ]  # fmt: skip
    Notice.objects.bulk_create(rows)

    assert desk.text("notices").count("<article") == 50
    assert desk.text("notices", query="?page=3").count("<article") == 20
    assert desk.text("notices", query="?page=x").count("<article") == 50
    assert site.text("notices").count("<article") == 0


# Who was faster


@pytest.mark.capability("IN-10")
def test_who_accepts_what_was_taken_back_sees_by_whom_and_when(gate, desk):
    export = gate.send()
    gate.retrieve()

    answer = desk.post("accept", export.pk, version=export.version)

    assert answer.status_code == 409
    page = plain(answer.content.decode())
    assert re.search(r"Project User, (today|\d+ \w+)?,? ?\d\d:\d\d", page), page
    assert "took it back" in page


@pytest.mark.capability("IN-10")
def test_who_takes_back_what_was_accepted_sees_by_whom_and_when(gate, site):
    gate.accept(gate.send())

    site.post("retrieve", gate.contract.pk)

    page = plain(site.text("record", gate.contract.pk))
    assert re.search(r"It was decided already: exporting\..*Approver, (today|\d+ \w+)?,? ?\d\d:\d\d", page), page


def test_who_decides_on_what_came_back_meanwhile_sees_the_change(gate, desk, back, company):
    old = StagedExport.objects.of(company).get(pk=back.resubmits_id)

    answer = desk.post("accept", old.pk, version=1)

    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Title Structural steel Steel, tower A" in plain(page)
    assert f"/exports/{back.pk}/" in page


def test_who_decides_on_an_older_version_of_a_staged_row_sees_what_changed(company, connection, desk, integration):
    row = stage_records(company.pk, [vendor_sent("V-1", "Kestrel")], actor=integration).entities[0]
    stage_records(company.pk, [vendor_sent("V-1", "Kestrel Ltd")], actor=integration)

    answer = desk.post("import", row.pk, version=1)

    page = plain(answer.content.decode())
    assert answer.status_code == 409
    for text in ("the version is now 2", "Ledger connector", "Name Kestrel Kestrel Ltd", "Open version 2"):
        assert text in page


def test_in_the_list_the_banner_tells_it(gate, desk):
    export = gate.send()
    gate.retrieve()

    answer = desk.client.post(
        desk.url("accept", export.pk), {"version": export.version, "row": f"export-{export.pk}"}, HTTP_HX_REQUEST="true"
    )

    assert answer.status_code == 409
    assert answer["HX-Retarget"] == "#alerts"
    assert "Project User took it back" in plain(answer.content.decode())


# What is left


@pytest.mark.capability("EX-04")
def test_a_refused_line_is_red_with_its_text(gate, desk, site, company):
    gate.bring_to("exporting")
    gate.link("ORD-9")
    line = Record.objects.of(company).filter(parent=gate.contract).order_by("position").last()
    outcome = {"item_type": "line_item", "item_id": line.pk, "status": "failed", "messages": ["Code is closed."]}
    update = {"id": gate.details()[-1].pk, "status": "failed", "items": [outcome]}
    gate.run(lambda: close_details(company, [update], actor=gate.integration))

    assert "Partly failed" in desk.text("queue", query="?view=failed")
    for place in (desk.text("export", gate.export().pk, query="?tab=lines"),
                  site.text("record", gate.contract.pk, query="?tab=lines")):  # fmt: skip
        row = place[place.index('<tr role="row" class="refused">') :]
        assert "Code is closed." in row[: row.index("</tr>")]
        assert place.count("refused</span>") == 1


# Accept, undo, hold


def in_list(desk: Desk, act: str, export: StagedExport, **values: str):
    """A decision pressed in a row of the list."""
    url = desk.url(act, export.pk)
    values = {"version": str(export.version), "row": f"export-{export.pk}", **values}
    return desk.client.post(url, values, HTTP_HX_REQUEST="true")


@pytest.mark.capability("AP-01", "AP-09")
@pytest.mark.django_db(transaction=True)
def test_accept_on_one_row_and_its_undo(gate, desk, company, project_user):
    data = {"name": "Kestrel"}
    other = gate.run(lambda: create_record(company, actor=project_user, item_type="vendor", data=data))
    waiting, export = gate.send(other), gate.send()

    accepted = in_list(desk, "accept", export)

    row = plain(accepted.content.decode())
    assert re.search(r"Accepted \d+ s .*accepted by you, \d\d:\d\d", row)
    assert "Undo" in row
    listed = desk.text("queue", query="?view=ready_to_export")
    assert f'id="export-{waiting.pk}"' in listed
    assert f'id="export-{export.pk}"' not in listed
    assert f'id="export-{export.pk}"' in desk.text("queue", query="?view=exporting")
    detail = plain(desk.text("export", export.pk))
    assert re.search(r"Decided by .*You Decided \d\d:\d\d", detail)
    with no_scope():
        sweep()
    assert gate.requests() == []

    undone = in_list(desk, "undo", gate.export())

    assert undone.status_code == 200
    assert gate.export().state == "ready_to_export"
    assert StagedExport.objects.of(company).get(pk=waiting.pk).version == waiting.version

    in_list(desk, "accept", gate.export())
    with time_machine.travel(timezone.now() + timedelta(seconds=11), tick=True):
        assert 'data-act="undo"' not in desk.text("export", export.pk)
        assert in_list(desk, "undo", gate.export()).status_code == 409
        with no_scope():
            sweep()
    assert (gate.export().state, len(gate.requests())) == ("exporting", 1)


@pytest.mark.capability("AP-13")
@pytest.mark.django_db(transaction=True)
def test_a_row_on_hold_is_counted_apart_and_comes_back_with_a_notice(gate, desk):
    export = gate.send()
    day = (timezone.now() + timedelta(days=3)).date()

    assert desk.post("hold", export.pk, version=export.version, until=day.isoformat(), note="").status_code == 422
    assert desk.post("hold", export.pk, version=export.version, until=day.isoformat(), note="Insurance is missing")

    assert f'id="export-{export.pk}"' not in desk.text("queue", query="?view=ready_to_export")
    held = desk.text("queue", query="?view=on_hold")
    assert f'id="export-{export.pk}"' in held
    assert "On hold 1" in plain(held)
    with time_machine.travel(timezone.now() + timedelta(days=4), tick=True), no_scope():
        sweep()
        send_due()
    assert f'id="export-{export.pk}"' in desk.text("queue", query="?view=ready_to_export")
    with time_machine.travel(timezone.now() + timedelta(days=4), tick=True):
        assert "Structural steel is back from hold" in plain(desk.text("notices"))
    assert any("is back from hold" in one.subject for one in mail.outbox)
