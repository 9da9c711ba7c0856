"""Reading a connection and storing its metadata and settings."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec
from django.db.models import Max, QuerySet
from django.utils import timezone

from erpstaging.audit import log as audit
from erpstaging.companies.actors import Actor
from erpstaging.connections.custom_fields import declared, field_keys
from erpstaging.connections.document import checked
from erpstaging.connections.erp_settings import ErpSettings, checked_settings
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.models import CustomField, ErpConnection, MetadataVersion, SettingsVersion, StoredVersion
from erpstaging.core import sets
from erpstaging.core.errors import Invalid, NotFound, StaleVersion
from erpstaging.core.locks import lock


def connection_of(company_id: int) -> ErpConnection | None:
    found: ErpConnection | None = ErpConnection.objects.of(company_id).first()
    return found


# One statement whether the document is known or not. The stamp names the versions of the rows it was read from: after
# whatever change, by whomever, it is another one. Only then the document itself is sent.
_READ = """
    SELECT stamp, CASE WHEN stamp IS DISTINCT FROM %s THEN document END
    FROM (
        SELECT concat_ws(' ', connection.stamp, fields.stamp) AS stamp,
            jsonb_build_object(
                'metadata', connection.metadata, 'settings', connection.settings, 'fields', fields.declared
            ) AS document
        FROM (
            SELECT string_agg(xmin::text || ctid::text, ' ' ORDER BY id) AS stamp,
                jsonb_agg(to_jsonb(field) ORDER BY item_type, position, id) FILTER (WHERE active) AS declared
            FROM connections_customfield field WHERE company_id = %s
        ) AS fields
        LEFT JOIN (
            SELECT xmin::text || ctid::text AS stamp, metadata, settings
            FROM connections_erpconnection WHERE company_id = %s
        ) AS connection ON true
    ) AS found
"""
MAX_KEPT = 200
_kept: dict[int, tuple[str, Metadata]] = {}


def metadata_of(company_id: int) -> Metadata:
    """The company's document with its settings and own fields; an empty reader where nothing is connected yet.

    What this process has read before is read again only when it changed. It is shared: nobody changes it.
    """
    return ask_metadata(company_id)()


def ask_metadata(company_id: int) -> Callable[[], Metadata]:
    """The same, read when it is called for (see core.sets.ask)."""
    known, metadata = _kept.get(company_id, ("unknown", Metadata(None)))
    answer = sets.ask(_READ, [known, company_id, company_id])
    return lambda: _read(company_id, metadata, answer())


def _read(company_id: int, metadata: Metadata, answer: Sequence[Any]) -> Metadata:
    ((stamp, document),) = answer
    if document is None:
        return metadata
    found = msgspec.json.decode(document)
    fields = declared(CustomField(**one) for one in found["fields"] or ())
    metadata = Metadata(found["metadata"], ErpSettings(found["settings"] or {}), fields)
    if len(_kept) >= MAX_KEPT:
        _kept.clear()
    _kept[company_id] = stamp, metadata
    return metadata


def answer_limits(company_id: int) -> dict[str, timedelta]:
    """How long the integrator may take for a request about each type that the company set a limit for."""
    settings = ErpConnection.objects.of(company_id).values_list("settings", flat=True).first()
    return ErpSettings(settings or {}).answer_limits


def checked_service_url(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Invalid.field("service_url", "is required")
    if len(value) > 2048 or not value.startswith(("https://", "http://")):
        raise Invalid.field("service_url", "must be an http or https address of at most 2048 characters")
    if _has_secret(value):
        raise Invalid.field("service_url", "must not carry a name or password")
    return value


def _has_secret(address: str) -> bool:
    try:
        return "@" in urlsplit(address).netloc
    except ValueError:
        return False


def store_metadata(company_id: int, document: Any, *, actor: Actor, version: int | None = None) -> ErpConnection:
    """Replace the whole document; every version is kept with its author.

    Raises Invalid with the path of each fault, NotFound where the company has no connection, StaleVersion where
    `version` is given and is not the one that stands.
    """
    accepted = checked(document)
    connection = _locked(company_id)
    if version is not None and version != connection.metadata_version:
        raise _stale(metadata_version(company_id, connection.metadata_version))
    before = connection.metadata_version
    connection.metadata = accepted
    connection.metadata_version = _keep_version(MetadataVersion, company_id, accepted, actor)
    connection.updated_at = timezone.now()
    connection.save(update_fields=["metadata", "metadata_version", "updated_at"])
    _tell(company_id, actor, connection, "metadata.replaced", before, connection.metadata_version)
    return connection


def store_settings(company_id: int, document: Any, *, actor: Actor) -> ErpConnection:
    """Replace the ERP settings as a whole; every version is kept with its author.

    Raises Invalid with the path of each fault, NotFound where the company has no connection.
    """
    connection = _locked(company_id)
    accepted = checked_settings(document, field_keys(company_id))
    before = connection.settings_version
    connection.settings = accepted
    connection.settings_version = _keep_version(SettingsVersion, company_id, accepted, actor)
    connection.updated_at = timezone.now()
    connection.save(update_fields=["settings", "settings_version", "updated_at"])
    _tell(company_id, actor, connection, "erp_settings.replaced", before, connection.settings_version)
    return connection


def change_settings(company_id: int, changes: dict[str, Any], *, actor: Actor) -> ErpConnection:
    """Replace some parts of the ERP settings, take those away that are None, and leave the others.

    Raises as store_settings does.
    """
    changed = {**_locked(company_id).settings, **changes}
    return store_settings(company_id, {key: one for key, one in changed.items() if one is not None}, actor=actor)


def metadata_version(company_id: int, number: int) -> MetadataVersion:
    """Raises NotFound."""
    found: MetadataVersion | None = MetadataVersion.objects.of(company_id).filter(number=number).first()
    if found is None:
        raise NotFound()
    return found


def restore_metadata(company_id: int, number: int, *, actor: Actor) -> ErpConnection:
    """Put an older version back, as a new one. Raises NotFound, Invalid."""
    return store_metadata(company_id, metadata_version(company_id, number).document, actor=actor)


def metadata_versions(company_id: int) -> "QuerySet[MetadataVersion]":
    """Newest first."""
    rows: QuerySet[MetadataVersion] = MetadataVersion.objects.of(company_id).order_by("-number")
    return rows


def _stale(newest: MetadataVersion) -> StaleVersion:
    return StaleVersion(
        f"{newest.author_name} stored version {newest.number} in the meantime.",
        version=newest.number,
        decided_by=newest.author_name,
        decided_at=newest.created_at,
    )


def _keep_version(model: type[StoredVersion], company_id: int, document: Any, actor: Actor) -> int:
    """Write one more version; the connection is locked, so numbers follow each other."""
    number: int = (model.objects.of(company_id).aggregate(number=Max("number"))["number"] or 0) + 1
    model.objects.create(
        company_id=company_id,
        number=number,
        document=document,
        author_kind=actor.kind,
        author_id=actor.id,
        author_name=actor.name,
    )
    return number


def _tell(company_id: int, actor: Actor, connection: ErpConnection, action: str, before: int, after: int) -> None:
    act = audit.Act(action, "connection", connection.pk, before={"version": before}, after={"version": after})
    audit.record(company_id, actor, [act])


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
