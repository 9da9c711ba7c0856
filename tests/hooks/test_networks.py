"""Networks that a company opens for its hooks."""

import _socket
import socket
from dataclasses import replace
from ipaddress import ip_network

import pytest

from erpstaging.audit.models import Entry
from erpstaging.core.errors import Invalid, NotFound, NotPermitted
from erpstaging.core.scope import company_scope
from erpstaging.hooks.destinations import destination
from erpstaging.hooks.models import AllowedNetwork, Profile
from erpstaging.hooks.networks import add_network, list_networks, opened_networks, remove_network
from tests.fixtures.hooks import ADMIN, INTEGRATION, sweep_until

pytestmark = pytest.mark.capability("WH-11")
LOOPBACK = ip_network("127.0.0.0/8")


@pytest.fixture(autouse=True)
def system_resolver(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", _socket.getaddrinfo)


def test_what_is_opened_is_listed_and_audited_and_can_be_closed(company):
    added = add_network(company, ADMIN, network=" 10.20.0.0/16 ", note="Plant network")
    one = add_network(company, ADMIN, network="192.168.1.7")

    assert [row.network for row in list_networks(company)] == ["10.20.0.0/16", "192.168.1.7/32"]
    remove_network(company, ADMIN, added.pk)
    assert list_networks(company) == [one]
    told = {"network": "10.20.0.0/16", "note": "Plant network"}
    acts = list(Entry.objects.of(company).filter(object_id=added.pk).order_by("pk"))
    assert [(act.action, act.before, act.after) for act in acts] == [
        ("open_network", None, told),
        ("close_network", told, None),
    ]


@pytest.mark.parametrize(
    "network",
    [None, 7, "", "10.0.0.1/8", "10.0.0.0/40", "0.0.0.0/0", "::/0", "10.0.0.0/7", "127.0.0.1", "169.254.169.254",
     "100.64.0.0/10", "93.184.216.34", "::1", "fe80::/10", "::ffff:10.0.0.0/104", "2002:a00::/24", "x" * 60],
)  # fmt: skip
def test_only_what_the_operator_leaves_to_companies_can_be_opened(company, network):
    with pytest.raises(Invalid) as refused:
        add_network(company, ADMIN, network=network)

    assert list(refused.value.errors) == ["network"]
    assert list_networks(company) == []


def test_an_operator_can_keep_the_list_to_himself(company, settings):
    settings.EGRESS_COMPANIES_MAY_OPEN = []

    with pytest.raises(Invalid, match="nothing"):
        add_network(company, ADMIN, network="10.0.0.0/8")


def test_one_network_is_opened_once_and_their_number_is_bounded(company, monkeypatch):
    monkeypatch.setattr("erpstaging.hooks.networks.MAX_NETWORKS", 2)
    add_network(company, ADMIN, network="10.0.0.1")

    with pytest.raises(Invalid, match="open already"):
        add_network(company, ADMIN, network="10.0.0.1/32")
    add_network(company, ADMIN, network="10.0.0.2")
    with pytest.raises(Invalid, match="can open 2"):
        add_network(company, ADMIN, network="10.0.0.3")


@pytest.mark.parametrize("actor", [INTEGRATION, replace(ADMIN, rights=frozenset({"member", "erp"}))])
def test_neither_integrations_nor_other_people_open_or_close(company, actor):
    standing = add_network(company, ADMIN, network="10.0.0.1")

    with pytest.raises(NotPermitted):
        add_network(company, actor, network="10.0.0.2")
    with pytest.raises(NotPermitted):
        remove_network(company, actor, standing.pk)


def test_another_companys_network_does_not_exist(company, other_company):
    standing = add_network(company, ADMIN, network="10.0.0.1")

    with company_scope(other_company.pk), pytest.raises(NotFound):
        remove_network(other_company, ADMIN, standing.pk)


def opening(tenant, network="127.0.0.1/32"):
    with company_scope(tenant.company.pk):
        return add_network(tenant.company, ADMIN, network=network)


def test_a_hook_reaches_what_its_company_opened_and_no_other_companys_does(tenant, other_tenant, receiver, settings):
    """Both have the same destination; the connection of the one is not there for the other, nor after closing."""
    for one in (tenant, other_tenant):
        one.hook(receiver.url, profile=Profile.DURABLE)
    settings.EGRESS_ALLOW, settings.EGRESS_COMPANIES_MAY_OPEN = [], [LOOPBACK]
    opened = opening(tenant)

    tenant.tell(1)
    sweep_until(tenant.settled)
    other_tenant.tell(2)
    sweep_until(lambda: len(other_tenant.attempts()) == 1)
    with company_scope(tenant.company.pk):
        remove_network(tenant.company, ADMIN, opened.pk)
    tenant.tell(3)
    sweep_until(lambda: len(tenant.attempts()) == 2)

    assert receiver.ids == [1]
    assert tenant.states() == ["ok", "failing"]
    refusal = "127.0.0.1 is in a network that hooks may not reach."
    assert (tenant.attempts()[-1].error, other_tenant.attempts()[0].error) == (refusal, refusal)


def test_a_destination_is_taken_where_its_company_opened_the_network(tenant, other_tenant, settings):
    settings.EGRESS_ALLOW = []
    opening(tenant, "10.20.0.0/16")

    taken = destination("http://10.20.3.4:8080/in", opened_networks(tenant.company.pk))

    assert taken.url == "http://10.20.3.4:8080/in"
    with pytest.raises(Invalid):
        destination("http://10.20.3.4:8080/in", opened_networks(other_tenant.company.pk))
    with company_scope(tenant.company.pk):
        assert AllowedNetwork.objects.of(tenant.company).count() == 1
