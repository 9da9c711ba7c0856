"""What an answer shows of a record and no column holds: sums over other records, and who made it.

Each figure is one function from records to values by record id, and costs a fixed number of queries.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Q

from erpstaging.records.billing import billing, budgeted, line_count, wbs_code
from erpstaging.records.models import Lock, Record

Figures = Mapping[int, Any]
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


def contract_id(company_id: int, records: Sequence[Record]) -> Figures:
    """The contract of a change order, of whichever kind it is."""
    return {one.pk: one.data.get("commitment_id") or one.data.get("contract_id") for one in records}


def worth(record: Record) -> Decimal:
    """A change order is worth its lines; one without lines what its header says."""
    return record.amount or Decimal(str(record.data.get("grand_total") or 0))


def change_order_sums(company_id: int, records: Sequence[Record]) -> Figures:
    """Of a contract: its change orders by how far they are, and what it comes to with them."""
    sums = {one.pk: {"approved": Decimal(0), "pending": Decimal(0), "draft": Decimal(0)} for one in records}
    ids = list(sums)
    orders = Record.objects.of(company_id).filter(
        Q(data__commitment_id__in=ids) | Q(data__contract_id__in=ids),
        item_type__in=("commitment_change_order", "prime_contract_change_order"),
        project_id__in={one.project_id for one in records},
        deleted_at=None,
    )
    for order in orders:
        contract = order.data.get("commitment_id") or order.data.get("contract_id")
        kind = "pending" if order.status in PENDING else order.status or "draft"
        if contract in sums and kind in sums[contract]:
            sums[contract][kind] += worth(order)
    return {one.pk: _with_totals(sums[one.pk], one.amount or Decimal(0)) for one in records}


def _with_totals(sums: Mapping[str, Decimal], amount: Decimal) -> dict[str, Decimal]:
    revised = amount + sums["approved"]
    return {**sums, "original": amount, "revised": revised, "pending_revised": revised + sums["pending"]}


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


def employee(company_id: int, records: Sequence[Record]) -> Figures:
    """Whom a direct cost was paid to; employees are no objects here, so they have no name."""
    given = {one.pk: one.data.get("employee_id") for one in records}
    return {pk: {"id": employee_id, "name": None} if employee_id else None for pk, employee_id in given.items()}


def erp_status(company_id: int, records: Sequence[Record]) -> Figures:
    """How far an object is on its way to the ERP, as much as its lock says of it."""
    return {one.pk: "synced" if one.synced else ERP_STATUS[Lock(one.lock)] for one in records}


def deletable(company_id: int, records: Sequence[Record]) -> Figures:
    """Whether people may delete it."""
    return {one.pk: not one.synced and one.lock == Lock.NONE for one in records}


FIGURES: Mapping[str, Callable[[int, Sequence[Record]], Figures]] = {
    "created_by": created_by,
    "biller": biller,
    "contract_ref": contract_id,
    "sums": change_order_sums,
    "worth": order_worth,
    "employee": employee,
    "erp_status": erp_status,
    "deletable": deletable,
    "billing": billing,
    "budgeted": budgeted,
    "wbs_code": wbs_code,
    "line_count": line_count,
    "display_name": display_name,
    "is_erp_integrated": is_erp_integrated,
}
