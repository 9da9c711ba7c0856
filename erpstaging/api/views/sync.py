"""What the sync calls share: reading `updates`, and the answer of two lists."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings

from erpstaging.core.errors import BadRequest, TooLarge


def read_updates(body: Any, *, key: str = "updates") -> Sequence[Any]:
    """The elements of a sync call, from the object or, where the view takes one, the bare list.

    Raises BadRequest when there is no list, TooLarge above the limit (1,000).
    """
    updates = body.get(key) if isinstance(body, dict) else body
    if not isinstance(updates, list):
        raise BadRequest(f"The body needs the list {key}.", errors={key: ["must be a list"]})
    if len(updates) > settings.MAX_SYNC_ELEMENTS:
        raise TooLarge(f"{key} may hold {settings.MAX_SYNC_ELEMENTS} elements; split the call.")
    return updates


def wants_atomic(body: Any, query: Any) -> bool:
    """Our extension: `atomic=true` in body or query stores everything or nothing."""
    given = body.get("atomic") if isinstance(body, dict) and "atomic" in body else query.get("atomic")
    return given is True or str(given).lower() in {"true", "1"}
