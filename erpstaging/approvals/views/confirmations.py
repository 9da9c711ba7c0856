"""Acts that need a second person: asking for them, the list of what waits, and the other one's answer."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from erpstaging.approvals.presenters import Ask, FormField, Toast
from erpstaging.approvals.showing.confirmations import WHAT, confirmation_card, reset_warning
from erpstaging.approvals.views.decisions import AskingView, reuse_field
from erpstaging.approvals.views.queue import AccountingView
from erpstaging.core.errors import NotFound, Refused
from erpstaging.records.models import Record
from erpstaging.records.reuse import CONFIRM, WAS_LINKED
from erpstaging.staging.confirmations import Confirmation
from erpstaging.staging.confirming import answered_confirmations, confirm, decline, waiting_confirmations
from erpstaging.staging.deletions import refuse_deleter, request_deletions
from erpstaging.staging.marking import mark_synced
from erpstaging.staging.reading import seen_export
from erpstaging.staging.resetting import refuse_resetter, reset_record

CONCERNED = {"super_user", "push", "auditor"}


def reason_field(errors: list[Any], typed: str, hint: str) -> FormField:
    return FormField(
        name="reason",
        label=_("Reason"),
        kind="long_text",
        value=typed,
        required=True,
        hint=hint,
        errors=errors,
        max_length=4000,
        full_width=True,
    )


class AskOnRecord(AskingView):
    """An act on a record that needs words first."""

    place, object_type = "record", "record"

    def record_of(self, object_id: int) -> Record:
        record: Record | None = Record.objects.of(self.company).filter(pk=object_id, deleted_at=None).first()
        if record is None:
            raise NotFound()
        return record


class Reset(AskOnRecord):
    """A super user asks for it, with a reason and a red warning before."""

    act = "reset"

    def get(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        refuse_resetter(self.actor)
        return super().get(request, object_id)

    def post(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        reason, version = request.POST.get("reason", ""), self.version
        confirmation = reset_record(self.company, object_id, actor=self.actor, reason=reason, version=version)
        name = confirmation.record.number or confirmation.record.title
        self.say(Toast(text=_("The reset of %(name)s waits for a second super user") % {"name": name}))
        return self.back()

    def ask(self, object_id: int, refusal: Refused | None) -> Ask:
        record = self.record_of(object_id)
        errors = refusal.errors if refusal is not None else {}
        said = {"name": record.number or record.title, "id": record.origin_id or ""}
        hint = _("Why the ERP cannot be asked. Whoever confirms it reads this.")
        return Ask(
            title=_("Reset %(name)s?") % said,
            button=self.button(_("Ask for the reset"), record.version, weight="danger"),
            banner=reset_warning(record.item_type),
            say=_("It is linked to %(id)s. Another super user has 24 hours to confirm.") % said,
            fields=[reason_field(list(errors.get("reason", ())), self.request.POST.get("reason", ""), hint)],
            errors=[text for key, texts in errors.items() if key != "reason" for text in texts],
            cancel_url=self.fallback_path(),
            hidden=self.hidden,
        )


class RequestDeletion(AskOnRecord):
    """The integrator is asked to agree."""

    act = "request_deletion"

    def get(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        refuse_deleter(self.actor)
        return super().get(request, object_id)

    def post(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        record = self.record_of(object_id)
        request_deletions(self.company, record.item_type, [record.pk], actor=self.actor)
        name = record.number or record.title
        self.say(Toast(text=_("Asked the ERP whether %(name)s may be deleted") % {"name": name}))
        return self.back()

    def ask(self, object_id: int, refusal: Refused | None) -> Ask:
        record = self.record_of(object_id)
        errors = refusal.errors if refusal is not None else {}
        return Ask(
            title=_("Ask the ERP to let %(name)s be deleted?") % {"name": record.number or record.title},
            button=self.button(_("Ask the ERP"), record.version),
            say=_("It is deleted here once the integrator has found it gone in the ERP, with what stands below it."),
            errors=[text for texts in errors.values() for text in texts],
            cancel_url=self.fallback_path(),
            hidden=self.hidden,
        )


class MarkSynced(AskingView):
    """The ERP's ID and a reason, typed by one person and confirmed by another."""

    act, place, object_type = "mark_synced", "export", "staged_export"

    def post(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        post = request.POST
        marking = mark_synced(
            self.company,
            object_id,
            actor=self.actor,
            origin_id=post.get("origin_id", ""),
            reason=post.get("reason", ""),
            version=self.version,
            confirm_reuse=post.get(CONFIRM) in {"true", "on", "1"},
        )
        export = marking.export
        text = _("%(name)s is synced as entered by hand")
        if marking.confirmation is not None:
            text = _("%(name)s waits for a second person")
        return self.done(export, text=text % {"name": export.number or export.title})

    def ask(self, object_id: int, refusal: Refused | None) -> Ask:
        export = seen_export(self.company, object_id, self.actor).export
        errors = refusal.errors if refusal is not None else {}
        if refusal is not None and refusal.code == WAS_LINKED:  # in words for people
            errors = {"origin_id": refusal.facts["was_linked_to"]}
        typed = self.request.POST
        fields = [
            FormField(name="origin_id", label=_("ID in the ERP"), value=typed.get("origin_id", ""), required=True,
                      errors=list(errors.get("origin_id", ())), max_length=255, full_width=True),
            reason_field(list(errors.get("reason", ())), typed.get("reason", ""),
                         _("How you know that the ERP has it. Whoever confirms it reads this.")),
        ]  # fmt: skip
        if refusal is not None and refusal.code == WAS_LINKED:
            fields.append(reuse_field())
        named = {field.name for field in fields}
        return Ask(
            title=_("Mark %(name)s as synced?") % {"name": export.number or export.title},
            button=self.button(_("Mark as synced"), export.version),
            row=self.row,
            fields=fields,
            say=_("Use it when the ERP has the object and its answer was lost. Another person confirms it."),
            errors=[text for key, texts in errors.items() if key not in named for text in texts],
            cancel_url=self.fallback_path(),
            hidden=self.hidden,
        )


class ConfirmationsPage(AccountingView):
    """`confirmations/`: what waits for me, what I asked for, and what was answered lately."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if not self.actor.rights & CONCERNED:
            raise NotFound()
        waiting = [confirmation_card(self.company, self.actor, one) for one in self._waiting()]
        ended = answered_confirmations(self.company, self.actor)
        context = {
            "for_me": [card for card in waiting if not card.asked_by.you],
            "mine": [card for card in waiting if card.asked_by.you],
            "ended": [confirmation_card(self.company, self.actor, one) for one in ended],
        }
        return self.page("approvals/confirmations.html", context)

    def _waiting(self) -> list[Confirmation]:
        return waiting_confirmations(self.company, self.actor)


class AnswerView(AccountingView):
    object_type = "confirmation"

    def fallback_path(self) -> str:
        return reverse("approvals:confirmations", args=[self.company.pk])

    def told(self, confirmation: Confirmation, text: str) -> HttpResponseBase:
        record = confirmation.record
        said = {"what": WHAT[confirmation.act], "name": record.number or record.title}
        self.say(Toast(text=text % said))
        return self.back()


class Confirm(AnswerView):
    def post(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        return self.told(confirm(self.company, object_id, actor=self.actor), _("Confirmed for %(name)s: %(what)s"))


class Decline(AnswerView):
    def post(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        return self.told(decline(self.company, object_id, actor=self.actor), _("Declined for %(name)s: %(what)s"))
