"""Deleting codes that the ERP knows: people ask the integrator to agree, and delete nothing themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from erpstaging.audit import log as audit
from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.fields import INT64
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.services import metadata_of
from erpstaging.core.errors import Invalid, NotPermitted, TooLarge, WrongState
from erpstaging.core.locks import lock
from erpstaging.erp_requests.models import DetailState, ErpRequestDetail
from erpstaging.erp_requests.services import Item, open_erp_requests, retire_details
from erpstaging.outbox.models import EventType
from erpstaging.records.codes import below, has_full_code
from erpstaging.records.models import Record
from erpstaging.records.snapshots import Node, nodes, own_node
from erpstaging.records.telling import Change, tell
from erpstaging.records.writes import GONE, take_away, update_records
from erpstaging.staging.clearing import Held
from erpstaging.staging.decisions import require_metadata
from erpstaging.staging.waiting import note_waiting

MAY_NOT_DELETE = "Asking for a deletion needs the privilege to push to accounting. Ask an ERP administrator."
NAMED = 5
Group = tuple[int | None, int | None]  # what the objects of one request have in common


@dataclass(frozen=True, slots=True)
class Told:
    """One request, and the objects that it is about."""

    erp_request_id: int
    request_name: str
    item_ids: list[int]


def deletable_types() -> list[str]:
    return [entity.item_type for entity in ENTITIES.values() if entity.events.delete]


def request_deletions(company: Company, item_type: Any, ids: Any, *, actor: Actor) -> list[Told]:
    """Ask the integrator to agree to the deletion of linked codes or assignments; one request for each job.

    Nothing is deleted before it does. Raises NotPermitted, WrongState (code `request_open`), and Invalid under
    `item_type` or `ids`: codes `deletion_off`, `not_linked`.
    """
    entity = _entity(item_type, deletable_types())
    refuse_deleter(actor)
    metadata = metadata_of(company.pk)
    require_metadata(company.pk, metadata)
    records: list[Record] = lock(found_rows(company.pk, entity, ids))
    refuse_missing(ids, records)
    _refuse_deletions(company.pk, entity, metadata, records)
    retire_details(company.pk, [record.pk for record in records])
    told = tell_integrator(company, actor, entity, entity.events.delete or "", records)
    acts = [
        audit.Act("record.deletion_asked", "record", item_id, item_id, after={"erp_request_id": one.erp_request_id})
        for one in told
        for item_id in one.item_ids
    ]
    audit.record(company.pk, actor, acts)
    return told


def refuse_deleter(actor: Actor) -> None:
    """Raises NotPermitted."""
    if actor.kind != "person":
        raise NotPermitted("People ask for deletions; the integration deletes by itself.")
    actor.require("push", MAY_NOT_DELETE)


def refuse_deletion_request(record: Record, metadata: Metadata, actor: Actor) -> None:
    """The rules for one record that pages and answers show before it is asked for."""
    refuse_deleter(actor)
    _refuse_switched_off(ENTITIES[record.item_type], metadata, [record])
    if deletion_under_way(record.company_id, [record.pk]):
        raise WrongState("The integrator was asked already.", code="request_open", version=record.version)


def deletion_under_way(company_id: int, ids: Sequence[int]) -> list[int]:
    """Those of the records about which the integrator has not answered yet."""
    rows = ErpRequestDetail.objects.of(company_id).filter(item_id__in=ids, current=True, state=DetailState.IN_PROGRESS)
    return list(rows.values_list("item_id", flat=True))


def _refuse_deletions(company_id: int, entity: Entity, metadata: Metadata, records: Sequence[Record]) -> None:
    _refuse_switched_off(entity, metadata, records)
    loose = [record for record in records if not record.synced]
    if loose:
        text = f"{_names(loose)}: not in the ERP, so it can be deleted here."
        raise Invalid.field("ids", text, code="not_linked", record_id=loose[0].pk)
    asked = deletion_under_way(company_id, [record.pk for record in records])
    if asked:
        names = _names([record for record in records if record.pk in asked])
        raise WrongState(f"{names}: the integrator was asked already.", code="request_open", record_id=asked[0])


def _refuse_switched_off(entity: Entity, metadata: Metadata, records: Sequence[Record]) -> None:
    """The switch stands with the jobs, and with the sub jobs for what belongs to one."""
    for record in records:
        name = "sub_jobs" if record.data.get("sub_job_id") else "jobs"
        if not metadata.rules(name).config(f"{entity.item_type}_deletions"):
            text = f"Asking for the deletion of {entity.plural.lower()} is switched off."
            raise Invalid.field("item_type", text, code="deletion_off", record_id=record.pk)


# What acts on many objects by their ids have in common


def found_rows(company_id: int, entity: Entity, ids: Any) -> "Any":
    """The standing records that a call names. Raises Invalid under `ids`, TooLarge."""
    if not isinstance(ids, list) or not ids:
        raise Invalid.field("ids", "must be a list of ids")
    if len(ids) > settings.MAX_SYNC_ELEMENTS:
        raise TooLarge(f"ids may hold {settings.MAX_SYNC_ELEMENTS} ids; split the call.")
    if any(isinstance(one, bool) or not isinstance(one, int) or not 0 < one < INT64 for one in ids):
        raise Invalid.field("ids", "must be a list of ids")
    return Record.objects.of(company_id).filter(pk__in=ids, item_type=entity.item_type, deleted_at=None)


def refuse_missing(ids: Sequence[int], records: Sequence[Record]) -> None:
    """Raises Invalid under `ids`, naming those that do not exist."""
    missing = sorted(set(ids) - {record.pk for record in records})
    if missing:
        named = ", ".join(str(one) for one in missing[:NAMED])
        raise Invalid.field("ids", f"{named} does not exist" if len(missing) == 1 else f"{named} do not exist")


def _entity(item_type: Any, known: Sequence[str]) -> Entity:
    if not isinstance(item_type, str) or item_type not in known:
        raise Invalid.field("item_type", f"must be one of {', '.join(known)}")
    return ENTITIES[item_type]


def _names(records: Sequence[Record]) -> str:
    return ", ".join(record.number or record.title or str(record.pk) for record in records[:NAMED])


def tell_integrator(
    company: Company, actor: Actor, entity: Entity, request_name: str, records: Sequence[Record]
) -> list[Told]:
    """One request for the objects of each job, or of each list of standard codes."""
    known = nodes_of(company, entity, records)
    told = []
    for group in _groups(records).values():
        items = [Item(entity.item_type, known[record.pk], version=record.version) for record in group]
        erp_request_id = open_erp_requests(company.pk, actor, request_name, items)[0]
        told.append(Told(erp_request_id, request_name, [record.pk for record in group]))
    return told


def _groups(records: Sequence[Record]) -> dict[Group, list[Record]]:
    found: dict[Group, list[Record]] = {}
    for record in records:
        above = record.project_id or record.data.get("standard_cost_code_list_id")
        found.setdefault((above, record.data.get("sub_job_id")), []).append(record)
    return found


def nodes_of(company: Company, entity: Entity, records: Sequence[Record]) -> Mapping[int, Node]:
    """The objects with their job, their sub job and, where the ERP has booked on them, the job cost."""
    found = nodes(company.pk, company.name, records)
    sub_jobs = {record.data.get("sub_job_id") for record in records} - {None}
    known = Record.objects.of(company).in_bulk(list(sub_jobs))
    keys = [record.unique_key for record in records] if entity.item_type == "cost_type_assignment" else []
    costs = Record.objects.of(company).filter(item_type="job_cost", unique_key__in=keys, deleted_at=None)
    booked = dict(costs.values_list("unique_key", "pk")) if keys else {}
    for record in records:
        sub_job = known.get(record.data.get("sub_job_id") or 0)
        found[record.pk]["sub_job"] = own_node(sub_job) if sub_job is not None else {}
        found[record.pk]["job_cost_id"] = booked.get(record.unique_key)
    return found


def with_codes_below(company_id: int, entity: Entity, ids: Sequence[int]) -> list[int]:
    """The records and, of codes, those that stand below them."""
    return [*ids, *(below(company_id, entity.item_type, ids) if has_full_code(entity) else ())]


def delete_records(company_id: int, held: Held, actor: Actor, *, verb: str = "") -> None:
    """Delete locked records; what is staged and names them waits for them again."""
    if not held.records:
        return
    changes = [Change(record, EventType.DELETE, record.data, None) for record in held.records]
    take_away(company_id, held.records)
    update_records(held.records, GONE)
    tell(company_id, actor, changes, verb=verb)
    note_waiting(company_id, held.staged)


# How a request ends


class DeletionAnswers:
    """What the ends of deletion details do: a success deletes what the integrator has not deleted itself."""

    def __init__(self, company: Company, actor: Actor, held: Held) -> None:
        self.company, self.actor, self.held = company, actor, held
        self.agreed: list[Record] = []

    def take(self, detail: ErpRequestDetail, state: DetailState, record: Record) -> None:
        """One detail that ended in `state`; its messages stand on it, and the record stays in any other case."""
        if detail.current and state == DetailState.SUCCESS and record.deleted_at is None:
            self.agreed.append(record)

    def finish(self) -> None:
        gone = {record.pk: record for record in self.agreed}
        below = [record for record in self.held.records if record.deleted_at is None and record.data.get("parent_id")]
        while taken := [one for one in below if one.pk not in gone and one.data["parent_id"] in gone]:
            gone |= {record.pk: record for record in taken}
        delete_records(self.company.pk, Held(self.held.staged, {}, list(gone.values())), self.actor)
