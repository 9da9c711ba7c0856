"""What the service told a person, in the pages: the same that was mailed to him."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from erpstaging.approvals.presenters import Pager
from erpstaging.approvals.views.queue import AccountingView
from erpstaging.companies.models import Company
from erpstaging.core.errors import BadRequest
from erpstaging.notices.inbox import mark_read, notices_of
from erpstaging.notices.mails import place_of, subject_of
from erpstaging.notices.models import Notice

PER_PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One notice; `changes` are (label, before, after)."""

    title: str
    text: str
    by: str
    at: datetime
    url: str
    is_new: bool
    changes: list[tuple[str, str, str]]
    more: int


class NoticesPage(AccountingView):
    """`notices/`: newest first; posting marks what was shown as read."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        text = request.GET.get("page", "1")
        page = int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 6 else 1
        first = (max(page, 1) - 1) * PER_PAGE
        found = list(notices_of(self.company.pk, self.user.pk)[first : first + PER_PAGE + 1])
        here = reverse("approvals:notices", args=[self.company.pk])
        pager = Pager(
            text=_("Page %(page)d") % {"page": max(page, 1)},
            previous_url=f"{here}?page={page - 1}" if page > 1 else "",
            next_url=f"{here}?page={page + 1}" if len(found) > PER_PAGE else "",
        )
        shown = found[:PER_PAGE]
        context = {
            "notices": [told(self.company, one) for one in shown],
            "newest": shown[0].pk if shown and any(one.read_at is None for one in shown) else None,
            "pager": pager if page > 1 or pager.next_url else None,
        }
        return self.page("approvals/notices.html", context)

    def post(self, request: HttpRequest) -> HttpResponseBase:
        text = request.POST.get("up_to", "")
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise BadRequest(_("Which notices were seen is missing."))
        mark_read(self.company.pk, self.user.pk, up_to=int(text))
        return self.back()

    def fallback_path(self) -> str:
        return reverse("approvals:notices", args=[self.company.pk])


def told(company: Company, notice: Notice) -> Told:
    context = notice.context
    return Told(
        title=subject_of(notice),
        text=context.get("reason") or context.get("note") or "",
        by=context.get("by") or "",
        at=notice.created_at,
        url=f"{reverse('approvals:company', args=[company.pk])}{place_of(notice)}",
        is_new=notice.read_at is None,
        changes=[(one["label"], one["before"], one["after"]) for one in context.get("changes", ())],
        more=context.get("more", 0),
    )
