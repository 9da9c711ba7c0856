"""What has to hold before a record may be sent or leave: each rule with its words and how to mend it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.core.errors import Invalid
from erpstaging.staging.models import OPEN_STATES, StagedExport

Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Check:
    """One rule about one record. `record_id` is where the remedy is done, when that is another record."""

    code: str
    label: str
    passed: bool
    remedy: str = ""
    record_id: int | None = None


def checks_for_sending(company_id: int, node: Node) -> list[Check]:
    """The prerequisites of a record's type. A vendor or project on its own way out counts as linked here."""
    return _run(node, on_their_way(company_id, node))


def checks_for_release(node: Node) -> list[Check]:
    """The same rules at the moment of leaving: now parents have to be linked."""
    return _run(node, frozenset())


def on_their_way(company_id: int, node: Node) -> frozenset[int]:
    """Which of the records that this one needs have an open export themselves."""
    needed = [one["id"] for one in (node.get("project"), node.get("vendor")) if one]
    exports = StagedExport.objects.of(company_id).filter(record_id__in=needed, state__in=OPEN_STATES)
    return frozenset(exports.values_list("record_id", flat=True)) if needed else frozenset()


def blocking_parents(node: Node) -> list[Check]:
    """What an accepted export still waits for."""
    return [check for check in checks_for_release(node) if check.code in LINKS and not check.passed]


def refusal_of(checks: Sequence[Check]) -> Invalid | None:
    """The refusal, code `prerequisites`, with one field per rule that does not hold."""
    unmet = {check.code: [check.remedy] for check in checks if not check.passed}
    return Invalid(next(iter(unmet.values()))[0], code="prerequisites", errors=unmet) if unmet else None


def _run(node: Node, coming: frozenset[int]) -> list[Check]:
    return [PREREQUISITES[name](node, coming) for name in ENTITIES[node["item_type"]].prerequisites]


def _linked(code: str, key: str, what: str) -> Callable[[Node, frozenset[int]], Check]:
    def check(node: Node, coming: frozenset[int]) -> Check:
        target = node.get(key)
        if target is None:
            return Check(code, f"{what} is synced", False, f"Choose the {what.lower()}.", node["id"])
        passed = target["origin_id"] is not None or target["id"] in coming
        remedy = "" if passed else f"Send {target['title']} to the ERP first, or link it."
        return Check(code, f"{what} is synced", passed, remedy, target["id"])

    return check


def _status_approved(node: Node, coming: frozenset[int]) -> Check:
    wanted = ENTITIES[node["item_type"]].approved_status
    passed = node["status"] == wanted
    remedy = "" if passed else f"Set the status to {wanted}."
    return Check("status_approved", f"Status is {wanted}", passed, remedy, node["id"])


def _line_with_erp_cost_code(node: Node, coming: frozenset[int]) -> Check:
    lines = node.get("lines", ())
    unlinked = [line for line in lines if not _has_erp_codes(line)]
    passed = bool(lines) and not unlinked
    if not lines:
        remedy = "Add a line."
    else:
        places = ", ".join(str(line["position"]) for line in unlinked[:5])
        remedy = "" if passed else f"Choose a synced cost code and cost type on line {places}."
    return Check("line_with_erp_cost_code", "Lines have cost codes of the ERP", passed, remedy, node["id"])


def _has_erp_codes(line: Node) -> bool:
    codes = (line.get("cost_code"), line.get("line_item_type"))
    return all(code is not None and code["origin_id"] is not None for code in codes)


LINKS = {"vendor_linked", "project_linked"}
PREREQUISITES: Mapping[str, Callable[[Node, frozenset[int]], Check]] = {
    "status_approved": _status_approved,
    "vendor_linked": _linked("vendor_linked", "vendor", "Vendor"),
    "project_linked": _linked("project_linked", "project", "Project"),
    "line_with_erp_cost_code": _line_with_erp_cost_code,
}
