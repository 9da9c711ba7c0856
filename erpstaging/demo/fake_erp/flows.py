"""What an integrator does about each request: which objects of the payload it books, and which details it closes.

Paths lead through a payload: `a.b` into objects, `a[]` into every element of a list, `[]` into those of a bare list.
Source: procore/documentation, erp_integration/erp_events_dictionary.md.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
                yield item_type, one[self.id_key], one.get("origin_id") or ""


@dataclass(frozen=True, slots=True)
class Flow:
    """`details` leads to the ids of the details. An element with a detail of its own stands or falls alone."""

    books: tuple[Objects, ...] = ()
    removes: tuple[Objects, ...] = ()
    details: str = "request_detail_id"
    element: str = ""


def _batch(path: str, objects: Objects) -> Flow:
    return Flow(books=(objects,), details=f"{path}.request_detail_id", element=path)


COST_CODES = Objects("all_cost_codes[]", "cost_code")
COMMITMENT = Objects("", BY_TYPE, "procore_commitment_id", "commitment_type")
FLOWS: Mapping[str, Flow] = {
    "create_standard_cost_codes": _batch("[]", Objects("", "standard_cost_code")),
    "create_vendor": Flow((Objects("vendor", "vendor"),)),
    "create_or_update_job": Flow((Objects("job", "project"), COST_CODES)),
    "create_sub_job": Flow((Objects("sub_job", "sub_job"), COST_CODES)),
    "create_budget": Flow((Objects("budget", "budget"),)),
    "update_budget": Flow((Objects("budget", "budget"),)),
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
