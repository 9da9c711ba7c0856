"""Every URL of the service."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("erpstaging.core.urls")),
    path("", include("erpstaging.api.urls")),
    path("", include("erpstaging.approvals.urls")),
]
handler404 = "erpstaging.approvals.views.errors.not_found"
handler500 = "erpstaging.approvals.views.errors.server_error"
