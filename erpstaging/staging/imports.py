"""The approver's decisions on staged records: import, reject, archive."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from erpstaging.audit import log as audit
from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.registry import STAGED
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.services import metadata_of
from erpstaging.core import sets
from erpstaging.core.errors import Invalid, NotPermitted, WrongState
from erpstaging.erp_requests.services import Item, open_erp_request
from erpstaging.outbox import events
from erpstaging.outbox.models import EventType
from erpstaging.records.checks import References, rule_values
from erpstaging.records.models import Record
from erpstaging.records.snapshots import nodes
from erpstaging.staging.call import COLUMNS, RESOURCE, comes_back
from erpstaging.staging.decisions import (
    clean_reason,
    record_decisions,
    refuse_own,
    refuse_unseen,
    require_metadata,
    staging_authors,
)
from erpstaging.staging.families import Family, locked_family
from erpstaging.staging.import_records import Arrival, arrivals, write_records
from erpstaging.staging.models import StagedRecord, StagedStatus
from erpstaging.staging.rejections import clean_code
from erpstaging.staging.targets import Key, keys_of, linked_records
from erpstaging.staging.waiting import clear_waiting, wait_anew

MAY_NOT_IMPORT = "Importing needs the level Standard on the ERP tool. Ask an ERP administrator."


def accept_import(
    company: Company, staged_id: int, *, actor: Actor, version: int | None, confirm_reuse: bool = False
) -> StagedRecord:
    """Make a staged record and its children records, linked by their origin IDs.

    A row that breaks a rule comes back `invalid` with its messages, and nothing is created; the caller commits that.
    A prime contract comes in once more when the integration staged something new for it: that alone is taken over.
    Raises NotFound, NotPermitted, StaleVersion, VersionMissing, WrongState, and Invalid with code
    `waiting_for_parent` while a reference is not linked, or `origin_id_was_linked` for an origin ID that left without
    the ERP's word: the approver has to `confirm_reuse`.
    """
    family = locked_family(company.pk, staged_id)
    entity, metadata = STAGED[family.row.item_type], metadata_of(company.pk)
    _refuse_decision(company.pk, family, actor, version, again=family.comes_again)
    require_metadata(company.pk, metadata)
    _refuse_switched_off(entity, metadata)
    targets = _targets(company.pk, family)
    _refuse_waiting(company.pk, family, targets)
    seen, coming = family.row.version, arrivals(family, targets)
    messages = _failures(company.pk, coming, metadata)
    if messages:
        _invalidate(company.pk, family, actor, messages)
        return family.row
    record = write_records(company, family, coming, actor, confirm_reuse=confirm_reuse)
    _finish(company, family, [one.row for one in coming], actor, seen)
    _announce(company, entity, record, actor)
    return family.row


def reject_import(
    company: Company, staged_id: int, *, actor: Actor, version: int | None, reason: Any, code: Any = ""
) -> StagedRecord:
    """Send a staged record back to the integrator: it becomes invalid and the reason stands first in its messages.

    Raises what every decision raises, and Invalid by field for the reason and the code (rejections.clean_code).
    """
    family = locked_family(company.pk, staged_id)
    _refuse_decision(company.pk, family, actor, version)
    text, picked = clean_reason(reason), clean_code(metadata_of(company.pk), code)
    seen = family.row.version
    told = {"reason": text, "code": picked} if picked else {"reason": text}
    _move(company.pk, family.row, lambda row: row.invalidate([text]), actor, "rejected", told)
    record_decisions(company.pk, actor, [{**_decision(family.row, seen, "reject", text), "reason_code": picked}])
    return family.row


def archive_staged_record(
    company: Company, staged_id: int, *, actor: Actor, version: int | None = None
) -> StagedRecord:
    """Put a staged record aside: it will not be imported, its children go along."""
    return _shelve(company, staged_id, actor, version, away=True)


def unarchive_staged_record(
    company: Company, staged_id: int, *, actor: Actor, version: int | None = None
) -> StagedRecord:
    """Bring an archived staged record back, with the children that went with it."""
    return _shelve(company, staged_id, actor, version, away=False)


def _shelve(company: Company, staged_id: int, actor: Actor, version: int | None, *, away: bool) -> StagedRecord:
    family = locked_family(company.pk, staged_id)
    refuse_importer(actor)
    _refuse_child(family.row)
    if version is not None:
        refuse_unseen(family.row, version)
    wanted = StagedStatus.STAGED if away else StagedStatus.ARCHIVED
    if family.row.status != wanted:
        raise WrongState(f"It is {family.row.status}, not {wanted}.", version=family.row.version)
    if away:
        family.row.archive()
        moved = [child for child in family.children if child.status == StagedStatus.STAGED]
        for child in moved:
            child.archive(with_parent=True)
    else:
        family.row.stage_again()
        moved = [child for child in family.children if comes_back(child)]
        for child in moved:
            child.stage_again()
    _save(company.pk, [family.row, *moved], actor)
    verb = "archived" if away else "unarchived"
    _tell(company.pk, actor, [family.row, *moved], verb, {"status": family.row.status})
    return family.row


def refuse_importer(actor: Actor) -> None:
    """Raises NotPermitted for whoever may not decide on imports at all."""
    if actor.kind == "service_account":
        raise NotPermitted("A service account never decides.")
    actor.require("erp", MAY_NOT_IMPORT)


def _refuse_child(row: StagedRecord) -> None:
    if row.parent_id is not None:
        raise WrongState("A line is decided with its parent.", version=row.version)


def _refuse_decision(
    company_id: int, family: Family, actor: Actor, version: int | None, *, again: bool = False
) -> None:
    row = family.row
    refuse_importer(actor)
    _refuse_child(row)
    refuse_unseen(row, version)
    if row.status != StagedStatus.STAGED and not again:
        raise WrongState(
            f"It is {row.status} already.",
            version=row.version,
            decided_by=row.changed_by_name,
            decided_at=row.updated_at,
        )
    refuse_own(actor, *staging_authors(company_id, [row.pk, *(child.pk for child in family.children)]))


def _refuse_switched_off(entity: Entity, metadata: Metadata) -> None:
    metadata.require_on(entity)
    rules = metadata.of(entity)
    if rules is not None and not rules.may_import:
        raise Invalid.field("base", f"Importing {entity.plural.lower()} is switched off.", code="import_off")


def _targets(company_id: int, family: Family) -> dict[Key, int]:
    return linked_records(company_id, (key for row in family.rows for key in keys_of(family.entity(row), row.data)))


def _refuse_waiting(company_id: int, family: Family, targets: Mapping[Key, int]) -> None:
    """Raises Invalid, code `waiting_for_parent`, naming every reference that is not linked, with its value.

    Should the row have been listed as ready, it is listed as waiting from then on.
    """
    errors: dict[str, list[str]] = {}
    for row in family.rows:
        for origin_field, field in family.entity(row).origin_fields.items():
            value = row.data.get(origin_field)
            if not field.required_at_import or row.data.get(field.name) is not None:
                continue
            if value is None or not any((target, value) in targets for target in field.targets):
                name = origin_field if row is family.row else f"children.{row.origin_id}.{origin_field}"
                errors.setdefault(name, []).append("can't be blank" if value is None else f"{value} is not linked yet")
    if errors:
        name, texts = next(iter(errors.items()))
        refusal = Invalid(f"Waiting for {name}: {texts[0]}.", code="waiting_for_parent", errors=errors)
        refusal.follow_up = lambda: wait_anew(company_id, [family.row.pk])
        raise refusal


def _failures(company_id: int, coming: Sequence[Arrival], metadata: Metadata) -> list[str]:
    """What speaks against the import, the company's rules among it, in words for the row."""
    messages: list[str] = []
    references = References(company_id, [(one.entity, one.data) for one in coming])
    strangers = _lines_of_others(company_id, coming)
    header = metadata.of(coming[0].entity)
    for one in coming:
        place = "" if one is coming[0] else f"Line {one.row.origin_id}: "
        labels = metadata.entity(one.entity).labels
        needed = [field for field in one.entity.fields if field.required_at_import]
        missing = [field.label for field in needed if one.data.get(field.name) in (None, "")]
        messages += [f"{place}{label} can't be blank" for label in missing]
        for name, texts in references.errors(one.entity, one.data).items():
            messages += [f"{place}{labels[name]} {text}" for text in texts]
        if one.data.get("commitment_line_item_id") in strangers:
            messages.append(f"{place}{labels['commitment_line_item_id']} belongs to another commitment")
        if one.row.status == StagedStatus.INVALID:
            messages.append(f"{place}is invalid")
        if place and header and one.row.origin_code and not header.fits_contract_item(one.row.origin_code):
            messages.append(f"{place}The code {one.row.origin_code} does not fit {header.contract_item_format}")
        rules = metadata.of(one.entity)
        if rules is None:
            continue
        divisions = references.divisions if rules.looks_for_divisions else ()
        for texts in rules.save_failures(rule_values(one.data), labels, divisions).values():
            messages += [f"{place}{text}" for text in texts]
    return messages


def _lines_of_others(company_id: int, coming: Sequence[Arrival]) -> set[int]:
    """The lines that a change order names and that do not stand under its own commitment."""
    named = {one.data["commitment_line_item_id"] for one in coming if one.data.get("commitment_line_item_id")}
    if not named:
        return set()
    lines = Record.objects.of(company_id).filter(pk__in=named, item_type="line_item", deleted_at=None)
    commitment_id = coming[0].data.get("commitment_id")
    return {line_id for line_id, parent_id in lines.values_list("pk", "parent_id") if parent_id != commitment_id}


def _invalidate(company_id: int, family: Family, actor: Actor, messages: list[str]) -> None:
    if family.comes_again:  # it stays imported as it was
        raise Invalid.field("base", messages[0], code="rule_failed", messages=messages)
    _move(company_id, family.row, lambda row: row.invalidate(messages), actor, "invalid", {"messages": messages})


def _finish(company: Company, family: Family, imported: list[StagedRecord], actor: Actor, seen: int) -> None:
    """The staged rows say what became of them; what waited for them waits no longer."""
    _save(company.pk, imported, actor)
    if STAGED[family.row.item_type].imported_again:
        _remember(imported)
    _tell(company.pk, actor, imported, "imported", {"status": StagedStatus.IMPORTED})
    record_decisions(company.pk, actor, [_decision(family.row, seen, "import")])
    clear_waiting(company.pk, family.waiting, [(row.item_type, row.origin_id) for row in imported])


def _remember(imported: Sequence[StagedRecord]) -> None:
    """What went in, for the next time: only what the integration says anew will be taken over then."""
    for row in imported:
        row.imported_data, row.changed_since_import = row.data, False
    sets.update(
        StagedRecord,
        [{"id": row.pk, "imported_data": row.imported_data, "changed_since_import": False} for row in imported],
    )


def _announce(company: Company, entity: Entity, record: Record, actor: Actor) -> None:
    """Tell the integrator, where the event catalogue has an event for it."""
    if entity.events.imported:
        node = nodes(company.pk, company.name, [record])[record.pk]
        open_erp_request(company.pk, actor, entity.events.imported, Item(entity.item_type, node))


def _decision(row: StagedRecord, version: int, verdict: str, reason: str = "") -> dict[str, Any]:
    return {
        "object_type": "staged_record",
        "object_id": row.pk,
        "version": version,
        "verdict": verdict,
        "reason": reason,
    }


def _move(company_id: int, row: StagedRecord, move: Any, actor: Actor, verb: str, after: dict[str, Any]) -> None:
    move(row)
    _save(company_id, [row], actor)
    _tell(company_id, actor, [row], verb, after)


def _save(company_id: int, rows: list[StagedRecord], actor: Actor) -> None:
    now = timezone.now()
    for row in rows:
        row.version += 1
        row.changed_by_kind, row.changed_by_id, row.changed_by_name = actor.kind, actor.id, actor.name
        row.updated_at = now
        row.record_id = row.record.pk if row.record is not None else row.record_id
    sets.update(StagedRecord, [{"id": row.pk, **{column: getattr(row, column) for column in COLUMNS}} for row in rows])


def _tell(company_id: int, actor: Actor, rows: list[StagedRecord], verb: str, after: dict[str, Any]) -> None:
    audit.record(
        company_id,
        actor,
        [
            audit.Act(f"staged_record.{verb}", "staged_record", row.pk, record_id=row.record_id, after=after)
            for row in rows
        ],
    )
    events.record(company_id, actor, [events.Fact(RESOURCE, row.pk, EventType.UPDATE) for row in rows])
