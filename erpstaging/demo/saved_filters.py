"""What the demo's approvers look at every morning."""

from typing import Any

from erpstaging.approvals.models import SavedFilter


def seed_saved_filters(business: Any) -> None:
    """One shared filter, of exports that are worth a second look."""
    approver = business.people["approver"]
    SavedFilter.objects.create(
        company=business.company,
        owner_id=approver.id,
        owner_name=approver.name,
        name="Over 100,000 USD",
        query="view=ready_to_export&amount_from=100000&currency=USD&decidable=true&sort=-amount",
        shared=True,
    )
