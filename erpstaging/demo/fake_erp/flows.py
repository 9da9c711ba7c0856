"""What an integrator does about each request: which objects of the payload it books, what else it calls, and which
details it closes.

Paths lead through a payload: `a.b` into objects, `a[]` into every element of a list, `[]` into those of a bare list.
Source: procore/documentation, erp_integration/erp_events_dictionary.md.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

CONTRACT_TYPES = {"WorkOrderContract": "work_order_contract", "PurchaseOrderContract": "purchase_order_contract"}
# Of a commitment the payload names the kind.
BY_TYPE = ""


@dataclass(frozen=True, slots=True)
class Objects:
    """Objects of one item type in a payload. `id_key` holds the id, and `type_key` the kind where it varies."""

    path: str
    item_type: str
    id_key: str = "id"
    type_key: str = "type"

    def items(self, data: Any) -> Iterator[tuple[str, int, str]]:
        """(item type, id, origin ID it carries already or "")."""
        for one in at(data, self.path):
            item_type = self.item_type or CONTRACT_TYPES.get(one.get(self.type_key), "")
            if item_type and one.get(self.id_key):
                yield item_type, int(one[self.id_key]), one.get("origin_id") or ""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the company's routes below `/rest/v1.0/`."""

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True, slots=True)
class Flow:
    """`calls` names what is called beside the origin IDs. `element` leads to elements with a detail of their own, each
    of which stands or falls alone; `unasked` says that there is something to do although nobody waits for its end.
    """

    books: tuple[Objects, ...] = ()
    removes: tuple[Objects, ...] = ()
    calls: Callable[[Any], Iterator[Call]] = lambda data: iter(())
    element: str = ""
    unasked: bool = False


def _batch(path: str, *objects: Objects) -> Flow:
    return Flow(books=objects, element=path)


def _assignments(data: Any) -> Iterator[Call]:
    """The cost types of the job's codes are in the ERP now."""
    project = at(data, "job.id") or at(data, "sub_job.project.id")
    pairs = [
        (code["id"], kind["id"]) for code in at(data, "all_cost_codes[]") for kind in at(code, "line_item_types[]")
    ]
    if project and pairs:
        query = {"project_id": project[0], **({"sub_job_id": data["sub_job"]["id"]} if "sub_job" in data else {})}
        updates = [{"cost_code_id": code, "line_item_type_id": kind, "synced": True} for code, kind in pairs]
        yield Call("PATCH", "cost_code_line_item_types/sync", query, {"updates": updates})


def _transactions(data: Any) -> Iterator[Call]:
    """Every transaction of the budget is posted."""
    updates = [{"id": one, "origin_id": f"TRX-{one}", "synced": True} for one in at(data, "transactions[].id")]
    if updates:
        body = {"project_id": data["budget"]["project_id"], "updates": updates}
        yield Call("PATCH", "erp_transactions/sync", {}, body)


def _deletion(path: str, *routes: tuple[str, str]) -> Flow:
    """The ERP has let go of an element: it may be deleted here. `routes` are (key of the id, route)."""

    def calls(data: Any) -> Iterator[Call]:
        return (Call("DELETE", f"{route}/{data[key]}") for key, route in routes if data.get(key))

    return Flow(calls=calls, element=path)


def _payment_unlink(data: Any) -> Iterator[Call]:
    yield Call("PATCH", f"invoice_payments/{data['payment_id']}/unlink")


COST_CODES = Objects("all_cost_codes[]", "cost_code")
COMMITMENT = Objects("", BY_TYPE, "procore_commitment_id", "commitment_type")
FLOWS: Mapping[str, Flow] = {
    "create_standard_cost_codes": _batch("[]", Objects("", "standard_cost_code")),
    "create_vendor": Flow((Objects("vendor", "vendor"),)),
    "create_or_update_job": Flow((Objects("job", "project"), COST_CODES), calls=_assignments),
    "create_sub_job": Flow((Objects("sub_job", "sub_job"), COST_CODES), calls=_assignments),
    "create_budget": Flow((Objects("budget", "budget"),), calls=_transactions),
    "update_budget": Flow((Objects("budget", "budget"),), calls=_transactions),
    "create_requisitions": _batch("requisitions[]", Objects("", "requisition", "procore_requisition_id")),
    "create_contract_payment": Flow((Objects("contract_payment", "contract_payment"),)),
    "create_commitment": Flow((Objects("commitment", BY_TYPE), Objects("commitment_items[]", "line_item"))),
    "create_commitment_change_order": Flow(
        (Objects("change_order", "change_order"), Objects("change_order_items[]", "line_item"))
    ),
    "create_payment_application": Flow(
        (
            Objects("payment_application", "payment_application"),
            Objects("payment_application.items[]", "payment_application_line_item"),
        )
    ),
    "create_prime_contract_change_order": Flow(
        (
            Objects("prime_contract_change_order", "change_order"),
            Objects("prime_contract_change_order_items[]", "line_item"),
        )
    ),
    "create_company_level_direct_cost": Flow((Objects("direct_cost", "company_level_direct_cost"),)),
    "unlink_commitment": Flow(removes=(COMMITMENT,)),
    "unlink_commitment_change_order": Flow(
        removes=(Objects("", "change_order", "procore_commitment_change_order_id"),)
    ),
    "unlink_payment_application": Flow(removes=(Objects("payment_application", "payment_application"),)),
    "unlink_prime_contract_change_order": Flow(removes=(Objects("prime_contract_change_order", "change_order"),)),
    "unlink_company_level_direct_cost": Flow(removes=(Objects("direct_cost", "company_level_direct_cost"),)),
    "reset_prime_contract_change_order": Flow(
        removes=(
            Objects("", "change_order", "prime_contract_change_order_id"),
            Objects("prime_contract_change_order_line_items[]", "line_item"),
        ),
        unasked=True,
    ),
    "reset_payment": Flow(
        removes=(Objects("", "contract_payment", "payment_id"),), calls=_payment_unlink, unasked=True
    ),
    "delete_cost_codes": _deletion("cost_codes[]", ("id", "cost_codes")),
    "delete_cost_type_assignments": _deletion(
        "cost_type_assignments[]", ("id", "cost_codes_line_item_types"), ("job_cost_id", "erp_job_costs")
    ),
    "sync_metadata": Flow(unasked=True),
}
# Anything else books nothing; where it has a detail, such as a refresh of a list, there is nothing new to bring.
NOTHING = Flow()


def flow_of(request_name: str) -> Flow:
    return FLOWS.get(request_name, NOTHING)


def at(data: Any, path: str) -> list[Any]:
    """Everything that stands at the end of a path; nothing where the payload has no such place."""
    found = [data]
    for step in path.replace("[]", ".[]").split(".") if path else ():
        if step == "[]":
            found = [one for values in found if isinstance(values, list) for one in values]
        elif step:
            found = [one[step] for one in found if isinstance(one, Mapping) and one.get(step) is not None]
    return found
