"""Codes that the ERP knows: asked about before they are deleted, or taken away by a super user."""

from erpstaging.connections.services import connection_of
from tests.journeys.acts import raises
from tests.journeys.world import End, World, done


def gone(world: World, *record_ids: int) -> End:
    def check() -> None:
        assert {world.people("approver").get(f"records/{one}").status for one in record_ids} == {404}

    return check


def standard_codes(world: World) -> list[int]:
    list_id = connection_of(world.company.pk).cost_code_list_id
    codes = [
        {"name": "Concrete", "code": "03", "origin_id": "STD-03"},
        {"name": "Wood", "code": "06", "origin_id": "STD-06"},
    ]
    body = {"company_id": world.company.pk, "standard_cost_code_list_id": list_id, "updates": codes}
    return [one["id"] for one in world.erp_flat("PATCH", "standard_cost_codes/sync", body)["entities"]]


def an_assignment(world: World) -> int:
    """Of the project's cost code and cost type, both in the ERP, with the figures of it."""
    codes = {"cost_code_id": world.ids["cost_code"], "line_item_type_id": world.ids["line_item_type"]}
    path = f"cost_code_line_item_types/sync?project_id={world.ids['project']}"
    (made,) = world.erp_flat("PATCH", path, {"updates": [{**codes, "synced": True}]})["entities"]
    world.erp_flat("PATCH", "erp_job_costs/sync", {"job_origin_id": "SITE-7", "updates": [{**codes, "estimate": 100}]})
    found: int = made["id"]
    return found


def named(item_type: str, ids: list[int]) -> dict[str, object]:
    return {"item_type": item_type, "ids": ids}


@raises("delete_cost_codes")
def ask_for_the_deletion_of_codes(world: World) -> End:
    code = world.ids["cost_code"]
    assert world.people("approver").post("records/delete_requests", named("cost_code", [code])).status == 202
    return gone(world, code)


@raises("delete_cost_type_assignments")
def ask_for_the_deletion_of_assignments(world: World) -> End:
    assignment = an_assignment(world)
    asked = world.people("approver").post("records/delete_requests", named("cost_type_assignment", [assignment]))
    assert asked.status == 202, asked
    return gone(world, assignment)


@raises("delete_cost_code")
def delete_a_project_s_code(world: World) -> End:
    code = world.ids["cost_code"]
    done(world.people("super_user").post("support/delete", named("cost_code", [code])))
    return gone(world, code)


@raises("delete_standard_cost_codes")
def delete_standard_codes(world: World) -> End:
    codes = standard_codes(world)
    done(world.people("super_user").post("support/delete", named("standard_cost_code", codes)))
    return gone(world, *codes)


@raises("delete_standard_categories")
def delete_cost_types(world: World) -> End:
    kind = world.ids["line_item_type"]
    done(world.people("super_user").post("support/delete", named("line_item_type", [kind])))
    return gone(world, kind)


@raises("unlink_standard_cost_codes")
def unlink_standard_codes(world: World) -> End:
    codes = standard_codes(world)
    done(world.people("super_user").post("support/unlink", named("standard_cost_code", codes)))

    def check() -> None:
        assert {world.record(one)["origin_id"] for one in codes} == {None}

    return check
