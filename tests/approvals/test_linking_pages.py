"""The pages on which companies are linked, merged and refreshed, and where a staged row is looked back at."""

import json
from typing import Any

import pytest
from django.test import override_settings

from erpstaging.companies.models import User
from erpstaging.erp_requests.models import ErpRequest, ErpRequestDetail
from erpstaging.records.editing import create_record
from erpstaging.records.models import Record
from erpstaging.staging.call import Received
from erpstaging.staging.closeout import close_details
from erpstaging.staging.intake import stage_records
from erpstaging.staging.models import StagedLink, StagedRecord
from tests.fixtures.scope import OutsideClient
from tests.staging.conftest import vendor_sent


@pytest.fixture(autouse=True)
def ledger(request) -> Any:
    return request.getfixturevalue("connection")


@pytest.fixture
def rows(company, integration) -> list[StagedRecord]:
    sent = [
        vendor_sent("V-1", data={"name": "Meridian Electric LLC", "license_number": "94-331"}),
        vendor_sent("V-2", data={"name": "Kestrel Roofing"}),
        vendor_sent("V-3", data={"name": "Nobody at all"}),
    ]
    body = json.dumps({"updates": sent}).encode()
    call = Received("/rest/v1.0/staged_records/sync", "application/json", body)
    return stage_records(company.pk, sent, actor=integration, received=call).entities


@pytest.fixture
def meridian(company, project_user) -> Record:
    data = {"name": "Meridian Electrical", "license_number": "94331"}
    return create_record(company, actor=project_user, item_type="vendor", data=data)


class Desk:
    """Somebody who is signed in, reading pages."""

    def __init__(self, company, actor) -> None:
        self.base = f"/c/{company.pk}"
        self.client = OutsideClient()
        self.client.force_login(User.objects.get(pk=actor.id))

    def get(self, path: str) -> Any:
        return self.client.get(f"{self.base}/{path}")

    def post(self, path: str, **values: Any) -> Any:
        return self.client.post(f"{self.base}/{path}", values)

    def read(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status_code == 200
        return str(answer.content.decode())


@pytest.fixture
def desk(company, approver) -> Desk:
    return Desk(company, approver)


def again(one: Any) -> Any:
    return type(one).objects.of(one.company_id).get(pk=one.pk)


@pytest.mark.capability("LK-07")
def test_the_link_page_ranks_compares_and_links_with_an_undo(desk, rows, meridian, company):
    page = desk.read(f"staged/{rows[0].pk}/link/")
    assert "Is it one of these?" in page
    assert "same tax ID" in page
    assert "Link V-1 to Meridian Electrical" in page
    assert "Next: Kestrel Roofing" in page
    assert f'name="record" value="{meridian.pk}"' in page

    answer = desk.post(
        f"staged/{rows[0].pk}/link/", record=meridian.pk, version=1, next=f"{desk.base}/staged/{rows[1].pk}/link/"
    )

    assert (answer.status_code, answer.url) == (302, f"{desk.base}/staged/{rows[1].pk}/link/")
    assert again(meridian).origin_id == "V-1"
    after = desk.read(f"staged/{rows[1].pk}/link/")
    assert f'action="{desk.base}/staged/{rows[0].pk}/undo_link/"' in after
    assert "linked to Meridian Electrical" in after
    desk.post(f"staged/{rows[0].pk}/undo_link/", version=2)
    assert again(meridian).origin_id is None
    assert again(rows[0]).status == "staged"
    assert not ErpRequest.objects.of(company).filter(request_name="link_vendor").exists()


def test_another_company_can_be_searched_and_chosen(desk, rows, meridian, company, project_user):
    other = create_record(company, actor=project_user, item_type="vendor", data={"name": "Zebra 100% Glass"})

    found = desk.read(f"staged/{rows[0].pk}/link/?q=100%25")
    assert "Zebra 100% Glass" in found
    assert "Meridian Electrical</b>" not in found
    assert "Link V-1 to Zebra" in desk.read(f"staged/{rows[0].pk}/link/?record={other.pk}")
    assert "No company has this in its name." in desk.read(f"staged/{rows[0].pk}/link/?q=xyzzy")
    for odd in ("x", "0", "9" * 30, "-1"):
        assert "Link V-1 to Meridian" in desk.read(f"staged/{rows[0].pk}/link/?record={odd}")


def test_a_link_without_a_company_or_with_a_stale_version_changes_nothing(desk, rows, meridian):
    desk.post(f"staged/{rows[0].pk}/link/", version=1)
    stale = desk.post(f"staged/{rows[0].pk}/link/", record=meridian.pk, version=7)

    assert stale.status_code == 409
    assert "the version is now 1" in stale.content.decode()
    assert again(meridian).origin_id is None


@pytest.mark.capability("LK-07")
def test_exact_matches_are_linked_together_after_being_named(desk, rows, meridian, company, project_user):
    kestrel = create_record(company, actor=project_user, item_type="vendor", data={"name": "kestrel roofing"})
    assert "Link 2 exact" in desk.read(f"staged/{rows[0].pk}/link/")
    asked = desk.read("staged/link_exact/")
    assert "V-1 Meridian Electric LLC → Meridian Electrical" in asked

    pairs = [f"{rows[0].pk}-1-{meridian.pk}", f"{rows[1].pk}-1-{kestrel.pk}", f"{rows[2].pk}-9-{kestrel.pk}"]
    desk.post("staged/link_exact/", pair=pairs)

    assert [again(row).status for row in rows] == ["imported", "imported", "staged"]
    assert "Linked 2 companies; 1 changed meanwhile" in desk.read("queue/")
    assert ErpRequest.objects.of(company).filter(request_name="link_all_vendors").count() == 1
    assert desk.post("staged/link_exact/", pair=["x"]).status_code == 302


def test_without_the_right_the_link_stays_closed_with_its_reason(company, rows, meridian, auditor, project_user, admin):
    page = Desk(company, auditor).read(f"staged/{rows[0].pk}/link/")
    assert 'data-act="link" data-why="Importing needs the level Standard' in page
    assert "your own work" in Desk(company, admin).read(f"staged/{rows[0].pk}/link/")
    assert Desk(company, project_user).get(f"staged/{rows[0].pk}/link/").status_code == 404
    Desk(company, auditor).post(f"staged/{rows[0].pk}/link/", record=meridian.pk, version=1)
    assert not StagedLink.objects.of(company).exists()


def test_a_decided_row_leads_to_its_own_page(desk, rows, meridian):
    desk.post(f"staged/{rows[0].pk}/archive/", version=1)

    assert desk.get(f"staged/{rows[0].pk}/link/").url == f"{desk.base}/staged/{rows[0].pk}/"


def test_unlinking_on_the_record_page(desk, rows, meridian, company):
    with override_settings(UNDO_SECONDS=0):
        desk.post(f"staged/{rows[0].pk}/link/", record=meridian.pk, version=1)
    assert 'data-act="unlink"' in desk.read(f"records/{meridian.pk}/")

    desk.post(f"records/{meridian.pk}/unlink/", version=again(meridian).version)

    page = desk.read(f"records/{meridian.pk}/")
    assert "Earlier ERP IDs" in page
    assert "<code>V-1</code>" in page
    assert again(meridian).origin_id is None


def test_a_merge_is_shown_before_it_is_done(company, gate, vendor, admin, project_user, desk):
    spare = create_record(company, actor=project_user, item_type="vendor", data={"name": "Brook Stone"})
    directory = Desk(company, admin)
    url = f"records/{vendor.pk}/merge/"
    assert "Brook Stone" in directory.read(url)
    plan = directory.read(f"{url}?with={spare.pk}&master={spare.pk}")
    assert "Brook Stone survives" in plan
    assert "CRED-12" in plan
    assert "Merge 1 company" in plan

    answer = directory.post(url, master=spare.pk, **{"with": vendor.pk})

    assert answer.url == f"{directory.base}/records/{spare.pk}/"
    assert again(spare).origin_id == "CRED-12"
    assert gate.record().vendor_id == spare.pk
    assert desk.get(f"records/{spare.pk}/merge/").status_code == 403


def test_a_merge_that_something_stands_in_the_way_of_is_closed(company, gate, vendor, admin, project_user):
    spare = create_record(company, actor=project_user, item_type="vendor", data={"name": "Brook Stone"})
    gate.send()

    page = Desk(company, admin).read(f"records/{spare.pk}/merge/?with={vendor.pk}")

    assert "SC-1042</a>: Waiting for an accounting approver" in page
    assert 'data-act="merge" data-why' in page


def test_the_sync_button_is_closed_while_it_is_asked_and_tells_how_it_ended(desk, company, integration, rows):
    queue = "queue/?view=ready_to_import&type=vendor"
    assert "not synced by request yet" in desk.read(queue)

    desk.post("refresh/vendor/")

    assert 'data-act="refresh" data-why="Approver asked for it' in desk.read(queue)
    detail = ErpRequestDetail.objects.of(company).get()
    close = {"id": detail.pk, "status": "failed", "messages": ["Period closed."]}
    close_details(company, [close], actor=integration)
    page = desk.read(queue)
    assert "Companies could not be synced." in page
    assert "Period closed." in page
    assert f'formaction="{desk.base}/refresh/vendor/"' in page
    assert 'data-act="refresh"' not in desk.read("queue/?view=ready_to_import")


@pytest.mark.capability("IN-11")
def test_the_source_tab_shows_and_serves_the_received_bytes(desk, rows):
    page = desk.read(f"staged/{rows[1].pk}/?tab=source")
    assert "application/json" in page
    assert "/updates/1" in page
    assert "&quot;origin_id&quot;: &quot;V-2&quot;" in page

    download = desk.get(f"staged/{rows[1].pk}/source/")

    assert json.loads(download.content)["updates"][1]["origin_id"] == "V-2"
    assert download["Content-Disposition"].startswith("attachment;")
    assert desk.get(f"staged/{rows[1].pk}/source/?change=987654").status_code == 404


@pytest.mark.capability("IN-05")
def test_the_changes_tab_opens_first_when_something_changed(desk, rows, company, integration):
    assert "Changed fields" not in desk.read(f"staged/{rows[1].pk}/")
    for version, city in ((5, "Golden"), (4, "Boulder")):
        sent = [vendor_sent("V-2", data={"name": "Kestrel Roofing", "city": city}, origin_version=version)]
        stage_records(company.pk, sent, actor=integration)

    page = desk.read(f"staged/{rows[1].pk}/")

    assert "<ins>Golden</ins>" in page
    assert "Superseded" in page
    assert "<del>Boulder</del>" in page
    assert desk.get(f"staged/{rows[1].pk}/?since=987654").status_code == 404
