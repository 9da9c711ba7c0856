"""Budgets on their way to the ERP: amounts by job cost, and what is new of them as transactions."""

from decimal import Decimal

import pytest

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.connections.services import store_metadata, store_settings
from erpstaging.core.errors import Invalid
from erpstaging.records.editing import create_record, edit_record
from erpstaging.records.lines import LineEdit
from erpstaging.records.models import Record
from erpstaging.staging.direct import sync_records
from erpstaging.staging.exports import retry_export
from erpstaging.staging.sending import retrieve_record
from tests.fixtures.ledger import ON, metadata
from tests.staging.exporting import Road

ORIGINAL, REVISED = "Erp::OriginalEstimateTransaction", "Erp::RevisedEstimateTransaction"


@pytest.fixture
def road(company, connection, project_user, approver, integration):
    return Road(company, project_user, approver, integration)


@pytest.fixture
def codes(cost_code, cost_type):
    return {"cost_code_id": cost_code.pk, "line_item_type_id": cost_type.pk}


@pytest.fixture
def budget(company, project, codes, project_user):
    """A budget with one line of 80,000."""
    return create_record(
        company,
        actor=project_user,
        item_type="budget",
        project_id=project.pk,
        data={"name": "Harbour Point"},
        lines=[LineEdit(None, {"original_budget_amount": "80000", "description": "Steel", **codes})],
    )


@pytest.fixture
def line(company, budget):
    return Record.objects.of(company).get(parent=budget, item_type="budget_line_item")


@pytest.fixture
def modify(company, budget, line, project_user):
    """`modify("2500")`: move an amount to the line."""

    def move(amount: str) -> Record:
        data = {"to_budget_line_item_id": line.pk, "transfer_amount": amount}
        return create_record(company, actor=project_user, item_type="budget_change", parent_id=budget.pk, data=data)

    return move


def transactions(company, **filters) -> list[Record]:
    return list(
        Record.objects.of(company).filter(item_type="erp_transaction", deleted_at=None, **filters).order_by("pk")
    )


def booked(company, integration, project) -> None:
    """The integrator says that the ERP has all of them."""
    updates = [{"id": one.pk, "origin_id": f"T-{one.pk}", "synced": True} for one in transactions(company)]
    scope = {"project_id": project.pk}
    outcome = sync_records(company, ENTITIES["erp_transaction"], updates, actor=integration, scope=scope)
    assert outcome.errors == []


@pytest.mark.capability("EX-01", "EX-02")
def test_a_budget_leaves_with_its_job_costs_and_transactions(
    road, company, project, budget, line, cost_code, cost_type
):
    export = road.accept(road.send(budget))

    request = road.request(export)
    assert (request.request_name, export.action) == ("create_budget", "create")
    (transaction,) = transactions(company)
    job_cost = Record.objects.of(company).get(item_type="job_cost")
    data = request.request_data
    assert data.pop("transactions") == [
        {
            "id": transaction.pk, "origin_id": None, "code": "05-100", "value": 80000.0, "synced": False,
            "type": ORIGINAL, "procore_transaction_id": line.pk, "procore_transaction_type": "BudgetLineItem",
            "job_cost_id": job_cost.pk, "created_at": data_time(transaction), "notes": None,
        }
    ]  # fmt: skip
    assert data == {
        "job_id": "SITE-7",
        "budget": {
            "id": budget.pk, "origin_id": None, "origin_data": None, "synced": False, "custom_fields": {},
            "project_id": project.pk,
        },
        "job_costs": [
            {
                "id": job_cost.pk, "cost_code_origin_id": "SITE-7|05-100", "line_item_type_origin_id": "SUB",
                "budget_line_item_id": line.pk, "new_amount": 80000.0, "job_origin_id": "SITE-7",
                "sub_job_origin_id": None,
            }
        ],
        "request_detail_id": road.detail(budget).pk,
    }  # fmt: skip
    road.link(budget, "BUD-7")
    assert road.close(budget).state == "synced"


def data_time(record: Record) -> str:
    return record.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.mark.capability("EX-10")
def test_an_update_carries_the_same_origin_id_and_only_what_is_new(
    road, company, project, budget, line, project_user, integration
):
    road.sync(budget, "BUD-7")
    booked(company, integration, project)
    edit = LineEdit(line.pk, {"original_budget_amount": "95000"})
    edit_record(company, budget.pk, actor=project_user, data={}, lines=[edit])

    export = road.accept(road.send(budget))

    request = road.request(export)
    assert (request.request_name, export.action) == ("update_budget", "update")
    assert (request.request_data["budget"]["origin_id"], request.request_data["budget"]["synced"]) == ("BUD-7", True)
    assert [one["value"] for one in request.request_data["transactions"]] == [15000.0]
    assert [one["new_amount"] for one in request.request_data["job_costs"]] == [95000.0]
    assert road.close(budget).state == "synced"
    assert road.newest(budget).record.origin_id == "BUD-7"


def test_a_second_attempt_says_which_transactions_the_first_one_booked(
    road, company, project, budget, integration, approver
):
    export = road.accept(road.send(budget))
    booked(company, integration, project)
    road.close(budget, "failed", "The plan is open in another window.")

    again = retry_export(company, export.pk, actor=approver)

    (sent,) = road.request(again).request_data["transactions"]
    assert (sent["synced"], sent["origin_id"]) == (True, f"T-{sent['id']}")


def test_what_was_sent_and_taken_back_is_not_left_as_a_transaction(road, company, budget, line, project_user):
    road.send(budget)
    retrieve_record(company, budget.pk, actor=project_user)
    edit_record(
        company, budget.pk, actor=project_user, data={}, lines=[LineEdit(line.pk, {"original_budget_amount": "1"})]
    )

    road.send(budget)

    assert [one.data["value"] for one in transactions(company)] == ["1.0"]


def test_a_line_that_goes_takes_back_what_the_erp_has_of_it(
    road, company, project, budget, line, codes, project_user, integration
):
    road.sync(budget, "BUD-7")
    booked(company, integration, project)
    lines = [LineEdit(line.pk, {}, delete=True), LineEdit(None, {"original_budget_amount": "70", **codes})]
    edit_record(company, budget.pk, actor=project_user, data={}, lines=lines)

    export = road.accept(road.send(budget))

    values = {one["procore_transaction_id"]: one["value"] for one in road.request(export).request_data["transactions"]}
    new = Record.objects.of(company).get(parent=budget, item_type="budget_line_item", deleted_at=None)
    assert values == {line.pk: -80000.0, new.pk: 70.0}


@pytest.mark.capability("IN-09")
def test_revised_estimates_hold_a_budget_up_where_they_are_not_exported(road, budget, modify):
    modify("2500")

    with pytest.raises(Invalid) as refused:
        road.send(budget)

    assert (refused.value.code, list(refused.value.errors)) == ("prerequisites", ["no_unsent_revised_estimates"])


def test_revised_estimates_leave_where_the_document_says_so(road, budget, modify):
    road.configure(budgets={"revised_estimates_export": ON})
    change = modify("2500")

    export = road.accept(road.send(budget))

    data = road.request(export).request_data
    revised = [one for one in data["transactions"] if one["type"] == REVISED]
    assert [(one["procore_transaction_id"], one["value"]) for one in revised] == [(change.pk, 2500.0)]
    assert [one["new_amount"] for one in data["job_costs"]] == [82500.0]


@pytest.mark.capability("IN-09")
@pytest.mark.parametrize("allowed", [True, False])
def test_lines_on_sub_jobs_leave_only_where_the_document_says_so(
    road, company, project, budget, codes, project_user, allowed
):
    road.configure(budgets={"sub_job_export": ON} if allowed else {})
    sub_job = create_record(
        company, actor=project_user, item_type="sub_job", project_id=project.pk, data={"name": "N", "code": "N"}
    )
    road.link(sub_job, "SITE-7-N")
    data = {"original_budget_amount": "5", "sub_job_id": sub_job.pk, **codes}
    edit_record(company, budget.pk, actor=project_user, data={}, lines=[LineEdit(None, data)])

    if allowed:
        costs = road.request(road.accept(road.send(budget))).request_data["job_costs"]
        assert [one["sub_job_origin_id"] for one in costs] == [None, "SITE-7-N"]
    else:
        with pytest.raises(Invalid) as refused:
            road.send(budget)
        assert list(refused.value.errors) == ["no_sub_job_lines"]


@pytest.mark.parametrize("ticked", [True, False])
def test_forecast_amounts_leave_where_they_are_allowed_and_ticked(road, company, budget, contract, admin, ticked):
    """The contract of the fixtures commits 885,900 on the place of the line, which has 80,000."""
    road.configure(budgets={"export": {"enabled": True, "forecast_amounts": ON}})
    store_settings(company.pk, {"include_forecast_amounts": ticked}, actor=admin)

    export = road.accept(road.send(budget))

    (cost,) = road.request(export).request_data["job_costs"]
    assert Decimal(str(cost["new_amount"])) == (Decimal("885900") if ticked else Decimal("80000"))


@pytest.mark.capability("AP-06")
def test_a_budget_is_accepted_only_with_a_yes_to_its_caution(road, company, budget, connection, integration):
    caution = {"warning_message": {"enabled": True, "message": "The plan in the ledger is overwritten. Continue?"}}
    settings = {"enabled": True, "configs": {"export": ON}, "tab": ON, "rules": {"export": caution}}
    store_metadata(company.pk, metadata(budgets=settings), actor=integration)
    export = road.send(budget)

    with pytest.raises(Invalid) as asked:
        road.accept(export)

    assert (asked.value.code, asked.value.message) == (
        "confirmation_required",
        "The plan in the ledger is overwritten. Continue?",
    )
    assert road.accept(export, confirm=True).state == "exporting"
