"""Jobs, sub jobs and their budgets on their way to the ERP."""

from tests.journeys.acts import raises
from tests.journeys.world import End, World, done


@raises("create_or_update_job")
def export_a_project(world: World) -> End:
    data = {"name": "North Quay", "project_number": "NQ-1", "address": "1 Quay", "city": "Denver", "zip": "80202"}
    project = world.make("project", data)
    for code, name in (("03", "Concrete"), ("05", "Metals")):
        world.make("cost_code", {"name": name, "code": code}, project_id=project)
    return world.export(project)


@raises("create_sub_job")
def export_a_sub_job(world: World) -> End:
    sub_job = world.make("sub_job", {"name": "North wing", "code": "01"}, project_id=world.ids["project"])
    path = f"cost_codes/sync?project_id={world.ids['project']}&sub_job_id={sub_job}"
    assert world.erp_flat("PATCH", path, {"updates": [{"name": "Metals", "code": "05"}]})["errors"] == []
    return world.export(sub_job)


def a_budget(world: World) -> int:
    codes = {"cost_code_id": world.ids["cost_code"], "line_item_type_id": world.ids["line_item_type"]}
    line = {"original_budget_amount": "80000", "description": "Steel", **codes}
    return world.make("budget", {"name": "Harbour Point"}, lines=[line], project_id=world.ids["project"])


@raises("create_budget")
def export_a_budget(world: World) -> End:
    return world.export(a_budget(world), confirm=True)


@raises("update_budget")
def export_a_budget_again(world: World) -> End:
    """A change of a synced budget is saved, shown as changed, and sent as an update."""
    budget = a_budget(world)
    world.export_to_the_end(budget, confirm=True)
    (line,) = world.record(budget)["lines"]
    changed = {"line_items": [{"id": line["id"], "data": {"original_budget_amount": "95000"}}]}
    done(world.people("project_user").patch(f"records/{budget}", changed))
    return world.export(budget, confirm=True)


@raises("create_budget_in_procore")
def import_a_budget(world: World) -> End:
    codes = {"cost_code_id": world.ids["cost_code"], "line_item_type_id": world.ids["line_item_type"]}
    costs = {"job_origin_id": "SITE-7", "updates": [{**codes, "original_estimate": 61000}]}
    assert world.erp_flat("PATCH", "erp_job_costs/sync", costs)["errors"] == []
    budget = done(world.people("approver").post(f"records/{world.ids['project']}/import_budget"))

    def check() -> None:
        assert world.record(budget["id"])["amount"] == "61000.0"

    return check
