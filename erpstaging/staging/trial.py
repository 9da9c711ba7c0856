"""What a metadata document would do to the objects that wait, before it is stored."""

from dataclasses import dataclass

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.staging.models import ExportState, StagedExport
from erpstaging.staging.sending import divisions_of, rule_failures

TRIED_AT_MOST = 500


@dataclass(frozen=True, slots=True)
class Tried:
    """One waiting export with what the document would say of it; `fails_today` is what stands now does."""

    export: StagedExport
    messages: list[str]
    fails_today: bool


def tried_exports(company: Company, draft: Metadata, standing: Metadata, entity_name: str) -> list[Tried]:
    """The oldest waiting exports of one entity, each with the messages of its save and line rules.

    What is typed at Accept is not known yet, so the rules about it are left out.
    """
    item_types = [one.item_type for one in ENTITIES.values() if one.metadata_name == entity_name]
    waiting = StagedExport.objects.of(company).filter(state=ExportState.READY_TO_EXPORT, item_type__in=item_types)
    exports = list(waiting.order_by("sent_at", "pk")[:TRIED_AT_MOST])
    nodes = [export.snapshot for export in exports]
    divisions = divisions_of(company.pk, draft, nodes) | divisions_of(company.pk, standing, nodes)
    return [
        Tried(export, _messages(draft, export, divisions), bool(_messages(standing, export, divisions)))
        for export in exports
    ]


def _messages(metadata: Metadata, export: StagedExport, divisions: frozenset[int]) -> list[str]:
    found = rule_failures(ENTITIES[export.item_type], metadata, export.snapshot, divisions)
    return [_placed(name, text) for name, texts in found.items() for text in texts]


def _placed(name: str, text: str) -> str:
    parts = name.split(".")
    return f"Line {int(parts[1]) + 1}: {text}" if len(parts) == 3 and parts[1].isdigit() else text
