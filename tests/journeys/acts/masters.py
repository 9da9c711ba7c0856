"""What is kept for the whole company, on its way to the ERP."""

from erpstaging.connections.services import connection_of
from tests.journeys.acts import raises
from tests.journeys.world import End, World


@raises("create_vendor")
def export_a_vendor(world: World) -> End:
    data = {"name": "Kestrel Roofing", "abbreviated_name": "Kestrel", "city": "Denver", "license_number": "94-33"}
    return world.export(world.make("vendor", data))


@raises("create_standard_cost_codes")
def export_a_standard_cost_code(world: World) -> End:
    """One below another: the ERP has the division already."""
    list_id = connection_of(world.company.pk).cost_code_list_id
    division = {"name": "Metals", "code": "05", "origin_id": "STD-05"}
    scope = {"company_id": world.company.pk, "standard_cost_code_list_id": list_id}
    answer = world.erp_flat("PATCH", "standard_cost_codes/sync", {**scope, "updates": [division]})
    (metals,) = answer["entities"]
    data = {"name": "Steel", "code": "120", "parent_id": metals["id"], "standard_cost_code_list_id": list_id}
    return world.export(world.make("standard_cost_code", data))
