"""The approver's acts. Each is a plain form post; a list asks for its row back, a page goes back where it was."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from erpstaging.approvals.formats import time_text
from erpstaging.approvals.htmx import is_partial, send_to_alerts
from erpstaging.approvals.messages import refusal_banner, undo_button
from erpstaging.approvals.presenters import Ask, DecisionButton, FormField, Toast
from erpstaging.approvals.redirects import next_or
from erpstaging.approvals.showing.acts import form_link
from erpstaging.approvals.showing.conflicts import conflict_shown
from erpstaging.approvals.showing.inputs import accept_fields
from erpstaging.approvals.showing.rejecting import pin_fields, reason_fields, typed_pins
from erpstaging.approvals.showing.words import ACT_LABELS, DONE
from erpstaging.approvals.telling import told
from erpstaging.approvals.views.base import status_of
from erpstaging.approvals.views.queue import AccountingView
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.services import metadata_of
from erpstaging.core.errors import BadRequest, Invalid, Refused, WrongState
from erpstaging.records.reuse import CONFIRM, WAS_LINKED
from erpstaging.staging.export_inputs import warning_of
from erpstaging.staging.exports import accept_export, reject_export, retry_export, undo_accept
from erpstaging.staging.holding import MAX_NOTE, hold_export, resume_export
from erpstaging.staging.imports import accept_import, archive_staged_record, reject_import, unarchive_staged_record
from erpstaging.staging.job_codes import retry_with_code
from erpstaging.staging.models import ExportState, StagedExport, StagedRecord, StagedStatus
from erpstaging.staging.queue import Row
from erpstaging.staging.queue_filters import SINCE
from erpstaging.staging.reading import seen_export, seen_staged_record
from erpstaging.staging.sending import retrieve_record
from erpstaging.staging.staleness import cancel_export

OUTCOMES: Mapping[str, Any] = {
    "accept": gettext_lazy("accepted by you, %(time)s"),
    "reject": gettext_lazy("rejected by you, %(time)s"),
    "import": gettext_lazy("added by you, %(time)s"),
    "archive": gettext_lazy("archived by you, %(time)s"),
    "unarchive": gettext_lazy("brought back by you, %(time)s"),
    "retry": gettext_lazy("sent again by you, %(time)s"),
    "retry_code": gettext_lazy("sent again by you, %(time)s"),
    "hold": gettext_lazy("put on hold by you, %(time)s"),
    "resume": "",
    "cancel": gettext_lazy("cancelled by you, %(time)s"),
    "mark_synced": gettext_lazy("marked as synced by you, %(time)s"),
    "undo": "",
    "link": gettext_lazy("linked by you, %(time)s"),
    "undo_link": "",
}

# What the id in the address names, by the page it belongs to.
OBJECT_TYPES = {"export": "export", "staged": "staged_record"}
TOLD_AT_MOST = 10


class ActView(AccountingView):
    """An act on one object. `act` is its word; `object_url` the page it belongs to."""

    act = ""
    place = ""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.object_type = OBJECT_TYPES.get(cls.place, cls.object_type)

    def post(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        self.object_id = object_id
        return self.done(self.do(object_id))

    def do(self, object_id: int) -> StagedExport | StagedRecord:
        raise NotImplementedError

    def done(self, one: StagedExport | StagedRecord, *, text: str = "") -> HttpResponseBase:
        toast = self.toast(one, text or str(DONE[self.act]) % {"name": one.number or one.title})
        if not self.row:
            self.say(toast)
            return self.back()
        frame = self.frame()
        self.say(toast)
        outcome = str(OUTCOMES[self.act]) % {"time": time_text(timezone.now())} if OUTCOMES[self.act] else ""
        kind = "export" if isinstance(one, StagedExport) else "staged_record"
        again = isinstance(one, StagedExport) and one.is_open and one.resubmits_id is not None
        row = Row(kind, one, getattr(one, SINCE[type(one)]), resubmitted=again)
        shown = self.shown([row]).row(row, outcome=outcome)
        return self.part("approvals/row_decided.html", {"row": shown, "selectable": self.selectable(), "frame": frame})

    def toast(self, one: StagedExport | StagedRecord, text: str) -> Toast:
        return Toast(text=text)

    def refused(self, refusal: Refused) -> HttpResponseBase:
        """Who came too late sees what happened meanwhile: on a page of its own, or in the list's banner."""
        one = self._object()
        if not isinstance(refusal, WrongState) or one is None or self.request.method != "POST":
            return super().refused(refusal)
        given = self.request.POST.get("version", "")
        seen = int(given) if given.isascii() and given.isdigit() and len(given) <= 18 else None
        conflict = conflict_shown(self.company, metadata_of(self.company.pk), one, refusal, seen)
        if is_partial(self.request):
            banner = refusal_banner(refusal, more=conflict.told)
            response = self.part("approvals/refused.html", {"banner": banner}, status=status_of(refusal))
            send_to_alerts(response)
            return response
        return self.page("approvals/conflict.html", {"conflict": conflict}, status=status_of(refusal))

    def _object(self) -> StagedExport | StagedRecord | None:
        model: type[StagedExport] | type[StagedRecord] = StagedExport if self.place == "export" else StagedRecord
        found: StagedExport | StagedRecord | None = (
            model.objects.of(self.company).filter(pk=self.kwargs.get("object_id", 0)).first()
        )
        return found

    @property
    def version(self) -> int | None:
        """The version that was on the page. Raises BadRequest for something else."""
        given = self.request.POST.get("version", "")
        if not given:
            return None
        if not (given.isascii() and given.isdigit()) or len(given) > 18:
            raise BadRequest(_("The version is not a number."))
        return int(given)

    def fallback_path(self) -> str:
        return reverse(f"approvals:{self.place}", args=[self.company.pk, self.kwargs["object_id"]])


class AskingView(ActView):
    """An act that needs words first: `GET` asks for them, and so does a `POST` that lacks some."""

    asks = "dialog"

    def get(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        self.object_id = object_id
        return self.asked(self.ask(object_id, None))

    def ask(self, object_id: int, refusal: Refused | None) -> Ask:
        raise NotImplementedError

    def asked(self, ask: Ask, *, status: int = 200) -> HttpResponseBase:
        if not is_partial(self.request):
            return self.page("approvals/ask.html", {"ask": ask}, status=status)
        template = "approvals/ask_below.html" if self.asks == "below" and self.row else "approvals/ask_dialog.html"
        response = self.part(template, {"ask": ask}, status=status)
        if status != 200:  # the form takes its own place again, not that of the row it would have redrawn
            response["HX-Retarget"] = f"#ask-{ask.row}" if self.asks == "below" and self.row else "#dialog"
            response["HX-Reswap"] = "outerHTML" if self.asks == "below" and self.row else "innerHTML"
        return response

    def refused(self, refusal: Refused) -> HttpResponseBase:
        if self.request.method == "POST" and isinstance(refusal, Invalid):
            return self.asked(self.ask(self.kwargs["object_id"], refusal), status=status_of(refusal))
        return super().refused(refusal)

    def button(self, label: str, version: int, *, weight: str = "primary") -> DecisionButton:
        return DecisionButton(
            act=self.act,
            label=label,
            url=self.request.path,
            version=version,
            weight=weight,  # type: ignore[arg-type]
        )

    @property
    def hidden(self) -> Sequence[tuple[str, str]]:
        return [("next", next_or(self.request, self.fallback_path()))]


class Accept(AskingView):
    """Accept an export; what the company's metadata asks for is typed below the row, or on the page."""

    act, place, asks = "accept", "export", "below"

    def do(self, object_id: int) -> StagedExport:
        post = self.request.POST
        wanted = {one.key for one in seen_export(self.company, object_id, self.actor).inputs}
        inputs = {
            "code": post.get("code", "").strip() or None,
            "custom_fields": {key: post[key].strip() for key in wanted - {"code"} if post.get(key, "").strip()},
            "confirm": post.get("confirm") in {"true", "on", "1"},
        }
        undo = timedelta(seconds=settings.UNDO_SECONDS)
        return accept_export(self.company, object_id, actor=self.actor, version=self.version, inputs=inputs, undo=undo)

    def ask(self, object_id: int, refusal: Refused | None) -> Ask:
        seen = seen_export(self.company, object_id, self.actor)
        errors = refusal.errors if refusal is not None else {}
        typed = {key: str(value) for key, value in self.request.POST.items()}
        fields = accept_fields(seen.inputs, seen.export, typed, errors)
        named = {field.name for field in fields} | {"confirm"}
        elsewhere = [text for name, texts in errors.items() if name not in named for text in texts]
        metadata = metadata_of(self.company.pk)
        say = ngettext(
            "%(count)d value goes to the ERP with %(name)s.",
            "%(count)d values go to the ERP with %(name)s.",
            len(fields),
        )
        return Ask(
            title=_("Accept %(name)s") % {"name": seen.export.number or seen.export.title},
            width=self.list_width(metadata),
            button=self.button(_("Accept"), seen.export.version),
            row=self.row,
            fields=fields,
            say=say % {"count": len(fields), "name": seen.export.number or seen.export.title} if fields else "",
            warning=warning_of(metadata, seen.export),
            errors=elsewhere,
            fix=form_link(self.company, self.actor, seen.record) if elsewhere else None,
            cancel_url=self.fallback_path(),
            hidden=self.hidden,
        )

    def toast(self, one: StagedExport | StagedRecord, text: str) -> Toast:
        if not isinstance(one, StagedExport) or one.state != ExportState.ACCEPTED or one.release_at is None:
            return Toast(text=text)
        url = reverse("approvals:undo", args=[self.company.pk, one.pk])
        return Toast(text=text, undo=undo_button(url, one.version), undo_until=one.release_at)


class ReasonView(AskingView):
    """Rejecting: the reason is asked for in a dialog."""

    act = "reject"

    def named(self, object_id: int) -> tuple[str, int, str]:
        """The object's name, its version, and what happens with the reason."""
        raise NotImplementedError

    def pins(self, metadata: Metadata, errors: Mapping[str, Sequence[str]]) -> list[FormField]:
        """What can be pinned to single fields."""
        return []

    @property
    def typed(self) -> dict[str, str]:
        return {key: str(value) for key, value in self.request.POST.items()}

    def ask(self, object_id: int, refusal: Refused | None) -> Ask:
        name, version, say = self.named(object_id)
        errors = refusal.errors if refusal is not None else {}
        metadata = metadata_of(self.company.pk)
        fields, pins = reason_fields(metadata, self.typed, errors), self.pins(metadata, errors)
        shown = {field.name for field in fields}
        return Ask(
            title=_("Reject %(name)s?") % {"name": name},
            button=self.button(str(ACT_LABELS["reject"]), version, weight="danger"),
            row=self.row,
            fields=fields,
            folded=pins,
            folded_title=_("Pin notes to fields"),
            say=say,
            errors=[
                text
                for key, texts in errors.items()
                if key not in shown and not (pins and key.startswith("pins."))
                for text in texts
            ],
            cancel_url=self.fallback_path(),
            hidden=self.hidden,
        )


class RejectExport(ReasonView):
    place = "export"

    def named(self, object_id: int) -> tuple[str, int, str]:
        export = seen_export(self.company, object_id, self.actor).export
        say = _("%(name)s gets it back with your reason by mail, and can change and send it again.")
        return export.number or export.title, export.version, say % {"name": export.sent_by_name}

    def pins(self, metadata: Metadata, errors: Mapping[str, Sequence[str]]) -> list[FormField]:
        node = seen_export(self.company, self.kwargs["object_id"], self.actor).export.snapshot
        return pin_fields(metadata, node, self.typed, errors)

    def do(self, object_id: int) -> StagedExport:
        typed = self.typed
        return reject_export(
            self.company,
            object_id,
            actor=self.actor,
            version=self.version,
            reason=typed.get("reason"),
            code=typed.get("code"),
            pins=typed_pins(typed),
        )


class RejectImport(ReasonView):
    place = "staged"

    def named(self, object_id: int) -> tuple[str, int, str]:
        row = seen_staged_record(self.company, object_id, self.actor).row
        return row.number or row.title, row.version, _("The integrator reads your reason and stages a corrected row.")

    def do(self, object_id: int) -> StagedRecord:
        reason, code = self.typed.get("reason"), self.typed.get("code")
        return reject_import(self.company, object_id, actor=self.actor, version=self.version, reason=reason, code=code)


class Hold(AskingView):
    """Putting aside: a note and a day are asked for in a dialog."""

    act, place = "hold", "export"

    def do(self, object_id: int) -> StagedExport:
        note, until = self.request.POST.get("note", ""), self.request.POST.get("until", "")
        return hold_export(self.company, object_id, actor=self.actor, note=note, until=until, version=self.version)

    def ask(self, object_id: int, refusal: Refused | None) -> Ask:
        export = seen_export(self.company, object_id, self.actor).export
        errors = refusal.errors if refusal is not None else {}
        typed = self.request.POST
        fields = [
            FormField(name="until", label=_("Until"), kind="date", value=typed.get("until", ""), required=True,
                      hint=_("It comes back on this day, and you get a mail."), errors=list(errors.get("until", ()))),
            FormField(name="note", label=_("Note"), kind="text", value=typed.get("note", ""), required=True,
                      hint=_("Why it waits. Every approver sees it."), errors=list(errors.get("note", ())),
                      max_length=MAX_NOTE, full_width=True),
        ]  # fmt: skip
        return Ask(
            title=_("Put %(name)s on hold?") % {"name": export.number or export.title},
            button=self.button(str(ACT_LABELS["hold"]), export.version),
            row=self.row,
            fields=fields,
            errors=[text for key, texts in errors.items() if key not in {"until", "note"} for text in texts],
            cancel_url=self.fallback_path(),
            hidden=self.hidden,
        )


class EditAgain(AskingView):
    """Taking a failed export back to change what it holds: asked for first, because it needs an approval again."""

    act, place = "edit_again", "export"

    def do(self, object_id: int) -> StagedExport:
        export = seen_export(self.company, object_id, self.actor).export
        return retrieve_record(self.company, export.record_id, actor=self.actor)

    def done(self, one: StagedExport | StagedRecord, *, text: str = "") -> HttpResponseBase:
        self.say(Toast(text=str(DONE["retrieve"]) % {"name": one.number or one.title}))
        return HttpResponseRedirect(reverse("approvals:edit_record", args=[self.company.pk, one.record_id]))

    def ask(self, object_id: int, refusal: Refused | None) -> Ask:
        export = seen_export(self.company, object_id, self.actor).export
        return Ask(
            title=_("Edit %(name)s?") % {"name": export.number or export.title},
            button=self.button(_("Take it back and edit"), export.version),
            say=_("It leaves Failed to export. After your change it is sent again and needs an approval by another."),
            cancel_url=self.fallback_path(),
            hidden=self.hidden,
        )


class RetryCode(AskingView):
    """Sending a project again under another code, which is asked for in a dialog."""

    act, place = "retry_code", "export"

    def do(self, object_id: int) -> StagedExport:
        code = self.request.POST.get("code", "")
        return retry_with_code(self.company, object_id, actor=self.actor, code=code, version=self.version)

    def ask(self, object_id: int, refusal: Refused | None) -> Ask:
        export = seen_export(self.company, object_id, self.actor).export
        errors = refusal.errors if refusal is not None else {}
        standing = self.request.POST.get("code", export.inputs.get("code") or "")
        rules = metadata_of(self.company.pk).of(ENTITIES[export.item_type])
        code = FormField(
            name="code",
            label=rules.code_label if rules is not None else _("Code"),
            value=standing,
            required=True,
            hint=export.messages[0] if export.messages else "",
            errors=list(errors.get("code", ())),
            max_length=255,
        )
        return Ask(
            title=_("Send %(name)s with another code") % {"name": export.number or export.title},
            button=self.button(_("Send again"), export.version),
            row=self.row,
            fields=[code],
            errors=[text for name, texts in errors.items() if name != "code" for text in texts],
            cancel_url=self.fallback_path(),
            hidden=self.hidden,
        )


class SimpleAct(ActView):
    """An act that needs nothing but the version."""

    service: Callable[..., StagedExport | StagedRecord]

    def do(self, object_id: int) -> StagedExport | StagedRecord:
        return type(self).service(self.company, object_id, actor=self.actor, version=self.version)


class Import(AskingView):
    """Add a staged row. What an origin ID was linked to before is asked about only once that was refused."""

    act, place = "import", "staged"
    http_method_names = ["post"]

    def post(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        known = request.POST.get(CONFIRM) in {"true", "on", "1"}
        row = accept_import(self.company, object_id, actor=self.actor, version=self.version, confirm_reuse=known)
        if row.status == StagedStatus.INVALID:
            said = {"name": row.number or row.title, "message": told(row.messages[0])}
            return self.done(row, text=_("%(name)s needs fixing: %(message)s") % said)
        return self.done(row)

    def refused(self, refusal: Refused) -> HttpResponseBase:
        return super().refused(refusal) if refusal.code == WAS_LINKED else ActView.refused(self, refusal)

    def ask(self, object_id: int, refusal: Refused | None) -> Ask:
        row = seen_staged_record(self.company, object_id, self.actor).row
        said = refusal.facts["was_linked_to"] if refusal is not None else []
        more = len(said) - TOLD_AT_MOST
        items = [*said[:TOLD_AT_MOST], *([_("and %(number)d more") % {"number": more}] if more > 0 else [])]
        return Ask(
            title=_("Add %(name)s again?") % {"name": f"{row.number} {row.title}".strip()},
            button=self.button(str(ACT_LABELS["import"]), row.version),
            row=self.row,
            say=_("Its link was taken away without the ERP's word, so it may be another object there by now."),
            items=items,
            fields=[reuse_field()],
            cancel_url=self.fallback_path(),
            hidden=self.hidden,
        )


def reuse_field() -> FormField:
    """The box of whoever knows that an origin ID was on another object."""
    return FormField(name=CONFIRM, label=_("Use it for this object all the same"), kind="boolean")


class Archive(SimpleAct):
    act, place = "archive", "staged"
    service = staticmethod(archive_staged_record)


class Unarchive(SimpleAct):
    act, place = "unarchive", "staged"
    service = staticmethod(unarchive_staged_record)


class Retry(SimpleAct):
    act, place = "retry", "export"
    service = staticmethod(retry_export)


class Resume(SimpleAct):
    act, place = "resume", "export"
    service = staticmethod(resume_export)


class Cancel(SimpleAct):
    act, place = "cancel", "export"
    service = staticmethod(cancel_export)


class Undo(SimpleAct):
    act, place = "undo", "export"
    service = staticmethod(undo_accept)
