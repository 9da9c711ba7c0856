"""Status management on the wire: an object's link is taken away, and what was imported as it waits again."""

import pytest

from erpstaging.core.scope import company_scope
from erpstaging.records.models import Record
from erpstaging.staging.models import StagedRecord
from tests.staging.conftest import contract_sent, line_sent

ADDRESSES = ["erp_status_management/unlink", "erp_statuses/unlink"]


@pytest.fixture
def imported(integrator, sign_in, approver, company, project, vendor, cost_code, cost_type):
    """The record of an imported contract, one line of which was archived on its own."""
    lines = [line_sent("L-1"), line_sent("L-2", status="archived")]
    answer = integrator.patch("staged_records/sync", {"updates": [contract_sent("ORD-1", *lines)]})
    (row,) = answer.body["entities"]
    shown = sign_in(approver).post(f"staged_records/{row['id']}/import", {"version": row["version"]})
    assert shown.status == 200
    return Record.objects.of(company).get(origin_id="ORD-1", item_type="work_order_contract")


def staged(company) -> dict[str, str]:
    rows = StagedRecord.objects.of(company).filter(item_type__in=["work_order_contract", "line_item"])
    return dict(rows.values_list("origin_id", "status"))


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_an_unlinked_contract_and_all_its_lines_are_staged_again(integrator, company, imported, method, address):
    body = {"item_type": "work_order_contract", "item_id": imported.pk}

    answer = integrator(method, address, body)

    assert (answer.status, answer.body) == (200, {**body, "status": "not_synced", "origin_id": None})
    assert staged(company) == {"ORD-1": "staged", "L-1": "staged", "L-2": "staged"}
    contract = Record.objects.of(company).get(pk=imported.pk)
    assert (contract.origin_id, contract.origin_code, contract.origin_data) == (None, None, None)
    assert set(Record.objects.of(company).filter(parent=imported).values_list("origin_id", flat=True)) == {None}
    assert integrator(method, address, body).status == 200  # and once more, though nothing is left to unlink


def test_many_are_unlinked_each_on_its_own(integrator, company, imported, vendor):
    good = {"item_type": "work_order_contract", "item_id": imported.pk}
    unknown, odd = {"item_type": "vendor", "item_id": 2**62}, {"item_type": "spaceship", "item_id": vendor.pk}

    answer = integrator.post(ADDRESSES[0], {"updates": [unknown, good, odd]})

    assert answer.body["entities"] == [{**good, "status": "not_synced", "origin_id": None}]
    assert [one["item_id"] for one in answer.body["errors"]] == [2**62, vendor.pk]
    assert [list(one["errors"]) for one in answer.body["errors"]] == [["item_id"], ["item_type"]]
    assert answer.body["errors"][0] == {**unknown, "errors": {"item_id": ["does not exist"]}}


@pytest.mark.parametrize(
    ("body", "status", "named"),
    [
        ({"item_type": "vendor", "item_id": 2**62}, 404, "Not Found"),
        ({"item_type": "spaceship", "item_id": 1}, 422, ["item_type"]),
        ({"item_type": "vendor"}, 422, ["item_id"]),
        ({"updates": {}}, 400, ["updates"]),
    ],
    ids=str,
)
def test_what_cannot_be_unlinked_is_refused_naming_it(integrator, connection, body, status, named):
    answer = integrator.post(ADDRESSES[0], body)

    assert answer.status == status
    assert (answer.body["errors"] if isinstance(named, str) else list(answer.body["errors"])) == named


def test_an_object_of_another_company_does_not_exist(integrator, connection, other_company, integration):
    with company_scope(other_company.pk):
        theirs = Record.objects.create(company=other_company, item_type="vendor", origin_id="A", data={})

    answer = integrator.post(ADDRESSES[0], {"item_type": "vendor", "item_id": theirs.pk})

    assert answer.status == 404
    with company_scope(other_company.pk):
        assert Record.objects.of(other_company).get(pk=theirs.pk).origin_id == "A"
