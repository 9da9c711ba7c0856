"""Entries about what was refused: the attempt is rolled back, its trace is not."""

from typing import Any

from erpstaging.audit.log import Act, record
from erpstaging.companies.actors import Actor
from erpstaging.core.errors import NotPermitted, Refused, WrongState
from erpstaging.core.scope import company_scope


def is_denial(refusal: Refused) -> bool:
    """Attempts without the privilege, and on objects in the wrong state, are kept; wrong values are not."""
    return isinstance(refusal, (NotPermitted, WrongState))


def audit_denied(
    company_id: int,
    actor: Actor,
    refusal: Refused,
    *,
    attempted: str,
    object_type: str = "",
    object_id: int | None = None,
    record_id: int | None = None,
) -> None:
    """Write that `actor` attempted something and was refused, in a transaction of its own.

    `attempted` names the act, such as `accept_export` or `POST /rest/v1.0/...`.
    """
    after: dict[str, Any] = {"attempted": attempted, "code": refusal.code, "message": refusal.message}
    with company_scope(company_id):
        act = Act("denied", object_type or "call", object_id, record_id, after=after)
        record(company_id, actor, [act])
