"""What the demo's project people sent of contracts, invoices, payments and costs: names, figures, and their sending."""

from typing import TYPE_CHECKING, Any

from erpstaging.records.editing import create_record
from erpstaging.records.lines import LineEdit
from erpstaging.records.models import Record
from erpstaging.staging.sending import send_record

if TYPE_CHECKING:
    from erpstaging.demo.business import Business

CLINIC, HARBOUR = "JOB-2407", "JOB-2401"
PILES, OWNER = "SC-1031", "NW-P-2407"


def send_financials(business: "Business") -> None:
    """One of each kind, waiting for an approver; what they stand under is synced."""
    for make in (_purchase_order, _change_order, _requisition, _payment, _owner_change_order, _owner_invoice, _fuel):
        make(business)


def _sent(
    business: "Business",
    item_type: str,
    data: dict[str, Any],
    *lines: dict[str, Any],
    project: str = "",
    markup: dict[str, Any] | None = None,
) -> Record:
    sender = business.people["project_user"]
    record = create_record(
        business.company,
        actor=sender,
        item_type=item_type,
        data=data,
        project_id=business.ids["project", project] if project else None,
        lines=[LineEdit(None, line) for line in lines],
    )
    if markup:
        create_record(business.company, actor=sender, item_type="markup", data=markup, parent_id=record.pk)
    send_record(business.company, record.pk, actor=sender)
    return record


def _codes(business: "Business", project: str, code: str, cost_type: str) -> dict[str, int]:
    return {
        "cost_code_id": business.ids["cost_code", f"{project}|{code}"],
        "line_item_type_id": business.ids["line_item_type", cost_type],
    }


def _lines_of(business: "Business", record_id: int) -> list[int]:
    lines = Record.objects.of(business.company).filter(parent_id=record_id, deleted_at=None)
    return list(lines.order_by("position").values_list("pk", flat=True))


def _purchase_order(business: "Business") -> None:
    codes = _codes(business, CLINIC, "26-050", "CT-M")
    _sent(
        business,
        "purchase_order_contract",
        {
            "number": "PO-2044",
            "title": "Emergency generator, 400 kW",
            "status": "Approved",
            "vendor_id": business.ids["vendor", "V-1003"],
            "ship_via": "Flatbed",
            "delivery_date": "2027-02-15",
        },
        {"description": "Generator with enclosure", "quantity": "1", "uom": "ea", "unit_cost": "148200", **codes},
        {"description": "Transfer switch", "quantity": "2", "uom": "ea", "unit_cost": "9350", **codes},
        project=CLINIC,
    )


def _change_order(business: "Business") -> None:
    contract_id = business.ids["work_order_contract", PILES]
    line = {"commitment_line_item_id": _lines_of(business, contract_id)[0], "description": "Six further piles, grid F"}
    line |= {"quantity": "6", "uom": "ea", "unit_cost": "4120", **_codes(business, HARBOUR, "03-300", "CT-S")}
    data = {"number": "1", "title": "Further piles, grid F", "status": "approved", "commitment_id": contract_id}
    _sent(business, "commitment_change_order", data | {"due_date": "2026-12-11"}, line, project=HARBOUR)


def _requisition(business: "Business") -> None:
    contract_id = business.ids["work_order_contract", PILES]
    piles, rig = _lines_of(business, contract_id)
    code = business.ids["cost_code", f"{HARBOUR}|03-300"]
    business.ids["requisition", "OC-118"] = _sent(
        business,
        "requisition",
        {
            "invoice_number": "OC-118",
            "status": "approved",
            "commitment_id": contract_id,
            "billing_date": "2026-10-31",
            "requisition_start": "2026-10-01",
            "requisition_end": "2026-10-31",
            "comment": "Progress of October",
        },
        {
            "line_item_id": piles,
            "cost_code_id": code,
            "description_of_work": "32 of 86 piles",
            "scheduled_value": "354320",
            "work_completed_this_period": "131840",
            "work_completed_retainage_retained_this_period": "13184",
        },
        {
            "line_item_id": rig,
            "cost_code_id": code,
            "description_of_work": "Rig on site",
            "scheduled_value": "18500",
            "work_completed_this_period": "18500",
            "work_completed_retainage_retained_this_period": "1850",
        },
        project=HARBOUR,
    ).pk


def _payment(business: "Business") -> None:
    data = {
        "contract_id": business.ids["work_order_contract", PILES],
        "requisition_id": business.ids["requisition", "OC-118"],
        "invoice_number": "OC-118",
        "invoice_date": "2026-10-31",
        "amount": "135306",
        "date": "2026-11-20",
        "payment_method": "check",
        "check_number": "20417",
        "notes": "Payment of October, less retainage",
    }
    _sent(business, "contract_payment", data, project=HARBOUR)


def _owner_change_order(business: "Business") -> None:
    contract_id = business.ids["prime_contract", OWNER]
    line = {"prime_line_item_id": _lines_of(business, contract_id)[0], "description": "Chiller and piping"}
    line |= {"amount": "86400", **_codes(business, CLINIC, "26-050", "CT-S")}
    data = {"number": "3", "title": "Second chiller", "status": "approved", "contract_id": contract_id}
    fee = {"name": "Fee", "percentage": "8", "markup_set": "horizontal", "position": 1}
    _sent(business, "prime_contract_change_order", data, line, project=CLINIC, markup=fee)


def _owner_invoice(business: "Business") -> None:
    contract_id = business.ids["prime_contract", OWNER]
    frame, roof = _lines_of(business, contract_id)[:2]
    data = {
        "invoice_number": "Riverside 7",
        "status": "approved",
        "prime_contract_id": contract_id,
        "billing_date": "2026-10-31",
        "period_start": "2026-10-01",
        "period_end": "2026-10-31",
    }
    done = {"work_completed_this_period": "418000", "scheduled_value": "2860000", "new_materials": "22150.40"}
    roofed = {"work_completed_this_period": "96500", "scheduled_value": "910000"}
    _sent(
        business,
        "payment_application",
        data,
        {"line_item_id": frame, "description_of_work": "Foundations and frame", **done},
        {"line_item_id": roof, "description_of_work": "Roofing", **roofed},
        project=CLINIC,
    )


def _fuel(business: "Business") -> None:
    data = {
        "invoice_number": "TF-90231",
        "direct_cost_type": "invoice",
        "status": "approved",
        "description": "Diesel for generators, October",
        "vendor_id": business.ids["vendor", "V-1002"],
        "direct_cost_date": "2026-11-02",
        "received_date": "2026-11-05",
        "accounting_date": "2026-10-31",
    }
    lines = [
        {
            "project_id": business.ids["project", project],
            "description": f"Diesel, {gallons} gal",
            "quantity": gallons,
            "uom": "gal",
            "unit_cost": "3.84",
            **_codes(business, project, "01-540", "CT-M"),
        }
        for project, gallons in ((HARBOUR, "1240"), (CLINIC, "460"))
    ]
    _sent(business, "company_level_direct_cost", data, *lines)
