"""Plain writes of mirrored objects, by several callers at once."""

import pytest

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.core.errors import Invalid
from erpstaging.core.scope import in_company
from erpstaging.records.models import Record
from erpstaging.staging.direct import sync_records
from erpstaging.staging.mirrored import change_object, create_object
from tests.fixtures.parallel import at_once, within

pytestmark = pytest.mark.django_db(transaction=True)
VENDOR = ENTITIES["vendor"]


@pytest.mark.capability("LK-06")
def test_of_parallel_creates_with_one_origin_id_one_stands(company, integration, connection):
    def create(number):
        sent = {"name": f"Vendor {number}", "origin_id": "CRED-1"}
        return within(company, lambda: create_object(company, VENDOR, sent, actor=integration, scope={}))

    outcomes = at_once([create(number) for number in range(6)])

    refused = [one for one in outcomes if isinstance(one, Invalid)]
    (made,) = [one for one in outcomes if isinstance(one, Record)]
    assert [(one.code, one.facts["record_id"]) for one in refused] == [("origin_id_taken", made.pk)] * 5
    assert in_company(company.pk, lambda: Record.objects.of(company).filter(item_type="vendor").count()) == 1


def test_parallel_syncs_of_the_same_objects_and_lines_lose_nothing(
    company, integration, contract, cost_code, cost_type
):
    line = ENTITIES["line_item"].under("work_order_contract")

    def sync(number):
        updates = [
            {"origin_id": f"L-{n}", "amount": "10", "cost_code_id": cost_code.pk, "line_item_type_id": cost_type.pk}
            for n in (range(8) if number % 2 else reversed(range(8)))
        ]
        return within(
            company,
            lambda: sync_records(company, line, updates, actor=integration, scope={}, holder_id=contract.pk).errors,
        )

    outcomes = at_once([sync(number) for number in range(6)])

    assert outcomes == [[]] * 6
    found = in_company(company.pk, lambda: Record.objects.of(company).get(pk=contract.pk))
    assert found.amount == contract.amount + 80


def test_a_plain_change_and_a_sync_wait_for_each_other(company, integration, vendor):
    def change(number):
        def run():
            record = Record.objects.of(company).get(pk=vendor.pk)
            change_object(company, VENDOR, record, {f"{field}": f"{number}"}, actor=integration, scope={})

        field = ("city", "zip", "notes", "website")[number]
        return within(company, run)

    assert at_once([change(number) for number in range(4)]) == [None] * 4

    stored = in_company(company.pk, lambda: Record.objects.of(company).get(pk=vendor.pk))
    assert [stored.data[name] for name in ("city", "zip", "notes", "website")] == ["0", "1", "2", "3"]
