"""A mail that is owed."""

from django.db import models
from django.utils import timezone

from erpstaging.companies.models import CompanyRow, User


class Notice(CompanyRow):
    """What one person is told about one cause, by mail and in the pages.

    `context` is all that its texts need, as it was at that moment.
    """

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    cause = models.CharField(max_length=80)
    context = models.JSONField()
    due_at = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "person", "kind", "object_id", "cause"], name="one_notice_per_cause"
            )
        ]
        indexes = [
            models.Index(fields=["due_at"], name="notice_due", condition=models.Q(sent_at__isnull=True)),
            models.Index(fields=["company", "person", "-id"], name="notice_of_person"),
            models.Index(fields=["company", "person"], name="notice_unread", condition=models.Q(read_at__isnull=True)),
        ]
