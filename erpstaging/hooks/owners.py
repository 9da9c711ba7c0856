"""Who answers for a hook, and so learns when it stops, gives something up, or goes on."""

from typing import Any

from erpstaging.companies.models import ErpLevel, Membership, ServiceAccount
from erpstaging.hooks.models import Hook
from erpstaging.notices.services import owe


def owners_of(hook: Hook) -> set[int]:
    """The person who made it, or who owns the account that did; where he left, the company's ERP administrators."""
    owner_id = hook.user_id
    if owner_id is None and hook.account_id is not None:
        owner_id = ServiceAccount.objects.filter(pk=hook.account_id).values_list("owner_id", flat=True).first()
    people = Membership.objects.filter(company_id=hook.company_id, is_active=True, user__is_active=True)
    if owner_id is not None and people.filter(user_id=owner_id).exists():
        return {owner_id}
    return set(people.filter(erp_level=ErpLevel.ADMIN).values_list("user_id", flat=True))


def owe_to_owners(hook: Hook, kind: str, cause: str, context: dict[str, Any]) -> None:
    """Owe each of them a mail, once per cause."""
    told = {"title": hook.receiver, "address": hook.address, **context}
    owe(hook.company_id, [(person_id, kind, hook.pk, cause[:80], told) for person_id in sorted(owners_of(hook))])
