"""Sending deliveries once more: the stored bytes with the same message id, and a time and signature of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from erpstaging.audit import log as audit
from erpstaging.audit.log import Act
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core.errors import Invalid, NotFound, TooLarge, WrongState
from erpstaging.core.locks import lock
from erpstaging.hooks.models import Delivery, DeliveryState, Hook
from erpstaging.hooks.subscriptions import clean_reason, get_hook, require_manager
from erpstaging.outbox.events import wake_up_calls

MAX_IDS = 500
# What one act takes; PostgreSQL does it in about a second.
MAX_RANGE = 10_000
# What of a time range can be asked for, by the words of the log.
RANGES: Mapping[str, tuple[DeliveryState, ...]] = {
    "refused": (DeliveryState.FAILED,),
    "discarded": (DeliveryState.DISCARDED,),
    "held": (DeliveryState.FAILING,),
    "gave_up": (DeliveryState.FAILED, DeliveryState.DISCARDED, DeliveryState.FAILING),
}
_ENDED = (DeliveryState.OK, DeliveryState.FAILED, DeliveryState.DISCARDED)


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many will be sent again, and whether the range held more than one act takes."""

    count: int
    more: bool = False


def replay(company: Company, actor: Actor, ids: Sequence[Any], *, reason: Any) -> Replayed:
    """Send these deliveries again, whether they were taken or given up. All of them or none.

    Raises NotPermitted, Invalid, TooLarge, NotFound, and WrongState where one is still on its way or its hook is gone.
    """
    require_manager(actor)
    why, wanted = clean_reason(reason), _clean_ids(ids)
    rows = Delivery.objects.of(company).filter(pk__in=wanted)
    hooks = _lock_hooks(company, rows)
    found = {one.pk: one for one in lock(rows.defer("body"))}
    if missing := [one for one in wanted if one not in found]:
        raise NotFound(f"There is no delivery {missing[0]}.")
    for delivery in found.values():
        refuse_replay(delivery, hooks[delivery.hook_id])
    _reopen(Delivery.objects.of(company).filter(pk__in=wanted), actor, why)
    acts = [Act("replay_delivery", "delivery", one, after={"reason": why, "was": found[one].state}) for one in wanted]
    audit.record(company.pk, actor, acts)
    return Replayed(len(wanted))


def replay_range(
    company: Company, actor: Actor, hook_id: int, *, what: Any, since: datetime, until: datetime, reason: Any
) -> Replayed:
    """Send again what a hook gave up between two moments, `until` left out: one statement, the oldest first.

    `what` is a word of `RANGES`. Raises NotPermitted, NotFound, Invalid.
    """
    require_manager(actor)
    why = clean_reason(reason)
    if what not in RANGES:
        raise Invalid.field("what", f"must be one of {', '.join(RANGES)}")
    if until <= since:
        raise Invalid.field("to", "must be later than from")
    hook = get_hook(company, hook_id)
    lock(Hook.objects.of(company).filter(pk=hook.pk))
    rows = gave_up_between(company, hook.pk, what, since, until)
    ids = list(rows.order_by("created_at", "pk").values_list("pk", flat=True)[: MAX_RANGE + 1])
    chosen, more = ids[:MAX_RANGE], len(ids) > MAX_RANGE
    count = _reopen(Delivery.objects.of(company).filter(pk__in=chosen), actor, why)
    after = {"reason": why, "what": what, "from": since.isoformat(), "to": until.isoformat(), "count": count}
    audit.record(company.pk, actor, [Act("replay_deliveries", "hook", hook.pk, after=after)])
    return Replayed(count, more)


def gave_up_between(company: Company, hook_id: int, what: str, since: datetime, until: datetime) -> "QuerySet[Any]":
    """What a hook gave up of the deliveries that were made between two moments; no tests."""
    return Delivery.objects.of(company).filter(
        hook_id=hook_id,
        state__in=RANGES[what],
        gave_up_at__isnull=False,
        created_at__gte=since,
        created_at__lt=until,
        is_test=False,
    )


def refuse_replay(delivery: Delivery, hook: Hook) -> None:
    """Raises WrongState, saying why a delivery cannot be sent again."""
    if hook.deleted_at is not None:
        raise WrongState(f"The hook of delivery {delivery.pk} was deleted.", code="hook_deleted")
    if delivery.is_test:
        raise WrongState(f"Delivery {delivery.pk} is a test; send another one.")
    if delivery.state not in _ENDED and delivery.gave_up_at is None:
        raise WrongState(f"Delivery {delivery.pk} is still on its way.")


def _reopen(rows: "QuerySet[Any]", actor: Actor, reason: str) -> int:
    """Due now, before what came later: a queue goes by the position of the event."""
    count = rows.update(
        state=DeliveryState.PENDING,
        failures=0,
        first_failure_at=None,
        next_attempt_at=Now(),
        completed_at=None,
        gave_up_at=None,
        replayed_at=Now(),
        replayed_by=actor.name[:200],
        replay_reason=reason,
    )
    if count:
        transaction.on_commit(_wake_everybody, robust=True)
    return int(count)


def _wake_everybody() -> None:
    for wake_up in wake_up_calls:
        wake_up()


def _lock_hooks(company: Company, rows: "QuerySet[Any]") -> dict[int, Hook]:
    """Hooks before their deliveries, as whoever claims does."""
    ids = rows.order_by().values("hook_id").distinct()
    return {
        hook.pk: hook
        for hook in lock(Hook.objects.of(company).filter(pk__in=list(ids.values_list("hook_id", flat=True))))
    }


def _clean_ids(ids: Sequence[Any]) -> list[int]:
    if not isinstance(ids, list) or not ids:
        raise Invalid.field("ids", "must be a list of ids")
    if len(ids) > MAX_IDS:
        raise TooLarge(f"At most {MAX_IDS} deliveries can be named in one call; ask for a time range.")
    wanted = [one for one in ids if isinstance(one, int) and not isinstance(one, bool) and 0 < one < 2**63]
    if len(wanted) < len(ids):
        raise Invalid.field("ids", "must be a list of ids")
    return list(dict.fromkeys(wanted))
