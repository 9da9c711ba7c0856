"""What an answer shows of a record and no column holds: sums over other records, and who made it.

Each figure is one function from records to values by record id, and costs a fixed number of queries.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Q

from erpstaging.records.billing import billing, budgeted, line_count, progress
from erpstaging.records.models import Lock, Record
from erpstaging.records.snapshots import own_node

Figures = Mapping[int, Any]
CHANGE_ORDERS = ("commitment_change_order", "prime_contract_change_order")
# What is summed up for a contract besides its change orders.
KINDS = {"contract_payment": "paid", "requisition": "invoiced", "payment_application": "invoiced"}
ERP_STATUS = {Lock.NONE: "not_synced", Lock.WAITING: "ready_to_export", Lock.EXPORTING: "exporting"}
PENDING = frozenset({"pending", "pricing", "not_pricing", "revised", "proceeding", "not_proceeding"})


def created_by(company_id: int, records: Sequence[Record]) -> Figures:
    return {
        one.pk: {
            "id": one.created_by_id if one.created_by_kind == "person" else None,
            "name": one.created_by_name,
            "login": None,
        }
        for one in records
    }


def biller(company_id: int, records: Sequence[Record]) -> Figures:
    """Whom a cost code bills: its sub job, else its project."""
    wanted = {one.pk: one.data.get("sub_job_id") or one.project_id for one in records}
    found = Record.objects.of(company_id).filter(pk__in=filter(None, wanted.values()))
    titles = dict(found.values_list("pk", "title"))
    return {
        one.pk: {
            "id": wanted[one.pk],
            "name": titles.get(wanted[one.pk]),
            "type": "SubJob" if one.data.get("sub_job_id") else "Project",
        }
        for one in records
    }


def biller_node(company_id: int, records: Sequence[Record]) -> Figures:
    """The sub job or project that a cost code bills, as a node."""
    wanted = {one.pk: one.data.get("sub_job_id") or one.project_id for one in records}
    found = Record.objects.of(company_id).in_bulk([one for one in wanted.values() if one])
    return {code_id: own_node(found[one]) for code_id, one in wanted.items() if one in found}


def contract_id(company_id: int, records: Sequence[Record]) -> Figures:
    """The contract of a change order, of whichever kind it is."""
    return {one.pk: one.data.get("commitment_id") or one.data.get("contract_id") for one in records}


def worth(record: Record) -> Decimal:
    """A change order is worth its lines; one without lines what its header says."""
    return record.amount or Decimal(str(record.data.get("grand_total") or 0))


def sums(company_id: int, records: Sequence[Record]) -> Figures:
    """Of a contract: its change orders by how far they are, what was invoiced and paid, and what it comes to."""
    found = {one.pk: dict.fromkeys(("approved", "pending", "draft", "invoiced", "paid"), Decimal(0)) for one in records}
    for contract, kind, amount in _moneys(company_id, records):
        if contract in found and kind in found[contract]:
            found[contract][kind] += amount
    return {one.pk: _with_totals(found[one.pk], one.amount or Decimal(0)) for one in records}


def _moneys(company_id: int, records: Sequence[Record]) -> Iterable[tuple[int, str, Decimal]]:
    """(contract, kind, amount) of everything that names one of the contracts."""
    ids = [one.pk for one in records]
    rows = Record.objects.of(company_id).filter(
        Q(data__commitment_id__in=ids) | Q(data__contract_id__in=ids) | Q(data__prime_contract_id__in=ids),
        project_id__in={one.project_id for one in records},
        item_type__in=(*CHANGE_ORDERS, *KINDS),
        deleted_at=None,
    )
    for row in rows.only("item_type", "status", "amount", "data"):
        kind = KINDS.get(row.item_type) or ("pending" if row.status in PENDING else row.status or "draft")
        named = (row.data.get(name) for name in ("commitment_id", "contract_id", "prime_contract_id"))
        yield next(filter(None, named)), kind, worth(row)


def _with_totals(found: Mapping[str, Decimal], amount: Decimal) -> dict[str, Decimal]:
    revised = amount + found["approved"]
    return {
        **found,
        "revised": revised,
        "pending_revised": revised + found["pending"],
        "outstanding": revised - found["paid"],
        "percentage_paid": (found["paid"] * 100 / revised).quantize(Decimal("0.01")) if revised else Decimal(0),
    }


def has_change_orders(company_id: int, records: Sequence[Record]) -> Figures:
    """Whether a contract has change orders at all, and any that may still become one."""
    ids = [one.pk for one in records]
    rows = Record.objects.of(company_id).filter(
        Q(data__commitment_id__in=ids) | Q(data__contract_id__in=ids),
        project_id__in={one.project_id for one in records},
        item_type__in=CHANGE_ORDERS,
        deleted_at=None,
    )
    found = {one: {"any": False, "potential": False} for one in ids}
    for status, data in rows.values_list("status", "data"):
        said = found[data.get("commitment_id") or data["contract_id"]]
        said["any"] = True
        said["potential"] = said["potential"] or status in PENDING
    return found


def line_projects(company_id: int, records: Sequence[Record]) -> Figures:
    """The projects that the lines of a cost are booked to, in the order of the lines."""
    rows = Record.objects.of(company_id).filter(
        parent_id__in=[one.pk for one in records], project_id__isnull=False, deleted_at=None
    )
    pairs = list(dict.fromkeys(rows.order_by("position", "pk").values_list("parent_id", "project_id")))
    projects = Record.objects.of(company_id).in_bulk([project_id for _, project_id in pairs])
    found: dict[int, list[Any]] = {one.pk: [] for one in records}
    for parent_id, project_id in pairs:
        found[parent_id].append(own_node(projects[project_id]))
    return found


def line_item_types(company_id: int, records: Sequence[Record]) -> Figures:
    """The cost types that are assigned to cost codes."""
    assigned = (
        Record.objects.of(company_id)
        .filter(
            item_type="cost_type_assignment",
            project_id__in={one.project_id for one in records},
            data__cost_code_id__in=[one.pk for one in records],
            deleted_at=None,
        )
        .order_by("pk")
        .values_list("data__cost_code_id", "data__line_item_type_id")
    )
    pairs = list(assigned)
    types = Record.objects.of(company_id).in_bulk([type_id for _, type_id in pairs]) if pairs else {}
    found: dict[int, list[Any]] = {one.pk: [] for one in records}
    for code_id, type_id in pairs:
        if type_id in types:
            found[code_id].append(own_node(types[type_id]))
    return found


def order_worth(company_id: int, records: Sequence[Record]) -> Figures:
    return {one.pk: worth(one) for one in records}


def display_name(company_id: int, records: Sequence[Record]) -> Figures:
    """A project as people call it: number and name."""
    return {one.pk: " - ".join(part for part in (one.number, one.title) if part) for one in records}


def is_erp_integrated(company_id: int, records: Sequence[Record]) -> Figures:
    return {one.pk: integrated(one) for one in records}


def integrated(project: Record) -> bool:
    """A linked project is, and one that was created so."""
    return project.synced or project.data.get("erp_integrated") is True


def erp_status(company_id: int, records: Sequence[Record]) -> Figures:
    """How far an object is on its way to the ERP, as much as its lock says of it."""
    return {one.pk: "synced" if one.synced else ERP_STATUS[Lock(one.lock)] for one in records}


def deletable(company_id: int, records: Sequence[Record]) -> Figures:
    """Whether people may delete it."""
    return {one.pk: not one.synced and one.lock == Lock.NONE for one in records}


def _by_id(name: str) -> Callable[[int, Sequence[Record]], Figures]:
    """Somebody or something that is kept elsewhere, of whom we know the id alone."""

    def figure(company_id: int, records: Sequence[Record]) -> Figures:
        ids = {one.pk: one.data.get(f"{name}_id") for one in records}
        return {record_id: {"id": stranger} for record_id, stranger in ids.items() if stranger is not None}

    return figure


STRANGERS = (
    "assignee", "architect", "employee", "contractor", "designated_reviewer", "received_from",
    "change_order_change_reason",
)  # fmt: skip
FIGURES: Mapping[str, Callable[[int, Sequence[Record]], Figures]] = {
    "created_by": created_by,
    "biller": biller,
    "biller_node": biller_node,
    "has_change_orders": has_change_orders,
    "line_projects": line_projects,
    "contract_ref": contract_id,
    "sums": sums,
    "line_item_types": line_item_types,
    "worth": order_worth,
    "erp_status": erp_status,
    "deletable": deletable,
    "billing": billing,
    "progress": progress,
    "budgeted": budgeted,
    "line_count": line_count,
    "display_name": display_name,
    "is_erp_integrated": is_erp_integrated,
    **{name: _by_id(name) for name in STRANGERS},
}
