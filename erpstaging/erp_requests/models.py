"""What is asked of the integrator, and how that is going."""

from django.db import models
from django.utils import timezone
from django_fsm import FSMField, transition

from erpstaging.companies.models import CompanyRow
from erpstaging.core.policies import same_company
from erpstaging.core.states import Moving
from erpstaging.records.models import Record


class ErpRequest(CompanyRow):
    """One event for the integrator. `request_data` is frozen; the hook tells only the id.

    Ids come from one sequence with the details' ids, so that no id of one is ever taken for the other's.
    """

    request_name = models.CharField(max_length=60)
    request_data = models.JSONField()
    taken_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["company", "request_name", "id"], name="erp_request_by_name")]


class DetailState(models.TextChoices):
    IN_PROGRESS = "in_progress"
    SUCCESS = "success"
    FAILED = "failed"
    REJECTED = "rejected"
    STALE = "stale"


class ErpRequestDetail(Moving, CompanyRow):
    """How one item of a request is going. Only a `current` detail moves the item's export.

    The detail of a refresh is about a whole list and has no item. `first` is the first attempt of what this one tries
    again.
    """

    erp_request = same_company(ErpRequest, null=False)
    state = FSMField(choices=DetailState.choices, default=DetailState.IN_PROGRESS, protected=True)
    messages = models.JSONField(default=list)
    item_type = models.CharField(max_length=40)
    item = same_company(Record)
    item_version = models.IntegerField()
    attempt = models.IntegerField(default=1)
    first = same_company("self")
    current = models.BooleanField(default=True)
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "item", "item_version"],
                name="one_current_detail_per_version",
                condition=models.Q(current=True),
            )
        ]
        indexes = [
            models.Index(fields=["company", "item", "-id"], name="detail_by_item"),
            models.Index(fields=["company", "erp_request"], name="detail_by_request"),
            models.Index(
                fields=["due_at"], name="detail_due", condition=models.Q(state=DetailState.IN_PROGRESS, current=True)
            ),
        ]

    @transition(state, source=list(DetailState.values), target=DetailState.SUCCESS)
    def succeed(self) -> None: ...

    @transition(state, source=list(DetailState.values), target=DetailState.FAILED)
    def fail(self) -> None: ...

    @transition(state, source=list(DetailState.values), target=DetailState.REJECTED)
    def reject(self) -> None: ...

    @transition(state, source=list(DetailState.values), target=DetailState.STALE)
    def go_stale(self) -> None: ...

    @transition(state, source=list(DetailState.values), target=DetailState.IN_PROGRESS)
    def reopen(self) -> None: ...
