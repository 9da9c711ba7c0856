"""Networks that the company's hooks may reach although they are not public."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from erpstaging.api.openapi import ID, TEXT, TIME, Operation, array_of, component, object_of
from erpstaging.api.renderers import wire_time
from erpstaging.api.views.base import PersonAPIView
from erpstaging.hooks.models import AllowedNetwork
from erpstaging.hooks.networks import add_network, list_networks, remove_network

NETWORK = component(
    "AllowedNetwork", object_of({"id": ID, "network": TEXT, "note": TEXT, "added_by": TEXT, "created_at": TIME})
)
NEW_NETWORK = component("NewAllowedNetwork", object_of({"network": TEXT, "note": TEXT}, required=["network"]))


def network_json(network: AllowedNetwork) -> dict[str, Any]:
    return {
        "id": network.pk,
        "network": network.network,
        "note": network.note,
        "added_by": network.added_by,
        "created_at": wire_time(network.created_at),
    }


class NetworksView(PersonAPIView):
    """What the calls share."""

    requires = frozenset({"member"})
    open_to = frozenset({"erp_admin", "auditor"})
    object_type = "allowed_network"


class AllowedNetworks(NetworksView):
    """The list, and opening a network."""

    operations = {
        "GET": Operation("The networks that are open to hooks", array_of(NETWORK), paged=True),
        "POST": Operation("Open a network to hooks", NETWORK, status=201, body=NEW_NETWORK),
    }

    def get(self, request: Request) -> Response:
        found, page = list_networks(self.company), self.page
        shown = found[page.offset : page.offset + page.per_page]
        return self.paged([network_json(one) for one in shown], len(found))

    def post(self, request: Request) -> Response:
        given = self.body if isinstance(self.body, dict) else {}
        added = add_network(self.company, self.actor, network=given.get("network"), note=given.get("note"))
        return Response(network_json(added), status=201)


class AllowedNetworkOf(NetworksView):
    """Closing a network again."""

    operations = {"DELETE": Operation("Close a network to hooks", NETWORK)}

    def delete(self, request: Request, network_id: int) -> Response:
        return Response(network_json(remove_network(self.company, self.actor, network_id)))
