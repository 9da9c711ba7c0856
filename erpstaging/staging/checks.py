"""What has to hold before a record may be sent or leave: each rule with its words and how to mend it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from erpstaging.catalogue.payload import find
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.core.errors import Invalid
from erpstaging.records.models import Lock
from erpstaging.staging.models import OPEN_STATES, Action, ExportState, StagedExport

Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Check:
    """One rule about one record. `record_id` is where the remedy is done, when that is another record."""

    code: str
    label: str
    passed: bool
    remedy: str = ""
    record_id: int | None = None


@dataclass(frozen=True, slots=True)
class Parent:
    """An object that has to be in the ERP before another one: what it is called, and where it stands in a node."""

    label: str
    paths: tuple[str, ...]

    def of(self, node: Node) -> Node | None:
        found = (find(node, path) for path in self.paths)
        return next((one for one in found if one is not None), None)


PARENTS: Mapping[str, Parent] = {
    "vendor_linked": Parent("Vendor", ("vendor", "commitment.vendor")),
    "project_linked": Parent("Project", ("project",)),
    "commitment_linked": Parent("Commitment", ("commitment",)),
    "prime_contract_linked": Parent("Prime contract", ("contract", "prime_contract")),
}


def checks_for_sending(company_id: int, node: Node) -> list[Check]:
    """The prerequisites of a record's type. A parent on its own way out counts as linked here."""
    return _run(node, _linked_parents(node) | _coming(company_id, node))


def checks_for_release(company_id: int, node: Node) -> list[Check]:
    """The same rules at the moment of leaving: now parents have to be in the ERP, and their passage over."""
    waits = blocking_parents(company_id, [node])[node["id"]]
    named = {check.code: check for check in waits}
    return [named.get(check.code, check) for check in _run(node, _linked_parents(node))]


def blocking_parents(company_id: int, nodes: Sequence[Node]) -> dict[int, list[Check]]:
    """What accepted exports still wait for, by record id: one query for a chunk, and none where all is linked."""
    doubtful = {one["id"] for node in nodes for one in parents_of(node) if not _is_through(one)}
    passages = _passages(company_id, doubtful) if doubtful else {}
    return {node["id"]: list(_waits(node, passages)) for node in nodes}


def _waits(node: Node, passages: Mapping[int, StagedExport]) -> Sequence[Check]:
    found = []
    for check in _run(node, _linked_parents(node)):
        if check.code not in PARENTS:
            continue
        parent = PARENTS[check.code].of(node)
        passage = passages.get(parent["id"]) if parent is not None else None
        if passage is not None and parent is not None:
            found.append(replace(check, passed=False, remedy=_outstanding(parent, passage)))
        elif not check.passed:
            found.append(check)
    return found


def parents_of(node: Node) -> list[Node]:
    """What has to be in the ERP before this object."""
    codes = (code for code in ENTITIES[node["item_type"]].prerequisites if code in PARENTS)
    return [parent for code in codes if (parent := PARENTS[code].of(node)) is not None]


def _is_through(parent: Node) -> bool:
    """Linked, and no answer of the ERP outstanding."""
    return parent["origin_id"] is not None and parent.get("lock") != Lock.EXPORTING


def _linked_parents(node: Node) -> frozenset[int]:
    return frozenset(one["id"] for one in parents_of(node) if one["origin_id"] is not None)


def _coming(company_id: int, node: Node) -> frozenset[int]:
    """Which of the parents have an open export themselves."""
    needed = [one["id"] for one in parents_of(node)]
    exports = StagedExport.objects.of(company_id).filter(record_id__in=needed, state__in=OPEN_STATES)
    return frozenset(exports.values_list("record_id", flat=True)) if needed else frozenset()


def _passages(company_id: int, record_ids: Collection[int]) -> dict[int, StagedExport]:
    """The open passages of parents. A linked one that is only updated keeps nobody waiting."""
    exports = StagedExport.objects.of(company_id).filter(record_id__in=record_ids, state__in=OPEN_STATES)
    found = exports.exclude(action=Action.UPDATE).only("record_id", "state", "messages")
    return {export.record_id: export for export in found}


OUTSTANDING: Mapping[str, str] = {
    ExportState.READY_TO_EXPORT: "{name} waits for an approver's decision.",
    ExportState.ACCEPTED: "{name} is accepted and has not left yet.",
    ExportState.EXPORTING: "The ERP has not answered about {name} yet.",
    ExportState.FAILED: "{name} failed in the ERP: {said} Retry it, or reject it and mend it.",
    ExportState.UNLINKING: "{name} is being unlinked.",
}


def _outstanding(parent: Node, passage: StagedExport) -> str:
    said = " ".join(passage.messages) or "no reason was given."
    return OUTSTANDING[passage.state].format(name=named(parent), said=said)


def named(node: Node) -> str:
    """An object as a sentence names it."""
    return str(node["title"] or node["number"] or ENTITIES[node["item_type"]].label)


def refusal_of(checks: Sequence[Check]) -> Invalid | None:
    """The refusal, code `prerequisites`, with one field per rule that does not hold."""
    unmet = {check.code: [check.remedy] for check in checks if not check.passed}
    return Invalid(next(iter(unmet.values()))[0], code="prerequisites", errors=unmet) if unmet else None


def _run(node: Node, coming: frozenset[int]) -> list[Check]:
    """`coming` are the objects that count as being in the ERP."""
    return [
        _linked(code, node, coming) if code in PARENTS else PREREQUISITES[code](node, coming)
        for code in ENTITIES[node["item_type"]].prerequisites
    ]


def _linked(code: str, node: Node, coming: frozenset[int]) -> Check:
    what, target = PARENTS[code].label, PARENTS[code].of(node)
    if target is None:
        return Check(code, f"{what} is synced", False, f"Choose the {what.lower()}.", node["id"])
    passed = target["id"] in coming
    remedy = "" if passed else f"Send {named(target)} to the ERP first, or link it."
    return Check(code, f"{what} is synced", passed, remedy, target["id"])


def _status_approved(node: Node, coming: frozenset[int]) -> Check:
    entity = ENTITIES[node["item_type"]]
    wanted = [status for status in (entity.approved_status, *entity.also_approved) if status]
    words = " or ".join(", ".join(wanted).replace("_", " ").rsplit(", ", 1))
    passed = node["status"] in wanted
    remedy = "" if passed else f"Set the status to {words}."
    return Check("status_approved", f"Status is {words}", passed, remedy, node["id"])


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


def _in_erp_cost_code_list(node: Node, coming: frozenset[int]) -> Check:
    standard = node.get("standard_cost_code_list")
    passed = standard is not None and standard["data"].get("is_erp_list") is True
    remedy = "" if passed else "Only codes of the ERP's own cost code list are sent; move it there."
    return Check("in_erp_cost_code_list", "Stands in the cost code list of the ERP", passed, remedy, node["id"])


def _line_present(node: Node, coming: frozenset[int]) -> Check:
    passed = bool(node.get("lines"))
    return Check("line_present", "Has lines", passed, "" if passed else "Add a line.", node["id"])


def _no_sub_job_lines(node: Node, coming: frozenset[int]) -> Check:
    """Only where the company's document lets no lines of sub jobs out."""
    open_to_all = node.get("allowed", {}).get("sub_jobs", False)
    places = [str(one["position"]) for one in node.get("lines", ()) if one["data"].get("sub_job_id")]
    passed = open_to_all or not places
    remedy = "" if passed else f"Take line {', '.join(places[:5])} off its sub job: the ERP takes no sub job lines."
    return Check("no_sub_job_lines", "No lines on sub jobs", passed, remedy, node["id"])


def _no_unsent_revised_estimates(node: Node, coming: frozenset[int]) -> Check:
    """Only where the company's document lets no revised estimates out."""
    unsent = node.get("unsent_revised_estimates", 0)
    passed = node.get("allowed", {}).get("revised_estimates", False) or not unsent
    remedy = "" if passed else f"Delete the {unsent} modifications that the ERP does not have: it takes no revisions."
    return Check("no_unsent_revised_estimates", "No revised estimates to send", passed, remedy, node["id"])


def _has_erp_codes(line: Node) -> bool:
    codes = (line.get("cost_code"), line.get("line_item_type"))
    return all(code is not None and code["origin_id"] is not None for code in codes)


PREREQUISITES: Mapping[str, Callable[[Node, frozenset[int]], Check]] = {
    "status_approved": _status_approved,
    "line_with_erp_cost_code": _line_with_erp_cost_code,
    "in_erp_cost_code_list": _in_erp_cost_code_list,
    "line_present": _line_present,
    "no_sub_job_lines": _no_sub_job_lines,
    "no_unsent_revised_estimates": _no_unsent_revised_estimates,
}
