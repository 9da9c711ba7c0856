"""Telling people that their exports were rejected: one mail for each reason, however many objects it met."""

from collections.abc import Mapping, Sequence
from typing import Any

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.services import metadata_of
from erpstaging.notices.services import listed, owe
from erpstaging.records.models import Record
from erpstaging.staging.models import StagedExport


def tell_rejected(company: Company, rejected: Sequence[StagedExport], *, actor: Actor) -> None:
    """Owe senders and creators word of their rejected exports; those that share reason and code share a mail."""
    ids = [export.record_id for export in rejected]
    labels = metadata_of(company.pk).erp.reject_codes if any(export.reason_code for export in rejected) else {}
    records = Record.objects.of(company).filter(pk__in=ids, created_by_kind="person")
    creators = dict(records.values_list("pk", "created_by_id"))
    told: dict[tuple[Any, ...], list[StagedExport]] = {}
    for export in rejected:
        alone = export.pk if export.pins else None  # notes to fields belong to one object
        for person_id in {export.sent_by_id, creators.get(export.record_id)} - {None, actor.user_id}:
            told.setdefault((person_id, export.reason, export.reason_code, alone), []).append(export)
    owe(
        company.pk,
        [
            (person_id, "export_rejected", exports[0].record_id, _seen(exports[0]), _rejection(exports, labels))
            for (person_id, *_), exports in told.items()
        ],
    )


def _rejection(exports: Sequence[StagedExport], labels: Mapping[str, str]) -> dict[str, Any]:
    first = exports[0]
    return {
        **_context(first, first.reason),
        "code": first.reason_code,
        "code_label": labels.get(first.reason_code, ""),
        "pins": first.pins,
        "by": first.decided_by_name,
        **listed([_item(one, f"records/{one.record_id}/") for one in exports]),
    }


def _seen(export: StagedExport) -> str:
    return f"{export.pk}.{export.version}"


def _context(export: StagedExport, reason: str) -> dict[str, Any]:
    return {"title": _name(export), "number": export.number, "reason": reason}


def _item(export: StagedExport, place: str) -> dict[str, Any]:
    return {"text": _name(export), "note": export.number, "place": place}


def _name(export: StagedExport) -> str:
    return export.title or str(ENTITIES[export.item_type].label)
