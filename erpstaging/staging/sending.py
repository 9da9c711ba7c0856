"""Project people's acts: send an object to accounting, take it back."""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import msgspec
from django.db.models import Q
from django.utils import timezone

from erpstaging.audit import log as audit
from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.services import metadata_of
from erpstaging.core.errors import Invalid, NotFound, NotPermitted, WrongState
from erpstaging.core.locks import lock
from erpstaging.erp_requests.services import retire_details
from erpstaging.records.checks import cost_code_ids, divisions_among, labels_of, rule_values
from erpstaging.records.editing import require_right
from erpstaging.records.models import Lock, Record
from erpstaging.records.snapshots import Node, cost_codes_of_projects, nodes, own_node
from erpstaging.staging.checks import checks_for_sending, refusal_of
from erpstaging.staging.decisions import require_metadata
from erpstaging.staging.models import OPEN_STATES, Action, ExportState, StagedExport

_canonical = msgspec.json.Encoder(order="deterministic", decimal_format="string")


def send_record(company: Company, record_id: int, *, actor: Actor) -> StagedExport:
    """Freeze an object and put it before the accounting approvers; it is closed to everybody until they answer.

    Raises NotFound, NotPermitted, WrongState while an export is open, and Invalid: code `metadata_missing`,
    `export_off`, `prerequisites` (one field per unmet rule), or the save rules by field.
    """
    locked = lock(Record.objects.of(company).filter(pk=record_id, deleted_at=None))
    if not locked:
        raise NotFound()
    record: Record = locked[0]
    entity, metadata = ENTITIES[record.item_type], metadata_of(company.pk)
    refuse_sender(actor, entity, record)
    require_metadata(company.pk, metadata)
    _refuse_switched_off(entity, metadata, record)
    _refuse_open(company.pk, record)
    node = snapshot(company, record)
    refuse_unmet(company.pk, entity, metadata, node)
    export = _stage(company, record, node, actor)
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
        raise WrongState(
            f"It was decided already: {export.state}.",
            code="already_decided",
            decided_by=export.decided_by_name,
            decided_at=export.decided_at,
            version=export.version,
        )
    export.retrieve(sender_id=actor.id, sender_name=actor.name, now=timezone.now())
    export.version += 1
    export.save(update_fields=["state", "decided_by_id", "decided_by_name", "decided_at", "closed_at", "version"])
    open_record(company.pk, [record_id])
    retire_details(company.pk, [record_id])
    audit.record(company.pk, actor, [audit.Act("export.retrieved", "export", export.pk, record_id=record_id)])
    return export


def refuse_retriever(actor: Actor, export: StagedExport) -> None:
    """Raises NotPermitted for whoever neither sent it nor is a project administrator."""
    if not (actor.same_person_as("person", export.sent_by_id) or actor.may("project_admin")):
        raise NotPermitted("Only who sent it, or a project administrator, can take it back.")


def snapshot(company: Company, record: Record) -> Node:
    """The object as it is now, with everything a decision and a payload need."""
    node = nodes(company.pk, company.name, [record])[record.pk]
    if record.item_type == "project":
        codes = cost_codes_of_projects(company.pk, [record.pk])[record.pk]
        project = own_node(record)
        node["cost_codes"] = [{**own_node(code), "project": project} for code in codes]
    return node


def content_hash(node: Node) -> bytes:
    """SHA-256 over the canonical JSON of a frozen object."""
    return hashlib.sha256(_canonical.encode(node)).digest()


def refuse_unmet(company_id: int, entity: Entity, metadata: Metadata, node: Node) -> None:
    """Raises Invalid, code `prerequisites`, with one field per rule that does not hold yet."""
    if refusal := refusal_of(checks_for_sending(company_id, node)):
        raise refusal
    failures = rule_failures(entity, metadata, node, divisions_of(company_id, metadata, [node]))
    if failures:
        raise Invalid(next(iter(failures.values()))[0], code="rule_failed", errors=failures)


def divisions_of(company_id: int, metadata: Metadata, nodes: Iterable[Node]) -> frozenset[int]:
    """The divisions among the cost codes of frozen objects: one query, and none where no rule asks for them."""
    rows = [(declared, one["data"]) for node in nodes for declared, one in _parts(node)]
    asked = {declared.metadata_name for declared, _ in rows if declared.metadata_name}
    if not any(metadata.rules(name).looks_for_divisions for name in asked):
        return frozenset()
    return divisions_among(company_id, cost_code_ids(rows))


def rule_failures(
    entity: Entity, metadata: Metadata, node: Node, divisions: Collection[int] = (), *, moment: str = "save"
) -> dict[str, list[str]]:
    """What the company's rules, as they stand now, say of an object and, as `line_items.<n>`, of its lines.

    Those of the moment "save" know too what the company's own fields demand, and which lines go together.
    """
    found: dict[str, list[str]] = {}
    for place, (declared, one) in enumerate(_parts(node), start=-1):
        own = metadata.entity(declared)
        failed = _failures(own, metadata, one, divisions, moment)
        if moment == "save":
            failed = {**_missing(own, one), **failed}
        found |= failed if place < 0 else {f"line_items.{place}.{name}": texts for name, texts in failed.items()}
    if moment == "save" and (rules := metadata.of(entity)) and rules.wants_one_category and _categories(node) > 1:
        found.setdefault("line_items", []).append("All lines must have the same cost type.")
    return found


def _parts(node: Node) -> Iterator[tuple[Entity, Node]]:
    """The object and its lines, each with its declaration."""
    yield ENTITIES[node["item_type"]], node
    for line in node.get("lines", ()):
        yield ENTITIES[line["item_type"]].under(node["item_type"]), line


def _failures(
    entity: Entity, metadata: Metadata, node: Node, divisions: Collection[int], moment: str
) -> dict[str, list[str]]:
    rules = metadata.of(entity)
    if rules is None:
        return {}
    check = rules.save_failures if moment == "save" else rules.export_failures
    return check(rule_values(node["data"]), labels_of(entity), divisions)


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
    require_right(actor, entity, record)


def _refuse_switched_off(entity: Entity, metadata: Metadata, record: Record) -> None:
    rules = metadata.of(entity)
    if entity.events.export is None or rules is None:
        raise Invalid.field("base", f"{entity.plural} are not sent to the ERP.", code="export_off")
    if record.synced:
        # Only objects with an update event are sent again; none of the present types has one switched on.
        raise WrongState(f"It is synced as {record.origin_id} already.", code="synced", origin_id=record.origin_id)
    if not rules.may_export or (entity.export_switch and not rules.config(entity.export_switch)):
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
        action=Action.CREATE,
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
        sent_at=timezone.now(),
        changed_at=timezone.now(),
    )
    return export


def _newest_open(company_id: int, record_id: int) -> StagedExport:
    exports: list[Any] = lock(StagedExport.objects.of(company_id).filter(record_id=record_id, state__in=OPEN_STATES))
    if not exports:
        if not Record.objects.of(company_id).filter(pk=record_id, deleted_at=None).exists():
            raise NotFound()
        raise WrongState("It is not on its way to the ERP.")
    found: StagedExport = exports[0]
    return found
