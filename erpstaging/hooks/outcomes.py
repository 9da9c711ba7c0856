"""What an answer, or none, means for a delivery and its hook, and how it is written down."""

import logging
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models.functions import Now

from erpstaging.core import sets
from erpstaging.core.locks import lock
from erpstaging.core.scope import in_company
from erpstaging.hooks import schedule
from erpstaging.hooks.claims import Claim
from erpstaging.hooks.models import AttemptOutcome, Delivery, DeliveryAttempt, Hook, HookState, Profile
from erpstaging.hooks.subscriptions import discard_queue
from erpstaging.hooks.troubles import NOTHING_TAKEN, tell_gave_up, tell_paused

logger = logging.getLogger(__name__)

PROCORE_WINDOW = timedelta(hours=12)
# Answers of class 4xx after which the same delivery may still be taken: it came too early, too late or too often.
TEMPORARY = frozenset({408, 409, 425, 429})


@dataclass(frozen=True, slots=True)
class Answer:
    """What one POST brought. `status` is None when no complete answer came; `error` then says why.

    `body` holds at most 4 KiB; `retry_after_s` is what the receiver asked for.
    """

    started_at: datetime
    duration_s: float
    status: int | None = None
    headers: dict[str, str] | None = None
    body: str = ""
    error: str = ""
    retry_after_s: float | None = None
    # What was sent along, secrets masked.
    request_headers: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Result:
    delivery: Delivery
    answer: Answer


@dataclass(frozen=True, slots=True)
class FinalRefusal:
    """A durable receiver said that it will never take this delivery."""

    company_id: int
    hook_id: int
    delivery_id: int
    resource_name: str
    resource_id: int
    event_type: str
    status: int
    answer: str


# Rooms that have to act when a receiver refuses for good say so here; deliveries must not know what they carry.
# Each is called in the company's scope, before hook and delivery are locked, and may be called again for one refusal.
final_refusal_calls: list[Callable[[FinalRefusal], None]] = []


class Verdict(Enum):
    OK = "ok"
    FAILING = "failing"
    REFUSED = "refused"


def verdict(profile: str, answer: Answer) -> Verdict:
    """Any 2xx is success and nothing else is; the profile durable takes a receiver's no for final."""
    status = answer.status
    if answer.error or status is None:
        return Verdict.FAILING
    if 200 <= status <= 299:
        return Verdict.OK
    if profile == Profile.DURABLE and 400 <= status <= 499 and status not in TEMPORARY:
        return Verdict.REFUSED
    return Verdict.FAILING


def window_of(profile: str) -> timedelta:
    """How long a delivery is tried, from its first failure on."""
    return PROCORE_WINDOW if profile == Profile.PROCORE else timedelta(days=settings.WEBHOOK_RETRY_DAYS)


def conclude(claim: Claim, results: Sequence[Result], *, unsent: Iterable[Delivery] = ()) -> None:
    """Write what came of deliveries, and give back those that were not sent.

    A delivery whose lease was lost meanwhile is left alone: somebody else is sending it.
    """
    unsent = list(unsent)
    if results or unsent:
        in_company(claim.company_id, lambda: _conclude(claim, results, unsent))


def _conclude(claim: Claim, results: Sequence[Result], unsent: Sequence[Delivery]) -> None:
    _tell_refusals(claim, results)
    hook: Any = lock(Hook.objects.of(claim.company_id).filter(pk=claim.hook.pk).annotate(database_time=Now()))[0]
    held = _held(claim, [result.delivery for result in results] + list(unsent))
    before, waited = _counters(hook), hook.waits_for_resume
    attempts = [
        _settle(hook, held[result.delivery.pk], result.answer, hook.database_time)
        for result in results
        if result.delivery.pk in held
    ]
    for delivery in unsent:
        if delivery.pk in held:
            _give_back(held[delivery.pk])
    sets.update(Delivery, [_row(delivery, claim) for delivery in held.values()], guard={"lease_token": "held_token"})
    sets.insert(DeliveryAttempt, attempts)
    if _counters(hook) != before:
        hook.save(update_fields=list(before))
    if hook.waits_for_resume and not waited:
        tell_paused(hook)
    discarded = discard_queue(hook) if hook.state == HookState.IDLE else 0
    tell_gave_up(hook, [delivery for delivery in held.values() if delivery.gave_up_at], discarded=discarded)
    lost = len(results) + len(unsent) - len(held)
    if lost:
        logger.warning("The lease of %d deliveries of hook %d was lost; their outcomes are dropped.", lost, hook.pk)


def _held(claim: Claim, deliveries: Iterable[Delivery]) -> dict[int, Delivery]:
    """Those of the deliveries that this claim still holds, as they stand now."""
    rows = Delivery.objects.of(claim.company_id).filter(
        pk__in=[delivery.pk for delivery in deliveries], lease_token=claim.token, completed_at__isnull=True
    )
    return {delivery.pk: delivery for delivery in rows.defer("body").order_by("pk")}


def _tell_refusals(claim: Claim, results: Sequence[Result]) -> None:
    refused = [
        one
        for one in results
        if not one.delivery.is_test and verdict(claim.hook.profile, one.answer) is Verdict.REFUSED
    ]
    if not refused:
        return
    held = _held(claim, [result.delivery for result in refused])
    for result in refused:
        if result.delivery.pk in held:
            refusal = _refusal(claim, result)
            for call in final_refusal_calls:
                _tell(call, refusal)


def _refusal(claim: Claim, result: Result) -> FinalRefusal:
    event, status = result.delivery.event, result.answer.status
    if status is None:
        raise AssertionError("only an answer with a status is a refusal")
    return FinalRefusal(
        company_id=claim.company_id,
        hook_id=claim.hook.pk,
        delivery_id=result.delivery.pk,
        resource_name=event.resource_name,
        resource_id=event.resource_id,
        event_type=event.event_type,
        status=status,
        answer=result.answer.body,
    )


def _tell(call: Callable[[FinalRefusal], None], refusal: FinalRefusal) -> None:
    """A call that fails is not made again, or the receiver would be asked over and over what it has refused."""
    try:
        with transaction.atomic():
            call(refusal)
    except OperationalError:
        raise  # the whole command is repeated
    except Exception:
        logger.exception("Nobody could act on the final refusal of delivery %d.", refusal.delivery_id)


def _settle(hook: Hook, delivery: Delivery, answer: Answer, now: datetime) -> dict[str, Any]:
    """Move delivery and hook by one answer, in memory, and return the row of the attempt."""
    said = verdict(hook.profile, answer)
    if delivery.is_test:
        return _settle_test(delivery, answer, said, now)
    if said is Verdict.OK:
        delivery.succeed(now=now)
        outcome = AttemptOutcome.OK
        if not hook.waits_for_resume:
            hook.start_afresh()
    elif said is Verdict.REFUSED:
        delivery.be_refused(now=now)
        outcome = AttemptOutcome.FAILED
    else:
        fail = _fail_serial if hook.profile == Profile.PROCORE else _fail_durable
        fail(hook, delivery, answer, now)
        outcome = AttemptOutcome.FAILED if delivery.next_attempt_at is None else AttemptOutcome.RETRIED
    return _attempt(delivery, answer, outcome)


def _settle_test(delivery: Delivery, answer: Answer, said: Verdict, now: datetime) -> dict[str, Any]:
    """A test is tried once, and says nothing about the hook's own deliveries."""
    if said is Verdict.OK:
        delivery.succeed(now=now)
        return _attempt(delivery, answer, AttemptOutcome.OK)
    delivery.be_refused(now=now)
    return _attempt(delivery, answer, AttemptOutcome.FAILED)


def _fail_serial(hook: Hook, delivery: Delivery, answer: Answer, now: datetime) -> None:
    """The hook pauses as a whole; when its time is over it gives up, and with it everything that is queued."""
    until = _next(hook.profile, answer, now=now, first=hook.first_failure_at, failures=hook.failures)
    delivery.fail(now=now, next_attempt_at=until)
    if hook.waits_for_resume:
        return
    if until is None:
        hook.give_up()
    else:
        hook.back_off(now=now, until=until)


def _fail_durable(hook: Hook, delivery: Delivery, answer: Answer, now: datetime) -> None:
    """The object of the delivery waits; the hook does too once nothing at all was taken in the whole time."""
    until = _next(hook.profile, answer, now=now, first=delivery.first_failure_at, failures=delivery.failures)
    delivery.fail(now=now, next_attempt_at=until)
    hook.failures += 1
    hook.first_failure_at = hook.first_failure_at or now
    nothing_taken_since = delivery.first_failure_at is not None and hook.first_failure_at <= delivery.first_failure_at
    if until is None and nothing_taken_since and not hook.waits_for_resume:
        hook.wait_for_resume(now=now, reason=NOTHING_TAKEN)


def _next(profile: str, answer: Answer, *, now: datetime, first: datetime | None, failures: int) -> datetime | None:
    return schedule.next_attempt_at(
        now=now,
        first_failure_at=first or now,
        failures=failures + 1,
        window=window_of(profile),
        spread=random.uniform(-1, 1),  # noqa: S311 - spreads retries, no secret
        retry_after_s=answer.retry_after_s,
        factor=settings.WEBHOOK_TIME_FACTOR,
    )


def _give_back(delivery: Delivery) -> None:
    if delivery.failures:
        delivery.release_tried()
    else:
        delivery.release_untried()


def _counters(hook: Hook) -> dict[str, Any]:
    return {
        "state": str(hook.state),
        "failures": hook.failures,
        "first_failure_at": hook.first_failure_at,
        "next_attempt_at": hook.next_attempt_at,
        "paused_at": hook.paused_at,
        "paused_by": hook.paused_by,
        "pause_reason": hook.pause_reason,
    }


def _row(delivery: Delivery, claim: Claim) -> dict[str, Any]:
    return {
        "id": delivery.pk,
        "state": str(delivery.state),
        "attempts": delivery.attempts,
        "failures": delivery.failures,
        "first_failure_at": delivery.first_failure_at,
        "next_attempt_at": delivery.next_attempt_at,
        "completed_at": delivery.completed_at,
        "gave_up_at": delivery.gave_up_at,
        "lease_token": delivery.lease_token,
        "leased_until": delivery.leased_until,
        "held_token": claim.token,
    }


def _attempt(delivery: Delivery, answer: Answer, outcome: AttemptOutcome) -> dict[str, Any]:
    return {
        "company_id": delivery.company_id,
        "delivery_id": delivery.pk,
        "hook_id": delivery.hook_id,
        "number": delivery.attempts,
        "outcome": outcome.value,
        "started_at": answer.started_at,
        "duration_ms": round(answer.duration_s * 1000),
        "status": answer.status,
        "request_headers": answer.request_headers or {},
        "headers": answer.headers or {},
        "body": answer.body,
        "error": answer.error[:500],
    }
