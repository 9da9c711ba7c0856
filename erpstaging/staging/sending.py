"""Project people's acts: send an object to accounting, take it back."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from django.db.models import Q
from django.utils import timezone

from erpstaging.audit import log as audit
from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.payload import find
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.services import metadata_of
from erpstaging.core.errors import Invalid, NotFound, NotPermitted, WrongState
from erpstaging.core.locks import lock
from erpstaging.erp_requests.services import retire_details
from erpstaging.records.checks import cost_code_ids, divisions_among, rule_values
from erpstaging.records.editing import require_right
from erpstaging.records.models import Lock, Record
from erpstaging.records.snapshots import Node
from erpstaging.staging.budget_exports import settle_transactions
from erpstaging.staging.checks import Check, checks_for_sending, refusal_of
from erpstaging.staging.decisions import require_metadata
from erpstaging.staging.freezing import content_hash, snapshot
from erpstaging.staging.models import OPEN_STATES, Action, ExportState, StagedExport
from erpstaging.staging.resubmitting import rejected_before, tell_export_is_back
from erpstaging.staging.updating import refuse_update

# What has to be worked out before an object is frozen.
PREPARED: Mapping[str, Callable[[Company, Record], None]] = {"budget": settle_transactions}


def send_record(company: Company, record_id: int, *, actor: Actor) -> StagedExport:
    """Freeze an object and put it before the accounting approvers; it is closed to everybody until they answer.

    A synced one that people changed is sent as an update. Raises NotFound, NotPermitted, WrongState while an export is
    open or for a synced object without news, and Invalid: code `metadata_missing`,
    `export_off`, `prerequisites` (one field per unmet rule), or the save rules by field.
    """
    locked = lock(Record.objects.of(company).filter(pk=record_id, deleted_at=None))
    if not locked:
        raise NotFound()
    record: Record = locked[0]
    entity, metadata = ENTITIES[record.item_type], metadata_of(company.pk)
    refuse_sender(actor, entity, record)
    require_metadata(company.pk, metadata)
    _refuse_open(company.pk, record)
    _refuse_switched_off(entity, metadata, record)
    if record.item_type in PREPARED:
        PREPARED[record.item_type](company, record)
    node = snapshot(company, record)
    refuse_unmet(company.pk, entity, metadata, node)
    export = _stage(company, record, node, actor)
    tell_export_is_back(company, export, metadata)
    record.lock = Lock.WAITING
    record.save(update_fields=["lock"])
    act = audit.Act("export.sent", "export", export.pk, record_id=record.pk, after={"version": export.version})
    audit.record(company.pk, actor, [act])
    return export


def retrieve_record(company: Company, record_id: int, *, actor: Actor) -> StagedExport:
    """Take an object back before it is decided, or after it failed; it can be edited again.

    Raises WrongState, code `already_decided` with who and when, where somebody was faster.
    """
    export = _newest_open(company.pk, record_id)
    refuse_retriever(actor, export)
    if export.state not in {ExportState.READY_TO_EXPORT, ExportState.FAILED}:
        raise _already_decided(export)
    export.changed_at = timezone.now()
    export.retrieve(sender_id=actor.id, sender_name=actor.name, now=export.changed_at)
    export.version += 1
    moved = ["decided_by_id", "decided_by_name", "decided_at", "closed_at", "cause", "changed_at"]
    export.save(update_fields=["state", "version", *moved])
    open_record(company.pk, [record_id])
    retire_details(company.pk, [record_id])
    audit.record(company.pk, actor, [audit.Act("export.retrieved", "export", export.pk, record_id=record_id)])
    return export


def refuse_retriever(actor: Actor, export: StagedExport) -> None:
    """Raises NotPermitted for whoever neither sent it nor is a project administrator."""
    if not (actor.same_person_as("person", export.sent_by_id) or actor.may("project_admin")):
        raise NotPermitted("Only who sent it, or a project administrator, can take it back.")


def vendor_above(node: Node) -> int | None:
    """The company of the contract that the object stands under."""
    found = (find(node, f"{name}.data.vendor_id") for name in ("commitment", "contract", "prime_contract"))
    return next(filter(None, found), None)


def refuse_unmet(company_id: int, entity: Entity, metadata: Metadata, node: Node) -> None:
    """Raises Invalid, code `prerequisites`, with one field per rule that does not hold yet."""
    if refusal := refusal_of(checks_for_sending(company_id, node)):
        raise refusal
    failures = rule_failures(entity, metadata, node, divisions_of(company_id, metadata, [node]))
    if failures:
        raise Invalid(next(iter(failures.values()))[0], code="rule_failed", errors=failures)


def rule_checks(company_id: int, entity: Entity, metadata: Metadata, node: Node) -> list[Check]:
    """What the company's own rules say against an object, each as a failed check; old objects may break new rules."""
    failures = rule_failures(entity, metadata, node, divisions_of(company_id, metadata, [node]))
    return [
        Check("rule_failed", _place_of(name) + text, False, record_id=node["id"])
        for name, texts in failures.items()
        for text in texts
    ]


def _place_of(name: str) -> str:
    line = name.split(".")[1] if name.startswith("line_items.") else ""
    return f"Line {int(line) + 1}: " if line else ""


def divisions_of(company_id: int, metadata: Metadata, nodes: Iterable[Node]) -> frozenset[int]:
    """The divisions among the cost codes of frozen objects: one query, and none where no rule asks for them."""
    rows = [(declared, one["data"]) for node in nodes for declared, one in _parts(node)]
    asked = {declared.metadata_name for declared, _ in rows if declared.metadata_name}
    if not any(metadata.rules(name).looks_for_divisions for name in asked):
        return frozenset()
    return divisions_among(company_id, cost_code_ids(rows))


def rule_failures(
    entity: Entity, metadata: Metadata, node: Node, divisions: Collection[int] = ()
) -> dict[str, list[str]]:
    """What the company's rules for saving, as they stand now, say of an object and, as `line_items.<n>`, of its lines.

    They know too what the company's own fields demand, and which lines go together.
    """
    own = metadata.entity(ENTITIES[node["item_type"]])
    found = {**_missing(own, node), **_failures(own, metadata, node, divisions, "save")}
    found |= line_failures(metadata, node, divisions, moment="save")
    if (rules := metadata.of(entity)) and rules.wants_one_category and _categories(node) > 1:
        found.setdefault("line_items", []).append("All lines must have the same cost type.")
    return found


def line_failures(metadata: Metadata, node: Node, divisions: Collection[int], *, moment: str) -> dict[str, list[str]]:
    """What the rules of one moment, "save" or "export", say of an object's lines."""
    found: dict[str, list[str]] = {}
    for place, (declared, line) in enumerate(_lines(node)):
        own = metadata.entity(declared)
        missing = _missing(own, line) if moment == "save" else {}
        failed = {**missing, **_failures(own, metadata, line, divisions, moment)}
        found |= {f"line_items.{place}.{name}": texts for name, texts in failed.items()}
    return found


def _parts(node: Node) -> Iterator[tuple[Entity, Node]]:
    """The object and its lines, each with its declaration."""
    yield ENTITIES[node["item_type"]], node
    yield from _lines(node)


def _lines(node: Node) -> Iterator[tuple[Entity, Node]]:
    for line in node.get("lines", ()):
        yield ENTITIES[line["item_type"]].under(node["item_type"]), line


def _failures(
    entity: Entity, metadata: Metadata, node: Node, divisions: Collection[int], moment: str
) -> dict[str, list[str]]:
    rules = metadata.of(entity)
    if rules is None or not rules.rules(moment):
        return {}
    check = rules.save_failures if moment == "save" else rules.export_failures
    return check(rule_values(node["data"]), entity.labels, divisions)


def _missing(entity: Entity, node: Node) -> dict[str, list[str]]:
    """The company's own fields that have to be filled and are not, as in an object older than the field."""
    return {
        one.name: [f"{one.label} can't be blank"]
        for one in entity.custom
        if one.required and entity.value_of(one.name, node["data"]) in (None, "")
    }


def _categories(node: Node) -> int:
    return len({line["data"].get("line_item_type_id") for line in node.get("lines", ())})


def open_record(company_id: int, record_ids: list[int]) -> None:
    """The gate lets go of records: people may edit them again, as far as their lock list allows."""
    Record.objects.of(company_id).filter(~Q(lock=Lock.NONE), pk__in=record_ids).update(lock=Lock.NONE)


def refuse_sender(actor: Actor, entity: Entity, record: Record) -> None:
    """Raises NotPermitted for whoever may not send this object."""
    if actor.kind != "person":
        raise NotPermitted("Only people send objects to accounting.")
    if entity.sent_with_erp_level and actor.may("erp"):
        return
    require_right(actor, entity, record)


def _refuse_switched_off(entity: Entity, metadata: Metadata, record: Record) -> None:
    rules = metadata.of(entity)
    if entity.events.export is None or rules is None:
        raise Invalid.field("base", f"{entity.plural} are not sent to the ERP.", code="export_off")
    if record.synced:
        refuse_update(record.company_id, entity, metadata, record)
    elif not rules.may_export or (entity.export_switch and not rules.config(entity.export_switch)):
        raise Invalid.field("base", f"Exporting {entity.plural.lower()} is switched off.", code="export_off")


def _refuse_open(company_id: int, record: Record) -> None:
    export = StagedExport.objects.of(company_id).filter(record=record, state__in=OPEN_STATES).first()
    if export is not None:
        raise WrongState(f"It was sent already: {export.state}.", code="already_sent", export_id=export.pk)


def _stage(company: Company, record: Record, node: Node, actor: Actor) -> StagedExport:
    export: StagedExport = StagedExport.objects.create(
        company=company,
        record=record,
        item_type=record.item_type,
        action=Action.UPDATE if record.synced else Action.CREATE,
        resubmits=rejected_before(company.pk, record.pk),
        snapshot=node,
        content_hash=content_hash(node),
        record_version=record.version,
        project_id=record.project_id,
        vendor_id=record.vendor_id or vendor_above(node),
        number=record.number,
        title=record.title,
        amount=record.amount,
        currency=record.currency,
        sent_by_id=actor.id,
        sent_by_name=actor.name,
        sent_at=timezone.now(),
        changed_at=timezone.now(),
    )
    return export


def _newest_open(company_id: int, record_id: int) -> StagedExport:
    exports: list[Any] = lock(StagedExport.objects.of(company_id).filter(record_id=record_id, state__in=OPEN_STATES))
    if not exports:
        if not Record.objects.of(company_id).filter(pk=record_id, deleted_at=None).exists():
            raise NotFound()
        decided = StagedExport.objects.of(company_id).filter(record_id=record_id).order_by("-pk").first()
        raise _already_decided(decided) if decided is not None else WrongState("It is not on its way to the ERP.")
    found: StagedExport = exports[0]
    return found


def _already_decided(export: StagedExport) -> WrongState:
    """The refusal of whoever came too late to take it back: who was faster, and when."""
    return WrongState(
        f"It was decided already: {export.status.replace('_', ' ')}.",
        code="already_decided",
        decided_by=export.decided_by_name or None,
        decided_at=export.decided_at,
        version=export.version,
    )
