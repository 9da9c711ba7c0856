"""Every address of the API. What is not found below its prefixes is answered in JSON, too."""

from django.urls import URLPattern, URLResolver, path, re_path

from erpstaging.api import urls_people
from erpstaging.api.paths import RestPath, people_urls, rest_path, rest_urls
from erpstaging.api.urls_webhooks import WEBHOOKS
from erpstaging.api.views.authorize import Authorize
from erpstaging.api.views.callers import Companies, Me, MeInCompany, PersonInCompany
from erpstaging.api.views.connections import Connection, Connections, MetadataConfiguration
from erpstaging.api.views.docs import Browse, Description
from erpstaging.api.views.erp_requests import Detail, Details, DetailSync, ErpRequestDetailOf, ErpRequests
from erpstaging.api.views.external_data import BulkDestroy, ExternalData
from erpstaging.api.views.fallbacks import ErrorCodes, UnknownAddress
from erpstaging.api.views.legacy_staging import LEGACY
from erpstaging.api.views.mirrored import paths_of
from erpstaging.api.views.mirrored_calls import CALLS
from erpstaging.api.views.oauth import Revoke, Token, TokenInfo
from erpstaging.api.views.staged_records import StagedRecordDetail, StagedRecords, StagedRecordSync
from erpstaging.api.views.status_management import Unlink
from erpstaging.catalogue.mirrored import RESOURCES

REST: list[RestPath] = [
    rest_path("companies", Companies, name="companies", nested=False),
    rest_path("me", Me, name="me", nested=False),
    rest_path("me", MeInCompany, name="me-in-company", flat=False),
    rest_path("erp_connections", Connections, name="connections", flat=False),
    rest_path("erp_connections/metadata_configuration", MetadataConfiguration, name="metadata", flat=False),
    rest_path("erp_metadata_configuration", MetadataConfiguration, name="metadata-alias", flat=False),
    rest_path("erp_connections/<id:connection_id>", Connection, name="connection", flat=False),
    *(
        path
        for prefix in ("staged_records", "erp_staged_records")
        for path in (
            rest_path(prefix, StagedRecords, name=prefix),
            rest_path(f"{prefix}/sync", StagedRecordSync, name=f"{prefix}-sync"),
            rest_path(f"{prefix}/<id:staged_id>", StagedRecordDetail, name=f"{prefix}-one"),
        )
    ),
    rest_path("erp_requests", ErpRequests, name="erp-requests"),
    rest_path("erp_requests/<id:erp_request_id>", ErpRequestDetailOf, name="erp-request"),
    rest_path("erp_request_details", Details, name="details"),
    rest_path("erp_request_details/sync", DetailSync, name="details-sync"),
    rest_path("erp_request_details/batch_update", DetailSync, name="details-batch"),
    rest_path("erp_request_details/<id:detail_id>", Detail, name="detail"),
    rest_path("external_data", ExternalData, name="external-data"),
    rest_path("external_data/sync", ExternalData, name="external-data-sync"),
    rest_path("external_data/bulk_destroy", BulkDestroy, name="external-data-destroy"),
    rest_path("erp_status_management/unlink", Unlink, name="status-unlink"),
    rest_path("erp_statuses/unlink", Unlink, name="statuses-unlink"),
    *LEGACY,
    *CALLS,
    *(path for resource in RESOURCES for path in paths_of(resource)),
    *WEBHOOKS,
]
PEOPLE: list[URLPattern] = [
    path("me", PersonInCompany.as_view(), name="people-me"),
    *urls_people.urlpatterns,
]

urlpatterns: list[URLPattern | URLResolver] = [
    *rest_urls(REST),
    path("oauth/token", Token.as_view(), name="oauth-token"),
    path("oauth/token/info", TokenInfo.as_view(), name="oauth-token-info"),
    path("oauth/authorize", Authorize.as_view(), name="oauth-authorize"),
    path("oauth/revoke", Revoke.as_view(), name="oauth-revoke"),
    path("api/schema/", Description.as_view(), name="api-schema"),
    path("api/docs/", Browse.as_view(), name="api-docs"),
    *people_urls(PEOPLE),
    path("api/errors", ErrorCodes.as_view(), name="error-codes"),
    path("api/errors/<slug:code>", ErrorCodes.as_view(), name="error-code"),
    re_path(r"^(rest|vapid|oauth|api)(/|$)", UnknownAddress.as_view(), name="unknown-address"),
]
