"""Reports in the pages."""

import datetime as dt

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from erpstaging.approvals.presenters import FormField
from erpstaging.approvals.views.queue import AccountingView
from erpstaging.connections.services import metadata_of
from erpstaging.core.errors import NotPermitted
from erpstaging.staging.rejections import Period, rejections_by_code


class RejectionsPage(AccountingView):
    """`reports/rejections/`: how often what was rejected for which reason, between two days."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if not self.sees_queue:
            raise NotPermitted("The report is open to people with a role on the ERP tool. Ask an ERP administrator.")
        first, last = _day(request.GET.get("from", "")), _day(request.GET.get("to", ""))
        if first is not None and last is not None and first > last:
            first, last = last, first
        period = Period.of(self.company, first if last is None or (first or last) <= last else None, last)
        since, until = period.moments(self.company)
        counts = rejections_by_code(self.company, metadata_of(self.company.pk), since=since, until=until)
        fields = [
            FormField(name="from", label=_("From"), kind="date", value=period.first.isoformat()),
            FormField(name="to", label=_("To"), kind="date", value=period.last.isoformat()),
        ]
        sums = {
            "exports": sum(one.exports for one in counts),
            "imports": sum(one.imports for one in counts),
            "total": sum(one.total for one in counts),
        }
        return self.page("approvals/rejections.html", {"counts": counts, "fields": fields, **sums})


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
