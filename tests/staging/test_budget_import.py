"""A budget that is taken over from the job costs of the ERP."""

import pytest

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.core.errors import Invalid, NotFound, NotPermitted, WrongState
from erpstaging.erp_requests.models import ErpRequest
from erpstaging.records.editing import create_record
from erpstaging.records.models import Record
from erpstaging.staging.budget_import import import_budget
from erpstaging.staging.budgets import lock_budget
from erpstaging.staging.direct import sync_records
from erpstaging.staging.reading import seen_record
from tests.staging.exporting import Road


@pytest.fixture
def road(company, connection, project_user, second_approver, integration):
    return Road(company, project_user, second_approver, integration)


@pytest.fixture
def costs(company, project, cost_code, cost_type, integration):
    """`costs("61000")`: what the ERP estimated on the one cost code of the project."""

    def send(estimate: str, name: str = "original_estimate") -> None:
        sent = {"cost_code_id": cost_code.pk, "line_item_type_id": cost_type.pk, name: estimate}
        scope = {"project_id": project.pk}
        outcome = sync_records(company, ENTITIES["job_cost"], [sent], actor=integration, scope=scope)
        assert outcome.errors == []

    return send


def lines_of(company, budget) -> list[tuple[str, int]]:
    rows = Record.objects.of(company).filter(parent=budget, item_type="budget_line_item", deleted_at=None)
    return [(one.data["original_budget_amount"], one.data["cost_code_id"]) for one in rows]


def test_the_budget_has_a_line_for_each_job_cost_and_the_integrator_is_told(
    company, project, cost_code, costs, approver
):
    costs("61000")

    budget = import_budget(company, project.pk, actor=approver)

    assert (str(budget.amount), lines_of(company, budget)) == ("61000.0000", [("61000.0", cost_code.pk)])
    told = ErpRequest.objects.of(company).get(request_name="create_budget_in_procore")
    assert told.request_data == {
        "project_origin_id": "SITE-7",
        "budget": {
            "id": budget.pk, "origin_id": None, "origin_data": None, "synced": False, "custom_fields": {},
            "project_id": project.pk,
        },
    }  # fmt: skip


def test_imported_again_it_follows_the_job_costs(company, project, cost_code, costs, approver):
    costs("61000")
    first = import_budget(company, project.pk, actor=approver)
    costs("75000")

    again = import_budget(company, project.pk, actor=approver)

    assert (again.pk, lines_of(company, again)) == (first.pk, [("75000.0", cost_code.pk)])


def test_of_an_erp_that_keeps_no_original_estimate_the_present_one_is_taken(
    company, project, cost_code, costs, approver
):
    costs("900", "estimate")

    budget = import_budget(company, project.pk, actor=approver)

    assert lines_of(company, budget) == [("900.0", cost_code.pk)]


def test_what_the_erp_has_already_is_not_sent_to_it(road, company, project, costs, approver):
    costs("61000")
    budget = import_budget(company, project.pk, actor=approver)

    export = road.accept(road.send(budget))

    data = road.request(export).request_data
    assert (data["transactions"], [one["new_amount"] for one in data["job_costs"]]) == ([], [61000.0])


def test_once_it_was_exported_it_is_imported_no_more(road, company, project, costs, approver, second_approver):
    costs("61000")
    budget = import_budget(company, project.pk, actor=approver)
    road.sync(budget, "BUD-7")

    with pytest.raises(WrongState) as refused:
        import_budget(company, project.pk, actor=second_approver)

    assert refused.value.code == "already_exported"
    (act,) = [one for one in seen_record(company, project.pk, second_approver).acts if one.act == "import_budget"]
    assert (act.enabled, act.code) == (False, "already_exported")


def test_without_job_costs_nothing_is_made(company, project, approver):
    with pytest.raises(Invalid) as refused:
        import_budget(company, project.pk, actor=approver)

    assert refused.value.code == "no_job_costs"


def test_a_locked_budget_stays_as_it_is(company, project, costs, approver):
    costs("61000")
    lock_budget(company, project.pk, actor=approver)

    with pytest.raises(Invalid) as refused:
        import_budget(company, project.pk, actor=approver)

    assert refused.value.code == "locked"


def test_a_project_that_is_not_linked_has_nothing_to_import(company, connection, project_user, approver):
    own = create_record(company, actor=project_user, item_type="project", data={"name": "Library"})

    with pytest.raises(Invalid) as refused:
        import_budget(company, own.pk, actor=approver)

    assert (refused.value.code, list(refused.value.errors)) == ("prerequisites", ["project_linked"])


def test_it_takes_the_standard_level_of_the_erp_tool_and_a_project(company, project, vendor, costs, make_person):
    costs("61000")

    with pytest.raises(NotPermitted):
        import_budget(company, project.pk, actor=make_person("writer", project_level="admin"))
    clerk = make_person("clerk", erp_level="standard")
    with pytest.raises(NotFound):
        import_budget(company, vendor.pk, actor=clerk)
    assert import_budget(company, project.pk, actor=clerk).item_type == "budget"
