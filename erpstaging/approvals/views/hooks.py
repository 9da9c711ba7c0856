"""Hooks: who is told, how well that works, and what an administrator can do about it."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from erpstaging.approvals.formats import moment_text
from erpstaging.approvals.json_lines import json_lines
from erpstaging.approvals.presenters import Ask, Banner, DecisionButton, Empty, Link, Place, Toast
from erpstaging.approvals.showing import hooks as shown
from erpstaging.approvals.telling import told_refusal
from erpstaging.approvals.views.base import status_of
from erpstaging.approvals.views.deliveries import AskWhy
from erpstaging.approvals.views.linking import number_of
from erpstaging.approvals.views.settings import SettingsView
from erpstaging.core.errors import Invalid, Refused
from erpstaging.hooks import rotation, subscriptions
from erpstaging.hooks.destinations import Destination, destination
from erpstaging.hooks.health import backlogs, health_of
from erpstaging.hooks.models import Hook
from erpstaging.hooks.networks import opened_networks
from erpstaging.hooks.subscriptions import get_hook, masked_headers_of
from erpstaging.hooks.trying import Preview, preview, send_test


class HooksView(SettingsView):
    """Administrators manage hooks, auditors read them."""

    object_type = "hook"

    def place(self, name: str) -> Place:
        return Place(back=Link(_("Hooks"), self.url("hooks")), name=name)

    def button(self, act: str, label: str, url: str, **more: Any) -> DecisionButton:
        why_not = "" if self.may_change else _("This needs the level Admin on the ERP tool.")
        return DecisionButton(act=act, label=label, url=url, why_not=why_not, **more)

    def fallback_path(self) -> str:
        return self.url("hooks")


class HooksPage(HooksView):
    """`hooks/`."""

    def shown_page(self) -> HttpResponseBase:
        hooks = subscriptions.every_hook(self.company)
        ids = [hook.pk for hook in hooks]
        triggers, waiting = subscriptions.triggers_of(self.company, ids), backlogs(self.company, ids)
        context = {
            "rows": [shown.hook_row(self.company, one, triggers[one.pk], waiting[one.pk]) for one in hooks],
            "new": self.button("new_hook", _("New hook"), self.url("new_hook"), asks="page", icon="plus"),
            "empty": Empty(_("Nobody is told yet."), _("A hook tells the integrator what may move."), "hook"),
        }
        return self.page("approvals/hooks.html", context)


class NewHook(HooksView):
    """`hooks/new/`. The address is looked up before the transaction begins, for that asks the name server."""

    destination: Destination | None = None
    lookup_refusal: Refused | None = None

    def _in_company(self, answer: Callable[[], HttpResponseBase]) -> HttpResponseBase:
        first = self.destination is None and self.lookup_refusal is None
        if self.request.method == "POST" and first and self.may_change:
            try:
                self.destination = destination(
                    self.request.POST.get("destination_url", "").strip(), opened_networks(self.company.pk)
                )
            except Refused as refusal:
                self.lookup_refusal = refusal
        return super()._in_company(answer)

    def shown_page(self) -> HttpResponseBase:
        self.actor.require("erp_admin", "Hooks are made by people with the level Admin on the ERP tool.")
        return self._form({}, {}, 200)

    def changed(self) -> HttpResponseBase:
        if self.destination is None:
            raise self.lookup_refusal or Invalid.field("destination_url", _("can't be blank"))
        post = self.request.POST
        authorization = post.get("authorization", "").strip()
        hook, secret = subscriptions.create_hook(
            self.company,
            self.actor,
            destination=self.destination,
            api_version=post.get("api_version", ""),
            namespace=post.get("namespace", "").strip(),
            destination_headers={"Authorization": authorization} if authorization else None,
            profile=post.get("profile", ""),
        )
        subscriptions.create_trigger(
            self.company,
            self.actor,
            hook.pk,
            resource_name=post.get("resource_name", ""),
            event_type=post.get("event_type", ""),
        )
        return self.page("approvals/hook_secret.html", secret_context(self, hook, secret, fresh=True))

    def refused(self, refusal: Refused) -> HttpResponseBase:
        if self.request.method != "POST" or not isinstance(refusal, Invalid):
            return super().refused(refusal)
        typed = {key: str(value) for key, value in self.request.POST.items()}
        return self._form(typed, refusal.errors, status_of(refusal))

    def _form(self, typed: Mapping[str, str], errors: Mapping[str, Any], status: int) -> HttpResponseBase:
        fields = shown.new_hook_fields(typed, errors)
        named = {one.name for one in fields} | {"destination_headers"}
        others = [text for key, texts in errors.items() if key not in named for text in texts]
        context = {"fields": fields, "errors": others, "place": self.place(_("New hook"))}
        return self.page("approvals/new_hook.html", context, status=status)


def secret_context(view: HooksView, hook: Hook, secret: str, *, fresh: bool) -> dict[str, Any]:
    url = reverse("approvals:hook", args=[view.company.pk, hook.pk])
    return {"hook": hook, "secret": secret, "fresh": fresh, "place": view.place(hook.receiver), "hook_url": url}


class HookPage(HooksView):
    """`hooks/<id>/`: its health, what it hears, its secret; with `?resource_name=` a preview of what would be sent."""

    def shown_page(self) -> HttpResponseBase:
        hook = get_hook(self.company, self.kwargs["object_id"])
        typed, errors = self.request.GET.dict(), dict[str, list[str]]()
        found: Preview | None = None
        if "resource_name" in typed:
            try:
                found = self._preview(hook)
            except Invalid as refusal:
                errors = told_refusal(refusal).errors
        return self.page("approvals/hook.html", {**self._context(hook), **self._tried(hook, found, typed, errors)})

    def _context(self, hook: Hook) -> dict[str, Any]:
        def url(act: str) -> str:
            return reverse(f"approvals:{act}", args=[self.company.pk, hook.pk])

        paused = hook.waits_for_resume
        held = paused or hook.first_failure_at is not None
        move = (
            self.button("resume_hook", _("Resume"), url("resume_hook"), asks="dialog", weight="primary")
            if held
            else self.button("pause_hook", _("Pause"), url("pause_hook"), asks="dialog", icon="pause")
        )
        return {
            "hook": hook,
            "chip": shown.hook_chip(hook),
            "place": self.place(hook.receiver),
            "profile": shown.PROFILE_WORDS[hook.profile],
            "headers": sorted(masked_headers_of(hook).items()),
            "triggers": subscriptions.triggers_of(self.company, [hook.pk])[hook.pk],
            "health": shown.health_shown(health_of(self.company, hook.pk)),
            "banner": self._banner(hook),
            "overlap": self._overlap(hook),
            "move": move,
            "pause": self.button("pause_hook", _("Pause"), url("pause_hook"), asks="dialog", icon="pause")
            if held and not paused
            else None,
            "test": self.button("test_hook", _("Send test"), url("test_hook"), icon="send"),
            "rotate": self.button("rotate_hook", _("Rotate secret"), url("rotate_hook"), asks="dialog", icon="refresh"),
            "end_old": self.button("end_old_secret", _("End the old secret"), url("end_old_secret"), asks="dialog"),
            "delete": self.button("delete_hook", _("Delete"), url("delete_hook"), asks="dialog", weight="danger"),
            "log_url": f"{reverse('approvals:deliveries', args=[self.company.pk])}?hook={hook.pk}",
        }

    def _overlap(self, hook: Hook) -> str:
        """Until when the replaced secret signs too, empty where it does not."""
        now, until = timezone.now(), hook.old_secret_until
        return moment_text(until, now) if until is not None and until > now else ""

    def _banner(self, hook: Hook) -> Banner | None:
        if not hook.waits_for_resume:
            return None
        by = hook.paused_by or _("the service")
        title = _("Paused by %(name)s.") % {"name": by}
        held = _("What comes meanwhile is held, and leaves in order after Resume.")
        return Banner(tone="amber", icon="pause", title=title, text=f"{hook.pause_reason} {held}")

    def _preview(self, hook: Hook) -> Preview:
        query = self.request.GET
        resource_id = query.get("resource_id", "").strip()
        number = number_of(resource_id) if resource_id else None
        if resource_id and number is None:
            raise Invalid.field("resource_id", _("must be an id"))
        return preview(
            self.company,
            self.actor,
            hook.pk,
            resource_name=query.get("resource_name"),
            event_type=query.get("event_type"),
            resource_id=number,
        )

    def _tried(
        self, hook: Hook, found: Preview | None, typed: Mapping[str, str], errors: Mapping[str, Any]
    ) -> dict[str, Any]:
        return {
            "preview": found,
            "preview_lines": json_lines(found.document) if found else [],
            "subject_fields": shown.subject_fields(typed, errors),
        }


class HookAct(AskWhy):
    """An act on a hook."""

    object_type = "hook"
    may_not = "Hooks are managed by people with the level Admin on the ERP tool. Ask one of them."

    @property
    def hook(self) -> Hook:
        return get_hook(self.company, self.kwargs["object_id"])

    def fallback_path(self) -> str:
        return reverse("approvals:hook", args=[self.company.pk, self.kwargs["object_id"]])


class PauseHook(HookAct):
    act = "pause_hook"

    def why(self, refusal: Refused | None) -> Ask:
        title = _("Pause %(name)s?") % {"name": self.hook.receiver}
        say = _("Nothing is lost: what comes meanwhile is held, and leaves in order after Resume.")
        return self.asking(title, _("Pause"), refusal, say=say, hint=_("Everybody who opens the hook reads it."))

    def act_on(self) -> None:
        hook = subscriptions.pause_hook(self.company, self.actor, self.kwargs["object_id"], reason=self.reason)
        self.say(Toast(text=_("Paused %(name)s") % {"name": hook.receiver}))


class ResumeHook(HookAct):
    act = "resume_hook"

    def why(self, refusal: Refused | None) -> Ask:
        title = _("Resume %(name)s?") % {"name": self.hook.receiver}
        return self.asking(title, _("Resume"), refusal, say=_("What was held leaves in order."))

    def act_on(self) -> None:
        reason = subscriptions.clean_reason(self.reason)
        hook = subscriptions.resume_hook(self.company, self.actor, self.kwargs["object_id"], reason=reason)
        self.say(Toast(text=_("%(name)s goes on") % {"name": hook.receiver}))


class RotateHook(HookAct):
    """The new secret stands on the page that answers, and nowhere after."""

    act = "rotate_hook"

    def post(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # type: ignore[override]
        hook, secret = rotation.rotate_secret(self.company, self.actor, self.kwargs["object_id"])
        place = Place(back=Link(_("Hooks"), reverse("approvals:hooks", args=[self.company.pk])), name=hook.receiver)
        context = {"hook": hook, "secret": secret, "fresh": False, "place": place, "hook_url": self.fallback_path()}
        return self.page("approvals/hook_secret.html", context)

    def why(self, refusal: Refused | None) -> Ask:
        title = _("Rotate the secret of %(name)s?") % {"name": self.hook.receiver}
        say = _("For a while both secrets sign, so that the receiver can change over without a gap.")
        return self.asking(title, _("Rotate secret"), refusal, say=say, reason=False)


class EndOldSecret(HookAct):
    act = "end_old_secret"

    def why(self, refusal: Refused | None) -> Ask:
        title = _("End the old secret of %(name)s?") % {"name": self.hook.receiver}
        say = _("A receiver that still checks with it refuses what comes from now on.")
        return self.asking(title, _("End the old secret"), refusal, say=say, reason=False, weight="danger")

    def act_on(self) -> None:
        rotation.end_old_secret(self.company, self.actor, self.kwargs["object_id"])
        self.say(Toast(text=_("The new secret alone signs now")))


class DeleteHook(HookAct):
    act = "delete_hook"

    def why(self, refusal: Refused | None) -> Ask:
        title = _("Delete %(name)s?") % {"name": self.hook.receiver}
        say = _("What still waits for it is discarded. Its deliveries stay in the log.")
        return self.asking(title, _("Delete"), refusal, say=say, reason=False, weight="danger")

    def act_on(self) -> None:
        subscriptions.delete_hook(self.company, self.actor, self.kwargs["object_id"])
        self.say(Toast(text=_("Deleted the hook")))

    def back(self) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("approvals:hooks", args=[self.company.pk]))


class TestHook(HookAct):
    """A test leaves at once; the page that comes shows what came of it."""

    act = "test_hook"
    http_method_names = ["post"]

    def post(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # type: ignore[override]
        delivery = send_test(self.company, self.actor, self.kwargs["object_id"])
        self.say(Toast(text=_("The test is on its way")))
        return HttpResponseRedirect(reverse("approvals:delivery", args=[self.company.pk, delivery.pk]))
