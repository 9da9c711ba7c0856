"""Telling audit and outbox about changes of records, many at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from erpstaging.audit import log as audit
from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.outbox import events
from erpstaging.outbox.models import EventType
from erpstaging.records.models import Record

VERBS = {EventType.CREATE: "created", EventType.UPDATE: "edited", EventType.DELETE: "deleted"}


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one record: the values that changed, before and after."""

    record: Record
    kind: EventType
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


def tell(company_id: int, actor: Actor, changes: Sequence[Change], *, verb: str = "") -> None:
    """One statement for the audit, one for the outbox. A line's entry stands on its parent's timeline.

    `verb` replaces created, edited or deleted where the act has a name of its own, such as `synced`.
    """
    audit.record(
        company_id,
        actor,
        [
            audit.Act(
                f"{'line' if change.record.parent_id else 'record'}.{verb or VERBS[change.kind]}",
                "record",
                change.record.pk,
                record_id=change.record.parent_id or change.record.pk,
                before=None if change.before is None else dict(change.before),
                after=None if change.after is None else dict(change.after),
            )
            for change in changes
        ],
    )
    parent_types = _parent_types(company_id, changes)
    events.record(
        company_id,
        actor,
        [
            events.Fact(resource, change.record.pk, change.kind, change.record.project_id)
            for change in changes
            if (resource := _entity(change, parent_types).webhook_resource)
        ],
    )


def _entity(change: Change, parent_types: Mapping[int, str]) -> Entity:
    return ENTITIES[change.record.item_type].under(parent_types.get(change.record.parent_id or 0))


def _parent_types(company_id: int, changes: Sequence[Change]) -> dict[int, str]:
    """What lines stand under: events about them are named after it."""
    parents = {one.record.parent_id for one in changes if ENTITIES[one.record.item_type].variants} - {None}
    rows = Record.objects.of(company_id).filter(pk__in=parents)
    return dict(rows.values_list("pk", "item_type")) if parents else {}
