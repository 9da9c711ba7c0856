"""Every route of the API, found by walking the URLs, so that a new one is tested without anybody remembering to."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

PREFIXES = ("rest/", "vapid/", "api/v1/", "oauth/")
# For people and their browsers, below a prefix of the API.
PAGES = {"oauth/authorize"}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Route:
    """`template` is the path with `{name}` where ids stand."""

    template: str
    view: Any

    @property
    def methods(self) -> list[str]:
        offered = set(self.view.http_method_names)
        return [method for method in METHODS if hasattr(self.view, method.lower()) and method.lower() in offered]

    def path(self, *, company_id: int, other_ids: Any) -> str:
        path = self.template.replace("{company_id}", str(company_id))
        while "{" in path:
            before, _, rest = path.partition("{")
            path = f"{before}{other_ids}{rest.partition('}')[2]}"
        return "/" + path

    def __str__(self) -> str:
        return self.template


def routes() -> list[Route]:
    return [route for route in _walk(get_resolver().url_patterns, "") if route.template.startswith(PREFIXES)]


def distinct_routes() -> list[Route]:
    """One spelling of each: that of `/rest/v1.0`, below the company where it stands there."""
    found: dict[tuple[Any, str], Route] = {}
    for route in routes():
        if route.template.startswith(("vapid/", "rest/v1.1/")):
            continue
        key = (route.view, route.template.replace("companies/{company_id}/", ""))
        if key not in found or "{company_id}" in route.template:
            found[key] = route
    return list(found.values())


def _walk(patterns: list[Any], prefix: str) -> Iterator[Route]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern) and not str(pattern.pattern).startswith("^"):
            view = getattr(pattern.callback, "cls", None)
            if prefix + str(pattern.pattern) not in PAGES:
                yield Route(_template(prefix + str(pattern.pattern)), view)


def _template(route: str) -> str:
    """`companies/<id:company_id>/me` as `companies/{company_id}/me`."""
    parts = []
    for part in route.split("/"):
        parts.append("{" + part.strip("<>").rpartition(":")[2] + "}" if part.startswith("<") else part)
    return "/".join(parts)
