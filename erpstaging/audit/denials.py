"""Entries about what was refused: the attempt is rolled back, its trace is not."""

from erpstaging.audit.witness import write_entry
from erpstaging.companies.actors import Actor
from erpstaging.core.errors import NotPermitted, Refused, WrongState


def is_denial(refusal: Refused) -> bool:
    """Attempts without the privilege, and on objects in the wrong state, are kept; wrong values are not."""
    return isinstance(refusal, (NotPermitted, WrongState))


def audit_denied(
    company_id: int | None,
    actor: Actor,
    refusal: Refused,
    *,
    attempted: str,
    object_type: str = "call",
    object_id: int | None = None,
) -> None:
    """Write that `actor` attempted something and was refused, in a transaction of its own.

    `attempted` names the act, such as `accept_export` or `POST /rest/v1.0/...`. The company is None where the caller
    was refused before he was let into one.
    """
    after = {"attempted": attempted, "code": refusal.code, "message": refusal.message}
    write_entry(company_id, actor, "denied", object_type, object_id, after=after)
