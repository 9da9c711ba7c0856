"""A company's configuration as one document: written out, kept in version control, put into another company.

    {"connection": {"service_url": ...}, "custom_fields": [...], "erp_settings": {...}, "format": 1, "metadata": {...}}

A part that is left out stays as it is in the company; one that is there replaces what the company has. Secrets are no
part of it.
"""

import json
from collections.abc import Mapping
from typing import Any

from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.custom_field_changes import put_custom_fields
from erpstaging.connections.custom_fields import custom_fields_of, said_of
from erpstaging.connections.document import checked
from erpstaging.connections.models import ErpConnection
from erpstaging.connections.services import (
    change_service_url,
    connection_of,
    store_metadata,
    store_settings,
)
from erpstaging.core.errors import Invalid
from erpstaging.staging.connecting import connect_company

FORMAT = 1
PARTS = frozenset({"format", "connection", "custom_fields", "erp_settings", "metadata"})


def configuration_of(company_id: int) -> dict[str, Any]:
    """The company's whole configuration; without a connection only its custom fields."""
    document: dict[str, Any] = {"format": FORMAT, "custom_fields": _fields(company_id)}
    connection = connection_of(company_id)
    if connection is not None:
        document["connection"] = {"service_url": connection.service_url}
        document["erp_settings"] = connection.settings
        if connection.metadata is not None:
            document["metadata"] = connection.metadata
    return document


def written(document: Mapping[str, Any]) -> str:
    """The document as a file: the same configuration is the same text, byte for byte."""
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def put_configuration(company: Company, document: Any, *, actor: Actor) -> dict[str, Any]:
    """Bring the company to what the document says; what is the same already gets no new version.

    Raises Invalid with the path of every fault of a part, and NotPermitted while the ERP tool is off.
    """
    parts = _checked_parts(document)
    if "custom_fields" in parts:
        put_custom_fields(company.pk, parts["custom_fields"], actor=actor)
    connection = connection_of(company.pk)
    if connection is None and parts.keys() & {"connection", "erp_settings", "metadata"}:
        connection = connect_company(company, parts.get("connection"), actor=actor)
    if connection is not None:
        _put_connection(company.pk, connection, parts, actor)
    return configuration_of(company.pk)


def _put_connection(company_id: int, connection: ErpConnection, parts: Mapping[str, Any], actor: Actor) -> None:
    address = parts.get("connection", {}).get("service_url", connection.service_url)
    if address != connection.service_url:
        change_service_url(company_id, address, actor=actor)
    if "metadata" in parts and checked(parts["metadata"]) != connection.metadata:
        store_metadata(company_id, parts["metadata"], actor=actor)
    if "erp_settings" in parts and parts["erp_settings"] != connection.settings:
        store_settings(company_id, parts["erp_settings"], actor=actor)


def _checked_parts(document: Any) -> dict[str, Any]:
    if not isinstance(document, Mapping):
        raise Invalid.field("base", "must be an object")
    unknown = sorted(map(str, document.keys() - PARTS))
    errors = {name: ["is no part of a configuration"] for name in unknown}
    if document.get("format") != FORMAT:
        errors["format"] = [f"must be {FORMAT}"]
    if not isinstance(document.get("connection", {}), Mapping):
        errors["connection"] = ["must be an object"]
    if not isinstance(document.get("custom_fields", []), list):
        errors["custom_fields"] = ["must be a list"]
    if errors:
        name, texts = next(iter(errors.items()))
        raise Invalid(f"{name} {texts[0]}", errors=errors)
    return dict(document)


def _fields(company_id: int) -> list[dict[str, Any]]:
    return [said_of(one) for one in custom_fields_of(company_id, inactive=True)]
