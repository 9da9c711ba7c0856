"""The connection of a company to its ERP, every version of its metadata and settings, and its own custom fields."""

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
    settings_version = models.IntegerField(default=0)
    cost_code_list_id = models.BigIntegerField()
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company"], name="one_connection_per_company")]


class StoredVersion(CompanyRow):
    """One document as it was sent, with who sent it."""

    number = models.IntegerField()
    document = models.JSONField()
    author_kind = models.CharField(max_length=16)
    author_id = models.BigIntegerField(null=True)
    author_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True


class MetadataVersion(StoredVersion):
    """The metadata document."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "number"], name="metadata_version_once")]


class SettingsVersion(StoredVersion):
    """The ERP settings."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "number"], name="settings_version_once")]


class DataType(models.TextChoices):
    """What a custom field holds; `string` is one line, `text` any number of them."""

    STRING = "string"
    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    DATE = "date"
    CHOICE = "choice"


class CustomField(CompanyRow):
    """A field that a company adds to one kind of object. Values stand in `data.custom_fields.<key>`.

    A removed one is inactive: its values stay and are not shown any more.
    """

    item_type = models.CharField(max_length=40)
    key = models.CharField(max_length=60)
    label = models.CharField(max_length=120)
    data_type = models.CharField(max_length=8, choices=DataType.choices)
    choices = models.JSONField(default=list)
    required = models.BooleanField(default=False)
    position = models.IntegerField(default=0)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "item_type", "key"], name="custom_field_once")]
