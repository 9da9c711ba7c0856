"""The outbox: one row per committed change of a resource."""

from django.db import models
from django.db.models.functions import Cast
from django.utils import timezone

from erpstaging.companies.models import CompanyRow, company_key

# Such an id has no cast to an integer of its own.
_AS_TEXT = Cast(models.Func(function="pg_current_xact_id"), models.TextField())
WRITING_TRANSACTION = Cast(_AS_TEXT, models.BigIntegerField())


class EventType(models.TextChoices):
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


class Event(CompanyRow):
    """A fact. It is written once, with the change it tells, and never changed but for its dispatch.

    `transaction` is PostgreSQL's id of the writing transaction: a reader that needs commit order takes only rows
    below the oldest running one. `position` is given at dispatch, in that order, and is the cursor of the feed; what
    stands behind a test delivery has none, and is in no feed.
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
    transaction = models.BigIntegerField(db_default=WRITING_TRANSACTION)
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
            # Where the feed begins for who has no cursor.
            models.Index(
                fields=["company", "dispatched_at"], name="event_by_time", condition=models.Q(position__isnull=False)
            ),
            models.Index(
                fields=["company", "correlation_id"],
                name="event_by_correlation",
                condition=~models.Q(correlation_id=""),
            ),
        ]
