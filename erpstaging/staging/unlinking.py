"""Unlinking with proof: the integrator looks whether the ERP has let go of an object (lifecycles, rows 4.12 to 4.14).

Vendors need no proof; their link is cleared at once (staging/linking.py).
"""

from collections.abc import Callable

from django.utils import timezone

from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.events import EVENTS
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.services import metadata_of
from erpstaging.core.errors import Invalid, NotFound, NotPermitted, WrongState
from erpstaging.core.locks import lock
from erpstaging.erp_requests.models import DetailState, ErpRequestDetail
from erpstaging.erp_requests.services import Item, open_erp_request, retire_details
from erpstaging.records.editing import refuse_stale
from erpstaging.records.locking import closed_record
from erpstaging.records.models import Record
from erpstaging.records.snapshots import Node
from erpstaging.staging.answers import finish_exports
from erpstaging.staging.clearing import Held, clear_links
from erpstaging.staging.decisions import require_metadata
from erpstaging.staging.export_chunks import save_exports, tell
from erpstaging.staging.freezing import content_hash, snapshot
from erpstaging.staging.linking import unlink_record
from erpstaging.staging.models import OPEN_STATES, Action, ExportState, StagedExport

MAY_NOT_UNLINK = "Unlinking needs the privilege to push to accounting. Ask an ERP administrator."
CONTRACTS_TOO = "Unlinking contracts needs the admin level on the project tools too."
STILL_THERE = "The ERP answered {state} without a reason."
Contradict = Callable[[Record, str, str, ErpRequestDetail, DetailState], None]


def needs_proof(entity: Entity) -> bool:
    """Whether the integrator has to confirm that an object of this kind is gone from the ERP."""
    return entity.events.unlink is not None and EVENTS[entity.events.unlink].cleared_by == "integrator"


def unlink(company: Company, record_id: int, *, actor: Actor, version: int | None = None) -> Record:
    """Unlink a record: at once where the kind allows it, else by asking the integrator for proof.

    Raises NotFound, NotPermitted, StaleVersion, WrongState, Invalid; see unlink_record and ask_to_unlink.
    """
    item_types = Record.objects.of(company).filter(pk=record_id, deleted_at=None).values_list("item_type", flat=True)
    item_type = item_types.first()
    if item_type is None:
        raise NotFound()
    if not needs_proof(ENTITIES[item_type]):
        return unlink_record(company, record_id, actor=actor, version=version)
    record: Record = ask_to_unlink(company, record_id, actor=actor, version=version).record
    return record


def ask_to_unlink(company: Company, record_id: int, *, actor: Actor, version: int | None = None) -> StagedExport:
    """Ask the integrator whether the ERP has let go of a record; until it answers the record stays linked and locked.

    Raises NotFound, NotPermitted, StaleVersion, WrongState (code `request_open` while an export is open), and Invalid:
    code `metadata_missing`, or `unlink_off` where the company does not unlink this kind.
    """
    locked = lock(Record.objects.of(company).filter(pk=record_id, deleted_at=None))
    if not locked:
        raise NotFound()
    record: Record = locked[0]
    entity, metadata = ENTITIES[record.item_type], metadata_of(company.pk)
    refuse_stale(record, version)
    require_metadata(company.pk, metadata)
    newest = StagedExport.objects.of(company).filter(record=record).order_by("-pk").first()
    refuse_asking(record, entity, metadata, newest, actor)
    node = node_of(company, record)
    retire_details(company.pk, [record.pk])
    about = Item(entity.item_type, node, version=record.version)
    erp_request_id = open_erp_request(company.pk, actor, entity.events.unlink or "", about)
    now = timezone.now()
    export: StagedExport = StagedExport.objects.create(
        company=company,
        record=record,
        item_type=record.item_type,
        action=Action.UNLINK,
        state=ExportState.UNLINKING,
        snapshot=node,
        content_hash=content_hash(node),
        record_version=record.version,
        project_id=record.project_id,
        vendor_id=record.vendor_id,
        number=record.number,
        title=record.title,
        amount=record.amount,
        currency=record.currency,
        sent_by_id=actor.id,
        sent_by_name=actor.name,
        sent_at=now,
        decided_by_id=actor.id,
        decided_by_name=actor.name,
        decided_at=now,
        changed_at=now,
        erp_request_id=erp_request_id,
        attempts=1,
    )
    tell(company.pk, actor, [export], "unlinking", lambda _: {"erp_request_id": erp_request_id})
    return export


def refuse_unlinker(actor: Actor, entity: Entity) -> None:
    """Raises NotPermitted for whoever may not unlink objects of this kind at all."""
    if actor.kind != "person":
        raise NotPermitted("People ask for it; the integration takes origin IDs away through external data.")
    actor.require("push", MAY_NOT_UNLINK)
    if entity.kept_by_admins:
        actor.require("project_admin", CONTRACTS_TOO)


def refuse_asking(
    record: Record, entity: Entity, metadata: Metadata, newest: StagedExport | None, actor: Actor
) -> None:
    """The rules of ask_to_unlink but for those of its answer; `newest` is the record's newest export."""
    refuse_unlinker(actor, entity)
    if record.origin_id is None:
        raise WrongState("It is not linked.", version=record.version)
    rules = metadata.of(entity)
    if rules is None or not rules.may_unlink:
        raise Invalid.field("base", f"Unlinking {entity.plural.lower()} is switched off.", code="unlink_off")
    refuse_open_export(record, newest)
    if closed := closed_record(record, actor):
        raise Invalid.field("base", closed.message, code=closed.code, record_id=record.pk)


def refuse_open_export(record: Record, newest: StagedExport | None) -> None:
    """Raises WrongState, code `request_open`, while an export of the record is under way."""
    if newest is not None and newest.state in OPEN_STATES:
        text = f"It is {newest.state.replace('_', ' ')}: that has to end first."
        raise WrongState(text, code="request_open", export_id=newest.pk, version=record.version)


def node_of(company: Company, record: Record) -> Node:
    """The object as an unlink or reset event tells of it: as for an export, its lines with their holder's origin ID."""
    node = snapshot(company, record)
    for line in node.get("lines", ()):
        line["holder"] = {**line["holder"], "origin_id": record.origin_id}
    return node


# How it ends


class UnlinkAnswers:
    """What the ends of unlink details do; everything they touch is loaded and locked, and written by `finish`.

    `held` are the records with their lines, and the staged rows, of details that say success. `contradict` notes what
    the ERP says against what is settled.
    """

    def __init__(self, company: Company, actor: Actor, held: Held, contradict: Contradict) -> None:
        self.company, self.actor, self.held, self.contradict = company, actor, held, contradict
        self.now = timezone.now()
        self.gone: list[StagedExport] = []
        self.kept: list[StagedExport] = []

    def take(
        self,
        detail: ErpRequestDetail,
        state: DetailState,
        messages: list[str],
        record: Record,
        export: StagedExport | None,
    ) -> None:
        """One detail that ended in `state`; `export` is the record's newest."""
        if not detail.current or export is None or export.state != ExportState.UNLINKING:
            self._late(detail, state, messages, record)
        elif state == DetailState.SUCCESS:
            self._end(export, [])
        elif state == DetailState.IN_PROGRESS:
            return
        elif record.origin_id is None:
            # The integration has taken the link away already: what it says now cannot bring it back.
            self._end(export, messages)
            self._late(detail, state, messages, record)
        else:
            export.stay_linked(messages or [STILL_THERE.format(state=state)], now=self.now)
            self.kept.append(export)

    def _end(self, export: StagedExport, messages: list[str]) -> None:
        export.unlink(now=self.now)
        export.messages = messages
        self.gone.append(export)

    def _late(self, detail: ErpRequestDetail, state: DetailState, messages: list[str], record: Record) -> None:
        said = " ".join(messages)
        if state == DetailState.SUCCESS and record.origin_id is not None:
            text = f"The ERP says that it is gone there, and it is linked. {said}"
            self.contradict(record, "late_close", text.strip(), detail, state)
        elif state in {DetailState.FAILED, DetailState.REJECTED} and record.origin_id is None:
            text = f"The ERP says {state} to the unlinking, and it is unlinked. {said}"
            self.contradict(record, "late_close", text.strip(), detail, state)

    def finish(self) -> None:
        """Clear what is still linked of the records that are gone, and write their exports."""
        ids = {export.record_id for export in self.gone}
        records = [one for one in self.held.records if one.pk in ids or one.parent_id in ids]
        staged = self.held.staged if records else []
        clear_links(
            self.company,
            Held(staged, {}, records),
            actor=self.actor,
            reason=f"unlinked, confirmed by {self.actor.name}",
        )
        finish_exports(self.company.pk, self.gone, self.actor)
        retire_details(self.company.pk, list(ids))
        for export in self.kept:
            export.version += 1
        save_exports(self.company.pk, self.kept)
        tell(self.company.pk, self.actor, self.kept, "kept_linked", lambda export: {"messages": export.messages})
