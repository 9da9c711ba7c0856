"""The business of the demo company: what its project people and its ERP would have left there.

Everything is done through the services that pages and API call, so the demo holds nothing that could not have happened.
"""

import json
from typing import Any

from django.utils import timezone

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies import actors
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company, Membership, ServiceAccount
from erpstaging.connections.custom_field_changes import add_custom_field
from erpstaging.connections.services import connection_of
from erpstaging.core.scope import in_company
from erpstaging.demo.financials import send_financials
from erpstaging.demo.jobs import seed_jobs
from erpstaging.demo.ledger import (
    ARCHIVED,
    CHANGED,
    COST_CODES,
    COST_TYPES,
    IMPORTED,
    IMPORTED_WITH_LINES,
    INVALID,
    METADATA,
    STANDARD_CODES,
    WAITING,
)
from erpstaging.demo.projects import CONTRACTS, CUSTOM_FIELDS, PROJECT_VENDORS, UNSENT_VENDORS, Contract
from erpstaging.demo.saved_filters import seed_saved_filters
from erpstaging.demo.second_persons import LET_GO, seed_second_persons
from erpstaging.erp_requests.models import ErpRequestDetail
from erpstaging.notices.models import MailSettings
from erpstaging.records.editing import create_record
from erpstaging.records.lines import LineEdit
from erpstaging.records.models import Record
from erpstaging.staging.call import Received
from erpstaging.staging.closeout import close_details
from erpstaging.staging.connecting import connect_company
from erpstaging.staging.direct import sync_records
from erpstaging.staging.exports import accept_export, reject_export
from erpstaging.staging.external import sync_external_data
from erpstaging.staging.imports import accept_import, archive_staged_record
from erpstaging.staging.intake import stage_records
from erpstaging.staging.models import StagedExport, StagedRecord
from erpstaging.staging.sending import send_record


def seed_business(company: Company) -> None:
    """Called once per start, after the people exist; rows that are there already stay as they are."""
    in_company(company.pk, lambda: Business(company).seed())


class Business:
    """One company's rows, made in the order in which they would have come about."""

    def __init__(self, company: Company) -> None:
        self.company = company
        people = Membership.objects.filter(company=company).select_related("user")
        self.people = {one.user.username: actors.person(one.user, one) for one in people}
        account = ServiceAccount.objects.filter(companies=company, allowed_scopes__contains=["write"]).first()
        if account is None:
            raise LookupError("The demo company has no service account.")
        self.integration = actors.service_account(account, frozenset({"read", "write", "erp"}))
        self.ids: dict[tuple[str, str], int] = {}

    def seed(self) -> None:
        if connection_of(self.company.pk) is not None:
            return
        sent = {"service_url": "https://ledger.northwind.example/erp", "metadata": METADATA}
        connection = connect_company(self.company, sent, actor=self.integration)
        self._sync("standard_cost_code", STANDARD_CODES, standard_cost_code_list_id=connection.cost_code_list_id)
        self._sync("line_item_type", COST_TYPES)
        self._import(IMPORTED)
        for project, codes in COST_CODES.items():
            self._sync("cost_code", codes, project_id=self.ids["project", project])
        self._import(IMPORTED_WITH_LINES)
        for field in CUSTOM_FIELDS:
            add_custom_field(self.company.pk, field, actor=self.people["admin"])
        self._stage([*WAITING, *INVALID, *ARCHIVED])
        self._stage(CHANGED)
        for values in PROJECT_VENDORS:
            self._vendor(values)
        for values in UNSENT_VENDORS:
            create_record(self.company, actor=self._sender(), item_type="vendor", data=values)
        for contract in (*CONTRACTS, LET_GO):
            self._contract(contract)
        send_financials(self)
        seed_jobs(self)
        seed_second_persons(self)
        seed_saved_filters(self)
        self._plan_summary()

    def _plan_summary(self) -> None:
        """The approver's hour has just come: the worker writes his summary when everything stands."""
        person_id = self.people["approver"].user_id
        MailSettings.objects.create(company=self.company, person_id=person_id, next_summary_at=timezone.now())

    def _sync(self, item_type: str, updates: list[dict[str, Any]], **scope: Any) -> None:
        outcome = sync_records(self.company, ENTITIES[item_type], updates, actor=self.integration, scope=scope)
        for sent, entity in zip(updates, outcome.entities, strict=True):
            self.ids[item_type, sent["origin_id"]] = entity["id"]

    def _import(self, updates: list[dict[str, Any]]) -> None:
        for row in self._staged(updates):
            imported = accept_import(self.company, row.pk, actor=self.people["approver"], version=row.version)
            self.ids[row.item_type, row.origin_id] = imported.record_id or 0

    def _stage(self, updates: list[dict[str, Any]]) -> None:
        archived, invalid = ({sent["origin_id"] for sent in group} for group in (ARCHIVED, INVALID))
        for row in self._staged(updates):
            if row.origin_id in archived:
                archive_staged_record(self.company, row.pk, actor=self.people["second_approver"])
            elif row.origin_id in invalid:  # an approver tried, and a rule of the ledger said no
                accept_import(self.company, row.pk, actor=self.people["approver"], version=row.version)

    def _staged(self, updates: list[dict[str, Any]]) -> list[StagedRecord]:
        staged = stage_records(self.company.pk, updates, actor=self.integration, received=self._received(updates))
        if staged.errors:
            raise ValueError(f"The demo's ledger sent what is refused: {staged.errors}")
        return staged.entities

    def _received(self, updates: list[dict[str, Any]]) -> Received:
        """The body as the ledger's program would have sent it."""
        path = f"/rest/v1.0/companies/{self.company.pk}/staged_records/sync"
        return Received(path, "application/json", json.dumps({"updates": updates}, indent=2).encode())

    def _vendor(self, values: dict[str, Any]) -> None:
        record = create_record(self.company, actor=self._sender(), item_type="vendor", data=values)
        self.ids["vendor", values["name"]] = record.pk
        send_record(self.company, record.pk, actor=self._sender())

    def _contract(self, contract: Contract) -> None:
        lines = [LineEdit(None, self._line(contract, line)) for line in contract.lines]
        record = create_record(
            self.company,
            actor=self._sender(),
            item_type="work_order_contract",
            project_id=self.ids["project", contract.project],
            data={
                "number": contract.number,
                "title": contract.title,
                "status": contract.status,
                "vendor_id": self.ids["vendor", contract.vendor],
                "retainage_percent": contract.retainage,
                "executed": contract.status == "Approved",
            },
            lines=lines,
        )
        self.ids["work_order_contract", contract.number] = record.pk
        if contract.outcome != "draft":
            export = send_record(self.company, record.pk, actor=self._sender())
            self._decide(contract, record, export)

    def _line(self, contract: Contract, line: tuple[str, str, str, str, str, str]) -> dict[str, Any]:
        code, cost_type, description, quantity, uom, unit_cost = line
        return {
            "cost_code_id": self.ids["cost_code", f"{contract.project}|{code}"],
            "line_item_type_id": self.ids["line_item_type", cost_type],
            "description": description,
            "quantity": quantity,
            "uom": uom,
            "unit_cost": unit_cost,
        }

    def _decide(self, contract: Contract, record: Record, export: StagedExport) -> None:
        if contract.outcome == "waiting":
            return
        approver = self.people["approver"]
        if contract.outcome == "rejected":
            reason = "Retainage must be 10 % under the master agreement. Please correct it and send it again."
            reject_export(self.company, export.pk, actor=approver, version=export.version, reason=reason)
            return
        inputs = {"code": contract.number.removeprefix("SC-"), "custom_fields": {"accounting_date": "2026-11-16"}}
        accept_export(self.company, export.pk, actor=approver, version=export.version, inputs=inputs)
        detail = ErpRequestDetail.objects.of(self.company).get(item_id=record.pk, current=True)
        if contract.outcome == "failed":
            messages = ["Period 2026-10 is closed. Open it, or give a later accounting date."]
            self._close(detail, "failed", messages)
        elif contract.outcome == "synced":
            self._link(record, inputs["code"])
            self._close(detail, "success", [])

    def _link(self, record: Record, code: Any) -> None:
        lines = Record.objects.of(self.company).filter(parent=record)
        origin = f"NW-{code}"
        updates = [
            {"item_type": "work_order_contract", "item_id": record.pk, "origin_id": origin, "origin_code": code},
            *({"item_type": "line_item", "item_id": one.pk, "origin_id": f"{origin}-{one.position}"} for one in lines),
        ]
        sync_external_data(self.company, updates, actor=self.integration)

    def _close(self, detail: ErpRequestDetail, status: str, messages: list[str]) -> None:
        closes = [{"id": detail.pk, "status": status, "messages": messages}]
        close_details(self.company, closes, actor=self.integration)

    def _sender(self) -> Actor:
        return self.people["project_user"]

    # What the parts of the business beside this one need.

    @property
    def sender(self) -> Actor:
        return self._sender()

    @property
    def cost_code_list_id(self) -> int:
        connection = connection_of(self.company.pk)
        return connection.cost_code_list_id if connection is not None else 0

    def sync_all(self, item_type: str, updates: list[dict[str, Any]], **scope: Any) -> None:
        """The integrator writes mirrored objects. Raises ValueError for what is refused."""
        outcome = sync_records(self.company, ENTITIES[item_type], updates, actor=self.integration, scope=scope)
        if outcome.errors:
            raise ValueError(f"The demo's ledger sent what is refused: {outcome.errors}")
