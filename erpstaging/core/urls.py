"""Health, for load balancers and supervisors."""

from django.urls import path

from erpstaging.core.health import healthz, readyz

urlpatterns = [path("healthz", healthz), path("readyz", readyz)]
