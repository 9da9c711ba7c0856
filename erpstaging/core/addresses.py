"""Where a request comes from, and whom an address of ours is for."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from django.conf import settings

# What programs call. Anything else is a page.
API = ("/rest/", "/vapid/", "/oauth/", "/api/")
PROBES = ("/healthz", "/readyz", "/metrics")


def for_machines(path: str) -> bool:
    return f"{path}/".startswith(API) or path.startswith(PROBES)


def caller_address(meta: Mapping[str, Any]) -> str | None:
    """The caller's IP address, from the headers of a request as Django's `META` holds them.

    X-Forwarded-For is read only behind our own proxy (ERPSTAGING_BEHIND_PROXY), and of it only the last entry, which
    that proxy wrote; anybody can send the others.
    """
    given = str(meta.get("REMOTE_ADDR", ""))
    if settings.BEHIND_PROXY and meta.get("HTTP_X_FORWARDED_FOR"):
        given = str(meta["HTTP_X_FORWARDED_FOR"]).rsplit(",", 1)[-1].strip()
    try:
        return str(ip_address(given))
    except ValueError:
        return None
