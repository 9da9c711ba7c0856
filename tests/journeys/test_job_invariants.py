"""`check_invariants` finds nothing after budgets were updated, codes left together and a rule accepted."""

import pytest

from erpstaging.connections.services import change_settings
from erpstaging.core.scope import in_company
from erpstaging.records.editing import create_record, edit_record
from erpstaging.records.lines import LineEdit
from erpstaging.records.models import Record
from erpstaging.staging.direct_exports import send_to_erp
from erpstaging.staging.export_chunks import Wanted
from erpstaging.staging.exports import accept_exports
from tests.journeys.test_invariants import breaches
from tests.staging.exporting import Road


@pytest.mark.django_db(transaction=True)
def test_no_act_on_jobs_and_budgets_breaks_a_promise(
    company, connection, project, cost_code, cost_type, project_user, approver, integration, admin
):
    road = Road(company, project_user, approver, integration)

    def act() -> None:
        codes = {"cost_code_id": cost_code.pk, "line_item_type_id": cost_type.pk}
        line = LineEdit(None, {"original_budget_amount": "80000", **codes})
        budget = create_record(
            company,
            actor=project_user,
            item_type="budget",
            project_id=project.pk,
            data={"name": "Plan"},
            lines=[line],
        )
        road.sync(budget, "BUD-7")
        standing = Record.objects.of(company).get(parent=budget, item_type="budget_line_item")
        edits = [LineEdit(standing.pk, {"original_budget_amount": "95000"})]
        edit_record(company, budget.pk, actor=project_user, data={}, lines=edits)
        road.accept(road.send(budget))
        assert road.close(budget).state == "synced"
        exports = [
            road.send(
                create_record(
                    company,
                    actor=project_user,
                    item_type="standard_cost_code",
                    data={"code": code, "name": code, "standard_cost_code_list_id": connection.cost_code_list_id},
                )
            )
            for code in ("31", "32")
        ]
        accept_exports(company, [Wanted(one.pk, one.version) for one in exports], actor=approver)
        change_settings(company.pk, {"direct_export": {"vendor": True}}, actor=admin)
        vendor = create_record(company, actor=project_user, item_type="vendor", data={"name": "Kestrel"})
        assert send_to_erp(company, vendor.pk, actor=project_user).state == "exporting"

    in_company(company.pk, act)

    assert breaches() == set()
