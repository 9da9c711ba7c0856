"""Sums around invoices and budgets: what is billed, kept back, moved, committed.

Each costs a fixed number of queries, however many records it is about.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum
from django.db.models.fields.json import KT

from erpstaging.records.models import Record

Sums = dict[str, Decimal]
NOTHING = Decimal(0)
CONTRACT_OF = {"requisition": "commitment_id", "payment_application": "prime_contract_id"}
CHANGE_ORDERS = ("commitment_change_order", "prime_contract_change_order")
COMMITTED = ("Approved", "Complete", "Closed", "Received", "Partially Received")
PENDING = ("pending", "pricing", "not_pricing", "revised", "proceeding", "not_proceeding")


def amount(record: Record, name: str) -> Decimal:
    """A value of the record's data, nothing where it has none."""
    return Decimal(str(record.data.get(name) or 0))


def billing(company_id: int, invoices: Sequence[Record]) -> dict[int, dict[str, Any]]:
    """What stands on the summary of each invoice, with its number on the contract and the invoice before it."""
    contracts = {one.pk: one.data.get(CONTRACT_OF[one.item_type]) for one in invoices}
    numbers = _numbers(company_id, invoices, contracts)
    worth = _worth(company_id, {one for one in contracts.values() if one})
    lines: defaultdict[int, list[Record]] = defaultdict(list)
    for line in Record.objects.of(company_id).filter(parent_id__in=list(contracts), deleted_at=None):
        lines[line.parent_id].append(line)
    paid = _paid(company_id, invoices)
    return {
        one.pk: {
            **numbers[one.pk],
            **_summary(lines[one.pk], worth.get(contracts[one.pk] or 0, _worth_of(NOTHING, ()))),
            "formatted_period": _period(one),
            "paid": paid.get(one.pk, NOTHING),
        }
        for one in invoices
    }


def _numbers(
    company_id: int, invoices: Sequence[Record], contracts: Mapping[int, int | None]
) -> dict[int, dict[str, Any]]:
    named = Q()
    for field in CONTRACT_OF.values():
        named |= Q(**{f"data__{field}__in": [one for one in contracts.values() if one]})
    projects = {one.project_id for one in invoices}
    types = {one.item_type for one in invoices}
    rows = Record.objects.of(company_id).filter(named, item_type__in=types, project_id__in=projects, deleted_at=None)
    earlier: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    found: dict[int, dict[str, Any]] = {}
    for pk, item_type, data in rows.order_by("pk").values_list("pk", "item_type", "data"):
        before = earlier[(item_type, data.get(CONTRACT_OF[item_type]))]
        number = data.get("number") or len(before) + 1
        found[pk] = {"number": number, "previous_id": before[-1] if before else None}
        before.append(pk)
    return {one.pk: found.get(one.pk, {"number": one.data.get("number"), "previous_id": None}) for one in invoices}


def _worth(company_id: int, contract_ids: set[int]) -> dict[int, Sums]:
    """Each contract's own sum and those of its approved change orders."""
    contracts = Record.objects.of(company_id).in_bulk(list(contract_ids))
    orders = Record.objects.of(company_id).filter(
        Q(data__commitment_id__in=list(contracts)) | Q(data__contract_id__in=list(contracts)),
        item_type__in=CHANGE_ORDERS,
        project_id__in={one.project_id for one in contracts.values()},
        status="approved",
        deleted_at=None,
    )
    changes: defaultdict[int, list[Decimal]] = defaultdict(list)
    for order in orders:
        contract_id = order.data.get("commitment_id") or order.data.get("contract_id")
        changes[contract_id].append(order.amount or amount(order, "grand_total"))
    return {pk: _worth_of(one.amount or NOTHING, changes[pk]) for pk, one in contracts.items()}


def _worth_of(own: Decimal, changes: Iterable[Decimal]) -> Sums:
    up = sum((one for one in changes if one > 0), NOTHING)
    down = sum((one for one in changes if one < 0), NOTHING)
    return {
        "original_contract_sum": own,
        "positive_change_order_item_total": up,
        "negative_change_order_item_total": down,
        "net_change_by_change_orders": up + down,
        "contract_sum_to_date": own + up + down,
    }


def _summary(lines: Sequence[Record], worth: Sums) -> dict[str, Decimal]:
    """The usual summary of an application for payment, added up from its lines."""
    completed = sum((_completed(line) for line in lines), NOTHING)
    previous = _total(lines, "work_completed_from_previous_application")
    kept_before = _total(lines, "work_completed_retainage_from_previous_application")
    kept = (
        kept_before
        + _total(lines, "work_completed_retainage_retained_this_period")
        - _total(lines, "work_completed_retainage_released_this_period")
    )
    materials = _total(lines, "materials_presently_stored", "new_materials")
    kept_of_materials = _total(lines, "materials_stored_retainage_currently_retained")
    earned = completed - kept - kept_of_materials
    certified = previous - kept_before
    return {
        **worth,
        "total_completed_and_stored_to_date": completed,
        "completed_work_retainage_amount": kept,
        "completed_work_retainage_percent": _percent(kept, completed - materials),
        "stored_materials_retainage_amount": kept_of_materials,
        "stored_materials_retainage_percent": _percent(kept_of_materials, materials),
        "total_retainage": kept + kept_of_materials,
        "total_earned_less_retainage": earned,
        "less_previous_certificates_for_payment": certified,
        "current_payment_due": earned - certified,
        "balance_to_finish_including_retainage": worth["contract_sum_to_date"] - earned,
        "percent_complete": _percent(completed, worth["contract_sum_to_date"]),
    }


def _completed(line: Record) -> Decimal:
    """As sent, else what was done before, is done now, and lies on the site."""
    if line.data.get("total_completed_and_stored_to_date") is not None:
        return amount(line, "total_completed_and_stored_to_date")
    return amount(line, "work_completed_from_previous_application") + (line.amount or NOTHING)


def progress(company_id: int, lines: Sequence[Record]) -> dict[int, dict[str, Decimal | None]]:
    """How far the work of each line of an invoice is: what is completed, its share in percent, and what is left.

    The last two are None where the line does not say what it is worth as a whole.
    """
    found: dict[int, dict[str, Decimal | None]] = {}
    for line in lines:
        completed, scheduled = _completed(line), line.data.get("scheduled_value")
        worth = None if scheduled is None else amount(line, "scheduled_value")
        found[line.pk] = {
            "completed": completed,
            "percent": None if worth is None else _percent(completed, worth),
            "left": None if worth is None else worth - completed,
        }
    return found


def _total(lines: Sequence[Record], *names: str) -> Decimal:
    return sum((amount(line, name) for line in lines for name in names), NOTHING)


def _percent(part: Decimal, whole: Decimal) -> Decimal:
    return (part * 100 / whole).quantize(Decimal("0.01")) if whole else NOTHING


def _period(invoice: Record) -> str | None:
    days = [
        invoice.data.get(name)
        for pair in (("requisition_start", "requisition_end"), ("period_start", "period_end"))
        for name in pair
    ]
    named = [day for day in days if day]
    return " - ".join(named) if named else None


def _paid(company_id: int, invoices: Sequence[Record]) -> dict[int, Decimal]:
    """What payments of the integration say was paid on each invoice."""
    ids = [one.pk for one in invoices]
    rows = Record.objects.of(company_id).filter(item_type="invoice_payment", data__invoice_id__in=ids, deleted_at=None)
    sums: defaultdict[int, Decimal] = defaultdict(Decimal)
    for payment in rows:
        sums[payment.data["invoice_id"]] += payment.amount or NOTHING
    return sums


Place = tuple[int | None, int | None, int | None]


def budgeted(company_id: int, lines: Sequence[Record]) -> dict[int, dict[str, Decimal]]:
    """A budget line with what was moved to and from it, and what contracts and direct costs have taken up."""
    moved: defaultdict[int, Decimal] = defaultdict(Decimal)
    changes = Record.objects.of(company_id).filter(
        parent_id__in={one.parent_id for one in lines}, item_type="budget_change", deleted_at=None
    )
    for change in changes:
        moved[change.data.get("to_budget_line_item_id") or 0] += amount(change, "transfer_amount")
        moved[change.data.get("from_budget_line_item_id") or 0] -= amount(change, "transfer_amount")
    taken = _taken_up(company_id, {one.project_id for one in lines if one.project_id})
    return {one.pk: _budget_sums(one, moved[one.pk], taken[_place(one)]) for one in lines}


def _place(line: Record) -> Place:
    return line.project_id, line.data.get("cost_code_id"), line.data.get("line_item_type_id")


def _taken_up(company_id: int, project_ids: set[int]) -> defaultdict[Place, defaultdict[str, Decimal]]:
    """The lines that count on each place of a budget, by kind: committed, pending, direct."""
    contracts = Q(parent__item_type__in=("work_order_contract", "purchase_order_contract"))
    orders = Q(parent__item_type="commitment_change_order")
    kinds = {
        "committed": (contracts & Q(parent__status__in=COMMITTED)) | (orders & Q(parent__status="approved")),
        "pending": orders & Q(parent__status__in=PENDING),
        "direct": Q(parent__item_type="item", parent__status="approved"),
    }
    rows = (
        Record.objects.of(company_id)
        .filter(item_type="line_item", project_id__in=project_ids, deleted_at=None)
        .order_by()
        .values_list("project_id", KT("data__cost_code_id"), KT("data__line_item_type_id"))
        .annotate(**{kind: Sum("amount", filter=which) for kind, which in kinds.items()})
    )
    found: defaultdict[Place, defaultdict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for project_id, code, cost_type, *sums in rows:
        place = (project_id, int(code) if code else None, int(cost_type) if cost_type else None)
        found[place].update({kind: one or NOTHING for kind, one in zip(kinds, sums, strict=True)})
    return found


def _budget_sums(line: Record, moved: Decimal, taken: Mapping[str, Decimal]) -> dict[str, Decimal]:
    revised = (line.amount or NOTHING) + moved
    direct = taken["direct"] if line.data.get("direct_costs") is None else amount(line, "direct_costs")
    costs = taken["committed"] + direct + taken["pending"]
    forecast = max(revised - costs, NOTHING)
    return {
        "approved_budget_changes": moved,
        "revised_budget": revised,
        # What is moved counts at once: none of it is ever pending.
        "pending_budget_changes": NOTHING,
        "projected_budget": revised,
        "committed_costs": taken["committed"],
        "direct_costs": direct,
        "pending_cost_changes": taken["pending"],
        "projected_costs": costs,
        "budget_forecast": forecast,
        "estimated_cost_at_completion": costs + forecast,
        "projected_over_under": revised - costs - forecast,
    }


def line_count(company_id: int, records: Sequence[Record]) -> dict[int, int]:
    rows = Record.objects.of(company_id).filter(parent_id__in=[one.pk for one in records], deleted_at=None).order_by()
    found = dict(rows.values_list("parent_id").annotate(lines=Count("pk")))
    return {one.pk: found.get(one.pk, 0) for one in records}
