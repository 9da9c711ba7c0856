"""What the demo's project people wrote: names and figures only."""

from dataclasses import dataclass
from typing import Any, Literal

PROJECT_VENDORS: list[dict[str, Any]] = [
    {"name": "Lindqvist Facades", "city": "Denver", "state_code": "CO", "zip": "80211", "country_code": "US"},
    {"name": "Atlas Site Services", "city": "Commerce City", "state_code": "CO", "zip": "80022", "country_code": "US"},
]

# They stand here without an origin ID; the ledger staged one of them, and something that looks like the other.
UNSENT_VENDORS: list[dict[str, Any]] = [
    {
        "name": "Sable Mechanical, LLC",
        "address": "1180 W 64th Ave",
        "city": "Arvada",
        "state_code": "CO",
        "zip": "80002",
        "country_code": "US",
        "business_phone": "303-555-0170",
        "email_address": "estimating@sable-mechanical.example",
    },
    {"name": "Tri-County Drywall", "city": "Golden", "state_code": "CO", "zip": "80401", "country_code": "US"},
]
CUSTOM_FIELDS: list[dict[str, Any]] = [
    {"item_type": "vendor", "key": "courier_id", "label": "Courier ID", "data_type": "string"},
    {
        "item_type": "work_order_contract",
        "key": "risk_class",
        "label": "Risk class",
        "data_type": "choice",
        "choices": ["Low", "Medium", "High"],
    },
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
