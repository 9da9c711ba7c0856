"""The body of a delivery: ids only, in the shape that the hook's payload version asks for.

Shapes: procore/documentation, webhooks/payload_formats.md.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec

from erpstaging.outbox.models import Event

API_VERSIONS = ("v2", "v3", "v4")
# Every spelling that clients send, and the shape it means.
SHAPES = {
    "v1": "v2", "v1.0": "v2", "v2": "v2", "v2.0": "v2", "v3": "v3", "v3.0": "v3", "v4": "v4", "v4.0": "v4",
}  # fmt: skip


def body(event: Event, api_version: str) -> str:
    """The JSON text that is stored, signed and sent."""
    return msgspec.json.encode(payload(event, api_version)).decode()


def payload(event: Event, api_version: str) -> dict[str, Any]:
    """What is sent of an event to a hook with this payload version."""
    shape = SHAPES[api_version]
    if shape == "v4":
        return _v4(event)
    related: dict[str, Any] = {"related_resources": []} if shape == "v3" else {}
    return {**_v2(event, api_version), **related}


def event_of(event: Event, api_version: str) -> dict[str, Any]:
    """The event as lists of deliveries show it, whatever shape was sent."""
    return _v2(event, api_version)


def _v2(event: Event, api_version: str) -> dict[str, Any]:
    return {
        "id": event.pk,
        "ulid": event.ulid,
        "timestamp": timestamp(event.occurred_at),
        "metadata": {
            "source_user_id": event.user_id,
            "source_project_id": event.project_id,
            "source_operation_id": None,
            "source_company_id": event.company_id,
            # A string in the public models: it names the integration that made the change, so that it can skip its own.
            "source_application_id": _text(event.account_id),
        },
        "user_id": event.user_id,
        "company_id": event.company_id,
        "project_id": event.project_id,
        "api_version": api_version,
        "event_type": event.event_type,
        "resource_name": event.resource_name,
        "resource_id": event.resource_id,
    }


def _v4(event: Event) -> dict[str, Any]:
    return {
        "id": event.ulid,
        "timestamp": timestamp(event.occurred_at),
        "reason": event.event_type,
        "company_id": str(event.company_id),
        "project_id": _text(event.project_id),
        "user_id": _text(event.user_id),
        "resource_type": event.resource_name,
        "resource_id": str(event.resource_id),
        # As in the older shapes, which have a place of their own for it.
        "data": {"source_application_id": _text(event.account_id)},
    }


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)


def timestamp(moment: datetime) -> str:
    """ISO 8601 in UTC with microseconds, as the wire shows times of events."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
