"""The audit table. The database refuses to change or remove an entry."""

from django.db import models
from django.utils import timezone

from erpstaging.companies.models import Company, CompanyRows


class Entry(models.Model):
    """One act. It names objects by type and id and not by reference, so that it outlives them."""

    company = models.ForeignKey(
        Company, on_delete=models.PROTECT, related_name="+", null=True, db_constraint=False, db_index=False
    )
    occurred_at = models.DateTimeField(default=timezone.now)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200)
    credential = models.CharField(max_length=80, blank=True)
    address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=200, blank=True)
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40)
    object_id = models.BigIntegerField(null=True)
    # The record on whose timeline the entry stands, when its object is not the record itself.
    record_id = models.BigIntegerField(null=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    correlation_id = models.CharField(max_length=64, blank=True)
    digest = models.BinaryField(max_length=32)

    objects = CompanyRows()

    class Meta:
        indexes = [
            models.Index(
                fields=["company", "record_id", "id"],
                name="audit_by_record",
                condition=models.Q(record_id__isnull=False),
            ),
            models.Index(fields=["company", "object_type", "object_id", "id"], name="audit_by_object"),
            models.Index(fields=["company", "occurred_at", "id"], name="audit_by_time"),
            models.Index(
                fields=["company", "correlation_id", "id"],
                name="audit_by_correlation",
                condition=~models.Q(correlation_id=""),
            ),
        ]
