"""The component page, for whoever builds pages."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from erpstaging.approvals.showing.styleguide import components


class Styleguide(View):
    """`/styleguide/?theme=dark`: everything pages are made of. It is there in debug alone, and asks no database."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if not settings.DEBUG:
            raise Http404
        theme = request.GET.get("theme", "")
        chosen = theme if theme in {"light", "dark"} else ""
        return render(request, "approvals/styleguide.html", {**components(), "theme": chosen})
