"""Signing in and out, and the colours a person chose."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from django.views import View

from erpstaging.approvals.redirects import next_or
from erpstaging.audit import log
from erpstaging.companies import actors
from erpstaging.companies.models import User


def actor_of(request: HttpRequest, user: User) -> actors.Actor:
    """A person before any company is chosen: he has no rights yet, but a name and an address."""
    return actors.person(
        user,
        None,
        credential="password",
        address=request.META.get("REMOTE_ADDR"),
        user_agent=request.headers.get("User-Agent", ""),
    )


def tell_audit(request: HttpRequest, action: str, user: User) -> None:
    with transaction.atomic():
        log.record(None, actor_of(request, user), [log.Act(action, "user", user.pk)])


class SignInForm(AuthenticationForm):
    error_messages = {
        # The same words whichever part was wrong, and for a person who may not sign in any more.
        "invalid_login": _("Name or password is wrong."),
        "inactive": _("Name or password is wrong."),
    }


class SignIn(LoginView):
    """`/accounts/login/`. `next` leads back to a page of ours, and to no other host."""

    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        user = form.get_user()
        if isinstance(user, User):
            tell_audit(self.request, "signed_in", user)
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        # A name nobody has is not kept: people type passwords into the wrong field.
        tried = User.objects.filter(username=form.cleaned_data.get("username", "")).first()
        if tried is not None:
            tell_audit(self.request, "sign_in_failed", tried)
        return super().form_invalid(form)


class SignOut(LogoutView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if isinstance(request.user, User):
            tell_audit(request, "signed_out", request.user)
        return super().post(request, *args, **kwargs)


class ChooseTheme(View):
    """Light, dark, or what the system says (empty)."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        theme, user = request.POST.get("theme", ""), request.user
        if isinstance(user, User) and theme in {"", "light", "dark"} and user.theme != theme:
            user.theme = theme
            user.save(update_fields=["theme"])
        return HttpResponseRedirect(next_or(request, "/queue/"))
