"""A cause that exports fail for."""

from django.db import models
from django.utils import timezone

from erpstaging.companies.models import CompanyRow


class Problem(CompanyRow):
    """All failures of one cause, from the first until none is left; its rows are the exports with its `cause`.

    `text` and `code` are those of the first. One that comes again is a new problem, and stays muted if the last was.
    """

    cause = models.CharField(max_length=32)
    code = models.CharField(max_length=60)
    text = models.CharField(max_length=500, blank=True)
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)
    muted_until = models.DateTimeField(null=True)
    muted_by_id = models.BigIntegerField(null=True)
    muted_by_name = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "cause"],
                name="one_open_problem_per_cause",
                condition=models.Q(closed_at__isnull=True),
            )
        ]
        indexes = [
            models.Index(fields=["company", "-closed_at"], name="problem_closed"),
            models.Index(fields=["id"], name="problem_open", condition=models.Q(closed_at__isnull=True)),
            models.Index(fields=["company", "cause", "-id"], name="problem_by_cause"),
        ]
