"""What waits at the gate, the decisions taken there, and which moves exist."""

from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models.base import ModelState
from django.utils import timezone
from django_fsm import FSMField, transition

from erpstaging.companies.models import CompanyRow, ServiceAccount, company_key
from erpstaging.core.documents import Document
from erpstaging.core.policies import same_company
from erpstaging.core.states import Moving
from erpstaging.erp_requests.models import ErpRequest
from erpstaging.records.models import Record


class StagedStatus(models.TextChoices):
    STAGED = "staged"
    ARCHIVED = "archived"
    IMPORTED = "imported"
    INVALID = "invalid"


class StagedRecord(Moving, CompanyRow):
    """An ERP object that the integrator staged for import. Children stand under their parent row.

    `waiting_for` lists the references of the row and its children that are not linked yet, as
    {"row": origin ID, "field": str, "value": origin ID, "targets": [item types]}.
    """

    company = company_key(db_constraint=False)
    item_type = models.CharField(max_length=40)
    origin_id = models.CharField(max_length=255)
    origin_code = models.CharField(max_length=255, null=True)  # noqa: DJ001 - the wire tells null from ""
    origin_data = Document(null=True)
    parent = same_company("self")
    status = FSMField(choices=StagedStatus.choices, default=StagedStatus.STAGED, protected=True)
    # Archived together with its parent, so that it comes back with it; one archived on its own stays.
    archived_with_parent = models.BooleanField(default=False)
    data = Document(default=dict)
    number = models.CharField(max_length=255, blank=True)
    title = models.CharField(max_length=255, blank=True)
    amount = models.DecimalField(max_digits=23, decimal_places=4, null=True)
    messages = Document(default=list)
    waiting_for = Document(default=list)
    project_origin_id = models.CharField(max_length=255, blank=True)
    origin_version = models.BigIntegerField(null=True)
    record = same_company(Record)
    account = models.ForeignKey(
        ServiceAccount, on_delete=models.PROTECT, related_name="+", null=True, db_constraint=False, db_index=False
    )
    changed_by_kind = models.CharField(max_length=16)
    changed_by_id = models.BigIntegerField(null=True)
    changed_by_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "item_type", "origin_id"],
                name="one_staged_record_per_origin_id",
                condition=models.Q(deleted_at__isnull=True),
            ),
            models.CheckConstraint(condition=~models.Q(origin_id=""), name="staged_origin_id_is_not_blank"),
            models.CheckConstraint(
                condition=models.Q(amount__isnull=True) | ~models.Q(amount=models.Value("NaN")),
                name="staged_amount_is_a_number",
            ),
        ]
        indexes = [
            models.Index(
                fields=["company", "status", "created_at", "id"],
                name="staged_queue",
                condition=models.Q(parent__isnull=True, deleted_at__isnull=True),
            ),
            models.Index(
                fields=["company", "item_type", "status", "created_at", "id"],
                name="staged_queue_of_type",
                condition=models.Q(parent__isnull=True, deleted_at__isnull=True),
            ),
            models.Index(
                fields=["company", "parent", "id"],
                name="staged_by_parent",
                condition=models.Q(parent__isnull=False),
            ),
            models.Index(
                fields=["company", "id"],
                name="staged_waiting",
                condition=models.Q(deleted_at__isnull=True) & ~models.Q(waiting_for=[]),
            ),
        ]

    def like(self, **values: Any) -> "StagedRecord":
        """Another unsaved row like this one but for `values`, at a tenth of what the constructor costs."""
        row: StagedRecord = StagedRecord.__new__(StagedRecord)
        row.__dict__ |= self.__dict__ | {"_state": ModelState(), "data": {}, "messages": [], "waiting_for": []} | values
        return row

    @property
    def last_change(self) -> tuple[str, datetime]:
        """Who changed or decided it last, and when."""
        return self.changed_by_name, self.updated_at

    @transition(status, source=StagedStatus.STAGED, target=StagedStatus.IMPORTED)
    def import_into(self, record: Record) -> None:
        self.record = record
        self.messages, self.waiting_for = [], []

    @transition(status, source=StagedStatus.STAGED, target=StagedStatus.INVALID)
    def invalidate(self, messages: list[str]) -> None:
        self.messages = messages

    @transition(status, source=StagedStatus.STAGED, target=StagedStatus.ARCHIVED)
    def archive(self, *, with_parent: bool = False) -> None:
        self.archived_with_parent = with_parent

    @transition(
        status,
        source=[StagedStatus.ARCHIVED, StagedStatus.IMPORTED, StagedStatus.INVALID],
        target=StagedStatus.STAGED,
    )
    def stage_again(self) -> None:
        self.archived_with_parent = False
        self.messages = []


class Intake(CompanyRow):
    """One body as it was received."""

    account = models.ForeignKey(ServiceAccount, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    path = models.CharField(max_length=400)
    content_type = models.CharField(max_length=100)
    body = models.BinaryField()
    sha256 = models.BinaryField(max_length=32)
    correlation_id = models.CharField(max_length=64, blank=True)
    received_at = models.DateTimeField(default=timezone.now)


class StagedChange(CompanyRow):
    """One change of a staged record: what stood there before, and what came. `superseded` ones changed nothing."""

    company = company_key(db_constraint=False)
    staged_record = same_company(StagedRecord, null=False)
    intake = same_company(Intake)
    version = models.IntegerField()
    before = Document(null=True)
    sent = Document()
    origin_version = models.BigIntegerField(null=True)
    superseded = models.BooleanField(default=False)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["company", "staged_record", "id"], name="staged_change_by_row")]


class Action(models.TextChoices):
    CREATE = "create"
    UPDATE = "update"
    UNLINK = "unlink"


class ExportState(models.TextChoices):
    READY_TO_EXPORT = "ready_to_export"
    ACCEPTED = "accepted"
    EXPORTING = "exporting"
    FAILED = "failed"
    SYNCED = "synced"
    RETRIEVED = "retrieved"
    REJECTED = "rejected"
    UNLINKING = "unlinking"
    UNLINKED = "unlinked"


OPEN_STATES = (
    ExportState.READY_TO_EXPORT,
    ExportState.ACCEPTED,
    ExportState.EXPORTING,
    ExportState.FAILED,
    ExportState.UNLINKING,
)


class StagedExport(Moving, CompanyRow):
    """One passage of a record through the gate, frozen as it was when it was sent.

    `snapshot` is the record with its lines and what they refer to; `inputs` is what the approver typed at Accept, as
    {"code": str, "custom_fields": {key: value}}. `version` is what a decision names.
    """

    record = same_company(Record, null=False)
    item_type = models.CharField(max_length=40)
    action = models.CharField(max_length=6, choices=Action.choices, default=Action.CREATE)
    state = FSMField(choices=ExportState.choices, default=ExportState.READY_TO_EXPORT, protected=True)
    snapshot = Document()
    content_hash = models.BinaryField(max_length=32)
    record_version = models.IntegerField()
    project = same_company(Record)
    vendor = same_company(Record)
    number = models.CharField(max_length=255, blank=True)
    title = models.CharField(max_length=255, blank=True)
    amount = models.DecimalField(max_digits=23, decimal_places=4, null=True)
    currency = models.CharField(max_length=3, blank=True)
    sent_by_id = models.BigIntegerField()
    sent_by_name = models.CharField(max_length=200)
    sent_at = models.DateTimeField(default=timezone.now)
    decided_by_id = models.BigIntegerField(null=True)
    decided_by_name = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True)
    inputs = Document(default=dict)
    reason = models.TextField(blank=True)
    reason_code = models.CharField(max_length=60, blank=True)
    pins = Document(default=list)
    messages = Document(default=list)
    release_at = models.DateTimeField(null=True)
    held_reason = models.CharField(max_length=300, blank=True)
    erp_request = same_company(ErpRequest)
    attempts = models.IntegerField(default=0)
    closed_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(default=timezone.now)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "record"],
                name="one_open_export_per_record",
                condition=models.Q(state__in=OPEN_STATES),
            ),
            models.CheckConstraint(
                condition=models.Q(amount__isnull=True) | ~models.Q(amount=models.Value("NaN")),
                name="export_amount_is_a_number",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "state", "sent_at", "id"], name="export_queue"),
            models.Index(fields=["company", "item_type", "state", "sent_at", "id"], name="export_queue_of_type"),
            models.Index(fields=["company", "record", "-id"], name="export_by_record"),
            models.Index(fields=["company", "sent_by_id", "-id"], name="export_by_sender"),
            models.Index(
                fields=["company", "record"], name="export_out", condition=models.Q(state=ExportState.EXPORTING)
            ),
            models.Index(fields=["release_at"], name="export_due", condition=models.Q(state=ExportState.ACCEPTED)),
        ]

    @property
    def last_change(self) -> tuple[str, datetime]:
        """Who changed or decided it last, and when."""
        return (self.decided_by_name, self.decided_at) if self.decided_at else (self.sent_by_name, self.sent_at)

    @property
    def is_open(self) -> bool:
        """Whether it still stands in the way of another export of its record."""
        return self.state in OPEN_STATES

    @transition(state, source=ExportState.READY_TO_EXPORT, target=ExportState.ACCEPTED)
    def accept_export(
        self, *, approver_id: int | None, approver_name: str, now: datetime, undo: timedelta, inputs: dict[str, Any]
    ) -> None:
        self.decided_by_id, self.decided_by_name, self.decided_at = approver_id, approver_name, now
        self.release_at = now + undo
        self.inputs = inputs

    @transition(state, source=ExportState.ACCEPTED, target=ExportState.READY_TO_EXPORT)
    def undo_accept(self) -> None:
        self.decided_by_id, self.decided_by_name, self.decided_at = None, "", None
        self.release_at, self.held_reason, self.inputs = None, "", {}

    @transition(state, source=[ExportState.ACCEPTED, ExportState.FAILED], target=ExportState.EXPORTING)
    def release(self, erp_request: ErpRequest) -> None:
        """Out to the integrator: after the accept, or again after a failure with the same snapshot."""
        self.erp_request = erp_request
        self.release_at, self.held_reason, self.messages = None, "", []
        self.attempts += 1

    @transition(
        state,
        source=[ExportState.READY_TO_EXPORT, ExportState.FAILED, ExportState.EXPORTING],
        target=ExportState.REJECTED,
    )
    def reject_export(
        self, *, rejecter_id: int | None, rejecter_name: str, now: datetime, reason: str, code: str, pins: list[Any]
    ) -> None:
        self.decided_by_id, self.decided_by_name, self.decided_at = rejecter_id, rejecter_name, now
        self.reason, self.reason_code, self.pins = reason, code, pins
        self.closed_at = now

    @transition(state, source=[ExportState.READY_TO_EXPORT, ExportState.FAILED], target=ExportState.RETRIEVED)
    def retrieve(self, *, sender_id: int | None, sender_name: str, now: datetime) -> None:
        """Taken back: who was too late to decide learns by whom and when."""
        self.decided_by_id, self.decided_by_name, self.decided_at = sender_id, sender_name, now
        self.closed_at = now

    @transition(state, source=ExportState.EXPORTING, target=ExportState.FAILED)
    def fail(self, messages: list[str]) -> None:
        self.messages = messages

    @transition(state, source=[ExportState.EXPORTING, ExportState.FAILED], target=ExportState.SYNCED)
    def sync(self, *, now: datetime) -> None:
        self.messages = []
        self.closed_at = now

    @transition(state, source=ExportState.SYNCED, target=ExportState.UNLINKED)
    def unlink(self, *, now: datetime) -> None:
        self.closed_at = now


class Decision(CompanyRow):
    """One person's or rule's yes or no on one version of one staged object."""

    object_type = models.CharField(max_length=16)  # staged_record or export
    object_id = models.BigIntegerField()
    version = models.IntegerField()
    step = models.IntegerField(default=1)
    verdict = models.CharField(max_length=8)  # accept, reject, import, link
    actor_kind = models.CharField(max_length=16)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200)
    content_hash = models.BinaryField(max_length=32, null=True)
    sender_id = models.BigIntegerField(null=True)
    address = models.GenericIPAddressField(null=True)
    reason = models.TextField(blank=True)
    decided_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "object_type", "object_id", "version", "step", "actor_kind", "actor_id"],
                name="one_decision_per_version_and_person",
                nulls_distinct=False,
            )
        ]


class Conflict(CompanyRow):
    """A contradiction between what we hold and what the ERP said, with both values; a person resolves it."""

    record = same_company(Record, null=False)
    kind = models.CharField(max_length=40)
    message = models.CharField(max_length=500)
    ours = Document()
    theirs = Document()
    opened_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["company", "id"], name="conflict_open", condition=models.Q(resolved_at__isnull=True)),
            models.Index(fields=["company", "record"], name="conflict_by_record"),
        ]
