"""The token endpoints (RFC 6749, 7009). Shapes: procore/documentation, oauth/oauth_endpoints.md.

Errors carry `error` and `error_description` as the RFCs want, and beside them what every error of the API carries.
"""

import json
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from oauth2_provider.oauth2_backends import get_oauthlib_core
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from erpstaging.api.errors import UnsupportedMediaType, error_response, exception_handler
from erpstaging.api.openapi import ID, TEXT, Operation, array_of, component, object_of
from erpstaging.api.parsers import checked_query, declared_length
from erpstaging.api.views.base import TokenAPIView, WireView
from erpstaging.audit.witness import write_entry
from erpstaging.companies import actors
from erpstaging.companies.accounts import account_called
from erpstaging.companies.actors import Actor
from erpstaging.companies.attempts import forget_failures, note_failure, require_attempt_allowed
from erpstaging.companies.bearers import IssuedToken, issued_token
from erpstaging.companies.oauth import parameters
from erpstaging.core.addresses import caller_address
from erpstaging.core.errors import NotPermitted, Refused, TooLarge
from erpstaging.core.scope import all_companies_scope

MAX_BODY_BYTES = 64 * 1024
GRANT_TYPES = frozenset({"client_credentials", "authorization_code", "refresh_token"})
# The RFCs' words for what our frame refuses; everything else that can be refused here is an invalid request.
OAUTH_ERRORS = {403: "unauthorized_client", 500: "server_error", 503: "temporarily_unavailable"}
# Where the toolkit gives none.
DESCRIPTIONS = {
    "invalid_client": "The client id is unknown or its secret is wrong.",
    "invalid_grant": "The code or refresh token is invalid.",
    "invalid_scope": "The account does not have this scope.",
    "unauthorized_client": "The client may not use this grant type.",
}
# Answer of the toolkit: where to redirect (unused here), headers, body, status.
Answer = tuple[Any, dict[str, str], str, int]


class OAuthRefused(Refused):
    """A refusal in the RFCs' words: `code` is what they call `error`."""

    def __init__(self, message: str, *, code: str, status: int = 400) -> None:
        super().__init__(message, code=code)
        self.status = status


class _OAuthErrors:
    """Errors in the RFCs' shape."""

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, OAuthRefused):
            response, error = error_response(exc, status=exc.status), exc.code
        else:
            response = exception_handler(exc, {"view": self, "request": getattr(self, "request", None)})
            error = OAUTH_ERRORS.get(response.status_code, "invalid_request")
        response.data |= {"error": error, "error_description": response.data["message"]}
        if error == "invalid_client":
            response["WWW-Authenticate"] = 'Basic realm="erpstaging"'
        response.exception = True
        return response


class ClientView(_OAuthErrors, WireView):
    """A call by which a client shows its secret: failures are counted, and everything is audited."""

    http_method_names = ["post"]
    permission_classes = [AllowAny]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        self.address = caller_address(request.META)
        self.count(f"oauth:{self.address}")
        checked_query(request.query_params, request.META.get("QUERY_STRING", ""))
        # Before anything is read: a multipart body would be spooled to disk, however long it is.
        if declared_length(request.META) > MAX_BODY_BYTES:
            raise TooLarge(f"The body is longer than {MAX_BODY_BYTES} bytes.")
        if request.META.get("HTTP_CONTENT_ENCODING"):
            raise UnsupportedMediaType("Bodies are not decompressed: send them without Content-Encoding.")
        self.given = parameters(request._request)

    def require(self, *names: str) -> None:
        for name in names:
            if name not in self.given:
                raise OAuthRefused(f"The parameter {name} is missing.", code="invalid_request")

    def ask_toolkit(self, ask: Callable[[HttpRequest], Answer]) -> dict[str, Any]:
        """Let the toolkit check the client and act; returns its JSON. Raises what it refuses.

        Guessing is slowed down for the pair of client and address, whether the client exists or not.
        """
        account = f"service_account:{self.given.get('client_id', '')}"
        require_attempt_allowed(account, self.address)
        try:
            _, _, body, status = ask(self.request._request)
        except NotPermitted as refusal:
            self.write_refusal(refusal.code)
            raise
        answer = json.loads(body) if body else {}
        if status != 200:
            if answer.get("error") == "invalid_client":
                note_failure(account, self.address)
            self.write_refusal(answer.get("error", "invalid_request"))
            raise _refusal(answer, status)
        forget_failures(account, self.address)
        return dict(answer)

    def write_refusal(self, code: str) -> None:
        # What nobody is called is not kept: it may be a secret in the wrong field.
        account = account_called(self.given.get("client_id", ""))
        if account is None:
            actor = Actor(kind="service_account", id=None, name="unknown client", **self.seen())
        else:
            actor = actors.service_account(account, frozenset(), **self.seen())
        after = {"code": code, "grant_type": self.given.get("grant_type", "")[:60]}
        write_entry(None, actor, "token_refused", "service_account", actor.id, after=after)

    def write_token(self, action: str, token: IssuedToken) -> None:
        seen = self.seen(f"token:{token.id}")
        if token.person is None:
            actor = actors.service_account(token.account, frozenset(), **seen)
        else:
            actor = actors.person(token.person, None, **seen)
        after = {"token_id": token.id, "scopes": token.scope}
        write_entry(None, actor, action, "service_account", token.account.pk, after=after)

    def seen(self, credential: str = "") -> dict[str, Any]:
        return {
            "address": self.address,
            "user_agent": self.request.headers.get("User-Agent", ""),
            "credential": credential,
        }


def _refusal(answer: dict[str, Any], status: int) -> OAuthRefused:
    error = str(answer.get("error", "invalid_request"))
    described = str(answer.get("error_description") or DESCRIPTIONS.get(error, "The request was refused."))
    return OAuthRefused(described, code=error, status=status)


FORMS = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")
CREDENTIALS = {"client_id": TEXT, "client_secret": TEXT}
TOKEN = component(
    "AccessToken",
    object_of(
        {
            "access_token": TEXT,
            "token_type": {"const": "bearer"},
            "expires_in": {"type": "integer", "description": "In seconds"},
            "created_at": {"type": "integer", "description": "Unix seconds"},
            "scope": TEXT,
            "refresh_token": TEXT,
        },
        required=["access_token", "token_type", "expires_in", "created_at"],
    ),
)
TOKEN_BODY = object_of(
    {"grant_type": {"enum": sorted(GRANT_TYPES)}, **CREDENTIALS, "scope": TEXT}, required=["grant_type"]
)
REVOKE_BODY = object_of({"token": TEXT, **CREDENTIALS}, required=["token"])
TOKEN_INFO = component(
    "TokenInfo",
    object_of(
        {
            "resource_owner_id": ID,
            "scopes": array_of(TEXT),
            "expires_in_seconds": {"type": "integer"},
            "application": object_of({"uid": TEXT}),
            "created_at": {"type": "integer", "description": "Unix seconds"},
        }
    ),
)


class Token(ClientView):
    """An access token for a client id and secret, sent as form, multipart, JSON, query or HTTP Basic."""

    operations = {
        "POST": Operation("Get an access token", TOKEN, body=TOKEN_BODY, body_required=False, media_types=FORMS)
    }

    def post(self, request: Request) -> Response:
        self.require("grant_type")
        if self.given["grant_type"] not in GRANT_TYPES:
            raise OAuthRefused("Use client_credentials.", code="unsupported_grant_type")
        self.require("client_id")
        if self.given["grant_type"] == "client_credentials":
            self.require("client_secret")
        return Response(self.ask_toolkit(self.issue), headers={"Pragma": "no-cache"})

    def issue(self, request: HttpRequest) -> Answer:
        """The token and the entry about it exist together."""
        with all_companies_scope():
            answer: Answer = get_oauthlib_core().create_token_response(request)
            if answer[3] == 200:
                issued = issued_token(json.loads(answer[2])["access_token"])
                if issued is not None:
                    self.write_token("token_issued", issued)
        return answer


class Revoke(ClientView):
    """Answers 200 and `{}` for every token, known or not, once the client has shown its secret."""

    operations = {
        "POST": Operation("Revoke a token", object_of({}), body=REVOKE_BODY, body_required=False, media_types=FORMS)
    }

    def post(self, request: Request) -> Response:
        self.require("client_id", "token")
        self.ask_toolkit(self.revoke)
        return Response({})

    def revoke(self, request: HttpRequest) -> Answer:
        with all_companies_scope():
            token = issued_token(self.given["token"])
            answer: Answer = get_oauthlib_core().create_revocation_response(request)
            if answer[3] == 200 and token is not None and token.account.client_id == self.given["client_id"]:
                self.write_token("token_revoked", token)
        return answer


class TokenInfo(_OAuthErrors, TokenAPIView):
    """Whose token this is, and how long it lives."""

    requires = frozenset[str]()
    operations = {"GET": Operation("Show what a token is", TOKEN_INFO)}

    def check_rights(self, method: str) -> None:
        """Every valid token may ask about itself, whatever its scopes."""

    def get(self, request: Request) -> Response:
        owner = self.bearer.person or self.bearer.account
        return Response(
            {
                "resource_owner_id": owner.pk,
                "scopes": sorted(self.scopes),
                "expires_in_seconds": self.bearer.expires_in_s,
                "application": {"uid": self.bearer.account.client_id},
                "created_at": int(self.bearer.created_at.timestamp()),
            }
        )
