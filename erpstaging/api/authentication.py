"""Who calls: the token in the header, or the session of a signed-in person."""

from django.http import HttpRequest, HttpResponse
from rest_framework.authentication import CSRFCheck

from erpstaging.companies.bearers import Bearer, find_bearer
from erpstaging.core.errors import NotPermitted

MAX_TOKEN_CHARACTERS = 512


def bearer_token(request: HttpRequest) -> str | None:
    """The token in `Authorization: Bearer`, the scheme in any letter case. Query and body are not looked at."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > MAX_TOKEN_CHARACTERS or not token.isascii():
        return None
    return token


def bearer_of(request: HttpRequest, company_id: int | None) -> Bearer | None:
    token = bearer_token(request)
    return None if token is None else find_bearer(token, company_id)


def require_csrf_token(request: HttpRequest) -> None:
    """Raises NotPermitted unless a changing call carries the session's token in X-CSRFToken."""
    check = CSRFCheck(lambda _request: HttpResponse())
    check.process_request(request)
    reason = check.process_view(request, None, (), {})  # type: ignore[arg-type]
    if reason:
        raise NotPermitted(f"CSRF check failed: {reason}", code="csrf_failed")
