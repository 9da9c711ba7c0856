"""Decisions on many rows: one job, chunks with commits of their own, an outcome for each row.

A chunk and the outcomes of its rows are one transaction, so a worker that is killed leaves every row either decided,
with its outcome, or waiting; whoever comes next goes on behind `BulkJob.decided_to`.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import OperationalError, transaction
from django.db.models import Count, Sum
from django.utils import timezone

from erpstaging.audit import log as audit
from erpstaging.audit.denials import is_denial
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies import actors
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company, User
from erpstaging.connections.services import metadata_of
from erpstaging.core import sets
from erpstaging.core.correlation import correlated, correlation_id
from erpstaging.core.documents import plain
from erpstaging.core.errors import Invalid, NotFound, Refused, StaleVersion, TooLarge, WrongState
from erpstaging.core.locks import lock_if_free
from erpstaging.core.scope import Again
from erpstaging.staging.bulk_acts import ACTS, BulkAct
from erpstaging.staging.bulk_models import BulkItem, BulkJob, BulkOutcome
from erpstaging.staging.decisions import require_metadata
from erpstaging.staging.models import StagedExport, StagedRecord
from erpstaging.staging.queue import Asked, matching_rows

AT_ONCE = 100
MAX_ROWS = 10_000
MODELS: Mapping[str, Any] = {"export": StagedExport, "staged_record": StagedRecord}
BROKEN = Refused("The service failed at this row and decided nothing about it.", code="server_error")
log = logging.getLogger(__name__)
# Who carries on what is not done at once says here how to wake him.
wake_up_calls: list[Callable[[], None]] = []


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows: (id, version) pairs as they were seen, or what a part of the queue holds at this moment."""

    pairs: Sequence[tuple[int, int]] = ()
    asked: Asked | None = None


@dataclass(slots=True)
class OfType:
    """Rows of one item type; one sum per currency."""

    rows: int = 0
    sums: dict[str, Decimal] = field(default_factory=dict)


def start_bulk(
    company: Company, word: Any, chosen: Selection, *, actor: Actor, given: Mapping[str, Any] | None = None
) -> BulkJob:
    """Decide on all chosen rows: up to 100 in the caller's transaction, more by a worker, in chunks.

    `given` is what the act needs besides its rows. Raises Invalid, NotPermitted where the caller may decide on none of
    them, and TooLarge; what is wrong with single rows stands in their outcomes.
    """
    act = act_of(word)
    act.refuse(actor)
    if act.needs_metadata:
        require_metadata(company.pk, metadata_of(company.pk))
    values = act.checked(given or {})
    pairs = chosen_rows(company, act, chosen)
    job = _open(company.pk, word, pairs, actor, values)
    if len(pairs) <= AT_ONCE:
        _decide_next(company, job, actor, limit=AT_ONCE)
    else:
        transaction.on_commit(_wake_worker, robust=True)
    return job


def act_of(word: Any) -> BulkAct:
    """Raises Invalid."""
    if not isinstance(word, str) or word not in ACTS:
        raise Invalid.field("act", f"must be one of {', '.join(ACTS)}")
    return ACTS[word]


def chosen_rows(company: Company, act: BulkAct, chosen: Selection) -> list[tuple[int, int]]:
    """(id, version) of every chosen row as it stands at this moment. Raises Invalid and TooLarge."""
    pairs = list(chosen.pairs)
    if chosen.asked is not None:
        if chosen.asked.view not in act.views:
            raise Invalid.field("filter.view", f"must be one of {', '.join(act.views)} for this act")
        pairs = matching_rows(company, chosen.asked, MAX_ROWS + 1)
    if not pairs:
        raise Invalid.field("items" if chosen.asked is None else "filter", "has no rows")
    if len(pairs) > MAX_ROWS:
        raise TooLarge(f"At most {MAX_ROWS} rows can be decided on in one job.")
    if len({row_id for row_id, _ in pairs}) < len(pairs):
        raise Invalid.field("items", "names a row twice")
    return pairs


def _open(
    company_id: int, word: str, pairs: Sequence[tuple[int, int]], actor: Actor, given: Mapping[str, Any]
) -> BulkJob:
    job: BulkJob = BulkJob.objects.create(
        company_id=company_id,
        act=word,
        given=plain(dict(given)),
        total=len(pairs),
        asked_by_id=actor.id,
        asked_by_name=actor.name,
        credential=actor.credential[:80],
        address=actor.address or None,
        user_agent=actor.user_agent[:200],
        correlation_id=correlation_id(),
    )
    shared = {
        "company_id": company_id,
        "job_id": job.pk,
        "outcome": BulkOutcome.WAITING.value,
        "code": "",
        "message": "",
    }
    sets.insert(BulkItem, [{"object_id": row_id, "version": version} for row_id, version in pairs], shared=shared)
    after = {"act": word, "rows": len(pairs)}
    audit.record(company_id, actor, [audit.Act("bulk.started", "bulk_job", job.pk, after=after)])
    return job


def _wake_worker() -> None:
    """Only shortens the wait: the sweep finds the job without it."""
    for wake_up in wake_up_calls:
        wake_up()


def unfinished_jobs(limit: int) -> dict[int, list[int]]:
    """Jobs with rows that wait, by company: for the sweep, which sees every company."""
    found: dict[int, list[int]] = {}
    rows = BulkJob.objects.everywhere().filter(finished_at=None).order_by("pk")
    for company_id, job_id in rows.values_list("company_id", "pk")[:limit]:
        found.setdefault(company_id, []).append(job_id)
    return found


def decide_chunk(company: Company, job_id: int) -> int:
    """Decide the next rows of a job in the caller's transaction; answers how many. None while another worker does."""
    jobs = lock_if_free(BulkJob.objects.of(company).filter(pk=job_id, finished_at=None))
    if not jobs:
        return 0
    (job,) = jobs
    with correlated(job.correlation_id):
        return _decide_next(company, job, _asker(company, job), limit=ACTS[job.act].chunk)


def stop_bulk(company: Company, job_id: int, *, actor: Actor) -> BulkJob:
    """End a job behind the chunk that is under way: the rows that still wait are skipped. Raises NotFound, WrongState
    once nothing waits, and NotPermitted for who may not do the act either.
    """
    job: BulkJob | None = BulkJob.objects.of(company).filter(pk=job_id).select_for_update().first()
    if job is None:
        raise NotFound()
    ACTS[job.act].refuse(actor)
    if job.finished_at is not None:
        raise WrongState("All its rows are done already.")
    now, said = timezone.now(), f"{actor.name} stopped the job before this row."
    waiting = BulkItem.objects.of(company).filter(job=job, outcome=BulkOutcome.WAITING)
    left = waiting.update(outcome=BulkOutcome.SKIPPED, code="stopped", message=said, decided_at=now)
    job.finished_at = now
    job.save(update_fields=["finished_at"])
    after = {"act": job.act, "rows": left}
    audit.record(company.pk, actor, [audit.Act("bulk.stopped", "bulk_job", job.pk, after=after)])
    return job


def _asker(company: Company, job: BulkJob) -> Actor:
    """Who asked, with the rights that he has now: those he lost in the meantime are missing."""
    user: User = User.objects.get(pk=job.asked_by_id)
    seen = {"credential": job.credential, "address": job.address, "user_agent": job.user_agent}
    return actors.person(user, actors.membership_of(user, company), **seen)


class Waiting(NamedTuple):
    """An item as a chunk needs it."""

    id: int
    object_id: int
    version: int


_NEXT = "company_id = %s AND job_id = %s AND object_id > %s ORDER BY object_id LIMIT %s"


def _decide_next(company: Company, job: BulkJob, actor: Actor, *, limit: int) -> int:
    behind = [company.pk, job.pk, job.decided_to, limit + 1]
    found = [Waiting(*row) for row in sets.values(BulkItem, Waiting._fields, _NEXT, behind)]
    items = found[:limit]
    if items:
        _save_outcomes(company.pk, job, actor, list(zip(items, _decided(company, job, items, actor), strict=True)))
        job.decided_to = items[-1].object_id
    if items == found:
        job.finished_at = timezone.now()
        after = {"act": job.act, **outcome_counts(company.pk, job)}
        audit.record(company.pk, actor, [audit.Act("bulk.finished", "bulk_job", job.pk, after=after)])
    job.save(update_fields=["decided_to", "finished_at"])
    return len(items)


def _decided(company: Company, job: BulkJob, items: Sequence[Waiting], actor: Actor) -> list[Refused | None]:
    """What became of each row, None for done. A fault at one of them costs the others nothing but time."""
    pairs = [(item.object_id, item.version) for item in items]
    try:
        with transaction.atomic():
            return ACTS[job.act].run(company, pairs, actor, job.given)
    except Refused as refusal:  # about all of them, such as metadata that is gone
        return [refusal] * len(items)
    except (OperationalError, Again):  # the whole chunk is repeated
        raise
    except Exception:
        log.exception("Bulk job %s: a row failed.", job.pk)
        if len(items) == 1:
            return [BROKEN]
        return [_decided(company, job, [item], actor)[0] for item in items]


_DONE = "UPDATE staging_bulkitem SET outcome = 'done', decided_at = %s WHERE company_id = %s AND id = ANY(%s)"


def _save_outcomes(
    company_id: int, job: BulkJob, actor: Actor, decided: Sequence[tuple[Waiting, Refused | None]]
) -> None:
    now = timezone.now()
    done = [item.id for item, refusal in decided if refusal is None]
    sets.execute(_DONE, [now, company_id, done])
    refused = [(item, refusal) for item, refusal in decided if refusal is not None]
    sets.update(BulkItem, [{"id": item.id, "decided_at": now, **_said(refusal)} for item, refusal in refused])
    kind, attempted = ACTS[job.act].kind, f"bulk {job.act}"
    audit.record(
        company_id,
        actor,
        [
            audit.Act(
                "denied",
                kind,
                item.object_id,
                after={"attempted": attempted, "code": refusal.code, "message": refusal.message},
            )
            for item, refusal in refused
            if is_denial(refusal)
        ],
    )


def _said(refusal: Refused) -> dict[str, Any]:
    changed = isinstance(refusal, StaleVersion)
    return {
        "outcome": BulkOutcome.SKIPPED if changed else BulkOutcome.REFUSED,
        "code": "changed" if changed else refusal.code,
        "message": refusal.message,
        "errors": refusal.errors or None,
    }


@dataclass(frozen=True, slots=True)
class JobSeen:
    """A job, how far it is, and some of its rows by ascending id; `more` says that there are further ones."""

    job: BulkJob
    counts: Mapping[str, int]
    rows: Sequence[BulkItem] = field(default_factory=list)
    more: bool = False

    @property
    def kind(self) -> str:
        return ACTS[self.job.act].kind


def seen_job(
    company: Company, job_id: int, *, outcomes: Collection[str] = (), after: int = 0, limit: int = AT_ONCE
) -> JobSeen:
    """Rows behind the one with the id `after`, of these outcomes if any are named. Raises NotFound."""
    job = BulkJob.objects.of(company).filter(pk=job_id).first()
    if job is None:
        raise NotFound()
    rows = BulkItem.objects.of(company).filter(job=job, object_id__gt=after).order_by("object_id")
    rows = rows.filter(outcome__in=outcomes) if outcomes else rows
    found = list(rows[: limit + 1])
    return JobSeen(job, outcome_counts(company.pk, job), found[:limit], len(found) > limit)


def outcome_counts(company_id: int, job: BulkJob) -> dict[str, int]:
    """How many rows of a job stand at each outcome."""
    rows = BulkItem.objects.of(company_id).filter(job=job).order_by().values_list("outcome").annotate(n=Count("pk"))
    return {**dict.fromkeys(BulkOutcome.values, 0), **dict(rows)}


def types_of_job(company: Company, job: BulkJob) -> dict[str, OfType]:
    """Rows and sums of a job by item type."""
    ids = BulkItem.objects.of(company).filter(job=job).values("object_id")
    return sums_by_type(company, ACTS[job.act].kind, ids)


def not_done(company: Company, job: BulkJob, limit: int) -> list[tuple[int, int]]:
    """(id, version of today) of the rows that were refused or skipped and still stand, by ascending id."""
    left = BulkItem.objects.of(company).filter(job=job, outcome__in=[BulkOutcome.REFUSED, BulkOutcome.SKIPPED])
    rows = MODELS[ACTS[job.act].kind].objects.of(company).filter(pk__in=left.values("object_id"))
    return list(rows.order_by("pk").values_list("pk", "version")[:limit])


def sums_by_type(company: Company, kind: str, ids: Any) -> dict[str, OfType]:
    """Exports or staged records by item type in the catalogue's order; the latter are in the company's currency."""
    rows = MODELS[kind].objects.of(company).filter(pk__in=ids).order_by()
    columns = ["item_type", "currency"] if kind == "export" else ["item_type"]
    found: dict[str, OfType] = {}
    for item_type, *currency, count, total in rows.values_list(*columns).annotate(n=Count("pk"), total=Sum("amount")):
        of_type = found.setdefault(item_type, OfType())
        of_type.rows += count
        if total is not None:
            of_type.sums[currency[0] if currency else company.currency] = total
    return {item_type: found[item_type] for item_type in ENTITIES if item_type in found}
