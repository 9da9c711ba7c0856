"""Who calls: the token in the header, or the session of a signed-in person."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.request import Request

from erpstaging.companies.bearers import Bearer, find_bearer
from erpstaging.core.errors import NotPermitted

MAX_TOKEN_CHARACTERS = 512


class BearerToken(BaseAuthentication):
    """Declares the scheme. The base view reads the token itself, in one query together with the company."""

    def authenticate(self, request: Request) -> None:
        return None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="erpstaging"'


class BearerTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = BearerToken
    name = "oauth2"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "oauth2",
            "flows": {
                "clientCredentials": {
                    "tokenUrl": "/oauth/token",
                    "scopes": {"read": "Read", "write": "Change", "erp": "Act as the ERP integration"},
                }
            },
        }


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
