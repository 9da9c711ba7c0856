"""The OAuth server's seams: how requests are read, how secrets are checked, which scopes an account may have."""

import base64
import binascii
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus, urlencode

import msgspec
from django.http import HttpRequest
from oauth2_provider.oauth2_backends import OAuthLibCore
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.scopes import BaseScopes
from oauth2_provider.settings import oauth2_settings

from erpstaging.companies.accounts import account_with_secret, require_network
from erpstaging.companies.models import ServiceAccount
from erpstaging.core.addresses import caller_address
from erpstaging.core.errors import BadRequest

# What the endpoints understand; anything else that is sent along is ignored (RFC 6749, section 3.2).
PARAMETERS = frozenset({
    "grant_type", "client_id", "client_secret", "scope", "code", "redirect_uri", "code_verifier", "refresh_token",
    "token", "token_type_hint",
})  # fmt: skip


def parameters(request: HttpRequest) -> dict[str, str]:
    """What a caller of the token endpoints sent, whichever way: query, form, multipart, JSON, HTTP Basic.

    Later ways win over earlier ones. Raises BadRequest when the body cannot be read.
    """
    given = _texts(request.GET) | _body(request) | _basic(request.headers.get("Authorization", ""))
    return {name: value for name, value in given.items() if name in PARAMETERS and value}


def _body(request: HttpRequest) -> dict[str, str]:
    if request.content_type != "application/json":
        return _texts(request.POST)
    if not request.body:
        return {}
    try:
        sent = msgspec.json.decode(request.body)
    except (ValueError, RecursionError):
        raise BadRequest("The body is not valid JSON.", code="malformed_json") from None
    if not isinstance(sent, dict):
        raise BadRequest("The body has to be a JSON object.", code="malformed_json")
    return _texts(sent)


def _texts(given: Mapping[str, object]) -> dict[str, str]:
    return {name: value for name, value in given.items() if isinstance(value, str)}


def _basic(header: str) -> dict[str, str]:
    """Client id and secret of HTTP Basic, percent-decoded (RFC 6749, section 2.3.1); the scheme in any letter case."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise BadRequest("The Basic credentials cannot be read.", code="bad_header") from None
    return {"client_id": unquote_plus(user), "client_secret": unquote_plus(password)} if colon else {}


class JSONOrFormCore(OAuthLibCore):
    """Hands the toolkit one set of parameters, whichever way they came, and completes what it answers."""

    def _extract_params(self, request: HttpRequest) -> tuple[str, str, str, dict[str, Any]]:
        if request.method != "POST":
            return super()._extract_params(request)  # type: ignore[no-any-return]
        given = parameters(request)
        headers = {**self.extract_headers(request)}
        # The credentials are among the parameters now; the toolkit would read the header again, by stricter rules.
        headers.pop("HTTP_AUTHORIZATION", None)
        headers.pop("Authorization", None)
        return request.path, "POST", urlencode(given), headers

    def create_token_response(self, request: HttpRequest) -> tuple[Any, dict[str, str], str, int]:
        uri, headers, body, status = super().create_token_response(request)
        if status == 200:
            issued = json.loads(body)
            issued |= {"token_type": "bearer", "created_at": int(time.time())}
            body = json.dumps(issued)
        return uri, headers, body, status


class SecretValidator(OAuth2Validator):
    """Checks the secrets of ServiceAccountSecret; the application's own column stays empty and opens nothing."""

    def authenticate_client(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        address = caller_address(request.headers)
        account = account_with_secret(request.client_id or "", request.client_secret or "", address)
        if account is not None:
            require_network(account, address)
        request.client = account
        return account is not None

    def client_authentication_required(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Every client that has a secret shows it; only public apps (with PKCE) have none."""
        public = self._load_application(request.client_id, request) is not None and (
            request.client.client_type == ServiceAccount.CLIENT_PUBLIC
        )
        request.client = None
        return not public

    def validate_code(self, client_id: str, code: str, client: Any, request: Any, *args: Any, **kwargs: Any) -> bool:
        """A code, and below a refresh token, is worth as much as the person who gave it is now."""
        return bool(super().validate_code(client_id, code, client, request) and request.user.is_active)

    def validate_refresh_token(self, refresh_token: str, client: Any, request: Any, *args: Any, **kwargs: Any) -> bool:
        return bool(super().validate_refresh_token(refresh_token, client, request) and request.user.is_active)

    def _check_secret(self, provided_secret: str, stored_secret: str) -> bool:
        """The toolkit's own comparison, with the application's column: never."""
        return False


class AccountScopes(BaseScopes):
    """An account may ask for its own scopes; asking for none gets all of them."""

    def get_all_scopes(self) -> dict[str, str]:
        return dict(oauth2_settings.SCOPES)

    def get_available_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        return [] if application is None else list(application.allowed_scopes)

    def get_default_scopes(self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any) -> list[str]:
        return self.get_available_scopes(application, request)
