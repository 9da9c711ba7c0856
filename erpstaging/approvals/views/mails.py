"""Mails and people: which ones a person wants, stopping one from the mail itself, and those that a demo sent."""

from collections.abc import Mapping, Sequence

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp, csp_update
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csrf import csrf_exempt

from erpstaging.approvals.formats import long_day_text
from erpstaging.approvals.presenters import Link, Place, Toast
from erpstaging.approvals.showing.mails import mail_form, read_form
from erpstaging.approvals.views.base import status_of
from erpstaging.approvals.views.queue import AccountingView
from erpstaging.companies import actors
from erpstaging.companies.models import Membership
from erpstaging.core.addresses import caller_address
from erpstaging.core.errors import Invalid, Refused
from erpstaging.core.scope import in_company
from erpstaging.notices.models import MailSettings
from erpstaging.notices.preferences import change, settings_of, stop_summary, zone_of
from erpstaging.notices.sent_files import SentMail, are_kept, sent_mail, sent_mails
from erpstaging.notices.unsubscribing import subscriber_of


class MailSettingsPage(AccountingView):
    """`mail/`: everybody chooses for himself."""

    object_type = "mail_settings"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self._form(None, {})

    def post(self, request: HttpRequest) -> HttpResponseBase:
        change(self.company, self.actor, read_form(self._typed()))
        self.say(Toast(text=_("Saved which mails you get")))
        return HttpResponseRedirect(self.fallback_path())

    def refused(self, refusal: Refused) -> HttpResponseBase:
        if self.request.method != "POST" or not isinstance(refusal, Invalid):
            return super().refused(refusal)
        return self._form(self._typed(), refusal.errors, status_of(refusal))

    def fallback_path(self) -> str:
        return reverse("approvals:mail_settings", args=[self.company.pk])

    def _typed(self) -> dict[str, str]:
        return {name: str(value).replace("\0", "") for name, value in self.request.POST.items()}

    def _form(
        self, typed: Mapping[str, str] | None, errors: Mapping[str, Sequence[str]], status: int = 200
    ) -> HttpResponseBase:
        row = settings_of(self.company, self.user.pk)
        notices = Link(_("Notices"), reverse("approvals:notices", args=[self.company.pk]))
        context = {
            "form": mail_form(self.company, row, typed, errors),
            "place": Place(back=notices, name=_("Mails")),
            "decides": self.actor.may("erp"),
            "next": self._next(row),
            "address": self.user.email,
        }
        return self.page("approvals/mail_settings.html", context, status=status)

    def _next(self, row: MailSettings) -> str:
        if row.next_summary_at is None:
            return ""
        zone = zone_of(row, self.company)
        local, today = row.next_summary_at.astimezone(zone), timezone.localdate(timezone=zone)
        said = {"day": long_day_text(local.date(), today), "time": f"{local:%H:%M}", "zone": zone.key}
        return _("%(day)s, %(time)s, %(zone)s") % said


@method_decorator(csrf_exempt, name="dispatch")
class Unsubscribe(View):
    """`mail/unsubscribe/<token>/`: the signed address of a summary.

    Fetching it changes nothing, for mail scanners fetch every link; posting stops the summary, from a mail program too
    (RFC 8058), which is why nobody has to be signed in and no form has to come from us.
    """

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return self._answer(request, self._member(token), stopped=False)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        member = self._member(token)
        seen = {"address": caller_address(request.META), "user_agent": request.headers.get("User-Agent", "")}
        actor = actors.person(member.user, member, credential="mail_link", **seen)
        in_company(member.company_id, lambda: stop_summary(member.company, actor))
        return self._answer(request, member, stopped=True)

    def _member(self, token: str) -> Membership:
        subscriber = subscriber_of(token)
        rows = Membership.objects.select_related("company", "user")
        found = subscriber and rows.filter(user_id=subscriber.person_id, company_id=subscriber.company_id).first()
        if not found:
            raise Http404
        return found

    def _answer(self, request: HttpRequest, member: Membership, *, stopped: bool) -> HttpResponse:
        settings_url = reverse("approvals:mail_settings", args=[member.company_id])
        context = {"company": member.company, "stopped": stopped, "settings_url": settings_url}
        return render(request, "accounts/unsubscribe.html", context)


class OutboxView(AccountingView):
    """Pages of the mails that a demo sent; where mails really leave, they do not exist."""

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not are_kept():
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def mail(self, key: int) -> SentMail:
        found = sent_mail(self.company.pk, str(key))
        if found is None:
            raise Http404
        return found

    def fallback_path(self) -> str:
        return reverse("approvals:outbox", args=[self.company.pk])


class OutboxPage(OutboxView):
    """`outbox/`."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        mails = [
            (mail, reverse("approvals:outbox_mail", args=[self.company.pk, int(mail.key)]))
            for mail in sent_mails(self.company.pk)
        ]
        return self.page("approvals/outbox.html", {"mails": mails})


@method_decorator(csp_update({"frame-src": [SELF]}), name="dispatch")
class OutboxMail(OutboxView):
    """`outbox/<id>/`: its headers, its HTML in a frame that can do nothing, and its text."""

    def get(self, request: HttpRequest, mail_id: int) -> HttpResponseBase:
        mail = self.mail(mail_id)
        context = {
            "mail": mail,
            "frame_url": reverse("approvals:outbox_html", args=[self.company.pk, mail_id]),
            "place": Place(back=Link(_("Outbox"), self.fallback_path()), name=mail.subject),
        }
        return self.page("approvals/outbox_mail.html", context)


MAIL_POLICY = {
    "default-src": [NONE],
    "style-src": [UNSAFE_INLINE],
    "form-action": [NONE],
    "base-uri": [NONE],
    "frame-ancestors": [SELF],
    "sandbox": True,
}


@method_decorator(csp(MAIL_POLICY), name="dispatch")
@method_decorator(xframe_options_sameorigin, name="dispatch")
class OutboxHtml(OutboxView):
    """`outbox/<id>/html/`: the HTML part alone, as a mail program has it. No script, form or address is open to it."""

    def get(self, request: HttpRequest, mail_id: int) -> HttpResponseBase:
        return HttpResponse(self.mail(mail_id).html)
