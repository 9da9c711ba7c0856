"""Up to which moment a company's people were reminded of what waits past its limit."""

from django.db import models

from erpstaging.companies.models import CompanyRow


class ReminderMark(CompanyRow):
    """One for each company. What passes its limit after `told_until` is told at `next_at`, once."""

    told_until = models.DateTimeField()
    next_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company"], name="one_reminder_mark")]
        indexes = [models.Index(fields=["next_at"], name="reminder_due")]
