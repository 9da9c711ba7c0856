"""Marking a failed export as synced by hand: its origin ID is entered by one person and confirmed by another."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.services import metadata_of
from erpstaging.core.errors import Invalid, NotFound, NotPermitted, StaleVersion, WrongState
from erpstaging.core.locks import lock
from erpstaging.erp_requests.services import retire_details
from erpstaging.records.external_data import clean_link
from erpstaging.records.models import Record
from erpstaging.records.reuse import CONFIRM, former_holders, refuse_silent_reuse
from erpstaging.staging.asking import ask_for_confirmation
from erpstaging.staging.confirmations import Asked, Confirmation
from erpstaging.staging.decisions import clean_reason, refuse_unseen
from erpstaging.staging.export_chunks import lock_exports, save_exports, tell
from erpstaging.staging.external import sync_external_data
from erpstaging.staging.models import ExportState, StagedExport
from erpstaging.staging.sending import open_record
from erpstaging.staging.targets import linked_records

MANUAL = "manual"
MAY_NOT_MARK = "Marking as synced needs the level Admin on the ERP tool. Ask an ERP administrator."
PUSH_TOO = "Marking as synced needs the privilege to push to accounting too."


@dataclass(frozen=True, slots=True)
class Marking:
    """What became of it: `confirmation` while a second person has to agree, else None and the export is synced."""

    export: StagedExport
    confirmation: Confirmation | None


def refuse_marker(actor: Actor) -> None:
    """Raises NotPermitted."""
    if actor.kind != "person":
        raise NotPermitted("Only people enter origin IDs by hand.")
    actor.require("erp_admin", MAY_NOT_MARK)
    actor.require("push", PUSH_TOO)


def mark_synced(
    company: Company,
    export_id: int,
    *,
    actor: Actor,
    origin_id: Any,
    reason: Any,
    version: int | None = None,
    confirm_reuse: bool = False,
) -> Marking:
    """Ask for a failed export to count as synced under an origin ID that the ERP gave it.

    Where the company asks for no second person it counts at once. Raises NotFound, NotPermitted, StaleVersion,
    WrongState unless it failed, and Invalid under `origin_id` (also code `origin_id_taken`, `origin_id_was_linked`) or
    `reason`.
    """
    refuse_marker(actor)
    alone = metadata_of(company.pk).erp.ticked("mark_synced_alone")
    # Who asks waits for others who act on it; where nobody is asked, the marking itself locks, and looks again.
    exports = StagedExport.objects.of(company).filter(pk=export_id)
    found = exports.first() if alone else lock_exports(company.pk, [export_id]).get(export_id)
    if found is None:
        raise NotFound()
    export: StagedExport = found
    if version is not None:
        refuse_unseen(export, version)
    if export.state != ExportState.FAILED:
        raise WrongState(f"It is {export.state.replace('_', ' ')}; only what failed is marked.", version=export.version)
    wanted_id, text = _clean_origin_id(origin_id), clean_reason(reason)
    records = Record.objects.of(company).filter(pk=export.record_id)
    record: Record = records.get() if alone else lock(records)[0]
    _refuse_origin_id(company, record, wanted_id, confirm_reuse=confirm_reuse)
    seen = {"origin_id": wanted_id, "version": export.version, CONFIRM: confirm_reuse}
    if alone:
        return Marking(_mark(company, export, seen, text, actor=actor, asked_by=actor.name), None)
    confirmation = ask_for_confirmation(
        company, Asked.MARK_SYNCED, record, actor=actor, reason=text, seen=seen, refuse=refuse_marker, export=export
    )
    return Marking(export, confirmation)


def carry_out_marking(company: Company, confirmation: Confirmation, *, actor: Actor) -> None:
    """The second person agreed. Raises StaleVersion when something was done with the export since, and Invalid."""
    export: StagedExport = StagedExport.objects.of(company).get(pk=confirmation.export_id)
    asked_by = confirmation.asked_by_name
    _mark(company, export, confirmation.seen, confirmation.reason, actor=actor, asked_by=asked_by)


def _mark(
    company: Company, export: StagedExport, seen: Mapping[str, Any], reason: str, *, actor: Actor, asked_by: str
) -> StagedExport:
    """Write the origin ID as external data does, with all that follows, and end the export."""
    linked = Record.objects.of(company).filter(pk=export.record_id, origin_id=seen["origin_id"]).exists()
    if not linked:
        update = {"item_id": export.record_id, "origin_id": seen["origin_id"], CONFIRM: seen[CONFIRM]}
        (element,) = sync_external_data(company, [update], actor=actor)
        if element.errors:
            text = next(iter(element.errors.values()))[0]
            raise Invalid(text, code=element.code, errors=element.errors, **element.facts)
    marked = lock_exports(company.pk, [export.pk])[export.pk]
    # One whose detail said success, and lacked its origin ID alone, is synced by now.
    by_the_link = not linked and marked.state == ExportState.SYNCED and marked.version == seen["version"] + 1
    if not by_the_link:
        _refuse_changed(marked, seen["version"])
        marked.sync(now=timezone.now())
        marked.version += 1
    marked.source = MANUAL
    save_exports(company.pk, [marked])
    open_record(company.pk, [marked.record_id])
    retire_details(company.pk, [marked.record_id])
    said = {"origin_id": seen["origin_id"], "reason": reason, "source": MANUAL, "asked_by": asked_by}
    tell(company.pk, actor, [marked], "marked_synced", lambda _: said)
    return marked


def _refuse_changed(export: StagedExport, version: int) -> None:
    if export.version != version or export.state != ExportState.FAILED:
        by, at = export.last_change
        text = f"It is {export.state.replace('_', ' ')} now, in version {export.version}; {by} changed it. Ask again."
        raise StaleVersion(text, version=export.version, decided_by=by, decided_at=at)


def _clean_origin_id(value: Any) -> str:
    """Raises Invalid under `origin_id`."""
    if value is not None and not isinstance(value, str):
        raise Invalid.field("origin_id", "must be text")
    text = (value or "").strip()
    if not text:
        raise Invalid.field("origin_id", "is required")
    return str(clean_link({"origin_id": text})["origin_id"])


def _refuse_origin_id(company: Company, record: Record, origin_id: str, *, confirm_reuse: bool) -> None:
    """What the confirmation would run into, said at once to who asks."""
    key = (record.item_type, origin_id)
    holder_id = linked_records(company.pk, [key]).get(key)
    if holder_id is not None and holder_id != record.pk:
        text = f"{origin_id} is already the origin ID of {record.item_type} {holder_id}."
        raise Invalid.field("origin_id", text, code="origin_id_taken", record_id=holder_id)
    if record.origin_id not in {None, origin_id}:
        raise WrongState(f"It is linked to {record.origin_id} already.", version=record.version)
    refuse_silent_reuse(record, origin_id, former_holders(company.pk, [key]), {CONFIRM: confirm_reuse})
