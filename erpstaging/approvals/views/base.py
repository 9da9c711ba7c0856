"""What every page of a company does before and after its own work."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views import View

from erpstaging.approvals import messages
from erpstaging.approvals.htmx import is_partial, send_to_alerts
from erpstaging.approvals.navigation import frame_of, home_path
from erpstaging.approvals.presenters import Frame, Toast, ViewLink
from erpstaging.approvals.redirects import next_or
from erpstaging.approvals.telling import told_refusal
from erpstaging.approvals.views import errors
from erpstaging.approvals.views.accounts import ask_to_sign_in
from erpstaging.audit.denials import audit_denied, is_denial
from erpstaging.companies import actors
from erpstaging.companies.models import Company, Membership, User
from erpstaging.core.addresses import caller_address
from erpstaging.core.errors import (
    BadRequest,
    Busy,
    Invalid,
    NotFound,
    NotPermitted,
    Refused,
    TooLarge,
    VersionMissing,
    WrongState,
)
from erpstaging.core.scope import in_company

LAST_COMPANY = "company_id"
ROW_KEY = re.compile(r"[a-z_]{1,20}-\d{1,19}")
STATUS_OF: tuple[tuple[type[Refused], int], ...] = (
    (NotFound, 404),
    (NotPermitted, 403),
    (WrongState, 409),
    (VersionMissing, 428),
    (Invalid, 422),
    (TooLarge, 413),
    (BadRequest, 400),
    (Busy, 503),
)


def status_of(refusal: Refused) -> int:
    return next((status for kind, status in STATUS_OF if isinstance(refusal, kind)), 400)


class CompanyView(View):
    """A page of one company, `/c/<company_id>/...`.

    Who is not signed in goes to the sign-in page and comes back; for who is no member the page does not exist. Handler
    and template run in one transaction of the company (core.scope.in_company), in its time zone. The whole is repeated
    when PostgreSQL had to break a tie, so a handler leaves nothing behind but rows; what it has to tell goes through
    `say` and is kept when the transaction is committed.

    A Refused that leaves the handler rolls everything back, and `refused` answers it in a transaction of its own. A
    view with a form overrides that to show the form again with `refusal.errors`. What was refused for a missing right
    or a wrong state leaves its trace in the audit.
    """

    # What an id in the address names, for the trace of a refused act: "staged_export", "staged_record", "record".
    object_type: ClassVar[str] = "page"

    user: User
    company: Company
    membership: Membership
    actor: actors.Actor
    said: messages.Said

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not isinstance(request.user, User):
            return ask_to_sign_in(request) if is_partial(request) else redirect_to_login(request.get_full_path())
        self.user = request.user
        self._enter(request, kwargs.pop("company_id"))
        handler = super().dispatch
        try:
            return self._in_company(lambda: handler(request, *args, **kwargs))
        except Refused as exc:
            refusal = exc
        self._leave_trace(refusal, kwargs)
        return self._in_company(lambda: self.refused(told_refusal(refusal)))

    def _leave_trace(self, refusal: Refused, ids: Mapping[str, Any]) -> None:
        if not is_denial(refusal):
            return
        audit_denied(
            self.company.pk,
            self.actor,
            refusal,
            attempted=f"{self.request.method} {self.request.path}"[:200],
            object_type=self.object_type,
            object_id=next((value for value in ids.values() if isinstance(value, int)), None),
        )

    def _enter(self, request: HttpRequest, company_id: int) -> None:
        """Find out who acts, and where. Raises Http404 when the company is none of his."""
        found = (
            Membership.objects.select_related("company")
            .filter(user=self.user, company_id=company_id, company__is_active=True, is_active=True)
            .first()
        )
        if found is None:
            raise Http404
        self.membership, self.company = found, found.company
        self.actor = actors.person(
            self.user,
            found,
            credential="session",
            address=caller_address(request.META),
            user_agent=request.headers.get("User-Agent", ""),
        )
        self.said = messages.Said()
        if request.session.get(LAST_COMPANY) != company_id:
            request.session[LAST_COMPANY] = company_id

    def _in_company(self, answer: Callable[[], HttpResponseBase]) -> HttpResponseBase:
        def rendered() -> HttpResponseBase:
            self.said = messages.Said()
            response = answer()
            if isinstance(response, TemplateResponse):
                response.render()
            return response

        with timezone.override(self.company.zone):
            response = in_company(self.company.pk, rendered)
        messages.leave(self.request, self.said)
        return response

    # What views call

    def say(self, toast: Toast) -> None:
        """Say it on the page that is shown next, this one or the one after a redirect."""
        self.said.toasts.append(toast)

    def page(self, template: str, context: Mapping[str, Any], *, status: int = 200) -> TemplateResponse:
        """A whole page in its frame."""
        return TemplateResponse(self.request, template, {**context, "frame": self.frame()}, status=status)

    def part(self, template: str, context: Mapping[str, Any], *, status: int = 200) -> TemplateResponse:
        """A part of a page for htmx. What was said comes along as `said`; the part shows it with `<c-said>`."""
        said, self.said = self.said, messages.Said()
        return TemplateResponse(self.request, template, {"said": said, **context}, status=status)

    def back(self) -> HttpResponseRedirect:
        """To the page of ours that the form names as `next`, else to where the act belongs."""
        return HttpResponseRedirect(next_or(self.request, self.fallback_path()))

    @property
    def row(self) -> str:
        """The key of the row that is asked about when the request comes from a list, else empty."""
        key = self.request.POST.get("row") or self.request.GET.get("row") or ""
        return key if is_partial(self.request) and ROW_KEY.fullmatch(key) else ""

    # What views override

    def views(self) -> Sequence[ViewLink]:
        """The views of the queue with their counts, for the side of the page."""
        return ()

    def frame(self) -> Frame:
        left = messages.pick_up(self.request)
        said, self.said = self.said, messages.Said()
        said.toasts[:0], said.banners[:0] = left.toasts, left.banners
        return frame_of(self.company, self.user, self.actor, path=self.request.path, views=self.views(), said=said)

    def fallback_path(self) -> str:
        return home_path(self.company.pk)

    def refused(self, refusal: Refused) -> HttpResponseBase:
        """A refused act is told where it was asked for; a refused read is an error page."""
        if is_partial(self.request):
            banner = messages.refusal_banner(refusal)
            response = self.part("approvals/refused.html", {"banner": banner}, status=status_of(refusal))
            send_to_alerts(response)
            return response
        if self.request.method in {"GET", "HEAD"}:
            return errors.refused(self.request, refusal, status_of(refusal))
        self.said.banners.append(messages.refusal_banner(refusal))
        return self.back()
