"""The business of the demo company: what its project people and its ERP would have left there."""

from erpstaging.companies.models import Company


def seed_business(company: Company) -> None:
    """Called once per start, after the people exist; rows that are there already stay as they are."""
