"""Signing in and out, and the colours a person chose."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from django.views import View

from erpstaging.approvals.redirects import next_or
from erpstaging.companies import actors
from erpstaging.companies.attempts import TooManyAttempts, forget_failures, note_failure, require_attempt_allowed
from erpstaging.companies.models import User
from erpstaging.companies.witness import tell
from erpstaging.core.addresses import caller_address


def actor_of(request: HttpRequest, user: User) -> actors.Actor:
    """A person before any company is chosen: he has no rights yet, but a name and an address."""
    return actors.person(
        user,
        None,
        credential="password",
        address=caller_address(request.META),
        user_agent=request.headers.get("User-Agent", ""),
    )


class SignInForm(AuthenticationForm):
    """Counts failures as the token calls do: guessing closes the door, for the account and for the address."""

    error_messages = {
        # The same words whichever part was wrong, and for a person who may not sign in any more.
        "invalid_login": _("Name or password is wrong."),
        "inactive": _("Name or password is wrong."),
    }

    def clean(self) -> dict[str, Any]:
        account, address = f"person:{self.cleaned_data.get('username', '')}", caller_address(self.request.META)
        try:
            require_attempt_allowed(account, address)
        except TooManyAttempts as exc:
            raise ValidationError(exc.message, code=exc.code) from None
        try:
            cleaned: dict[str, Any] = super().clean()
        except ValidationError:
            note_failure(account, address)
            raise
        forget_failures(account, address)
        return cleaned


class SignIn(LoginView):
    """`/accounts/login/`. `next` leads back to a page of ours, and to no other host."""

    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user = form.get_user()
        response = super().form_valid(form)
        if isinstance(user, User):
            tell(None, actor_of(self.request, user), "signed_in", "user", user.pk)
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        # A name nobody has is not kept: people type passwords into the wrong field.
        tried = User.objects.filter(username=form.cleaned_data.get("username", "")).first()
        if tried is not None:
            tell(None, actor_of(self.request, tried), "sign_in_failed", "user", tried.pk)
        return super().form_invalid(form)


class SignOut(LogoutView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if isinstance(request.user, User):
            tell(None, actor_of(request, request.user), "signed_out", "user", request.user.pk)
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
