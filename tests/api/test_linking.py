"""Linking, merging, refreshing and looking back, over HTTP."""

import hashlib
import json
from typing import Any

import pytest

from erpstaging.erp_requests.models import ErpRequest
from erpstaging.records.editing import create_record
from erpstaging.records.models import Record
from tests.staging.conftest import vendor_sent


@pytest.fixture
def erp(integrator, connection):
    return integrator


@pytest.fixture
def desk(sign_in, approver):
    return sign_in(approver)


@pytest.fixture
def directory(sign_in, admin):
    return sign_in(admin)


@pytest.fixture
def staged(erp) -> dict[str, Any]:
    data = {"name": "Meridian Electric LLC", "license_number": "94-3318207", "zip": "94607"}
    answer = erp.post("staged_records", vendor_sent("V-0436", origin_code="0436", data=data))
    assert answer.status == 201
    return answer.body


@pytest.fixture
def meridian(company, connection, project_user) -> Record:
    data = {"name": "Meridian Electrical", "license_number": "943318207", "city": "Oakland"}
    return create_record(company, actor=project_user, item_type="vendor", data=data)


def again(record: Record) -> Record:
    return Record.objects.of(record.company_id).get(pk=record.pk)


def act(answer, word: str) -> Any:
    return next((one for one in answer.body["acts"] if one["act"] == word), None)


def requests(company, name: str) -> list[Any]:
    return [one.request_data for one in ErpRequest.objects.of(company).filter(request_name=name)]


@pytest.mark.capability("LK-07")
def test_candidates_come_with_score_and_reasons(desk, staged, meridian):
    answer = desk.get(f"staged_records/{staged['id']}/candidates")

    (found,) = answer.body["candidates"]
    assert (answer.status, found["record_id"], found["enabled"], found["origin_id"]) == (200, meridian.pk, True, None)
    assert found["reasons"][0] == {"code": "tax_id", "text": "same tax ID", "strong": True}
    assert found["score"] > 90


@pytest.mark.capability("LK-07")
def test_a_link_by_rest_and_its_undo(desk, staged, meridian, company):
    url = f"staged_records/{staged['id']}"
    assert act(desk.get(url), "link")["enabled"]

    linked = desk.post(f"{url}/link", {"record_id": meridian.pk, "version": 1, "undo_seconds": 10})

    assert (linked.status, linked.body["status"], linked.body["item_id"]) == (200, "imported", meridian.pk)
    assert act(linked, "undo_link")["enabled"]
    assert again(meridian).origin_id == "V-0436"
    undone = desk.post(f"{url}/undo_link")
    assert (undone.status, undone.body["status"], undone.body["item_id"]) == (200, "staged", None)
    assert again(meridian).origin_id is None
    assert requests(company, "link_vendor") == []
    assert desk.post(f"{url}/link", {"record_id": meridian.pk, "version": 3}).status == 200
    assert len(requests(company, "link_vendor")) == 1
    assert desk.post(f"{url}/undo_link").status == 409
    history = desk.get(f"records/{meridian.pk}").body["origin_id_history"]
    assert [(one["origin_id"], one["reason"]) for one in history] == [("V-0436", "link undone")]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "record_id"),
        ({"record_id": "7", "version": 1}, 422, "record_id"),
        ({"record_id": True, "version": 1}, 422, "record_id"),
        ({"record_id": 987654321, "version": 1}, 404, None),
        ({"record_id": "mine"}, 428, "version"),
        ({"record_id": "mine", "version": 9}, 409, None),
        ({"record_id": "mine", "version": 1, "undo_seconds": 61}, 422, "undo_seconds"),
        ({"record_id": "mine", "version": 1, "undo_seconds": "5"}, 422, "undo_seconds"),
    ],
)
def test_what_is_wrong_with_a_link_is_told(desk, staged, meridian, body, status, field):
    sent = {**body, "record_id": meridian.pk} if body.get("record_id") == "mine" else body

    answer = desk.post(f"staged_records/{staged['id']}/link", sent)

    assert answer.status == status
    assert field is None or field in answer.body["errors"]


@pytest.mark.capability("LK-06")
def test_a_taken_origin_id_is_refused_with_the_first_object(desk, erp, staged, meridian, company, project_user):
    first = create_record(company, actor=project_user, item_type="vendor", data={"name": "First"})
    holds = {"item_type": "vendor", "item_id": first.pk, "origin_id": "V-0436"}
    assert erp.patch("external_data/sync", {"updates": [holds]}).body["errors"] == []

    answer = desk.post(f"staged_records/{staged['id']}/link", {"record_id": meridian.pk, "version": 1})

    assert (answer.status, answer.body["code"], answer.body["record_id"]) == (422, "origin_id_taken", first.pk)


def test_a_project_person_links_nothing(sign_in, project_user, staged, meridian):
    site = sign_in(project_user)

    answer = site.post(f"staged_records/{staged['id']}/link", {"record_id": meridian.pk, "version": 1})

    assert (answer.status, answer.body["code"]) == (403, "missing_privilege")


@pytest.mark.capability("LK-07")
def test_many_pairs_by_rest_each_with_its_outcome(desk, erp, staged, meridian, company):
    erp.post("staged_records", vendor_sent("V-2", "Nobody"))
    other = desk.get("queue?view=ready_to_import").body["rows"][-1]["id"]
    pairs = [{"staged_record_id": staged["id"], "record_id": meridian.pk}]
    pairs.append({"staged_record_id": other, "record_id": meridian.pk})

    answer = desk.post("staged_records/link_all", {"pairs": pairs})

    assert [(one["status"], one["code"]) for one in answer.body["outcomes"]] == [
        ("linked", None),
        ("refused", "already_linked"),
    ]
    assert requests(company, "link_all_vendors")[0]["vendors"] == [{"id": meridian.pk, "origin_id": "V-0436"}]
    for wrong in ({"pairs": 5}, {"pairs": [5]}, {"pairs": [{"staged_record_id": 1}]}, {"pairs": [{}] * 501}):
        assert desk.post("staged_records/link_all", wrong).status == 422


def test_unlinking_by_rest(desk, staged, meridian, company):
    desk.post(f"staged_records/{staged['id']}/link", {"record_id": meridian.pk, "version": 1})
    assert act(desk.get(f"records/{meridian.pk}"), "unlink")["enabled"]

    answer = desk.post(f"records/{meridian.pk}/unlink")

    assert (answer.status, answer.body["origin_id"]) == (200, None)
    assert act(answer, "unlink") is None
    assert requests(company, "unlink_vendor")[0]["vendor"] == {"id": meridian.pk, "origin_id": "V-0436"}
    assert desk.post(f"records/{meridian.pk}/unlink").status == 409


def test_a_merge_says_what_it_does_and_does_it(directory, desk, vendor, meridian):
    plan = directory.get(f"records/merge?master_id={meridian.pk}&source_ids={vendor.pk}")
    assert plan.body["origin_id"] == "CRED-12"

    answer = directory.post("records/merge", {"master_id": meridian.pk, "source_ids": [vendor.pk]})

    assert (answer.status, answer.body["origin_id"]) == (200, "CRED-12")
    assert directory.get(f"records/{vendor.pk}").status == 404
    refused = desk.post("records/merge", {"master_id": meridian.pk, "source_ids": [vendor.pk]})
    assert (refused.status, refused.body["code"]) == (403, "missing_privilege")
    assert not act(desk.get(f"records/{meridian.pk}"), "merge")["enabled"]
    for wrong in ({"master_id": 1}, {"master_id": "1", "source_ids": [2]}, {"master_id": 1, "source_ids": ["x"]}):
        assert directory.post("records/merge", wrong).status == 422
    assert directory.get("records/merge?master_id=x&source_ids=1").status == 400


def test_a_refresh_by_rest(desk, erp, company):
    answer = desk.post("refreshes", {"entity": "vendors"})

    assert (answer.status, answer.body["status"], answer.body["request_name"]) == (201, "running", "sync_vendors")
    again_ = desk.post("refreshes", {"entity": "vendors"})
    assert (again_.status, again_.body["code"]) == (409, "refresh_running")
    detail = answer.body["request_detail_id"]
    shown = erp.get(f"erp_request_details/{detail}")
    assert (shown.status, shown.body["item_id"]) == (200, None)
    close = {"request_detail": {"status": "failed", "messages": ["Period closed."]}}
    assert erp.patch(f"erp_request_details/{detail}", close).status == 200
    (latest,) = desk.get("refreshes").body["refreshes"]
    assert (latest["status"], latest["messages"]) == ("failed", ["Period closed."])
    assert desk.post("refreshes", {"entity": "nothing"}).status == 422


@pytest.mark.capability("IN-11")
def test_the_source_holds_the_bytes_that_were_sent(desk, erp, directory):
    body = (
        b'{ "updates":\n [ {"item_type":"vendor",  "origin_id":"V-1","data":{"name":"Kestrel \\u00e9\xc3\xa9",'
        b'"amount":1.50, "iban":"DE02"}} ] }'
    )
    assert erp.patch("staged_records/sync", body).body["errors"] == []
    row = desk.get("queue?view=ready_to_import").body["rows"][0]["id"]

    seen, whole = desk.get(f"staged_records/{row}/source").body, directory.get(f"staged_records/{row}/source").body

    assert (whole["body"], whole["masked"]) == (body.decode(), False)
    assert (seen["body"], seen["masked"]) == (body.decode().replace('"DE02"', '"•••"'), True)
    assert seen["sha256"] == whole["sha256"] == hashlib.sha256(body).hexdigest()
    assert (seen["content_type"], seen["size"], seen["element"]) == ("application/json", len(body), "/updates/0")
    download = directory.client.get(f"{directory.prefix}/staged_records/{row}/source/body")
    assert (download.content, download["Content-Type"]) == (body, "application/octet-stream")
    assert desk.client.get(f"{desk.prefix}/staged_records/{row}/source/body").content == seen["body"].encode()


@pytest.mark.capability("IN-11")
def test_a_single_body_is_the_whole_element(desk, erp):
    sent = {"staged_record": vendor_sent("V-1")}
    row = erp.post("staged_records", sent).body["id"]

    source = desk.get(f"staged_records/{row}/source").body

    assert (json.loads(source["body"]), source["element"]) == (sent, "/staged_record")


@pytest.mark.capability("IN-11")
def test_xml_is_not_taken_on_the_procore_wire(erp):
    answer = erp.client.generic(
        "POST",
        f"{erp.prefix}/staged_records",
        b"<staged_record/>",
        content_type="application/xml",
        headers=erp.headers,
    )

    assert answer.status_code == 415


@pytest.mark.capability("IN-05")
def test_changes_by_rest(desk, erp):
    for version, name in ((1, "One"), (5, "Five"), (4, "Four")):
        update = vendor_sent("V-1", data={"name": name}, origin_version=version)
        assert erp.patch("staged_records/sync", {"updates": [update]}).body["errors"] == []
    row = desk.get("queue?view=ready_to_import").body["rows"][0]["id"]

    changes = desk.get(f"staged_records/{row}/changes").body

    assert changes["fields"] == [{"name": "name", "before": "One", "after": "Five"}]
    (older,) = changes["superseded"]
    assert (older["origin_version"], older["fields"][0]["before"]) == (4, "Four")
    assert desk.get(f"staged_records/{row}/changes?since=1").status == 404
    assert desk.get(f"staged_records/{row}/changes?since=x").status == 400
