"""Money is decimal from one end to the other, and a day without a time is the company's day."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from erpstaging.companies.models import User
from erpstaging.core.scope import company_scope
from erpstaging.erp_requests.models import ErpRequest
from erpstaging.records.models import Record
from erpstaging.staging.models import StagedRecord
from tests.staging.conftest import contract_sent, line_sent, vendor_sent

LARGEST = "9" * 19 + ".9999"
# Halden Civil lives in America/Denver: its clocks go back on 1 November 2026 and forward on 8 March.
LONG_DAY, SHORT_DAY = "2026-11-01", "2026-03-08"
pytestmark = pytest.mark.capability("MP-08")


@pytest.fixture
def codes(project, vendor, cost_code, cost_type):
    """What the lines of a staged contract are booked under."""


@pytest.fixture
def imported(company, integrator, sign_in, approver, codes):
    """`imported(line, ..)`: the contract that came of these staged lines."""

    def make(*lines) -> Record:
        answer = integrator.patch("staged_records/sync", {"updates": [contract_sent("ORD-1", *lines)]})
        assert answer.body["errors"] == []
        row = answer.body["entities"][0]["id"]
        accepted = sign_in(approver).post(f"staged_records/{row}/import", {"version": 1})
        assert accepted.status == 200, accepted
        return Record.objects.of(company).get(item_type="work_order_contract", origin_id="ORD-1")

    return make


def raw(origin_id: str, amount: str) -> dict:
    """A line whose amount is a JSON number that no float went through."""
    return line_sent(origin_id, json.loads(f'"@{amount}@"'))


def as_numbers(updates: list) -> bytes:
    return json.dumps({"updates": updates}).replace('"@', "").replace('@"', "").encode()


@pytest.mark.parametrize("amounts", [("0.1", "0.2"), (0.1, 0.2)], ids=["strings", "numbers"])
def test_a_tenth_and_two_tenths_are_three_tenths(imported, sign_in, project_user, amounts):
    contract = imported(line_sent("ORD-1-1", amounts[0]), line_sent("ORD-1-2", amounts[1]))

    shown = sign_in(project_user).get(f"records/{contract.pk}").body
    assert contract.amount == Decimal("0.3")
    assert shown["amount"] == "0.3"
    assert page(contract, project_user).count("0.30") >= 1


def test_an_amount_of_nineteen_digits_survives_staging_and_import(company, integrator, imported, sign_in, project_user):
    contract = imported(line_sent("ORD-1-1", LARGEST))

    line = Record.objects.of(company).get(origin_id="ORD-1-1")
    staged = integrator.get(f"staged_records/{StagedRecord.objects.of(company).get(origin_id='ORD-1-1').pk}")
    assert (contract.amount, line.amount) == (Decimal(LARGEST),) * 2
    assert staged.body["data"]["amount"] == LARGEST
    assert sign_in(project_user).get(f"records/{contract.pk}").body["amount"] == LARGEST


def test_a_number_of_nineteen_digits_is_no_float_on_its_way(company, integrator, codes):
    body = as_numbers([contract_sent("ORD-1", raw("ORD-1-1", LARGEST))])

    assert integrator.patch("staged_records/sync", body).body["errors"] == []

    assert StagedRecord.objects.of(company).get(origin_id="ORD-1-1").data["amount"] == LARGEST


def test_an_amount_of_nineteen_digits_reaches_the_integrator(company, gate, integrator, sign_in, project_user):
    lines = Record.objects.of(company).filter(parent=gate.contract).order_by("position")
    first, second = lines
    site = sign_in(project_user)
    assert site.delete(f"records/{second.pk}").status < 300
    assert site.patch(f"records/{first.pk}", {"data": {"amount": LARGEST, "extended_type": "manual"}}).status == 200

    gate.accept(gate.send(), inputs={"code": "5001"})

    (erp_request,) = ErpRequest.objects.of(company).filter(request_name="create_commitment")
    fetched = integrator.get(f"erp_requests/{erp_request.pk}").body["request_data"]
    assert fetched["commitment"]["grand_total"] == LARGEST
    assert [line["amount"] for line in fetched["commitment_items"]] == [LARGEST]


@pytest.mark.parametrize("sums", [("9" * 19, "1"), (LARGEST, "0.0001")])
def test_a_sum_that_no_column_holds_is_an_error_of_its_element(company, integrator, codes, sums):
    lines = [line_sent(f"ORD-1-{n}", amount) for n, amount in enumerate(sums)]

    answer = integrator.patch("staged_records/sync", {"updates": [contract_sent("ORD-1", *lines)]})

    assert (answer.status, len(answer.body["errors"])) == (200, 1)
    assert not StagedRecord.objects.of(company).filter(origin_id__startswith="ORD-1").exists()


@pytest.mark.parametrize("amount", ["1e3", "1,5", "NaN", "0.00001", "1" + "0" * 19])
def test_what_is_no_amount_is_refused_by_its_field(integrator, codes, amount):
    sent = contract_sent("ORD-1", line_sent("ORD-1-1", amount))

    answer = integrator.patch("staged_records/sync", {"updates": [sent]})

    assert list(answer.body["errors"][0]["errors"]) == ["amount"]


# Days


@pytest.mark.parametrize(
    ("day", "inside", "outside"),
    [
        (LONG_DAY, ("2026-11-01T06:00:00", "2026-11-02T06:59:59"), ("2026-11-01T05:59:59", "2026-11-02T07:00:00")),
        (SHORT_DAY, ("2026-03-08T07:00:00", "2026-03-09T05:59:59"), ("2026-03-08T06:59:59", "2026-03-09T06:00:00")),
        ("2026-06-01", ("2026-06-01T06:00:00", "2026-06-02T05:59:59"), ("2026-06-01T05:59:59", "2026-06-02T06:00:00")),
    ],
    ids=["25 hours", "23 hours", "24 hours"],
)
def test_a_day_in_a_filter_is_the_company_s(company, integrator, connection, day, inside, outside):
    for moment in (*inside, *outside):
        integrator.post("staged_records", vendor_sent(moment))
        changed = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        StagedRecord.objects.of(company).filter(origin_id=moment).update(updated_at=changed)

    found = integrator.get(f"staged_records?filters[updated_at]={day}").body

    assert {row["origin_id"] for row in found} == set(inside)


def test_a_moment_without_its_offset_is_refused(integrator, connection):
    answer = integrator.get("staged_records?filters[updated_at]=2026-11-01T00:00:00...")

    assert (answer.status, list(answer.body["errors"])) == (400, ["filters[updated_at]"])


@pytest.mark.parametrize("day", [LONG_DAY, SHORT_DAY, "2026-12-31"])
def test_a_day_typed_into_a_form_is_the_day_that_is_stored_and_shown(company, contract, project_user, day):
    browser = signed_in(project_user)
    form = reverse("approvals:edit_record", args=[company.pk, contract.pk])
    lines = Record.objects.of(company).filter(parent=contract).order_by("position")
    kept = {f"line-{n}-{name}": value for n, line in enumerate(lines) for name, value in typed(line)}

    saved = browser.post(form, {"title": contract.title, "contract_date": day, **kept})

    assert saved.status_code == 302
    with company_scope(company.pk):
        assert Record.objects.of(company).get(pk=contract.pk).data["contract_date"] == day
    assert f'value="{day}"' in browser.get(form).content.decode()


def typed(line: Record):
    values = {**line.data, "id": line.pk}
    names = ("id", "cost_code_id", "line_item_type_id", "description", "quantity", "uom", "unit_cost")
    return [(name, values.get(name) or "") for name in names]


def signed_in(actor) -> Client:
    browser = Client()
    browser.force_login(User.objects.get(pk=actor.id))
    return browser


@override_settings(ROOT_URLCONF="config.urls")
def page(record: Record, actor) -> str:
    return signed_in(actor).get(reverse("approvals:record", args=[record.company_id, record.pk])).content.decode()
