"""Who answers for a company's integration, and so learns when it does not answer."""

from erpstaging.companies.models import Company, Membership
from erpstaging.connections.services import connection_of


def owners_of_integration(company: Company) -> set[int | None]:
    """The owner of the account that the connection belongs to, else the company's ERP administrators."""
    connection = connection_of(company.pk)
    owner = connection.account.owner if connection is not None and connection.account is not None else None
    if owner is not None and owner.is_active:
        return {owner.pk}
    rows = Membership.objects.filter(company=company, erp_level="admin", is_active=True, user__is_active=True)
    return set(rows.values_list("user_id", flat=True))
