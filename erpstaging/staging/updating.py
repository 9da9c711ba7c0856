"""Synced objects that people changed: what the ERP does not know yet, and what it knew before (EX-10)."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Max, Q

from erpstaging.audit.models import Entry
from erpstaging.catalogue.entity import Entity
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.core.errors import Invalid, WrongState
from erpstaging.records.models import Record
from erpstaging.records.snapshots import Node
from erpstaging.staging.models import Action, ExportState, StagedExport

CHANGES = ("record.edited", "line.created", "line.edited", "line.deleted")
BY_PEOPLE = Q(actor_kind="person", action__in=CHANGES)
# From then on the ERP and we know the same of an object.
IN_STEP = Q(action__in=("export.synced", "export.marked_synced", "record.imported")) | Q(
    action="record.linked", after__has_key="origin_id"
)


def may_update(entity: Entity, metadata: Metadata) -> bool:
    """Whether a synced object of the kind can be sent once more: budgets always, jobs where the switch is on."""
    rules = metadata.of(entity)
    if entity.events.update is None or rules is None:
        return False
    return rules.may_update if entity.updated_by_switch else rules.enabled and rules.config("export")


def refuse_update(company_id: int, entity: Entity, metadata: Metadata, record: Record) -> None:
    """Raises WrongState, code `synced` where objects of the kind are not sent again, `unchanged` where there is no
    news; Invalid, code `export_off`, where the company's document switches it off.
    """
    if entity.events.update is None:
        raise WrongState(f"It is synced as {record.origin_id} already.", code="synced", origin_id=record.origin_id)
    if not may_update(entity, metadata):
        raise Invalid.field("base", f"Sending {entity.plural.lower()} again is switched off.", code="export_off")
    if record.pk not in changed_since_sync(company_id, [record]):
        text = f"Nothing changed since it was synced as {record.origin_id}."
        raise WrongState(text, code="unchanged", origin_id=record.origin_id)


def changed_since_sync(company_id: int, records: Sequence[Record]) -> set[int]:
    """Which of the synced records people changed after the ERP had them: one query.

    The audit tells: it holds every change with its time, also of lines.
    """
    ids = [record.pk for record in records if record.synced]
    if not ids:
        return set()
    rows = Entry.objects.of(company_id).filter(BY_PEOPLE | IN_STEP, record_id__in=ids).order_by()
    latest = rows.values_list("record_id").annotate(
        changed=Max("id", filter=BY_PEOPLE), known=Max("id", filter=IN_STEP)
    )
    return {record_id for record_id, changed, known in latest if changed is not None and changed > (known or 0)}


def known_before(company: Company, export: StagedExport) -> tuple[Node, StagedExport | None] | None:
    """What the ERP knew of an object before this update of it, and the export that told it; None for other exports.

    What came from the ERP and was never sent is put together from the values that people found when they changed it.
    """
    if export.action != Action.UPDATE:
        return None
    earlier = StagedExport.objects.of(company).filter(record_id=export.record_id, pk__lt=export.pk)
    told = earlier.filter(state=ExportState.SYNCED).order_by("-pk").first()
    if told is not None:
        # The code came from the ERP with its answer: it is no news to it.
        return {**told.snapshot, "origin_code": export.snapshot.get("origin_code")}, told
    return _as_it_came(company, export), None


def _as_it_came(company: Company, export: StagedExport) -> Node:
    about = Entry.objects.of(company).filter(record_id=export.record_id, occurred_at__lte=export.sent_at)
    known = about.filter(IN_STEP).aggregate(last=Max("id"))["last"] or 0
    changes = about.filter(BY_PEOPLE, action="record.edited", object_id=export.record_id, id__gt=known)
    found: dict[str, Any] = {}
    for before in changes.order_by("id").values_list("before", flat=True):
        found = {**(before or {}), **found}
    return {**export.snapshot, "data": {**export.snapshot["data"], **found}}
