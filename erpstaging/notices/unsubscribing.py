"""The address by which a daily summary is stopped with one click, without signing in (RFC 8058).

It is signed and never ends: whoever holds the mail may stop it, however old it is, and can do nothing else with it.
"""

from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.urls import reverse

SALT = "erpstaging.notices.unsubscribe"
MAX_TOKEN, MAX_ID = 200, 2**63


@dataclass(frozen=True, slots=True)
class Subscriber:
    company_id: int
    person_id: int


def unsubscribe_url(company_id: int, person_id: int) -> str:
    token = signing.dumps([company_id, person_id], salt=SALT)
    return f"{settings.BASE_URL}{reverse('approvals:unsubscribe', args=[token])}"


def subscriber_of(token: str) -> Subscriber | None:
    """Whose address it is; None for one that we did not sign."""
    try:
        company_id, person_id = signing.loads(token[:MAX_TOKEN], salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    is_id = all(isinstance(one, int) and 0 < one < MAX_ID for one in (company_id, person_id))
    return Subscriber(company_id, person_id) if is_id else None
