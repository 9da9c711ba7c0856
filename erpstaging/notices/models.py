"""A mail that is owed, and which ones a person wants."""

from django.db import models
from django.utils import timezone

from erpstaging.companies.models import CompanyRow, User, validate_zone

USUAL_HOUR, WORKING_DAYS = 7, "12345"


class Notice(CompanyRow):
    """What one person is told about one cause, by mail and in the pages.

    `context` is all that its texts need, as it was at that moment. `handed_at` is when the mail server was about to get
    it: what must not come twice is not sent again after that.
    """

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    cause = models.CharField(max_length=80)
    context = models.JSONField()
    due_at = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0)
    handed_at = models.DateTimeField(null=True)
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


class MailSettings(CompanyRow):
    """Which mails one person wants in a company, and when his next daily summary is due.

    `days` are ISO weekdays, Monday is 1. Without a zone of his own the company's counts.
    """

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    daily_summary = models.BooleanField(default=True)
    reminders = models.BooleanField(default=True)
    hour = models.SmallIntegerField(default=USUAL_HOUR)
    days = models.CharField(max_length=7, default=WORKING_DAYS)
    time_zone = models.CharField(max_length=64, blank=True, validators=[validate_zone])
    next_summary_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "person"], name="one_set_of_mail_settings"),
            models.CheckConstraint(condition=models.Q(hour__gte=0, hour__lte=23), name="mail_hour_is_of_a_day"),
        ]
        indexes = [
            models.Index(
                fields=["next_summary_at"], name="summary_due", condition=models.Q(next_summary_at__isnull=False)
            )
        ]
