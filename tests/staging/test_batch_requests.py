"""Objects that are accepted together and leave in one request, with a detail for each of them."""

from datetime import timedelta

import pytest

from erpstaging.core.errors import Invalid, NotPermitted, WrongState
from erpstaging.erp_requests.models import ErpRequest, ErpRequestDetail
from erpstaging.erp_requests.services import take
from erpstaging.outbox.models import Event
from erpstaging.records.editing import create_record
from erpstaging.records.models import Record
from erpstaging.staging.closeout import close_details
from erpstaging.staging.export_chunks import Wanted
from erpstaging.staging.exports import accept_export, accept_exports, retry_exports
from erpstaging.staging.external import sync_external_data
from erpstaging.staging.models import StagedExport
from erpstaging.staging.releasing import release_due
from erpstaging.staging.sending import send_record
from erpstaging.staging.staleness import cancel_export

NAME = "create_standard_cost_codes"


@pytest.fixture
def make_code(company, connection, project_user):
    """`make_code("05", "Metals")`: a standard cost code that a person wrote into the ERP's list."""

    def make(code: str, name: str, **more) -> Record:
        data = {"code": code, "name": name, "standard_cost_code_list_id": connection.cost_code_list_id, **more}
        return create_record(company, actor=project_user, item_type="standard_cost_code", data=data)

    return make


@pytest.fixture
def sent(company, make_code, project_user):
    """Two codes, one below the other, that wait for a decision."""
    metals = make_code("05", "Metals")
    steel = make_code("120", "Structural steel", parent_id=metals.pk)
    return [send_record(company, one.pk, actor=project_user) for one in (metals, steel)]


def requests_of(company) -> list[ErpRequest]:
    return list(ErpRequest.objects.of(company).filter(request_name=NAME).order_by("pk"))


def details_of(company) -> list[ErpRequestDetail]:
    return list(ErpRequestDetail.objects.of(company).filter(erp_request__request_name=NAME).order_by("pk"))


def accept_all(company, exports, actor, **more):
    wanted = [Wanted(one.pk, one.version) for one in exports]
    return [outcome.result() for outcome in accept_exports(company, wanted, actor=actor, **more)]


@pytest.mark.capability("EX-01")
def test_codes_accepted_together_leave_in_one_request_with_a_detail_each(company, connection, sent, approver):
    accepted = accept_all(company, sent, approver)

    (request,) = requests_of(company)
    assert {export.erp_request_id for export in accepted} == {request.pk}
    assert Event.objects.of(company).filter(resource_name="ERP Requests", resource_id=request.pk).count() == 1
    metals, steel = (Record.objects.of(company).get(pk=export.record_id) for export in sent)
    details = details_of(company)
    assert [(one.item_id, one.state, one.current) for one in details] == [
        (metals.pk, "in_progress", True),
        (steel.pk, "in_progress", True),
    ]
    common = {"standard_cost_code_list_id": connection.cost_code_list_id, "origin_id": None, "origin_data": None}
    common |= {"parent_origin_id": None, "erp_custom_fields": {}}
    assert request.request_data == [
        {
            **common, "id": metals.pk, "parent_id": None, "code": "05", "full_code": "05", "name": "Metals",
            "long_name_helper": [["05"], ["Metals"]], "request_detail_id": details[0].pk,
        },
        {
            **common, "id": steel.pk, "parent_id": metals.pk, "code": "120", "full_code": "05-120",
            "name": "Structural steel", "long_name_helper": [["05", "120"], ["Metals", "Structural steel"]],
            "request_detail_id": details[1].pk,
        },
    ]  # fmt: skip


@pytest.mark.capability("EX-01")
def test_a_single_accept_is_a_list_of_one(company, sent, approver):
    for export in sent:
        accept_export(company, export.pk, actor=approver, version=export.version)

    requests = requests_of(company)
    assert [[one["id"] for one in request.request_data] for request in requests] == [
        [sent[0].record_id],
        [sent[1].record_id],
    ]


def test_what_was_accepted_apart_leaves_apart_when_its_undo_time_ends_together(company, sent, approver):
    undo = timedelta(seconds=10)
    for export in sent:
        accept_all(company, [export], approver, undo=undo)
    StagedExport.objects.of(company).update(release_at=sent[0].sent_at)

    released = release_due(company, [one.pk for one in sent], actor=approver)

    assert (released, [len(one.request_data) for one in requests_of(company)]) == (2, [1, 1])


def test_what_was_accepted_together_leaves_together_after_its_undo_time(company, sent, approver):
    accept_all(company, sent, approver, undo=timedelta(seconds=10))
    assert requests_of(company) == []
    StagedExport.objects.of(company).update(release_at=sent[0].sent_at)

    release_due(company, [one.pk for one in sent], actor=approver)

    assert [len(one.request_data) for one in requests_of(company)] == [2]


@pytest.mark.capability("EX-02")
def test_each_element_stands_or_falls_alone_and_a_retry_takes_the_failed_ones(company, sent, approver, integration):
    accept_all(company, sent, approver)
    first, second = details_of(company)
    sync_external_data(
        company,
        [{"item_type": "standard_cost_code", "item_id": sent[0].record_id, "origin_id": "STD-05"}],
        actor=integration,
    )

    close_details(
        company,
        [{"id": first.pk, "status": "success"}, {"id": second.pk, "status": "failed", "messages": ["No such group."]}],
        actor=integration,
    )

    states = {one.pk: (one.state, one.messages) for one in StagedExport.objects.of(company)}
    assert states == {sent[0].pk: ("synced", []), sent[1].pk: ("failed", ["No such group."])}

    (outcome,) = retry_exports(company, [Wanted(sent[1].pk, None)], actor=approver)

    assert outcome.result().state == "exporting"
    again = requests_of(company)[-1].request_data
    assert [(one["id"], one["parent_origin_id"]) for one in again] == [(sent[1].record_id, "STD-05")]


@pytest.mark.capability("IN-09")
def test_a_code_of_another_list_is_not_sent(company, connection, integration, project_user):
    own = create_record(company, actor=project_user, item_type="standard_cost_code_list", data={"name": "Our own"})
    data = {"code": "1", "name": "Ours", "standard_cost_code_list_id": own.pk}
    code = create_record(company, actor=project_user, item_type="standard_cost_code", data=data)

    with pytest.raises(Invalid) as refused:
        send_record(company, code.pk, actor=project_user)

    assert (refused.value.code, list(refused.value.errors)) == ("prerequisites", ["in_erp_cost_code_list"])


@pytest.mark.parametrize(
    ("rights", "allowed"),
    [({"erp_level": "standard"}, True), ({"auditor": True}, False), ({"directory_admin": True}, False)],
)
def test_the_standard_level_of_the_erp_tool_is_enough_to_send_codes(company, make_code, make_person, rights, allowed):
    code, somebody = make_code("05", "Metals"), make_person("somebody", **rights)

    if allowed:
        assert send_record(company, code.pk, actor=somebody).sent_by_name == "Somebody"
    else:
        with pytest.raises(NotPermitted):
            send_record(company, code.pk, actor=somebody)


# Cancelling one of several


@pytest.mark.capability("EX-05")
def test_a_cancelled_element_takes_the_request_along_and_the_others_go_on_in_a_new_one(company, sent, approver):
    accept_all(company, sent, approver)
    (first,) = requests_of(company)
    frozen = first.request_data

    failed = cancel_export(company, sent[0].pk, actor=approver)

    assert (failed.state, failed.messages[0].startswith(f"{approver.name} cancelled")) == ("failed", True)
    old, new = requests_of(company)
    assert old.request_data == frozen
    assert [one["id"] for one in new.request_data] == [sent[1].record_id]
    other = StagedExport.objects.of(company).get(pk=sent[1].pk)
    assert (other.state, other.erp_request_id, other.attempts) == ("exporting", new.pk, 2)
    states = [(one.erp_request_id, one.item_id, one.state, one.current) for one in details_of(company)]
    assert states == [
        (old.pk, sent[0].record_id, "stale", True),
        (old.pk, sent[1].record_id, "stale", False),
        (new.pk, sent[1].record_id, "in_progress", True),
    ]
    assert new.request_data[0]["request_detail_id"] == details_of(company)[-1].pk
    told = Event.objects.of(company).filter(resource_name="ERP Requests", resource_id__in=[old.pk, new.pk])
    assert sorted((one.resource_id, one.event_type) for one in told) == [
        (old.pk, "create"), (old.pk, "update"), (new.pk, "create"),
    ]  # fmt: skip


@pytest.mark.capability("EX-05")
def test_what_went_on_in_a_new_request_is_closed_out_there(company, sent, approver, integration):
    accept_all(company, sent, approver)
    cancel_export(company, sent[0].pk, actor=approver)
    link = {"item_type": "standard_cost_code", "item_id": sent[1].record_id, "origin_id": "STD-05-120"}
    sync_external_data(company, [link], actor=integration)

    close_details(company, [{"id": details_of(company)[-1].pk, "status": "success"}], actor=integration)

    states = {one.pk: one.state for one in StagedExport.objects.of(company)}
    assert states == {sent[0].pk: "failed", sent[1].pk: "synced"}


def test_of_a_fetched_request_no_element_is_cancelled(company, sent, approver):
    accept_all(company, sent, approver)
    take(company.pk, requests_of(company)[0].pk)

    with pytest.raises(WrongState) as refused:
        cancel_export(company, sent[0].pk, actor=approver)

    assert refused.value.code == "already_fetched"
    assert {one.state for one in StagedExport.objects.of(company)} == {"exporting"}
    assert len(requests_of(company)) == 1
