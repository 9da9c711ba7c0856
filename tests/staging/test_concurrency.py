"""Two at once, on connections of their own: exactly one wins, the other is told by whom and when."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError

from erpstaging.audit.models import Entry
from erpstaging.core.errors import Busy, Invalid, NotFound, Refused, StaleVersion, WrongState
from erpstaging.core.scope import company_scope, in_company
from erpstaging.records.editing import create_record, edit_record
from erpstaging.records.lines import LineEdit
from erpstaging.records.models import Record
from erpstaging.staging.closeout import close_details
from erpstaging.staging.exports import accept_export, reject_export, retry_export, undo_accept
from erpstaging.staging.external import sync_external_data
from erpstaging.staging.freezing import snapshot
from erpstaging.staging.imports import accept_import
from erpstaging.staging.intake import create_staged_record, stage_records
from erpstaging.staging.models import Decision, StagedExport, StagedRecord
from erpstaging.staging.sending import retrieve_record, send_record
from erpstaging.staging.tasks import sweep
from tests.fixtures.gate import UNDO
from tests.fixtures.parallel import at_once, within
from tests.fixtures.scope import no_scope
from tests.staging.conftest import contract_sent, line_sent, vendor_sent

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 32


def split(outcomes: list[Any]) -> tuple[list[Any], list[Refused]]:
    """Who won, and who was refused; anything else is a fault."""
    refused = [one for one in outcomes if isinstance(one, Refused)]
    won = [one for one in outcomes if not isinstance(one, Exception)]
    faults = [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, Refused)]
    assert faults == []
    assert not any(isinstance(one, Busy) for one in refused)
    return won, refused


def rows(gate, model, **which: Any) -> list[Any]:
    with company_scope(gate.company.pk):
        return list(model.objects.of(gate.company).filter(**which).order_by("pk"))


@pytest.fixture
def commands(gate, second_approver):
    """Each word as a command that can be run beside others."""

    def command(work: Callable[[], Any]) -> Callable[[], Any]:
        return within(gate.company, work)

    company, contract = gate.company, gate.contract.pk

    class Commands:
        def accept(self, export, actor=gate.approver, **values):
            values = {"version": export.version, **values}
            return command(lambda: accept_export(company, export.pk, actor=actor, **values))

        def reject(self, export, actor=second_approver):
            reason = {"version": export.version, "reason": "Wrong retainage"}
            return command(lambda: reject_export(company, export.pk, actor=actor, **reason))

        def retry(self, export, actor=gate.approver):
            return command(lambda: retry_export(company, export.pk, actor=actor))

        def undo(self, export, actor=gate.approver):
            return command(lambda: undo_accept(company, export.pk, actor=actor))

        def send(self):
            return command(lambda: send_record(company, contract, actor=gate.sender))

        def retrieve(self):
            return command(lambda: retrieve_record(company, contract, actor=gate.sender))

        def edit(self, record=None, **data):
            about = (record or gate.contract).pk
            return command(lambda: edit_record(company, about, actor=gate.sender, data=data))

        def link(self, record, origin_id):
            update = {"item_type": record.item_type, "item_id": record.pk, "origin_id": origin_id}
            return command(lambda: sync_external_data(company, [update], actor=gate.integration)[0].errors)

        def close(self, detail, status):
            update = {"id": detail.pk, "status": status, "messages": [status]}
            return command(lambda: close_details(company, [update], actor=gate.integration)[0].errors)

    return Commands()


# Exports


def test_of_two_approvers_exactly_one_wins(gate, commands, second_approver):
    for round_number in range(1, 51):
        export = gate.send()

        outcomes = at_once([commands.accept(export), commands.accept(export, second_approver)])

        (won,), (lost,) = split(outcomes)
        assert isinstance(lost, (StaleVersion, WrongState))
        assert lost.facts["decided_by"] == won.decided_by_name
        assert lost.facts["decided_at"] == won.decided_at
        assert len(gate.requests()) == round_number
        gate.close("rejected", "Again.")
    assert len(rows(gate, Decision, object_type="export")) == 50


def test_of_many_clicks_of_one_approver_one_counts(gate, commands):
    export = gate.send()

    won, lost = split(at_once([commands.accept(export)] * THREADS))

    assert (len(won), len(lost), len(gate.requests())) == (1, THREADS - 1, 1)


@pytest.mark.capability("IN-10")
def test_accept_against_retrieve_has_one_winner(gate, commands):
    winners = set()
    for _ in range(20):
        export = gate.send()

        outcomes = at_once([commands.accept(export), commands.retrieve()])

        (won,), (lost,) = split(outcomes)
        winners.add(won.state)
        stored = gate.export()
        assert stored.state == won.state in {"exporting", "retrieved"}
        assert (lost.facts["decided_by"], lost.facts["decided_at"]) == (stored.decided_by_name, stored.decided_at)
        assert stored.decided_by_name == ("Approver" if won.state == "exporting" else "Project User")
        assert gate.record().lock == ("exporting" if won.state == "exporting" else "none")
        if won.state == "exporting":
            gate.close("rejected", "Again.")


def test_accept_against_reject_has_one_winner(gate, commands):
    for _ in range(20):
        export = gate.send()

        (won,), (lost,) = split(at_once([commands.accept(export), commands.reject(export)]))

        assert gate.export().state == won.state in {"exporting", "rejected"}
        assert lost.facts["decided_by"] == won.decided_by_name
        if won.state == "exporting":
            gate.close("rejected", "Again.")


def test_no_edit_lands_between_send_and_payload(gate, commands):
    for round_number in range(20):
        sending, editing = at_once([commands.send(), commands.edit(title=f"Steel {round_number}")])
        export = sending if isinstance(sending, StagedExport) else gate.send()

        outcomes = at_once([commands.accept(export), commands.edit(title=f"Late {round_number}")])

        assert isinstance(outcomes[1], Invalid)
        assert isinstance(editing, (Record, Invalid))
        payload = gate.requests()[-1].request_data["commitment"]
        assert payload["title"] == export.snapshot["data"]["title"] == gate.record().title
        gate.close("rejected", "Again.")


def test_retry_against_reject_has_one_winner(gate, commands):
    for _ in range(15):
        gate.accept(gate.send())
        gate.close("failed", "Period closed.")
        failed, before = gate.export(), len(gate.requests())

        (won,), _ = split(at_once([commands.retry(failed), commands.reject(failed)]))

        stored = gate.export()
        assert stored.state == won.state in {"exporting", "rejected"}
        assert len(gate.requests()) == before + (won.state == "exporting")
        assert [detail.current for detail in gate.details()].count(True) == (won.state == "exporting")
        if won.state == "exporting":
            gate.close("rejected", "Again.")


def test_of_many_retries_one_goes_out(gate, commands):
    failed = gate.bring_to("failed")

    won, lost = split(at_once([commands.retry(failed)] * THREADS))

    assert (len(won), len(lost), len(gate.requests())) == (1, THREADS - 1, 2)


def test_of_many_sends_one_counts(gate, commands):
    won, lost = split(at_once([commands.send()] * THREADS))

    assert (len(won), len(lost)) == (1, THREADS - 1)
    assert {refusal.code for refusal in lost} == {"already_sent"}
    assert len(rows(gate, StagedExport)) == 1


def test_undo_against_the_sweep_has_one_winner(gate, commands):
    for _ in range(10):
        export = gate.accept(gate.send(), undo=UNDO)
        with company_scope(gate.company.pk):
            # Held, so that undo stays possible although the sweep may let it out at once.
            StagedExport.objects.of(gate.company).filter(pk=export.pk).update(
                release_at=export.decided_at, held_reason="Something else"
            )

        undone, released = at_once([commands.undo(export), sweep])

        assert isinstance(undone, WrongState) == bool(released)
        stored = gate.export()
        assert stored.state == ("exporting" if released else "ready_to_export")
        assert len(gate.requests()) == len(gate.details())
        if released:
            gate.close("rejected", "Again.")
        else:
            gate.retrieve()


def test_of_many_equal_answers_one_counts(gate, commands):
    gate.bring_to("exporting")
    gate.link("ORD-9")
    (detail,) = gate.details()

    outcomes = at_once([commands.close(detail, "success")] * THREADS)

    assert outcomes == [{}] * THREADS
    assert gate.export().state == "synced"
    assert len(rows(gate, Entry, action="detail.closed")) == 1
    assert len(rows(gate, Entry, action="export.synced")) == 1


def test_different_answers_leave_one_of_them_and_never_unsync(gate, commands):
    gate.bring_to("exporting")
    gate.link("ORD-9")
    (detail,) = gate.details()

    outcomes = at_once([commands.close(detail, status) for status in ("success", "failed", "stale") * 8])

    assert outcomes == [{}] * 24
    assert gate.export().state == "synced"
    assert len(gate.requests()) == 1


# Origin IDs


@pytest.mark.capability("LK-06")
def test_of_two_objects_one_gets_the_origin_id(gate, commands):
    vendors = [
        gate.run(lambda: create_record(gate.company, actor=gate.sender, item_type="vendor", data={"name": "Kestrel"}))
        for _ in range(2)
    ]
    for round_number in range(20):
        wanted = f"NEW-{round_number}"

        outcomes = at_once([commands.link(vendor, wanted) for vendor in vendors])

        assert sorted(map(list, outcomes)) == [[], ["origin_id"]]
        assert len(rows(gate, Record, origin_id=wanted)) == 1


def test_of_many_objects_one_gets_the_origin_id(gate, commands):
    vendors = [
        gate.run(lambda: create_record(gate.company, actor=gate.sender, item_type="vendor", data={"name": "Kestrel"}))
        for _ in range(THREADS)
    ]

    outcomes = at_once([commands.link(vendor, "NEW-1") for vendor in vendors])

    assert sorted(map(list, outcomes)) == [[], *[["origin_id"]] * (THREADS - 1)]


@pytest.mark.capability("LK-03")
def test_no_edit_of_a_locked_field_lands_after_the_origin_id(gate, commands):
    vendors = [
        gate.run(lambda: create_record(gate.company, actor=gate.sender, item_type="vendor", data={"name": "Kestrel"}))
        for _ in range(100)
    ]
    pairs = [
        command
        for place, vendor in enumerate(vendors)
        for command in (commands.edit(vendor, name="Edited"), commands.link(vendor, f"NEW-{place}"))
    ]

    for start in range(0, len(pairs), THREADS):
        outcomes = at_once(pairs[start : start + THREADS])
        assert all(isinstance(one, (Record, Invalid, dict)) for one in outcomes)

    entries = {}
    for entry in rows(gate, Entry, object_type="record", action__in=["record.edited", "record.linked"]):
        entries.setdefault(entry.object_id, []).append(entry.action)
    for vendor in vendors:
        stored = gate.record(vendor)
        assert stored.origin_id is not None
        assert entries[vendor.pk][-1] == "record.linked"
        assert (stored.data["name"] == "Edited") == ("record.edited" in entries[vendor.pk])


@pytest.mark.capability("LK-03")
def test_no_edit_lands_while_a_contract_is_closed_out(gate, commands):
    gate.bring_to("exporting")
    (detail,) = gate.details()
    edits = [commands.edit(title=f"Late {number}") for number in range(THREADS - 2)]

    outcomes = at_once([*edits, commands.link(gate.contract, "ORD-9"), commands.close(detail, "success")])

    assert all(isinstance(one, Invalid) for one in outcomes[:-2])
    assert gate.record().title == "Structural steel"


# Staging


@pytest.mark.capability("IN-04")
def test_two_calls_with_one_new_origin_id_leave_one_row_and_both_answer_it(company, connection, integration):
    for round_number in range(20):
        origin_id = f"CRED-{round_number}"
        calls = [
            within(
                company,
                lambda name=name, origin_id=origin_id: stage_records(
                    company.pk, [vendor_sent(origin_id, name)], actor=integration
                ),
            )
            for name in ("First", "Second")
        ]

        first, second = at_once(calls)

        assert first.errors == second.errors == []
        assert first.entities[0].pk == second.entities[0].pk
    with company_scope(company.pk):
        assert StagedRecord.objects.of(company).count() == 20


@pytest.mark.capability("IN-04")
def test_two_calls_over_http_with_one_new_origin_id_leave_one_row(integrator, company, connection):
    body = {"updates": [vendor_sent("CRED-1")]}

    answers = at_once([lambda: integrator.patch("staged_records/sync", body)] * 8)

    assert {answer.status for answer in answers} == {200}
    assert len({answer.body["entities"][0]["id"] for answer in answers}) == 1


def test_of_many_plain_creates_one_is_stored(company, connection, integration):
    create = within(company, lambda: create_staged_record(company.pk, vendor_sent("CRED-1"), actor=integration))

    won, lost = split(at_once([create] * 16))

    assert (len(won), len(lost)) == (1, 15)
    assert {refusal.code for refusal in lost} == {"origin_id_taken"}
    assert {refusal.facts["staged_record_id"] for refusal in lost} == {won[0].pk}


def test_calls_with_the_same_rows_in_other_orders_do_not_deadlock(company, connection, integration, approver):
    def call(seed: int) -> Callable[[], Any]:
        order = list(range(40))
        random.Random(seed).shuffle(order)  # noqa: S311 - any order will do
        updates = [vendor_sent(f"CRED-{n}", f"Seed {seed}") for n in order]
        return within(company, lambda: stage_records(company.pk, updates, actor=integration))

    outcomes = at_once([call(seed) for seed in range(8)])

    assert all(len(outcome.entities) == 40 for outcome in outcomes)
    with company_scope(company.pk):
        assert StagedRecord.objects.of(company).count() == 40


# Imports


def test_of_many_imports_of_one_row_one_counts(
    company, project, vendor, cost_code, cost_type, integration, approver, second_approver
):
    updates = [contract_sent("ORD-1", line_sent("L-1"), line_sent("L-2"))]
    staged = in_company(company.pk, lambda: stage_records(company.pk, updates, actor=integration))
    (row,) = staged.entities
    imports = [
        within(company, lambda actor=actor: accept_import(company, row.pk, actor=actor, version=row.version))
        for actor in (approver, second_approver) * (THREADS // 2)
    ]

    won, lost = split(at_once(imports))

    assert (len(won), len(lost)) == (1, THREADS - 1)
    assert {refusal.facts["decided_by"] for refusal in lost} == {won[0].changed_by_name}
    with company_scope(company.pk):
        assert Record.objects.of(company).filter(origin_id__in=["ORD-1", "L-1", "L-2"]).count() == 3
        assert Decision.objects.of(company).filter(object_id=row.pk, object_type="staged_record").count() == 1


def test_an_import_brings_in_what_the_approver_saw_or_nothing(company, connection, integration, approver):
    for round_number in range(15):
        origin_id = f"CRED-{round_number}"
        row = in_company(
            company.pk,
            lambda origin_id=origin_id: create_staged_record(company.pk, vendor_sent(origin_id), actor=integration),
        )
        changed = [vendor_sent(origin_id, "Changed")]

        importing, _ = at_once(
            [
                within(company, lambda row=row: accept_import(company, row.pk, actor=approver, version=row.version)),
                within(company, lambda changed=changed: stage_records(company.pk, changed, actor=integration)),
            ]
        )

        with company_scope(company.pk):
            made = Record.objects.of(company).filter(item_type="vendor", origin_id=origin_id)
            if isinstance(importing, StagedRecord):
                assert made.get().title == "Kestrel Roofing"
            else:
                assert isinstance(importing, StaleVersion)
                assert not made.exists()


def test_what_is_staged_while_its_target_is_linked_does_not_wait_for_ever(
    company, project, cost_code, cost_type, integration, approver
):
    for round_number in range(15):
        name = f"CRED-{round_number}"
        in_company(company.pk, lambda name=name: create_staged_record(company.pk, vendor_sent(name), actor=integration))
        with company_scope(company.pk):
            vendor = StagedRecord.objects.of(company).get(origin_id=name)
        contract = contract_sent(f"ORD-{round_number}", data={"vendor_origin_id": name})

        outcomes = at_once(
            [
                within(
                    company,
                    lambda vendor=vendor: accept_import(company, vendor.pk, actor=approver, version=vendor.version),
                ),
                within(company, lambda contract=contract: stage_records(company.pk, [contract], actor=integration)),
            ]
        )
        assert not any(isinstance(one, Exception) for one in outcomes)

    with no_scope():
        sweep()
    with company_scope(company.pk):
        assert not StagedRecord.objects.of(company).exclude(waiting_for=[]).exists()


# Everything at once


def test_no_two_commands_deadlock(gate, commands, second_approver, vendor, cost_code):
    """Every pair of commands of the gate on the same few rows: no fault of the database, and nothing half done."""
    line = rows(gate, Record, parent=gate.contract)[0]
    chance = random.Random(7)  # noqa: S311 - repeatable chance

    def acts() -> list[Callable[[], Any]]:
        export = gate.export()
        detail = (gate.details() or [None])[-1]
        updates = [contract_sent("ORD-1", line_sent("L-1", str(chance.randint(1, 99)))), vendor_sent("CRED-12")]
        return [
            commands.send(),
            commands.retrieve(),
            commands.accept(export),
            commands.accept(export, second_approver),
            commands.reject(export),
            commands.retry(export),
            commands.edit(title="Other"),
            commands.edit(line, description="Other"),
            commands.link(gate.contract, chance.choice(["ORD-9", None])),
            commands.link(vendor, chance.choice(["CRED-12", "CRED-13"])),
            within(gate.company, lambda: stage_records(gate.company.pk, updates, actor=gate.integration)),
            *([commands.close(detail, chance.choice(["success", "failed", "rejected"]))] if detail else []),
            sweep,
        ]

    gate.send()
    for _ in range(25):
        todo = acts()
        chance.shuffle(todo)

        outcomes = at_once(todo[:8])

        assert not [one for one in outcomes if isinstance(one, (DatabaseError, Busy, NotFound))]
        assert not [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, Refused)]
        with company_scope(gate.company.pk):
            open_ones = [one for one in StagedExport.objects.of(gate.company) if one.is_open]
        assert len(open_ones) <= 1
        assert len(gate.requests()) == len(gate.details())


def test_lines_written_at_once_add_up(gate):
    adds = [
        within(
            gate.company,
            lambda: edit_record(
                gate.company, gate.contract.pk, actor=gate.sender, data={}, lines=[LineEdit(None, {"amount": "1"})]
            ),
        )
    ] * THREADS

    won, _ = split(at_once(adds))

    assert len(won) == THREADS
    assert gate.record().amount == gate.contract.amount + THREADS
    positions = [line.position for line in rows(gate, Record, parent=gate.contract)]
    assert sorted(positions) == list(range(1, THREADS + 3))
    with company_scope(gate.company.pk):
        assert len(snapshot(gate.company, gate.record())["lines"]) == THREADS + 2
