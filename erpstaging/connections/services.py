"""Reading a connection and storing its metadata."""

from typing import Any

from django.utils import timezone

from erpstaging.audit import log as audit
from erpstaging.companies.actors import Actor
from erpstaging.connections.document import checked
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.models import ErpConnection, MetadataVersion
from erpstaging.core.errors import Invalid, NotFound
from erpstaging.core.locks import lock


def connection_of(company_id: int) -> ErpConnection | None:
    found: ErpConnection | None = ErpConnection.objects.of(company_id).first()
    return found


def metadata_of(company_id: int) -> Metadata:
    """The company's document; an empty reader where nothing is connected or nothing was sent."""
    return Metadata(ErpConnection.objects.of(company_id).values_list("metadata", flat=True).first())


def checked_service_url(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Invalid.field("service_url", "is required")
    if len(value) > 2048 or not value.startswith(("https://", "http://")):
        raise Invalid.field("service_url", "must be an http or https address of at most 2048 characters")
    return value


def store_metadata(company_id: int, document: Any, *, actor: Actor) -> ErpConnection:
    """Replace the whole document; every version is kept with its author.

    Raises Invalid with the path of each fault, NotFound where the company has no connection.
    """
    accepted = checked(document)
    connections = lock(ErpConnection.objects.of(company_id))
    if not connections:
        raise NotFound("The company has no ERP connection.")
    connection: ErpConnection = connections[0]
    before = connection.metadata_version
    connection.metadata = accepted
    connection.metadata_version += 1
    connection.updated_at = timezone.now()
    connection.save(update_fields=["metadata", "metadata_version", "updated_at"])
    MetadataVersion.objects.create(
        company_id=company_id,
        number=connection.metadata_version,
        document=accepted,
        author_kind=actor.kind,
        author_id=actor.id,
        author_name=actor.name,
    )
    audit.record(
        company_id,
        actor,
        [
            audit.Act(
                "metadata.replaced",
                "connection",
                connection.pk,
                before={"version": before},
                after={"version": connection.metadata_version},
            )
        ],
    )
    return connection
