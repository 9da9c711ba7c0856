"""The approver's decisions on staged exports, and letting accepted ones out.

Every function takes a chunk of rows in one transaction; a single decision is a chunk of one. A row that is refused
undoes no other: its refusal stands in its outcome.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from erpstaging.audit import log as audit
from erpstaging.catalogue.fields import date
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.rules import EntityRules, Input
from erpstaging.connections.services import metadata_of
from erpstaging.connections.validation import failures
from erpstaging.core import sets
from erpstaging.core.errors import Invalid, NotFound, NotPermitted, Refused, WrongState
from erpstaging.core.locks import lock
from erpstaging.erp_requests.services import Item, open_erp_requests, retire_details
from erpstaging.notices.services import owe
from erpstaging.records.checks import labels_of, rule_values
from erpstaging.records.models import Lock, Record
from erpstaging.records.snapshots import links_of, record_ids, with_links
from erpstaging.staging.checks import blocking_parents, refusal_of
from erpstaging.staging.codes import CodesInUse, codes_in_use
from erpstaging.staging.decisions import clean_reason, record_decisions, refuse_own, refuse_unseen, require_metadata
from erpstaging.staging.models import ExportState, StagedExport
from erpstaging.staging.sending import divisions_of, open_record, rule_failures

NO_UNDO = timedelta(0)
MAX_UNDO = timedelta(seconds=60)
A_DATE = date("date", "Date")
MAY_NOT_PUSH = "Deciding on exports needs the privilege to push to accounting. Ask an ERP administrator."
SAVED = (
    "state", "decided_by_id", "decided_by_name", "decided_at", "inputs", "reason", "reason_code", "pins", "messages",
    "release_at", "held_reason", "hold_until", "hold_note", "held_by_id", "held_by_name", "held_at", "erp_request_id",
    "attempts", "closed_at", "changed_at", "version",
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


def accept_export(
    company: Company,
    export_id: int,
    *,
    actor: Actor,
    version: int | None,
    inputs: Mapping[str, Any] | None = None,
    undo: timedelta = NO_UNDO,
) -> StagedExport:
    """Accept one staged export; with no undo time and nothing holding it, it leaves in the same transaction.

    Raises NotFound, NotPermitted (also code `self_approval`), VersionMissing, StaleVersion, WrongState, and Invalid:
    by field for missing inputs, code `rule_failed` for rules, `confirmation_required` for an unanswered warning.
    """
    wanted = Wanted(export_id, version, inputs or {})
    (outcome,) = accept_exports(company, [wanted], actor=actor, undo=undo)
    return outcome.result()


def accept_exports(
    company: Company, wanted: Sequence[Wanted], *, actor: Actor, undo: timedelta = NO_UNDO
) -> list[Outcome]:
    """Accept a chunk; see accept_export."""
    metadata = metadata_of(company.pk)
    require_metadata(company.pk, metadata)
    now = timezone.now()
    authors = _authors(company.pk, wanted)
    checking = _checking(company.pk, metadata, wanted)

    def accept(export: StagedExport, one: Wanted) -> None:
        refuse_decider(actor, export)
        refuse_own(actor, *authors.get(export.record_id, ()), ("person", export.sent_by_id, None))
        inputs = _checked_inputs(checking, export, one.inputs)
        approver = {"approver_id": actor.user_id, "approver_name": actor.name}
        export.accept_export(**approver, now=now, undo=undo, inputs=inputs)

    outcomes = decide_in_memory(company.pk, wanted, accept, sources={ExportState.READY_TO_EXPORT}, versioned=True)
    accepted = [outcome.export for outcome in outcomes if outcome.export is not None]
    save_exports(company.pk, accepted)
    record_decisions(company.pk, actor, [_decision(export, "accept") for export in accepted])
    tell(company.pk, actor, accepted, "accepted", lambda export: {"inputs": export.inputs})
    if not undo:
        release_exports(company, accepted, actor=actor)
    return outcomes


def release_exports(company: Company, exports: Sequence[StagedExport], *, actor: Actor) -> list[StagedExport]:
    """Let accepted exports out to the integrator, as far as their parents are linked; the others say why they stay.

    The payload is the frozen snapshot with today's origin IDs and what the approver typed.
    """
    links = links_of(company.pk, {one for export in exports for one in record_ids(export.snapshot)})
    leaving: list[tuple[StagedExport, dict[str, Any]]] = []
    held: list[StagedExport] = []
    for export in exports:
        node = with_links(export.snapshot, links)
        held_by = blocking_parents(node)
        if held_by:
            reason = held_by[0].remedy[:300]
            if export.held_reason != reason:
                export.held_reason = reason
                held.append(export)
        else:
            leaving.append((export, node))
    save_exports(company.pk, held)
    _open_requests(company, leaving, actor)
    return [export for export, _ in leaving]


def retry_exports(company: Company, wanted: Sequence[Wanted], *, actor: Actor) -> list[Outcome]:
    """Send failed exports again: the same accepted snapshot, a new request and detail, no new approval.

    One whose parents lost their links in the meantime is refused, code `prerequisites`.
    """

    def check(export: StagedExport, one: Wanted) -> None:
        refuse_decider(actor, export)

    outcomes = decide_in_memory(company.pk, wanted, check, sources={ExportState.FAILED}, versioned=False)
    failed = [(outcome, outcome.export) for outcome in outcomes if outcome.export is not None]
    links = links_of(company.pk, {one for _, export in failed for one in record_ids(export.snapshot)})
    leaving: list[tuple[StagedExport, dict[str, Any]]] = []
    for outcome, export in failed:
        node = with_links(export.snapshot, links)
        if refusal := refusal_of(blocking_parents(node)):
            outcome.export, outcome.refusal = None, refusal
        else:
            leaving.append((export, node))
    _open_requests(company, leaving, actor, verb="retried")
    return outcomes


def retry_export(company: Company, export_id: int, *, actor: Actor, version: int | None = None) -> StagedExport:
    (outcome,) = retry_exports(company, [Wanted(export_id, version)], actor=actor)
    return outcome.result()


def reject_export(
    company: Company,
    export_id: int,
    *,
    actor: Actor,
    version: int | None,
    reason: Any,
    code: str = "",
    pins: Sequence[Any] = (),
) -> StagedExport:
    """Send one export back to who sent it, with a reason that is mailed to him and shown on the record."""
    (outcome,) = reject_exports(company, [Wanted(export_id, version)], actor=actor, reason=reason, code=code, pins=pins)
    return outcome.result()


def reject_exports(
    company: Company, wanted: Sequence[Wanted], *, actor: Actor, reason: Any, code: str = "", pins: Sequence[Any] = ()
) -> list[Outcome]:
    """Reject a chunk with one reason. Raises Invalid, code `reason_required`, before any row is touched."""
    text = clean_reason(reason)
    now = timezone.now()

    def reject(export: StagedExport, one: Wanted) -> None:
        refuse_decider(actor, export)
        rejecter = {"rejecter_id": actor.user_id, "rejecter_name": actor.name}
        export.reject_export(**rejecter, now=now, reason=text, code=code, pins=list(pins))

    rejectable = {ExportState.READY_TO_EXPORT, ExportState.FAILED}
    outcomes = decide_in_memory(company.pk, wanted, reject, sources=rejectable, versioned=True)
    rejected = [outcome.export for outcome in outcomes if outcome.export is not None]
    save_exports(company.pk, rejected)
    give_back(company, rejected, actor=actor)
    record_decisions(company.pk, actor, [_decision(export, "reject", text) for export in rejected])
    return outcomes


def give_back(company: Company, rejected: Sequence[StagedExport], *, actor: Actor) -> None:
    """What every rejection causes, an approver's or the integrator's: records open, senders and creators are told."""
    ids = [export.record_id for export in rejected]
    open_record(company.pk, ids)
    retire_details(company.pk, ids)
    tell(company.pk, actor, rejected, "rejected", lambda export: {"reason": export.reason})
    creators = dict(
        Record.objects.of(company).filter(pk__in=ids, created_by_kind="person").values_list("pk", "created_by_id")
    )
    owe(
        company.pk,
        [
            (person_id, "export_rejected", export.record_id, f"{export.pk}.{export.version}", _rejection(export))
            for export in rejected
            for person_id in {export.sent_by_id, creators.get(export.record_id)} - {None, actor.user_id}
        ],
    )


def undo_accept(company: Company, export_id: int, *, actor: Actor, version: int | None = None) -> StagedExport:
    """Take an accept back while the export has not left. Raises WrongState once the undo time is over."""

    def undo(export: StagedExport, one: Wanted) -> None:
        refuse_decider(actor, export)
        if undo_is_over(export):
            raise _decided(export, "The undo time is over.")
        export.undo_accept()

    wanted = [Wanted(export_id, version)]
    (outcome,) = decide_in_memory(company.pk, wanted, undo, sources={ExportState.ACCEPTED}, versioned=False)
    export = outcome.result()
    save_exports(company.pk, [export])
    tell(company.pk, actor, [export], "accept_undone", lambda _: {})
    return export


def undo_is_over(export: StagedExport) -> bool:
    """An accepted export can be taken back until its time is over, and longer while something else holds it."""
    return export.release_at is not None and export.release_at <= timezone.now() and not export.held_reason


def lock_exports(company_id: int, ids: Sequence[int]) -> dict[int, StagedExport]:
    exports: list[StagedExport] = lock(StagedExport.objects.of(company_id).filter(pk__in=ids))
    return {export.pk: export for export in exports}


def decide_in_memory(
    company_id: int,
    wanted: Sequence[Wanted],
    act: Callable[[StagedExport, Wanted], None],
    *,
    sources: Collection[ExportState],
    versioned: bool,
) -> list[Outcome]:
    """Lock the chunk and try the act on each row in memory; version and state are compared under the lock.

    Whatever is done with a row ends its hold.
    """
    exports = lock_exports(company_id, [one.export_id for one in wanted])
    outcomes = [Outcome(one) for one in wanted]
    for outcome in outcomes:
        export = exports.get(outcome.wanted.export_id)
        try:
            if export is None:
                raise NotFound()
            if versioned or outcome.wanted.version is not None:
                refuse_unseen(export, outcome.wanted.version)
            if export.state not in sources:
                raise _decided(export)
            export.take_off_hold()
            act(export, outcome.wanted)
            export.version += 1
            outcome.export = export
        except Refused as refusal:
            outcome.refusal = refusal
    return outcomes


def _decided(export: StagedExport, text: str = "") -> WrongState:
    said = text or f"It is {export.state.replace('_', ' ')} already."
    who = f" {export.decided_by_name} decided it." if export.decided_by_name else ""
    return WrongState(
        said + who, version=export.version, decided_by=export.decided_by_name or None, decided_at=export.decided_at
    )


def refuse_decider(actor: Actor, export: StagedExport) -> None:
    """Raises NotPermitted for whoever may not decide on exports of this type at all."""
    if actor.kind != "person":
        raise NotPermitted("Only people decide, or rules they switched on.")
    actor.require("push", MAY_NOT_PUSH)
    if ENTITIES[export.item_type].kept_by_admins:
        actor.require("project_admin", "Deciding on contracts needs the admin level on the project tools too.")


Author = tuple[str, int | None, int | None]


def _authors(company_id: int, wanted: Sequence[Wanted]) -> dict[int, tuple[Author, ...]]:
    """Who created and who last edited the records of a chunk, with the people who answer for accounts."""
    record_ids_wanted = (
        StagedExport.objects.of(company_id)
        .filter(pk__in=[one.export_id for one in wanted])
        .values_list("record_id", flat=True)
    )
    rows = Record.objects.of(company_id).filter(pk__in=record_ids_wanted)
    return {
        record.pk: (
            (record.created_by_kind, record.created_by_id, record.created_by_owner_id),
            (record.edited_by_kind, record.edited_by_id, record.edited_by_owner_id),
        )
        for record in rows
    }


def inputs_wanted(metadata: Metadata, export: StagedExport) -> list[Input]:
    """What the approver is asked for at Accept: the display code, then the document's custom fields."""
    rules = metadata.of(ENTITIES[export.item_type])
    if rules is None:
        return []
    code = rules.code_input()
    return [*filter(None, [code]), *rules.custom_inputs()]


@dataclass(frozen=True, slots=True)
class Checking:
    """What the checks of a chunk have to know: the document, the divisions among its cost codes, and the codes that
    other commitments carry."""

    metadata: Metadata
    divisions: frozenset[int]
    codes: CodesInUse


def _checking(company_id: int, metadata: Metadata, wanted: Sequence[Wanted]) -> Checking:
    """Loaded for the whole chunk, before its rows are locked; nothing that is not asked for is looked up."""
    ids = [one.export_id for one in wanted]
    snapshots = list(StagedExport.objects.of(company_id).filter(pk__in=ids).values_list("snapshot", flat=True))
    divisions = divisions_of(company_id, metadata, snapshots)
    typed = [str(one.inputs.get("code") or "") for one in wanted]
    carried = [str(node.get(name) or "") for node in snapshots for name in ("origin_code", "number")]
    return Checking(metadata, divisions, codes_in_use(company_id, metadata, snapshots, {*typed, *carried} - {""}))


def _checked_inputs(checking: Checking, export: StagedExport, given: Mapping[str, Any]) -> dict[str, Any]:
    metadata, divisions = checking.metadata, checking.divisions
    entity = metadata.entity(ENTITIES[export.item_type])
    rules = metadata.of(entity)
    if rules is None:
        raise Invalid.field("base", f"{entity.plural} are not sent to the ERP.", code="export_off")
    typed = _typed(metadata, export, given)
    values = {**rule_values(export.snapshot["data"]), "origin_code": typed["code"], "code": typed["code"]}
    errors = rule_failures(entity, metadata, export.snapshot, divisions)
    of_lines = rule_failures(entity, metadata, {**export.snapshot, "data": {}}, divisions, moment="export")
    found = {name: texts for name, texts in of_lines.items() if name.startswith("line_items.")}
    found |= rules.export_failures(values, labels_of(entity) | {"code": rules.code_label}, divisions)
    for name, texts in found.items():
        errors[name] = list(dict.fromkeys([*errors.get(name, ()), *texts]))
    errors |= _input_failures(inputs_wanted(metadata, export), typed, rules, errors)
    if taken := checking.codes.taken(export, typed["code"]):
        errors.setdefault("code", []).append(taken)
    if errors:
        raise Invalid(next(iter(errors.values()))[0], code="rule_failed", errors=errors)
    _refuse_unconfirmed(rules, given)
    checking.codes.take(export, typed["code"])
    return typed


def _input_failures(
    asked: Sequence[Input], typed: Mapping[str, Any], rules: EntityRules, errors: Mapping[str, list[str]]
) -> dict[str, list[str]]:
    """What is wrong with what was typed, by its key; the rules of the code were run with those of the object."""
    found: dict[str, list[str]] = {}
    for one in asked:
        values = typed["custom_fields"] if one.key != "code" else typed
        if one.key == "code" and {"code", "origin_code"} & errors.keys():
            continue
        found |= failures({one.key: one.rules}, values, {one.key: one.label}, rules.around())
        found |= _date_failures(one, values.get(one.key, ""))
    return found


def _typed(metadata: Metadata, export: StagedExport, given: Mapping[str, Any]) -> dict[str, Any]:
    """Only what was asked for, as text. A code that is not typed is the one that was offered, or the record carries."""
    custom = given.get("custom_fields") or {}
    if not isinstance(custom, Mapping):
        raise Invalid.field("custom_fields", "must be an object")
    wanted = inputs_wanted(metadata, export)
    asked = {one.key for one in wanted} - {"code"}
    offered = next((one.offered(export.snapshot) for one in wanted if one.key == "code"), "")
    code = given.get("code") or offered or export.snapshot.get("origin_code") or ""
    texts = {"code": code, **{key: custom[key] for key in asked if custom.get(key) is not None}}
    for key, value in texts.items():
        if not isinstance(value, str) or len(value) > 255:
            raise Invalid.field(key, "must be text of at most 255 characters")
    return {"code": texts.pop("code"), "custom_fields": texts}


def _date_failures(asked: Input, value: str) -> dict[str, list[str]]:
    if asked.kind != "date" or not value.strip():
        return {}
    try:
        A_DATE.clean(value)
    except ValueError as exc:
        return {asked.key: [str(exc)]}
    return {}


def _refuse_unconfirmed(rules: EntityRules, given: Mapping[str, Any]) -> None:
    if rules.warning is not None and given.get("confirm") is not True:
        raise Invalid.field("confirm", rules.warning, code="confirmation_required")


def _open_requests(
    company: Company, leaving: Sequence[tuple[StagedExport, dict[str, Any]]], actor: Actor, *, verb: str = "released"
) -> None:
    """Request and detail for each export, one statement per table and request name."""
    if not leaving:
        return
    _close_for_people(company.pk, [export for export, _ in leaving])
    retire_details(company.pk, [export.record_id for export, _ in leaving])
    by_event: dict[str, list[tuple[StagedExport, dict[str, Any]]]] = {}
    for export, node in leaving:
        by_event.setdefault(ENTITIES[export.item_type].events.export or "", []).append((export, node))
    for request_name, group in by_event.items():
        items = [
            Item(
                export.item_type, node, version=export.record_version, attempt=export.attempts + 1, inputs=export.inputs
            )
            for export, node in group
        ]
        erp_requests = open_erp_requests(company.pk, actor, request_name, items)
        for (export, _), erp_request in zip(group, erp_requests, strict=True):
            export.release(erp_request)
            export.version += 0 if verb == "retried" else 1
    exports = [export for export, _ in leaving]
    save_exports(company.pk, exports)
    tell(company.pk, actor, exports, verb, lambda export: {"erp_request_id": export.erp_request_id})


def _close_for_people(company_id: int, exports: Sequence[StagedExport]) -> None:
    """The records wait for the ERP now, and carry the code that the approver typed."""
    typed = {export.record_id: export.inputs.get("code") for export in exports}
    records: list[Record] = lock(Record.objects.of(company_id).filter(pk__in=typed))
    sets.update(
        Record,
        [
            {"id": record.pk, "lock": Lock.EXPORTING, "origin_code": typed[record.pk] or record.origin_code}
            for record in records
        ],
    )


def _decision(export: StagedExport, verdict: str, reason: str = "") -> dict[str, Any]:
    return {
        "object_type": "export",
        "object_id": export.pk,
        "version": export.version - 1,
        "verdict": verdict,
        "content_hash": bytes(export.content_hash),
        "sender_id": export.sent_by_id,
        "reason": reason,
    }


def _rejection(export: StagedExport) -> dict[str, Any]:
    return {
        "title": export.title,
        "number": export.number,
        "reason": export.reason,
        "code": export.reason_code,
        "by": export.decided_by_name,
    }


def save_exports(company_id: int, exports: Sequence[StagedExport]) -> None:
    """Write moved exports with one statement."""
    now = timezone.now()
    for export in exports:
        export.changed_at = now
        export.erp_request_id = export.erp_request.pk if export.erp_request is not None else export.erp_request_id
    sets.update(
        StagedExport, [{"id": export.pk, **{name: getattr(export, name) for name in SAVED}} for export in exports]
    )


def tell(
    company_id: int,
    actor: Actor,
    exports: Sequence[StagedExport],
    verb: str,
    after: Callable[[StagedExport], dict[str, Any]],
) -> None:
    audit.record(
        company_id,
        actor,
        [
            audit.Act(
                f"export.{verb}",
                "export",
                export.pk,
                record_id=export.record_id,
                after={"version": export.version, "state": export.state, **after(export)},
            )
            for export in exports
        ],
    )


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
