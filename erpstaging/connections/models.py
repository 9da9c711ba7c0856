"""The connection of a company to its ERP, and every version of its metadata document."""

from django.db import models
from django.utils import timezone

from erpstaging.companies.models import CompanyRow, ServiceAccount


class ErpConnection(CompanyRow):
    """One per company. `metadata` is null until the integration has sent it."""

    service_url = models.CharField(max_length=2048)
    account = models.ForeignKey(ServiceAccount, on_delete=models.PROTECT, related_name="+", null=True)
    metadata = models.JSONField(null=True)
    metadata_version = models.IntegerField(default=0)
    settings = models.JSONField(default=dict)
    cost_code_list_id = models.BigIntegerField()
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company"], name="one_connection_per_company")]


class MetadataVersion(CompanyRow):
    """One document as it was sent, with who sent it."""

    number = models.IntegerField()
    document = models.JSONField()
    author_kind = models.CharField(max_length=16)
    author_id = models.BigIntegerField(null=True)
    author_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "number"], name="metadata_version_once")]
