"""Entries about what was refused: the attempt is rolled back, its trace is not."""

from typing import Any

from erpstaging.audit.witness import write_entry
from erpstaging.companies.actors import Actor
from erpstaging.core.errors import NotPermitted, Refused, WrongState

# Edits of what the ERP holds, or of what waits for a decision.
CLOSED = frozenset({"locked", "pending_approval"})


def is_denial(refusal: Refused) -> bool:
    """Attempts without the privilege, on objects in the wrong state, and on what is closed are kept; wrong values are
    not."""
    return isinstance(refusal, (NotPermitted, WrongState)) or refusal.code in CLOSED


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
    after: dict[str, Any] = {"attempted": attempted, "code": refusal.code, "message": refusal.message}
    if refusal.errors:
        after["fields"] = sorted(refusal.errors)
    write_entry(company_id, actor, "denied", object_type, object_id, after=after)
