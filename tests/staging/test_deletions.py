"""Deleting codes that the ERP knows: the integrator agrees to each, or a super user does it at once."""

from typing import Any

import pytest

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.connections.services import store_metadata
from erpstaging.core.errors import Invalid, NotPermitted, TooLarge, WrongState
from erpstaging.erp_requests.models import ErpRequest, ErpRequestDetail
from erpstaging.records.models import OriginIdHistory, Record
from erpstaging.staging.closeout import close_details
from erpstaging.staging.deletions import request_deletions
from erpstaging.staging.mirrored import remove_object
from erpstaging.staging.support import support_delete, support_unlink
from tests.fixtures.ledger import ON, metadata


@pytest.fixture
def asking(company, world, integration) -> None:
    """The company's ERP may be asked about deletions."""
    switches = {"cost_code_deletions": ON, "cost_type_assignment_deletions": ON}
    jobs = {"enabled": True, "configs": {"import": ON, "export": ON, "staged_records": ON, **switches}, "tab": ON}
    store_metadata(company.pk, metadata(jobs=jobs, sub_jobs=jobs), actor=integration)


def again(record: Record) -> Record:
    return Record.objects.of(record.company_id).get(pk=record.pk)


def told(company, name: str) -> list[Any]:
    return [one.request_data for one in ErpRequest.objects.of(company).filter(request_name=name).order_by("pk")]


def details(company) -> list[ErpRequestDetail]:
    return list(ErpRequestDetail.objects.of(company).filter(current=True).order_by("item_id"))


def close(company, detail, status: str, *messages: str, actor) -> None:
    (element,) = close_details(company, [{"id": detail.pk, "status": status, "messages": list(messages)}], actor=actor)
    assert element.errors == {}


def assigned(world, **data: Any) -> Record:
    code, kind = world.held("cost_code"), world.held("line_item_type")
    return world.of("cost_type_assignment", cost_code_id=code.pk, line_item_type_id=kind.pk, synced=True, **data)


def test_one_request_for_each_job_and_a_detail_for_each_code(asking, company, world, project, cost_code, approver):
    sub_job = world.linked("sub_job", "SUB-1")
    second = world.linked("cost_code", "SITE-7|08-200")
    of_sub_job = world.linked("cost_code", "SUB-1|08-300", code="08-300", sub_job_id=sub_job.pk)

    answers = request_deletions(company, "cost_code", [cost_code.pk, second.pk, of_sub_job.pk], actor=approver)

    assert [one.item_ids for one in answers] == [[cost_code.pk, second.pk], [of_sub_job.pk]]
    by_item = {detail.item_id: detail.pk for detail in details(company)}
    job = {"id": project.pk, "origin_id": "SITE-7"}
    assert told(company, "delete_cost_codes") == [
        {
            "project": job,
            "sub_job": {"id": None, "origin_id": None},
            "cost_codes": [
                {"id": one.pk, "request_detail_id": by_item[one.pk], "origin_id": one.origin_id,
                 "sortable_code": one.data["full_code"]}
                for one in (cost_code, again(second))
            ],
        },
        {
            "project": job,
            "sub_job": {"id": sub_job.pk, "origin_id": "SUB-1"},
            "cost_codes": [
                {"id": of_sub_job.pk, "request_detail_id": by_item[of_sub_job.pk], "origin_id": "SUB-1|08-300",
                 "sortable_code": of_sub_job.data["full_code"]}
            ],
        },
    ]  # fmt: skip
    assert again(cost_code).deleted_at is None


def test_a_yes_deletes_and_a_no_leaves_the_code(asking, company, world, cost_code, approver, integration):
    second = world.linked("cost_code", "SITE-7|08-200")
    request_deletions(company, "cost_code", [cost_code.pk, second.pk], actor=approver)
    first_detail, second_detail = details(company)

    close(company, first_detail, "success", actor=integration)
    close(company, second_detail, "failed", "It has postings.", actor=integration)

    assert again(cost_code).deleted_at is not None
    assert OriginIdHistory.objects.of(company).get(record=cost_code).origin_id == "SITE-7|05-100"
    assert (again(second).deleted_at, again(second).origin_id) == (None, "SITE-7|08-200")
    assert ErpRequestDetail.objects.of(company).get(pk=second_detail.pk).messages == ["It has postings."]
    request_deletions(company, "cost_code", [second.pk], actor=approver)  # it may be asked again


def test_the_integrator_may_delete_it_itself_before_the_close(asking, company, cost_code, approver, integration):
    request_deletions(company, "cost_code", [cost_code.pk], actor=approver)
    remove_object(company, ENTITIES["cost_code"], cost_code, actor=integration)
    close(company, details(company)[0], "success", actor=integration)
    assert again(cost_code).deleted_at is not None


def test_a_code_goes_with_those_below_it(asking, company, world, cost_code, approver, integration):
    child = world.linked("cost_code", "SITE-7|05-100-1", code="1", parent_id=cost_code.pk)
    request_deletions(company, "cost_code", [cost_code.pk], actor=approver)
    close(company, details(company)[0], "success", actor=integration)
    assert again(child).deleted_at is not None


def test_assignments_are_asked_about_too(asking, company, world, project, cost_code, cost_type, approver, integration):
    assignment = assigned(world)
    cost = world.of("job_cost", cost_code_id=cost_code.pk, line_item_type_id=cost_type.pk)

    request_deletions(company, "cost_type_assignment", [assignment.pk], actor=approver)

    (detail,) = details(company)
    assert told(company, "delete_cost_type_assignments") == [
        {
            "project": {"id": project.pk, "origin_id": "SITE-7"},
            "sub_job": {"id": None, "origin_id": None},
            "cost_type_assignments": [
                {
                    "id": assignment.pk,
                    "request_detail_id": detail.pk,
                    "cost_code_origin_id": "SITE-7|05-100",
                    "line_item_type_origin_id": "SUB",
                    "job_cost_id": cost.pk,
                }
            ],
        }
    ]
    close(company, detail, "success", actor=integration)
    assert again(assignment).deleted_at is not None


def test_what_is_not_in_the_erp_is_not_asked_about(asking, company, world, approver):
    loose = world.of("cost_code")
    with pytest.raises(Invalid) as refusal:
        request_deletions(company, "cost_code", [loose.pk], actor=approver)
    assert refusal.value.code == "not_linked"


def test_one_question_at_a_time(asking, company, cost_code, approver):
    request_deletions(company, "cost_code", [cost_code.pk], actor=approver)
    with pytest.raises(WrongState) as refusal:
        request_deletions(company, "cost_code", [cost_code.pk], actor=approver)
    assert refusal.value.code == "request_open"


def test_the_company_has_to_switch_it_on(company, cost_code, approver):
    with pytest.raises(Invalid) as refusal:
        request_deletions(company, "cost_code", [cost_code.pk], actor=approver)
    assert refusal.value.code == "deletion_off"


def test_it_takes_push(asking, company, cost_code, admin, project_user, integration):
    for actor in (admin, project_user, integration):
        with pytest.raises(NotPermitted):
            request_deletions(company, "cost_code", [cost_code.pk], actor=actor)


@pytest.mark.parametrize(
    ("item_type", "ids", "field"),
    [
        ("vendor", [1], "item_type"),
        (None, [1], "item_type"),
        (["cost_code"], [1], "item_type"),
        ("cost_code", None, "ids"),
        ("cost_code", [], "ids"),
        ("cost_code", ["1"], "ids"),
        ("cost_code", [True], "ids"),
        ("cost_code", [0], "ids"),
        ("cost_code", [2**63], "ids"),
        ("cost_code", [99999999], "ids"),
    ],
)
def test_bad_input_is_refused_by_field(asking, company, approver, super_user, item_type, ids, field):
    with pytest.raises(Invalid) as refusal:
        request_deletions(company, item_type, ids, actor=approver)
    assert list(refusal.value.errors) == [field]
    with pytest.raises(Invalid) as refusal:
        support_delete(company, item_type, ids, actor=super_user)
    assert list(refusal.value.errors) == [field]


def test_too_many_are_too_many(asking, company, approver, settings):
    settings.MAX_SYNC_ELEMENTS = 2
    with pytest.raises(TooLarge):
        request_deletions(company, "cost_code", [1, 2, 3], actor=approver)


# The super user


def test_a_super_user_deletes_standard_codes_at_once(company, world, super_user):
    parent = world.linked("standard_cost_code", "STD-05")
    child = world.linked("standard_cost_code", "STD-05-1", code="1", parent_id=parent.pk)

    (answer,) = support_delete(company, "standard_cost_code", [parent.pk], actor=super_user)

    assert answer.item_ids == [parent.pk, child.pk]
    assert told(company, "delete_standard_cost_codes") == [
        {
            "standard_cost_code_list_id": parent.data["standard_cost_code_list_id"],
            "standard_cost_code_data_array": [
                {"id": parent.pk, "sortable_code": parent.data["full_code"], "origin_id": "STD-05"},
                {"id": child.pk, "sortable_code": child.data["full_code"], "origin_id": "STD-05-1"},
            ],
        }
    ]
    assert again(parent).deleted_at is not None
    assert again(child).deleted_at is not None
    assert not ErpRequestDetail.objects.of(company).exists()


def test_a_super_user_deletes_cost_types_and_cost_codes(company, world, project, cost_code, cost_type, super_user):
    support_delete(company, "line_item_type", [cost_type.pk], actor=super_user)
    support_delete(company, "cost_code", [cost_code.pk], actor=super_user)

    assert told(company, "delete_standard_categories") == [
        {"standard_category_data_array": [{"procore_id": cost_type.pk, "code": "S", "origin_id": "SUB"}]}
    ]
    sortable = cost_code.data["full_code"]
    assert told(company, "delete_cost_code") == [
        {
            "project_cost_code_data_array": [
                {"id": cost_code.pk, "origin_id": "SITE-7|05-100", "sortable_code": sortable}
            ],
            "project_origin_id": "SITE-7",
            "procore_project_id": project.pk,
            "procore_sub_job_id": None,
        }
    ]


def test_a_super_user_unlinks_standard_codes_at_once(company, world, super_user):
    code = world.linked("standard_cost_code", "STD-05")

    support_unlink(company, "standard_cost_code", [code.pk], actor=super_user)

    assert (again(code).origin_id, again(code).deleted_at) == (None, None)
    assert told(company, "unlink_standard_cost_codes") == [
        {"standard_cost_codes": [{"id": code.pk, "sortable_code": code.data["full_code"], "origin_id": "STD-05"}]}
    ]
    assert OriginIdHistory.objects.of(company).get(record=code).forced
    with pytest.raises(WrongState):
        support_unlink(company, "standard_cost_code", [code.pk], actor=super_user)


def test_only_a_super_user_does(company, world, cost_type, approver, admin, integration):
    for actor in (approver, admin, integration):
        for act in (support_delete, support_unlink):
            with pytest.raises(NotPermitted):
                act(company, "standard_cost_code", [cost_type.pk], actor=actor)


def test_the_three_calls_over_http(asking, company, world, sign_in, approver, super_user, cost_code):
    code = world.linked("standard_cost_code", "STD-05")
    desk, support = sign_in(approver), sign_in(super_user)

    asked = desk.post("records/delete_requests", {"item_type": "cost_code", "ids": [cost_code.pk]})
    assert (asked.status, asked.body["requests"][0]["item_ids"]) == (202, [cost_code.pk])
    twice = desk.post("records/delete_requests", {"item_type": "cost_code", "ids": [cost_code.pk]})
    assert (twice.status, twice.body["code"]) == (409, "request_open")
    wrong = desk.post("records/delete_requests", {"item_type": "vendor", "ids": [1]})
    assert (wrong.status, list(wrong.body["errors"])) == (422, ["item_type"])
    body = {"item_type": "standard_cost_code", "ids": [code.pk]}
    assert desk.post("support/unlink", body).status == 403
    assert support.post("support/unlink", body).body["unlinked"] == [code.pk]
    assert support.post("support/delete", body).body["deleted"] == [code.pk]
    gone = support.post("support/delete", body)
    assert (gone.status, list(gone.body["errors"])) == (422, ["ids"])
