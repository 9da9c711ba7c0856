"""Writes what the rooms below have to tell."""

from typing import Any

from erpstaging.audit.log import Act, record
from erpstaging.companies.actors import Actor
from erpstaging.core.scope import all_companies_scope, company_scope


def write_entry(
    company_id: int | None,
    actor: Actor,
    action: str,
    object_type: str,
    object_id: int | None,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """One entry in the company's scope. Entries without a company, such as sign-ins and tokens, need the scope of all:
    PostgreSQL shows them to nobody else, not even to the statement that inserts them and returns their id.
    """
    act = Act(action, object_type, object_id, before=before, after=after)
    with all_companies_scope() if company_id is None else company_scope(company_id):
        record(company_id, actor, [act])
