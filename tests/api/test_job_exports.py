"""Budgets, updates and prerequisites by REST for people."""

import pytest

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.core.scope import in_company
from erpstaging.records.editing import create_record
from erpstaging.records.models import Record
from erpstaging.staging.direct import sync_records
from tests.fixtures.ledger import ON
from tests.staging.exporting import Road


@pytest.fixture
def road(company, connection, project_user, approver, integration):
    road = Road(company, project_user, approver, integration)
    in_company(company.pk, lambda: road.configure(jobs={"update": ON}))
    return road


@pytest.mark.capability("EX-10")
def test_a_changed_project_is_sent_stands_under_ready_to_update_and_asks_for_an_update(
    road, company, project, sign_in, project_user, second_approver, integrator
):
    site, desk = sign_in(project_user), sign_in(second_approver)

    changed = site.patch(f"records/{project.pk}", {"data": {"city": "Golden"}})
    assert (changed.status, changed.body["status"], changed.body["changed_since_sync"]) == (200, "synced", True)
    sent = site.post(f"records/{project.pk}/send_to_erp")
    assert (sent.status, sent.body["status"]) == (201, "ready_to_export")

    queue = desk.get("queue?view=ready_to_update")
    assert [(one["id"], one["action"]) for one in queue.body["rows"]] == [(sent.body["export_id"], "update")]
    assert desk.get("queue?view=ready_to_export").body["rows"] == []
    export = desk.get(f"exports/{sent.body['export_id']}").body
    assert export["changes"]["fields"] == [{"name": "city", "before": None, "after": "Golden"}]
    accepted = desk.post(f"exports/{export['id']}/accept", {"version": export["version"]})
    assert (accepted.status, accepted.body["status"]) == (200, "exporting")
    request = integrator.get(f"erp_requests/{accepted.body['erp_request_id']}").body
    assert (request["request_name"], request["request_data"]["job"]["origin_id"]) == (
        "create_or_update_job",
        "SITE-7",
    )
    assert request["request_detail_id"] == request["request_data"]["request_detail_id"]


@pytest.mark.capability("EX-10")
def test_what_did_not_change_answers_409_unchanged(road, project, sign_in, project_user):
    answer = sign_in(project_user).post(f"records/{project.pk}/send_to_erp")

    assert (answer.status, answer.body["code"]) == (409, "unchanged")


@pytest.mark.capability("IN-09")
def test_send_answers_with_the_codes_of_the_checklist(company, project, sign_in, project_user):
    def draft() -> Record:
        vendor = create_record(company, actor=project_user, item_type="vendor", data={"name": "Kestrel Roofing"})
        data = {"number": "1", "title": "Roof", "status": "Draft", "vendor_id": vendor.pk}
        return create_record(
            company, actor=project_user, item_type="work_order_contract", project_id=project.pk, data=data
        )

    contract = in_company(company.pk, draft)
    site = sign_in(project_user)

    checks = site.get(f"records/{contract.pk}").body["checks"]
    answer = site.post(f"records/{contract.pk}/send_to_erp")

    failed = {one["code"]: one for one in checks if not one["passed"]}
    assert (answer.status, answer.body["code"]) == (422, "prerequisites")
    assert set(answer.body["errors"]) == set(failed) == {"status_approved", "vendor_linked", "line_with_erp_cost_code"}
    assert failed["vendor_linked"]["record_id"] == contract.vendor_id
    assert all(one["remedy"] for one in failed.values())


def test_a_budget_is_imported_by_a_post_to_its_project(
    company, project, cost_code, cost_type, integration, sign_in, approver, project_user
):
    sent = {"cost_code_id": cost_code.pk, "line_item_type_id": cost_type.pk, "original_estimate": "61000"}
    scope = {"project_id": project.pk}
    in_company(company.pk, lambda: sync_records(company, ENTITIES["job_cost"], [sent], actor=integration, scope=scope))

    answer = sign_in(approver).post(f"records/{project.pk}/import_budget")

    assert (answer.status, answer.body["item_type"], answer.body["amount"]) == (200, "budget", "61000.0")
    assert [line["data"]["original_budget_amount"] for line in answer.body["lines"]] == ["61000.0"]
    assert sign_in(project_user).post(f"records/{project.pk}/import_budget").status == 403
    assert sign_in(approver).post("records/999999/import_budget").status == 404
