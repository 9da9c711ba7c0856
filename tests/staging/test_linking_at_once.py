"""Two people link, merge or refresh at the same moment, on connections of their own: one wins."""

from typing import Any

import pytest

from erpstaging.core.errors import Invalid, Refused, WrongState
from erpstaging.core.scope import company_scope
from erpstaging.erp_requests.models import ErpRequest
from erpstaging.records.editing import create_record
from erpstaging.records.models import Record
from erpstaging.staging.imports import accept_import
from erpstaging.staging.intake import stage_records
from erpstaging.staging.linking import link_staged_record
from erpstaging.staging.merging import merge_vendors
from erpstaging.staging.models import Refresh
from erpstaging.staging.refreshing import ask_for_refresh
from erpstaging.staging.sending import retrieve_record, send_record
from tests.fixtures.parallel import at_once, within
from tests.staging.conftest import vendor_sent

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 10


def split(outcomes: list[Any]) -> tuple[list[Any], list[Refused]]:
    faults = [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, Refused)]
    assert faults == []
    refused = [one for one in outcomes if isinstance(one, Refused)]
    return [one for one in outcomes if not isinstance(one, Exception)], refused


def vendor_made(gate, name: str) -> Record:
    return gate.run(lambda: create_record(gate.company, actor=gate.sender, item_type="vendor", data={"name": name}))


def staged(gate, *origin_ids: str) -> list[Any]:
    sent = [vendor_sent(origin_id, origin_id) for origin_id in origin_ids]
    return gate.run(lambda: stage_records(gate.company.pk, sent, actor=gate.integration)).entities


def link(gate, row, record, actor):
    values = {"actor": actor, "version": row.version}
    return within(gate.company, lambda: link_staged_record(gate.company, row.pk, record.pk, **values))


def count(gate, name: str) -> int:
    with company_scope(gate.company.pk):
        return ErpRequest.objects.of(gate.company).filter(request_name=name).count()


@pytest.mark.capability("LK-07", "LK-06")
def test_of_two_links_to_one_company_exactly_one_wins(gate, second_approver):
    for number in range(1, ROUNDS + 1):
        target = vendor_made(gate, f"Firm {number}")
        one, other = staged(gate, f"A-{number}", f"B-{number}")

        outcomes = at_once([link(gate, one, target, gate.approver), link(gate, other, target, second_approver)])

        (won,), (lost,) = split(outcomes)
        assert isinstance(lost, Invalid)
        assert lost.code == "already_linked"
        assert gate.record(target).origin_id == won.origin_id
        assert count(gate, "link_vendor") == number


@pytest.mark.capability("LK-07")
def test_a_row_is_linked_or_imported_and_never_both(gate, second_approver):
    for number in range(1, ROUNDS + 1):
        target = vendor_made(gate, f"Firm {number}")
        (row,) = staged(gate, f"A-{number}")
        bring_in = within(
            gate.company, lambda row=row: accept_import(gate.company, row.pk, actor=second_approver, version=1)
        )

        won, lost = split(at_once([link(gate, row, target, gate.approver), bring_in]))

        assert (len(won), len(lost)) == (1, 1)
        assert isinstance(lost[0], WrongState)
        with company_scope(gate.company.pk):
            assert Record.objects.of(gate.company).filter(origin_id=f"A-{number}").count() == 1


def test_a_merge_and_a_send_of_what_names_the_source_never_both_have_their_way(gate, vendor, admin):
    for number in range(1, ROUNDS + 1):
        spare = vendor_made(gate, f"Firm {number}")
        ids = (spare.pk, [vendor.pk])
        merge = within(gate.company, lambda ids=ids: merge_vendors(gate.company, *ids, actor=admin))
        send = within(gate.company, lambda: send_record(gate.company, gate.contract.pk, actor=gate.sender))

        merged, sent = at_once([merge, send])

        split([merged, sent])
        assert not isinstance(sent, Exception)
        frozen = gate.export().snapshot["vendor"]["id"]
        if isinstance(merged, Refused):
            assert (merged.code, frozen) == ("pending_approval", vendor.pk)
            assert gate.record(vendor).deleted_at is None
        else:
            assert frozen == spare.pk == gate.record().vendor_id
            vendor = gate.record(spare)
        gate.run(lambda: retrieve_record(gate.company, gate.contract.pk, actor=gate.sender))


def test_of_many_presses_of_a_sync_button_one_counts(gate, second_approver):
    press = [
        within(gate.company, lambda who=who: ask_for_refresh(gate.company, "vendors", actor=who))
        for who in (gate.approver, second_approver) * 4
    ]

    won, lost = split(at_once(press))

    assert (len(won), len(lost)) == (1, 7)
    assert {one.code for one in lost} == {"refresh_running"}
    assert count(gate, "sync_vendors") == 1
    with company_scope(gate.company.pk):
        assert Refresh.objects.of(gate.company).count() == 1
