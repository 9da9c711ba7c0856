"""Every address of the API. What is not found below its prefixes is answered in JSON, too."""

from django.urls import URLPattern, URLResolver, path, re_path

from erpstaging.api.paths import RestPath, people_urls, rest_path, rest_urls
from erpstaging.api.views.callers import Companies, Me, MeInCompany, PersonInCompany
from erpstaging.api.views.docs import Browse, Description
from erpstaging.api.views.fallbacks import ErrorCodes, UnknownAddress
from erpstaging.api.views.oauth import Revoke, Token, TokenInfo

REST: list[RestPath] = [
    rest_path("companies", Companies, name="companies", nested=False),
    rest_path("me", Me, name="me", nested=False),
    rest_path("me", MeInCompany, name="me-in-company", flat=False),
]
PEOPLE: list[URLPattern] = [
    path("me", PersonInCompany.as_view(), name="people-me"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *rest_urls(REST),
    path("oauth/token", Token.as_view(), name="oauth-token"),
    path("oauth/token/info", TokenInfo.as_view(), name="oauth-token-info"),
    path("oauth/revoke", Revoke.as_view(), name="oauth-revoke"),
    path("api/schema/", Description.as_view(), name="api-schema"),
    path("api/docs/", Browse.as_view(), name="api-docs"),
    *people_urls(PEOPLE),
    path("api/errors", ErrorCodes.as_view(), name="error-codes"),
    path("api/errors/<slug:code>", ErrorCodes.as_view(), name="error-code"),
    re_path(r"^(rest|vapid|oauth|api)(/|$)", UnknownAddress.as_view(), name="unknown-address"),
]
