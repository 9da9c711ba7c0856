"""The outbox: one row per committed change of a resource."""

from django.db import models
from django.utils import timezone

from erpstaging.companies.models import CompanyRow, company_key


class EventType(models.TextChoices):
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


class Event(CompanyRow):
    """A fact. It is written once, with the change it tells, and never changed but for its dispatch.

    `transaction` is PostgreSQL's id of the writing transaction: a reader that needs commit order takes only rows
    below the oldest running one. `position` is given at dispatch, in that order, and is the cursor of the feed.
    """

    company = company_key(db_constraint=False)
    ulid = models.CharField(max_length=26)
    resource_name = models.CharField(max_length=60)
    resource_id = models.BigIntegerField()
    event_type = models.CharField(max_length=6, choices=EventType.choices)
    project_id = models.BigIntegerField(null=True)
    user_id = models.BigIntegerField(null=True)
    account_id = models.BigIntegerField(null=True)
    occurred_at = models.DateTimeField(default=timezone.now)
    correlation_id = models.CharField(max_length=64, blank=True)
    transaction = models.BigIntegerField()
    position = models.BigIntegerField(null=True)
    dispatched_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ulid"], name="one_event_per_ulid"),
            models.UniqueConstraint(
                fields=["position"], name="one_event_per_position", condition=models.Q(position__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="event_not_dispatched", condition=models.Q(dispatched_at__isnull=True)),
            models.Index(fields=["company", "position"], name="event_feed", condition=models.Q(position__isnull=False)),
        ]
