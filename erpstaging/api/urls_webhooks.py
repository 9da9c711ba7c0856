"""Addresses of hooks, triggers and deliveries."""

from erpstaging.api.paths import RestPath, rest_path
from erpstaging.api.views.events import EventFeed
from erpstaging.api.views.webhooks import (
    ApiVersions,
    BulkTriggers,
    Deliveries,
    Hook,
    Hooks,
    Resources,
    RotateSecret,
    Trigger,
    Triggers,
)

WEBHOOKS: list[RestPath] = [
    rest_path("webhooks/hooks", Hooks, name="hooks"),
    rest_path("webhooks/hooks/<id:hook_id>", Hook, name="hook"),
    rest_path("webhooks/hooks/<id:hook_id>/rotate_secret", RotateSecret, name="hook-rotate-secret"),
    rest_path("webhooks/hooks/<id:hook_id>/triggers", Triggers, name="triggers"),
    rest_path("webhooks/hooks/<id:hook_id>/triggers/bulk", BulkTriggers, name="triggers-bulk"),
    rest_path("webhooks/hooks/<id:hook_id>/triggers/<id:trigger_id>", Trigger, name="trigger"),
    rest_path("webhooks/hooks/<id:hook_id>/deliveries", Deliveries, name="deliveries"),
    rest_path("webhooks/events", EventFeed, name="event-feed"),
    rest_path("webhooks/resources", Resources, name="webhook-resources"),
    rest_path("webhooks/resources/api_versions", ApiVersions, name="webhook-api-versions"),
]
