"""One origin ID, one row, for every type and its lines, however many calls bring it at the same moment."""

from typing import Any

import pytest

from erpstaging.core.scope import company_scope
from erpstaging.staging.models import StagedRecord
from tests.fixtures.parallel import at_once
from tests.staging.conftest import change_order_sent, contract_sent, line_sent, prime_sent, sub_job_sent, vendor_sent

TYPES = {
    "vendor": vendor_sent,
    "project": lambda origin_id: {"item_type": "project", "origin_id": origin_id, "data": {"name": "Harbour"}},
    "sub_job": sub_job_sent,
    "prime_contract": prime_sent,
    "purchase_order_contract": lambda origin_id, *lines: contract_sent(
        origin_id, *lines, item_type="purchase_order_contract"
    ),
    "work_order_contract": contract_sent,
    "commitment_change_order": change_order_sent,
}
WITH_LINES = ["prime_contract", "purchase_order_contract", "work_order_contract", "commitment_change_order"]


@pytest.fixture
def erp(integrator, project):
    """The integration of a company in which a project is linked, and ORD-1 staged for change orders to name."""
    answer = integrator.patch("staged_records/sync", {"updates": [contract_sent("ORD-1")]})
    assert answer.body["errors"] == []
    return integrator


def element(item_type: str, origin_id: str, *lines: dict[str, Any]) -> dict[str, Any]:
    return TYPES[item_type](origin_id, *lines) if lines else TYPES[item_type](origin_id)


def rows(company, *origin_ids: str) -> int:
    with company_scope(company.pk):
        return StagedRecord.objects.of(company).filter(origin_id__in=origin_ids).count()


@pytest.mark.django_db(transaction=True)
@pytest.mark.capability("IN-04")
def test_two_calls_with_one_new_object_of_any_type_leave_one_row_and_answer_it(erp, company):
    for item_type in TYPES:
        lines = [line_sent(f"{item_type}-{n}") for n in (1, 2)] if item_type in WITH_LINES else []
        body = {"updates": [element(item_type, item_type, *lines)]}

        answers = at_once([lambda body=body: erp.patch("staged_records/sync", body)] * 2)

        assert [answer.status for answer in answers] == [200, 200], item_type
        assert [answer.body["errors"] for answer in answers] == [[], []], item_type
        ((first,), (second,)) = (answer.body["entities"] for answer in answers)
        assert first["id"] == second["id"]
        children = [[child["id"] for child in one.get("children", [])] for one in (first, second)]
        assert children[0] == children[1]
        assert len(children[0]) == len(lines)
        assert rows(company, item_type, *(line["origin_id"] for line in lines)) == 1 + len(lines)


@pytest.mark.django_db(transaction=True)
@pytest.mark.capability("IN-04")
def test_two_calls_with_one_new_line_of_one_contract_leave_one_line(erp, company):
    for number in range(5):
        body = {"updates": [line_sent(f"L-{number}", parent_origin_id="ORD-1")]}

        answers = at_once([lambda body=body: erp.patch("staged_records/sync", body)] * 2)

        assert len({answer.body["entities"][0]["id"] for answer in answers}) == 1
        assert rows(company, f"L-{number}") == 1
    with company_scope(company.pk):
        assert StagedRecord.objects.of(company).get(origin_id="ORD-1").amount == 6000


@pytest.mark.parametrize("item_type", [*TYPES, "line_item"])
@pytest.mark.capability("IN-04")
def test_a_plain_create_of_what_is_staged_already_is_refused_naming_the_row(erp, company, item_type):
    line = line_sent("A", parent_origin_id="ORD-1")
    sent = line if item_type == "line_item" else element(item_type, "A")
    first = erp.post("staged_records", sent)

    again = erp.post("staged_records", sent)

    assert (first.status, again.status, again.body["code"]) == (201, 422, "origin_id_taken")
    assert again.body["errors"] == {"origin_id": [f"A is already staged as {first.body['id']}"]}
    assert again.body["staged_record_id"] == first.body["id"]
    assert rows(company, "A") == 1


def test_one_origin_id_may_stand_for_objects_of_different_types(erp, company):
    updates = [element(item_type, "A") for item_type in TYPES]

    answer = erp.patch("staged_records/sync", {"updates": updates})

    assert answer.body["errors"] == []
    assert rows(company, "A") == len(TYPES)


@pytest.mark.parametrize("item_type", WITH_LINES)
@pytest.mark.capability("IN-06")
def test_lines_go_away_and_come_back_with_their_parent_except_those_set_aside(erp, company, item_type):
    lines = [line_sent(f"L-{n}") for n in (1, 2, 3)]
    (stored,) = erp.patch("staged_records/sync", {"updates": [element(item_type, "P", *lines)]}).body["entities"]
    assert rows(company, "P", "L-1", "L-2", "L-3") == 4

    def send(origin_id: str, status: str) -> None:
        kind = item_type if origin_id == "P" else "line_item"
        update = {"item_type": kind, "origin_id": origin_id, "status": status}
        assert erp.patch("staged_records/sync", {"updates": [update]}).body["errors"] == []

    def statuses() -> dict[str, str]:
        shown = erp.get(f"staged_records/{stored['id']}").body
        return {one["origin_id"]: one["status"] for one in (shown, *shown["children"])}

    send("L-1", "archived")
    assert statuses() == {"P": "staged", "L-1": "archived", "L-2": "staged", "L-3": "staged"}

    send("P", "archived")
    assert set(statuses().values()) == {"archived"}

    send("P", "staged")
    assert statuses() == {"P": "staged", "L-1": "archived", "L-2": "staged", "L-3": "staged"}
