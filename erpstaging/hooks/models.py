"""Endpoints that want to hear of events, what they listen to, and every attempt to tell them."""

from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from django.db import models
from django.utils import timezone
from django_fsm import FSMField, transition

from erpstaging.companies.models import CompanyRow
from erpstaging.core.policies import same_company
from erpstaging.core.states import Moving
from erpstaging.hooks.payloads import SHAPES
from erpstaging.outbox.models import Event, EventType
from erpstaging.records.models import Record


class Profile(models.TextChoices):
    """`procore` is strictly serial, pauses as a whole and discards; `durable` keeps order per object and holds."""

    PROCORE = "procore"
    DURABLE = "durable"


class HookState(models.TextChoices):
    ACTIVE = "active"
    PAUSED = "paused"
    IDLE = "idle"


class Hook(Moving, CompanyRow):
    """An endpoint of a company, or of one of its projects.

    `first_failure_at` stands while the endpoint has not answered well since; `failures` count from there in the profile
    procore. Paused with `next_attempt_at` it tries again by itself, without it it waits for somebody to resume it:
    `paused_by` is the name of who paused it, empty where the service did. A secret that was replaced signs beside the
    new one until `old_secret_until`.
    """

    project = same_company(Record)
    namespace = models.CharField(max_length=64)
    api_version = models.CharField(max_length=8)
    destination_url = models.CharField(max_length=2048)
    encrypted_headers = models.TextField()
    encrypted_secret = models.TextField()
    encrypted_old_secret = models.TextField(blank=True)
    old_secret_until = models.DateTimeField(null=True)
    profile = models.CharField(max_length=7, choices=Profile.choices)
    state = FSMField(choices=HookState.choices, default=HookState.ACTIVE, protected=True)
    failures = models.IntegerField(default=0)
    first_failure_at = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    paused_by = models.CharField(max_length=200, blank=True)
    pause_reason = models.CharField(max_length=300, blank=True)
    user_id = models.BigIntegerField(null=True)
    account_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # An unknown one could not be dispatched, and would stop the events behind it.
            models.CheckConstraint(condition=models.Q(api_version__in=list(SHAPES)), name="hook_api_version_is_known")
        ]
        indexes = [
            models.Index(
                fields=["company", "namespace", "id"],
                name="hook_by_namespace",
                condition=models.Q(deleted_at__isnull=True),
            )
        ]

    @property
    def receiver(self) -> str:
        """The host that is called: what people, logs and mails call the hook by."""
        return urlsplit(self.destination_url).hostname or str(self.pk)

    @property
    def address(self) -> str:
        """The destination without its query, where some receivers keep a secret."""
        return self.destination_url.partition("?")[0]

    @property
    def waits_for_resume(self) -> bool:
        return self.state == HookState.PAUSED and self.next_attempt_at is None

    @transition(state, source=list(HookState.values), target=HookState.ACTIVE)
    def start_afresh(self) -> None:
        """A success, a new destination, a resume, or the first event after everything was discarded."""
        self.failures, self.first_failure_at, self.next_attempt_at = 0, None, None
        self.paused_at, self.paused_by, self.pause_reason = None, "", ""

    @transition(state, source=[HookState.ACTIVE, HookState.PAUSED], target=HookState.PAUSED)
    def back_off(self, *, now: datetime, until: datetime) -> None:
        self.failures += 1
        self.first_failure_at = self.first_failure_at or now
        self.next_attempt_at = until

    @transition(state, source=[HookState.ACTIVE, HookState.PAUSED], target=HookState.IDLE)
    def give_up(self) -> None:
        self.failures, self.first_failure_at, self.next_attempt_at = 0, None, None

    @transition(state, source=list(HookState.values), target=HookState.PAUSED)
    def wait_for_resume(self, *, now: datetime, reason: str, by: str = "") -> None:
        self.next_attempt_at = None
        self.paused_at, self.paused_by, self.pause_reason = now, by, reason


class AllowedNetwork(CompanyRow):
    """A network that is not public and that the company's hooks may reach all the same."""

    network = models.CharField(max_length=49)
    note = models.CharField(max_length=200, blank=True)
    user_id = models.BigIntegerField(null=True)
    added_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "network"], name="allowed_network_once")]


class Trigger(CompanyRow):
    """What a hook listens to."""

    hook = same_company(Hook, null=False)
    resource_name = models.CharField(max_length=60)
    event_type = models.CharField(max_length=6, choices=EventType.choices)
    user_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hook", "resource_name", "event_type"], name="trigger_once_per_hook")
        ]
        indexes = [models.Index(fields=["company", "resource_name", "event_type"], name="trigger_by_event")]


class DeliveryState(models.TextChoices):
    """`failed` is final: the receiver refused for good. `failing` has another try before it, or waits for a resume."""

    PENDING = "pending"
    LEASED = "leased"
    OK = "ok"
    FAILING = "failing"
    FAILED = "failed"
    DISCARDED = "discarded"


class Delivery(CompanyRow):
    """One event for one hook. It is open, and stands in the queue, until `completed_at`.

    `position` is the event's: the order in which a hook hears. `body` is frozen at dispatch and sent as it is.
    `failures` count since the last fresh start, `attempts` for ever. `gave_up_at` stands while nobody will try it again
    by himself: it was refused, discarded, or is held until a resume. `replayed_*` tell of its last replay.

    A test stands beside the queue: it is tried once, and moves nothing but itself.
    """

    hook = same_company(Hook, null=False)
    event = same_company(Event, null=False)
    position = models.BigIntegerField()
    resource_name = models.CharField(max_length=60)
    resource_id = models.BigIntegerField()
    event_type = models.CharField(max_length=6, choices=EventType.choices)
    is_test = models.BooleanField(default=False, db_default=False)
    body = models.TextField()
    state = FSMField(choices=DeliveryState.choices, default=DeliveryState.PENDING, protected=True)
    attempts = models.IntegerField(default=0)
    failures = models.IntegerField(default=0)
    first_failure_at = models.DateTimeField(null=True)
    # Null on an open delivery: its time is over, and it waits until somebody resumes the hook.
    next_attempt_at = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    completed_at = models.DateTimeField(null=True)
    gave_up_at = models.DateTimeField(null=True)
    replayed_at = models.DateTimeField(null=True)
    replayed_by = models.CharField(max_length=200, blank=True, db_default="")
    replay_reason = models.CharField(max_length=300, blank=True, db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "hook"], name="one_delivery_per_event_and_hook"),
            models.CheckConstraint(
                name="delivery_is_open_until_completed",
                condition=models.Q(state__in=["pending", "leased", "failing"], completed_at__isnull=True)
                | models.Q(state__in=["ok", "failed", "discarded"], completed_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["hook", "position"], name="delivery_queue", condition=models.Q(completed_at__isnull=True)
            ),
            models.Index(
                fields=["hook", "resource_name", "resource_id", "position"],
                name="delivery_queue_of_object",
                condition=models.Q(completed_at__isnull=True),
            ),
            models.Index(
                fields=["hook", "next_attempt_at", "position"],
                name="delivery_due",
                condition=models.Q(completed_at__isnull=True),
            ),
            models.Index(
                fields=["hook", "leased_until"],
                name="delivery_leased",
                condition=models.Q(completed_at__isnull=True, leased_until__isnull=False),
            ),
            # The log: all of it, by hook, by what it tells of, and what went wrong; each newest first.
            models.Index(fields=["company", "-created_at", "-id"], name="delivery_log"),
            models.Index(fields=["hook", "-created_at", "-id"], name="delivery_by_hook"),
            models.Index(fields=["hook", "state", "-created_at", "-id"], name="delivery_by_state"),
            models.Index(
                fields=["company", "resource_name", "event_type", "-created_at", "-id"], name="delivery_log_of_event"
            ),
            # The timeline of an object asks it too: who was told of its requests.
            models.Index(fields=["company", "resource_id", "-created_at", "-id"], name="delivery_log_of_object"),
            models.Index(
                fields=["company", "state", "-created_at", "-id"],
                name="delivery_log_of_trouble",
                condition=models.Q(state__in=["failing", "failed", "discarded"]),
            ),
            models.Index(
                fields=["company", "-gave_up_at", "-id"],
                name="delivery_gave_up",
                condition=models.Q(gave_up_at__isnull=False),
            ),
            models.Index(
                fields=["next_attempt_at"],
                name="delivery_test_due",
                condition=models.Q(completed_at__isnull=True, is_test=True),
            ),
        ]

    @transition(
        state, source=[DeliveryState.PENDING, DeliveryState.FAILING, DeliveryState.LEASED], target=DeliveryState.LEASED
    )
    def lease(self, *, token: UUID, until: datetime) -> None:
        self.lease_token, self.leased_until = token, until

    @transition(state, source=DeliveryState.LEASED, target=DeliveryState.PENDING)
    def release_untried(self) -> None:
        self._unlease()

    @transition(state, source=DeliveryState.LEASED, target=DeliveryState.FAILING)
    def release_tried(self) -> None:
        self._unlease()

    @transition(state, source=DeliveryState.LEASED, target=DeliveryState.OK)
    def succeed(self, *, now: datetime) -> None:
        self.attempts += 1
        self._complete(now)

    @transition(state, source=DeliveryState.LEASED, target=DeliveryState.FAILING)
    def fail(self, *, now: datetime, next_attempt_at: datetime | None) -> None:
        self.attempts += 1
        self.failures += 1
        self.first_failure_at = self.first_failure_at or now
        self.next_attempt_at = next_attempt_at
        self.gave_up_at = now if next_attempt_at is None else None
        self._unlease()

    @transition(state, source=DeliveryState.LEASED, target=DeliveryState.FAILED)
    def be_refused(self, *, now: datetime) -> None:
        self.attempts += 1
        self.gave_up_at = None if self.is_test else now
        self._complete(now)

    @transition(
        state,
        source=[DeliveryState.PENDING, DeliveryState.LEASED, DeliveryState.FAILING],
        target=DeliveryState.DISCARDED,
    )
    def discard(self, *, now: datetime) -> None:
        self.gave_up_at = now
        self._complete(now)

    @transition(state, source=DeliveryState.FAILING, target=DeliveryState.PENDING)
    def start_afresh(self, *, now: datetime) -> None:
        self.failures, self.first_failure_at, self.next_attempt_at = 0, None, now
        self.gave_up_at = None

    @transition(
        state, source=[DeliveryState.OK, DeliveryState.FAILED, DeliveryState.DISCARDED], target=DeliveryState.PENDING
    )
    def reopen(self, *, now: datetime) -> None:
        self.failures, self.first_failure_at, self.next_attempt_at = 0, None, now
        self.completed_at = self.gave_up_at = None

    def _unlease(self) -> None:
        self.lease_token = self.leased_until = None

    def _complete(self, now: datetime) -> None:
        self.completed_at, self.next_attempt_at = now, None
        self._unlease()


class AttemptOutcome(models.TextChoices):
    OK = "ok"
    RETRIED = "retried"
    FAILED = "failed"


class DeliveryAttempt(CompanyRow):
    """One POST and what came of it. `status` is null when no answer came; secret `request_headers` are masked."""

    delivery = same_company(Delivery, null=False)
    hook = same_company(Hook, null=False)
    number = models.IntegerField()
    outcome = models.CharField(max_length=7, choices=AttemptOutcome.choices)
    started_at = models.DateTimeField()
    duration_ms = models.IntegerField()
    status = models.SmallIntegerField(null=True)
    request_headers = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    headers = models.JSONField(default=dict)
    # At most 4 KiB of the answer.
    body = models.TextField(blank=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="attempt_once_per_number")]
        # The health of a hook: how its attempts went in the last hours.
        indexes = [models.Index(fields=["hook", "-started_at"], name="attempt_of_hook")]
