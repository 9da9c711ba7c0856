"""What leaves once more, a failed export or one whose request was cancelled with another's, and what may not."""

from collections.abc import Sequence
from typing import Any

from erpstaging.audit import log as audit
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core.errors import WrongState
from erpstaging.records.models import Record
from erpstaging.records.snapshots import Node, links_of, nodes, record_ids, with_links
from erpstaging.staging.comparing import same_content
from erpstaging.staging.export_chunks import save_exports
from erpstaging.staging.models import StagedExport
from erpstaging.staging.releasing import open_requests

EDITED = "It was changed since it was accepted. It needs a new approval: reject it, or let its sender take it back."


def refused_part(export: StagedExport, node: Node) -> dict[str, Any]:
    """What is sent again: all of it, or of an object that the ERP has in part, its header and the refused lines."""
    refused = {one["item_id"] for one in export.failed_items}
    if not refused or export.record_id in refused or node.get("origin_id") is None:
        return node
    return {**node, "lines": [line for line in node.get("lines", ()) if line["id"] in refused]}


def reissue(company: Company, exports: Sequence[StagedExport], *, actor: Actor) -> None:
    """Put exports that are out into a request of their own: what they left in was cancelled, and nobody fetched it.

    The same accepted snapshots, in as many requests as their kind takes; their former details are stale.
    """
    links = links_of(company.pk, {one for export in exports for one in record_ids(export.snapshot)})
    leaving = [(export, refused_part(export, with_links(export.snapshot, links))) for export in exports]
    acts = open_requests(company, leaving, actor, verb="reissued")
    save_exports(company.pk, exports)
    audit.record(company.pk, actor, acts)


def edited_since(company: Company, exports: Sequence[StagedExport]) -> dict[int, WrongState]:
    """The refusal of each export whose record holds something else than what was accepted, by export id.

    Three queries for any number of them.
    """
    records = Record.objects.of(company).filter(pk__in=[export.record_id for export in exports])
    standing = nodes(company.pk, company.name, list(records)) if exports else {}
    return {
        export.pk: WrongState(EDITED, code="needs_approval", version=export.version)
        for export in exports
        if not same_content(export.snapshot, standing[export.record_id])
    }
