"""Signing in and out, and the colours and the language a person chose."""

import json
from math import ceil
from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views import View

from erpstaging.approvals.htmx import is_partial
from erpstaging.approvals.redirects import next_or
from erpstaging.audit.witness import write_entry
from erpstaging.companies import actors
from erpstaging.companies.attempts import TooManyAttempts, forget_failures, note_failure, require_attempt_allowed
from erpstaging.companies.models import User
from erpstaging.core.addresses import caller_address


def tell_audit(request: HttpRequest, action: str, user: User) -> None:
    """Signing in and out belongs to no company."""
    actor = actors.person(
        user,
        None,
        credential="password",
        address=caller_address(request.META),
        user_agent=request.headers.get("User-Agent", ""),
    )
    write_entry(None, actor, action, "user", user.pk)


class SignInForm(AuthenticationForm):
    """Name and password. It never says which of them was wrong, nor that a person may not sign in any more."""

    error_messages = {
        "invalid_login": _("Name or password is wrong."),
        "inactive": _("Name or password is wrong."),
    }

    def clean(self) -> dict[str, Any]:
        """Looks at the password only while the account and the address are allowed another attempt."""
        username, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if not username or not password or self.request is None:
            return super().clean()
        account, address = f"person:{username}", caller_address(self.request.META)
        try:
            require_attempt_allowed(account, address)
        except TooManyAttempts as exc:
            raise ValidationError(_pause(exc.facts["retry_after"]), code=exc.code) from None
        try:
            cleaned = super().clean()
        except ValidationError:
            note_failure(account, address)
            raise
        forget_failures(account, address)
        return cleaned


def _pause(seconds: int) -> str:
    minutes = ceil(seconds / 60)
    text = ngettext(
        "Too many failed attempts. Try again in %(minutes)d minute.",
        "Too many failed attempts. Try again in %(minutes)d minutes.",
        minutes,
    )
    return text % {"minutes": minutes}


class SignIn(LoginView):
    """`/accounts/login/`. `next` leads back to a page of ours, and to no other host."""

    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if is_partial(request) and isinstance(request.user, User):  # he has signed in in another window
            return signed_in_again(request, request.user)
        return super().dispatch(request, *args, **kwargs)

    def get_template_names(self) -> list[str]:
        return ["accounts/sign_in_again.html" if is_partial(self.request) else self.template_name]

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        user = form.get_user()
        if isinstance(user, User):
            tell_audit(self.request, "signed_in", user)
            if is_partial(self.request):
                return signed_in_again(self.request, user)
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        # A name nobody has is not kept: people type passwords into the wrong field.
        tried = User.objects.filter(username=form.cleaned_data.get("username", "")).first()
        if tried is not None:
            tell_audit(self.request, "sign_in_failed", tried)
        return super().form_invalid(form)


def signed_in_again(request: HttpRequest, user: User) -> HttpResponse:
    """To a page that stayed open: whoever signed in, and the token that its forms need from now on."""
    response = HttpResponse()
    response["HX-Reswap"] = "none"
    response["HX-Trigger"] = json.dumps({"signed-in": {"person": user.pk, "token": get_token(request)}})
    return response


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """For a part of a page: the form for a dialog above it, so that nothing is lost of what stands there."""
    response = render(request, "accounts/sign_in_again.html", {"form": SignInForm(request)}, status=401)
    response["HX-Retarget"], response["HX-Reswap"] = "#sign-in-again", "innerHTML"
    return response


class SignOut(LogoutView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
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


class ChooseLanguage(View):
    """One of ours, or what the browser asks for (empty). Mails follow it too."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        language, user = request.POST.get("language", ""), request.user
        if isinstance(user, User) and language in {"", *dict(settings.LANGUAGES)} and user.language != language:
            user.language = language
            user.save(update_fields=["language"])
        return HttpResponseRedirect(next_or(request, "/queue/"))
