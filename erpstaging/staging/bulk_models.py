"""A decision on many objects: what was asked for, and what became of each row."""

from django.db import models
from django.utils import timezone

from erpstaging.companies.models import CompanyRow, company_key
from erpstaging.core.documents import Document
from erpstaging.core.policies import same_company


class BulkJob(CompanyRow):
    """One act on many objects, decided in chunks by ascending id; rows up to `decided_to` have their outcome.

    `given` is what the act needs besides its rows, such as {"reason": str}. Who asked, from where and by which request
    is kept for the chunks that a worker decides in his name; his rights are read anew with each.
    """

    act = models.CharField(max_length=20)
    given = Document(default=dict)
    total = models.IntegerField()
    decided_to = models.BigIntegerField(default=0)
    asked_by_id = models.BigIntegerField()
    asked_by_name = models.CharField(max_length=200)
    credential = models.CharField(max_length=80, blank=True)
    address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=200, blank=True)
    correlation_id = models.CharField(max_length=64, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["id"], name="bulk_unfinished", condition=models.Q(finished_at__isnull=True))]


class BulkOutcome(models.TextChoices):
    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    SKIPPED = "skipped"  # it changed since it was chosen


class BulkItem(CompanyRow):
    """One row of a job in the version that was chosen.

    `object_id` is an export's or a staged record's, as the act says; `code`, `message` and `errors` are a refusal's.
    """

    company = company_key(db_constraint=False)
    job = same_company(BulkJob, null=False)
    object_id = models.BigIntegerField()
    version = models.IntegerField()
    outcome = models.CharField(max_length=7, choices=BulkOutcome.choices, default=BulkOutcome.WAITING)
    code = models.CharField(max_length=60, blank=True)
    message = models.TextField(blank=True)
    errors = models.JSONField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "job", "object_id"], name="one_outcome_per_row_of_a_job")
        ]
