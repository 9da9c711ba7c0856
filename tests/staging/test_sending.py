"""Sending an object to accounting and taking it back."""

import pytest

from erpstaging.core.errors import Invalid, NotFound, NotPermitted, WrongState
from erpstaging.core.scope import company_scope
from erpstaging.erp_requests.models import ErpRequest
from erpstaging.records.editing import delete_record, edit_record
from erpstaging.records.models import Record
from erpstaging.staging.models import StagedExport
from erpstaging.staging.sending import retrieve_record, send_record
from tests.fixtures.gate import REACHABLE

SENDABLE = {"retrieved", "rejected", "unlinked"}
RETRIEVABLE = {"ready_to_export", "failed"}


def test_a_sent_contract_is_frozen_and_closed_to_everybody(gate, project_user, integration):
    export = gate.send()

    assert (export.state, export.version, export.sent_by_name) == ("ready_to_export", 1, "Project User")
    assert export.snapshot["data"]["title"] == "Structural steel"
    assert [line["amount"] for line in export.snapshot["lines"]] == ["759000.0", "126900.0"]
    assert gate.record().lock == "waiting"
    for actor in (project_user, integration):
        with pytest.raises(Invalid) as closed:
            edit_record(gate.company, gate.contract.pk, actor=actor, data={"description": "Late"})
        assert closed.value.code == "pending_approval"


@pytest.mark.parametrize("state", REACHABLE)
def test_a_contract_is_sent_again_only_after_it_came_back(gate, state):
    export = gate.bring_to(state)

    if state in SENDABLE:
        again = gate.send()
        assert (again.pk > export.pk, again.state) == (True, "ready_to_export")
    else:
        before = StagedExport.objects.of(gate.company).count()
        with pytest.raises(WrongState):
            gate.send()
        assert StagedExport.objects.of(gate.company).count() == before


@pytest.mark.parametrize("state", REACHABLE)
def test_a_contract_is_retrieved_before_its_answer_or_after_a_failure(gate, state):
    export = gate.bring_to(state)

    if state in RETRIEVABLE:
        gate.retrieve()
        assert (gate.export().state, gate.record().lock) == ("retrieved", "none")
        assert gate.export().version > export.version
    else:
        with pytest.raises(WrongState):
            gate.retrieve()
        assert gate.export().state == state


def test_who_was_too_late_to_retrieve_learns_who_decided_and_when(gate):
    gate.bring_to("accepted")

    with pytest.raises(WrongState) as late:
        gate.retrieve()

    assert late.value.code == "already_decided"
    assert late.value.facts["decided_by"] == "Approver"
    assert late.value.facts["decided_at"] == gate.export().decided_at


def test_a_second_retrieve_says_who_took_it_back_and_when(gate):
    gate.bring_to("ready_to_export")
    gate.retrieve()
    taken = gate.export()

    with pytest.raises(WrongState) as late:
        gate.retrieve()

    assert late.value.code == "already_decided"
    facts = {"decided_by": "Project User", "decided_at": taken.decided_at, "version": taken.version}
    assert late.value.facts == facts


@pytest.mark.parametrize(
    "rights",
    [
        {},
        {"project_level": "standard"},
        {"erp_level": "admin", "can_push_to_accounting": True},
        {"project_level": "admin", "is_active": False},
    ],
    ids=lambda rights: ",".join(rights) or "none",
)
def test_contracts_are_sent_and_taken_back_by_project_admins(gate, make_person, rights):
    somebody = make_person("somebody", **rights)

    with pytest.raises(NotPermitted):
        send_record(gate.company, gate.contract.pk, actor=somebody)
    gate.send()
    with pytest.raises(NotPermitted):
        retrieve_record(gate.company, gate.contract.pk, actor=somebody)

    assert gate.export().state == "ready_to_export"


def test_a_service_account_sends_nothing(gate, integration):
    with pytest.raises(NotPermitted):
        send_record(gate.company, gate.contract.pk, actor=integration)


def test_another_companys_contract_can_neither_be_sent_nor_retrieved(gate, other_company):
    with company_scope(other_company.pk):
        for act in (send_record, retrieve_record):
            with pytest.raises(NotFound):
                act(other_company, gate.contract.pk, actor=gate.sender)


def test_a_deleted_contract_can_neither_be_sent_nor_retrieved(gate):
    delete_record(gate.company, gate.contract.pk, actor=gate.sender)

    for act in (gate.send, gate.retrieve):
        with pytest.raises(NotFound):
            act()


def test_sending_names_every_prerequisite_that_is_not_met(gate, integration):
    edit_record(gate.company, gate.contract.pk, actor=gate.sender, data={"status": "Draft"})
    gate.link(None, Record.objects.of(gate.company).get(item_type="vendor"))

    with pytest.raises(Invalid) as refused:
        gate.send()

    assert refused.value.code == "prerequisites"
    assert set(refused.value.errors) == {"status_approved", "vendor_linked"}
    assert gate.record().lock == "none"


def test_sending_without_metadata_asks_the_integration_for_it(gate, connection):
    connection.metadata = None
    connection.save(update_fields=["metadata"])

    with pytest.raises(Invalid) as refused:
        gate.send()

    assert refused.value.code == "metadata_missing"
    assert ErpRequest.objects.of(gate.company).filter(request_name="sync_metadata").count() == 1
