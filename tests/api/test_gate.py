"""The gate as its callers see it: integrators on the Procore wire, people on the REST for people."""

import pytest

from erpstaging.companies.models import ServiceAccount
from erpstaging.core.scope import company_scope
from erpstaging.erp_requests.models import ErpRequest, ErpRequestDetail
from erpstaging.notices.models import Notice
from erpstaging.outbox.models import Event
from erpstaging.records.models import Record
from erpstaging.staging.models import Conflict, StagedExport, StagedRecord
from tests.staging.conftest import contract_sent, line_sent, vendor_sent

EXPORTABLE = ("ready_to_export", "exporting", "failed", "synced")


@pytest.fixture
def erp(integrator, connection):
    """The integration of a connected company."""
    return integrator


@pytest.fixture
def desk(sign_in, approver):
    """The approver's desk."""
    return sign_in(approver)


@pytest.fixture
def site(sign_in, project_user):
    """The sender's place."""
    return sign_in(project_user)


@pytest.fixture
def sent(site, contract):
    """A contract that was sent to accounting: `{"export_id", "version", "status"}`."""
    answer = site.post(f"records/{contract.pk}/send_to_erp")
    assert answer.status == 201
    return answer.body


@pytest.fixture
def accepted(desk, sent, company):
    """The request that an accepted contract opened, and its detail."""
    answer = desk.post(f"exports/{sent['export_id']}/accept", {"version": sent["version"], "code": "5001"})
    assert (answer.status, answer.body["status"]) == (200, "exporting")
    return ErpRequest.objects.of(company).get(request_name="create_commitment"), ErpRequestDetail.objects.of(
        company
    ).get()


def link(erp, record, origin_id):
    update = {"item_type": record.item_type, "item_id": record.pk, "origin_id": origin_id}
    return erp.patch("external_data/sync", {"updates": [update]}).body


# Staging


@pytest.mark.capability("IN-01")
def test_a_vendor_is_staged_and_shows_under_ready_to_import(erp, desk, company):
    answer = erp.post("staged_records", vendor_sent("CRED-1", origin_code="1", origin_data="{}"))

    row = StagedRecord.objects.of(company).get()
    assert answer.status == 201
    assert answer.body == {
        "id": row.pk,
        "company_id": company.pk,
        "item_type": "vendor",
        "origin_id": "CRED-1",
        "origin_code": "1",
        "origin_data": "{}",
        "parent_id": None,
        "status": "staged",
        "data": {"name": "Kestrel Roofing"},
        "messages": [],
        "waiting_for": [],
        "item_id": None,
        "origin_version": None,
        "version": 1,
        "created_at": answer.body["created_at"],
        "updated_at": answer.body["created_at"],
    }
    assert not Record.objects.of(company).filter(item_type="vendor").exists()
    (shown,) = desk.get("queue?view=ready_to_import&item_type=vendor").body["rows"]
    assert (shown["id"], shown["status"], shown["origin_id"]) == (row.pk, "staged", "CRED-1")


@pytest.mark.capability("IN-04")
def test_a_second_sync_of_an_origin_id_changes_the_first_row(erp, company):
    first = erp.patch("staged_records/sync", {"updates": [vendor_sent("CRED-1")]}).body["entities"][0]
    second = erp.patch("staged_records/sync", {"updates": [vendor_sent("CRED-1", "Kestrel Ltd")]}).body["entities"][0]

    assert second["id"] == first["id"]
    assert StagedRecord.objects.of(company).count() == 1


@pytest.mark.capability("IN-04")
def test_a_plain_create_of_a_staged_origin_id_is_422(erp):
    first = erp.post("staged_records", vendor_sent("CRED-1"))
    answer = erp.post("staged_records", vendor_sent("CRED-1", "Twin"))

    assert answer.status == 422
    assert answer.body["errors"] == {"origin_id": [f"CRED-1 is already staged as {first.body['id']}"]}
    assert (answer.body["code"], answer.body["staged_record_id"]) == ("origin_id_taken", first.body["id"])


@pytest.mark.capability("IN-06")
def test_a_commitment_and_three_lines_in_one_call(erp, project, vendor, cost_code, cost_type, company):
    lines = [line_sent(f"ORD-1-{n}") for n in (1, 2, 3)]

    answer = erp.patch("staged_records/sync", {"updates": [contract_sent("ORD-1", *lines)]})

    assert (answer.status, answer.body["errors"]) == (200, [])
    (entity,) = answer.body["entities"]
    assert [child["origin_id"] for child in entity["children"]] == ["ORD-1-1", "ORD-1-2", "ORD-1-3"]
    assert StagedRecord.objects.of(company).filter(origin_id__startswith="ORD-1").count() == 4
    alone = entity["children"][0]["id"]
    erp.put(f"staged_records/{alone}", {"status": "archived"})
    for status in ("archived", "staged"):
        erp.patch(f"staged_records/{entity['id']}", {"status": status})
        shown = erp.get(f"staged_records/{entity['id']}").body
        assert [child["status"] for child in shown["children"]] == ["archived", status, status]


def test_a_thousand_elements_are_taken_and_one_more_is_413(erp, company):
    updates = [vendor_sent(f"CRED-{n}") for n in range(1001)]

    refused = erp.patch("staged_records/sync", {"updates": updates})
    assert refused.status == 413
    assert not StagedRecord.objects.of(company).exists()

    taken = erp.patch("staged_records/sync", {"updates": [*updates[:999], {"id": 2**62, "data": {}}]})
    assert (taken.status, len(taken.body["entities"])) == (200, 999)
    assert taken.body["errors"] == [{"id": 2**62, "data": {}, "errors": {"id": ["Entity with this ID not found"]}}]


@pytest.mark.parametrize("body", [{}, {"updates": None}, {"updates": {}}, {"updates": "x"}, []], ids=str)
def test_no_list_of_updates_is_400(erp, body):
    assert erp.patch("staged_records/sync", body).status == 400


def test_an_empty_list_is_two_empty_lists(erp):
    assert erp.patch("staged_records/sync", {"updates": []}).body == {"entities": [], "errors": []}


@pytest.mark.parametrize("path", ["staged_records/sync", "external_data/sync", "erp_request_details/sync"])
def test_a_bare_list_is_taken_where_clients_send_one(erp, path):
    status = 400 if path.startswith("staged") else 200

    assert erp.patch(path, []).status == status


@pytest.mark.capability("IN-02")
def test_an_atomic_call_names_everything_that_is_wrong(erp, company):
    updates = [vendor_sent("A"), {"item_type": "vendor"}, vendor_sent("B")]

    answer = erp.patch("staged_records/sync", {"updates": [*updates, {"origin_id": "X"}], "atomic": True})

    assert answer.status == 422
    assert [list(element["errors"]) for element in answer.body["elements"]] == [["origin_id"], ["item_type"]]
    assert not StagedRecord.objects.of(company).exists()


# Deciding


@pytest.mark.capability("AP-01")
def test_an_accepted_row_leaves_the_queue_and_no_other_changes(desk, site, sent, contract, company, project_user):
    other = site.post("records", {"item_type": "vendor", "data": {"name": "Kestrel Roofing"}}).body
    waiting = site.post(f"records/{other['id']}/send_to_erp").body
    before = desk.get(f"exports/{waiting['export_id']}").body

    answer = desk.post(f"exports/{sent['export_id']}/accept", {"version": sent["version"], "undo_seconds": 10})

    assert (answer.status, answer.body["status"], answer.body["decided_by"]) == (200, "accepted", "Approver")
    assert answer.body["decided_at"] is not None
    rows = desk.get("queue?view=ready_to_export").body["rows"]
    assert [row["id"] for row in rows] == [waiting["export_id"]]
    assert [row["id"] for row in desk.get("queue?view=exporting").body["rows"]] == [sent["export_id"]]
    assert desk.get(f"exports/{waiting['export_id']}").body == before


@pytest.mark.capability("AP-02")
def test_a_rejection_needs_a_reason_and_reaches_the_sender(desk, site, sent, contract, company, project_user):
    for reason in ({}, {"reason": ""}, {"reason": " ab "}):
        refused = desk.post(f"exports/{sent['export_id']}/reject", {"version": 1, **reason})
        assert (refused.status, list(refused.body["errors"])) == (422, ["reason"])

    answer = desk.post(f"exports/{sent['export_id']}/reject", {"version": 1, "reason": "Wrong retainage"})

    assert (answer.status, answer.body["status"]) == (200, "rejected")
    assert Notice.objects.of(company).get().person_id == project_user.id
    shown = site.get(f"records/{contract.pk}").body
    assert (shown["status"], shown["lock"]) == ("rejected", "none")
    assert shown["rejection"]["reason"] == "Wrong retainage"
    assert shown["rejection"]["rejected_by"] == "Approver"
    assert shown["rejection"]["rejected_at"] == answer.body["decided_at"]


@pytest.mark.parametrize("act", ["accept", "reject"])
def test_a_decision_without_a_version_is_428_and_a_stale_one_409_or_412(desk, sent, act):
    path, reason = f"exports/{sent['export_id']}/{act}", {"reason": "Wrong retainage"}

    missing = desk.post(path, reason)
    stale = desk.post(path, {**reason, "version": 7})
    precondition = desk.post(path, reason, If_Match='"7"')

    assert (missing.status, missing.body["version"]) == (428, 1)
    assert (stale.status, stale.body["code"], stale.body["decided_by"]) == (409, "stale_version", "Project User")
    assert precondition.status == 412
    assert desk.post(path, reason, If_Match='"1"').status == 200


def test_a_late_decision_is_409_and_says_who_was_faster(desk, sign_in, second_approver, accepted, sent):
    late = sign_in(second_approver).post(
        f"exports/{sent['export_id']}/reject", {"version": 3, "reason": "Wrong retainage"}
    )

    assert (late.status, late.body["code"], late.body["decided_by"]) == (409, "wrong_state", "Approver")
    assert late.body["decided_at"] is not None


def test_a_failed_export_is_not_accepted_again(desk, erp, accepted, sent, company):
    _, detail = accepted
    erp.patch(f"erp_request_details/{detail.pk}", {"request_detail": {"status": "failed", "messages": "no"}})
    version = StagedExport.objects.of(company).get().version

    answer = desk.post(f"exports/{sent['export_id']}/accept", {"version": version})

    assert (answer.status, answer.body["code"]) == (409, "wrong_state")


# The road of an export


@pytest.mark.capability("EX-01")
def test_an_accept_opens_one_request_with_one_detail(erp, accepted, contract, company):
    erp_request, detail = accepted

    shown = erp.get(f"erp_requests/{erp_request.pk}")

    assert shown.status == 200
    assert shown.body["request_name"] == "create_commitment"
    assert shown.body["request_data"]["request_detail_id"] == detail.pk != erp_request.pk
    assert shown.body["request_data"]["commitment"]["origin_code"] == "5001"
    assert ErpRequest.objects.of(company).filter(request_name="create_commitment").count() == 1
    details = erp.get(f"erp_request_details?filters[item_id]={contract.pk}").body
    assert [(one["id"], one["erp_request_id"], one["status"]) for one in details] == [
        (detail.pk, erp_request.pk, "in_progress")
    ]
    assert Event.objects.of(company).filter(resource_name="ERP Requests", resource_id=erp_request.pk).count() == 1


@pytest.mark.capability("EX-02", "LK-01")
def test_an_origin_id_locks_and_a_success_syncs(erp, site, accepted, contract):
    _, detail = accepted

    assert link(erp, contract, "ORD-9")["errors"] == []
    refused = site.patch(f"records/{contract.pk}", {"data": {"title": "Steel"}})
    assert (refused.status, refused.body["code"]) == (422, "locked")
    closed = erp.patch(f"erp_request_details/{detail.pk}", {"request_detail": {"status": "success"}})

    assert (closed.status, closed.body["status"]) == (200, "success")
    shown = site.get(f"records/{contract.pk}").body
    assert (shown["status"], shown["origin_id"], shown["lock"]) == ("synced", "ORD-9", "none")


@pytest.mark.capability("EX-02")
def test_a_success_without_an_origin_id_shows_failed(erp, desk, accepted, sent):
    _, detail = accepted

    answer = erp.put(f"erp_request_details/{detail.pk}", {"request_detail": {"status": "SUCCESS"}})

    assert (answer.status, answer.body["status"]) == (200, "success")
    shown = desk.get(f"exports/{sent['export_id']}").body
    assert (shown["status"], shown["messages"]) == ("failed", ["no origin id received"])
    (row,) = desk.get("queue?view=failed").body["rows"]
    assert (row["id"], row["messages"]) == (sent["export_id"], ["no origin id received"])


@pytest.mark.capability("EX-02")
def test_a_failure_shows_its_messages_under_failed(erp, desk, accepted):
    _, detail = accepted
    texts = ["Creditor number 70012 is already taken.", "Ask accounting."]

    erp.patch("erp_request_details/sync", [{"id": detail.pk, "status": "failed", "messages": texts}])

    (row,) = desk.get("queue?view=failed").body["rows"]
    assert row["messages"] == texts


@pytest.mark.capability("EX-03")
def test_a_close_out_is_idempotent_and_never_unsyncs(erp, site, accepted, contract, company):
    _, detail = accepted
    link(erp, contract, "ORD-9")
    path = f"erp_request_details/{detail.pk}"
    erp.patch(path, {"request_detail": {"status": "success"}})
    events = Event.objects.of(company).count()

    second = erp.patch(path, {"request_detail": {"status": "success"}})
    assert (second.status, Event.objects.of(company).count()) == (200, events)

    other = erp.patch(path, {"request_detail": {"status": "failed", "messages": ["Reversed."]}})
    assert (other.status, other.body["status"]) == (200, "failed")
    assert site.get(f"records/{contract.pk}").body["status"] == "synced"
    assert Conflict.objects.of(company).get().theirs == {"detail_id": detail.pk, "status": "failed"}
    assert ErpRequest.objects.of(company).filter(request_name="create_commitment").count() == 1


@pytest.mark.capability("EX-03")
def test_a_success_after_a_failure_turns_the_object_synced(erp, site, accepted, contract):
    _, detail = accepted
    path = f"erp_request_details/{detail.pk}"
    erp.patch(path, {"request_detail": {"status": "failed"}})
    link(erp, contract, "ORD-9")

    erp.patch(path, {"request_detail": {"status": "success"}})

    assert site.get(f"records/{contract.pk}").body["status"] == "synced"


# Locks and origin IDs


@pytest.mark.capability("LK-01")
def test_a_lock_names_field_origin_id_and_way_out(erp, site, accepted, contract):
    _, detail = accepted
    link(erp, contract, "ORD-9")
    erp.patch(f"erp_request_details/{detail.pk}", {"request_detail": {"status": "success"}})

    answer = site.patch(f"records/{contract.pk}", {"data": {"title": "Steel", "status": "Complete"}})

    assert answer.status == 422
    assert (answer.body["code"], answer.body["origin_id"], answer.body["unlock"]) == ("locked", "ORD-9", "unlink")
    assert list(answer.body["errors"]) == ["title", "status"]
    assert "ORD-9" in answer.body["message"]
    assert [pointer["pointer"] for pointer in answer.body["pointers"]] == ["/title", "/status"]


@pytest.mark.capability("LK-01")
def test_what_waits_for_approval_says_so_and_offers_to_retrieve_it(site, sent, contract):
    answer = site.patch(f"records/{contract.pk}", {"data": {"description": "Late"}})

    assert answer.status == 422
    assert (answer.body["code"], answer.body["unlock"]) == ("pending_approval", "retrieve")
    assert {"act": "retrieve", "enabled": True, "code": None, "reason": None} in site.get(
        f"records/{contract.pk}"
    ).body["acts"]


@pytest.mark.capability("LK-06")
def test_one_origin_id_goes_to_one_object(erp, site, vendor):
    second = site.post("records", {"item_type": "vendor", "data": {"name": "Kestrel Roofing"}}).body
    update = {"item_type": "vendor", "item_id": second["id"], "origin_id": "CRED-12"}

    answer = erp.patch("external_data/sync", {"updates": [update]})

    assert answer.status == 200
    assert answer.body["entities"] == []
    assert answer.body["errors"] == [
        {
            **update,
            "errors": {"origin_id": [f"CRED-12 is already the origin ID of vendor {vendor.pk} (Brook & Stone)."]},
        }
    ]


@pytest.mark.capability("LK-06")
def test_a_second_integration_cannot_take_an_origin_id(erp, connect, admin, company, vendor):
    account = ServiceAccount.machine(name="Second connector", owner_id=admin.id)
    account.save()
    account.companies.add(company)

    answer = link(connect(account), vendor, "CRED-13")

    assert answer["errors"][0]["errors"] == {"base": ["Another integration owns the origin ID of this record."]}
    assert Record.objects.of(company).get(pk=vendor.pk).origin_id == "CRED-12"


# Who may


PATHS = [
    ("GET", "staged_records", None),
    ("POST", "staged_records", vendor_sent("CRED-77")),
    ("PATCH", "staged_records/sync", {"updates": []}),
    ("GET", "staged_records/{staged}", None),
    ("PATCH", "staged_records/{staged}", {"data": {}}),
    ("DELETE", "staged_records/{staged}", None),
    ("GET", "erp_requests", None),
    ("GET", "erp_requests/{erp_request}", None),
    ("GET", "erp_request_details", None),
    ("GET", "erp_request_details/{detail}", None),
    ("PATCH", "erp_request_details/{detail}", {"request_detail": {"status": "failed"}}),
    ("PATCH", "erp_request_details/sync", []),
    ("GET", "external_data", None),
    ("PATCH", "external_data/sync", []),
    ("DELETE", "external_data/bulk_destroy", {"item_type": "vendor", "item_ids": []}),
    ("PATCH", "line_item_types/sync", []),
    ("GET", "erp_metadata_configuration", None),
    ("PATCH", "erp_metadata_configuration", {"metadata": {"entities": {}}}),
]


@pytest.fixture
def ids(erp, accepted):
    erp_request, detail = accepted
    staged = erp.post("staged_records", vendor_sent("CRED-5")).body["id"]
    return {"staged": staged, "erp_request": erp_request.pk, "detail": detail.pk}


@pytest.mark.parametrize(
    ("scopes", "reads", "writes"),
    [("read write erp", True, True), ("read erp", True, False), ("read write", False, False), ("erp", False, False)],
)
def test_the_wire_needs_the_scope_erp(connect, service_account, ids, scopes, reads, writes):
    caller = connect(service_account, scopes=scopes)

    answers = {(method, path): caller(method, path.format(**ids), body) for method, path, body in PATHS}

    for (method, path), answer in answers.items():
        allowed = reads if method == "GET" else writes
        assert (answer.status < 400) is allowed, (method, path, answer)
        assert allowed or answer.status == 403, (method, path, answer)


def test_another_companys_rows_are_404_on_its_own_addresses_and_403_on_ours(
    connect, admin, other_company, company, ids
):
    account = ServiceAccount.machine(name="Their connector", owner_id=admin.id)
    account.save()
    account.companies.add(other_company)
    theirs = connect(account, company=other_company)

    for method, path, body in PATHS:
        inside = theirs(method, path.format(**ids), body)
        outside = theirs(method, f"/rest/v1.0/companies/{company.pk}/{path.format(**ids)}", body)
        if "{" in path:
            assert inside.status == 404, (method, path, inside)
        elif method == "GET":
            assert inside.body == [] or inside.status == 404, (method, path, inside)
        assert outside.status == 403, (method, path, outside)
    with company_scope(company.pk):
        assert ErpRequestDetail.objects.of(company).get().state == "in_progress"


SEEN = [
    ("queue", {"erp", "auditor"}),
    ("records", {"erp", "auditor", "project"}),
    ("records/{record}", {"erp", "auditor", "project"}),
    ("staged_records/{staged}", {"erp", "auditor"}),
    ("exports/{export}", {"erp", "auditor", "project"}),
]


@pytest.mark.parametrize(
    ("rights", "role"),
    [
        ({}, "none"),
        ({"erp_level": "standard"}, "erp"),
        ({"project_level": "standard"}, "project"),
        ({"auditor": True}, "auditor"),
    ],
    ids=str,
)
def test_people_see_what_their_role_shows_them(sign_in, make_person, ids, sent, contract, rights, role):
    somebody = sign_in(make_person("somebody", **rights))

    for path, open_to in SEEN:
        answer = somebody.get(path.format(**ids, record=contract.pk, export=sent["export_id"]))
        assert answer.status == (200 if role in open_to else 403), path


OF_PEOPLE = [
    ("GET", "records/{record}", None),
    ("PATCH", "records/{record}", {"data": {"title": "Theirs"}}),
    ("DELETE", "records/{record}", None),
    ("POST", "records/{record}/send_to_erp", None),
    ("POST", "records/{record}/retrieve", None),
    ("GET", "exports/{export}", None),
    ("POST", "exports/{export}/reject", {"version": 1, "reason": "not ours"}),
    ("POST", "exports/{export}/undo", {}),
    ("POST", "exports/{export}/retry", {}),
    ("GET", "staged_records/{staged}", None),
    ("POST", "staged_records/{staged}/import", {"version": 1}),
    ("POST", "staged_records/{staged}/reject", {"version": 1, "reason": "not ours"}),
    ("POST", "staged_records/{staged}/archive", {}),
]


def test_people_of_another_company_find_nothing_of_ours(sign_in, make_person, other_company, ids, sent, contract):
    rights = {"erp_level": "admin", "project_level": "admin", "can_push_to_accounting": True}
    stranger = make_person("stranger", company=other_company, **rights)
    inside, outside = sign_in(stranger, company=other_company), sign_in(stranger)

    for method, path, body in OF_PEOPLE:
        address = path.format(**ids, record=contract.pk, export=sent["export_id"])
        answer = inside(method, address, body)
        assert (answer.status, answer.body["message"]) == (404, "Not found."), (method, path)
        assert outside(method, address, body).status == 403, (method, path)
