"""Reading a connection and storing its metadata."""

from typing import Any

from django.db.models import Max
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
    connection = _locked(company_id)
    last = MetadataVersion.objects.of(company_id).aggregate(number=Max("number"))["number"] or 0
    connection.metadata = accepted
    connection.metadata_version = last + 1
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
                before={"version": last},
                after={"version": connection.metadata_version},
            )
        ],
    )
    return connection


def change_service_url(company_id: int, value: Any, *, actor: Actor) -> None:
    """Point the connection elsewhere. Raises Invalid, NotFound."""
    service_url = checked_service_url(value)
    connection = _locked(company_id)
    before = connection.service_url
    connection.service_url, connection.updated_at = service_url, timezone.now()
    connection.save(update_fields=["service_url", "updated_at"])
    act = audit.Act(
        "connection.changed",
        "connection",
        connection.pk,
        before={"service_url": before},
        after={"service_url": service_url},
    )
    audit.record(company_id, actor, [act])


def disconnect(company_id: int, *, actor: Actor) -> None:
    """End the connection; what it brought in, and every version of its metadata, stays. Raises NotFound."""
    connection = _locked(company_id)
    act = audit.Act("connection.deleted", "connection", connection.pk, before={"service_url": connection.service_url})
    connection.delete()
    audit.record(company_id, actor, [act])


def _locked(company_id: int) -> ErpConnection:
    connections: list[ErpConnection] = lock(ErpConnection.objects.of(company_id))
    if not connections:
        raise NotFound("The company has no ERP connection.")
    return connections[0]
