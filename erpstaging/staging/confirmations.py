"""Acts that one person asks for and another one confirms."""

from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone
from django_fsm import FSMField, transition

from erpstaging.companies.models import CompanyRow
from erpstaging.core.policies import same_company
from erpstaging.core.states import Moving
from erpstaging.erp_requests.models import ErpRequest
from erpstaging.records.models import Record


class Asked(models.TextChoices):
    RESET = "reset"
    MARK_SYNCED = "mark_synced"


class ConfirmationState(models.TextChoices):
    WAITING = "waiting"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    EXPIRED = "expired"


class Confirmation(Moving, CompanyRow):
    """An act that waits for its second person, until `expires_at`.

    `seen` is what the act was asked about, so that nothing else is confirmed: the record's `origin_id` for a reset, and
    for an export that is marked as synced its `version` and the `origin_id` that it gets.
    """

    act = models.CharField(max_length=12, choices=Asked.choices)
    record = same_company(Record, null=False)
    export = same_company("staging.StagedExport")
    state = FSMField(choices=ConfirmationState.choices, default=ConfirmationState.WAITING, protected=True)
    seen = models.JSONField(default=dict)
    reason = models.TextField()
    asked_by_id = models.BigIntegerField()
    asked_by_name = models.CharField(max_length=200)
    asked_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    answered_by_id = models.BigIntegerField(null=True)
    answered_by_name = models.CharField(max_length=200, blank=True)
    answered_at = models.DateTimeField(null=True)
    erp_request = same_company(ErpRequest)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "act", "record"],
                name="one_confirmation_waits_per_act",
                condition=models.Q(state=ConfirmationState.WAITING),
            ),
            models.CheckConstraint(
                condition=models.Q(answered_by_id__isnull=True)
                | ~models.Q(state=ConfirmationState.CONFIRMED)
                | ~models.Q(answered_by_id=models.F("asked_by_id")),
                name="nobody_confirms_his_own",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "record", "-id"], name="confirmation_by_record"),
            models.Index(
                fields=["expires_at"],
                name="confirmation_due",
                condition=models.Q(state=ConfirmationState.WAITING),
            ),
            models.Index(fields=["company", "state", "-id"], name="confirmation_by_state"),
        ]

    @transition(state, source=ConfirmationState.WAITING, target=ConfirmationState.CONFIRMED)
    def confirm(self, **by: Any) -> None:
        self._answer(**by)

    @transition(state, source=ConfirmationState.WAITING, target=ConfirmationState.DECLINED)
    def decline(self, **by: Any) -> None:
        """A no of the second person, or the first one's second thought."""
        self._answer(**by)

    @transition(state, source=ConfirmationState.WAITING, target=ConfirmationState.EXPIRED)
    def expire(self, *, now: datetime) -> None:
        self.answered_at = now

    def _answer(self, *, person_id: int | None, name: str, now: datetime) -> None:
        self.answered_by_id, self.answered_by_name, self.answered_at = person_id, name, now
