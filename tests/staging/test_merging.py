"""Merging vendors: one survives, and nothing names the others any more."""

from typing import Any

import pytest

from erpstaging.core.errors import Invalid, NotFound, NotPermitted
from erpstaging.erp_requests.models import ErpRequest
from erpstaging.outbox.models import Event
from erpstaging.records.editing import create_record
from erpstaging.records.models import OriginIdHistory, Record
from erpstaging.staging.merging import merge_plan, merge_vendors
from erpstaging.staging.models import StagedRecord


@pytest.fixture
def spare(company, project_user, vendor) -> Record:
    """A vendor that the ERP does not know."""
    return create_record(company, actor=project_user, item_type="vendor", data={"name": "Brook and Stone"})


def again(one: Any) -> Any:
    return type(one).objects.of(one.company_id).get(pk=one.pk)


def requested(company) -> Any:
    return ErpRequest.objects.of(company).get(request_name="merge_vendors").request_data


def test_what_named_the_source_names_the_master(company, gate, vendor, spare, admin):
    plan = merge_plan(company, spare.pk, [vendor.pk], actor=admin)
    assert (plan.moving, plan.donor, plan.retired, plan.blocked) == ({"work_order_contract": 1}, vendor, [], [])

    merged = merge_vendors(company, spare.pk, [vendor.pk], actor=admin)

    contract = gate.record()
    assert (contract.vendor_id, contract.data["vendor_id"], contract.version) == (
        spare.pk,
        spare.pk,
        gate.contract.version + 1,
    )
    assert merged.moved == 1
    assert again(vendor).deleted_at is not None
    events = Event.objects.of(company).filter(resource_name="Company Vendors", resource_id=vendor.pk)
    assert events.latest("pk").event_type == "delete"


def test_a_master_without_an_origin_id_takes_that_of_the_source(company, vendor, spare, admin):
    merge_vendors(company, spare.pk, [vendor.pk], actor=admin)

    master = again(spare)
    assert (master.origin_id, master.origin_code, master.account_id) == ("CRED-12", "12", vendor.account_id)
    assert again(vendor).origin_id is None
    assert StagedRecord.objects.of(company).get(origin_id="CRED-12").record_id == spare.pk
    assert requested(company) == {
        "master_vendor": {"id": spare.pk, "origin_id": "CRED-12"},
        "source_vendors": [{"id": vendor.pk, "origin_id": "CRED-12"}],
        "company_id": company.pk,
    }


def test_a_linked_master_keeps_its_own_and_an_unknown_source_is_not_told(company, vendor, spare, admin):
    merge_vendors(company, vendor.pk, [spare.pk], actor=admin)

    assert again(vendor).origin_id == "CRED-12"
    assert requested(company) == {
        "master_vendor": {"id": vendor.pk, "origin_id": "CRED-12"},
        "source_vendors": [],
        "company_id": company.pk,
    }


def test_of_two_linked_vendors_the_sources_origin_id_goes_to_the_history(company, vendor, integration, approver, admin):
    from tests.fixtures.ledger import imported

    sent = {"item_type": "vendor", "origin_id": "CRED-13", "data": {"name": "Brook Stone"}}
    second = imported(company, integration, approver, sent)

    merge_vendors(company, vendor.pk, [second.pk], actor=admin)

    was = OriginIdHistory.objects.of(company).get(record=second)
    assert (was.origin_id, was.reason) == ("CRED-13", f"merged into {vendor.pk}")
    assert again(vendor).origin_id == "CRED-12"


@pytest.mark.parametrize(("state", "code"), [("ready_to_export", "pending_approval"), ("exporting", "locked")])
def test_what_is_at_the_gate_stands_in_the_way(company, gate, vendor, spare, admin, state, code):
    gate.bring_to(state)

    with pytest.raises(Invalid) as refusal:
        merge_vendors(company, spare.pk, [vendor.pk], actor=admin)

    assert (refusal.value.code, refusal.value.facts["records"]) == (code, [gate.contract.pk])
    assert "SC-1042" in refusal.value.errors["source_ids"][0]
    assert gate.record().vendor_id == vendor.pk
    assert again(vendor).deleted_at is None


def test_only_a_directory_administrator_merges(company, vendor, spare, approver, super_user, integration):
    for actor in (approver, super_user, integration):
        with pytest.raises(NotPermitted):
            merge_vendors(company, vendor.pk, [spare.pk], actor=actor)


@pytest.mark.parametrize("sources", [[], "self", "project", [987654321]])
def test_only_other_vendors_can_be_merged(company, vendor, project, admin, sources):
    ids = {"self": [vendor.pk], "project": [project.pk]}.get(sources if isinstance(sources, str) else "", sources)

    with pytest.raises((Invalid, NotFound)):
        merge_vendors(company, vendor.pk, ids, actor=admin)
