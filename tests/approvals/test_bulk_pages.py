"""Deciding on many rows in the pages: the summary before, the decision, and what became of each row."""

import csv
import io
import re

import pytest
from django.urls import reverse

from erpstaging.audit.log import timeline
from erpstaging.connections.services import store_metadata
from erpstaging.records.editing import create_record
from erpstaging.staging.bulk import AT_ONCE
from erpstaging.staging.bulk_models import BulkItem, BulkJob
from erpstaging.staging.intake import stage_records
from erpstaging.staging.models import StagedExport, StagedRecord
from tests.approvals.test_deciding_pages import plain
from tests.approvals.test_settings import Desk
from tests.fixtures.documents import ON, metadata
from tests.staging.conftest import vendor_sent

WAITING = "?view=ready_to_export"


@pytest.fixture
def desk(company, approver) -> Desk:
    return Desk(company, approver)


@pytest.fixture
def vendors(gate, company, project_user):
    """Sends so many vendors to accounting; their exports."""

    def send(count: int) -> list[StagedExport]:
        made = [
            gate.run(
                lambda name=f"Vendor {place}": create_record(
                    company, actor=project_user, item_type="vendor", data={"name": name}
                )
            )
            for place in range(count)
        ]
        return [gate.send(one) for one in made]

    return send


def keys(exports: list[StagedExport]) -> list[str]:
    return [f"export-{one.pk}.{one.version}" for one in exports]


def rows_of(page: str) -> str:
    (found,) = re.findall(r'name="rows" value="([^"]*)"', page)
    return str(found)


def bulk(desk: Desk, name: str, act: str, **values) -> str:
    answer = desk.client.post(reverse(f"approvals:{name}", args=[desk.company.pk, act]), values, follow=True)
    assert answer.status_code == 200
    return str(answer.content.decode())


def states(company) -> list[str]:
    return list(StagedExport.objects.of(company).order_by("pk").values_list("state", flat=True))


def all_that_match(desk: Desk, query: str = WAITING) -> dict[str, str]:
    return {"all": "1", "next": desk.url("queue", query=query)}


@pytest.mark.capability("UI-06")
def test_the_list_offers_what_the_reader_may_do_with_many(gate, company, desk, admin):
    export = gate.send()
    page = desk.text("queue", query=WAITING)

    assert f'name="row" value="export-{export.pk}.{export.version}"' in page
    for act in ("accept", "reject"):
        assert f'formaction="{reverse("approvals:bulk", args=[company.pk, act])}"' in page
    assert 'name="row" value="export' not in Desk(company, admin).text("queue", query=WAITING)


@pytest.mark.capability("UI-06")
def test_the_summary_counts_by_type_and_currency_and_names_who_is_left_out(gate, desk, vendors, company, approver):
    mine = gate.run(lambda: create_record(company, actor=approver, item_type="vendor", data={"name": "My own"}))
    exports = [*vendors(2), gate.send(), gate.send(mine)]

    page = bulk(desk, "bulk", "accept", row=keys(exports))

    said = plain(page)
    assert "Accept 3 of 4 rows?" in said
    assert re.search(r"Companies 3 .* Total 4 ", said)
    assert "1 row stays selected" in said
    assert "self_approval" in said
    assert rows_of(page) == ",".join(f"{one.pk}.{one.version}" for one in exports[:3])
    assert f'data-left="export-{exports[3].pk}.{exports[3].version}"' in page
    assert set(states(company)) == {"ready_to_export"}
    assert not BulkJob.objects.of(company).exists()


@pytest.mark.capability("UI-06")
def test_all_that_match_is_what_the_filters_hold(gate, desk, vendors, company):
    vendors(3)
    gate.send()

    page = bulk(desk, "bulk", "accept", **all_that_match(desk, f"{WAITING}&q=Vendor"))

    assert "Accept 3 rows?" in plain(page)
    told = plain(bulk(desk, "bulk_start", "accept", rows=rows_of(page)))
    assert "Accepted 3 of 3 rows" in told
    assert sorted(states(company)) == ["accepted"] * 3 + ["ready_to_export"]


@pytest.mark.capability("UI-06")
def test_what_changed_since_it_was_chosen_is_skipped_and_can_be_selected_again(gate, desk, vendors, company):
    exports = vendors(2)
    page = bulk(desk, "bulk", "accept", row=keys(exports))
    gate.run(lambda: StagedExport.objects.of(company).filter(pk=exports[1].pk).update(version=9))

    told = bulk(desk, "bulk_start", "accept", rows=rows_of(page))

    assert "Accepted 1 of 2 rows" in plain(told)
    assert "1 accepted 1 skipped 0 not done" in plain(told)
    assert f'data-select-rows="export-{exports[1].pk}.9"' in told
    assert states(company) == ["accepted", "ready_to_export"]


@pytest.mark.capability("UI-06")
def test_reject_needs_one_reason_for_all(desk, vendors, company):
    exports = vendors(2)
    page = bulk(desk, "bulk", "reject", row=keys(exports))
    assert "1 person gets the reason by mail." in plain(page)

    url = reverse("approvals:bulk_start", args=[company.pk, "reject"])
    again = desk.client.post(url, {"rows": rows_of(page), "reason": "no"})
    assert again.status_code == 422
    assert "needs at least 3 characters" in again.content.decode()
    assert rows_of(again.content.decode()) == rows_of(page)

    told = plain(bulk(desk, "bulk_start", "reject", rows=rows_of(page), reason="Not ours"))
    assert "Rejected 2 of 2 rows" in told
    assert states(company) == ["rejected"] * 2


@pytest.mark.capability("EX-07", "UI-06")
def test_failed_rows_leave_again_together(gate, desk, company):
    export = gate.bring_to("failed")

    page = bulk(desk, "bulk", "retry", row=[*keys([gate.export()]), "export-99999999.1", "nonsense"])
    assert "Send 2 rows again?" in plain(page)
    told = bulk(desk, "bulk_start", "retry", rows=rows_of(page))

    assert gate.export().state == "exporting"
    assert "Sent 1 of 2 rows again" in plain(told)
    assert f'href="{desk.url("export", export.pk)}"' in told


@pytest.mark.capability("UI-06")
def test_staged_rows_are_added_together(gate, desk, company):
    sent = [vendor_sent("C-1"), vendor_sent("C-2", "Second")]
    staged = gate.run(lambda: stage_records(company.pk, sent, actor=gate.integration)).entities
    waiting = [f"staged-{one.pk}.{one.version}" for one in staged]

    page = bulk(desk, "bulk", "import", row=waiting)
    told = plain(bulk(desk, "bulk_start", "import", rows=rows_of(page)))

    assert "Added 2 of 2 rows" in told
    found = StagedRecord.objects.of(company).filter(pk__in=[one.pk for one in staged])
    assert set(found.values_list("status", flat=True)) == {"imported"}


@pytest.mark.capability("UI-06")
@pytest.mark.parametrize("values", [{}, {"row": "nonsense"}, {"rows": "1.x"}])
def test_nothing_ticked_is_told(gate, desk, values):
    gate.send()
    assert "Tick the rows first." in plain(bulk(desk, "bulk", "accept", **values))


def test_an_unknown_act_or_job_is_no_page(desk):
    for act in ("bulk", "bulk_start"):
        assert desk.client.post(reverse(f"approvals:{act}", args=[desk.company.pk, "nonsense"])).status_code == 404
    assert desk.get("job", 99999).status_code == 404
    assert desk.get("job_file", 99999).status_code == 404


def test_who_may_not_decide_neither_sees_the_summary_nor_decides(gate, company, admin, project_user):
    export = gate.send()
    for person in (admin, project_user):
        for name in ("bulk", "bulk_start"):
            values = {"row": keys([export])}
            answer = Desk(company, person).client.post(
                reverse(f"approvals:{name}", args=[company.pk, "accept"]), values
            )
            assert answer.status_code == 302
    assert states(company) == ["ready_to_export"]


@pytest.mark.capability("UI-06")
def test_a_long_job_shows_its_progress_and_can_be_stopped(gate, desk, vendors, company, approver):
    ids = [one.pk for one in vendors(2)]
    many = [*ids, *range(10**9, 10**9 + AT_ONCE)]
    page = bulk(desk, "bulk_start", "accept", rows=",".join(f"{one}.1" for one in many))
    job = BulkJob.objects.of(company).get()

    assert f"Accepting {len(many)} rows" in plain(page)
    assert f"0 of {len(many)} done" in plain(page)
    part = desk.client.get(desk.url("job", job.pk), HTTP_HX_REQUEST="true").content.decode()
    assert 'hx-trigger="every 2s"' in part
    assert "<html" not in part

    told = plain(desk.client.post(desk.url("stop_job", job.pk), follow=True).content.decode())
    assert f"Accepted 0 of {len(many)} rows" in told
    assert f"{approver.name} stopped the job before this row." in told
    assert states(company) == ["ready_to_export"] * 2
    late = desk.client.post(desk.url("stop_job", job.pk), follow=True)
    assert "All its rows are done already." in plain(late.content.decode())


@pytest.mark.capability("UI-06")
def test_the_outcomes_come_as_a_file_and_those_not_done_alone(gate, desk, vendors, company):
    exports = vendors(2)
    rows = ",".join(key.partition("-")[2] for key in keys(exports)) + ",99999999.1"
    bulk(desk, "bulk_start", "accept", rows=rows)
    job = BulkJob.objects.of(company).get()

    lines = list(csv.DictReader(io.StringIO(desk.get("job_file", job.pk).content.decode("utf-8-sig"))))
    assert [(one["Outcome"], one["Row"]) for one in lines] == [
        ("Accepted", "Vendor 0"), ("Accepted", "Vendor 1"), ("Not done", "99999999"),
    ]  # fmt: skip
    left = plain(desk.text("job", job.pk, query="?show=left"))
    assert "99999999" in left
    assert "Vendor 0" not in left


@pytest.mark.capability("UI-06")
def test_what_is_typed_once_goes_to_every_row_that_asks_for_it(gate, desk, vendors, company):
    asked = {
        "key": "gl_date",
        "label": "GL date",
        "type": "date",
        "rules": {"validation": {"present": {"enabled": True}}},
    }
    vendors_on = {"enabled": True, "configs": {"export": {"enabled": True, "custom_fields": [asked]}}, "tab": ON}
    gate.run(lambda: store_metadata(company.pk, metadata(vendors=vendors_on), actor=gate.integration))
    exports = vendors(2)

    page = bulk(desk, "bulk", "accept", row=keys(exports))
    assert "2 rows wait for what is typed here." in plain(page)
    assert "GL date" in plain(page)

    bulk(desk, "bulk_start", "accept", rows=rows_of(page), gl_date="2026-11-20")
    found = StagedExport.objects.of(company).values_list("inputs__custom_fields__gl_date", flat=True)
    assert list(found) == ["2026-11-20"] * 2


def test_the_audit_tells_of_start_and_end(desk, vendors, company):
    bulk(desk, "bulk_start", "accept", rows=",".join(key.partition("-")[2] for key in keys(vendors(1))))

    job = BulkJob.objects.of(company).get()
    acts = [entry.action for entry in timeline(company.pk, objects=[("bulk_job", job.pk)])]
    assert acts == ["bulk.finished", "bulk.started"]
    assert BulkItem.objects.of(company).get().outcome == "done"
