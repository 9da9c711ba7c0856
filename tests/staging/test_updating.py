"""EX-10: a synced object that people changed is sent once more, as an update of the same one in the ERP."""

from datetime import timedelta

import pytest

from erpstaging.connections.services import store_metadata
from erpstaging.core.errors import Invalid, WrongState
from erpstaging.erp_requests.models import ErpRequest
from erpstaging.records.editing import create_record, edit_record
from erpstaging.records.models import Record
from erpstaging.staging.closeout import close_details
from erpstaging.staging.exports import accept_export, reject_export
from erpstaging.staging.queue import Asked, View, queue_part, view_counts
from erpstaging.staging.reading import seen_export, seen_record
from erpstaging.staging.sending import retrieve_record
from tests.fixtures.ledger import ON, metadata
from tests.staging.exporting import Road

pytestmark = pytest.mark.capability("EX-10")


@pytest.fixture
def road(company, connection, project_user, approver, integration):
    road = Road(company, project_user, approver, integration)
    road.configure(jobs={"update": ON})
    return road


@pytest.fixture
def synced(road, company, project_user):
    """A project that was exported and is synced."""
    data = {"name": "Cherry Creek Library", "city": "Denver", "zip": "80206"}
    record = create_record(company, actor=project_user, item_type="project", data=data)
    road.sync(record, "JOB-9")
    return Record.objects.of(company).get(pk=record.pk)


def edited(company, record, actor, **data):
    return edit_record(company, record.pk, actor=actor, data=data)


def test_a_change_of_a_synced_project_is_saved_and_shown_and_not_sent(road, company, synced, project_user):
    assert seen_record(company, synced.pk, project_user).changed is False

    record = edited(company, synced, project_user, city="Golden")

    seen = seen_record(company, synced.pk, project_user)
    assert (seen.changed, record.synced, record.data["city"]) == (True, True, "Golden")
    assert {act.act: act.enabled for act in seen.acts}["send_to_erp"] is True
    assert ErpRequest.objects.of(company).filter(request_name="create_or_update_job").count() == 1


def test_sent_again_it_stands_under_ready_to_update_with_old_and_new_values(road, company, synced, project_user):
    edited(company, synced, project_user, city="Golden")

    export = road.send(synced)

    part = queue_part(company, Asked(View.READY_TO_UPDATE))
    assert [row.object.pk for row in part.rows] == [export.pk]
    assert (view_counts(company)[View.READY_TO_UPDATE], view_counts(company)[View.READY_TO_EXPORT]) == (1, 0)
    seen = seen_export(company, export.pk, road.approver)
    assert [(one.name, one.before, one.after) for one in seen.changes.fields] == [("city", "Denver", "Golden")]
    assert seen.told is not None


def test_accepted_it_asks_for_an_update_of_the_same_origin_id(road, company, synced, project_user):
    edited(company, synced, project_user, city="Golden")

    export = road.accept(road.send(synced))

    request = road.request(export)
    assert (request.request_name, export.action) == ("create_or_update_job", "update")
    job = request.request_data["job"]
    assert (job["origin_id"], job["synced"], job["city"]) == ("JOB-9", True, "Golden")
    assert road.close(synced).state == "synced"
    assert seen_record(company, synced.pk, project_user).changed is False


@pytest.mark.parametrize("undo", [None, timedelta(seconds=60)], ids=["waiting", "accepted"])
@pytest.mark.parametrize("items", [False, True], ids=["whole", "in part"])
def test_an_answer_to_what_was_sent_before_moves_no_update_that_has_not_left(
    road, company, synced, project_user, undo, items
):
    edited(company, synced, project_user, city="Golden")
    export = road.send(synced)
    if undo is not None:
        accept_export(company, export.pk, actor=road.approver, version=export.version, undo=undo)
    state = road.newest(synced).state
    refused = [{"item_type": "project", "item_id": synced.pk, "status": "failed"}] if items else None

    for status in ("failed", "success", "rejected", "stale"):
        update = {"id": road.detail(synced).pk, "status": status, "items": refused}
        assert [one.errors for one in close_details(company, [update], actor=road.integration)] == [{}]

        assert (road.newest(synced).pk, road.newest(synced).state) == (export.pk, state)


def test_what_did_not_change_is_not_sent_again(road, synced):
    with pytest.raises(WrongState) as refused:
        road.send(synced)

    assert (refused.value.code, refused.value.facts["origin_id"]) == ("unchanged", "JOB-9")


def test_what_the_erp_itself_changed_is_no_news_to_it(road, company, synced, integration):
    edited(company, synced, integration, city="Golden")

    with pytest.raises(WrongState) as refused:
        road.send(synced)

    assert refused.value.code == "unchanged"


def test_without_the_switch_a_synced_project_stays_as_it_is(road, company, synced, project_user):
    road.configure(jobs={})
    edited(company, synced, project_user, city="Golden")

    with pytest.raises(Invalid) as refused:
        road.send(synced)

    assert refused.value.code == "export_off"
    seen = seen_record(company, synced.pk, project_user)
    assert (seen.changed, [act.act for act in seen.acts if act.act == "send_to_erp"]) == (False, [])


def test_a_vendor_is_never_sent_again(road, company, project_user, integration):
    on = {"enabled": True, "configs": {"export": {"enabled": True, "update": ON}, "update": ON}, "tab": ON}
    store_metadata(company.pk, metadata(vendors=on), actor=integration)
    vendor = create_record(company, actor=project_user, item_type="vendor", data={"name": "Kestrel Roofing"})
    road.sync(vendor, "V-9")
    edited(company, vendor, project_user, email_address="office@kestrel.example")

    with pytest.raises(WrongState) as refused:
        road.send(vendor)

    assert refused.value.code == "synced"


@pytest.mark.parametrize("way_back", ["rejected", "retrieved"])
def test_an_update_that_comes_back_leaves_the_project_synced_and_changed(road, company, synced, project_user, way_back):
    edited(company, synced, project_user, city="Golden")
    export = road.send(synced)

    if way_back == "rejected":
        reject_export(company, export.pk, actor=road.approver, version=export.version, reason="Wrong town")
    else:
        retrieve_record(company, synced.pk, actor=project_user)

    seen = seen_record(company, synced.pk, project_user)
    assert (seen.record.synced, seen.record.lock, seen.changed, seen.export.state) == (True, "none", True, way_back)
    assert road.accept(road.send(synced)).state == "exporting"


def test_a_project_that_came_from_the_erp_shows_what_it_came_with(
    road, company, project, project_user, integration, second_approver
):
    edited(company, project, integration, city="Denver")
    edited(company, project, project_user, city="Golden")
    edited(company, project, project_user, city="Arvada", zip="80002")

    export = road.send(project)

    seen = seen_export(company, export.pk, road.approver)
    assert [(one.name, one.before, one.after) for one in seen.changes.fields] == [
        ("city", "Denver", "Arvada"),
        ("zip", None, "80002"),
    ]
    road.approver = second_approver  # the first one brought it in
    assert road.request(road.accept(export)).request_data["job"]["origin_id"] == "SITE-7"


def test_while_an_update_waits_the_project_is_closed_and_a_second_send_is_refused(road, company, synced, project_user):
    edited(company, synced, project_user, city="Golden")
    road.send(synced)

    with pytest.raises(Invalid) as closed:
        edited(company, synced, project_user, city="Aurora")
    with pytest.raises(WrongState) as sent:
        road.send(synced)

    assert (closed.value.code, sent.value.code) == ("pending_approval", "already_sent")
