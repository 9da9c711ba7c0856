"""Projects and sub jobs on their way to the ERP, with the cost codes that leave with them."""

import pytest

from erpstaging.audit.models import Entry
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.connections.services import change_settings, store_metadata
from erpstaging.core.errors import Invalid
from erpstaging.core.scope import in_company
from erpstaging.erp_requests.models import ErpRequest, ErpRequestDetail
from erpstaging.records.editing import create_record
from erpstaging.records.models import Record
from erpstaging.records.snapshots import timestamp
from erpstaging.staging.budget_import import import_budget
from erpstaging.staging.direct import sync_records
from erpstaging.staging.job_codes import retry_with_code
from erpstaging.staging.reading import seen_export, seen_record
from erpstaging.staging.refreshing import ask_for_refresh
from tests.fixtures.ledger import ON, metadata
from tests.staging.exporting import Road


@pytest.fixture
def road(company, connection, project_user, approver, integration):
    return Road(company, project_user, approver, integration)


@pytest.fixture
def new_project(company, connection, project_user):
    data = {"name": "Cherry Creek Library", "address": "44 Cook Street", "city": "Denver", "state_code": "CO"}
    return create_record(company, actor=project_user, item_type="project", data={**data, "zip": "80206"})


@pytest.fixture
def make_codes(company, integration):
    """`make_codes(project, {"code", "name"}, ..)`: cost codes of a project, or with `sub_job_id` of a sub job."""

    def make(project, *sent, **scope) -> list[Record]:
        outcome = sync_records(
            company, ENTITIES["cost_code"], sent, actor=integration, scope={"project_id": project.pk, **scope}
        )
        assert outcome.errors == []
        return [Record.objects.of(company).get(pk=one["id"]) for one in outcome.entities]

    return make


def code_sent(code: Record, biller: Record, kind: str, **more):
    return {
        "id": code.pk, "name": code.data["name"], "full_code": code.data["full_code"], "origin_id": None,
        "origin_data": None, "biller": biller.title, "biller_id": biller.pk, "biller_type": kind, "budgeted": False,
        "code": code.data["code"], "created_at": timestamp(code.created_at), "deleted_at": None, "line_item_types": [],
        "parent": {"id": None}, "position": None, "sortable_code": code.data["sortable_code"],
        "updated_at": timestamp(code.updated_at), "standard_cost_code_origin_id": None,
        "long_name_helper": [[code.data["code"]], [code.data["name"]]], **more,
    }  # fmt: skip


@pytest.mark.capability("EX-01")
def test_a_project_leaves_with_its_cost_codes_and_their_place_in_the_tree(road, new_project, make_codes):
    metals, steel = make_codes(new_project, {"code": "05", "name": "Metals"}, {"code": "06", "name": "Wood"})

    export = road.accept(road.send(new_project), code="LIB-1")

    request, detail = road.request(export), road.detail(new_project)
    assert request.request_name == "create_or_update_job"
    assert request.request_data == {
        "job": {
            "id": new_project.pk, "name": "Cherry Creek Library", "origin_id": None, "origin_data": None,
            "origin_code": "LIB-1", "custom_fields": {}, "erp_custom_fields": {}, "address": "44 Cook Street",
            "city": "Denver", "state_code": "CO", "zip": "80206", "latitude": None, "longitude": None,
            "synced": False, "active": True,
        },
        "all_cost_codes": [code_sent(one, new_project, "Project") for one in (metals, steel)],
        "request_detail_id": detail.pk,
        "company_id": road.company.pk,
    }  # fmt: skip


@pytest.mark.parametrize("kept", [True, False])
def test_cost_types_leave_with_their_codes_where_assignments_are_kept(
    road, company, integration, cost_type, new_project, make_codes, kept
):
    road.configure(jobs={"category_assignments": ON} if kept else {})
    (code,) = make_codes(new_project, {"code": "05", "name": "Metals"})
    pair = {"cost_code_id": code.pk, "line_item_type_id": cost_type.pk}
    scope = {"project_id": new_project.pk}
    sync_records(company, ENTITIES["cost_type_assignment"], [pair], actor=integration, scope=scope)

    export = road.accept(road.send(new_project))

    (sent,) = road.request(export).request_data["all_cost_codes"]
    shown = {"id": cost_type.pk, "name": "Subcontract", "code": "S", "base_type": "commitment", "origin_id": "SUB"}
    assert sent["line_item_types"] == ([shown] if kept else [])


@pytest.mark.capability("EX-01", "EX-02")
def test_a_sub_job_leaves_with_its_own_cost_codes_and_becomes_synced(road, company, project, project_user, make_codes):
    data = {"name": "North wing", "code": "N"}
    sub_job = create_record(company, actor=project_user, item_type="sub_job", project_id=project.pk, data=data)
    make_codes(project, {"code": "01", "name": "General"})
    (own,) = make_codes(project, {"code": "05", "name": "Metals"}, sub_job_id=sub_job.pk)

    export = road.accept(road.send(sub_job))

    request = road.request(export)
    assert request.request_name == "create_sub_job"
    assert request.request_data == {
        "sub_job": {
            "id": sub_job.pk, "code": "N", "created_at": timestamp(sub_job.created_at), "name": "North wing",
            "origin_data": None, "origin_id": None, "updated_at": timestamp(sub_job.updated_at), "synced": False,
            "project": {
                "id": project.pk, "name": "Harbour Point", "origin_id": "SITE-7", "origin_data": None,
                "origin_code": None,
            },
        },
        "all_cost_codes": [code_sent(own, sub_job, "SubJob")],
        "request_detail_id": road.detail(sub_job).pk,
        "company_id": company.pk,
    }  # fmt: skip
    road.link(sub_job, "SITE-7-N")
    assert road.close(sub_job).state == "synced"


def test_the_codes_of_sub_jobs_do_not_leave_with_their_project(road, company, new_project, project_user, make_codes):
    data = {"name": "North wing", "code": "N"}
    sub_job = create_record(company, actor=project_user, item_type="sub_job", project_id=new_project.pk, data=data)
    (general,) = make_codes(new_project, {"code": "01", "name": "General"})
    make_codes(new_project, {"code": "05", "name": "Metals"}, sub_job_id=sub_job.pk)

    export = road.accept(road.send(new_project))

    assert [one["id"] for one in road.request(export).request_data["all_cost_codes"]] == [general.pk]


@pytest.mark.capability("IN-09")
def test_a_rule_that_is_newer_than_the_object_stands_in_its_checklist(road, company, new_project, integration):
    rule = {"zip": {"validation": {"max_length": {"enabled": True, "length": 4, "message": "Four characters."}}}}
    configure(company, integration, {"save": {"fields": rule}})

    checks = seen_record(company, new_project.pk, road.sender).checks

    assert [(one.code, one.label, one.passed) for one in checks] == [("rule_failed", "Four characters.", False)]
    with pytest.raises(Invalid) as refused:
        road.send(new_project)
    assert refused.value.code == "rule_failed"


@pytest.mark.capability("AP-06")
def test_the_code_of_a_project_is_typed_at_accept_in_the_company_s_format(
    road, company, new_project, integration, admin
):
    rule = {
        "code": {
            "validation": {
                "present": {"enabled": True},
                "format": {"enabled": True, "message": "As %{job_code_format}."},
            }
        }
    }
    configure(company, integration, {"export": {"fields": rule}}, job_id_format=ON)
    change_settings(company.pk, {"job_code_format": "99-999"}, actor=admin)
    export = road.send(new_project)

    for typed in ({}, {"code": ""}, {"code": "LIB"}):
        with pytest.raises(Invalid) as refused:
            road.accept(export, **typed)
        assert list(refused.value.errors) == ["code"]
    accepted = road.accept(export, code="26-140")

    assert road.request(accepted).request_data["job"]["origin_code"] == "26-140"
    assert Record.objects.of(company).get(pk=new_project.pk).origin_code == "26-140"
    told = Entry.objects.of(company).get(action="export.accepted", object_id=export.pk)
    assert told.after["inputs"]["code"] == "26-140"


@pytest.mark.capability("AP-06")
def test_a_project_whose_code_the_erp_refuses_is_sent_again_under_another(
    road, company, new_project, integration, admin
):
    rule = {"code": {"validation": {"format": {"enabled": True, "message": "As %{job_code_format}."}}}}
    configure(company, integration, {"export": {"fields": rule}}, job_id_format=ON)
    change_settings(company.pk, {"job_code_format": "99-999"}, actor=admin)
    road.accept(road.send(new_project), code="26-140")
    failed = road.close(new_project, "failed", "Code 26-140 is in use.")
    assert "retry_code" in {act.act for act in seen_export(company, failed.pk, road.approver).acts}

    with pytest.raises(Invalid) as refused:
        retry_with_code(company, failed.pk, actor=road.approver, code="LIB")
    assert refused.value.errors == {"code": ["As 99-999."]}
    again = retry_with_code(company, failed.pk, actor=road.approver, code="26-141")

    assert (again.state, road.request(again).request_data["job"]["origin_code"]) == ("exporting", "26-141")


def test_a_project_that_failed_for_another_reason_keeps_its_code(road, company, new_project):
    road.accept(road.send(new_project), code="26-140")
    failed = road.close(new_project, "failed", "Period closed.")

    with pytest.raises(Invalid) as refused:
        retry_with_code(company, failed.pk, actor=road.approver, code="26-141")

    assert (refused.value.code, road.newest(new_project).inputs["code"]) == ("locked", "26-140")
    assert "retry_code" not in {act.act for act in seen_export(company, failed.pk, road.approver).acts}


@pytest.mark.capability("AP-06")
def test_what_the_document_asks_for_besides_leaves_in_the_custom_fields_of_the_erp(
    road, company, new_project, integration
):
    asked = {"key": "template", "label": "Template", "type": "string"}
    asked |= {"rules": {"validation": {"present": {"enabled": True, "message": "Choose a template."}}}}
    configure(company, integration, {}, export={"enabled": True, "custom_fields": [asked]})
    export = road.send(new_project)

    with pytest.raises(Invalid) as refused:
        road.accept(export)
    assert refused.value.errors == {"template": ["Choose a template."]}
    accepted = road.accept(export, custom_fields={"template": "T-2"})

    assert road.request(accepted).request_data["job"]["erp_custom_fields"] == {"template": "T-2"}


def configure(company, integration, rules, **configs) -> None:
    jobs = {"enabled": True, "configs": {"import": ON, "export": ON, **configs}, "tab": ON, "rules": rules}
    store_metadata(company.pk, metadata(jobs=jobs), actor=integration)


@pytest.mark.capability("IN-09")
def test_a_sub_job_of_a_project_that_is_not_linked_is_not_sent(road, company, new_project, project_user):
    data = {"name": "North wing", "code": "N"}
    sub_job = create_record(company, actor=project_user, item_type="sub_job", project_id=new_project.pk, data=data)

    with pytest.raises(Invalid) as refused:
        road.send(sub_job)

    assert (refused.value.code, list(refused.value.errors)) == ("prerequisites", ["project_linked"])


@pytest.mark.parametrize("act", ["send", "accept", "import a budget", "refresh"])
def test_an_act_that_needs_the_document_asks_the_integration_for_it(
    road, company, connection, project, new_project, second_approver, act
):
    export = road.send(new_project) if act == "accept" else None
    connection.metadata = None
    connection.save(update_fields=["metadata"])
    acts = {
        "send": lambda: road.send(new_project),
        "accept": lambda: road.accept(export),
        "import a budget": lambda: import_budget(company, project.pk, actor=second_approver),
        "refresh": lambda: ask_for_refresh(company, "jobs", actor=second_approver),
    }

    with pytest.raises(Invalid) as refused:
        in_company(company.pk, acts[act])

    assert refused.value.code == "metadata_missing"
    asked = ErpRequest.objects.of(company).get(request_name="sync_metadata")
    assert asked.request_data == {"company_id": company.pk}
    assert not ErpRequestDetail.objects.of(company).filter(erp_request=asked).exists()
