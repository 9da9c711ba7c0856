"""The super user's page: deleting and unlinking codes at once."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from erpstaging.approvals.naming import local
from erpstaging.approvals.presenters import Ask, Banner, Choice, DecisionButton, FormField, Text, Toast
from erpstaging.approvals.views.base import status_of
from erpstaging.approvals.views.linking import number_of
from erpstaging.approvals.views.queue import AccountingView
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.core.errors import Invalid, Refused
from erpstaging.records.models import Record
from erpstaging.staging.deletions import Told
from erpstaging.staging.support import refuse_supporter, support_delete, support_unlink, supported

ACTS = {"delete": support_delete, "unlink": support_unlink}
LABELS: dict[str, Text] = {"delete": gettext_lazy("Delete codes"), "unlink": gettext_lazy("Unlink codes")}
NAMED_AT_MOST = 20


class SupportPage(AccountingView):
    """`GET` shows both forms; `POST` with `act` names what the typed ids are, and once `confirmed` does it."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        refuse_supporter(self.actor)
        return self.page("approvals/support.html", self.context(None))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        act = request.POST.get("act", "")
        if act not in ACTS:
            raise Invalid.field("act", _("must be delete or unlink"))
        item_type, ids = request.POST.get(f"{act}_item_type", ""), self.ids(act)
        if not ids:
            raise Invalid.field("ids", _("Type at least one ID."))
        if request.POST.get("confirmed") != "true" and (named := self.named(item_type, ids)):
            return self.page("approvals/ask.html", {"ask": self.question(act, named)})
        told = ACTS[act](self.company, item_type, ids, actor=self.actor)
        self.say(Toast(text=_said(act, told)))
        return self.back()

    def named(self, item_type: str, ids: list[Any]) -> list[str]:
        """The codes that were meant; none where one of the ids means nothing, for the act itself to refuse them."""
        numbers = [one for one in ids if isinstance(one, int)]
        records = Record.objects.of(self.company).filter(item_type=item_type, pk__in=numbers, deleted_at=None)
        names = [f"{record.number} {record.title}".strip() for record in records.order_by("number", "pk")]
        return names if len(names) == len(set(ids)) else []

    def question(self, act: str, names: list[str]) -> Ask:
        post, count = self.request.POST, len(names)
        if act == "delete":
            title = ngettext("Delete %(count)d code?", "Delete %(count)d codes?", count)
        else:
            title = ngettext("Unlink %(count)d code?", "Unlink %(count)d codes?", count)
        more = count - NAMED_AT_MOST
        items = [*names[:NAMED_AT_MOST], *([_("and %(number)d more") % {"number": more}] if more > 0 else [])]
        carried = (f"{act}_item_type", f"{act}_ids")
        return Ask(
            title=title % {"count": count},
            button=DecisionButton(act=act, label=LABELS[act], url=self._url(), weight="danger"),
            banner=self.warning,
            say=_("What stands below them is deleted too.") if act == "delete" else "",
            items=items,
            cancel_url=self._url(),
            hidden=[("act", act), ("confirmed", "true"), *((name, post.get(name, "")) for name in carried)],
        )

    @property
    def warning(self) -> Banner:
        return Banner(
            tone="red",
            icon="problem",
            title=_("These acts take effect at once and cannot be undone."),
            text=_("The ERP is not asked; the integrator is told."),
        )

    def ids(self, act: str) -> list[Any]:
        """The ids that were typed, separated by commas, blanks or lines; what is none is refused as it stands."""
        words = self.request.POST.get(f"{act}_ids", "").replace(",", " ").split()
        return [number_of(word) or word for word in words]

    def refused(self, refusal: Refused) -> HttpResponseBase:
        if self.request.method != "POST" or not isinstance(refusal, Invalid):
            return super().refused(refusal)
        return self.page("approvals/support.html", self.context(refusal), status=status_of(refusal))

    def context(self, refusal: Refused | None) -> dict[str, Any]:
        return {"warning": self.warning, "forms": [self._form(act, refusal) for act in ACTS], "place_url": self._url()}

    def _form(self, act: str, refusal: Refused | None) -> dict[str, Any]:
        post = self.request.POST
        errors = refusal.errors if refusal is not None and post.get("act") == act else {}
        choices = [Choice(item_type, local(ENTITIES[item_type].plural)) for item_type in supported(act)]
        label = LABELS[act]
        fields = [
            FormField(name=f"{act}_item_type", label=_("What"), kind="choice", choices=choices,
                      value=post.get(f"{act}_item_type", ""), errors=list(errors.get("item_type", ()))),
            FormField(name=f"{act}_ids", label=_("Their IDs"), value=post.get(f"{act}_ids", ""), required=True,
                      hint=_("The numbers in the addresses of their pages, separated by commas or blanks."),
                      errors=list(errors.get("ids", ())), full_width=True),
        ]  # fmt: skip
        button = DecisionButton(act=act, label=label, url=self._url(), weight="danger")
        return {"act": act, "label": label, "fields": fields, "button": button}

    def _url(self) -> str:
        return reverse("approvals:support", args=[self.company.pk])

    def fallback_path(self) -> str:
        return self._url()


def _said(act: str, told: list[Told]) -> str:
    count = sum(len(one.item_ids) for one in told)
    if act == "delete":
        return ngettext("Deleted %(count)d code", "Deleted %(count)d codes", count) % {"count": count}
    return ngettext("Unlinked %(count)d code", "Unlinked %(count)d codes", count) % {"count": count}
