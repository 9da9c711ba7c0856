"""ERP connections and their metadata (wire specification, 9.1)."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from erpstaging.api.views.base import CompanyAPIView
from erpstaging.connections.models import ErpConnection
from erpstaging.connections.services import change_service_url, connection_of, disconnect, store_metadata
from erpstaging.core.errors import BadRequest, NotFound
from erpstaging.records.snapshots import timestamp
from erpstaging.staging.connecting import connect_company


def connection_json(connection: ErpConnection) -> dict[str, Any]:
    """The id is the company's, as in the public example."""
    return {
        "id": connection.company_id,
        "company_id": connection.company_id,
        "service_url": connection.service_url,
        "standard_cost_code_list_id": connection.cost_code_list_id,
        "created_at": timestamp(connection.created_at),
        "updated_at": timestamp(connection.updated_at),
    }


class ConnectionView(CompanyAPIView):
    """What the views of a connection share."""

    requires = frozenset({"erp_admin"})
    object_type = "connection"

    def connection(self, connection_id: int | None = None) -> ErpConnection:
        found = connection_of(self.company.pk)
        if found is None or (connection_id is not None and connection_id != self.company.pk):
            raise NotFound()
        return found

    def sent(self) -> dict[str, Any]:
        body = self.body if isinstance(self.body, dict) else {}
        inner = body.get("connection", body)
        if not isinstance(inner, dict):
            raise BadRequest("connection must be an object.", errors={"connection": ["must be an object"]})
        return inner


class Connections(ConnectionView):
    """The company's connections: none or one."""

    def get(self, request: Request) -> Response:
        found = connection_of(self.company.pk)
        rows = [connection_json(found)] if found else []
        return self.paged(rows, len(rows))

    def post(self, request: Request) -> Response:
        connection = connect_company(self.company, self.sent(), actor=self.actor)
        return Response(connection_json(connection), status=201)


class Connection(ConnectionView):
    """One connection."""

    needs_body = frozenset({"PATCH", "PUT"})

    def get(self, request: Request, connection_id: int) -> Response:
        return Response(connection_json(self.connection(connection_id)))

    def patch(self, request: Request, connection_id: int) -> Response:
        self.connection(connection_id)
        sent = self.sent()
        if "service_url" in sent:
            change_service_url(self.company.pk, sent["service_url"], actor=self.actor)
        if "metadata" in sent:
            store_metadata(self.company.pk, sent["metadata"], actor=self.actor)
        return Response(connection_json(self.connection(connection_id)))

    put = patch

    def delete(self, request: Request, connection_id: int) -> Response:
        answer = connection_json(self.connection(connection_id))
        disconnect(self.company.pk, actor=self.actor)
        return Response(answer)


class MetadataConfiguration(ConnectionView):
    """The company's metadata document, replaced as a whole."""

    def get(self, request: Request) -> Response:
        return Response({"metadata": self.connection().metadata})

    def patch(self, request: Request) -> Response:
        body = self.body if isinstance(self.body, dict) else {}
        document = body.get("metadata", body.get("metadata_configuration", body))
        if document is body:
            document = {name: value for name, value in body.items() if name != "company_id"}
        connection = store_metadata(self.company.pk, document, actor=self.actor)
        return Response({"metadata": connection.metadata})

    put = patch
