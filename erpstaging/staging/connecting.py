"""Connecting a company to its ERP."""

from typing import Any

from django.db import IntegrityError, transaction

from erpstaging.audit import log as audit
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.models import ErpConnection
from erpstaging.connections.services import checked_service_url, connection_of, store_metadata
from erpstaging.core.errors import NotPermitted, WrongState
from erpstaging.outbox.models import EventType
from erpstaging.records.models import Record
from erpstaging.records.telling import Change, tell
from erpstaging.records.writes import insert_records, new_record

LIST = "standard_cost_code_list"
COST_CODE_LIST = "ERP standard cost codes"


def connect_company(company: Company, sent: Any, *, actor: Actor) -> ErpConnection:
    """Store the connection, with its metadata if it came along; the ERP's list of standard cost codes comes with it.

    `sent` is {"service_url": str, "metadata": {...}}. Raises NotPermitted while the ERP tool is off, WrongState when
    the company is connected already, Invalid.
    """
    if not company.erp_tool_enabled:
        raise NotPermitted("The ERP tool is not switched on for this company.", code="erp_tool_off")
    if connection_of(company.pk) is not None:
        raise _connected_already()
    values = sent if isinstance(sent, dict) else {}
    service_url = checked_service_url(values.get("service_url"))
    code_list = _erp_list(company) or _make_erp_list(company, actor)
    try:
        with transaction.atomic():
            connection: ErpConnection = ErpConnection.objects.create(
                company=company, service_url=service_url, account_id=actor.account_id, cost_code_list_id=code_list.pk
            )
    except IntegrityError as exc:  # a parallel call was faster
        raise _connected_already() from exc
    act = audit.Act("connection.created", "connection", connection.pk, after={"service_url": service_url})
    audit.record(company.pk, actor, [act])
    if values.get("metadata") is not None:
        connection = store_metadata(company.pk, values["metadata"], actor=actor)
    return connection


def _connected_already() -> WrongState:
    return WrongState("The company is connected already.", code="already_connected")


def _erp_list(company: Company) -> Record | None:
    """The list of an earlier connection: a company has exactly one."""
    lists = Record.objects.of(company).filter(item_type=LIST, deleted_at=None, data__is_erp_list=True)
    found: Record | None = lists.order_by("pk").first()
    return found


def _make_erp_list(company: Company, actor: Actor) -> Record:
    data = {"name": COST_CODE_LIST, "is_erp_list": True}
    code_list = new_record(company.pk, ENTITIES[LIST], data, actor, currency=company.currency)
    insert_records([code_list])
    tell(company.pk, actor, [Change(code_list, EventType.CREATE, None, data)])
    return code_list
