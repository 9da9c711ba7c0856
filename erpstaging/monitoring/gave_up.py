"""Dead letters: whatever gave up, expired, was discarded or refused, in one list with its reason and a way on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core.errors import BadRequest, Invalid, Refused, TooLarge
from erpstaging.hooks.log import newest_attempts, outcome_of, read_cursor, written_cursor
from erpstaging.hooks.models import Delivery, DeliveryAttempt
from erpstaging.hooks.replaying import refuse_replay, replay
from erpstaging.hooks.subscriptions import clean_reason
from erpstaging.staging.export_chunks import Wanted
from erpstaging.staging.exports import retry_exports
from erpstaging.staging.models import ExportState, Failure, StagedExport

DEFAULT_LIMIT, MAX_LIMIT = 50, 100
MAX_REDRIVEN = 100
COUNTED_TO = 10_000
DELIVERY, EXPORT = "delivery", "export"
KINDS = (DELIVERY, EXPORT)
REASONS: Mapping[str, str] = {
    "refused": "The receiver refused it for good.",
    "discarded": "It was discarded after its retry time, or with its hook.",
    "held": "It failed in the whole retry time and waits for a resume.",
    "stale": "The integrator did not answer in time.",
    "partially_failed": "The ERP refused some of its lines.",
    "failed": "The integrator reported a failure.",
}


@dataclass(frozen=True, slots=True)
class GaveUp:
    """Something that nobody tries again by himself. `code` is a word of `REASONS`; `said` are the other side's words.

    `why_not` says why it cannot be tried again, empty where it can. `object` is the delivery, with its hook, or the
    export; `attempt` is the newest of a delivery.
    """

    kind: str
    object: Delivery | StagedExport
    at: datetime
    code: str
    said: str = ""
    why_not: str = ""
    attempt: DeliveryAttempt | None = None

    @property
    def id(self) -> int:
        return self.object.pk

    @property
    def reason(self) -> str:
        return REASONS[self.code]


@dataclass(frozen=True, slots=True)
class Part:
    rows: list[GaveUp]
    next_cursor: str


def what_gave_up(company: Company, *, kind: str = "", cursor: str = "", limit: int = DEFAULT_LIMIT) -> Part:
    """Newest first, of both kinds or of one. Raises BadRequest for another kind, or a cursor that is none of ours."""
    if kind and kind not in KINDS:
        raise BadRequest(
            "The kind is unknown.", code="bad_query", errors={"kind": [f"must be one of {', '.join(KINDS)}"]}
        )
    limit = min(limit, MAX_LIMIT)
    found: list[tuple[datetime, int, str, Any]] = []
    if kind != EXPORT:
        rows = _after(_deliveries(company), "gave_up_at", cursor).select_related("hook", "event").defer("body")
        found += [(one.gave_up_at, one.pk, DELIVERY, one) for one in rows[: limit + 1]]
    if kind != DELIVERY:
        rows = _after(_exports(company), "changed_at", cursor)
        found += [(one.changed_at, one.pk, EXPORT, one) for one in rows[: limit + 1]]
    found.sort(key=lambda one: one[:3], reverse=True)
    shown = found[:limit]
    newest = newest_attempts(company, [one for _, _, what, one in shown if what == DELIVERY])
    next_cursor = written_cursor(*shown[-1][:2]) if len(found) > limit else ""
    return Part([_told(what, one, at, newest) for at, _, what, one in shown], next_cursor)


def counts(company: Company) -> dict[str, int]:
    """How many of each kind, counted to one above 10,000."""
    return {
        DELIVERY: _deliveries(company).order_by()[: COUNTED_TO + 1].count(),
        EXPORT: _exports(company).order_by()[: COUNTED_TO + 1].count(),
    }


def _deliveries(company: Company) -> "QuerySet[Any]":
    return Delivery.objects.of(company).filter(gave_up_at__isnull=False)


def _exports(company: Company) -> "QuerySet[Any]":
    exports: QuerySet[Any] = StagedExport.objects.of(company).filter(state=ExportState.FAILED)
    return exports


def _after(rows: "QuerySet[Any]", column: str, cursor: str) -> "QuerySet[Any]":
    rows = rows.order_by(f"-{column}", "-pk")
    if not cursor:
        return rows
    moment, last_id = read_cursor(cursor)
    # Of two kinds with one moment and id both stand behind the cursor, or neither: one is rather told twice than never.
    rows = rows.filter(**{f"{column}__lte": moment})
    return rows.filter(Q(**{f"{column}__lt": moment}) | Q(**{column: moment, "pk__lt": last_id}))


def _told(kind: str, one: Any, at: datetime, newest: Mapping[int, Any]) -> GaveUp:
    if kind == EXPORT:
        code = {Failure.STALE: "stale", Failure.PARTIAL: "partially_failed"}.get(one.failure, "failed")
        return GaveUp(kind, one, at, code, said="\n".join(one.messages))
    attempt = newest.get(one.pk)
    return GaveUp(kind, one, at, outcome_of(one), said=_said(attempt), why_not=_why_not(one), attempt=attempt)


def _said(attempt: DeliveryAttempt | None) -> str:
    if attempt is None:
        return ""
    return attempt.error if attempt.status is None else f"HTTP {attempt.status}"


def _why_not(delivery: Delivery) -> str:
    try:
        refuse_replay(delivery, delivery.hook)
    except Refused as refusal:
        return refusal.message
    return ""


# Trying it again


@dataclass(frozen=True, slots=True)
class Redriven:
    """What became of one element of a call."""

    kind: str
    id: int
    refusal: Refused | None = None


def redrive(company: Company, actor: Actor, items: Any, *, reason: Any) -> list[Redriven]:
    """Send deliveries and exports again, with who and why.

    Deliveries go together: one that cannot be sent refuses the call. Exports each have their own outcome. Raises
    NotPermitted, Invalid, TooLarge, NotFound, WrongState.
    """
    why = clean_reason(reason)
    wanted = list(_clean(items))
    deliveries, exports = ([pk for kind, pk in wanted if kind == one] for one in KINDS)
    if deliveries:
        replay(company, actor, deliveries, reason=why)
    done = [Redriven(DELIVERY, pk) for pk in deliveries]
    if exports:
        outcomes = retry_exports(company, [Wanted(pk, None) for pk in exports], actor=actor)
        done += [Redriven(EXPORT, one.wanted.export_id, one.refusal) for one in outcomes]
    return done


def _clean(items: Any) -> Iterator[tuple[str, int]]:
    if not isinstance(items, Sequence) or isinstance(items, str) or not items:
        raise Invalid.field("items", 'must be a list of {"kind", "id"}')
    if len(items) > MAX_REDRIVEN:
        raise TooLarge(f"At most {MAX_REDRIVEN} elements can be sent again in one call.")
    seen = set()
    for item in items:
        kind, pk = (item.get("kind"), item.get("id")) if isinstance(item, Mapping) else (None, None)
        if kind not in KINDS or isinstance(pk, bool) or not isinstance(pk, int) or not 0 < pk < 2**63:
            raise Invalid.field("items", 'must be a list of {"kind", "id"}')
        if (kind, pk) not in seen:
            seen.add((kind, pk))
            yield str(kind), pk
