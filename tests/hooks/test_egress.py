"""Connections to addresses that a customer named."""

import _socket
import socket
import ssl
import threading
import time
from ipaddress import ip_address, ip_network

import pytest
import requests
import urllib3
from hypothesis import given
from hypothesis import strategies as st

from erpstaging.hooks import egress
from erpstaging.hooks.egress import Exchange, Forbidden, adapter, checked, is_allow_listed, is_public
from tests.fixtures.receiver import OK, Reply, drip, endless, hang

NOT_PUBLIC = [
    "0.1.2.3", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
    "192.0.0.8", "192.88.99.1", "192.0.2.1", "192.168.1.1", "198.18.0.1", "203.0.113.9", "224.0.0.1", "239.1.1.1",
    "240.0.0.1", "255.255.255.255",
    "::", "::1", "fc00::1", "fd12::1", "fe80::1", "fec0::1", "ff02::1", "2001:db8::1", "2001::1", "3fff::1", "100::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::7f00:1",
    "2002:7f00:1::", "2002:a00:1::1", "2002:c0a8:101::1",
]  # fmt: skip
PUBLIC = ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::1"]


pytestmark = pytest.mark.usefixtures("loopback_allowed")


@pytest.fixture(autouse=True)
def system_resolver(monkeypatch):
    """Addresses and their odd spellings are read by the system, which asks nobody for them."""
    monkeypatch.setattr(socket, "getaddrinfo", _socket.getaddrinfo)


@pytest.mark.capability("WH-11")
@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_may_not_be_reached(address, settings):
    settings.EGRESS_ALLOW = []

    with pytest.raises(Forbidden):
        checked(address, 443)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_reached(address, settings):
    settings.EGRESS_ALLOW = []

    assert checked(address, 443) == [ip_address(address)]


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_as_public_as_each_ipv6_one_that_stands_for_it(address):
    number = int(address)
    disguises = [
        ip_address(f"::ffff:{address}"),
        ip_address((0x0064_FF9B << 96) | number),
        ip_address((0x2002 << 112) | (number << 80)),
    ]

    assert {is_public(disguise) for disguise in disguises} == {is_public(address)}


def test_the_operator_can_open_a_network(settings):
    settings.EGRESS_ALLOW = [ip_network("10.1.0.0/16")]

    assert checked("10.1.2.3", 80) == [ip_address("10.1.2.3")]
    assert is_allow_listed(ip_address("::ffff:10.1.2.3"))
    assert not is_allow_listed(ip_address("10.2.0.1"))


@pytest.mark.parametrize("spelling", ["127.1", "0x7f000001", "2130706433", "localhost", "0"])
def test_other_spellings_of_an_address_lead_to_the_same_answer(spelling, settings):
    settings.EGRESS_ALLOW = []

    with pytest.raises(Forbidden):
        checked(spelling, 80)


def resolves_to(monkeypatch, *addresses, once=()):
    """Make every name resolve to these, and to `once` the first time."""
    answers = [list(once)] if once else []

    def getaddrinfo(host, port, *args, **kwargs):
        found = answers.pop() if answers else addresses
        literal = host if host[0].isdigit() or ":" in host else None
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in ([literal] if literal else found)
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def test_a_name_with_one_forbidden_address_among_public_ones_is_forbidden(monkeypatch, settings):
    settings.EGRESS_ALLOW = []
    resolves_to(monkeypatch, "93.184.216.34", "127.0.0.1")

    with pytest.raises(Forbidden):
        checked("two-faced.example", 443)


def send(url, answer_s=5.0, body=b"{}"):
    request = requests.Request("POST", url, data=body).prepare()
    with Exchange(answer_s) as exchange:
        response = adapter().send(request, stream=True, timeout=(3, answer_s))
        data = response.raw.read(65536, decode_content=False)
    return response.status_code, data, exchange.timed_out


@pytest.mark.capability("WH-11")
def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch, receiver):
    """Rebinding: the name is public when asked first and something else a moment later."""
    asked = []
    port = int(receiver.url.rpartition(":")[2].split("/")[0])

    def checked_once(host, asked_port, opened):
        asked.append(host)
        return [ip_address("127.0.0.1")]

    monkeypatch.setattr(egress, "checked", checked_once)
    resolves_to(monkeypatch, "169.254.169.254")

    status, _, _ = send(f"http://rebinding.example:{port}/hook")

    assert status == 200
    assert asked == ["rebinding.example"]
    assert receiver.received[0].headers["Host"] == f"rebinding.example:{port}"


@pytest.mark.capability("WH-11")
def test_a_name_that_turned_private_since_it_was_saved_is_refused_at_send_time(monkeypatch, settings):
    settings.EGRESS_ALLOW = []
    resolves_to(monkeypatch, "10.0.0.7", once=["93.184.216.34"])
    checked("changing.example", 443)

    with pytest.raises(Forbidden):
        send("https://changing.example/hook")


def test_the_second_address_is_tried_when_the_first_does_not_answer(monkeypatch, receiver):
    port = int(receiver.url.rpartition(":")[2].split("/")[0])
    addresses = [ip_address("127.0.0.2"), ip_address("127.0.0.1")]
    monkeypatch.setattr(egress, "checked", lambda host, asked_port, opened: addresses)

    assert send(f"http://two.example:{port}/")[0] == 200


def test_connections_are_kept_open(receiver):
    adapter().close()
    before = threading.active_count()

    for _ in range(20):
        assert send(receiver.url)[0] == 200

    # The receiver has one thread per connection.
    assert threading.active_count() <= before + 2


def test_proxies_of_the_environment_are_not_used(monkeypatch, receiver):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert send(receiver.url)[0] == 200


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX-Long: ",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n",
    ],
    ids=["status line", "header", "body to the end", "body of known length"],
)
def test_an_answer_that_drips_is_ended_in_time(receiver, start):
    receiver.behave = drip(receiver, start)
    began = time.monotonic()

    try:
        _, _, timed_out = send(receiver.url, answer_s=0.5)
    except (requests.RequestException, urllib3.exceptions.HTTPError):
        timed_out = True

    assert timed_out
    assert 0.4 < time.monotonic() - began < 1.5


def test_a_receiver_that_hangs_is_left_in_time(receiver):
    receiver.behave = hang(receiver)
    began = time.monotonic()

    with pytest.raises(requests.RequestException):
        send(receiver.url, answer_s=0.3)

    assert time.monotonic() - began < 1.5


def test_an_answer_on_a_kept_connection_is_ended_in_time_too(receiver):
    slow = drip(receiver, b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
    receiver.behave = lambda request: OK if request.number == 1 else slow(request)
    send(receiver.url)
    began = time.monotonic()

    try:
        _, _, timed_out = send(receiver.url, answer_s=0.3)
    except (requests.RequestException, urllib3.exceptions.HTTPError):
        timed_out = True

    assert timed_out
    assert time.monotonic() - began < 1.5


def test_the_time_of_one_exchange_does_not_end_the_next(receiver):
    receiver.behave = lambda request: Reply(delay=0.3)

    for _ in range(4):
        assert send(receiver.url, answer_s=0.6) == (200, b"{}", False)


def test_no_more_is_read_of_an_endless_answer_than_is_asked_for(receiver):
    receiver.behave = endless(receiver)

    status, data, _ = send(receiver.url)

    assert (status, len(data)) == (200, 65536)


def test_a_certificate_for_another_name_is_refused(tmp_path, monkeypatch):
    """The pinned connection keeps the name for SNI and for the certificate."""
    monkeypatch.setattr(egress, "checked", lambda host, port, opened: [ip_address("127.0.0.1")])
    names = []

    def serve(listener):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.sni_callback = lambda sock, name, ctx: names.append(name)
        connection, _ = listener.accept()
        try:
            context.wrap_socket(connection, server_side=True).close()
        except OSError:
            connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        with pytest.raises(requests.exceptions.ConnectionError):
            send(f"https://named.example:{listener.getsockname()[1]}/")
        thread.join()

    assert names == ["named.example"]
