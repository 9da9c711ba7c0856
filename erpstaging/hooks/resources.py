"""What a hook can listen to: ERP requests, staged records, and every mirrored resource, with all its changes.

Names as seen on the live service of the wire we speak, where it has the resource.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from erpstaging.hooks.payloads import SHAPES
from erpstaging.outbox.models import EventType

EVERY_TYPE = tuple(EventType.values)


@dataclass(frozen=True, slots=True)
class Resource:
    """A name that triggers and events use."""

    name: str
    level: Literal["company", "project"]
    category: str
    tools: str


_CORE, _FINANCIALS = "Core", "Construction Financials"

RESOURCES: Mapping[str, Resource] = {
    resource.name: resource
    for resource in (
        Resource("ERP Requests", "company", _FINANCIALS, "ERP Integrations"),
        Resource("Staged Records", "company", _FINANCIALS, "ERP Integrations"),
        Resource("Company Insurances", "company", _CORE, "Directory"),
        Resource("Company Vendors", "company", _CORE, "Directory"),
        Resource("Departments", "company", _CORE, "Admin"),
        Resource("Line Item Types", "company", _CORE, "Admin"),
        Resource("Tax Codes", "company", _CORE, "Admin"),
        Resource("Projects", "company", _CORE, "Portfolio"),
        Resource("Standard Cost Code Lists", "company", _CORE, "Admin"),
        Resource("Standard Cost Codes", "company", _CORE, "Admin"),
        Resource("Budget Changes", "project", _FINANCIALS, "Budget"),
        Resource("Budget Line Items", "project", _FINANCIALS, "Budget"),
        Resource("Budget Modifications", "project", _FINANCIALS, "Budget"),
        Resource("ERP Transactions", "project", _FINANCIALS, "Budget"),
        Resource("Job Costs", "project", _FINANCIALS, "Budget"),
        Resource("Job Cost Transactions", "project", _FINANCIALS, "Budget"),
        Resource("Change Order Packages", "project", _FINANCIALS, "Change Orders"),
        Resource("Company Direct Cost Line Items", "project", _FINANCIALS, "Direct Costs"),
        Resource("Company Direct Costs", "project", _FINANCIALS, "Direct Costs"),
        Resource("Contract Payments", "project", _FINANCIALS, "Commitments"),
        Resource("Invoice Payments", "project", _FINANCIALS, "Commitments"),
        Resource("Requisitions", "project", _FINANCIALS, "Commitments"),
        Resource("Requisition Items", "project", _FINANCIALS, "Commitments"),
        Resource("Cost Codes", "project", _CORE, "Admin"),
        Resource("Cost Type Assignments", "project", _CORE, "Admin"),
        Resource("Direct Cost Line Items", "project", _FINANCIALS, "Direct Costs"),
        Resource("Direct Costs", "project", _FINANCIALS, "Direct Costs"),
        Resource("Payment Applications", "project", _FINANCIALS, "Prime Contracts"),
        Resource("Payment Application Line Items", "project", _FINANCIALS, "Prime Contracts"),
        Resource("Potential Change Order Line Items", "project", _FINANCIALS, "Change Orders"),
        Resource("Potential Change Orders", "project", _FINANCIALS, "Change Orders"),
        Resource("Prime Contract Line Items", "project", _FINANCIALS, "Prime Contracts"),
        Resource("Prime Contracts", "project", _FINANCIALS, "Prime Contracts"),
        Resource("Project Vendors", "project", _CORE, "Directory"),
        Resource("Purchase Order Contract Line Items", "project", _FINANCIALS, "Commitments"),
        Resource("Purchase Order Contracts", "project", _FINANCIALS, "Commitments"),
        Resource("Sub Jobs", "project", _CORE, "Admin"),
        Resource("Work Order Contract Line Items", "project", _FINANCIALS, "Commitments"),
        Resource("Work Order Contracts", "project", _FINANCIALS, "Commitments"),
    )
}


def described(api_version: str, *, project_only: bool) -> list[dict[str, Any]]:
    """The list that the wire serves. A hook of a company hears its projects too, one of a project only its own."""
    return [
        {
            "name": resource.name,
            "api_version": SHAPES.get(api_version, api_version),
            "product_category": resource.category,
            "tools": resource.tools,
            # Nothing is left out: what can change can be heard of.
            "except": [],
            **{kind: kind for kind in EVERY_TYPE},
        }
        for resource in RESOURCES.values()
        if resource.level == "project" or not project_only
    ]
