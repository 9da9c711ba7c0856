"""An export from the sender to the ERP's answer, in short words, for any kind of object."""

from typing import Any

from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.services import store_metadata
from erpstaging.erp_requests.models import ErpRequest, ErpRequestDetail
from erpstaging.records.models import Record
from erpstaging.staging.closeout import close_details
from erpstaging.staging.exports import accept_export
from erpstaging.staging.external import sync_external_data
from erpstaging.staging.models import StagedExport
from erpstaging.staging.sending import send_record
from tests.fixtures.ledger import ON, metadata

BOTH = {"import": ON, "export": ON, "staged_records": ON}


class Road:
    """What the people and the program of one company do with an object, one step at a time."""

    def __init__(self, company: Company, sender: Actor, approver: Actor, integration: Actor) -> None:
        self.company, self.sender, self.approver, self.integration = company, sender, approver, integration

    def configure(self, **configs: dict[str, Any]) -> None:
        """The document with further `configs` of entities: `budgets={"sub_job_export": ON}`."""
        entities = {name: {"enabled": True, "configs": {**BOTH, **more}, "tab": ON} for name, more in configs.items()}
        store_metadata(self.company.pk, metadata(**entities), actor=self.integration)

    def send(self, record: Record) -> StagedExport:
        return send_record(self.company, record.pk, actor=self.sender)

    def accept(self, export: StagedExport, **inputs: Any) -> StagedExport:
        return accept_export(self.company, export.pk, actor=self.approver, version=export.version, inputs=inputs)

    def request(self, export: StagedExport) -> ErpRequest:
        found: ErpRequest = ErpRequest.objects.of(self.company).get(pk=export.erp_request_id)
        return found

    def detail(self, record: Record) -> ErpRequestDetail:
        found: ErpRequestDetail = ErpRequestDetail.objects.of(self.company).get(item=record, current=True)
        return found

    def link(self, record: Record, origin_id: str) -> None:
        update = {"item_type": record.item_type, "item_id": record.pk, "origin_id": origin_id}
        (element,) = sync_external_data(self.company, [update], actor=self.integration)
        assert element.errors == {}

    def close(self, record: Record, status: str = "success", *messages: str) -> StagedExport:
        update = {"id": self.detail(record).pk, "status": status, "messages": list(messages)}
        (element,) = close_details(self.company, [update], actor=self.integration)
        assert element.errors == {}
        return self.newest(record)

    def sync(self, record: Record, origin_id: str) -> StagedExport:
        """The whole way; answers with the synced export."""
        self.accept(self.send(record))
        self.link(record, origin_id)
        return self.close(record)

    def newest(self, record: Record) -> StagedExport:
        found: StagedExport = StagedExport.objects.of(self.company).filter(record=record).latest("pk")
        return found
