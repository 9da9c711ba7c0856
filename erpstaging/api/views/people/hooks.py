"""Hooks for people: who is told, how well it works, and what can be done about it."""

from collections.abc import Callable
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

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
from erpstaging.api.renderers import wire_time
from erpstaging.api.views.base import PersonAPIView
from erpstaging.api.views.people.deliveries import LOGGED, logged_json
from erpstaging.api.views.webhooks import HOOK, HOOK_VALUES, TRIGGER_VALUES, hook_json, read_id
from erpstaging.core.errors import BadRequest
from erpstaging.hooks import rotation, subscriptions
from erpstaging.hooks.destinations import Destination, destination
from erpstaging.hooks.health import Backlog, Health, backlogs, health_of
from erpstaging.hooks.log import Logged
from erpstaging.hooks.models import Hook as HookRow
from erpstaging.hooks.models import Profile, Trigger
from erpstaging.hooks.networks import opened_networks
from erpstaging.hooks.subscriptions import HookChanges
from erpstaging.hooks.trying import preview, send_test

COUNT: Schema = {"type": "integer", "minimum": 0}
BACKLOG = object_of({"waiting": COUNT, "oldest_at": nullable(TIME)})
PAUSED = object_of({"at": TIME, "by": nullable(TEXT), "reason": TEXT})
PEOPLES_HOOK = component(
    "PeoplesHook",
    {
        "allOf": [
            HOOK,
            object_of(
                {
                    "triggers": array_of(TRIGGER_VALUES),
                    "paused": nullable(PAUSED),
                    "old_secret_until": nullable(TIME),
                    "backlog": BACKLOG,
                }
            ),
        ]
    },
)
SECRET = {**TEXT, "description": "Never shown again"}
WITH_SECRET = {"allOf": [PEOPLES_HOOK, object_of({"signing_secret": SECRET})]}
SHARE: Schema = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
HEALTH = component(
    "HookHealth",
    object_of(
        {
            "since": TIME,
            "attempts": COUNT,
            "taken": COUNT,
            "success_share": SHARE,
            "at_first_try": COUNT,
            "p50_ms": nullable(COUNT),
            "p95_ms": nullable(COUNT),
            "backlog": BACKLOG,
            "hours": array_of(object_of({"at": TIME, "taken": COUNT, "failed": COUNT})),
        }
    ),
)
REASON = object_of({"reason": TEXT}, required=["reason"])
SUBJECT = {"resource_name": TEXT, "event_type": TEXT, "resource_id": ID}
PREVIEW = object_of({**SUBJECT, "event_id": nullable(ID), "body": {"type": "object"}, "text": TEXT})


def peoples_hook_json(hook: HookRow, triggers: list[Trigger], backlog: Backlog) -> dict[str, Any]:
    paused = {"at": wire_time(hook.paused_at), "by": hook.paused_by or None, "reason": hook.pause_reason}
    return {
        **hook_json(hook),
        "triggers": [{"resource_name": one.resource_name, "event_type": one.event_type} for one in triggers],
        "paused": paused if hook.waits_for_resume else None,
        "old_secret_until": wire_time(hook.old_secret_until),
        "backlog": backlog_json(backlog),
    }


def backlog_json(backlog: Backlog) -> dict[str, Any]:
    return {"waiting": backlog.waiting, "oldest_at": wire_time(backlog.oldest)}


def health_json(health: Health) -> dict[str, Any]:
    return {
        "since": wire_time(health.since),
        "attempts": health.attempts,
        "taken": health.taken,
        "success_share": None if health.share is None else round(health.share, 4),
        "at_first_try": health.at_first_try,
        "p50_ms": health.p50_ms,
        "p95_ms": health.p95_ms,
        "backlog": backlog_json(health.backlog),
        "hours": [{"at": wire_time(one.at), "taken": one.taken, "failed": one.failed} for one in health.hours],
    }


class HooksView(PersonAPIView):
    """Administrators manage hooks, auditors read them."""

    requires = frozenset({"member"})
    open_to = frozenset({"erp_admin", "auditor"})
    object_type = "hook"

    @property
    def given(self) -> dict[str, Any]:
        return self.body if isinstance(self.body, dict) else {}

    def shown(self, hook: HookRow) -> dict[str, Any]:
        triggers = list(Trigger.objects.of(self.company).filter(hook=hook).order_by("pk"))
        return peoples_hook_json(hook, triggers, backlogs(self.company, [hook.pk])[hook.pk])


class WritingView(HooksView):
    """Calls that may name a destination: it is looked up before the transaction begins."""

    destination: Destination | None = None

    def perform(self, handler: Callable[[], Response]) -> Response:
        if self.request.method == "POST" or "destination_url" in self.given:
            self.actor.require("erp_admin", "Hooks are managed by people with the ERP level Admin.")
            self.destination = destination(self.given.get("destination_url"), opened_networks(self.company.pk))
        return super().perform(handler)


class Hooks(WritingView):
    """All hooks of the company and its projects; new ones have the profile durable unless another is named."""

    operations = {
        "GET": Operation("List the hooks with what waits for them", array_of(PEOPLES_HOOK), paged=True),
        "POST": Operation(
            "Create a hook with its triggers",
            component("PeoplesNewHook", WITH_SECRET),
            status=201,
            body=object_of(
                {**HOOK_VALUES, "project_id": ID, "triggers": array_of(TRIGGER_VALUES)},
                required=["destination_url"],
            ),
        ),
    }

    def get(self, request: Request) -> Response:
        hooks, page = subscriptions.every_hook(self.company), self.page
        shown = hooks[page.offset : page.offset + page.per_page]
        ids = [hook.pk for hook in shown]
        triggers = subscriptions.triggers_of(self.company, ids)
        waiting = backlogs(self.company, ids)
        return self.paged([peoples_hook_json(one, triggers[one.pk], waiting[one.pk]) for one in shown], len(hooks))

    def post(self, request: Request) -> Response:
        given = self.given
        if self.destination is None:
            raise AssertionError("perform looks the destination up")
        triggers = given.get("triggers") or []
        if not isinstance(triggers, list):
            raise BadRequest("triggers must be a list.", errors={"triggers": ["must be a list"]})
        project_id = given.get("project_id")
        hook, secret = subscriptions.create_hook(
            self.company,
            self.actor,
            destination=self.destination,
            api_version=given.get("api_version", "v2"),
            namespace=given.get("namespace"),
            destination_headers=given.get("destination_headers"),
            project_id=None if project_id in (None, "") else read_id(project_id, "project_id"),
            profile=given.get("profile", Profile.DURABLE),
        )
        result = subscriptions.create_triggers(self.company, self.actor, hook.pk, triggers)
        if result.problems:
            raise result.problems[0].refusal
        return Response({**self.shown(hook), "signing_secret": secret}, status=201)


class Hook(WritingView):
    """One hook; all keys of a change are optional."""

    needs_body = frozenset({"PATCH"})
    operations = {
        "GET": Operation("A hook", PEOPLES_HOOK),
        "PATCH": Operation("Change a hook", PEOPLES_HOOK, body=object_of(HOOK_VALUES, required=[])),
        "DELETE": Operation("Delete a hook", {"type": "object"}),
    }

    def get(self, request: Request, hook_id: int) -> Response:
        return Response(self.shown(subscriptions.get_hook(self.company, hook_id)))

    def patch(self, request: Request, hook_id: int) -> Response:
        given = self.given
        headers = given.get("destination_headers")
        changes = HookChanges(
            destination=self.destination,
            destination_headers={} if headers is None and "destination_headers" in given else headers,
            api_version=given.get("api_version"),
            namespace=given.get("namespace"),
            profile=given.get("profile"),
        )
        return Response(self.shown(subscriptions.update_hook(self.company, self.actor, hook_id, changes)))

    def delete(self, request: Request, hook_id: int) -> Response:
        subscriptions.delete_hook(self.company, self.actor, hook_id)
        return Response({})


class RotateSecret(HooksView):
    """A new signing secret, shown in this answer alone; the present one signs beside it until `old_secret_until`."""

    needs_body = frozenset()
    operations = {"POST": Operation("Rotate the signing secret", component("PeoplesRotatedHook", WITH_SECRET))}

    def post(self, request: Request, hook_id: int) -> Response:
        hook, secret = rotation.rotate_secret(self.company, self.actor, hook_id)
        return Response({**self.shown(hook), "signing_secret": secret})


class EndOldSecret(HooksView):
    """From now on the new secret alone signs."""

    needs_body = frozenset()
    operations = {"POST": Operation("End the overlap of two secrets", PEOPLES_HOOK)}

    def post(self, request: Request, hook_id: int) -> Response:
        return Response(self.shown(rotation.end_old_secret(self.company, self.actor, hook_id)))


class Pause(HooksView):
    """Nothing is sent until somebody resumes the hook; what comes meanwhile is held."""

    operations = {"POST": Operation("Pause a hook", PEOPLES_HOOK, body=REASON)}

    def post(self, request: Request, hook_id: int) -> Response:
        reason = self.given.get("reason")
        return Response(self.shown(subscriptions.pause_hook(self.company, self.actor, hook_id, reason=reason)))


class Resume(HooksView):
    """What was held leaves in order."""

    needs_body = frozenset()
    operations = {
        "POST": Operation(
            "Resume a hook", PEOPLES_HOOK, body=object_of({"reason": TEXT}, required=[]), body_required=False
        )
    }

    def post(self, request: Request, hook_id: int) -> Response:
        reason = self.given.get("reason")
        return Response(self.shown(subscriptions.resume_hook(self.company, self.actor, hook_id, reason=reason)))


class SendTest(HooksView):
    """A signed sample, sent once beside the queue; header `webhook-test` and the body's `test` mark it."""

    needs_body = frozenset()
    operations = {
        "POST": Operation(
            "Send a test delivery", LOGGED, status=202, body=object_of(SUBJECT, required=[]), body_required=False
        )
    }

    def post(self, request: Request, hook_id: int) -> Response:
        chosen = {name: self.given.get(name) for name in SUBJECT}
        delivery = send_test(self.company, self.actor, hook_id, **chosen)
        return Response(logged_json(Logged(delivery, None)), status=202)


class PreviewOf(HooksView):
    """The body that would be sent about a chosen object; nothing is sent."""

    operations = {"GET": Operation("Preview a payload", PREVIEW)}

    def get(self, request: Request, hook_id: int) -> Response:
        query = request.query_params
        resource_id = query.get("resource_id")
        found = preview(
            self.company,
            self.actor,
            hook_id,
            resource_name=query.get("resource_name"),
            event_type=query.get("event_type"),
            resource_id=None if resource_id in (None, "") else read_id(resource_id, "resource_id"),
        )
        return Response(
            {
                "resource_name": found.subject.resource_name,
                "event_type": found.subject.event_type,
                "resource_id": found.subject.resource_id,
                "event_id": found.event_id,
                "body": found.document,
                "text": found.body,
            }
        )

    @classmethod
    def described_parameters(cls, path: str, method: str, *, paged: bool) -> list[Schema]:
        described = super().described_parameters(path, method, paged=paged)
        described += [parameter(name, "query", TEXT) for name in ("resource_name", "event_type")]
        return [*described, parameter("resource_id", "query", ID)]


class HealthOf(HooksView):
    """Success share, times and backlog of the last 24 hours."""

    operations = {"GET": Operation("The health of a hook", HEALTH)}

    def get(self, request: Request, hook_id: int) -> Response:
        return Response(health_json(health_of(self.company, hook_id)))
