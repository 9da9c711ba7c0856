"""The ways in: `/queue/` finds a person's company, and a company's page finds where he works in it."""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from erpstaging.approvals.navigation import companies_of, home_path
from erpstaging.approvals.presenters import Empty
from erpstaging.approvals.views.base import LAST_COMPANY, CompanyView
from erpstaging.companies.models import User


class LatestCompany(LoginRequiredMixin, View):
    """`/queue/`, and the front door `/`: the company he was in last, else the first by name."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if not isinstance(request.user, User):
            raise TypeError("LoginRequiredMixin lets only people in.")
        ids = [company.pk for company in companies_of(request.user)]
        last = request.session.get(LAST_COMPANY)
        if last in ids or ids:
            return HttpResponseRedirect(home_path(last if last in ids else ids[0]))
        empty = Empty(
            title=_("You are no member of a company yet."),
            text=_("An administrator of your company can add you; tell him your user name: %(name)s.")
            % {"name": request.user.username},
            icon="people",
        )
        return render(request, "accounts/no_company.html", {"empty": empty})


class CompanyStart(CompanyView):
    """`/c/<company_id>/`: accounting starts at the queue, project people at what they keep and send."""

    def get(self, request: HttpRequest) -> HttpResponse:
        name = "approvals:queue" if self.actor.rights & {"erp", "auditor", "super_user"} else "approvals:records"
        return HttpResponseRedirect(reverse(name, args=[self.company.pk]))
