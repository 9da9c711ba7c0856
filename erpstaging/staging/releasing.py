"""Letting accepted exports out to the integrator, once nothing holds them any more."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from erpstaging.audit import log as audit
from erpstaging.catalogue.events import EVENTS
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core import sets
from erpstaging.erp_requests.models import DetailState
from erpstaging.erp_requests.services import (
    Item,
    Limits,
    end_current,
    first_attempts,
    open_erp_requests,
    retire_details,
)
from erpstaging.records.snapshots import links_of, record_ids, with_links
from erpstaging.staging.checks import blocking_parents
from erpstaging.staging.export_chunks import acts_on, lock_exports, save_exports
from erpstaging.staging.models import ExportState, StagedExport

Links = Mapping[int, Mapping[str, Any]]
Leaving = tuple[StagedExport, dict[str, Any]]  # with the node that leaves
SUPERSEDED = "A newer request took its place."
AGAIN = frozenset({"retried", "reissued"})


def release_exports(company: Company, exports: Sequence[StagedExport], *, actor: Actor) -> list[StagedExport]:
    """Let accepted exports out to the integrator, as far as their parents are linked; the others say why they stay."""
    links = links_of(company.pk, {one for export in exports for one in record_ids(export.snapshot)})
    leaving, held = ready_to_leave(company.pk, exports, links)
    acts = open_requests(company, leaving, actor)
    released = [export for export, _ in leaving]
    save_exports(company.pk, [*held, *released])
    audit.record(company.pk, actor, acts)
    return released


def ready_to_leave(
    company_id: int, exports: Sequence[StagedExport], links: Links
) -> tuple[list[Leaving], list[StagedExport]]:
    """Those whose parents are linked, with the node that leaves, and those that have a new reason to stay.

    The node is the frozen snapshot with today's origin IDs, `links`.
    """
    leaving: list[Leaving] = []
    held: list[StagedExport] = []
    nodes = {export.pk: with_links(export.snapshot, links) for export in exports}
    waits = blocking_parents(company_id, list(nodes.values()))
    for export in exports:
        node = nodes[export.pk]
        if held_by := waits[node["id"]]:
            reason = held_by[0].remedy[:300]
            if export.held_reason != reason:
                export.held_reason = reason
                held.append(export)
        else:
            leaving.append((export, node))
    return leaving, held


def open_requests(
    company: Company,
    leaving: Sequence[Leaving],
    actor: Actor,
    *,
    verb: str = "released",
    limits: Limits | None = None,
    ids: Iterator[int] | None = None,
) -> list[audit.Act]:
    """Request and detail for each export, one statement per table and request name; the exports are out.

    Of a batch of the catalogue there is one request for all that were accepted by one decision, or go again together.
    `verb` is "released", "retried", or "reissued" for what is out already and goes on in another request. The payload
    is the node and what the approver typed. The caller saves the exports and records the acts that this answers, with
    what else he has to write; `limits` and `ids` are what he knows or has drawn for `open_erp_requests` already.
    """
    if not leaving:
        return []
    _close_for_people(company.pk, [export for export, _ in leaving])
    carried_on = verb == "released"
    records = [export.record_id for export, _ in leaving]
    firsts: Mapping[int, int] = {}
    if verb in AGAIN:
        firsts = first_attempts(company.pk, records)
        end_current(
            company.pk, actor, records, source=DetailState.IN_PROGRESS, target=DetailState.STALE, message=SUPERSEDED
        )
    retire_details(company.pk, records)
    by_request: dict[tuple[str, datetime | None], list[Leaving]] = {}
    for export, node in leaving:
        name = ENTITIES[export.item_type].events.for_action(export.action)
        # What was accepted together leaves together, also when its undo time ends beside that of others.
        together = export.decided_at if EVENTS[name].batch and verb == "released" else None
        by_request.setdefault((name, together), []).append((export, node))
    for (request_name, _), group in by_request.items():
        items = [
            Item(
                export.item_type,
                node,
                version=export.record_version,
                attempt=export.attempts + 1,
                first_id=firsts.get(export.record_id),
                inputs=export.inputs,
                correlation_id=export.correlation_id if carried_on else "",
            )
            for export, node in group
        ]
        request_ids = open_erp_requests(company.pk, actor, request_name, items, limits, ids)
        for (export, _), request_id in zip(group, request_ids, strict=True):
            move = export.leave_anew if verb == "reissued" else export.release
            move(request_id)
            export.version += 0 if verb == "retried" else 1
    exports = [export for export, _ in leaving]
    return acts_on(exports, verb, lambda export: {"erp_request_id": export.erp_request_id}, carried_on=carried_on)


# Locked by ascending id, as everywhere.
CLOSE_FOR_PEOPLE = """
    WITH locked AS (
        SELECT id FROM records_record WHERE company_id = %s AND id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE records_record AS old SET lock = 'exporting', origin_code = coalesce(nullif(new.code, ''), old.origin_code)
    FROM locked JOIN unnest(%s::bigint[], %s::text[]) AS new(id, code) ON new.id = locked.id
    WHERE old.id = locked.id
"""


def _close_for_people(company_id: int, exports: Sequence[StagedExport]) -> None:
    """The records wait for the ERP now, and carry the code that the approver typed."""
    typed = [str(export.inputs.get("code") or "") for export in exports]
    ids = [export.record_id for export in exports]
    sets.execute(CLOSE_FOR_PEOPLE, [company_id, ids, ids, typed])


DueAfter = tuple[datetime, int]


def due_exports(
    now: datetime, limit: int, *, after: DueAfter | None = None
) -> tuple[dict[int, list[int]], DueAfter | None]:
    """Accepted exports whose undo time is over, by company: for the sweep, which sees every company.

    At most `limit` of them, and after which one to go on; None where there are no more.
    """
    rows = StagedExport.objects.everywhere().filter(state=ExportState.ACCEPTED, release_at__lte=now)
    if after is not None:
        rows = rows.filter(Q(release_at__gt=after[0]) | Q(release_at=after[0], pk__gt=after[1]))
    found = list(rows.order_by("release_at", "pk").values_list("company_id", "pk", "release_at")[:limit])
    due: dict[int, list[int]] = {}
    for company_id, export_id, _ in found:
        due.setdefault(company_id, []).append(export_id)
    return due, (found[-1][2], found[-1][1]) if len(found) == limit else None


def release_due(company: Company, export_ids: Sequence[int], *, actor: Actor) -> int:
    """Let out those of the exports that are still accepted and due. Answers how many left."""
    now = timezone.now()
    exports = [
        export
        for export in lock_exports(company.pk, export_ids).values()
        if export.state == ExportState.ACCEPTED and export.release_at is not None and export.release_at <= now
    ]
    return len(release_exports(company, exports, actor=actor))
