"""Marking a failed export as synced by hand: an origin ID, a reason, and a second person."""

from typing import Any

import pytest

from erpstaging.audit.models import Entry
from erpstaging.companies.models import ErpLevel, ProjectLevel
from erpstaging.connections.services import change_settings
from erpstaging.core.errors import Invalid, NotFound, NotPermitted, StaleVersion, WrongState
from erpstaging.records.editing import create_record
from erpstaging.records.models import Record
from erpstaging.staging.confirming import confirm
from erpstaging.staging.marking import Marking, mark_synced
from erpstaging.staging.models import Conflict, StagedExport
from tests.staging.conftest import change_order_sent, contract_sent

pytestmark = pytest.mark.capability("EX-09")
REASON = "Booked by hand while the connection was down."


@pytest.fixture
def accountant(make_person):
    """ERP Admin with push."""
    return marker(make_person, "accountant")


@pytest.fixture
def second_accountant(make_person):
    return marker(make_person, "second_accountant")


@pytest.fixture
def failed(gate) -> StagedExport:
    return gate.bring_to("failed")


def marker(make_person, name: str):
    return make_person(name, erp_level=ErpLevel.ADMIN, project_level=ProjectLevel.ADMIN, can_push_to_accounting=True)


def mark(gate, export, actor, origin_id: Any = "ORD-9", reason: Any = REASON, **more: Any) -> Marking:
    return gate.run(
        lambda: mark_synced(gate.company, export.pk, actor=actor, origin_id=origin_id, reason=reason, **more)
    )


def test_a_second_person_confirms_and_it_is_synced_by_hand(gate, failed, accountant, second_accountant):
    asked = mark(gate, failed, accountant).confirmation

    assert asked is not None
    assert (gate.export().state, gate.export().version, gate.record().origin_id) == ("failed", failed.version, None)
    with pytest.raises(NotPermitted) as refusal:
        confirm(gate.company, asked.pk, actor=accountant)
    assert refusal.value.code == "second_person"

    confirm(gate.company, asked.pk, actor=second_accountant)

    export, record = gate.export(), gate.record()
    assert (export.state, export.source, export.messages, export.closed_at is not None) == (
        "synced",
        "manual",
        [],
        True,
    )
    assert (record.origin_id, record.account_id, record.lock) == ("ORD-9", None, "none")
    assert not any(detail.current for detail in gate.details())
    told = Entry.objects.of(gate.company).get(action="export.marked_synced")
    assert (told.actor_id, told.record_id) == (second_accountant.id, record.pk)
    assert told.after["asked_by"] == accountant.name
    assert (told.after["origin_id"], told.after["reason"], told.after["source"]) == ("ORD-9", REASON, "manual")
    assert Entry.objects.of(gate.company).filter(action="mark_synced.asked", actor_id=accountant.id).count() == 1


def test_what_waits_for_it_is_free(gate, failed, accountant, second_accountant, stage, row):
    staged = stage(contract_sent("ORD-9"), change_order_sent("CO-1", data={"commitment_origin_id": "ORD-9"}))
    assert staged.errors == []
    assert [one["value"] for one in row("CO-1").waiting_for] == ["ORD-9"]
    asked = mark(gate, failed, accountant).confirmation
    confirm(gate.company, asked.pk, actor=second_accountant)
    assert row("CO-1").waiting_for == []


def test_a_success_that_lacked_its_origin_id_is_marked_too(gate, accountant, second_accountant):
    gate.bring_to("exporting")
    gate.close("success")
    failed = gate.export()
    assert failed.state == "failed"
    asked = mark(gate, failed, accountant).confirmation

    confirm(gate.company, asked.pk, actor=second_accountant)

    assert (gate.export().state, gate.export().source) == ("synced", "manual")


def test_a_late_close_changes_nothing_more(gate, failed, accountant, second_accountant):
    asked = mark(gate, failed, accountant).confirmation
    confirm(gate.company, asked.pk, actor=second_accountant)
    gate.close("success")
    assert (gate.export().state, gate.export().source) == ("synced", "manual")
    gate.close("failed", "No.")
    assert gate.export().state == "synced"
    assert Conflict.objects.of(gate.company).count() <= 1


def test_the_company_may_do_without_a_second_person(gate, failed, accountant, admin):
    change_settings(gate.company.pk, {"mark_synced_alone": True}, actor=admin)
    marking = mark(gate, failed, accountant)
    assert (marking.confirmation, marking.export.state, gate.export().source) == (None, "synced", "manual")


# Who, when, and what not


def test_it_takes_erp_admin_and_push(gate, failed, approver, admin, project_user, super_user, integration):
    for actor in (approver, admin, project_user, super_user, integration):
        with pytest.raises(NotPermitted):
            mark(gate, failed, actor)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"origin_id": None}, "origin_id"),
        ({"origin_id": "  "}, "origin_id"),
        ({"origin_id": 7}, "origin_id"),
        ({"origin_id": "x" * 256}, "origin_id"),
        ({"reason": ""}, "reason"),
        ({"reason": None}, "reason"),
    ],
)
def test_origin_id_and_reason_are_needed(gate, failed, accountant, values, field):
    with pytest.raises(Invalid) as refusal:
        mark(gate, failed, accountant, **values)
    assert list(refusal.value.errors) == [field]


@pytest.mark.parametrize("state", ["ready_to_export", "accepted", "exporting", "synced", "rejected", "retrieved"])
def test_only_what_failed_is_marked(gate, state, accountant):
    export = gate.bring_to(state)
    with pytest.raises(WrongState):
        mark(gate, export, accountant)


def test_an_origin_id_of_another_object_is_refused_at_once_and_at_the_end(
    gate, failed, accountant, second_accountant, project, project_user
):
    data = {"number": "2", "title": "Other", "vendor_id": gate.contract.vendor_id}
    other = create_record(
        gate.company, actor=project_user, item_type="work_order_contract", project_id=project.pk, data=data
    )
    asked = mark(gate, failed, accountant).confirmation
    gate.link("ORD-9", other)

    with pytest.raises(Invalid) as refusal:
        confirm(gate.company, asked.pk, actor=second_accountant)
    assert (refusal.value.code, refusal.value.facts["record_id"]) == ("origin_id_taken", other.pk)
    with pytest.raises(Invalid) as refusal:
        mark(gate, failed, accountant)
    assert refusal.value.code == "origin_id_taken"
    assert gate.export().state == "failed"
    assert Record.objects.of(gate.company).get(pk=other.pk).origin_id == "ORD-9"


@pytest.mark.parametrize("act", ["retry", "reject"])
def test_what_was_decided_meanwhile_is_not_marked(gate, failed, accountant, second_accountant, act):
    asked = mark(gate, failed, accountant).confirmation
    getattr(gate, act)(failed)

    with pytest.raises(StaleVersion):
        gate.run(lambda: confirm(gate.company, asked.pk, actor=second_accountant))

    assert gate.record().origin_id is None


def test_what_the_erp_closed_meanwhile_is_not_marked(gate, failed, accountant, second_accountant):
    asked = mark(gate, failed, accountant).confirmation
    gate.link("ORD-9")
    gate.close("success")

    with pytest.raises(StaleVersion):
        gate.run(lambda: confirm(gate.company, asked.pk, actor=second_accountant))

    assert (gate.export().state, gate.export().source) == ("synced", "")


def test_a_stale_version_and_an_unknown_export_are_refused(gate, failed, accountant):
    with pytest.raises(StaleVersion):
        mark(gate, failed, accountant, version=failed.version + 1)
    with pytest.raises(NotFound):
        gate.run(
            lambda: mark_synced(gate.company, failed.pk + 9999, actor=accountant, origin_id="ORD-9", reason=REASON)
        )
