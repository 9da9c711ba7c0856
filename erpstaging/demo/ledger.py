"""What the demo's ledger holds and sends: names and figures only."""

from typing import Any

ON = {"enabled": True}
_CONFIGS = {"staged_records": ON, "import": ON, "export": ON, "unlink": ON}
BOTH_WAYS: dict[str, Any] = {"enabled": True, "configs": _CONFIGS, "tab": ON}


def _present(message: str) -> dict[str, Any]:
    return {"enabled": True, "validation": {"present": {"enabled": True, "message": message}}}


METADATA: dict[str, Any] = {
    "settings": {
        "labels": {"name": "Northwind Ledger", "id_name": "Ledger No.", "short_name": "Northwind"},
        "configurations": {"settings": {"cost_codes_segment_delimiter": "-"}},
        "entities": {
            "standard_cost_codes": BOTH_WAYS,
            "standard_categories": {"enabled": True, "configs": {"import": ON}},
            "vendors": {
                **BOTH_WAYS,
                "rules": {
                    "save": {
                        "fields": {
                            "zip": {
                                "validation": {
                                    "max_length": {
                                        "enabled": True,
                                        "length": 10,
                                        "message": "The ledger takes postcodes of at most %{length} characters.",
                                    }
                                }
                            }
                        }
                    }
                },
            },
            "jobs": {**BOTH_WAYS, "configs": {**BOTH_WAYS["configs"], "update": ON, "category_assignments": ON}},
            "sub_jobs": BOTH_WAYS,
            "job_costs": {"enabled": True, "configs": {"import": ON}},
            "budgets": {
                "enabled": True,
                "configs": {
                    "import": ON,
                    "sub_job_export": ON,
                    "revised_estimates_export": ON,
                    "export": {"enabled": True, "forecast_amounts": ON},
                },
                "tab": ON,
                "rules": {
                    "export": {
                        "warning_message": {
                            "enabled": True,
                            "message": "The budget in Northwind is overwritten, and can be imported no more. Continue?",
                        }
                    }
                },
            },
            "commitments": {
                "enabled": True,
                "configs": {
                    "staged_records": ON,
                    "import": ON,
                    "unlink": ON,
                    "export_subcontracts": ON,
                    "export_purchase_orders": ON,
                    "export": {
                        "enabled": True,
                        "custom_fields": [
                            {
                                "key": "accounting_date",
                                "label": "Accounting date",
                                "type": "date",
                                "rules": {
                                    "validation": {"present": {"enabled": True, "message": "Give the accounting date."}}
                                },
                            }
                        ],
                    },
                },
                "tab": {"enabled": True, "columns": {"code": {"enabled": True, "text": "Order number"}}},
                "rules": {"export": {"fields": {"code": _present("Give the order number of the ledger.")}}},
            },
            "commitment_items": {"enabled": True, "configs": {"import": ON, "export": ON}},
            "commitment_change_orders": BOTH_WAYS,
            "commitment_change_order_items": {"enabled": True, "configs": {"import": ON, "export": ON}},
            "prime_contracts": {"enabled": True, "configs": {"staged_records": ON, "import": ON}, "tab": ON},
            "prime_contract_change_orders": {
                "enabled": True,
                "configs": {"export": ON, "unlink": ON, "export_estimate_markup": ON},
                "tab": ON,
                "rules": {"export": {"fields": {"code": _present("Give the amendment number of the owner.")}}},
            },
            "requisitions": {
                "enabled": True,
                "configs": {"export": ON, "sync_payments": ON, "accounting_date": ON},
                "tab": ON,
                "rules": {"export": {"fields": {"billing_date": _present("Give the billing date.")}}},
            },
            "contract_payments": {"enabled": True, "configs": {"export": ON, "import": ON}, "tab": ON},
            "payment_applications": {"enabled": True, "configs": {"export": ON, "unlink": ON}, "tab": ON},
            "company_level_direct_costs": {
                "enabled": True,
                "configs": {"export": ON, "unlink": ON},
                "tab": {"enabled": True, "columns": {"code": {"enabled": True, "text": "Voucher"}}},
            },
        },
    }
}

STANDARD_CODES: list[dict[str, Any]] = [
    {"code": code, "name": name, "origin_id": f"STD-{code}"}
    for code, name in (
        ("01", "General requirements"),
        ("03", "Concrete"),
        ("05", "Metals"),
        ("07", "Thermal and moisture protection"),
        ("26", "Electrical"),
    )
] + [
    {"code": code, "name": name, "origin_id": f"STD-{parent}-{code}", "parent_origin_id": f"STD-{parent}"}
    for parent, code, name in (
        ("01", "540", "Cranage"),
        ("03", "300", "Cast-in-place concrete"),
        ("05", "120", "Structural steel"),
        ("05", "500", "Site welding"),
        ("07", "500", "Membrane roofing"),
        ("26", "050", "Rough-in"),
    )
]
COST_TYPES: list[dict[str, Any]] = [
    {"csv_import_code": "L", "name": "Labor", "base_type": "labor", "origin_id": "CT-L"},
    {"csv_import_code": "M", "name": "Materials", "base_type": "materials", "origin_id": "CT-M"},
    {"csv_import_code": "S", "name": "Subcontract", "base_type": "commitment", "origin_id": "CT-S"},
    {"csv_import_code": "E", "name": "Equipment", "base_type": "equipment", "origin_id": "CT-E"},
]
_JOB_CODES = (
    ("01-540", "Cranage"),
    ("03-300", "Cast-in-place concrete"),
    ("05-120", "Structural steel"),
    ("05-500", "Site welding"),
    ("07-500", "Membrane roofing"),
    ("26-050", "Rough-in"),
)
COST_CODES: dict[str, list[dict[str, Any]]] = {
    project: [{"code": code, "name": name, "origin_id": f"{project}|{code}"} for code, name in _JOB_CODES]
    for project in ("JOB-2401", "JOB-2407", "JOB-2502")
}


def _project(origin_id: str, name: str, city: str, **more: Any) -> dict[str, Any]:
    data = {"name": name, "project_number": origin_id.removeprefix("JOB-"), "city": city, "state_code": "CO"}
    return {"item_type": "project", "origin_id": origin_id, "origin_code": origin_id, "data": {**data, **more}}


def _vendor(origin_id: str, name: str, city: str, zip_code: str, **more: Any) -> dict[str, Any]:
    data = {"name": name, "city": city, "state_code": "CO", "zip": zip_code, "country_code": "US", "is_active": True}
    return {"item_type": "vendor", "origin_id": origin_id, "origin_code": origin_id[2:], "data": {**data, **more}}


Line = tuple[str, str, str, str]  # cost code, cost type, description, amount


def _lines(origin_id: str, project: str, lines: tuple[Line, ...], **more: str) -> list[dict[str, Any]]:
    return [
        {
            "item_type": "line_item",
            "origin_id": f"{origin_id}-{place}",
            "data": {
                "cost_code_origin_id": f"{project}|{code}",
                "line_item_type_origin_id": cost_type,
                "description": description,
                "amount": amount,
                **more,
            },
        }
        for place, (code, cost_type, description, amount) in enumerate(lines, start=1)
    ]


def _with_lines(item_type: str, origin_id: str, title: str, project: str, *lines: Line, **more: str) -> dict[str, Any]:
    number = origin_id.removeprefix("NW-")
    data = {"number": number, "title": title, "project_origin_id": project, **more}
    children = _lines(origin_id, project, lines)
    return {"item_type": item_type, "origin_id": origin_id, "origin_code": number, "data": data, "children": children}


def _commitment(
    origin_id: str, title: str, project: str, vendor: str, *lines: Line, item_type: str = "work_order_contract"
) -> dict[str, Any]:
    more = {"vendor_origin_id": vendor, "status": "Approved", "retainage_percent": "10"}
    return _with_lines(item_type, origin_id, title, project, *lines, **more)


def _order(origin_id: str, title: str, project: str, vendor: str, *lines: Line) -> dict[str, Any]:
    return _commitment(origin_id, title, project, vendor, *lines, item_type="purchase_order_contract")


def _change_order(
    origin_id: str, title: str, project: str, commitment: str, *lines: Line, changes: str
) -> dict[str, Any]:
    """`changes` is the line of the commitment that the lines belong to."""
    sent = _with_lines("commitment_change_order", origin_id, title, project, commitment_origin_id=commitment)
    return {**sent, "children": _lines(origin_id, project, lines, commitment_line_item_origin_id=changes)}


def _sub_job(origin_id: str, name: str, project: str) -> dict[str, Any]:
    code = origin_id.removeprefix(f"{project}-")
    data = {"name": name, "code": code, "project_origin_id": project}
    return {"item_type": "sub_job", "origin_id": origin_id, "origin_code": code, "data": data}


IMPORTED: list[dict[str, Any]] = [
    _project("JOB-2401", "Harbour Point", "Denver"),
    _project("JOB-2407", "Riverside Clinic", "Boulder"),
    _project("JOB-2502", "Northgate School", "Golden"),
    _vendor("V-1001", "Calder Steel Erectors", "Denver", "80202", business_phone="303-555-0101"),
    _vendor("V-1002", "Oakfield Concrete", "Aurora", "80010", business_phone="303-555-0144"),
    _vendor("V-1003", "Meridian Electrical", "Lakewood", "80226"),
    _vendor("V-1004", "Kestrel Roofing", "Boulder", "80301"),
    _vendor("V-1005", "Summit Elevator", "Denver", "80204", business_phone="303-555-0188"),
    _sub_job("JOB-2401-A", "Tower A", "JOB-2401"),
    _sub_job("JOB-2401-B", "Tower B", "JOB-2401"),
]
# Lines need the cost codes of their project, which come after it.
IMPORTED_WITH_LINES: list[dict[str, Any]] = [
    _order(
        "NW-7001",
        "Elevator cabs and controllers",
        "JOB-2401",
        "V-1005",
        ("26-050", "CT-M", "Four cabs, 3,500 lb", "612000.00"),
        ("26-050", "CT-M", "Controllers", "148500.00"),
    ),
    _with_lines(
        "prime_contract",
        "NW-P-2407",
        "Riverside Clinic, contract with the owner",
        "JOB-2407",
        ("03-300", "CT-S", "Foundations and frame", "2860000.00"),
        ("07-500", "CT-S", "Roofing", "910000.00"),
        ("26-050", "CT-S", "Electrical and mechanical", "1745000.00"),
        status="Approved",
    ),
]
WAITING: list[dict[str, Any]] = [
    _vendor("V-1011", "Pacific Glazing", "Denver", "80205", email_address="office@pacific-glazing.example"),
    _vendor("V-1012", "Tri-County Drywall", "Golden", "80401"),
    _vendor("V-1013", "Sable Mechanical", "Arvada", "80002", business_phone="(303) 555-0170", address="1180 West 64th"),
    _vendor("V-1014", "Northline Excavation", "Brighton", "80601"),
    _project("JOB-2509", "Cherry Creek Library", "Denver"),
    _commitment(
        "NW-5101",
        "Foundations and slabs",
        "JOB-2407",
        "V-1002",
        ("03-300", "CT-S", "Pile caps and grade beams", "284000.00"),
        ("03-300", "CT-M", "Ready-mix, 4,000 psi", "117600.00"),
    ),
    _commitment(
        "NW-5102",
        "Temporary power",
        "JOB-2502",
        "V-1003",
        ("26-050", "CT-S", "Panels and feeders", "51288.00"),
    ),
    _order(
        "NW-7004",
        "Light fixtures, wing A",
        "JOB-2407",
        "V-1003",
        ("26-050", "CT-M", "Recessed fixtures, 214 pieces", "48792.00"),
        ("26-050", "CT-M", "Emergency lighting", "11340.50"),
    ),
    _change_order(
        "NW-7001-C1",
        "Stainless cab finish",
        "JOB-2401",
        "NW-7001",
        ("26-050", "CT-M", "Brushed stainless instead of laminate", "38200.00"),
        changes="NW-7001-1",
    ),
    _sub_job("JOB-2502-G", "Gymnasium", "JOB-2502"),
    _with_lines(
        "prime_contract",
        "NW-P-2401",
        "Harbour Point, contract with the owner",
        "JOB-2401",
        ("03-300", "CT-S", "Foundations and frame", "18400000.00"),
        ("05-120", "CT-S", "Structural steel", "9250000.00"),
        ("07-500", "CT-S", "Roofing", "2180000.00"),
        ("26-050", "CT-S", "Electrical", "6420000.00"),
        status="Approved",
    ),
    # Its vendor is staged above and not imported yet, so it waits for it.
    _commitment(
        "NW-5103",
        "Curtain wall, podium to level 9",
        "JOB-2401",
        "V-1011",
        ("05-120", "CT-S", "Framing and anchors", "1204900.00"),
        ("05-120", "CT-M", "Insulated glass units", "2211000.00"),
    ),
]
# What the ledger sent once more, with other values.
CHANGED: list[dict[str, Any]] = [
    _vendor("V-1014", "Northline Excavation & Utilities", "Brighton", "80603", business_phone="303-555-0162"),
    {
        "item_type": "work_order_contract",
        "origin_id": "NW-5101",
        "data": {"retainage_percent": "5"},
        "children": [{"item_type": "line_item", "origin_id": "NW-5101-2", "data": {"amount": "121900.00"}}],
    },
]
INVALID: list[dict[str, Any]] = [_vendor("V-1015", "Vermeer Crane Hire", "Denver", "80202-1234-99")]
ARCHIVED: list[dict[str, Any]] = [_vendor("V-0871", "Closed Accounts Ltd", "Pueblo", "81001", is_active=False)]
