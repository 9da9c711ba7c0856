"""What the demo's ledger holds and what its project people wrote: names and figures only."""

from dataclasses import dataclass
from typing import Any, Literal

ON = {"enabled": True}
BOTH_WAYS = {"enabled": True, "configs": {"staged_records": ON, "import": ON, "export": ON, "unlink": ON}, "tab": ON}


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
            "jobs": BOTH_WAYS,
            "sub_jobs": BOTH_WAYS,
            "prime_contracts": BOTH_WAYS,
            "commitment_change_orders": BOTH_WAYS,
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


def _commitment(
    origin_id: str, title: str, project: str, vendor: str, *lines: tuple[str, str, str, str]
) -> dict[str, Any]:
    return {
        "item_type": "work_order_contract",
        "origin_id": origin_id,
        "origin_code": origin_id.removeprefix("NW-"),
        "data": {
            "number": origin_id.removeprefix("NW-"),
            "title": title,
            "status": "Approved",
            "project_origin_id": project,
            "vendor_origin_id": vendor,
            "retainage_percent": "10",
        },
        "children": [
            {
                "item_type": "line_item",
                "origin_id": f"{origin_id}-{place}",
                "data": {
                    "cost_code_origin_id": f"{project}|{code}",
                    "line_item_type_origin_id": cost_type,
                    "description": description,
                    "amount": amount,
                },
            }
            for place, (code, cost_type, description, amount) in enumerate(lines, start=1)
        ],
    }


IMPORTED: list[dict[str, Any]] = [
    _project("JOB-2401", "Harbour Point", "Denver"),
    _project("JOB-2407", "Riverside Clinic", "Boulder"),
    _project("JOB-2502", "Northgate School", "Golden"),
    _vendor("V-1001", "Calder Steel Erectors", "Denver", "80202", business_phone="303-555-0101"),
    _vendor("V-1002", "Oakfield Concrete", "Aurora", "80010", business_phone="303-555-0144"),
    _vendor("V-1003", "Meridian Electrical", "Lakewood", "80226"),
    _vendor("V-1004", "Kestrel Roofing", "Boulder", "80301"),
]
WAITING: list[dict[str, Any]] = [
    _vendor("V-1011", "Pacific Glazing", "Denver", "80205", email_address="office@pacific-glazing.example"),
    _vendor("V-1012", "Tri-County Drywall", "Golden", "80401"),
    _vendor("V-1013", "Sable Mechanical", "Arvada", "80002"),
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
INVALID: list[dict[str, Any]] = [_vendor("V-1015", "Vermeer Crane Hire", "Denver", "80202-1234-99")]
ARCHIVED: list[dict[str, Any]] = [_vendor("V-0871", "Closed Accounts Ltd", "Pueblo", "81001", is_active=False)]

PROJECT_VENDORS: list[dict[str, Any]] = [
    {"name": "Lindqvist Facades", "city": "Denver", "state_code": "CO", "zip": "80211", "country_code": "US"},
    {"name": "Atlas Site Services", "city": "Commerce City", "state_code": "CO", "zip": "80022", "country_code": "US"},
]

Outcome = Literal["draft", "waiting", "rejected", "exporting", "failed", "synced"]


@dataclass(frozen=True, slots=True)
class Contract:
    """A subcontract that project people wrote, and how far it came.

    A line is (cost code, cost type, description, quantity, unit, unit cost).
    """

    number: str
    title: str
    project: str
    vendor: str
    outcome: Outcome
    lines: tuple[tuple[str, str, str, str, str, str], ...]
    retainage: str = "10"
    status: str = "Approved"


CONTRACTS: tuple[Contract, ...] = (
    Contract(
        "SC-1031",
        "Pile foundations, phase 1",
        "JOB-2401",
        "V-1002",
        "synced",
        (
            ("03-300", "CT-S", "Bored piles, 24 in", "86", "ea", "4120"),
            ("01-540", "CT-E", "Rig mobilisation", "1", "ls", "18500"),
        ),
    ),
    Contract(
        "SC-1034",
        "Roofing, clinic wing A",
        "JOB-2407",
        "V-1004",
        "exporting",
        (("07-500", "CT-S", "TPO membrane, 60 mil", "21400", "sf", "9.85"),),
    ),
    Contract(
        "SC-1036",
        "Rough-in, floors 2 and 3",
        "JOB-2407",
        "V-1003",
        "failed",
        (
            ("26-050", "CT-S", "Branch circuits", "640", "ea", "118.50"),
            ("26-050", "CT-M", "Conduit and boxes", "1", "ls", "20900.12"),
        ),
    ),
    Contract(
        "SC-1038",
        "Concrete, gymnasium slab",
        "JOB-2502",
        "V-1002",
        "rejected",
        (("03-300", "CT-S", "Slab on grade, 6 in", "14200", "sf", "8.40"),),
        retainage="5",
    ),
    Contract(
        "SC-1042",
        "Structural steel, towers A and B",
        "JOB-2401",
        "V-1001",
        "waiting",
        (
            ("05-120", "CT-S", "Columns and primary beams", "412.5", "t", "1840"),
            ("05-120", "CT-S", "Secondary steel and bracing", "96", "t", "2165"),
            ("05-120", "CT-M", "Base plates and anchors", "150", "ea", "846"),
            ("05-500", "CT-L", "Site welding", "1042", "h", "100"),
            ("01-540", "CT-E", "Crane mats, hire and set", "29", "ea", "500"),
        ),
    ),
    Contract(
        "SC-1045",
        "Site welding, canopy",
        "JOB-2502",
        "V-1001",
        "waiting",
        (("05-500", "CT-L", "Certified welders", "180", "h", "112"),),
    ),
    Contract(
        "SC-1047",
        "Re-roofing, gymnasium",
        "JOB-2502",
        "V-1004",
        "waiting",
        (
            ("07-500", "CT-S", "Tear-off and disposal", "9800", "sf", "2.15"),
            ("07-500", "CT-S", "Membrane and insulation", "9800", "sf", "11.40"),
        ),
    ),
    Contract(
        "SC-1050",
        "Tower crane, hire and operation",
        "JOB-2401",
        "V-1001",
        "draft",
        (("01-540", "CT-E", "Tower crane, 26 weeks", "26", "wk", "9400"),),
        status="Out For Signature",
    ),
)
