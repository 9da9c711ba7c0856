"""Taking objects of the ERP apart from it again: with the integrator's proof, or by two super users."""

from collections.abc import Callable

from tests.journeys.acts import raises
from tests.journeys.acts.contracts import (
    a_change_order,
    a_contract,
    a_cost,
    a_payment,
    a_prime_change_order,
    an_application,
    an_invoice,
    linked,
)
from tests.journeys.world import End, World, done
from tests.staging.conftest import sub_job_sent

REASON = "The ledger lost it in the restore of Friday."
Maker = Callable[[World], int]


def unlink(world: World, record_id: int) -> End:
    """The approver asks; the object stays linked until the integrator has proved that the ERP let go of it."""
    done(world.people("approver").post(f"records/{record_id}/unlink"))
    assert world.record(record_id)["status"] == "unlinking"
    return world.ends(record_id, "unlinked")


def reset(world: World, record_id: int) -> End:
    """One super user asks, another one confirms."""
    asked = world.people("super_user").post(f"records/{record_id}/reset", {"reason": REASON})
    assert asked.status == 202, asked
    path = f"confirmations/{asked.body['confirmation_id']}/confirm"
    assert world.people("super_user").post(path).status == 403
    done(world.people("second_super_user").post(path))
    return world.ends(record_id, "not_sent")


def in_the_erp(world: World, make: Maker) -> int:
    record_id = make(world)
    linked(world, record_id)
    return record_id


@raises("unlink_commitment")
def unlink_a_commitment(world: World) -> End:
    return unlink(world, in_the_erp(world, a_contract))


@raises("unlink_commitment_change_order")
def unlink_a_commitment_change_order(world: World) -> End:
    return unlink(world, in_the_erp(world, a_change_order))


@raises("unlink_prime_contract_change_order")
def unlink_a_prime_contract_change_order(world: World) -> End:
    return unlink(world, in_the_erp(world, a_prime_change_order))


@raises("unlink_payment_application")
def unlink_a_payment_application(world: World) -> End:
    return unlink(world, in_the_erp(world, an_application))


@raises("unlink_company_level_direct_cost")
def unlink_a_cost(world: World) -> End:
    return unlink(world, in_the_erp(world, a_cost))


@raises("reset_job")
def reset_a_project(world: World) -> End:
    """What stands under it goes with it."""
    contract = in_the_erp(world, a_contract)
    ends = [reset(world, world.ids["project"]), world.ends(contract, "not_sent")]

    def check() -> None:
        for end in ends:
            end()

    return check


@raises("reset_sub_job")
def reset_a_sub_job(world: World) -> End:
    return reset(world, world.bring_in(sub_job_sent("SITE-7.1"))["id"])


@raises("reset_requisition")
def reset_an_invoice(world: World) -> End:
    return reset(world, in_the_erp(world, an_invoice))


@raises("reset_payment")
def reset_a_payment(world: World) -> End:
    """Stays linked until the integration says that the ERP let go of it."""
    return reset(world, in_the_erp(world, a_payment))


@raises("reset_prime_contract_change_order")
def reset_a_prime_contract_change_order(world: World) -> End:
    return reset(world, in_the_erp(world, a_prime_change_order))


@raises("reset_company_level_direct_cost")
def reset_a_cost(world: World) -> End:
    return reset(world, in_the_erp(world, a_cost))
