"""Which company a call is about: path, header, query and body may each name it, and have to agree."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest

from erpstaging.core.errors import BadRequest, NotPermitted

HEADER = "Procore-Company-Id"
_ID = re.compile(r"[0-9]{1,19}", re.ASCII)


def company_id_of(value: Any, *, where: str) -> int:
    """Raises NotPermitted for what cannot be a company's id: the caller has none such, whatever it is."""
    if isinstance(value, bool) or not isinstance(value, (int, str)) or not _ID.fullmatch(str(value)):
        raise NotPermitted(f"The company id in the {where} is none of yours.", code="foreign_company")
    return int(value)


def named_outside_body(request: HttpRequest, path_id: int | None) -> list[int]:
    """The companies that path, header and query name.

    Raises NotPermitted for a value that is no id. A header sent twice reaches WSGI joined by a comma and so is no id.
    """
    named = [] if path_id is None else [path_id]
    header = request.headers.get(HEADER, "").strip()
    if header:
        named.append(company_id_of(header, where=f"header {HEADER}"))
    named += [company_id_of(value, where="query") for value in request.GET.getlist("company_id") if value]
    return named


def named_in_body(body: Any) -> list[int]:
    """The company that the body names on its upper level, if it does."""
    if not isinstance(body, Mapping) or body.get("company_id") is None:
        return []
    return [company_id_of(body["company_id"], where="body")]


def agreed(named: Iterable[int]) -> int | None:
    """The one company that all of them name; None when there is none. Raises NotPermitted when they differ."""
    different = set(named)
    if len(different) > 1:
        raise NotPermitted("Path, header, query and body name different companies.", code="contradictory_company")
    return different.pop() if different else None


def company_required() -> BadRequest:
    return BadRequest(f"The header {HEADER} is required.", code="company_required", errors={HEADER: ["is required"]})
