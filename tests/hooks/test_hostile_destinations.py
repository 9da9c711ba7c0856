"""Destinations that want to lead inside: none of them may make a connection to what listens there."""

import _socket
import contextlib
import itertools
import socket
import threading
from collections.abc import Iterator

import pytest
import requests

from erpstaging.core.errors import Invalid
from erpstaging.hooks import egress
from erpstaging.hooks.claims import claim
from erpstaging.hooks.delivery import Post
from erpstaging.hooks.destinations import destination
from erpstaging.hooks.outcomes import Answer
from tests.fixtures.hooks import sweep_until
from tests.fixtures.receiver import Receiver, Reply

pytestmark = pytest.mark.capability("WH-11")
PUBLIC, INSIDE = "93.184.216.34", "127.0.0.1"

# What names resolve to: the same each time, or one after the other.
NAMES = {
    "localhost": [INSIDE],
    "localhost.": [INSIDE],
    "inside.example": [INSIDE],
    "inside.example.": [INSIDE],
    "two-faced.example": [PUBLIC, INSIDE],
    "two-faced-later.example": [INSIDE, PUBLIC],
    "inside6.example": ["::1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "nat64.example": ["64:ff9b::7f00:1"],
    "6to4.example": ["2002:7f00:1::"],
    "private.example": ["10.0.0.1"],
    "metadata.example": ["169.254.169.254"],
    "any.example": ["0.0.0.0"],  # noqa: S104 - where it leads, nobody listens there
    "any6.example": ["::"],
    "xn--80akhbyknj4f.example": [INSIDE],
}
# Public when it is saved, and inside whenever somebody asks again.
REBINDING = "rebinding.example"

HOSTS = [
    # The loopback network, in every spelling that the system's resolver reads.
    "127.0.0.1", "127.1", "127.0.1", "127.0.0.1.", "127.8.8.8", "0177.0.0.1", "0177.1", "0x7f.0.0.1", "0x7f.1",
    "0x7f000001", "2130706433", "017700000001", "0", "0.0.0.0", "0x0", "00000177.0.0.1", "LOCALHOST", "localhost.",  # noqa: S104
    "[::1]", "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::]", "[::1%25lo]",
    # IPv4 inside IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo.
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:1]", "[::127.0.0.1]", "[::7f00:1]",
    "[::ffff:0:127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]",
    "[2002:7f00:1::1]", "[2001:0:7f00:1::80ff:fffe]",
    # Other networks that are nobody's business.
    "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "169.254.169.254", "192.0.0.8", "198.18.0.1", "224.0.0.1",
    "240.0.0.1", "255.255.255.255", "[fe80::1]", "[fc00::1]", "[fd00:ec2::254]", "[fec0::1]", "[ff02::1]",
    # Who he says he is, and where he really is.
    "public.example@127.0.0.1", "public.example:443@127.0.0.1", "public.example%40127.0.0.1", "127.0.0.1%2f@[::1]",
    "public.example\\@127.0.0.1", "127.0.0.1\t", "127.0.0.1\r\nHost:x", "public.example#@127.0.0.1",
    # Letters and digits that become others.
    "\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021", "\u2460\u2461\u2466.0.0.1", "\u24dbocalhost",
    "loc\u00adalhost", "\u0438\u0441\u043f\u044b\u0442\u0430\u043d\u0438\u0435.example",
    *sorted(NAMES),
]  # fmt: skip
OTHERS = [
    "file:///etc/passwd", "gopher://127.0.0.1:{port}/_POST", "ftp://127.0.0.1:{port}/", "ws://127.0.0.1:{port}/",
    "//127.0.0.1:{port}/hook", "http:127.0.0.1:{port}/hook", "http:///127.0.0.1:{port}/hook", "unix:///run/canary",
    "http+unix://%2frun%2fcanary/hook", "data:text/plain,x",
]  # fmt: skip
URLS = [f"{scheme}://{host}:{{port}}/hook" for host in HOSTS for scheme in ("http", "https")] + OTHERS


class Canary:
    """Listens on every address of this machine, IPv4 and IPv6; `visits` counts connections."""

    def __init__(self) -> None:
        self.visits = 0
        self.port = 0
        self._listeners: list[socket.socket] = []
        self._closing = False

    def __enter__(self) -> "Canary":
        self._listeners.append(socket.create_server(("0.0.0.0", 0)))  # noqa: S104 - that is what it is for
        self.port = self._listeners[0].getsockname()[1]
        with contextlib.suppress(OSError):  # a machine without IPv6
            self._listeners.append(socket.create_server(("::", self.port), family=socket.AF_INET6))
        for listener in self._listeners:
            threading.Thread(target=self._listen, args=(listener,), daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        for listener in self._listeners:
            listener.close()

    def _listen(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                self.visits += 1
                connection.close()


@pytest.fixture
def canary() -> Iterator[Canary]:
    with Canary() as listening:
        yield listening


@pytest.fixture
def names(monkeypatch) -> None:
    """Names as in the tables; numbers in any spelling by the system, which asks nobody for them."""
    flipping = itertools.cycle([PUBLIC, INSIDE])

    def getaddrinfo(host, port, *args, **kwargs):
        name = host.decode() if isinstance(host, bytes) else str(host)
        if name == REBINDING:
            addresses = [next(flipping)]
        elif name.lower() in NAMES:
            addresses = NAMES[name.lower()]
        elif name[:1].isdigit() or ":" in name:
            return _socket.getaddrinfo(name, port, *args, **kwargs)
        else:
            raise socket.gaierror(socket.EAI_NONAME, "unknown name")
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port))
            for one in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def test_there_are_enough_of_them():
    assert len(HOSTS) + len(OTHERS) >= 60


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "0177.0.0.1", "0x7f000001", "2130706433", "0", "localhost", "inside.example"]
)
def test_the_canary_hears_whoever_is_not_kept_away(names, canary, host):
    """The destinations below would lead there."""
    with contextlib.suppress(requests.RequestException):
        requests.post(f"http://{host}:{canary.port}/", timeout=3)

    assert canary.visits > 0


@pytest.mark.parametrize("url", URLS)
def test_none_is_saved(names, canary, settings, url):
    settings.EGRESS_ALLOW = []

    with pytest.raises(Invalid) as refused:
        destination(url.format(port=canary.port))

    assert list(refused.value.errors) == ["destination_url"]
    assert canary.visits == 0


@pytest.mark.parametrize("port", [1, 22, 25, 53, 110, 445, 1023])
def test_no_port_of_another_service_is_saved(names, port):
    with pytest.raises(Invalid, match="port"):
        destination(f"https://{PUBLIC}:{port}/hook")


@pytest.fixture
def nobody_outside(monkeypatch) -> None:
    """What is public does not answer; what lies inside would."""
    connect = egress.create_connection

    def connect_inside(address, *args, **kwargs):
        if address[0] == PUBLIC:
            raise ConnectionRefusedError
        return connect(address, *args, **kwargs)

    monkeypatch.setattr(egress, "create_connection", connect_inside)


def test_none_is_reached_by_a_hook_that_has_it_all_the_same(tenant, names, nobody_outside, canary, settings):
    """The destinations came past every check of saving; each is tried once."""
    hook = tenant.hook("http://127.0.0.1:9000/hook")
    tenant.tell(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("erpstaging.hooks.tasks.due_hooks", lambda: [])
        sweep_until(lambda: bool(tenant.deliveries()))
    claimed = claim(tenant.company.pk, hook.pk)
    assert claimed is not None
    settings.EGRESS_ALLOW = []
    answers: dict[str, Answer] = {}

    for url in [*URLS, *[f"{scheme}://{REBINDING}:{{port}}/{n}" for n in range(2) for scheme in ("http", "https")]]:
        claimed.hook.destination_url = url.format(port=canary.port)
        answers[url] = Post(claimed).attempt(claimed.deliveries[0])

    assert canary.visits == 0
    assert {url: answer.status for url, answer in answers.items()} == dict.fromkeys(answers)
    assert [url for url, answer in answers.items() if not answer.error] == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("header", ["Location", "Refresh", "Content-Location"])
def test_a_redirect_does_not_lead_inside(tenant, names, canary, receiver: Receiver, status, header):
    tenant.hook(receiver.url)
    receiver.behave = lambda request: Reply(status, {header: f"http://127.0.0.1:{canary.port}/"})

    tenant.tell(1)
    sweep_until(lambda: len(tenant.attempts()) >= 1)

    assert canary.visits == 0
    assert tenant.attempts()[0].status == status


@pytest.mark.parametrize("variable", ["http_proxy", "https_proxy", "all_proxy", "no_proxy", "REQUESTS_CA_BUNDLE"])
def test_nothing_is_taken_from_the_environment(tenant, canary, receiver: Receiver, monkeypatch, variable):
    for name in (variable, variable.upper()):
        monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
    tenant.hook(receiver.url)

    tenant.tell(1)
    sweep_until(tenant.settled)

    assert (tenant.states(), canary.visits) == (["ok"], 0)
