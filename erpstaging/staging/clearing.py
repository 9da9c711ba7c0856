"""Taking origin IDs away from records and their lines, with all that follows: one way for every act that does it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q

from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core.locks import lock_family
from erpstaging.records.external_data import LinkChange, save_links
from erpstaging.records.models import Record
from erpstaging.staging.answers import lock_newest_exports
from erpstaging.staging.external import follow_links, lock_families, stage_again, tell_links
from erpstaging.staging.models import StagedExport, StagedRecord
from erpstaging.staging.waiting import note_waiting


@dataclass(frozen=True, slots=True)
class Held:
    """What a lost link touches, under lock: staged rows, exports by record id, and the records with their lines."""

    staged: Sequence[StagedRecord]
    exports: Mapping[int, StagedExport]
    records: Sequence[Record]


def hold(company_id: int, record_ids: Sequence[int]) -> Held:
    """Lock records, their lines and what their links touch, in the common order."""
    staged = lock_families(company_id, record_ids)
    exports = lock_newest_exports(company_id, record_ids)
    rows = Record.objects.of(company_id).filter(Q(pk__in=record_ids) | Q(parent_id__in=record_ids), deleted_at=None)
    return Held(staged, exports, lock_family(rows))


def clear_links(
    company: Company, held: Held, *, actor: Actor, reason: str, verb: str = "unlinked", forced: bool = False
) -> list[LinkChange]:
    """Take the origin IDs of all these records away. They go to the history; `forced` without the ERP's word.

    Synced exports end, what was imported waits for a decision again, and what names the records waits for them.
    """
    changes = []
    for record in held.records:
        if record.origin_id is not None:
            changes.append(LinkChange(record, {}, {"origin_id": record.origin_id}))
            record.origin_id, record.account_id = None, None
    save_links(company.pk, changes, reason=reason, forced=forced)
    tell_links(company.pk, changes, actor, verb=verb)
    follow_links(company, changes, held.exports, actor)
    stage_again(company.pk, [change.record.pk for change in changes], held.staged, actor)
    if changes:
        note_waiting(company.pk, held.staged)
    return changes
