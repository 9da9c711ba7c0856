"""Budgets, invoices, payments and costs on the wire, and the syncs that write straight into them."""

import json

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from erpstaging.core.scope import in_company
from erpstaging.outbox.models import Event
from erpstaging.records.editing import create_record
from erpstaging.records.models import OriginIdHistory, Record
from tests.fixtures.ledger import imported, metadata
from tests.staging.conftest import vendor_sent

UNKNOWN = {"id": ["Entity with this ID not found"]}
LARGEST = "9" * 19 + ".9999"


@pytest.fixture
def erp(integrator, connection, company):
    """The integration of a connected company, on the flat paths."""
    integrator.prefix = "/rest/v1.0"
    integrator.headers["Procore-Company-Id"] = str(company.pk)
    return integrator


@pytest.fixture
def sub_job(erp, project):
    sent = {"name": "Tower", "code": "T", "origin_id": "SITE-7-T"}
    (made,) = erp.patch(f"sub_jobs/sync?project_id={project.pk}", {"updates": [sent]}).body["entities"]
    return made["id"]


@pytest.fixture
def other_project(company, integration, approver, connection):
    sent = {"item_type": "project", "origin_id": "SITE-8", "data": {"name": "Quarry", "project_number": "Q"}}
    return imported(company, integration, approver, sent)


@pytest.fixture
def pair(cost_code, cost_type):
    """A cost code with a cost type."""
    return {"cost_code_id": cost_code.pk, "line_item_type_id": cost_type.pk}


@pytest.fixture
def codes(erp, project):
    """`codes(20)`: ids of that many cost codes of the project."""

    def make(count, project_id=project.pk):
        sent = [{"name": f"Code {n}", "code": f"X{n}", "origin_id": f"{project_id}-X{n}"} for n in range(count)]
        made = erp.patch(f"cost_codes/sync?project_id={project_id}", {"updates": sent}).body
        assert made["errors"] == []
        return [one["id"] for one in made["entities"]]

    return make


def records(company, item_type, **which):
    return Record.objects.of(company).filter(item_type=item_type, deleted_at=None, **which)


def statements(call) -> int:
    with CaptureQueriesContext(database) as captured:
        answer = call()
    assert answer.status == 200, answer
    assert isinstance(answer.body, list) or answer.body["errors"] == [], answer
    return len(captured)


# Cost type assignments


def assign(erp, project, *updates):
    return erp.patch(f"cost_code_line_item_types/sync?project_id={project.pk}", {"updates": list(updates)})


def test_an_assignment_is_found_by_its_pair(erp, company, project, pair):
    (made,) = assign(erp, project, {**pair, "synced": True}).body["entities"]
    (again,) = assign(erp, project, pair).body["entities"]
    (off,) = assign(erp, project, {**pair, "synced": False}).body["entities"]

    assert made | {**pair, "synced": True} == made
    assert (again["id"], again["synced"]) == (made["id"], True)
    assert (off["id"], off["synced"]) == (made["id"], False)
    assert records(company, "cost_type_assignment").count() == 1
    assert erp.get(f"cost_code_line_item_types?project_id={project.pk}").body == [off]


def test_assignments_come_as_a_bare_list_too(erp, project, pair):
    answer = erp.patch(f"cost_code_line_item_types/sync?project_id={project.pk}", [pair])

    assert [one["synced"] for one in answer.body["entities"]] == [False]


def test_an_assignment_of_a_sub_job_is_another_one(erp, company, project, sub_job, pair):
    assign(erp, project, pair)
    path = f"cost_code_line_item_types/sync?project_id={project.pk}&sub_job_id={sub_job}"

    erp.patch(path, {"updates": [pair]})
    erp.patch(path, {"updates": [pair]})

    assert sorted(one.data.get("sub_job_id") or 0 for one in records(company, "cost_type_assignment")) == [0, sub_job]


def test_an_assignment_of_another_project_s_code_is_refused(erp, other_project, pair):
    answer = assign(erp, other_project, pair)

    assert [one["errors"] for one in answer.body["errors"]] == [
        {"cost_code_id": [f"{pair['cost_code_id']} belongs to another project"]}
    ]


def test_a_pair_needs_both_halves(erp, project, cost_code):
    answer = assign(erp, project, {"cost_code_id": cost_code.pk})

    assert [list(one["errors"]) for one in answer.body["errors"]] == [["line_item_type_id"]]


@pytest.mark.parametrize("spelling", ["cost_code_line_item_types", "cost_codes_line_item_types"])
def test_an_assignment_is_deleted_under_both_spellings(erp, company, project, pair, spelling):
    (made,) = assign(erp, project, {**pair, "synced": True}).body["entities"]

    answer = erp.delete(f"{spelling}/{made['id']}")

    assert (answer.status, answer.body["id"]) == (200, made["id"])
    assert not records(company, "cost_type_assignment").exists()


def test_people_delete_an_assignment_that_is_not_in_the_erp(erp, project, pair, sign_in, project_user):
    (made,) = assign(erp, project, {**pair, "synced": True}).body["entities"]
    site = sign_in(project_user)

    closed = site.delete(f"records/{made['id']}")

    assert (closed.status, closed.body["code"]) == (422, "locked")
    assert closed.body["errors"]["base"] == ["In the ERP. Unlink it to delete it."]


# Job costs


def book(erp, job="SITE-7", *updates, **more):
    return erp.patch("erp_job_costs/sync", {"job_origin_id": job, "updates": list(updates), **more})


def test_job_costs_are_found_by_job_and_pair(erp, company, project, pair):
    (made,) = book(erp, "SITE-7", {**pair, "estimate": 100, "job_to_date_cost": "1.25"}).body["entities"]
    (again,) = book(erp, "SITE-7", {**pair, "estimate": 120.5}).body["entities"]

    assert made | {**pair, "project_id": project.pk, "estimate": 100, "job_to_date_cost": 1.25} == made
    assert (again["id"], again["estimate"], again["job_to_date_cost"]) == (made["id"], 120.5, 1.25)
    assert erp.get(f"erp_job_costs?project_id={project.pk}").body == [again]


def test_job_costs_of_a_sub_job_are_named_by_its_origin_id(erp, company, project, sub_job, pair):
    book(erp, "SITE-7", {**pair, "estimate": 1})

    (made,) = book(erp, "SITE-7-T", {**pair, "estimate": 2}).body["entities"]
    (by_other_name,) = erp.patch(
        "erp_job_costs/sync", {"sub_job_origin_id": "SITE-7-T", "updates": [{**pair, "estimate": 3}]}
    ).body["entities"]

    assert (made["project_id"], made["sub_job_id"]) == (project.pk, sub_job)
    assert (by_other_name["id"], by_other_name["estimate"]) == (made["id"], 3)
    assert records(company, "job_cost").count() == 2


@pytest.mark.parametrize(
    ("job", "reason"), [("SITE-9", "SITE-9 is not linked"), (None, "is required"), (["x"], "must be a string")]
)
def test_job_costs_name_a_linked_job(erp, job, reason):
    answer = book(erp, job)

    assert (answer.status, answer.body["errors"]) == (422, {"job_origin_id": [reason]})


@pytest.mark.capability("MP-08")
def test_figures_are_numbers_on_the_wire_and_lose_no_digit(erp, project, pair):
    body = {"job_origin_id": "SITE-7", "updates": [{**pair, "estimate": "@", "open_balance": 0.3}]}
    answer = erp.client.generic(
        "PATCH",
        "/rest/v1.0/erp_job_costs/sync",
        json.dumps(body).replace('"@"', LARGEST).encode(),
        content_type="application/json",
        headers=erp.headers,
    )

    assert f'"estimate":{LARGEST},'.encode() in answer.content
    assert b'"open_balance":0.3,' in answer.content


def test_figures_of_the_erp_are_closed_to_people(company, erp, project, pair, sign_in, project_user):
    (made,) = book(erp, "SITE-7", {**pair, "estimate": 1}).body["entities"]
    site = sign_in(project_user)

    data = {"project_id": project.pk, **pair}
    refused = [
        site.post("records", {"item_type": "job_cost", "project_id": project.pk, "data": data}),
        site.patch(f"records/{made['id']}", {"data": {"estimate": "2"}}),
        site.delete(f"records/{made['id']}"),
    ]

    assert [one.status for one in refused] == [403] * 3
    assert erp.delete(f"erp_job_costs/{made['id']}").status == 200
    assert not records(company, "job_cost").exists()


@pytest.mark.parametrize("path", ["cost_code_line_item_types", "erp_job_costs"])
def test_two_hundred_pairs_cost_no_more_statements_than_one(erp, project, cost_type, codes, path):
    def sync(ids):
        updates = [{"cost_code_id": one, "line_item_type_id": cost_type.pk} for one in ids]
        body = {"job_origin_id": "SITE-7", "updates": updates}
        return statements(lambda: erp.patch(f"{path}/sync?project_id={project.pk}", body))

    first, *others = codes(200)

    one, many, again = sync([first]), sync(others), sync(others)

    assert many <= one
    assert again <= one


# ERP transactions


@pytest.fixture
def transaction(company, project, integration):
    """What a sent budget leaves to be booked."""
    sent = {"code": "05-100", "value": "1500.5", "type": "Erp::OriginalEstimateTransaction"}
    return in_company(
        company.pk,
        lambda: create_record(
            company, actor=integration, item_type="erp_transaction", data=sent, project_id=project.pk
        ),
    )


def test_a_transaction_is_told_of_by_its_id(erp, project, transaction):
    update = {"id": transaction.pk, "origin_id": "TX-1", "synced": True}

    answer = erp.patch(
        "erp_transactions/sync", {"project_id": project.pk, "updates": [update, {"id": 2**62, "synced": True}]}
    ).body

    (entity,) = answer["entities"]
    assert entity | {**update, "value": 1500.5, "code": "05-100", "type": transaction.data["type"]} == entity
    assert answer["errors"] == [{"id": 2**62, "synced": True, "errors": UNKNOWN}]
    assert erp.get(f"erp_transactions?project_id={project.pk}&view=extended").body == [entity]
    assert erp.get(f"erp_transactions?project_id={project.pk}&filters[synced]=false").body == []


def test_a_transaction_is_taken_back(erp, company, project, transaction):
    erp.patch(
        "erp_transactions/sync", {"project_id": project.pk, "updates": [{"id": transaction.pk, "origin_id": "T"}]}
    )

    answer = erp.patch(
        f"erp_transactions/{transaction.pk}?company_id={company.pk}&project_id={project.pk}",
        {"transaction": {"origin_id": None, "synced": False}},
    )

    assert (answer.status, answer.body["origin_id"], answer.body["synced"]) == (200, None, False)
    assert OriginIdHistory.objects.of(company).get(record=transaction).origin_id == "T"


def test_a_transaction_of_another_project_is_unknown(erp, other_project, transaction):
    sync = {"project_id": other_project.pk, "updates": [{"id": transaction.pk, "synced": True}]}

    assert erp.patch("erp_transactions/sync", sync).body["errors"][0]["errors"] == UNKNOWN
    assert (
        erp.patch(
            f"erp_transactions/{transaction.pk}?project_id={other_project.pk}", {"transaction": {"synced": True}}
        ).status
        == 404
    )


# Budgets


@pytest.fixture
def budget_line(erp, project, pair):
    """A line of 100 on the budget that it brings along."""
    sent = {**pair, "original_budget_amount": 100}
    answer = erp.post("budget_line_items", {"project_id": project.pk, "budget_line_item": sent})
    assert answer.status == 201, answer
    return answer.body


@pytest.fixture
def second_line(erp, project, cost_type, codes):
    sent = {"cost_code_id": codes(1)[0], "line_item_type_id": cost_type.pk, "quantity": 3, "unit_cost": 0.1}
    return erp.post("budget_line_items", {"project_id": project.pk, "budget_line_item": sent}).body


def move(erp, project, to, **more):
    sent = {"to_budget_line_item_id": to["id"], "transfer_amount": "12.5", **more}
    return erp.post(f"projects/{project.pk}/budget_modifications", {"budget_modification": sent})


def test_a_budget_is_made_with_its_first_line_and_is_worth_its_lines(erp, company, project, budget_line, second_line):
    (budget,) = records(company, "budget")

    assert budget_line["original_budget_amount"] == 100
    assert (second_line["original_budget_amount"], second_line["calculation_strategy"]) == (0.3, "automatic")
    assert (str(budget.amount), budget.project_id, budget.title) == ("100.3000", project.pk, project.title)
    assert [one["id"] for one in erp.get(f"budget_line_items?project_id={project.pk}").body] == [
        budget_line["id"],
        second_line["id"],
    ]


def test_a_budget_line_is_one_for_each_pair(erp, project, pair, budget_line):
    answer = erp.post("budget_line_items", {"project_id": project.pk, "budget_line_item": pair})

    assert (answer.status, answer.body["code"], list(answer.body["errors"])) == (422, "taken", ["line_item_type_id"])


def test_budget_lines_are_synced_by_pair_into_a_plain_list(erp, project, pair, budget_line, codes, cost_type):
    other = {"cost_code_id": codes(1)[0], "line_item_type_id": cost_type.pk, "original_budget_amount": 7}
    body = {"project_id": project.pk, "budget_line_items": [{**pair, "original_budget_amount": "250.75"}, other]}

    answer = erp.post("budget_line_items/sync", body)

    first, second = answer.body
    assert (first["id"], first["original_budget_amount"]) == (budget_line["id"], 250.75)
    assert (second["original_budget_amount"], second["wbs_code"]) == (7, None)


def test_one_wrong_budget_line_refuses_all(erp, company, project, pair):
    body = {"project_id": project.pk, "budget_line_items": [pair, {"cost_code_id": 2**62}]}

    answer = erp.post("budget_line_items/sync", body)

    assert (answer.status, answer.body["code"], list(answer.body["errors"])) == (422, "atomic", ["updates.1"])
    assert not records(company, "budget_line_item").exists()


def test_two_hundred_budget_lines_cost_no_more_statements_than_one(erp, project, cost_type, codes):
    def sync(ids):
        lines = [{"cost_code_id": one, "line_item_type_id": cost_type.pk, "original_budget_amount": 1} for one in ids]
        return statements(
            lambda: erp.post("budget_line_items/sync", {"project_id": project.pk, "budget_line_items": lines})
        )

    first, second, *others = codes(200)
    sync([first])

    assert sync(others) <= sync([second])


def test_a_budget_is_locked_and_unlocked(erp, company, project):
    path = f"projects/{project.pk}/budget"

    assert erp.get(path).body == {"locked": False}
    assert not records(company, "budget").exists()
    locked = erp.post(f"{path}/lock")
    assert (locked.status, locked.body) == (201, {"locked": True})
    assert erp.get(path).body == {"locked": True}
    unlocked = erp.delete(f"{path}/lock")
    assert (unlocked.status, unlocked.body) == (200, {"locked": False})


def test_a_budget_with_modifications_is_unlocked_only_without_them(erp, company, project, budget_line):
    lock = f"projects/{project.pk}/budget/lock"
    erp.post(lock)
    move(erp, project, budget_line)

    refused = erp.delete(lock)
    unlocked = erp.delete(f"{lock}?destroy_all_budget_line_item_transfers=true")

    assert (refused.status, refused.body["code"]) == (422, "budget_modified")
    assert (unlocked.status, unlocked.body) == (200, {"locked": False})
    assert erp.get(f"projects/{project.pk}/budget_modifications").body == []


def test_a_locked_budget_keeps_its_original_amounts_from_people(erp, project, budget_line, sign_in, project_user):
    site = sign_in(project_user)
    erp.post(f"projects/{project.pk}/budget/lock")

    closed = site.patch(f"records/{budget_line['id']}", {"data": {"original_budget_amount": "1"}})
    open_still = site.patch(f"records/{budget_line['id']}", {"data": {"description": "Columns"}})

    assert (closed.status, closed.body["code"], list(closed.body["errors"])) == (
        422,
        "locked",
        ["original_budget_amount"],
    )
    assert open_still.status == 200


def test_a_budget_that_waits_for_approval_is_closed_to_everybody(erp, company, project, budget_line):
    records(company, "budget").update(lock="waiting")
    line = {"project_id": project.pk, "budget_line_item": {"original_budget_amount": 1}}

    answers = [
        erp.patch(f"budget_line_items/{budget_line['id']}", line),
        move(erp, project, budget_line),
        erp.post(f"projects/{project.pk}/budget/lock"),
    ]

    assert [(one.status, one.body["code"]) for one in answers] == [(422, "pending_approval")] * 3


def test_what_is_moved_between_lines_shows_on_both(erp, company, project, budget_line, second_line):
    made = move(erp, project, budget_line, from_budget_line_item_id=second_line["id"], notes="Steel is dearer")

    to, source = (
        erp.get(f"budget_line_items/{one['id']}?project_id={project.pk}").body for one in (budget_line, second_line)
    )
    assert made.body | {"transfer_amount": "12.5", "notes": "Steel is dearer", "origin_id": None} == made.body
    assert (to["approved_budget_changes"], to["revised_budget"], to["original_budget_amount"]) == (12.5, 112.5, 100)
    assert (source["approved_budget_changes"], source["revised_budget"]) == (-12.5, -12.2)
    assert str(records(company, "budget").get().amount) == "100.3000"
    assert erp.get(f"projects/{project.pk}/budget_modifications").body == [made.body]


def test_a_modification_stays_in_its_project(erp, other_project, budget_line):
    answer = move(erp, other_project, budget_line)

    assert (answer.status, list(answer.body["errors"])) == (422, ["to_budget_line_item_id"])


def test_a_budget_line_shows_what_contracts_and_direct_costs_take_up(
    erp, company, project, contract, budget_line, pair, vendor
):
    cost = {"invoice_number": "B-1", "vendor_id": vendor.pk, "direct_cost_type": "invoice", "status": "approved"}
    made = erp.post(f"projects/{project.pk}/direct_costs", {"item": cost}).body
    line = {"direct_cost_id": made["id"], "amount": "10.25", **pair}
    erp.patch(f"projects/{project.pk}/direct_costs/line_items/sync", {"updates": [line]})

    shown = erp.get(f"budget_line_items/{budget_line['id']}?project_id={project.pk}").body

    committed = 759000 + 126900
    assert (shown["committed_costs"], shown["direct_costs"]) == (committed, 10.25)
    assert shown["projected_costs"] == committed + 10.25
    assert shown["projected_over_under"] == 100 - committed - 10.25


# Invoices


@pytest.fixture
def requisition(erp, project, contract):
    sent = {"invoice_number": "R-1", "billing_date": "2026-11-01", "status": "approved"}
    answer = erp.post("requisitions", {"project_id": project.pk, "commitment_id": contract.pk, "requisition": sent})
    assert answer.status == 201, answer
    return answer.body


@pytest.fixture
def billed(company, requisition, contract, project_user):
    """The invoice with a line of each kind."""
    lines = {
        "requisition_contract_item": {"work_completed_this_period": "1000.1", "materials_presently_stored": "0.2"},
        "requisition_contract_detail_item": {"work_completed_this_period": "50"},
        "requisition_change_order_item": {
            "work_completed_this_period": "200",
            "work_completed_retainage_retained_this_period": "20",
        },
    }

    def make(item_type, data):
        return create_record(company, actor=project_user, item_type=item_type, data=data, parent_id=requisition["id"])

    return {
        item_type: in_company(company.pk, lambda item_type=item_type, data=data: make(item_type, data))
        for item_type, data in lines.items()
    }


def test_a_requisition_shows_its_contract(requisition, contract, vendor):
    assert (
        requisition
        | {
            "commitment_id": contract.pk,
            "commitment_type": "WorkOrderContract",
            "contract_name": contract.title,
            "vendor_id": vendor.pk,
            "vendor_name": vendor.title,
            "number": 1,
            "erp_status": "not_synced",
            "deletable": True,
            "items": [],
        }
        == requisition
    )


def test_a_requisition_needs_no_wrapper_and_counts_on(erp, project, contract, requisition):
    second = erp.post("requisitions", {"project_id": project.pk, "commitment_id": contract.pk})

    assert (second.status, second.body["number"]) == (201, 2)
    assert second.body["previous_requisition_id"] == requisition["id"]


def test_a_requisition_is_worth_its_lines(erp, company, project, requisition, billed, contract):
    shown = erp.get(f"requisitions/{requisition['id']}?project_id={project.pk}").body

    assert shown["total_claimed_amount"] == "1250.3"
    assert (
        shown["summary"]
        | {
            "original_contract_sum": "885900.0",
            "total_completed_and_stored_to_date": "1250.3",
            "completed_work_retainage_amount": "20.0",
            "total_earned_less_retainage": "1230.3",
            "current_payment_due": "1230.3",
        }
        == shown["summary"]
    )
    assert [one["work_completed_this_period"] for one in shown["items"]] == ["1000.1"]


@pytest.mark.parametrize(
    ("word", "item_type"),
    [
        ("contract_items", "requisition_contract_item"),
        ("contract_detail_items", "requisition_contract_detail_item"),
        ("change_order_items", "requisition_change_order_item"),
    ],
)
def test_each_kind_of_invoice_line_has_its_list(erp, project, requisition, billed, word, item_type):
    (listed,) = erp.get(f"requisitions/{requisition['id']}/{word}?project_id={project.pk}").body
    linked = erp.patch(
        "external_data/sync",
        {"updates": [{"item_type": item_type, "item_id": listed["id"], "origin_id": "L-1"}]},
    )

    assert listed["id"] == billed[item_type].pk
    assert [one["origin_id"] for one in linked.body["entities"]] == ["L-1"]


@pytest.mark.capability("LK-01")
def test_a_linked_requisition_is_closed_to_people_with_its_lines(
    erp, project, requisition, billed, sign_in, project_user
):
    body = {"project_id": project.pk, "commitment_id": requisition["commitment_id"]}
    erp.patch(f"requisitions/{requisition['id']}", {**body, "requisition": {"origin_id": "REQ-1"}})
    site = sign_in(project_user)
    line = billed["requisition_contract_item"]

    answers = [
        site.patch(f"records/{requisition['id']}", {"data": {"comment": "Late"}}),
        site.patch(f"records/{line.pk}", {"data": {"work_completed_this_period": "1"}}),
        site.delete(f"records/{requisition['id']}"),
        site.post("records", {"item_type": line.item_type, "parent_id": requisition["id"], "data": {}}),
    ]

    assert [(one.status, one.body["code"]) for one in answers] == [(422, "locked")] * 4
    changed = erp.patch(f"requisitions/{requisition['id']}", {**body, "requisition": {"comment": "From the ERP"}})
    assert (changed.body["comment"], changed.body["erp_status"]) == ("From the ERP", "synced")


def test_a_payment_application_shows_its_summary(erp, company, project, vendor, project_user):
    contract = erp.post(
        "prime_contract", {"project_id": project.pk, "prime_contract": {"title": "Tower", "vendor_id": vendor.pk}}
    ).body
    path = f"prime_contracts/{contract['id']}/payment_applications"
    sent = {"invoice_number": "A-1", "period_start": "2026-10-01", "period_end": "2026-10-31", "status": "approved"}
    made = erp.post(path, {"project_id": project.pk, "payment_application": sent}).body
    data = {"work_completed_this_period": "0.1", "new_materials": "0.2"}
    in_company(
        company.pk,
        lambda: create_record(
            company, actor=project_user, item_type="payment_application_line_item", data=data, parent_id=made["id"]
        ),
    )
    erp.post(path, {"project_id": project.pk})

    first, second = erp.get(f"{path}?project_id={project.pk}").body

    assert (
        first
        | sent
        | {
            "total_amount_accrued_this_period": "0.3",
            "formatted_contract_company": vendor.title,
            "billing_period": {"start_date": "2026-10-01", "end_date": "2026-10-31"},
            "contract": {"id": contract["id"], "type": "PrimeContract", "title": "Tower"},
        }
        == first
    )
    assert (first["g702"]["current_payment_due"], first["g702"]["formatted_period"]) == (
        "0.3",
        "2026-10-01 - 2026-10-31",
    )
    assert second["number"] == 2
    newest = erp.get(f"{path}?project_id={project.pk}&filters[is_last]=true").body
    assert [one["id"] for one in newest] == [second["id"]]


# Payments


def test_a_linked_payment_is_closed_to_people_but_for_the_origin_keys_of_the_erp(
    erp, project, contract, sign_in, project_user
):
    scope = {"project_id": project.pk, "contract_id": contract.pk}
    sent = {"amount": "500.5", "payment_method": "check", "origin_id": "PAY-1"}
    made = erp.post("contract_payments", {**scope, "contract_payment": sent})
    site = sign_in(project_user)

    closed = site.patch(f"records/{made.body['id']}", {"data": {"notes": "Late"}})
    kept = site.delete(f"records/{made.body['id']}")
    told = erp.patch(f"contract_payments/{made.body['id']}", {**scope, "contract_payment": {"origin_data": "rev 2"}})

    assert (made.status, made.body["amount"]) == (201, "500.5")
    assert [(one.status, one.body["code"]) for one in (closed, kept)] == [(422, "locked")] * 2
    assert (told.status, told.body["origin_data"], told.body["origin_id"]) == (200, "rev 2", "PAY-1")


def test_a_moment_without_its_offset_is_refused(company, project, contract, sign_in, project_user):
    site = sign_in(project_user)
    data = {"contract_id": contract.pk, "date_payment_settled": "2026-11-01T10:00:00"}

    answer = site.post("records", {"item_type": "contract_payment", "project_id": project.pk, "data": data})

    assert (answer.status, list(answer.body["errors"])) == (422, ["date_payment_settled"])


def pay(erp, *updates):
    return erp.patch("invoice_payments/sync", {"updates": list(updates)})


def test_invoice_payments_are_written_by_the_integration(erp, company, requisition):
    update = {"invoice_type": "Billings::Requisition", "invoice_id": requisition["id"], "origin_id": "P-1"}

    (made,) = pay(erp, {**update, "origin_code": "1", "amount": "99.95"}).body["entities"]
    (again,) = pay(erp, {"origin_id": "P-1", "amount": "100"}).body["entities"]

    assert made | {**update, "origin_code": "1", "amount": "99.95", "synced": True} == made
    assert (again["id"], again["amount"]) == (made["id"], "100.0")
    assert erp.get(f"companies/{company.pk}/invoice_payments").body == [again]


def test_an_invoice_payment_names_an_invoice_of_its_kind(erp, requisition):
    wrong = {"invoice_type": "Billings::PaymentApplication", "invoice_id": requisition["id"], "origin_id": "P-1"}

    answer = pay(erp, wrong, {"invoice_type": "Cheque", "invoice_id": 1}, {"origin_id": "P-2"})

    assert [list(one["errors"]) for one in answer.body["errors"]] == [
        ["invoice_id"],
        ["invoice_type"],
        ["invoice_type", "invoice_id"],
    ]


@pytest.mark.parametrize("kind", ["invoice_payment", "contract_payment"])
def test_a_payment_is_unlinked(erp, company, project, contract, requisition, kind):
    sent = {"invoice_type": "Billings::Requisition", "invoice_id": requisition["id"], "origin_id": "P-1"}
    if kind == "invoice_payment":
        (made,) = pay(erp, sent).body["entities"]
    else:
        scope = {"project_id": project.pk, "contract_id": contract.pk}
        made = erp.post("contract_payments", {**scope, "contract_payment": {"origin_id": "P-1"}}).body

    answer = erp.patch(f"companies/{company.pk}/invoice_payments/{made['id']}/unlink")

    assert (answer.status, answer.body["id"], answer.body["origin_id"]) == (200, made["id"], None)
    assert OriginIdHistory.objects.of(company).get(record_id=made["id"]).origin_id == "P-1"
    assert erp.patch(f"invoice_payments/{requisition['id']}/unlink").status == 404


def test_the_older_switch_of_requisitions_opens_invoice_payments(erp, company, requisition):
    off = {"enabled": False}
    older = {"enabled": True, "configs": {"sync_payments": {"enabled": True}}}

    def status(**entities):
        erp.patch(f"companies/{company.pk}/erp_connections/metadata_configuration", metadata(**entities))
        return erp.get("invoice_payments").status

    assert [status(contract_payments=off), status(contract_payments=off, requisitions=older), status()] == [
        404,
        200,
        200,
    ]


# Direct costs


@pytest.fixture
def direct_costs(erp, project, vendor):
    """`direct_costs(3)`: ids of that many direct costs."""

    def make(count):
        sent = [
            {"invoice_number": f"B-{n}", "vendor_id": vendor.pk, "direct_cost_type": "invoice", "origin_id": f"B-{n}"}
            for n in range(count)
        ]
        answer = erp.patch(f"projects/{project.pk}/direct_costs/sync", {"updates": sent})
        assert answer.body["errors"] == [], answer
        return [one["id"] for one in answer.body["entities"]]

    return make


def lines_synced(erp, project, *updates):
    return erp.patch(f"projects/{project.pk}/direct_costs/line_items/sync", {"updates": list(updates)})


@pytest.mark.capability("MP-08")
def test_lines_of_many_direct_costs_come_in_one_call(erp, company, project, direct_costs, pair):
    first, second = direct_costs(2)

    answer = lines_synced(
        erp,
        project,
        {"direct_cost_id": first, "amount": 0.1, "origin_id": "L-1", **pair},
        {"direct_cost_id": second, "quantity": 2, "unit_cost": "1.5", **pair},
        {"direct_cost_id": first, "amount": "0.2", **pair},
    )

    assert answer.body["errors"] == []
    assert [(one["direct_cost_id"], one["amount"], one["position"]) for one in answer.body["entities"]] == [
        (first, "0.1", 1),
        (second, "3.0", 1),
        (first, "0.2", 2),
    ]
    listed = erp.get(f"projects/{project.pk}/direct_costs").body
    assert [(one["id"], one["grand_total"]) for one in listed] == [(first, "0.3"), (second, "3.0")]
    told = Event.objects.of(company).filter(resource_name="Direct Cost Line Items")
    assert told.count() == 3


def test_a_line_stays_with_its_direct_cost_and_is_found_without_naming_it(erp, project, direct_costs, pair):
    first, second = direct_costs(2)
    (made,) = lines_synced(erp, project, {"direct_cost_id": first, "amount": 1, "origin_id": "L-1"}).body["entities"]

    moved = lines_synced(erp, project, {"id": made["id"], "direct_cost_id": second}).body
    changed = lines_synced(erp, project, {"origin_id": "L-1", "amount": "7"}).body

    assert moved["errors"][0]["errors"] == {"direct_cost_id": ["cannot be changed"]}
    assert changed["entities"][0]["id"] == made["id"]
    shown = erp.get(f"projects/{project.pk}/direct_costs/{first}").body
    assert (shown["grand_total"], shown["line_items_count"]) == ("7.0", 1)


def test_a_line_names_a_direct_cost_of_the_project(erp, project, other_project, direct_costs, contract):
    (cost,) = direct_costs(1)

    answer = lines_synced(erp, project, {"amount": 1}, {"direct_cost_id": 2**62}, {"direct_cost_id": contract.pk})
    elsewhere = lines_synced(erp, other_project, {"direct_cost_id": cost, "amount": 1})

    assert [one["errors"] for one in answer.body["errors"]] == [
        {"direct_cost_id": ["can't be blank"]},
        {"direct_cost_id": [f"{2**62} does not exist"]},
        {"direct_cost_id": [f"{contract.pk} does not exist"]},
    ]
    assert elsewhere.body["errors"][0]["errors"] == {"direct_cost_id": [f"{cost} does not exist"]}


def test_lines_of_a_contract_are_not_reached_through_direct_costs(erp, company, project, contract, direct_costs):
    direct_costs(1)
    line = Record.objects.of(company).filter(parent=contract).order_by("pk").first()

    answer = lines_synced(erp, project, {"id": line.pk, "amount": "1"})

    assert answer.body["errors"][0]["errors"] == UNKNOWN


def test_two_hundred_lines_cost_no_more_statements_than_one(erp, project, direct_costs, pair):
    costs = direct_costs(100)

    def sync(count):
        updates = [{"direct_cost_id": costs[n % 100], "amount": "1.5", **pair} for n in range(count)]
        return statements(lambda: lines_synced(erp, project, *updates))

    one = sync(1)

    assert sync(200) <= one


def test_a_direct_cost_is_served_under_both_versions(erp, project, direct_costs):
    (cost,) = direct_costs(1)

    assert erp.get(f"/rest/v1.1/projects/{project.pk}/direct_costs/{cost}").body["origin_id"] == "B-0"


# Insurances


@pytest.mark.parametrize("nested", [True, False])
def test_insurances_are_written_by_vendor(erp, company, vendor, sign_in, project_user, nested):
    path = f"companies/{company.pk}/vendors/{vendor.pk}/insurances" if nested else "insurances"
    sent = {"policy_number": "POL-1", "limit": "2m", "name": "Alba", "origin_id": "INS-1", "status": "compliant"}
    sent |= {} if nested else {"vendor_id": vendor.pk, "company_id": company.pk}

    (made,) = erp.patch(f"{path}/sync", {"updates": [sent]}).body["entities"]
    site = sign_in(project_user)
    closed = site.patch(f"records/{made['id']}", {"data": {"policy_number": "X"}})

    assert (made["vendor_id"], made["insurance_provider"], made["policy_number"]) == (vendor.pk, "Alba", "POL-1")
    assert erp.get(path).body == [made]
    assert (closed.status, closed.body["code"], list(closed.body["errors"])) == (422, "locked", ["policy_number"])


def test_an_insurance_of_another_vendor_is_not_reached_through_this_one(erp, company, integration, approver, vendor):
    other = imported(company, integration, approver, vendor_sent("CRED-13"))
    erp.patch(f"vendors/{vendor.pk}/insurances/sync", {"updates": [{"policy_number": "1", "origin_id": "INS-1"}]})

    answer = erp.patch(
        f"vendors/{other.pk}/insurances/sync", {"updates": [{"policy_number": "2", "origin_id": "INS-1"}]}
    )

    assert list(answer.body["errors"][0]["errors"]) == ["origin_id"]
    assert records(company, "insurance").get().data["policy_number"] == "1"


def test_an_insurance_of_another_company_is_refused(erp, company, other_company, vendor):
    sent = {"vendor_id": vendor.pk, "policy_number": "1", "company_id": other_company.pk}

    answer = erp.patch("insurances/sync", {"company_id": company.pk, "updates": [sent]})

    assert [one["errors"] for one in answer.body["errors"]] == [{"company_id": ["names another company"]}]


# Projects


def test_a_project_says_whether_its_job_cost_transactions_come_along(erp, project):
    path = f"projects/{project.pk}/configuration"
    key = "erp_job_cost_transaction_syncing_enabled"

    changed = erp.patch(path, {"configuration": {key: True, "name": "Stolen"}})

    assert (changed.status, changed.body) == (200, {key: True})
    assert erp.get(path).body == {key: True}
    assert erp.get(f"projects/{project.pk}").body["name"] == project.title


# Who may


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "cost_code_line_item_types/sync?project_id={project}"),
        ("PATCH", "erp_job_costs/sync"),
        ("PATCH", "erp_transactions/sync?project_id={project}"),
        ("PATCH", "invoice_payments/sync"),
        ("PATCH", "invoice_payments/1/unlink"),
        ("PATCH", "insurances/sync"),
        ("PATCH", "vendors/{vendor}/insurances/sync"),
        ("POST", "budget_line_items/sync"),
        ("PATCH", "projects/{project}/direct_costs/sync"),
        ("PATCH", "projects/{project}/direct_costs/line_items/sync"),
    ],
)
def test_only_the_integration_writes_past_the_gate(connect, service_account, company, project, vendor, method, path):
    plain = connect(service_account, scopes="read write")
    address = f"/rest/v1.0/{path.format(project=project.pk, vendor=vendor.pk)}"

    answer = plain(method, address, {"updates": []}, Procore_Company_Id=str(company.pk))

    assert (answer.status, answer.body["code"]) == (403, "missing_privilege")


def test_a_company_without_budgets_has_no_addresses_for_them(erp, company, project):
    erp.patch(f"companies/{company.pk}/erp_connections/metadata_configuration", metadata(budgets={"enabled": False}))

    paths = [f"projects/{project.pk}/budget", f"budget_line_items?project_id={project.pk}"]
    assert [erp.get(path).status for path in paths] == [404, 404]


def test_a_thousand_and_one_elements_are_too_many(erp, project):
    body = {"project_id": project.pk, "budget_line_items": [{}] * 1001}

    assert erp.post("budget_line_items/sync", body).status == 413
