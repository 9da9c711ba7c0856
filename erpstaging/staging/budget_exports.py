"""What a budget tells the ERP: an amount for each job cost, and what is new of it as transactions.

A transaction is a difference: what a line or a modification comes to now, less what the ERP has of it already. So one
that was sent is never sent twice, and a line that went down is sent with what it lost.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from erpstaging.catalogue.entities.budget import ORIGINAL_ESTIMATE, REVISED_ESTIMATE
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import SYSTEM
from erpstaging.companies.models import Company
from erpstaging.connections.services import metadata_of
from erpstaging.core.errors import Invalid
from erpstaging.core.money import wire_amount
from erpstaging.core.scope import Again
from erpstaging.outbox.models import EventType
from erpstaging.records.billing import amount, budgeted
from erpstaging.records.models import Record
from erpstaging.records.snapshots import Node, own_node
from erpstaging.records.telling import Change, tell
from erpstaging.records.writes import GONE, insert_records, new_record, take_away, update_records

LINE, MODIFICATION, JOB_COST, TRANSACTION = "budget_line_item", "budget_change", "job_cost", "erp_transaction"
KINDS_OF_LINE = {ORIGINAL_ESTIMATE: "BudgetLineItem", REVISED_ESTIMATE: "BudgetModification"}
PLACE = ("sub_job_id", "cost_code_id", "line_item_type_id")
NOTHING = Decimal(0)
Place = tuple[int | None, ...]


class Of(NamedTuple):
    """What a transaction is about: its kind, the line or modification, and the job cost that it moves."""

    kind: str
    source_id: int
    job_cost_id: int


def settle_transactions(company: Company, budget: Record, *, sent: Collection[int] = ()) -> None:
    """Bring what waits to be sent in line with the budget as it stands; what the ERP has stays.

    `sent` are lines that the ERP has already, as after an import from there. The caller holds the budget locked.
    """
    lines, modifications = _children(company, budget)
    costs = _job_costs(company, budget, lines)
    standing = list(_of_project(company, budget.project_id, TRANSACTION).order_by("pk"))
    wanted = _wanted(lines, modifications, costs)
    made, gone = [], []
    by_subject: dict[Of, list[Record]] = defaultdict(list)
    for one in standing:
        by_subject[_subject(one)].append(one)
    codes = _codes(company, costs.values())
    for subject in [*wanted, *(one for one in by_subject if one not in wanted)]:
        waiting = [one for one in by_subject[subject] if not one.synced]
        known = sum((amount(one, "value") for one in by_subject[subject] if one.synced), start=NOTHING)
        difference = wanted.get(subject, NOTHING) - known
        known_there = subject.kind == ORIGINAL_ESTIMATE and subject.source_id in sent
        if [amount(one, "value") for one in waiting] == [difference] and not known_there:
            continue
        gone += waiting
        if difference:
            code = codes.get(subject.job_cost_id, "")
            made.append(_transaction(company, budget, subject, difference, code, known_there))
    take_away(company.pk, gone)
    update_records(gone, GONE)
    insert_records(made)
    changes = [Change(one, EventType.DELETE, one.data, None) for one in gone]
    tell(company.pk, SYSTEM, [*changes, *(Change(one, EventType.CREATE, None, one.data) for one in made)])


def add_budget(company: Company, budgets: Sequence[Node]) -> None:
    """To the node of each budget: its job costs and transactions, and what its company lets out."""
    rules = metadata_of(company.pk).rules("budgets")
    allowed = {"sub_jobs": rules.exports_sub_jobs, "revised_estimates": rules.exports_revised_estimates}
    found = _Loaded(company, budgets)
    name = "estimated_cost_at_completion" if rules.exports_forecasts else "revised_budget"
    for node in budgets:
        transactions = found.transactions[node["project"]["id"]]
        node["job_costs"] = found.cost_nodes(node, name)
        node["transactions"] = [
            own_node(one)
            for one in transactions
            if not one.synced and (rules.exports_revised_estimates or one.data.get("type") != REVISED_ESTIMATE)
        ]
        node["unsent_revised_estimates"] = _unsent_revisions(node.get("modifications", ()), transactions)
        node["allowed"] = allowed


def _unsent_revisions(modifications: Iterable[Node], transactions: Iterable[Record]) -> int:
    """How many modifications the ERP does not have yet."""
    known = {_subject(one).source_id for one in transactions if one.synced and _subject(one).kind == REVISED_ESTIMATE}
    return sum(one["id"] not in known for one in modifications)


class _Loaded:
    """The lines of budgets with their figures, and the job costs and transactions of their projects."""

    def __init__(self, company: Company, budgets: Sequence[Node]) -> None:
        projects = [node["project"]["id"] for node in budgets]
        rows = Record.objects.of(company).filter(deleted_at=None)
        lines = list(rows.filter(parent_id__in=[node["id"] for node in budgets], item_type=LINE))
        self.lines = {one.pk: one for one in lines}
        self.figures = budgeted(company.pk, lines)
        self.subs = rows.in_bulk([one.data["sub_job_id"] for one in lines if one.data.get("sub_job_id")])
        self.costs: dict[int | None, dict[Place, Record]] = defaultdict(dict)
        self.transactions: dict[int | None, list[Record]] = defaultdict(list)
        for one in rows.filter(project_id__in=projects, item_type__in=(JOB_COST, TRANSACTION)).order_by("pk"):
            if one.item_type == JOB_COST:
                self.costs[one.project_id][_place(one)] = one
            else:
                self.transactions[one.project_id].append(one)

    def cost_nodes(self, node: Node, figure: str) -> list[dict[str, Any]]:
        """One for each line that has a job cost, in the order of the lines."""
        costs = self.costs[node["project"]["id"]]
        placed = [(shown, self.lines[shown["id"]]) for shown in node["lines"] if shown["id"] in self.lines]
        return [
            own_node(costs[_place(line)])
            | {
                "project": node["project"],
                "cost_code": shown["cost_code"],
                "line_item_type": shown["line_item_type"],
                "sub_job": own_node(self.subs[line.data["sub_job_id"]]) if line.data.get("sub_job_id") else None,
                "budget_line_item_id": line.pk,
                "new_amount": wire_amount(self.figures[line.pk][figure]),
            }
            for shown, line in placed
            if _place(line) in costs
        ]


def _children(company: Company, budget: Record) -> tuple[list[Record], list[Record]]:
    rows = Record.objects.of(company).filter(parent=budget, deleted_at=None).order_by("position", "pk")
    found = list(rows)
    return [one for one in found if one.item_type == LINE], [one for one in found if one.item_type == MODIFICATION]


def _of_project(company: Company, project_id: int | None, item_type: str) -> Any:
    return Record.objects.of(company).filter(project_id=project_id, item_type=item_type, deleted_at=None)


def _place(one: Record) -> Place:
    return tuple(one.data.get(name) for name in PLACE)


def _job_costs(company: Company, budget: Record, lines: Sequence[Record]) -> dict[Place, Record]:
    """The job cost of each place of the budget; those that the ERP has not sent yet are made, with nothing in them."""
    costs = {_place(one): one for one in _of_project(company, budget.project_id, JOB_COST)}
    missing = {_place(one) for one in lines} - costs.keys()
    made = [
        new_record(
            company.pk,
            ENTITIES[JOB_COST],
            {"project_id": budget.project_id, **dict(zip(PLACE, place, strict=True))},
            SYSTEM,
            currency=budget.currency,
        )
        for place in sorted(missing, key=str)
    ]
    try:
        insert_records(made)
    except Invalid as exc:
        raise Again("The ERP sent a job cost in the meantime.") from exc
    tell(company.pk, SYSTEM, [Change(one, EventType.CREATE, None, one.data) for one in made])
    return costs | {_place(one): one for one in made}


def _wanted(
    lines: Sequence[Record], modifications: Sequence[Record], costs: Mapping[Place, Record]
) -> dict[Of, Decimal]:
    """What the ERP should have of each line and modification."""
    cost_of = {line.pk: costs[_place(line)].pk for line in lines}
    found: dict[Of, Decimal] = defaultdict(Decimal)
    for line in lines:
        found[Of(ORIGINAL_ESTIMATE, line.pk, cost_of[line.pk])] += line.amount or NOTHING
    for one in modifications:
        for name, sign in (("to_budget_line_item_id", 1), ("from_budget_line_item_id", -1)):
            if one.data.get(name) in cost_of:
                found[Of(REVISED_ESTIMATE, one.pk, cost_of[one.data[name]])] += sign * amount(one, "transfer_amount")
    return dict(found)


def _subject(transaction: Record) -> Of:
    data = transaction.data
    return Of(str(data.get("type")), data.get("procore_transaction_id") or 0, data.get("job_cost_id") or 0)


def _codes(company: Company, costs: Iterable[Record]) -> dict[int, str]:
    """The code that a job cost's transactions carry: that of its cost code."""
    places = {cost.pk: cost.data.get("cost_code_id") for cost in costs}
    numbers = dict(Record.objects.of(company).filter(pk__in=set(places.values())).values_list("pk", "number"))
    return {cost_id: numbers.get(code_id, "") for cost_id, code_id in places.items()}


def _transaction(company: Company, budget: Record, subject: Of, value: Decimal, code: str, sent: bool) -> Record:
    data = {
        "project_id": budget.project_id,
        "code": code,
        "value": wire_amount(value),
        "synced": sent,
        "type": subject.kind,
        "procore_transaction_id": subject.source_id,
        "procore_transaction_type": KINDS_OF_LINE[subject.kind],
        "job_cost_id": subject.job_cost_id,
    }
    return new_record(company.pk, ENTITIES[TRANSACTION], data, SYSTEM, currency=budget.currency)
