"""Staging as an integrator does it, in short words."""

from collections.abc import Callable
from typing import Any

import pytest

from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company, ErpLevel, ProjectLevel
from erpstaging.staging.intake import Staged, stage_records
from erpstaging.staging.models import StagedRecord
from tests.fixtures.people import MakePerson
from tests.staging.life import MARKERS

CODES = {"cost_code_origin_id": "SITE-7|05-100", "line_item_type_origin_id": "SUB"}


def vendor_sent(origin_id: str = "CRED-1", name: str = "Kestrel Roofing", **more: Any) -> dict[str, Any]:
    return {"item_type": "vendor", "origin_id": origin_id, "data": {"name": name}, **more}


def line_sent(origin_id: str = "ORD-1-1", amount: Any = "1200.0", **more: Any) -> dict[str, Any]:
    return {"item_type": "line_item", "origin_id": origin_id, "data": {"amount": amount, **CODES}, **more}


def contract_sent(origin_id: str = "ORD-1", *children: dict[str, Any], **more: Any) -> dict[str, Any]:
    data = {"title": "Roof", "number": "1", "project_origin_id": "SITE-7", "vendor_origin_id": "CRED-12"}
    sent = {"item_type": "work_order_contract", "origin_id": origin_id, "data": data | more.pop("data", {}), **more}
    return {**sent, "children": list(children)} if children else sent


def prime_sent(origin_id: str = "OWN-1", *children: dict[str, Any], **more: Any) -> dict[str, Any]:
    data = {"title": "Harbour Point, owner", "number": "1", "project_origin_id": "SITE-7"}
    sent = {"item_type": "prime_contract", "origin_id": origin_id, "data": data | more.pop("data", {}), **more}
    return {**sent, "children": list(children)} if children else sent


def change_order_sent(origin_id: str = "CO-1", *children: dict[str, Any], **more: Any) -> dict[str, Any]:
    data = {"title": "Extra bolts", "number": "1", "project_origin_id": "SITE-7", "commitment_origin_id": "ORD-1"}
    sent = {"item_type": "commitment_change_order", "origin_id": origin_id, "data": data | more.pop("data", {}), **more}
    return {**sent, "children": list(children)} if children else sent


def sub_job_sent(origin_id: str = "JOB-1", **more: Any) -> dict[str, Any]:
    data = {"name": "North wing", "code": "01", "project_origin_id": "SITE-7"}
    return {"item_type": "sub_job", "origin_id": origin_id, "data": data | more.pop("data", {}), **more}


@pytest.fixture
def stage(company: Company, integration: Actor) -> Callable[..., Staged]:
    """`stage(element, element, ..)`: one call of the integration."""

    def call(*updates: Any, actor: Actor = integration, atomic: bool = False) -> Staged:
        return stage_records(company.pk, updates, actor=actor, atomic=atomic)

    return call


@pytest.fixture
def row(company: Company) -> Callable[..., StagedRecord]:
    """`row("ORD-1")`: the staged record with this origin ID, as it is stored."""

    def find(origin_id: str, item_type: str | None = None) -> StagedRecord:
        kind = {"item_type": item_type} if item_type else {}
        return StagedRecord.objects.of(company).get(origin_id=origin_id, deleted_at=None, **kind)

    return find


@pytest.fixture
def actors(
    make_person: MakePerson, project_user: Actor, approver: Actor, second_approver: Actor, super_user: Actor
) -> dict[str, Actor]:
    """By name, with those who may do what two people do."""
    rights = {"erp_level": ErpLevel.ADMIN, "project_level": ProjectLevel.ADMIN, "can_push_to_accounting": True}
    made = {name: make_person(name, **rights) for name in MARKERS}
    made["second_super_user"] = make_person("second_super_user", super_user=True)
    known = {"project_user": project_user, "approver": approver, "second_approver": second_approver}
    return {**known, "super_user": super_user, **made}
