"""`GET /oauth/authorize`: a signed-in person lets an app act for him (RFC 6749, section 4.1, with PKCE)."""

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views import View
from oauth2_provider.exceptions import FatalClientError, OAuthToolkitError
from oauth2_provider.oauth2_backends import OAuthLibCore
from oauth2_provider.settings import oauth2_settings

from erpstaging.api.middleware import plain_error
from erpstaging.api.parsers import checked_query
from erpstaging.audit.witness import write_entry
from erpstaging.companies import actors
from erpstaging.companies.models import User
from erpstaging.companies.people_apps import app_called, origin_of
from erpstaging.core.addresses import caller_address
from erpstaging.core.errors import BadRequest


class Authorize(LoginRequiredMixin, View):
    """Asks the person, and leads him back to the app with a code or with his no.

    The form is posted to the very address it was asked under, and everything is checked again: nothing of the request
    travels in hidden fields.
    """

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        try:
            scopes, asked = self.asked(request)
        except OAuthToolkitError as error:
            return self.refuse(error)
        except (BadRequest, ValueError):
            return self.unreadable()
        known, leads_to = oauth2_settings.SCOPES, origin_of(asked["redirect_uri"])
        context = {
            "app": app_called(asked["client_id"]),
            "leads_to": leads_to,
            "scopes": [known[scope] for scope in scopes if scope in known],
        }
        page = render(request, "api/authorize.html", context)
        # A browser checks where a form leads, and the answer to this one leads to the app.
        page._csp_update = {"form-action": [leads_to]}  # type: ignore[attr-defined]
        return page

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            scopes, asked = self.asked(request)
            address, *_ = OAuthLibCore().create_authorization_response(
                request, scopes=scopes, credentials=asked, allow="allow" in request.POST
            )
        except OAuthToolkitError as error:
            return self.refuse(error)
        except (BadRequest, ValueError):
            return self.unreadable()
        self.remember(request, app_called(asked["client_id"]).pk, " ".join(scopes))
        return HttpResponseRedirect(address)

    def asked(self, request: HttpRequest) -> tuple[list[str], dict[str, Any]]:
        """Scopes and parameters, as registered and allowed. Raises OAuthToolkitError, ValueError, BadRequest."""
        checked_query(request.GET, request.META.get("QUERY_STRING", ""))
        # The plain reader of requests: this one has a query string and comes from a browser.
        scopes, asked = OAuthLibCore().validate_authorization_request(request)
        return list(scopes), dict(asked)

    def refuse(self, error: OAuthToolkitError) -> HttpResponse:
        """An error goes to the app, unless it is about the app or its address: then nobody is sent anywhere."""
        told = error.oauthlib_error
        if isinstance(error, FatalClientError) or not told.redirect_uri:
            return plain_error(BadRequest(told.description or "Unknown app.", code="invalid_request"), 400)
        return HttpResponseRedirect(told.in_uri(told.redirect_uri))

    def unreadable(self) -> HttpResponse:
        return plain_error(BadRequest("The request cannot be read.", code="invalid_request"), 400)

    def remember(self, request: HttpRequest, app_id: int, scopes: str) -> None:
        assert isinstance(request.user, User)  # noqa: S101 - LoginRequiredMixin lets nobody else in
        seen = {
            "address": caller_address(request.META),
            "user_agent": request.headers.get("User-Agent", ""),
            "credential": "session",
        }
        actor = actors.person(request.user, None, **seen)
        write_entry(None, actor, "app_authorized", "service_account", app_id, after={"scopes": scopes})
