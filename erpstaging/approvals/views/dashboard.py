"""The dashboard of the head of accounting."""

from django.http import HttpRequest, HttpResponseBase

from erpstaging.approvals.showing.dashboard import dashboard_shown
from erpstaging.approvals.views.queue import AccountingView
from erpstaging.core.errors import NotPermitted
from erpstaging.monitoring.figures import figures_of


class DashboardPage(AccountingView):
    """`dashboard/`: what waits, how old it is, what failed, and how long the way into the ERP takes."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if not self.sees_queue:
            raise NotPermitted("The overview is open to people with a role on the ERP tool. Ask an ERP administrator.")
        shown = dashboard_shown(self.company, figures_of(self.company))
        return self.page("approvals/dashboard.html", {"board": shown})
