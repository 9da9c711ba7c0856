"""Projects, sub jobs, standard cost codes and budgets on the pages: made, sent, changed, sent again."""

import pytest
from django.urls import reverse

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.connections.services import store_metadata
from erpstaging.core.scope import company_scope, in_company
from erpstaging.records.editing import create_record, edit_record
from erpstaging.records.lines import LineEdit
from erpstaging.records.models import Record
from erpstaging.staging.direct import sync_records
from erpstaging.staging.models import StagedExport
from erpstaging.staging.sending import send_record
from tests.approvals.test_settings import Desk
from tests.fixtures.ledger import ON, metadata
from tests.staging.exporting import Road


@pytest.fixture
def desk(company, connection):
    return lambda person: Desk(company, person)


@pytest.fixture
def road(company, connection, project_user, approver, integration):
    road = Road(company, project_user, approver, integration)
    in_company(company.pk, lambda: road.configure(jobs={"update": ON}))
    return road


def made(company, item_type: str) -> Record:
    with company_scope(company.pk):
        return Record.objects.of(company).filter(item_type=item_type).latest("pk")


def export_of(company, record: Record) -> StagedExport:
    with company_scope(company.pk):
        return StagedExport.objects.of(company).filter(record=record).latest("pk")


def test_a_budget_is_written_with_its_amounts_and_sent(desk, company, project, cost_code, cost_type, project_user):
    answer = desk(project_user).client.post(
        reverse("approvals:new_record", args=[company.pk, "budget"]) + "?then=send",
        {
            "project_id": project.pk, "name": "Harbour Point",
            "line-0-cost_code_id": cost_code.pk, "line-0-line_item_type_id": cost_type.pk,
            "line-0-description": "Steel", "line-0-quantity": "", "line-0-uom": "", "line-0-unit_cost": "",
            "line-0-original_budget_amount": "80000",
            "line-1-cost_code_id": "", "line-1-line_item_type_id": "", "line-1-original_budget_amount": "",
        },
    )  # fmt: skip

    assert answer.status_code == 302, answer.content.decode()
    budget = made(company, "budget")
    assert (str(budget.amount), export_of(company, budget).state) == ("80000.0000", "ready_to_export")


def test_a_line_of_a_budget_is_quantity_times_unit_cost_where_both_are_typed(
    desk, company, project, cost_code, cost_type, project_user
):
    desk(project_user).client.post(
        reverse("approvals:new_record", args=[company.pk, "budget"]),
        {
            "project_id": project.pk, "name": "Harbour Point",
            "line-0-cost_code_id": cost_code.pk, "line-0-line_item_type_id": cost_type.pk,
            "line-0-quantity": "3", "line-0-unit_cost": "10.50", "line-0-original_budget_amount": "",
        },
    )  # fmt: skip

    assert str(made(company, "budget").amount) == "31.5000"


@pytest.fixture
def budget(company, project, cost_code, cost_type, project_user) -> Record:
    """A budget with two lines, of 800.00 and 200.00."""

    def make() -> Record:
        other = create_record(
            company, actor=project_user, item_type="sub_job", project_id=project.pk, data={"name": "B", "code": "B"}
        )
        codes = {"cost_code_id": cost_code.pk, "line_item_type_id": cost_type.pk}
        lines = [
            LineEdit(None, {**codes, "description": "Steel", "original_budget_amount": "800"}),
            LineEdit(None, {**codes, "description": "Roof", "original_budget_amount": "200", "sub_job_id": other.pk}),
        ]
        data = {"name": "Harbour Point"}
        return create_record(
            company, actor=project_user, item_type="budget", project_id=project.pk, data=data, lines=lines
        )

    return in_company(company.pk, make)


def lines_of(company, budget: Record) -> dict[str, int]:
    with company_scope(company.pk):
        rows = Record.objects.of(company).filter(parent=budget, item_type="budget_line_item")
        return dict(rows.values_list("title", "pk"))


def test_an_amount_is_moved_between_two_lines_of_a_budget_by_its_form(desk, company, budget, project_user):
    site, lines = desk(project_user), lines_of(company, budget)
    url = reverse("approvals:new_modification", args=[company.pk, budget.pk])
    assert url in site.text("record", budget.pk, query="?tab=modifications")
    form = site.client.get(url).content.decode()
    assert all(f'<option value="{pk}">' in form and title in form for title, pk in lines.items())
    assert "Save and send" not in form
    typed = {"from_budget_line_item_id": lines["Roof"], "transfer_amount": "12.50", "notes": "Piles were cheaper"}

    missing = site.client.post(url, typed)

    assert missing.status_code == 422
    assert 'value="12.50"' in missing.content.decode()
    assert site.client.post(url, {**typed, "to_budget_line_item_id": lines["Steel"]}).status_code == 302
    moved = made(company, "budget_change")
    assert (moved.parent_id, moved.data["transfer_amount"], moved.data["notes"]) == (
        budget.pk, "12.5", "Piles were cheaper"
    )  # fmt: skip
    page = site.text("record", budget.pk, query="?tab=modifications")
    assert "Piles were cheaper" in page
    assert "12.50" in page


def test_the_form_of_a_modification_is_for_who_may_change_the_budget(desk, company, budget, project_user, make_person):
    url = reverse("approvals:new_modification", args=[company.pk, budget.pk])
    site, other = desk(project_user), desk(make_person("other", project_level="standard"))
    assert other.client.get(url).status_code == 403
    assert url not in other.text("record", budget.pk, query="?tab=modifications")
    elsewhere = reverse("approvals:new_modification", args=[company.pk, budget.project_id])
    assert site.client.get(elsewhere).status_code == 404
    with company_scope(company.pk):
        Record.objects.of(company).filter(pk=budget.pk).update(lock="waiting")

    lines = lines_of(company, budget)
    refused = site.client.post(url, {"to_budget_line_item_id": lines["Steel"], "transfer_amount": "1"})

    assert refused.status_code == 422
    assert url not in site.text("record", budget.pk, query="?tab=modifications")


def test_a_standard_cost_code_is_written_into_the_erp_s_list_and_sent(desk, company, connection, project_user):
    desk(project_user).client.post(
        reverse("approvals:new_record", args=[company.pk, "standard_cost_code"]) + "?then=send",
        {"name": "Metals", "code": "05", "standard_cost_code_list_id": connection.cost_code_list_id, "parent_id": ""},
    )

    code = made(company, "standard_cost_code")
    assert (code.number, export_of(company, code).state) == ("05", "ready_to_export")


@pytest.mark.parametrize("item_type", ["project", "sub_job", "standard_cost_code", "budget", "vendor"])
def test_every_kind_that_is_sent_has_its_list_and_its_form(desk, connection, project, project_user, item_type):
    page = desk(project_user)

    assert ENTITIES[item_type].plural in page.text("records", query=f"?item_type={item_type}")
    answer = page.client.get(reverse("approvals:new_record", args=[page.company.pk, item_type]))
    assert (answer.status_code, "Save and send" in answer.content.decode()) == (200, True)


@pytest.mark.capability("EX-10", "AP-05")
def test_an_update_is_shown_with_old_and_new_values_side_by_side(road, desk, company, project, project_user, approver):
    edit = {"city": "Golden"}
    in_company(company.pk, lambda: edit_record(company, project.pk, actor=project_user, data=edit))
    person = desk(project_user)
    assert "Changed since it was synced as SITE-7." in person.text("record", project.pk)
    assert "Changed since it was synced: send it again" in person.text("records", query="?item_type=project")
    assert "Save and send" in person.text("edit_record", project.pk)

    person.post("send", project.pk)

    export = export_of(company, project)
    queue = desk(approver).text("queue", query="?view=ready_to_update")
    assert "Ready to update" in queue
    assert reverse("approvals:export", args=[company.pk, export.pk]) in queue
    assert reverse("approvals:export", args=[company.pk, export.pk]) not in desk(approver).text(
        "queue", query="?view=ready_to_export"
    )
    page = desk(approver).text("export", export.pk)
    assert "As the ERP has it" in page
    assert "<ins>Golden</ins>" in page


@pytest.mark.capability("EX-10")
def test_saving_and_sending_a_synced_project_is_one_press(road, desk, company, project, project_user):
    edit = reverse("approvals:edit_record", args=[company.pk, project.pk])

    answer = desk(project_user).client.post(f"{edit}?then=send", {"name": "Harbour Point", "city": "Golden"})

    export = export_of(company, project)
    assert (answer.status_code, export.action, export.snapshot["data"]["city"]) == (302, "update", "Golden")


def test_a_project_whose_code_was_refused_gets_another_in_a_dialog(road, desk, company, project_user, approver):
    def failed() -> StagedExport:
        record = create_record(company, actor=project_user, item_type="project", data={"name": "Library"})
        road.accept(road.send(record), code="26-140")
        return road.close(record, "failed", "Code 26-140 is in use.")

    export = in_company(company.pk, failed)
    page = desk(approver)
    ask = reverse("approvals:retry_code", args=[company.pk, export.pk])
    assert ask in page.text("queue", query="?view=failed")
    assert "Code 26-140 is in use." in page.text("retry_code", export.pk)
    assert page.post("retry_code", export.pk, code="", version=export.version).status_code == 422

    page.post("retry_code", export.pk, code="26-141", version=export.version)

    with company_scope(company.pk):
        again = StagedExport.objects.of(company).get(pk=export.pk)
        assert (again.state, again.erp_request.request_data["job"]["origin_code"]) == ("exporting", "26-141")


@pytest.mark.capability("AP-06")
def test_a_caution_is_asked_for_below_the_row_and_needs_its_yes(
    desk, company, project, cost_code, cost_type, integration, project_user, approver
):
    def sent() -> StagedExport:
        caution = {"warning_message": {"enabled": True, "message": "The plan is overwritten. Continue?"}}
        settings = {"enabled": True, "configs": {"export": ON}, "tab": ON, "rules": {"export": caution}}
        store_metadata(company.pk, metadata(budgets=settings), actor=integration)
        codes = {"cost_code_id": cost_code.pk, "line_item_type_id": cost_type.pk}
        line = LineEdit(None, {"original_budget_amount": "80000", **codes})
        budget = create_record(
            company, actor=project_user, item_type="budget", project_id=project.pk, data={"name": "Plan"}, lines=[line]
        )
        return send_record(company, budget.pk, actor=project_user)

    export = in_company(company.pk, sent)
    page = desk(approver)
    accept = reverse("approvals:accept", args=[company.pk, export.pk])
    assert f'href="{accept}' in page.text("queue", query="?view=ready_to_export")  # it asks before it posts

    asked = page.post("accept", export.pk, version=export.version)
    assert (asked.status_code, "The plan is overwritten. Continue?" in asked.content.decode()) == (422, True)
    page.post("accept", export.pk, version=export.version, confirm="true")

    with company_scope(company.pk):
        assert StagedExport.objects.of(company).get(pk=export.pk).state in {"accepted", "exporting"}


def test_the_budget_of_a_project_is_taken_over_with_a_button(
    desk, company, project, cost_code, cost_type, integration, approver, project_user
):
    url = reverse("approvals:import_budget", args=[company.pk, project.pk])
    assert url not in desk(project_user).text("record", project.pk)
    sent = {"cost_code_id": cost_code.pk, "line_item_type_id": cost_type.pk, "original_estimate": "61000"}
    scope = {"project_id": project.pk}
    in_company(company.pk, lambda: sync_records(company, ENTITIES["job_cost"], [sent], actor=integration, scope=scope))
    page = desk(approver)
    assert url in page.text("record", project.pk)

    page.post("import_budget", project.pk)

    assert str(made(company, "budget").amount) == "61000.0000"
    assert "Brought in the budget of HP-26" in page.text("record", project.pk)


@pytest.mark.capability("IN-09")
def test_what_stands_against_sending_is_a_list_with_a_link_that_mends_each(
    desk, company, project, cost_code, cost_type, project_user
):
    def draft() -> Record:
        vendor = create_record(company, actor=project_user, item_type="vendor", data={"name": "Kestrel Roofing"})
        data = {"number": "1", "title": "Roof", "status": "Draft", "vendor_id": vendor.pk}
        return create_record(
            company, actor=project_user, item_type="work_order_contract", project_id=project.pk, data=data
        )

    contract = in_company(company.pk, draft)

    page = desk(project_user).text("record", contract.pk, query="?tab=checks")

    mend = reverse("approvals:edit_record", args=[company.pk, contract.pk])
    vendor = reverse("approvals:record", args=[company.pk, contract.vendor_id])
    assert page.count(f'href="{mend}">Mend it') >= 2  # its status and its lines
    assert f'href="{vendor}">Open it' in page
    send = reverse("approvals:send", args=[company.pk, contract.pk])
    assert f'action="{send}"' not in page  # the button stands there, closed


def test_a_person_without_project_level_sends_a_standard_cost_code(
    desk, company, connection, project_user, make_person
):
    data = {"name": "Metals", "code": "05", "standard_cost_code_list_id": connection.cost_code_list_id}
    code = in_company(
        company.pk, lambda: create_record(company, actor=project_user, item_type="standard_cost_code", data=data)
    )
    clerk = make_person("clerk", erp_level="standard")
    page = desk(clerk)
    assert reverse("approvals:send", args=[company.pk, code.pk]) in page.text("record", code.pk)

    page.post("send", code.pk)

    assert export_of(company, code).sent_by_name == "Clerk"
