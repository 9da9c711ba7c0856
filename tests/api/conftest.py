"""Callers of the API: tokens, and a client that speaks JSON."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken, set_token_value

from erpstaging.companies.models import ServiceAccount, User

MakeToken = Callable[..., str]


@pytest.fixture(autouse=True)
def _no_limits(settings: Any) -> None:
    """Only the tests of limits count calls."""
    settings.RATE_LIMIT_HOURLY = settings.RATE_LIMIT_SPIKE = 0


@pytest.fixture
def make_token(service_account: ServiceAccount) -> MakeToken:
    """`make_token(scopes="read")`: an access token as the token endpoint would have issued it."""

    def make(
        *,
        account: ServiceAccount = service_account,
        scopes: str = "read write erp",
        user: User | None = None,
        lifetime: timedelta = timedelta(hours=1),
    ) -> str:
        raw = f"token-{account.pk}-{AccessToken.objects.count()}"
        token = AccessToken(application=account, user=user, scope=scopes, expires=timezone.now() + lifetime)
        set_token_value(token, raw)
        token.save()
        return raw

    return make


class ApiClient:
    """Sends JSON with a token, and shows answers as values."""

    def __init__(self, client: Client, token: str) -> None:
        self.client, self.token = client, token

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        sent = {"Authorization": f"Bearer {self.token}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        content_type = sent.pop("Content-Type", "application/json")
        answer = self.client.generic(method, path, content, content_type=content_type, headers=sent)
        assert isinstance(answer, HttpResponse)
        return answer


@pytest.fixture
def api(client: Client, make_token: MakeToken) -> ApiClient:
    """The integration, calling."""
    return ApiClient(client, make_token())
