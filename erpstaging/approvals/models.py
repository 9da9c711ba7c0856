"""What a person keeps of the queue: filters by name, and how he looks at it."""

from django.db import models
from django.utils import timezone

from erpstaging.companies.models import CompanyRow, User
from erpstaging.core.policies import same_company


class SavedFilter(CompanyRow):
    """A part of the queue by name: `query` is what stands in its address. A shared one is there for all who see it."""

    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    owner_name = models.CharField(max_length=200)
    name = models.CharField(max_length=60)
    query = models.TextField(max_length=4000)
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "owner", "name"],
                name="one_own_filter_by_name",
                condition=models.Q(shared=False),
            ),
            models.UniqueConstraint(
                fields=["company", "name"], name="one_shared_filter_by_name", condition=models.Q(shared=True)
            ),
        ]


class QueueChoice(CompanyRow):
    """How one person looks at the queue of one company.

    `hidden` names the columns that he does not want to see, by tab: `{"commitments": ["project", "own:region"]}`. What
    is not named is shown, so that a new column is seen as soon as it exists.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    default_filter = same_company(SavedFilter)
    hidden = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "user"], name="one_queue_choice")]
        indexes = [
            models.Index(
                fields=["company", "default_filter"],
                name="queue_choice_by_default",
                condition=models.Q(default_filter__isnull=False),
            )
        ]
