"""Hooks, their triggers and deliveries (wire specification, section 11)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from erpstaging.api.filters import ChoiceFilter
from erpstaging.api.openapi import (
    ID,
    TEXT,
    TIME,
    Operation,
    Schema,
    array_of,
    component,
    nullable,
    object_of,
    parameter,
)
from erpstaging.api.paging import read_count
from erpstaging.api.renderers import wire_time
from erpstaging.api.views.base import Body, CompanyAPIView
from erpstaging.core.errors import BadRequest, Refused
from erpstaging.hooks import listing, resources, rotation, subscriptions
from erpstaging.hooks.destinations import Destination, destination
from erpstaging.hooks.listing import GROUPS, Listed, list_deliveries
from erpstaging.hooks.models import Hook as HookRow
from erpstaging.hooks.models import Trigger as TriggerRow
from erpstaging.hooks.networks import opened_networks
from erpstaging.hooks.payloads import API_VERSIONS, event_of
from erpstaging.hooks.subscriptions import HookChanges, TriggerProblem, masked_headers_of


def _words(*words: str) -> Schema:
    return {"type": "string", "enum": list(words)}


HEADERS = {"type": "object", "additionalProperties": TEXT}
HOOK = component(
    "Hook",
    object_of(
        {
            "id": ID,
            "api_version": TEXT,
            "namespace": TEXT,
            "destination_url": TEXT,
            "destination_headers": {**HEADERS, "description": "Secret values are masked"},
            "owned_by_company_id": nullable(ID),
            "owned_by_project_id": nullable(ID),
            "owned_by_user_id": nullable(ID),
            "profile": _words("procore", "durable"),
            "state": _words("active", "paused", "idle"),
        }
    ),
)
NEW_HOOK = component(
    "NewHook",
    {"allOf": [HOOK, object_of({"signing_secret": {**TEXT, "description": "Never shown again"}})]},
)
HOOK_VALUES = {
    "api_version": TEXT,
    "namespace": TEXT,
    "destination_url": TEXT,
    "destination_headers": HEADERS,
    "profile": TEXT,
}
TRIGGER = component(
    "Trigger",
    object_of(
        {
            "id": ID,
            "webhook_hook_id": ID,
            "resource_name": TEXT,
            "resource_id": nullable(ID),
            "event_type": _words("CREATE", "UPDATE", "DELETE"),
            "company_id": nullable(ID),
            "project_id": nullable(ID),
            "user_id": nullable(ID),
        }
    ),
)
TRIGGER_VALUES = object_of({"resource_name": TEXT, "event_type": _words("create", "update", "delete")})
DELIVERY = component(
    "Delivery",
    object_of(
        {
            "id": ID,
            "event_id": ID,
            "event": {"type": "object"},
            "outcome": _words("ok", "retried", "failed", "discarded"),
            "attempts": {"type": "integer"},
            "started_at": nullable(TIME),
            "completed_at": nullable(TIME),
            "response_status": nullable({"type": "integer"}),
            "response_headers": {"type": "object"},
            "response_body": nullable(TEXT),
            "response_error": nullable(TEXT),
        }
    ),
)
RESOURCE = object_of(
    {
        **{name: TEXT for name in ("name", "api_version", "product_category", "tools", "create", "update", "delete")},
        "except": array_of(TEXT),
    }
)
NOTHING = {"type": "object"}
SCOPE = ("company_id", "project_id")


def hook_json(hook: HookRow) -> dict[str, Any]:
    return {
        "id": hook.pk,
        "api_version": hook.api_version,
        "namespace": hook.namespace,
        "destination_url": hook.destination_url,
        "destination_headers": masked_headers_of(hook),
        "owned_by_company_id": hook.company_id if hook.project_id is None else None,
        "owned_by_project_id": hook.project_id,
        "owned_by_user_id": hook.user_id,
        "profile": hook.profile,
        "state": hook.state,
    }


def trigger_json(trigger: TriggerRow, hook: HookRow) -> dict[str, Any]:
    """Event types in upper case: public clients take nothing else in answers, and send lower case."""
    return {
        "id": trigger.pk,
        "webhook_hook_id": hook.pk,
        "resource_name": trigger.resource_name,
        "resource_id": None,
        "event_type": trigger.event_type.upper(),
        "company_id": hook.company_id if hook.project_id is None else None,
        "project_id": hook.project_id,
        "user_id": trigger.user_id,
    }


def delivery_json(listed: Listed, api_version: str) -> dict[str, Any]:
    delivery, attempt = listed.delivery, listed.attempt
    return {
        "id": delivery.pk,
        "event_id": delivery.event_id,
        "event": event_of(delivery.event, api_version),
        "outcome": listed.outcome,
        "attempts": delivery.attempts,
        "started_at": wire_time(attempt.started_at if attempt else None),
        "completed_at": wire_time(listed.completed_at),
        "response_status": attempt.status if attempt else None,
        "response_headers": attempt.headers if attempt else {},
        "response_body": attempt.body if attempt else None,
        "response_error": (attempt.error or None) if attempt else None,
    }


class WebhookView(CompanyAPIView):
    """What the webhook calls share: their error shape, and a scope that query or body names."""

    requires = frozenset({"erp_admin"})
    object_type = "hook"
    names_error = True

    def read_body(self, request: Request) -> Body:
        """Some clients put the scope inside `hook`; it counts where the body has none of its own."""
        body = super().read_body(request)
        inner = body.get("hook") if isinstance(body, dict) else None
        if isinstance(body, dict) and isinstance(inner, dict):
            body = {**body, **{name: inner.get(name) for name in SCOPE if body.get(name) is None}}
        return body

    @property
    def project_id(self) -> int | None:
        """The project whose hooks the call is about; None for those of the company itself."""
        given = self.request.query_params.get("project_id") or self.sent.get("project_id")
        return None if given in (None, "") else read_id(given, "project_id")

    @property
    def sent(self) -> Mapping[str, Any]:
        return self.body if isinstance(self.body, dict) else {}

    def named(self, name: str) -> Mapping[str, Any]:
        """An object of the body. Raises BadRequest."""
        found = self.sent.get(name)
        if not isinstance(found, dict):
            raise BadRequest(
                f"{name} must be an object.", errors={name: ["is required" if found is None else "is invalid"]}
            )
        return found

    @classmethod
    def described_parameters(cls, path: str, method: str, *, paged: bool) -> list[dict[str, Any]]:
        described = super().described_parameters(path, method, paged=paged)
        return [*described, parameter("project_id", "query", ID, "For hooks of a project")]


def read_id(given: Any, name: str) -> int:
    """An id from query or body. Raises BadRequest."""
    text = "" if isinstance(given, bool) or not isinstance(given, (int, str)) else str(given)
    if not (text.isascii() and text.isdigit()) or len(text) > 19 or int(text) >= 2**63:
        raise BadRequest(f"{name} must be an id.", code="bad_query", errors={name: ["must be an id"]})
    return int(text)


class HookWriting(WebhookView):
    """Calls that may name a destination: it is looked up before the transaction begins."""

    destination: Destination | None = None

    def perform(self, handler: Callable[[], Response]) -> Response:
        values = self.sent.get("hook")
        if isinstance(values, dict) and (self.request.method == "POST" or "destination_url" in values):
            self.destination = destination(values.get("destination_url"), opened_networks(self.company.pk))
        return super().perform(handler)

    @property
    def values(self) -> dict[str, Any]:
        """The hook that was sent, with the newer name of its payload version under the older one."""
        values = dict(self.named("hook"))
        if "api_version" not in values and "payload_version" in values:
            values["api_version"] = values["payload_version"]
        return values


class Hooks(HookWriting):
    """The hooks of the company or of a project; those of other namespaces when asked for by name or `*`."""

    operations = {
        "GET": Operation("List hooks", array_of(HOOK), paged=True),
        "POST": Operation(
            "Create a hook",
            NEW_HOOK,
            status=201,
            body=object_of(
                {"company_id": ID, "project_id": ID, "hook": object_of(HOOK_VALUES, required=["destination_url"])},
                required=["hook"],
            ),
        ),
    }

    def get(self, request: Request) -> Response:
        found = subscriptions.list_hooks(
            self.company,
            project_id=self.project_id,
            namespace=request.query_params.get("namespace"),
            api_version=request.query_params.get("api_version"),
        )
        page = self.page
        shown = found[page.offset : page.offset + page.per_page]
        return self.paged([hook_json(hook) for hook in shown], len(found))

    def post(self, request: Request) -> Response:
        values = self.values
        if self.destination is None:
            raise AssertionError("perform looks the destination up")
        hook, secret = subscriptions.create_hook(
            self.company,
            self.actor,
            destination=self.destination,
            api_version=values.get("api_version"),
            namespace=values.get("namespace"),
            destination_headers=values.get("destination_headers"),
            project_id=self.project_id,
            profile=values.get("profile", "procore"),
        )
        return Response({**hook_json(hook), "signing_secret": secret}, status=201)


class Hook(HookWriting):
    """One hook; all keys of a change are optional."""

    needs_body = frozenset({"PATCH", "PUT"})
    operations = {
        "PATCH": Operation(
            "Change a hook", HOOK, body=object_of({"hook": object_of(HOOK_VALUES, required=[])}, required=["hook"])
        ),
        "DELETE": Operation("Delete a hook", NOTHING),
    }

    def patch(self, request: Request, hook_id: int) -> Response:
        values = self.values
        headers = values.get("destination_headers")
        changes = HookChanges(
            destination=self.destination,
            destination_headers={} if headers is None and "destination_headers" in values else headers,
            api_version=values.get("api_version"),
            namespace=values.get("namespace"),
            profile=values.get("profile"),
        )
        hook = subscriptions.update_hook(self.company, self.actor, hook_id, changes, project_id=self.project_id)
        return Response(hook_json(hook))

    put = patch

    def delete(self, request: Request, hook_id: int) -> Response:
        subscriptions.delete_hook(self.company, self.actor, hook_id, project_id=self.project_id)
        return Response({})


class RotateSecret(WebhookView):
    """A new signing secret, shown in this answer alone; the present one signs beside it for a while (our extension)."""

    needs_body = frozenset()
    operations = {"POST": Operation("Rotate the signing secret of a hook", NEW_HOOK)}

    def post(self, request: Request, hook_id: int) -> Response:
        hook, secret = rotation.rotate_secret(self.company, self.actor, hook_id, project_id=self.project_id)
        return Response({**hook_json(hook), "signing_secret": secret})


class Triggers(WebhookView):
    """What a hook listens to."""

    operations = {
        "GET": Operation("List the triggers of a hook", array_of(TRIGGER), paged=True),
        "POST": Operation(
            "Create a trigger",
            TRIGGER,
            status=201,
            body=object_of({"api_version": TEXT, "trigger": TRIGGER_VALUES}, required=["trigger"]),
        ),
    }

    def get(self, request: Request, hook_id: int) -> Response:
        hook = subscriptions.get_hook(self.company, hook_id, project_id=self.project_id)
        found = subscriptions.list_triggers(self.company, hook_id)
        page = self.page
        shown = found[page.offset : page.offset + page.per_page]
        return self.paged([trigger_json(trigger, hook) for trigger in shown], len(found))

    def post(self, request: Request, hook_id: int) -> Response:
        check_version(self.sent)
        wanted = self.named("trigger")
        trigger = subscriptions.create_trigger(
            self.company,
            self.actor,
            hook_id,
            resource_name=wanted.get("resource_name"),
            event_type=wanted.get("event_type"),
            project_id=self.project_id,
        )
        return Response(trigger_json(trigger, trigger.hook), status=201)


def check_version(sent: Mapping[str, Any]) -> None:
    """A trigger takes its hook's payload version; one that is sent has to be one. Raises Invalid."""
    if sent.get("api_version") is not None:
        subscriptions.clean_api_version(sent["api_version"])


class Trigger(WebhookView):
    """One trigger."""

    object_type = "trigger"
    operations = {"DELETE": Operation("Delete a trigger", NOTHING)}

    def delete(self, request: Request, hook_id: int, trigger_id: int) -> Response:
        subscriptions.delete_trigger(self.company, self.actor, hook_id, trigger_id, project_id=self.project_id)
        return Response({})


class BulkTriggers(WebhookView):
    """Many triggers of one hook at once, each on its own: 207 when some were refused."""

    needs_body = frozenset({"POST", "DELETE"})
    operations = {
        "POST": Operation(
            "Create triggers",
            object_of({"success": array_of(TRIGGER)}),
            body=object_of({"api_version": TEXT, "triggers": array_of(TRIGGER_VALUES)}, required=["triggers"]),
        ),
        "DELETE": Operation(
            "Delete triggers", object_of({"success": array_of(ID)}), body=object_of({"triggers": array_of(ID)})
        ),
    }

    def post(self, request: Request, hook_id: int) -> Response:
        check_version(self.sent)
        result = subscriptions.create_triggers(
            self.company, self.actor, hook_id, self.triggers, project_id=self.project_id
        )
        created = [trigger_json(trigger, trigger.hook) for trigger in result.created]
        return multi_status(created, [failed_json(problem, as_object) for problem in result.problems])

    def delete(self, request: Request, hook_id: int) -> Response:
        result = subscriptions.delete_triggers(
            self.company, self.actor, hook_id, self.triggers, project_id=self.project_id
        )
        return multi_status(result.deleted, [failed_json(problem, as_sent) for problem in result.problems])

    @property
    def triggers(self) -> Sequence[Any]:
        found = self.sent.get("triggers")
        if not isinstance(found, list):
            raise BadRequest("triggers must be a list.", errors={"triggers": ["must be a list"]})
        return found


def multi_status(success: list[Any], failed: list[dict[str, Any]]) -> Response:
    return Response({"success": success, "failed": failed}, status=207) if failed else Response({"success": success})


def failed_json(problem: TriggerProblem, shown: Callable[[Any], Any]) -> dict[str, Any]:
    """One refused element. The texts in `errors` are no lists here: generated clients take single texts only."""
    refusal: Refused = problem.refusal
    return {
        "code": refusal.code,
        "message": refusal.message,
        "trigger": shown(problem.sent),
        "errors": {name: texts[0] for name, texts in refusal.errors.items()},
    }


def as_object(sent: Any) -> dict[str, Any]:
    return sent if isinstance(sent, dict) else {}


def as_sent(sent: Any) -> Any:
    return sent


class Deliveries(WebhookView):
    """What was sent to a hook, newest first. `page_start` is the last id of the page before."""

    filters = {"status": ChoiceFilter("", frozenset(GROUPS))}
    operations = {"GET": Operation("List the deliveries of a hook", array_of(DELIVERY))}

    def get(self, request: Request, hook_id: int) -> Response:
        query = request.query_params
        start = query.get("page_start")
        hook, found = list_deliveries(
            self.company,
            hook_id,
            project_id=self.project_id,
            status=self.filter_values.get("status", ["any"])[0],
            page_size=read_count(query, "page_size", default=listing.PAGE_SIZE),
            page_start=None if start in (None, "") else read_id(start, "page_start"),
        )
        return Response([delivery_json(one, hook.api_version) for one in found])

    @classmethod
    def described_parameters(cls, path: str, method: str, *, paged: bool) -> list[dict[str, Any]]:
        counts = [
            parameter("page_size", "query", {"type": "integer", "minimum": 1}, f"At most {listing.MAX_PAGE_SIZE}"),
            parameter("page_start", "query", ID, "The last id of the page before"),
        ]
        return [*super().described_parameters(path, method, paged=paged), *counts]


class Resources(WebhookView):
    """What can be listened to."""

    operations = {"GET": Operation("List what hooks can listen to", array_of(RESOURCE))}

    def get(self, request: Request) -> Response:
        version = request.query_params.get("api_version") or API_VERSIONS[0]
        return Response(resources.described(version, project_only=self.project_id is not None))


class ApiVersions(WebhookView):
    """The payload versions."""

    operations = {"GET": Operation("List the payload versions", array_of(TEXT))}

    def get(self, request: Request) -> Response:
        return Response(list(API_VERSIONS))
