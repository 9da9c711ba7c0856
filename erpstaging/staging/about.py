"""What request details are about, and what has to be locked besides where their end takes links or objects away."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from erpstaging.catalogue.events import EVENTS, EventKind
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.core.locks import lock_family
from erpstaging.erp_requests.models import ErpRequestDetail
from erpstaging.records.codes import below, has_full_code
from erpstaging.records.models import Record
from erpstaging.staging.clearing import Held
from erpstaging.staging.external import lock_families
from erpstaging.staging.models import StagedRecord

NOTHING_HELD = Held((), {}, ())
CLEARING: frozenset[EventKind] = frozenset({"unlink", "delete"})


@dataclass(frozen=True, slots=True)
class About:
    """The record that a detail is about, if it is about one, and the name of its request."""

    item_id: int | None
    item_type: str
    request_name: str

    @property
    def kind(self) -> EventKind | None:
        event = EVENTS.get(self.request_name)
        return event.kind if event is not None else None


def about_details(company_id: int, detail_ids: Collection[int]) -> dict[int, About]:
    """What details are about, by their id."""
    rows = ErpRequestDetail.objects.of(company_id).filter(pk__in=detail_ids)
    found = rows.values_list("pk", "item_id", "item_type", "erp_request__request_name")
    return {detail_id: About(item_id, item_type, name) for detail_id, item_id, item_type, name in found}


def lock_cleared(company_id: int, about: Collection[About]) -> list[StagedRecord]:
    """The staged rows that are touched when these details succeed: before anything else is locked."""
    ids = [one.item_id for one in about if one.kind in CLEARING and one.item_id is not None]
    return lock_families(company_id, [*ids, *_below_ids(company_id, about)]) if ids else []


def lock_lines(company_id: int, about: Collection[About]) -> list[Record]:
    """The lines that are unlinked with theirs, and the codes that are deleted with theirs; after the records."""
    unlinked = [one.item_id for one in about if one.kind == "unlink" and one.item_id is not None]
    rows = Record.objects.of(company_id).filter(deleted_at=None)
    lines = lock_family(rows.filter(parent_id__in=unlinked)) if unlinked else []
    codes = _below_ids(company_id, about)
    return lines + (lock_family(rows.filter(pk__in=codes)) if codes else [])


def _below_ids(company_id: int, about: Iterable[About]) -> list[int]:
    """The codes below those that are asked to be deleted."""
    by_type: dict[str, list[int]] = {}
    for one in about:
        if one.kind == "delete" and one.item_id is not None and has_full_code(ENTITIES[one.item_type]):
            by_type.setdefault(one.item_type, []).append(one.item_id)
    return [found for item_type, ids in by_type.items() for found in below(company_id, item_type, ids)]
