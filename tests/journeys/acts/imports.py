"""The Add button: what the integrator staged becomes an object."""

from tests.journeys.acts import raises
from tests.journeys.world import End, World
from tests.staging.conftest import contract_sent, line_sent, sub_job_sent, vendor_sent


@raises("create_vendor_in_procore")
def import_a_vendor(world: World) -> End:
    made = world.bring_in(vendor_sent("V-9", data={"name": "Kestrel Roofing", "city": "Denver"}))
    return world.ends(made["id"], "synced")


@raises("create_job_in_procore")
def import_a_project(world: World) -> End:
    data = {"name": "North Quay", "project_number": "NQ-1"}
    sent = {"item_type": "project", "origin_id": "SITE-9", "origin_code": "9", "origin_data": "{}", "data": data}
    return world.ends(world.bring_in(sent)["id"], "synced")


@raises("create_sub_job_in_procore")
def import_a_sub_job(world: World) -> End:
    return world.ends(world.bring_in(sub_job_sent("SITE-7.1", origin_data="{}"))["id"], "synced")


@raises("create_commitment_in_procore")
def import_a_commitment(world: World) -> End:
    data = {"description": "All of it", "contract_date": "2026-03-09", "approval_letter_date": "2026-03-01"}
    made = world.bring_in(contract_sent("ORD-1", line_sent("ORD-1-1"), line_sent("ORD-1-2"), data=data))

    def check() -> None:
        world.ends(made["id"], "synced")()
        assert [line["origin_id"] for line in world.record(made["id"])["lines"]] == ["ORD-1-1", "ORD-1-2"]

    return check
