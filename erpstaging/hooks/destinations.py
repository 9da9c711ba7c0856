"""Which destinations and headers a hook may have, and how secret headers are shown."""

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from erpstaging.core.errors import Invalid
from erpstaging.hooks.egress import Address, Forbidden, Network, checked, is_allow_listed

MAX_URL_LENGTH = 2048
MAX_HEADERS = 20
MAX_HEADER_BYTES = 8192
RESOLVE_TIMEOUT_S = 2.0
DEFAULT_PORTS = {"http": 80, "https": 443}
# Below these stand services that speak no HTTP and could be talked into something by a crafted request.
FIRST_FREE_PORT = 1024

_url = re.compile(r"[\x21-\x5b\x5d-\x7e]+")  # visible ASCII without the backslash, which parsers read differently
_host = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?\.?|\[[0-9a-f:.]+\]")
_header_name = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token of RFC 9110
_header_value = re.compile(r"[\x20-\x7e\t]*")
_secret_name = re.compile(r"auth|cookie|key|password|secret|signature|token", re.IGNORECASE)
_masked = re.compile(r"\*{5,}.{0,5}")

# Headers of one connection (RFC 9110, 7.6.1), what frames the body, and what the delivery itself says.
RESERVED_HEADERS = frozenset(
    {
        *("host", "content-length", "content-encoding", "transfer-encoding", "accept-encoding", "expect"),
        *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection"),
        *("te", "trailer", "upgrade", "webhook-id", "webhook-timestamp", "webhook-signature", "webhook-attempt"),
        "webhook-test",
    }
)


# The URL


@dataclass(frozen=True, slots=True)
class Destination:
    """A URL that a hook may have. Only `destination` makes one, so that no service stores what was not checked."""

    url: str


def destination(value: Any, opened: Sequence[Network] = ()) -> Destination:
    """Check a URL and the network it leads to. It asks the name server: never call it in a transaction.

    Plain http goes to networks that the operator or the company (`opened`) opened, and nowhere else. A name that does
    not resolve now is taken; every delivery checks again. Raises Invalid.
    """
    parts = _well_formed(value)
    try:
        addresses = _resolve(parts.hostname or "", _port_of(parts), opened)
    except Forbidden:
        raise _bad_url("is in a network that hooks may not reach", code=Forbidden.code) from None
    if parts.scheme == "http" and not (addresses and all(is_allow_listed(one, opened) for one in addresses)):
        raise _bad_url("must start with https://")
    return Destination(value)


def _well_formed(value: Any) -> SplitResult:
    if not isinstance(value, str) or not value:
        raise _bad_url("can't be blank")
    if len(value) > MAX_URL_LENGTH:
        raise _bad_url(f"is too long (maximum {MAX_URL_LENGTH} characters)")
    parts = _split(value)
    if parts.scheme not in DEFAULT_PORTS:
        raise _bad_url("must start with https://")
    if "@" in parts.netloc:
        raise _bad_url("must not carry credentials; use destination_headers")
    if "#" in value:
        raise _bad_url("must not have a fragment")
    if _port_of(parts) < FIRST_FREE_PORT and _port_of(parts) not in DEFAULT_PORTS.values():
        raise _bad_url(f"must not use port {_port_of(parts)}")
    return parts


def _split(value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:
        raise _bad_url("is not a valid URL") from None
    host = parts.netloc.rpartition("@")[2].lower().removesuffix(port)
    if not _url.fullmatch(value) or not _host.fullmatch(host):
        raise _bad_url("is not a valid URL")
    return parts


def _port_of(parts: SplitResult) -> int:
    return DEFAULT_PORTS[parts.scheme] if parts.port is None else parts.port


def _resolve(host: str, port: int, opened: Sequence[Network]) -> list[Address]:
    """As `checked`, but given up after a time that a caller can wait; an unknown or slow name has no addresses."""
    found: list[Address] = []
    refusals: list[Forbidden] = []

    def ask() -> None:
        try:
            found.extend(checked(host, port, opened))
        except Forbidden as refusal:
            refusals.append(refusal)
        except (OSError, UnicodeError):
            return

    asking = threading.Thread(target=ask, name="resolve-destination", daemon=True)
    asking.start()
    asking.join(RESOLVE_TIMEOUT_S)
    if refusals:
        raise refusals[0]
    return list(found)


def _bad_url(text: str, *, code: str | None = None) -> Invalid:
    return Invalid.field("destination_url", text, code=code)


# The headers


def clean_headers(value: Any, *, stored: Mapping[str, str] | None = None) -> dict[str, str]:
    """The headers to store. A value that is only the mask of what is stored keeps what is stored.

    Raises Invalid.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise _bad_headers("must be an object")
    if len(value) > MAX_HEADERS:
        raise _bad_headers(f"has too many headers (maximum {MAX_HEADERS})")
    headers = {str(name): _clean_header(str(name), text, stored or {}) for name, text in value.items()}
    if len({name.lower() for name in headers}) < len(headers):
        raise _bad_headers("names a header twice")
    if sum(len(name) + len(text) for name, text in headers.items()) > MAX_HEADER_BYTES:
        raise _bad_headers(f"is too long (maximum {MAX_HEADER_BYTES} bytes)")
    return headers


def _clean_header(name: str, value: Any, stored: Mapping[str, str]) -> str:
    if not _header_name.fullmatch(name):
        raise _bad_headers("has a name that is no header name")
    if name.lower() in RESERVED_HEADERS:
        raise _bad_headers(f"must not set {name}")
    if not isinstance(value, str) or not _header_value.fullmatch(value):
        raise _bad_headers(f"has a value for {name} that is not printable ASCII")
    if not is_masked(name, value):
        return value
    kept = next((text for known, text in stored.items() if known.lower() == name.lower()), None)
    if kept is None:
        raise _bad_headers(f"has only the mask of {name}; send its value")
    return kept


def masked(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers as they are shown: of a secret value the last five characters, and not those of a short one."""
    return {name: _mask(value) if _secret_name.search(name) else value for name, value in headers.items()}


def _mask(value: str) -> str:
    return "*" * 10 + (value[-5:] if len(value) >= 10 else "")


def is_masked(name: str, value: str) -> bool:
    return bool(_secret_name.search(name) and _masked.fullmatch(value))


def _bad_headers(text: str) -> Invalid:
    return Invalid.field("destination_headers", text)
