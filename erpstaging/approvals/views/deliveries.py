"""The delivery log, sending again, and the list of what gave up."""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from erpstaging.approvals.presenters import Ask, Banner, DecisionButton, Empty, FormField, Link, Pager, Toast, TypeTab
from erpstaging.approvals.showing import deliveries as shown
from erpstaging.approvals.views.confirmations import reason_field
from erpstaging.approvals.views.decisions import AskingView
from erpstaging.approvals.views.linking import number_of
from erpstaging.approvals.views.queue import AccountingView
from erpstaging.core.errors import Invalid, NotFound, NotPermitted, Refused
from erpstaging.erp_requests.models import ErpRequestDetail
from erpstaging.hooks.health import health_of
from erpstaging.hooks.log import STATES, Asked, Opened, delivery_log, open_delivery
from erpstaging.hooks.models import Delivery
from erpstaging.hooks.replaying import Replayed, replay, replay_range
from erpstaging.hooks.story import ERP_REQUESTS
from erpstaging.hooks.subscriptions import every_hook
from erpstaging.monitoring.gave_up import COUNTED_TO, DELIVERY, EXPORT, KINDS, counts, redrive, what_gave_up
from erpstaging.records.models import Record

NO_ROLE = "The log is open to people with a role on the ERP tool. Ask an ERP administrator."


class LogView(AccountingView):
    object_type = "delivery"

    def refuse_strangers(self) -> None:
        """Raises NotPermitted for who has no role on the ERP tool."""
        if not self.sees_queue:
            raise NotPermitted(NO_ROLE)


class DeliveriesPage(LogView):
    """`deliveries/`: the log, narrowed by what stands in the address, with the delivery of `?open=` beside it."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        self.refuse_strangers()
        asked = self.asked(request)
        hooks = every_hook(self.company)
        part = delivery_log(self.company, asked)
        opened_id = number_of(request.GET.get("open", ""))
        opened = None if opened_id is None else open_delivery(self.company, opened_id)
        context = {
            "rows": [shown.delivery_row(self.company, one, asked, opened_id) for one in part.rows],
            "states": self.states(asked),
            "filters": shown.filters_on(self.company, hooks, asked),
            "fields": shown.filter_fields(hooks, asked),
            "clear_url": shown.log_url(self.company, Asked(state=asked.state)),
            "pager": Pager(
                text=_("Newest first"),
                previous_url=shown.log_url(self.company, asked) if asked.cursor else "",
                next_url=shown.log_url(self.company, asked, cursor=part.next_cursor) if part.next_cursor else "",
            ),
            "health": next((health_of(self.company, one.pk) for one in hooks if one.pk == asked.hook_id), None),
            "opened": opened and self.opened(opened, asked),
            "empty": self.empty(asked, hooks),
            "range_button": self.range_button(asked),
        }
        return self.page("approvals/deliveries.html", context)

    def asked(self, request: HttpRequest) -> Asked:
        """What the address asks for; what it cannot mean is left out."""
        query, zone = request.GET, self.company.zone
        name, _colon, kind = query.get("event", "").partition(":")
        first, last = (day_of(query.get(word, "")) for word in ("from", "to"))
        after_last = None if last is None else last + dt.timedelta(days=1)
        return Asked(
            hook_id=number_of(query.get("hook", "")),
            state=query["state"] if query.get("state") in STATES else "",
            resource_name=name[:60],
            event_type=kind[:6],
            resource_id=number_of(query.get("object", "").strip()),
            correlation_id=query.get("correlation", "").strip().replace("\0", "")[:64],
            since=None if first is None else dt.datetime.combine(first, dt.time.min, zone),
            until=None if after_last is None else dt.datetime.combine(after_last, dt.time.min, zone),
            cursor=query.get("cursor", "")[:200],
        )

    def opened(self, opened: Opened, asked: Asked) -> shown.DeliveryShown:
        close_url = shown.log_url(self.company, asked, cursor=asked.cursor)
        about = self._object_of(opened.delivery)
        return shown.delivery_shown(self.company, self.actor, opened, about=about, close_url=close_url)

    def _object_of(self, delivery: Delivery) -> Link | None:
        """The record that an ERP request is about."""
        if delivery.resource_name != ERP_REQUESTS or delivery.is_test:
            return None
        details = ErpRequestDetail.objects.of(self.company).filter(erp_request_id=delivery.resource_id)
        record_id = details.order_by("pk").values_list("item_id", flat=True).first()
        record = Record.objects.of(self.company).filter(pk=record_id).first() if record_id else None
        if record is None:
            return None
        return Link(record.number or record.title, reverse("approvals:record", args=[self.company.pk, record.pk]))

    def states(self, asked: Asked) -> list[TypeTab]:
        words = [("", _("All")), *((word, chip.word) for word, chip in shown.STATE_CHIPS.items())]
        return [
            TypeTab(label=label, url=shown.log_url(self.company, asked, state=word), current=word == asked.state)
            for word, label in words
        ]

    def empty(self, asked: Asked, hooks: list[Any]) -> Empty:
        if asked != Asked():
            url = shown.log_url(self.company, Asked())
            text = _("No deliveries match these filters.")
            return Empty(text, links=[Link(_("Clear filters"), url)], icon="search")
        if not hooks:
            url = reverse("approvals:hooks", args=[self.company.pk])
            return Empty(_("Nobody is told yet."), _("A hook tells the integrator what may move."), "hook",
                         [Link(_("Hooks"), url)])  # fmt: skip
        return Empty(_("Nothing was sent yet."), _("The first accepted export is told here."), "hook")

    def range_button(self, asked: Asked) -> DecisionButton:
        url = reverse("approvals:replay_range", args=[self.company.pk])
        why_not = "" if self.actor.may("erp_admin") else _("Sending again needs the level Admin on the ERP tool.")
        query = f"?hook={asked.hook_id}" if asked.hook_id else ""
        return DecisionButton(act="replay_range", label=_("Replay a time range"), url=url + query, asks="dialog",
                              icon="refresh", why_not=why_not)  # fmt: skip


class DeliveryPage(LogView):
    """`deliveries/<id>/`: the log with this delivery opened."""

    def get(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        self.refuse_strangers()
        delivery = open_delivery(self.company, object_id).delivery
        asked = Asked(hook_id=delivery.hook_id, resource_id=delivery.resource_id, resource_name=delivery.resource_name)
        return HttpResponseRedirect(shown.log_url(self.company, asked, open=delivery.pk))


def day_of(text: str) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1970 < day.year < 9999 else None


class AskWhy(AskingView):
    """An act of an administrator that needs a reason."""

    may_not = "Sending again needs the level Admin on the ERP tool. Ask an ERP administrator."

    def get(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # type: ignore[override]
        self.actor.require("erp_admin", self.may_not)
        return self.asked(self.why(None))

    def post(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # type: ignore[override]
        self.act_on()
        return self.back()

    def ask(self, object_id: int, refusal: Refused | None) -> Ask:
        return self.why(refusal)

    def refused(self, refusal: Refused) -> HttpResponseBase:
        if self.request.method == "POST" and isinstance(refusal, Invalid):
            return self.asked(self.why(refusal), status=422)
        return super(AskingView, self).refused(refusal)

    def _object(self) -> None:
        return None

    def why(self, refusal: Refused | None) -> Ask:
        raise NotImplementedError

    def act_on(self) -> None:
        raise NotImplementedError

    @property
    def reason(self) -> str:
        return self.request.POST.get("reason", "")

    def asking(
        self, title: str, label: str, refusal: Refused | None, *, say: str = "", hint: str = "",
        fields: list[FormField] | None = None, weight: str = "primary", reason: bool = True,
    ) -> Ask:  # fmt: skip
        errors = refusal.errors if refusal is not None else {}
        every = list(fields or [])
        if reason:
            every.append(
                reason_field(list(errors.get("reason", ())), self.reason, hint or _("It stands in the audit."))
            )
        named = {field.name for field in every}
        button = DecisionButton(act=self.act, label=label, url=self.request.path, weight=weight)  # type: ignore[arg-type]
        return Ask(
            title=title,
            button=button,
            fields=every,
            say=say,
            errors=[text for key, texts in errors.items() if key not in named for text in texts],
            cancel_url=self.fallback_path(),
            hidden=self.hidden,
        )


class ReplayOne(AskWhy):
    """`deliveries/<id>/replay/`."""

    act, object_type = "replay", "delivery"

    def why(self, refusal: Refused | None) -> Ask:
        delivery = open_delivery(self.company, self.kwargs["object_id"]).delivery
        said = {"name": delivery.resource_name, "id": delivery.resource_id, "receiver": delivery.hook.receiver}
        return self.asking(
            _("Replay %(name)s %(id)s?") % said,
            _("Replay now"),
            refusal,
            say=_("%(receiver)s gets the same bytes with the same message id, and a fresh time and signature.") % said,
        )

    def act_on(self) -> None:
        replay(self.company, self.actor, [self.kwargs["object_id"]], reason=self.reason)
        self.say(Toast(text=_("Sent again")))

    def fallback_path(self) -> str:
        return reverse("approvals:delivery", args=[self.company.pk, self.kwargs["object_id"]])


class ReplayRange(AskWhy):
    """`deliveries/replay/`: all that a hook gave up in a time range."""

    act, object_type = "replay_range", "hook"

    def why(self, refusal: Refused | None) -> Ask:
        hooks = every_hook(self.company)
        if not hooks:
            raise NotFound("There is no hook.")
        typed = {**self.request.GET.dict(), **self.request.POST.dict()}
        errors = refusal.errors if refusal is not None else {}
        return self.asking(
            _("Replay a time range"),
            _("Replay now"),
            refusal,
            say=_("Everything goes out again in the order of its events, before what came later."),
            fields=shown.range_fields(hooks, typed, errors),
        )

    def act_on(self) -> None:
        post, zone = self.request.POST, self.company.zone
        days = {word: day_of(post.get(word, "")) for word in ("from", "to")}
        for word, day in days.items():
            if day is None:
                raise Invalid.field(word, _("must be a day"))
        hook_id = number_of(post.get("hook", ""))
        if hook_id is None:
            raise Invalid.field("hook", _("must be one of the hooks"))
        first, last = days["from"] or dt.date.min, days["to"] or dt.date.min
        replayed = replay_range(
            self.company,
            self.actor,
            hook_id,
            what=post.get("what", "gave_up"),
            since=dt.datetime.combine(first, dt.time.min, zone),
            until=dt.datetime.combine(last + dt.timedelta(days=1), dt.time.min, zone),
            reason=self.reason,
        )
        self._tell(replayed)

    def _tell(self, replayed: Replayed) -> None:
        text = ngettext("Sent %(count)d delivery again", "Sent %(count)d deliveries again", replayed.count)
        self.say(Toast(text=text % {"count": replayed.count}))
        if replayed.more:
            title = _("There is more in this time than one act takes.")
            self.said.banners.append(Banner(tone="amber", title=title, text=_("Replay the same time range once more.")))

    def fallback_path(self) -> str:
        return reverse("approvals:deliveries", args=[self.company.pk])


class GaveUpPage(LogView):
    """`gave_up/`: dead letters, deliveries and exports alike."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        self.refuse_strangers()
        kind = request.GET.get("kind", "")
        kind = kind if kind in KINDS else ""
        part = what_gave_up(self.company, kind=kind, cursor=request.GET.get("cursor", "")[:200])
        context = {
            "rows": [shown.gave_up_row(self.company, self.actor, one) for one in part.rows],
            "tabs": self.tabs(kind),
            "pager": Pager(
                text=_("Newest first"),
                previous_url=self.url(kind) if request.GET.get("cursor") else "",
                next_url=self.url(kind, part.next_cursor) if part.next_cursor else "",
            ),
            "empty": Empty(_("Nothing gave up."), _("What fails for good, expires or is discarded is listed here.")),
        }
        return self.page("approvals/gave_up.html", context)

    def tabs(self, current: str) -> list[TypeTab]:
        number = counts(self.company)
        words = [("", _("All"), sum(number.values())), (DELIVERY, _("Notifications"), number[DELIVERY]),
                 (EXPORT, _("Exports"), number[EXPORT])]  # fmt: skip
        return [
            TypeTab(label=label, url=self.url(word), count=min(n, COUNTED_TO), capped=n > COUNTED_TO,
                    current=word == current)
            for word, label, n in words
        ]  # fmt: skip

    def url(self, kind: str, cursor: str = "") -> str:
        query = "&".join(f"{name}={value}" for name, value in (("kind", kind), ("cursor", cursor)) if value)
        return reverse("approvals:gave_up", args=[self.company.pk]) + (f"?{query}" if query else "")


class RedriveOne(AskWhy):
    """`gave_up/<kind>/<id>/redrive/`."""

    act, object_type = "redrive", "delivery"

    def get(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # type: ignore[override]
        return self.asked(self.why(None))

    def why(self, refusal: Refused | None) -> Ask:
        if self.kwargs["kind"] == DELIVERY:
            say = _("The receiver gets the same bytes with the same message id.")
        else:
            say = _("The same accepted version goes out with a new request; no new approval is needed.")
        return self.asking(_("Send it again?"), _("Redrive"), refusal, say=say)

    def act_on(self) -> None:
        item = {"kind": self.kwargs["kind"], "id": self.kwargs["object_id"]}
        (done,) = redrive(self.company, self.actor, [item], reason=self.reason)
        if done.refusal is not None:
            raise done.refusal
        self.say(Toast(text=_("Sent again")))

    def fallback_path(self) -> str:
        return reverse("approvals:gave_up", args=[self.company.pk])
