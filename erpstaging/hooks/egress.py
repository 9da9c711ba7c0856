"""Connections to addresses that a customer named: to public networks only, within a time, and never further.

The name is resolved when the connection is made, every address it resolves to is checked, and the connection goes to
one of those that were checked. A name that answers differently a moment later (DNS rebinding) wins nothing.
"""

import contextlib
import math
import re
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Self

from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

from erpstaging.core.errors import Refused

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

CONNECT_TIMEOUT_S = 3.0
_dotted_number = re.compile(r"[0-9][0-9a-fx.]*\.")
_NAT64 = ip_network("64:ff9b::/96")
_GLOBAL_UNICAST = ip_network("2000::/3")
# Of the special-purpose registries (RFC 6890) what older versions of `ipaddress` take for global.
_SPECIAL = [ip_network(one) for one in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "3fff::/20")]
_POOLS_PER_THREAD, _ADAPTERS_PER_THREAD = 32, 16


class Forbidden(Refused):
    """The destination lies in a network that hooks may not reach."""

    code = "destination_forbidden"


# Which addresses


def unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for: mapped, NAT64 (RFC 6052) or 6to4 (RFC 3056)."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address if address.sixtofour is None else address.sixtofour


def is_public(address: Address) -> bool:
    real = unwrapped(address)
    if isinstance(real, IPv6Address) and real not in _GLOBAL_UNICAST:
        return False
    if any(real.version == network.version and real in network for network in _SPECIAL):
        return False
    return real.is_global and not real.is_multicast


def is_allow_listed(address: Address, opened: Sequence[Network] = ()) -> bool:
    """Whether the network was opened although it is not public: by the operator (ERPSTAGING_EGRESS_ALLOW), or by the
    company that sends (`opened`).
    """
    real = unwrapped(address)
    return any(real.version == network.version and real in network for network in (*settings.EGRESS_ALLOW, *opened))


def resolved(host: str, port: int) -> list[Address]:
    """Every address of a name, in the order the system prefers them. Raises socket.gaierror."""
    name = host.strip("[]")
    if _dotted_number.fullmatch(name):  # what some resolvers read as the number, and others as a name
        name = name.removesuffix(".")
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ip_address(str(entry[4][0]).partition("%")[0]) for entry in found))


def checked(host: str, port: int, opened: Sequence[Network] = ()) -> list[Address]:
    """The addresses of a name, all of which may be reached. Raises Forbidden when one may not, socket.gaierror."""
    addresses = resolved(host, port)
    for address in addresses:
        if not is_allow_listed(address, opened) and not is_public(address):
            raise Forbidden(f"{host} is in a network that hooks may not reach.")
    return addresses


# How long


class Exchange:
    """One request and its answer, ended after `answer_s` seconds from the connection on.

    A socket's own timeout starts again with every byte, so a receiver that sends one byte a second would never reach
    it. Here a second thread shuts the connection down, and the read that waits ends at once.
    """

    def __init__(self, answer_s: float, opened: Sequence[Network] = ()) -> None:
        self.answer_s = answer_s
        self.opened = tuple(opened)
        self.ends_at = math.inf
        self.timed_out = False
        self._handle: socket.socket | None = None
        self._connection_closed = False

    def __enter__(self) -> Self:
        _here.exchange = self
        return self

    def __exit__(self, *exc: object) -> None:
        _here.exchange = None
        _watchdog.forget(self)
        if self._connection_closed and self._handle is not None:
            self._handle.close()

    def begin(self, handle: socket.socket) -> None:
        """Count from now: the connection stands."""
        if self._handle is None:
            self._handle, self.ends_at = handle, time.monotonic() + self.answer_s
            _watchdog.watch(self)

    def take(self, handle: socket.socket) -> bool:
        """Called when a connection is closed, maybe with its answer still to be read: whether we close the handle."""
        self._connection_closed = self._connection_closed or handle is self._handle
        return handle is self._handle

    def end(self) -> None:
        """Called by the watchdog alone."""
        self.timed_out = True
        if self._handle is not None:
            with contextlib.suppress(OSError):  # the other side was faster
                self._handle.shutdown(socket.SHUT_RDWR)


class _Watchdog:
    """Ends exchanges whose time is over. One thread serves all of a process."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._watched: set[Exchange] = set()
        self._wakes_at = math.inf
        self._thread: threading.Thread | None = None

    def watch(self, exchange: Exchange) -> None:
        with self._changed:
            self._watched.add(exchange)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="egress-watchdog", daemon=True)
                self._thread.start()
            elif exchange.ends_at < self._wakes_at:
                self._changed.notify()

    def forget(self, exchange: Exchange) -> None:
        """When this returns the exchange is not being ended either."""
        with self._changed:
            self._watched.discard(exchange)

    def _run(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                for exchange in [one for one in self._watched if one.ends_at <= now]:
                    self._watched.discard(exchange)
                    exchange.end()
                self._wakes_at = min((one.ends_at for one in self._watched), default=math.inf)
                self._changed.wait(None if self._wakes_at == math.inf else self._wakes_at - now)


_watchdog = _Watchdog()
_here = threading.local()


# The connection


class _Pinned(HTTPConnection):
    """Connects to an address that was checked, and tells the exchange of this thread when the connection stands.

    Host, certificate and SNI stay those of the name, because only the socket is made here.
    """

    # A second descriptor of the connection: it stays when the HTTP library closes or wraps its own.
    handle: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        try:
            addresses = checked(self._dns_host, self.port, _opened())
        except (socket.gaierror, UnicodeError) as exc:
            raise NameResolutionError(self.host, self, socket.gaierror(str(exc))) from exc
        sock = self._connected(addresses)
        self.handle = sock.dup()
        self._begin()
        return sock

    def _connected(self, addresses: list[Address]) -> socket.socket:
        """The first address that answers, all of them together within the connect timeout."""
        ends_at = time.monotonic() + CONNECT_TIMEOUT_S
        trouble: OSError = OSError("the name has no address")
        for left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            share = (ends_at - time.monotonic()) / left
            try:
                return create_connection(
                    (str(address), self.port), timeout=max(share, 0.05), socket_options=self.socket_options
                )
            except OSError as exc:
                trouble = exc
        if isinstance(trouble, TimeoutError):
            raise ConnectTimeoutError(self, f"No connection to {self.host} within {CONNECT_TIMEOUT_S:.0f} s.")
        raise NewConnectionError(self, f"No connection to {self.host}: {trouble}") from trouble

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None:
            self._begin()
        super().request(*args, **kwargs)

    def close(self) -> None:
        super().close()
        handle, self.handle = self.handle, None
        exchange = _exchange()
        if handle is not None and not (exchange is not None and exchange.take(handle)):
            handle.close()

    def _begin(self) -> None:
        exchange = _exchange()
        if exchange is not None and self.handle is not None:
            exchange.begin(self.handle)


class _PinnedTLS(_Pinned, HTTPSConnection):
    pass


def _exchange() -> Exchange | None:
    return getattr(_here, "exchange", None)


def _opened() -> tuple[Network, ...]:
    exchange = _exchange()
    return () if exchange is None else exchange.opened


class _PinnedPool(HTTPConnectionPool):
    ConnectionCls = _Pinned


class _PinnedTLSPool(HTTPSConnectionPool):
    ConnectionCls = _PinnedTLS


class PinnedAdapter(HTTPAdapter):
    """Sends through checked connections and keeps them open for the next request."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PinnedPool, "https": _PinnedTLSPool}


def adapter() -> PinnedAdapter:
    """This thread's adapter, with its open connections.

    Used without a session, because a session reads whole bodies of redirects, keeps cookies and takes proxies and
    passwords from the environment. Each list of opened networks has an adapter of its own: a connection that one
    company may have is not there for another, nor for the same one after the network was closed.
    """
    adapters: OrderedDict[tuple[Network, ...], PinnedAdapter] | None = getattr(_here, "adapters", None)
    if adapters is None:
        adapters = _here.adapters = OrderedDict()
    opened = _opened()
    if opened not in adapters:
        adapters[opened] = PinnedAdapter(pool_connections=_POOLS_PER_THREAD, pool_maxsize=1)
    adapters.move_to_end(opened)
    if len(adapters) > _ADAPTERS_PER_THREAD:
        adapters.popitem(last=False)[1].close()
    return adapters[opened]
