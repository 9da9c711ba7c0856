"""Contracts, invoices, payments and costs in the pages: their lists and forms, and an approver's view of each."""

from typing import Any

import pytest

from erpstaging.companies.models import User
from erpstaging.connections.services import store_metadata
from erpstaging.records.models import Record
from erpstaging.staging.intake import create_staged_record
from erpstaging.staging.models import StagedExport
from tests.fixtures.financials import ABOVE, WIRE_TYPES
from tests.fixtures.ledger import ON, metadata
from tests.fixtures.scope import OutsideClient

EVERY_KIND = pytest.mark.parametrize("item_type", WIRE_TYPES)
TABS = ("fields", "lines", "payload", "checks", "timeline")


class Person:
    """Somebody who is signed in, in front of the pages of the company."""

    def __init__(self, company, actor) -> None:
        self.base = f"/c/{company.pk}"
        self.client = OutsideClient()
        self.client.force_login(User.objects.get(pk=actor.id))

    def read(self, path: str) -> str:
        answer = self.client.get(f"{self.base}/{path}")
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.content.decode()

    def post(self, path: str, **values: Any) -> Any:
        return self.client.post(f"{self.base}/{path}", values)


@pytest.fixture
def maker(company, project_user) -> Person:
    return Person(company, project_user)


@pytest.fixture
def desk(company, approver) -> Person:
    return Person(company, approver)


@EVERY_KIND
def test_a_kind_has_its_list_its_form_and_a_button_to_send(financials, maker, item_type):
    record = financials.ready(item_type)

    assert f"records/new/{item_type}/" in maker.read("records/")
    assert f"records/{record.pk}/" in maker.read(f"records/?item_type={item_type}")
    assert "Save and send" in maker.read(f"records/new/{item_type}/?project_id={financials.known['project'].pk}")
    assert "send/" in maker.read(f"records/{record.pk}/")


@EVERY_KIND
@pytest.mark.capability("EX-01")
def test_it_is_sent_from_its_page_and_looked_at_before_it_is_accepted(company, financials, maker, desk, item_type):
    record = financials.ready(item_type)

    assert maker.post(f"records/{record.pk}/send/").status_code == 302

    export = StagedExport.objects.of(company).get(record=record)
    assert f"exports/{export.pk}/" in desk.read("queue/?view=ready_to_export")
    for tab in TABS:
        assert "Accept version 1" in desk.read(f"exports/{export.pk}/?tab={tab}")
    assert desk.post(f"exports/{export.pk}/accept/", version=export.version).status_code in {200, 302}
    assert StagedExport.objects.of(company).get(pk=export.pk).state in {"accepted", "exporting"}


@pytest.mark.parametrize("item_type", [kind for kind in ABOVE if kind != "contract_payment"])
def test_a_form_offers_what_stands_above_in_the_project_alone(financials, maker, item_type):
    financials.ready(item_type)
    above = financials.known[ABOVE[item_type]]
    line = financials.lines(above)[0]
    path = f"records/new/{item_type}/"

    here = maker.read(f"{path}?project_id={financials.known['project'].pk}")
    elsewhere = maker.read(f"{path}?project_id={2**40}")

    assert f'value="{above.pk}"' in here
    assert f'value="{line.pk}"' in here
    assert f'value="{above.pk}"' not in elsewhere
    assert f'value="{line.pk}"' not in elsewhere


@pytest.mark.capability("EX-01")
def test_an_invoice_is_written_and_sent_in_one_form(company, financials, maker):
    financials.ready("requisition")
    contract = financials.known["work_order_contract"]
    values = {
        "project_id": financials.known["project"].pk, "commitment_id": contract.pk, "invoice_number": "INV-9",
        "status": "approved", "billing_date": "2026-04-30", "line-0-line_item_id": financials.line(contract),
        "line-0-description_of_work": "April", "line-0-work_completed_this_period": "99.5",
        "line-0-materials_presently_stored": "0.5", "line-0-cost_code_id": "",
    }  # fmt: skip

    answer = maker.post("records/new/requisition/?then=send", **values)

    assert answer.status_code == 302
    record = Record.objects.of(company).get(item_type="requisition", number="INV-9")
    assert record.amount == 100
    assert StagedExport.objects.of(company).get(record=record).state == "ready_to_export"


def test_a_cost_of_the_company_says_where_each_line_is_booked(company, financials, maker, desk):
    record = financials.ready("company_level_direct_cost")
    new = maker.read("records/new/company_level_direct_cost/")
    assert f"Harbour Point: {financials.known['cost_code'].number}" in new

    maker.post(f"records/{record.pk}/send/")

    export = StagedExport.objects.of(company).get(record=record)
    assert "Diesel" in desk.read(f"exports/{export.pk}/?tab=lines")


def test_the_markups_of_a_change_order_stand_below_its_lines(financials, maker):
    record = financials.ready("prime_contract_change_order")
    financials.child(record, "markup", name="Fee", percentage="7.5", position=1)

    page = maker.read(f"records/{record.pk}/?tab=lines")

    assert "Fee 7.5 %" in page
    assert "15.00" in page


def test_a_choice_of_the_wire_is_written_in_words(financials, maker):
    record = financials.ready("requisition", status="approved_as_noted")

    assert "Approved as noted" in maker.read(f"records/{record.pk}/")
    assert "Pending owner approval" in maker.read(f"records/{record.pk}/edit/")


PRESENT = {"enabled": True, "validation": {"present": {"enabled": True, "message": "Fill in the billing date."}}}


@pytest.mark.capability("AP-06", "IN-09")
def test_what_cannot_be_typed_at_accept_leads_to_the_form_of_the_object(company, financials, maker, desk, approver):
    record = financials.ready("requisition", billing_date=None)
    assert maker.post(f"records/{record.pk}/send/").status_code == 302
    export = StagedExport.objects.of(company).get(record=record)
    rules = {"export": {"fields": {"billing_date": PRESENT}}}
    document = metadata(requisitions={"enabled": True, "configs": {"export": ON}, "tab": ON, "rules": rules})
    store_metadata(company.pk, document, actor=financials.integration)

    page = desk.read(f"exports/{export.pk}/?tab=checks")

    form = f'href="{desk.base}/records/{record.pk}/edit/"'
    assert "Fill in the billing date." in page
    assert f"{form}>Mend it" in page.replace('class="btn small" ', "")
    refused = desk.post(f"exports/{export.pk}/accept/", version=export.version)
    assert refused.status_code == 422
    assert form in refused.content.decode()
    assert "Retrieve" in maker.read(f"records/{record.pk}/edit/")


def test_an_amount_of_money_is_shown_with_its_decimals_and_currency(financials, maker):
    payment = financials.ready("contract_payment")
    page = maker.read(f"records/{payment.pk}/")
    assert '275.50 <span class="muted">USD</span>' in page
    assert 'value="275.50"' in maker.read(f"records/{payment.pk}/edit/")


def test_columns_that_no_line_fills_are_left_out(financials, maker):
    invoice, contract = financials.ready("requisition"), financials.above("requisition")
    assert "Unit cost" not in maker.read(f"records/{invoice.pk}/?tab=lines")
    assert "Unit cost" in maker.read(f"records/{contract.pk}/?tab=lines")


def test_a_refused_form_says_above_what_has_to_be_looked_at(maker, financials):
    refused = maker.post("records/new/requisition/", **{"line-0-work_completed_this_period": "much"})
    page = refused.content.decode()
    assert refused.status_code == 422
    assert 'href="#id_commitment_id">Commitment</a>' in page


def test_a_staged_row_names_the_records_that_its_origin_ids_mean(
    company, project, vendor, cost_code, integration, desk
):
    line = {"item_type": "line_item", "origin_id": "SC-9-1", "data": {"cost_code_origin_id": cost_code.origin_id}}
    named = {"project_origin_id": project.origin_id, "vendor_origin_id": "CRED-99", "title": "Steel", "number": "SC-9"}
    sent = {"item_type": "work_order_contract", "origin_id": "SC-9", "data": named, "children": [line]}
    row = create_staged_record(company.pk, sent, actor=integration)

    page = desk.read(f"staged/{row.pk}/?tab=fields")

    assert f'<a href="{desk.base}/records/{project.pk}/">{project.number} {project.title}</a>' in page
    assert "(origin ID)" in page  # the vendor, which nothing is linked with yet
    assert "CRED-99" in page
    lines = desk.read(f"staged/{row.pk}/?tab=lines")
    assert cost_code.title in lines


def test_a_form_that_waits_shows_closed_values_as_pages_do(financials, maker):
    invoice = financials.ready("requisition")
    maker.post(f"records/{invoice.pk}/send/")

    page = maker.read(f"records/{invoice.pk}/edit/")

    assert 'value="31 Mar 2026" readonly' in page
    assert 'value="250.00" readonly' in page
