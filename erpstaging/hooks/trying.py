"""Trying a hook out: the body for a chosen object without sending it, and a signed delivery that says it is a test."""

from dataclasses import dataclass
from typing import Any

import msgspec
from django.db import transaction
from django.utils import timezone
from ulid import ULID

from erpstaging.audit import log as audit
from erpstaging.audit.log import Act
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core.correlation import correlation_id
from erpstaging.core.errors import Invalid
from erpstaging.hooks.models import Delivery, Hook, Trigger
from erpstaging.hooks.payloads import body
from erpstaging.hooks.resources import RESOURCES
from erpstaging.hooks.subscriptions import get_hook, require_manager
from erpstaging.outbox.events import wake_up_calls
from erpstaging.outbox.models import Event, EventType

# No event has it: a receiver that looks the object up finds none.
NO_ID = 0


@dataclass(frozen=True, slots=True)
class Subject:
    """What a preview or a test is about."""

    resource_name: str
    event_type: str
    resource_id: int = NO_ID


def subject_of(
    company: Company, hook: Hook, *, resource_name: Any = None, event_type: Any = None, resource_id: Any = None
) -> Subject:
    """What the caller chose; what he left out is that of the hook's first trigger. Raises Invalid."""
    first = Trigger.objects.of(company).filter(hook=hook).order_by("pk").first()
    name = resource_name or (first.resource_name if first else "ERP Requests")
    kind = event_type or (first.event_type if first else EventType.CREATE.value)
    if not isinstance(name, str) or name not in RESOURCES:
        raise Invalid.field("resource_name", "is not a resource that can be listened to")
    if not isinstance(kind, str) or kind.lower() not in EventType.values:
        raise Invalid.field("event_type", "must be create, update or delete")
    chosen = NO_ID if resource_id in (None, "") else resource_id
    if isinstance(chosen, bool) or not isinstance(chosen, int) or not 0 <= chosen < 2**63:
        raise Invalid.field("resource_id", "must be an id")
    return Subject(name, kind.lower(), chosen)


@dataclass(frozen=True, slots=True)
class Preview:
    """The body that would be sent. It is that of `event_id` when there was such an event, else of one made up now."""

    subject: Subject
    body: str
    event_id: int | None

    @property
    def document(self) -> Any:
        return msgspec.json.decode(self.body)


def preview(company: Company, actor: Actor, hook_id: int, **chosen: Any) -> Preview:
    """Raises NotPermitted, NotFound, Invalid."""
    _require_reader(actor)
    hook = get_hook(company, hook_id)
    subject = subject_of(company, hook, **chosen)
    event = _newest_event(company, subject)
    return Preview(
        subject, body(event or _made_up(company, actor, subject), hook.api_version), event.pk if event else None
    )


def send_test(company: Company, actor: Actor, hook_id: int, **chosen: Any) -> Delivery:
    """Send a sample to a hook, once and beside its queue, whatever state the hook is in.

    Header and body say that it is a test. Raises NotPermitted, NotFound, Invalid.
    """
    require_manager(actor)
    hook = get_hook(company, hook_id)
    event = _made_up(company, actor, subject_of(company, hook, **chosen))
    event.save(force_insert=True)
    marked = {**msgspec.json.decode(body(event, hook.api_version)), "test": True}
    now = timezone.now()
    delivery: Delivery = Delivery.objects.create(
        company=company,
        hook=hook,
        event=event,
        position=0,
        resource_name=event.resource_name,
        resource_id=event.resource_id,
        event_type=event.event_type,
        is_test=True,
        body=msgspec.json.encode(marked).decode(),
        next_attempt_at=now,
        created_at=now,
    )
    audit.record(company.pk, actor, [Act("send_test", "hook", hook.pk, after={"delivery_id": delivery.pk})])
    transaction.on_commit(_wake_everybody, robust=True)
    return delivery


def _require_reader(actor: Actor) -> None:
    if not actor.may("auditor"):
        require_manager(actor)


def _newest_event(company: Company, subject: Subject) -> Event | None:
    """The newest delivery about the object knows its event: that is the way there is an index for."""
    if subject.resource_id == NO_ID:
        return None
    told = Delivery.objects.of(company).filter(
        resource_name=subject.resource_name,
        event_type=subject.event_type,
        resource_id=subject.resource_id,
        is_test=False,
    )
    newest = told.select_related("event").defer("body").order_by("-created_at", "-pk").first()
    return None if newest is None else newest.event


def _made_up(company: Company, actor: Actor, subject: Subject) -> Event:
    """An event that never was: it has no position, so no feed shows it and no other hook hears it."""
    now = timezone.now()
    event = Event(
        company=company,
        ulid=str(ULID.from_datetime(now)),
        resource_name=subject.resource_name,
        resource_id=subject.resource_id,
        event_type=subject.event_type,
        user_id=actor.user_id,
        account_id=actor.account_id,
        occurred_at=now,
        dispatched_at=now,
        correlation_id=correlation_id(),
    )
    event.pk = None
    return event


def _wake_everybody() -> None:
    for wake_up in wake_up_calls:
        wake_up()
