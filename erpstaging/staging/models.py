"""What waits at the gate, the decisions taken there, and which moves exist."""

from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Value
from django.db.models.base import ModelState
from django.utils import timezone
from django_fsm import FSMField, transition

from erpstaging.companies.models import CompanyRow, ServiceAccount, company_key
from erpstaging.core.documents import Document
from erpstaging.core.policies import same_company
from erpstaging.core.states import Moving
from erpstaging.erp_requests.models import ErpRequest, ErpRequestDetail
from erpstaging.records.models import Record
from erpstaging.staging.bulk_models import BulkItem as BulkItem
from erpstaging.staging.bulk_models import BulkJob as BulkJob
from erpstaging.staging.causes import Cause, cause_of
from erpstaging.staging.confirmations import Confirmation as Confirmation  # a table with a file of its own
from erpstaging.staging.problem_models import Problem as Problem
from erpstaging.staging.reminder_mark import ReminderMark as ReminderMark


class StagedStatus(models.TextChoices):
    STAGED = "staged"
    ARCHIVED = "archived"
    IMPORTED = "imported"
    INVALID = "invalid"


# References that a staged row may carry by our id in place of the ERP's.
NAMED_BY_ID = ["project_id", "vendor_id"]


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
    vendor_origin_id = models.CharField(max_length=255, blank=True, db_default="")
    origin_version = models.BigIntegerField(null=True)
    record = same_company(Record)
    # Of the types that may be imported once more: what went in last, and whether the integration said more since.
    imported_data = models.JSONField(null=True)
    changed_since_import = models.BooleanField(default=False, db_default=False)
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
                fields=["company", "project_origin_id", "status", "created_at", "id"],
                name="staged_queue_of_project",
                condition=models.Q(parent__isnull=True, deleted_at__isnull=True) & ~models.Q(project_origin_id=""),
            ),
            models.Index(
                fields=["company", "vendor_origin_id", "status", "created_at", "id"],
                name="staged_queue_of_vendor",
                condition=models.Q(parent__isnull=True, deleted_at__isnull=True) & ~models.Q(vendor_origin_id=""),
            ),
            models.Index(
                fields=["company", "id"],
                name="staged_naming_by_id",
                condition=models.Q(parent__isnull=True, deleted_at__isnull=True, data__has_any_keys=NAMED_BY_ID),
            ),
            models.Index(
                fields=["company", "account", "status", "created_at", "id"],
                name="staged_queue_of_account",
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
            models.Index(
                fields=["company", "id"],
                name="staged_changed_again",
                condition=models.Q(changed_since_import=True, parent__isnull=True, deleted_at__isnull=True),
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

    @transition(status, source=StagedStatus.IMPORTED, target=StagedStatus.IMPORTED)
    def import_again(self, record: Record) -> None:
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
    """One change of a staged record: what stood there before, and where in the received body stands what came.

    `place` is a JSON pointer below the body's element or list of elements, such as `/updates/3/children/0`. What came
    too late is `superseded`: it changed nothing, and is kept in `sent`. No references are checked by the database
    (docs/decisions/bulk-writes.md).
    """

    company = company_key(db_constraint=False)
    staged_record = same_company(StagedRecord, null=False)
    intake = same_company(Intake)
    version = models.IntegerField()
    before = models.JSONField(null=True)
    sent = models.JSONField(null=True)
    place = models.CharField(max_length=40, blank=True)
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


# The states in which an export stands in a view of the queue.
LISTED_STATES = (
    ExportState.READY_TO_EXPORT,
    ExportState.ACCEPTED,
    ExportState.EXPORTING,
    ExportState.FAILED,
    ExportState.REJECTED,
)


class Failure(models.TextChoices):
    """How an export failed, where it is not the whole that the ERP refused."""

    STALE = "stale"  # nobody answered in time
    PARTIAL = "partial"  # the ERP has it, and refused some of its lines


class StagedExport(Moving, CompanyRow):
    """One passage of a record through the gate, frozen as it was when it was sent.

    `snapshot` is the record with its lines and what they refer to; `inputs` is what the approver typed at Accept, as
    {"code": str, "custom_fields": {key: value}}. `version` is what a decision names. `resubmits` is the rejected export
    that this one comes back from; `pins` are notes to fields (rejections.clean_pins); `failed_items` are the lines that
    the ERP refused, as {"item_type", "item_id", "messages"}.
    """

    record = same_company(Record, null=False)
    item_type = models.CharField(max_length=40)
    action = models.CharField(max_length=6, choices=Action.choices, default=Action.CREATE)
    state = FSMField(choices=ExportState.choices, default=ExportState.READY_TO_EXPORT, protected=True)
    snapshot = models.JSONField()
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
    inputs = models.JSONField(default=dict)
    reason = models.TextField(blank=True)
    reason_code = models.CharField(max_length=60, blank=True)
    pins = models.JSONField(default=list)
    messages = models.JSONField(default=list)
    resubmits = same_company("self")
    failure = models.CharField(max_length=8, choices=Failure.choices, blank=True, default="", db_default="")
    failed_items = models.JSONField(default=list, db_default=Value([], models.JSONField()))
    release_at = models.DateTimeField(null=True)
    held_reason = models.CharField(max_length=300, blank=True)
    # Put on hold by an approver until a moment of his choice.
    hold_until = models.DateTimeField(null=True)
    hold_note = models.CharField(max_length=300, blank=True)
    held_by_id = models.BigIntegerField(null=True)
    held_by_name = models.CharField(max_length=200, blank=True)
    held_at = models.DateTimeField(null=True)
    erp_request = same_company(ErpRequest)
    attempts = models.IntegerField(default=0)
    closed_at = models.DateTimeField(null=True)
    # Why it failed last, as the key of its problem (causes.py): kept while it is tried again, empty once that is over.
    cause = models.CharField(max_length=32, blank=True, default="", db_default="")
    failed_at = models.DateTimeField(null=True)
    # What made it synced besides the integrator's answer: "manual" for an origin ID that people entered.
    source = models.CharField(max_length=12, blank=True, db_default="")
    # That of the decision, so that what a sweep lets out later carries it on.
    correlation_id = models.CharField(max_length=64, blank=True, db_default="")
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
            models.Index(
                fields=["company", "project", "state", "sent_at", "id"],
                name="export_queue_of_project",
                condition=models.Q(state__in=LISTED_STATES, project__isnull=False),
            ),
            models.Index(
                fields=["company", "vendor", "state", "sent_at", "id"],
                name="export_queue_of_vendor",
                condition=models.Q(state__in=LISTED_STATES, vendor__isnull=False),
            ),
            models.Index(
                fields=["company", "sent_by_id", "state", "sent_at", "id"],
                name="export_queue_of_sender",
                condition=models.Q(state__in=LISTED_STATES),
            ),
            models.Index(
                fields=["company", "state", "sent_at", "id"],
                name="export_queue_resubmitted",
                condition=models.Q(state__in=LISTED_STATES, resubmits__isnull=False),
            ),
            models.Index(
                fields=["company", "failure", "sent_at", "id"],
                name="export_queue_failed",
                condition=models.Q(state=ExportState.FAILED),
            ),
            models.Index(
                fields=["company", "sent_at", "id"],
                name="export_queue_retried",
                condition=models.Q(state=ExportState.FAILED, attempts__gt=1),
            ),
            models.Index(
                fields=["company", "reason_code", "sent_at", "id"],
                name="export_queue_rejected",
                condition=models.Q(state=ExportState.REJECTED),
            ),
            models.Index(fields=["company", "record", "-id"], name="export_by_record"),
            models.Index(fields=["company", "sent_by_id", "-id"], name="export_by_sender"),
            models.Index(
                fields=["company", "-changed_at", "-id"],
                name="export_gave_up",
                condition=models.Q(state=ExportState.FAILED),
            ),
            models.Index(
                fields=["company", "record"], name="export_out", condition=models.Q(state=ExportState.EXPORTING)
            ),
            models.Index(
                fields=["company", "cause", "state", "id"], name="export_of_problem", condition=~models.Q(cause="")
            ),
            models.Index(
                fields=["company", "closed_at"],
                name="export_synced_by_time",
                condition=models.Q(state=ExportState.SYNCED),
            ),
            models.Index(fields=["release_at"], name="export_due", condition=models.Q(state=ExportState.ACCEPTED)),
            models.Index(
                fields=["hold_until"],
                name="export_held",
                condition=models.Q(state=ExportState.READY_TO_EXPORT, hold_until__isnull=False),
            ),
        ]

    @property
    def last_change(self) -> tuple[str, datetime]:
        """Who changed or decided it last, and when."""
        acts = [(self.sent_by_name, self.sent_at), (self.held_by_name, self.held_at)]
        acts.append((self.decided_by_name, self.decided_at))
        return max(((who, at) for who, at in acts if at is not None), key=lambda act: act[1])

    @property
    def status(self) -> str:
        """The state as people and clients read it: a failure of some lines only has a word of its own."""
        partial = self.state == ExportState.FAILED and self.failure == Failure.PARTIAL
        return "partially_failed" if partial else str(self.state)

    @property
    def cause_found(self) -> Cause:
        """Why it failed, in the words of its messages."""
        own_words = [one for one in (self.number, self.title) if one]
        return cause_of(self.messages, unanswered=self.failure == Failure.STALE, own_words=own_words)

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

    def put_on_hold(
        self, *, holder_id: int | None, holder_name: str, now: datetime, until: datetime, note: str
    ) -> None:
        """Aside until a moment: still waiting for a decision, and any decision ends it."""
        self.held_by_id, self.held_by_name, self.held_at = holder_id, holder_name, now
        self.hold_until, self.hold_note = until, note

    def take_off_hold(self) -> None:
        self.hold_until = None

    @transition(state, source=ExportState.ACCEPTED, target=ExportState.READY_TO_EXPORT)
    def undo_accept(self) -> None:
        self.decided_by_id, self.decided_by_name, self.decided_at = None, "", None
        self.release_at, self.held_reason, self.inputs = None, "", {}

    @transition(state, source=[ExportState.ACCEPTED, ExportState.FAILED], target=ExportState.EXPORTING)
    def release(self, erp_request_id: int) -> None:
        """Out to the integrator: after the accept, or again after a failure with the same snapshot."""
        self.erp_request_id = erp_request_id
        self.release_at, self.held_reason, self.messages = None, "", []
        self.failure = ""
        self.attempts += 1

    def leave_anew(self, erp_request_id: int) -> None:
        """Still out, in another request: the one it was in was cancelled before anybody fetched it."""
        self.erp_request_id = erp_request_id
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
        self.closed_at, self.cause = now, ""

    @transition(state, source=[ExportState.READY_TO_EXPORT, ExportState.FAILED], target=ExportState.RETRIEVED)
    def retrieve(self, *, sender_id: int | None, sender_name: str, now: datetime) -> None:
        """Taken back: who was too late to decide learns by whom and when."""
        self.decided_by_id, self.decided_by_name, self.decided_at = sender_id, sender_name, now
        self.closed_at, self.cause = now, ""

    @transition(state, source=ExportState.EXPORTING, target=ExportState.FAILED)
    def fail(
        self,
        messages: list[str],
        *,
        now: datetime,
        failure: Failure | None = None,
        failed_items: list[dict[str, Any]] | None = None,
    ) -> None:
        """`failed_items` are kept from attempt to attempt: until it is synced, only they are tried again."""
        self.messages = messages
        self.failed_items = self.failed_items if failed_items is None else failed_items
        self.failure = failure or (Failure.PARTIAL if self.failed_items else "")
        self.cause, self.failed_at = self.cause_found.key, now

    def correct_failure(self, messages: list[str], *, now: datetime, failed_items: list[dict[str, Any]]) -> None:
        """It failed, and the ERP tells later which lines it refused, or that it refused none."""
        self.messages, self.failed_items = messages, failed_items
        self.failure = Failure.PARTIAL if failed_items else ""
        self.cause, self.failed_at = self.cause_found.key, now

    @transition(state, source=[ExportState.EXPORTING, ExportState.FAILED], target=ExportState.SYNCED)
    def sync(self, *, now: datetime) -> None:
        self.messages = []
        self.failure, self.failed_items = "", []
        self.closed_at, self.cause = now, ""

    @transition(state, source=[ExportState.SYNCED, ExportState.UNLINKING], target=ExportState.UNLINKED)
    def unlink(self, *, now: datetime) -> None:
        self.closed_at = now

    @transition(state, source=ExportState.UNLINKING, target=ExportState.SYNCED)
    def stay_linked(self, messages: list[str], *, now: datetime) -> None:
        """The ERP still has it: what was asked to be unlinked stays as it was, and says why."""
        self.messages = messages
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
    reason_code = models.CharField(max_length=60, blank=True, default="", db_default="")
    decided_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "object_type", "object_id", "version", "step", "actor_kind", "actor_id"],
                name="one_decision_per_version_and_person",
                nulls_distinct=False,
            )
        ]
        indexes = [
            models.Index(
                fields=["company", "decided_at", "reason_code"],
                name="rejection_by_time",
                condition=models.Q(verdict="reject"),
            )
        ]


class Conflict(CompanyRow):
    """A contradiction between what we hold and what the ERP said, with both values; a person resolves it."""

    record = same_company(Record, null=False)
    kind = models.CharField(max_length=40)
    message = models.CharField(max_length=500)
    ours = models.JSONField()
    theirs = models.JSONField()
    opened_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["company", "id"], name="conflict_open", condition=models.Q(resolved_at__isnull=True)),
            models.Index(fields=["company", "record"], name="conflict_by_record"),
        ]


class LinkState(models.TextChoices):
    LINKED = "linked"  # can be taken back, and nobody was told yet
    RELEASED = "released"
    UNDONE = "undone"


class StagedLink(Moving, CompanyRow):
    """A staged record that was linked to a record that stood there, instead of becoming a new one.

    `before` is what the link put aside: {"origin_code", "origin_data", "account_id"} of the record, and under `freed`
    what other staged rows waited for, as [[row id, entries]]. At `release_at` the integrator is told.
    """

    staged_record = same_company(StagedRecord, null=False)
    record = same_company(Record, null=False)
    state = FSMField(choices=LinkState.choices, default=LinkState.LINKED, protected=True)
    before = models.JSONField()
    linked_by_id = models.BigIntegerField(null=True)
    linked_by_name = models.CharField(max_length=200)
    linked_at = models.DateTimeField(default=timezone.now)
    release_at = models.DateTimeField()
    erp_request = same_company(ErpRequest)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "record"],
                name="one_link_under_way_per_record",
                condition=models.Q(state=LinkState.LINKED),
            ),
        ]
        indexes = [
            models.Index(fields=["company", "staged_record", "-id"], name="link_by_row"),
            models.Index(fields=["release_at", "id"], name="link_due", condition=models.Q(state=LinkState.LINKED)),
        ]

    @transition(state, source=LinkState.LINKED, target=LinkState.RELEASED)
    def release(self, erp_request_id: int) -> None:
        self.erp_request_id = erp_request_id

    @transition(state, source=LinkState.LINKED, target=LinkState.UNDONE)
    def undo(self) -> None:
        """Taken back in time, or by the integration before it was told."""


class RefreshState(models.TextChoices):
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STALE = "stale"


class Refresh(Moving, CompanyRow):
    """The integrator was asked for news of a whole list. One at a time for each; `request_name` says which list."""

    request_name = models.CharField(max_length=60)
    item_type = models.CharField(max_length=40)
    state = FSMField(choices=RefreshState.choices, default=RefreshState.RUNNING, protected=True)
    messages = models.JSONField(default=list)
    erp_request = same_company(ErpRequest, null=False)
    detail = same_company(ErpRequestDetail, null=False)
    asked_by_id = models.BigIntegerField(null=True)
    asked_by_name = models.CharField(max_length=200)
    asked_at = models.DateTimeField(default=timezone.now)
    closed_by_name = models.CharField(max_length=200, blank=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "request_name"],
                name="one_refresh_per_list",
                condition=models.Q(state=RefreshState.RUNNING),
            ),
        ]
        indexes = [
            models.Index(fields=["company", "request_name", "-id"], name="refresh_by_list"),
            models.Index(fields=["company", "detail"], name="refresh_by_detail"),
            models.Index(fields=["id"], name="refresh_running", condition=models.Q(state=RefreshState.RUNNING)),
        ]

    @transition(state, source=[RefreshState.RUNNING, RefreshState.STALE], target=RefreshState.SUCCEEDED)
    def succeed(self, *, by: str, now: datetime, messages: list[str]) -> None:
        self._close(by, now, messages)

    @transition(state, source=[RefreshState.RUNNING, RefreshState.STALE], target=RefreshState.FAILED)
    def fail(self, *, by: str, now: datetime, messages: list[str]) -> None:
        self._close(by, now, messages)

    @transition(state, source=RefreshState.RUNNING, target=RefreshState.STALE)
    def go_stale(self, *, by: str, now: datetime, messages: list[str]) -> None:
        self._close(by, now, messages)

    def _close(self, by: str, now: datetime, messages: list[str]) -> None:
        self.closed_by_name, self.closed_at, self.messages = by, now, messages
