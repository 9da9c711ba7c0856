"""A batch as an integrator sends it: an outcome for each element, however many there are."""

import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from erpstaging.staging.models import Intake, StagedChange, StagedRecord
from tests.staging.conftest import contract_sent, line_sent, vendor_sent

BATCH, SYNC = 500, "staged_records/sync"
REASONABLE_S = 5
# What is wrong with some elements of a batch, by their place in it.
WRONG = {
    3: ({"data": {"name": ["a list"]}}, {"name": ["must be text"]}),
    71: ({"data": {"name": "x" * 256}}, {"name": ["is too long (maximum 255 characters)"]}),
    140: ({"data": {"name": "A", "is_active": "perhaps"}}, {"is_active": ["must be true or false"]}),
    141: ({"origin_id": None}, {"origin_id": ["can't be blank"]}),
    260: ({"status": "lost"}, {"status": ["must be one of staged, archived, imported, invalid"]}),
    499: ({"data": "a text"}, {"data": ["must be an object"]}),
    400: (
        {"data": {"state_code": "12345678901", "zip": []}},
        {"state_code": ["is too long (maximum 10 characters)"], "zip": ["must be text"]},
    ),
}


@pytest.fixture
def erp(integrator, connection):
    """The integration of a connected company."""
    return integrator


@pytest.fixture
def ready(project, vendor, cost_code, cost_type):
    """Everything that a contract names is linked."""


def batch(count: int = BATCH):
    return [vendor_sent(f"V-{n}", f"Vendor {n}") | WRONG.get(n, ({}, {}))[0] for n in range(count)]


def refused_of(updates):
    return [{**updates[place], "errors": WRONG[place][1]} for place in sorted(WRONG)]


@pytest.mark.capability("IN-02")
def test_seven_invalid_elements_of_500_are_named_in_order_and_493_are_stored(erp, company):
    updates = batch()

    began = time.monotonic()
    answer = erp.patch(SYNC, {"updates": updates})
    took = time.monotonic() - began

    assert answer.status == 200
    assert answer.body["errors"] == refused_of(updates)
    stored = [f"V-{n}" for n in range(BATCH) if n not in WRONG]
    assert [entity["origin_id"] for entity in answer.body["entities"]] == stored
    assert StagedRecord.objects.of(company).count() == len(stored) == 493
    assert took < REASONABLE_S


@pytest.mark.capability("IN-02")
@pytest.mark.parametrize("where", ["body", "query"])
def test_an_atomic_batch_with_seven_invalid_elements_stores_nothing_and_names_all(erp, company, where):
    updates = batch()

    answer = (
        erp.patch(SYNC, {"updates": updates, "atomic": True})
        if where == "body"
        else erp.patch(f"{SYNC}?atomic=true", {"updates": updates})
    )

    assert (answer.status, answer.body["code"]) == (422, "atomic")
    assert answer.body["elements"] == refused_of(updates)
    assert not StagedRecord.objects.of(company).exists()
    assert not Intake.objects.of(company).exists()


@pytest.mark.capability("IN-02")
def test_a_batch_costs_the_same_statements_whatever_its_size(ready, stage):
    def statements(updates) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert stage(*updates).errors == []
        return len(captured)

    def vendors(kind: str, count: int, name: str = "Kestrel"):
        return [vendor_sent(f"{kind}-{n}", name) for n in range(count)]

    def contracts(kind: str, count: int, amount: str = "10"):
        return [
            contract_sent(f"{kind}-{n}", line_sent(f"{kind}-{n}-1", amount), line_sent(f"{kind}-{n}-2", "1"))
            for n in range(count)
        ]

    counted = {
        count: [
            statements(vendors(f"V{count}", count)),
            statements(vendors(f"V{count}", count)),
            statements(vendors(f"V{count}", count, "Changed")),
            statements(contracts(f"C{count}", count)),
            statements(contracts(f"C{count}", count)),
            statements(contracts(f"C{count}", count, "20")),
        ]
        for count in (10, 1000)
    }

    assert counted[10] == counted[1000]


def test_an_unchanged_batch_writes_no_row_version(erp, company):
    updates = batch(count=3)
    erp.patch(SYNC, {"updates": updates})
    before = physical_rows()

    answer = erp.patch(SYNC, {"updates": updates})

    assert [entity["version"] for entity in answer.body["entities"]] == [1, 1, 1]
    assert physical_rows() == before


def physical_rows() -> list[tuple[int, str]]:
    """Where each row stands in the table: an update, of whatever, would have moved it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, ctid::text FROM staging_stagedrecord ORDER BY id")
        return cursor.fetchall()


@pytest.mark.capability("IN-05")
def test_version_four_after_version_five_stays_in_the_history(erp, company):
    def post(version: int, name: str):
        return erp.patch(SYNC, {"updates": [vendor_sent("V-1", name, origin_version=version)]})

    post(5, "Five")
    answer = post(4, "Four")

    assert (answer.status, answer.body["errors"]) == (200, [])
    (entity,) = answer.body["entities"]
    assert (entity["data"], entity["origin_version"], entity["version"]) == ({"name": "Five"}, 5, 1)
    row = StagedRecord.objects.of(company).get()
    assert (row.data, row.origin_version) == ({"name": "Five"}, 5)
    history = StagedChange.objects.of(company).order_by("pk").values_list("origin_version", "superseded", "sent__data")
    assert list(history) == [(5, False, None), (4, True, {"name": "Four"})]
