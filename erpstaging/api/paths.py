"""One declaration per resource of the wire, all its spellings out of it."""

from collections.abc import Iterable

from django.urls import URLPattern, URLResolver, include, path
from django.views import View


class RestPath:
    """A resource under `/rest`: its route without prefix, its view, its versions, and where the company may stand."""

    def __init__(
        self, route: str, view: type[View], *, name: str, versions: Iterable[str], nested: bool, flat: bool
    ) -> None:
        self.route, self.view, self.name = route, view, name
        self.versions, self.nested, self.flat = frozenset(versions), nested, flat

    def patterns(self, prefix: str) -> list[URLPattern]:
        view = self.view.as_view()
        spellings = []
        if self.nested:
            spellings.append((f"companies/<id:company_id>/{self.route}", "nested"))
        if self.flat:
            spellings.append((self.route, "flat"))
        return [path(route, view, name=f"{prefix}-{self.name}-{spelling}") for route, spelling in spellings]


def rest_path(
    route: str,
    view: type[View],
    *,
    name: str,
    versions: Iterable[str] = ("v1.0",),
    nested: bool = True,
    flat: bool = True,
) -> RestPath:
    """Declare a route such as `erp_requests/<id:erp_request_id>`, below `companies/{company_id}/` and flat."""
    return RestPath(route, view, name=name, versions=versions, nested=nested, flat=flat)


def rest_urls(declared: Iterable[RestPath]) -> list[URLResolver]:
    """`/rest/v1.0`, `/rest/v1.1` for what is served there, and the vendor's old `/vapid` for the former."""
    paths = list(declared)
    prefixes = {"rest/v1.0/": "v1.0", "rest/v1.1/": "v1.1", "vapid/": "v1.0"}
    return [
        path(prefix, include([pattern for each in paths if version in each.versions
                              for pattern in each.patterns(prefix.strip("/").replace("/", "-"))]))
        for prefix, version in prefixes.items()
    ]  # fmt: skip


def people_urls(declared: Iterable[URLPattern]) -> list[URLResolver]:
    """The REST for people, below `/api/v1/companies/{company_id}/`."""
    return [path("api/v1/companies/<id:company_id>/", include(list(declared)))]
