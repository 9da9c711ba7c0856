"""Pages of the Procore lists: `page` and `per_page` in, `Link`, `Total` and `Per-Page` out.

Shapes: procore/documentation, plan_your_app/pagination.md. The vendor's Ruby client splits `Link` at ", " and reads
`rest/<version>/<path>>; rel="name"`, so the header is one line of absolute addresses without any other comma or space.
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import QueryDict
from rest_framework.request import Request
from rest_framework.response import Response

from erpstaging.core.errors import BadRequest

DEFAULT_PER_PAGE, MAX_PER_PAGE, MAX_DIGITS = 100, 2000, 9


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list: pages count from 1."""

    number: int = 1
    per_page: int = DEFAULT_PER_PAGE

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.per_page

    def last(self, total: int) -> int:
        return max((total + self.per_page - 1) // self.per_page, 1)


def read_page(query: QueryDict, *, default: int = DEFAULT_PER_PAGE, maximum: int = MAX_PER_PAGE) -> Page:
    """Raises BadRequest for anything but 1 to 9 digits above zero; `per_page` is cut to its maximum."""
    return Page(
        number=read_count(query, "page", default=1),
        per_page=min(read_count(query, "per_page", default=default), maximum),
    )


def read_count(query: QueryDict, name: str, *, default: int) -> int:
    """A whole number above zero from the query string."""
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > MAX_DIGITS or int(text) == 0:
        raise BadRequest(f"{name} has to be a whole number from 1.", code="bad_query", errors={name: ["is invalid"]})
    return int(text)


def paged_response(request: Request, page: Page, rows: Any, total: int) -> Response:
    response = Response(rows, headers={"Total": str(total), "Per-Page": str(page.per_page)})
    link = link_header(request.path, request.query_params, page, total)
    if link:
        response["Link"] = link
    return response


def link_header(path: str, query: QueryDict, page: Page, total: int) -> str:
    """Empty where everything stands on one page."""
    last = page.last(total)
    if last == 1 and page.number == 1:
        return ""
    targets: dict[str, int] = {}
    if page.number > 1:
        targets |= {"first": 1, "prev": min(page.number - 1, last)}
    if page.number < last:
        targets |= {"next": page.number + 1, "last": last}
    address = settings.BASE_URL + path.replace("/vapid/", "/rest/v1.0/", 1)
    kept = query.copy()
    kept["per_page"] = str(page.per_page)
    kept.pop("page", None)
    return ", ".join(
        f'<{address}?{kept.urlencode()}&page={number}>; rel="{relation}"' for relation, number in targets.items()
    )
