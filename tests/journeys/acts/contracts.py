"""Contracts, change orders, invoices, payments and costs on their way to the ERP."""

from typing import Any

from tests.journeys.acts import raises
from tests.journeys.world import End, World


def codes(world: World) -> dict[str, Any]:
    return {"cost_code_id": world.ids["cost_code"], "line_item_type_id": world.ids["line_item_type"]}


def made(world: World, item_type: str, data: dict[str, Any], *lines: dict[str, Any]) -> int:
    return world.make(item_type, data, lines=lines, project_id=world.ids["project"])


def a_contract(world: World, item_type: str = "work_order_contract") -> int:
    data = {"number": "SC-1", "title": "Steel", "status": "Approved", "vendor_id": world.ids["vendor"]}
    columns = {"description": "Columns", "quantity": "412.5", "unit_cost": "1840", "uom": "t", **codes(world)}
    plates = {"description": "Base plates", "amount": "126900", **codes(world)}
    return made(world, item_type, data, columns, plates)


def a_linked_contract(world: World) -> tuple[int, int]:
    """In the ERP: its id and that of its first line."""
    return linked(world, a_contract(world))


def a_linked_prime_contract(world: World) -> tuple[int, int]:
    data = {"number": "P-1", "title": "Harbour Point, owner", "status": "Approved", "vendor_id": world.ids["vendor"]}
    frame = {"description": "Frame", "amount": "100000", **codes(world)}
    return linked(world, made(world, "prime_contract", data, frame))


def linked(world: World, contract: int) -> tuple[int, int]:
    world.link_all(contract)
    lines = world.record(contract)["lines"]
    return contract, lines[0]["id"] if lines else 0


@raises("create_commitment")
def export_a_commitment(world: World) -> End:
    return world.export(a_contract(world))


def a_change_order(world: World) -> int:
    contract, line = a_linked_contract(world)
    data = {
        "number": "CO-1",
        "title": "Bolts",
        "status": "approved",
        "commitment_id": contract,
        "due_date": "2026-03-04",
    }
    bolts = {"description": "Bolts", "amount": "80", "commitment_line_item_id": line, **codes(world)}
    return made(world, "commitment_change_order", data, bolts)


@raises("create_commitment_change_order")
def export_a_commitment_change_order(world: World) -> End:
    return world.export(a_change_order(world))


def a_prime_change_order(world: World) -> int:
    contract, line = a_linked_prime_contract(world)
    data = {"number": "PCO-1", "title": "More frame", "status": "approved", "contract_id": contract}
    frame = {"description": "Frame", "amount": "200", "prime_line_item_id": line, **codes(world)}
    order = made(world, "prime_contract_change_order", data, frame)
    world.make("markup", {"name": "Overhead", "percentage": "5"}, parent_id=order)
    return order


@raises("create_prime_contract_change_order")
def export_a_prime_contract_change_order(world: World) -> End:
    return world.export(a_prime_change_order(world))


def an_invoice(world: World) -> int:
    contract, line = a_linked_contract(world)
    data = {
        "invoice_number": "INV-1", "status": "approved", "commitment_id": contract, "billing_date": "2026-03-31",
        "requisition_start": "2026-03-01", "requisition_end": "2026-03-31",
    }  # fmt: skip
    columns = {
        "line_item_id": line, "description_of_work": "Columns set", "scheduled_value": "1000",
        "work_completed_this_period": "250", "materials_presently_stored": "50",
        "work_completed_retainage_retained_this_period": "25",
    }  # fmt: skip
    return made(world, "requisition", data, columns)


@raises("create_requisitions")
def export_an_invoice(world: World) -> End:
    return world.export(an_invoice(world))


def a_payment(world: World) -> int:
    contract, _ = a_linked_contract(world)
    data = {
        "contract_id": contract, "invoice_number": "INV-1", "invoice_date": "2026-03-31", "amount": "275.50",
        "date": "2026-04-15", "payment_method": "check", "check_number": "10042", "status": "sent",
        "date_payment_settled": "2026-04-16T10:00:00Z",
    }  # fmt: skip
    return made(world, "contract_payment", data)


@raises("create_contract_payment")
def export_a_payment(world: World) -> End:
    return world.export(a_payment(world))


def an_application(world: World) -> int:
    contract, line = a_linked_prime_contract(world)
    data = {
        "invoice_number": "OI-1", "status": "approved", "prime_contract_id": contract, "billing_date": "2026-03-31",
        "period_start": "2026-03-01", "period_end": "2026-03-31",
    }  # fmt: skip
    frame = {
        "line_item_id": line, "description_of_work": "Frame", "scheduled_value": "100000",
        "work_completed_this_period": "12000", "new_materials": "500.25",
    }  # fmt: skip
    return made(world, "payment_application", data, frame)


@raises("create_payment_application")
def export_a_payment_application(world: World) -> End:
    return world.export(an_application(world))


def a_cost(world: World) -> int:
    data = {
        "invoice_number": "B-77", "direct_cost_type": "invoice", "status": "approved", "description": "Fuel",
        "vendor_id": world.ids["vendor"], "direct_cost_date": "2026-03-02", "accounting_date": "2026-03-05",
    }  # fmt: skip
    diesel = {"description": "Diesel", "quantity": "100", "unit_cost": "3.5", "uom": "gal", **codes(world)}
    return world.make("company_level_direct_cost", data, lines=[{**diesel, "project_id": world.ids["project"]}])


@raises("create_company_level_direct_cost")
def export_a_cost(world: World) -> End:
    return world.export(a_cost(world))
