"""A chunk of staged exports under lock: an act tried on each in memory, the moved ones written and told.

A row that is refused undoes no other: its refusal stands in its outcome.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from erpstaging.audit import log as audit
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.core import sets
from erpstaging.core.errors import NotFound, NotPermitted, Refused, WrongState
from erpstaging.core.locks import lock_ids
from erpstaging.staging.decisions import refuse_unseen
from erpstaging.staging.models import ExportState, StagedExport

MAY_NOT_PUSH = "Deciding on exports needs the privilege to push to accounting. Ask an ERP administrator."
SAVED = (
    "id", "state", "decided_by_id", "decided_by_name", "decided_at", "inputs", "reason", "reason_code", "pins",
    "messages", "release_at", "held_reason", "hold_until", "hold_note", "held_by_id", "held_by_name", "held_at",
    "erp_request_id", "attempts", "closed_at", "source", "changed_at", "version", "failure", "failed_items",
    "correlation_id", "cause", "failed_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """One row of a decision: which export, in which version, and what was typed for it.

    `inputs` is {"code": str, "custom_fields": {key: value}, "confirm": bool}.
    """

    export_id: int
    version: int | None
    inputs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Outcome:
    """What became of one row: its export, or why not."""

    wanted: Wanted
    export: StagedExport | None = None
    refusal: Refused | None = None

    def result(self) -> StagedExport:
        """The export of a single decision. Raises its refusal."""
        if self.refusal is not None:
            raise self.refusal
        if self.export is None:
            raise NotFound()
        return self.export


def lock_exports(company_id: int, ids: Sequence[int]) -> dict[int, StagedExport]:
    return {export.pk: export for export in lock_ids(StagedExport, company_id, ids)}


def decide_in_memory(
    company_id: int,
    wanted: Sequence[Wanted],
    act: Callable[[StagedExport, Wanted], None],
    *,
    sources: Collection[ExportState],
    versioned: bool,
    locked: Mapping[int, StagedExport] | None = None,
) -> list[Outcome]:
    """Try the act on each row in memory, under its lock; version and state are compared first.

    The chunk is locked here unless it comes `locked`. Whatever is done with a row ends its hold.
    """
    exports = lock_exports(company_id, [one.export_id for one in wanted]) if locked is None else locked
    outcomes = [Outcome(one) for one in wanted]
    for outcome in outcomes:
        export = exports.get(outcome.wanted.export_id)
        try:
            if export is None:
                raise NotFound()
            if versioned or outcome.wanted.version is not None:
                refuse_unseen(export, outcome.wanted.version)
            if export.state not in sources:
                raise decided_already(export)
            export.take_off_hold()
            act(export, outcome.wanted)
            export.version += 1
            outcome.export = export
        except Refused as refusal:
            outcome.refusal = refusal
    return outcomes


def decided_already(export: StagedExport, text: str = "") -> WrongState:
    said = text or f"It is {export.state.replace('_', ' ')} already."
    who = f" {export.decided_by_name} decided it." if export.decided_by_name else ""
    return WrongState(
        said + who, version=export.version, decided_by=export.decided_by_name or None, decided_at=export.decided_at
    )


def refuse_decider(actor: Actor, export: StagedExport) -> None:
    """Raises NotPermitted for whoever may not decide on exports of this type at all; a rule decides by its setting."""
    if actor.kind == "rule":
        return
    if actor.kind != "person":
        raise NotPermitted("Only people decide, or rules they switched on.")
    actor.require("push", MAY_NOT_PUSH)
    entity = ENTITIES[export.item_type]
    if entity.kept_by_admins:
        text = f"Deciding on {entity.plural.lower()} needs the admin level on the project tools too."
        actor.require("project_admin", text)


def save_exports(company_id: int, exports: Sequence[StagedExport]) -> None:
    """Write moved exports with one statement."""
    now = timezone.now()
    for export in exports:
        export.changed_at = now
    sets.update(StagedExport, [{name: vars(export)[name] for name in SAVED} for export in exports], returning=())


def acts_on(
    exports: Sequence[StagedExport],
    verb: str,
    after: Callable[[StagedExport], dict[str, Any]],
    *,
    carried_on: bool = False,
) -> list[audit.Act]:
    """What the timeline says of exports as they are now; written with `audit.record`.

    What is `carried_on` from its decision keeps the decision's correlation id.
    """
    return [
        audit.Act(
            f"export.{verb}",
            "export",
            export.pk,
            record_id=export.record_id,
            after={"version": export.version, "state": export.state, **after(export)},
            correlation_id=export.correlation_id if carried_on else "",
        )
        for export in exports
    ]


def tell(
    company_id: int,
    actor: Actor,
    exports: Sequence[StagedExport],
    verb: str,
    after: Callable[[StagedExport], dict[str, Any]],
) -> None:
    audit.record(company_id, actor, acts_on(exports, verb, after))
