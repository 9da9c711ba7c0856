"""Networks of its own that a company opens for its hooks: the list that its administrators edit.

The operator says with ERPSTAGING_EGRESS_COMPANIES_MAY_OPEN how far that may go. See docs/decisions/egress-networks.md.
"""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from erpstaging.audit import log as audit
from erpstaging.audit.log import Act
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core.errors import Invalid, NotFound, NotPermitted
from erpstaging.core.locks import lock
from erpstaging.core.scope import company_scope
from erpstaging.hooks.egress import Network
from erpstaging.hooks.models import AllowedNetwork

MAX_NETWORKS = 50
MAX_NOTE = 200


def list_networks(company: Company) -> list[AllowedNetwork]:
    return list(AllowedNetwork.objects.of(company).order_by("pk")[:MAX_NETWORKS])


def opened_networks(company_id: int) -> tuple[Network, ...]:
    """What a company opened, read in a transaction of its own: a destination is looked up outside of any."""
    with company_scope(company_id):
        return parsed(AllowedNetwork.objects.of(company_id).values_list("network", flat=True))


def parsed(stored: Iterable[str]) -> tuple[Network, ...]:
    """In one order, so that equal lists are equal."""
    return tuple(ip_network(one) for one in sorted(stored))


def add_network(company: Company, actor: Actor, *, network: Any, note: Any = "") -> AllowedNetwork:
    """Open a network. Raises NotPermitted, Invalid."""
    _require_person(actor)
    wanted, said = _clean_network(network), _clean_note(note)
    if AllowedNetwork.objects.of(company).count() >= MAX_NETWORKS:
        raise Invalid.field("base", f"A company can open {MAX_NETWORKS} networks.")
    try:
        with transaction.atomic():
            added: AllowedNetwork = AllowedNetwork.objects.create(
                company=company, network=str(wanted), note=said, user_id=actor.user_id, added_by=actor.name[:200]
            )
    except IntegrityError as exc:
        raise Invalid.field("network", "is open already", code="taken") from exc
    audit.record(company.pk, actor, [Act("open_network", "allowed_network", added.pk, after=_told(added))])
    return added


def remove_network(company: Company, actor: Actor, network_id: int) -> AllowedNetwork:
    """Close a network again; the next delivery is refused. Raises NotPermitted, NotFound."""
    _require_person(actor)
    found: Sequence[AllowedNetwork] = lock(AllowedNetwork.objects.of(company).filter(pk=network_id))
    if not found:
        raise NotFound
    removed = found[0]
    audit.record(company.pk, actor, [Act("close_network", "allowed_network", network_id, before=_told(removed))])
    AllowedNetwork.objects.of(company).filter(pk=network_id).delete()
    return removed


def _require_person(actor: Actor) -> None:
    """An integration that could open networks could reach what its hooks are kept from."""
    actor.require("erp_admin", "Networks are opened by people with the ERP level Admin.")
    if actor.kind != "person":
        raise NotPermitted("Networks are opened by people, not by service accounts.", code="forbidden")


def _clean_network(value: Any) -> IPv4Network | IPv6Network:
    if not isinstance(value, str) or not value.strip():
        raise Invalid.field("network", "can't be blank")
    try:
        network = ip_network(value.strip())
    except ValueError:
        raise Invalid.field("network", "must be a network such as 10.20.0.0/16, or one address") from None
    if not any(_within(network, allowed) for allowed in settings.EGRESS_COMPANIES_MAY_OPEN):
        allowed = ", ".join(map(str, settings.EGRESS_COMPANIES_MAY_OPEN)) or "nothing"
        raise Invalid.field("network", f"must lie in what the operator leaves to companies: {allowed}")
    return network


def _within(network: IPv4Network | IPv6Network, outer: Network) -> bool:
    if isinstance(network, IPv4Network):
        return isinstance(outer, IPv4Network) and network.subnet_of(outer)
    return isinstance(outer, IPv6Network) and network.subnet_of(outer)


def _clean_note(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > MAX_NOTE:
        raise Invalid.field("note", f"must be a text of at most {MAX_NOTE} characters")
    return value.strip()


def _told(network: AllowedNetwork) -> dict[str, str]:
    return {"network": network.network, "note": network.note}
