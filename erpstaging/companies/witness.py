"""How this room tells the audit, which stands on it and which it therefore cannot import.

The audit room appoints itself when the applications are loaded; without it every act of this room fails loudly.
"""

from typing import Any, Protocol

from erpstaging.companies.actors import Actor


class Witness(Protocol):
    """Writes one entry in the caller's transaction: into the company, or into none for what belongs to no company."""

    def __call__(
        self,
        company_id: int | None,
        actor: Actor,
        action: str,
        object_type: str,
        object_id: int | None,
        *,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
    ) -> None: ...


_appointed: list[Witness] = []


def appoint(witness: Witness) -> None:
    _appointed[:] = [witness]


def tell(
    company_id: int | None,
    actor: Actor,
    action: str,
    object_type: str,
    object_id: int | None,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Have one act written to the audit; it is undone with the caller's transaction."""
    (witness,) = _appointed
    witness(company_id, actor, action, object_type, object_id, before=before, after=after)
