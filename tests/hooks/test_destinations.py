"""Which destinations and headers a hook may have."""

import socket
import time
from ipaddress import ip_address

import pytest

from erpstaging.core.errors import Invalid
from erpstaging.hooks import destinations, egress
from erpstaging.hooks.destinations import clean_headers, destination, is_masked, masked

pytestmark = pytest.mark.usefixtures("loopback_allowed")

PUBLIC = "93.184.216.34"


@pytest.fixture(autouse=True)
def names(monkeypatch):
    """What names resolve to here; one that is missing does not exist."""
    known = {"erp.example": PUBLIC, "intranet.example": "10.0.0.7", "here.example": "127.0.0.1"}

    def resolved(host, port):
        found = known.get(host, host)
        try:
            return [ip_address(found)]
        except ValueError:
            raise socket.gaierror(f"{host} is unknown") from None

    monkeypatch.setattr(egress, "resolved", resolved)
    return known


@pytest.mark.parametrize(
    "url",
    [
        "https://erp.example/hook",
        "https://erp.example:8443/hook?token=1&x=%20",
        "HTTPS://ERP.example/",
        "https://erp.example:443",
        f"https://{PUBLIC}/hook",
        "https://[2606:4700::1111]/hook",
        "https://not-known-yet.example/hook",
        "http://127.0.0.1:8123/hook",
        "http://here.example:8123/hook",
    ],
)
def test_a_good_destination_is_taken_as_it_is(url, names):
    names["ERP.example"] = PUBLIC

    assert destination(url).url == url


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("", "can't be blank"),
        (None, "can't be blank"),
        (7, "can't be blank"),
        ("https://erp.example/" + "x" * 2048, "is too long (maximum 2048 characters)"),
        ("erp.example/hook", "is not a valid URL"),
        ("ftp://erp.example/hook", "must start with https://"),
        ("javascript:alert(1)", "is not a valid URL"),
        ("https://", "is not a valid URL"),
        ("https:///hook", "is not a valid URL"),
        ("https://user:secret@erp.example/", "must not carry credentials; use destination_headers"),
        ("https://@erp.example/", "must not carry credentials; use destination_headers"),
        ("https://erp.example/#part", "must not have a fragment"),
        ("https://erp.example:25/", "must not use port 25"),
        ("https://erp.example:0/", "must not use port 0"),
        ("https://erp.example:99999/", "is not a valid URL"),
        ("https://erp.example:/", "is not a valid URL"),
        ("https://erp.example\\@evil.example/", "is not a valid URL"),
        ("https://erp example/", "is not a valid URL"),
        ("https://erp.example/\r\nHost: evil", "is not a valid URL"),
        ("https://erp.example/\x00", "is not a valid URL"),
        ("https://b\u00fccher.example/", "is not a valid URL"),
        ("https://[::1/", "is not a valid URL"),
        ("http://erp.example/hook", "must start with https://"),
        ("http://not-known-yet.example/hook", "must start with https://"),
    ],
)
def test_a_bad_destination_is_refused(url, text):
    with pytest.raises(Invalid) as refused:
        destination(url)

    assert refused.value.errors == {"destination_url": [text]}


@pytest.mark.capability("WH-11")
@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://10.1.2.3/",
        "https://192.168.0.1/",
        "https://[fd00::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://intranet.example/hook",
        "http://here.example:8123/",
    ],
)
def test_a_destination_in_a_closed_network_is_refused_when_it_is_saved(url, settings):
    settings.EGRESS_ALLOW = []

    with pytest.raises(Invalid) as refused:
        destination(url)

    assert refused.value.code == "destination_forbidden"


def test_a_name_server_that_does_not_answer_keeps_nobody_waiting(monkeypatch):
    monkeypatch.setattr(destinations, "RESOLVE_TIMEOUT_S", 0.1)
    monkeypatch.setattr(destinations, "checked", lambda host, port, opened: time.sleep(1) or [])
    began = time.monotonic()

    assert destination("https://slow.example/hook").url == "https://slow.example/hook"
    assert time.monotonic() - began < 0.8


# Headers


def test_any_header_may_be_sent():
    headers = {"Authorization": "Bearer abc", "X-Api-Key": "k", "content-type": "application/json", "X-Empty": ""}

    assert clean_headers(headers) == headers


@pytest.mark.parametrize("value", [None, {}])
def test_no_headers_are_no_headers(value):
    assert clean_headers(value) == {}


@pytest.mark.parametrize(
    "headers",
    [
        "Authorization: x",
        ["Authorization"],
        {"X-A": 1},
        {"X-A": None},
        {"X-A": "a\r\nX-B: b"},
        {"X-A": "a\nb"},
        {"X-A": "a\x00"},
        {"X-A": "caf\u00e9"},
        {"X A": "a"},
        {"X-A:": "a"},
        {"": "a"},
        {"X-\u00dc": "a"},
        {"X-A": "1", "x-a": "2"},
        {"Host": "evil"},
        {"content-length": "3"},
        {"Transfer-Encoding": "chunked"},
        {"Connection": "close"},
        {"TE": "trailers"},
        {"Proxy-Authorization": "x"},
        {"webhook-signature": "v1,x"},
        {"Webhook-Id": "x"},
        {f"X-{number}": "a" for number in range(21)},
        {"X-A": "a" * 8192},
        {"Authorization": "**********abcde"},
    ],
)
def test_bad_headers_are_refused(headers):
    with pytest.raises(Invalid) as refused:
        clean_headers(headers)

    assert list(refused.value.errors) == ["destination_headers"]


def test_secret_headers_are_shown_by_their_last_five_characters():
    shown = masked(
        {"Authorization": "Bearer abc-12345", "x-api-key": "0123456789", "X-Plain": "plain", "X-Token": "short"}
    )

    assert shown == {
        "Authorization": "**********12345",
        "x-api-key": "**********56789",
        "X-Plain": "plain",
        "X-Token": "**********",
    }


def test_a_mask_that_comes_back_keeps_what_is_stored():
    stored = {"Authorization": "Bearer abc-12345", "X-Plain": "plain"}

    assert clean_headers({"authorization": "**********12345", "X-New": "1"}, stored=stored) == {
        "authorization": "Bearer abc-12345",
        "X-New": "1",
    }


def test_only_secret_headers_have_masks():
    assert not is_masked("X-Stars", "**********")
    assert clean_headers({"X-Stars": "**********"}) == {"X-Stars": "**********"}
