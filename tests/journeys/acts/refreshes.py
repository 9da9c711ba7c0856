"""The Sync buttons: each asks for one list, and is free again when the integrator has answered."""

from functools import partial

from tests.journeys.acts import raises
from tests.journeys.world import End, World, done

LISTS = {
    "sync_vendors": "vendors",
    "sync_jobs": "jobs",
    "sync_sub_jobs": "sub_jobs",
    "sync_commitments": "commitments",
    "sync_commitment_change_orders": "commitment_change_orders",
    "sync_prime_contracts": "prime_contracts",
    "sync_contract_payments": "contract_payments",
    "sync_standard_cost_codes": "standard_cost_codes",
}


def refresh(word: str, world: World) -> End:
    press = partial(world.people("approver").post, "refreshes", {"entity": word})
    done(press())
    assert press().body["code"] == "refresh_running"

    def is_free_again() -> None:
        done(press())

    return is_free_again


for name, word in LISTS.items():
    raises(name)(partial(refresh, word))


@raises("sync_standard_categories")
def refresh_cost_types(world: World) -> End:
    """Comes with the standard cost codes, and has no detail of its own: theirs is closed by hand here."""
    done(world.people("approver").post("refreshes", {"entity": "standard_categories"}))
    (detail,) = done(world.erp.get("erp_request_details?filters[status]=in_progress"))

    def is_free_again() -> None:
        world.close(detail["id"])
        done(world.people("approver").post("refreshes", {"entity": "standard_categories"}))

    return is_free_again
