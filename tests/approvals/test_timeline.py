"""The story of an object: everything that happened to it, from every side."""

import html
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from erpstaging.audit import log as audit
from erpstaging.core.scope import in_company
from erpstaging.hooks.models import AttemptOutcome, Delivery, DeliveryAttempt, Hook
from erpstaging.outbox.models import Event
from erpstaging.records.models import Record
from erpstaging.staging.imports import accept_import
from erpstaging.staging.intake import stage_records
from tests.approvals.test_settings import Desk
from tests.staging.conftest import vendor_sent

pytestmark = pytest.mark.capability("MO-01")


@pytest.fixture
def desk(company, approver) -> Desk:
    return Desk(company, approver)


def plain(page: str) -> str:
    page = page[page.index('<ol class="timeline">') : page.rindex("</ol>")]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_it_begins_with_what_the_integrator_staged(company, connection, desk, approver, integration):
    row = stage_records(company.pk, [vendor_sent("V-1", "Kestrel")], actor=integration).entities[0]
    stage_records(company.pk, [vendor_sent("V-1", "Kestrel Ltd")], actor=integration)
    row = accept_import(company, row.pk, actor=approver, version=2)

    for page in (desk.text("record", row.record_id, query="?tab=timeline"),
                 desk.text("staged", row.pk, query="?tab=timeline")):  # fmt: skip
        said = plain(page)
        for text in ("Ledger connector integrator staged it", "sent it with changes", "Approver imported it"):
            assert text in said


def test_it_tells_every_step_on_the_way_to_the_erp(gate, desk):
    gate.bring_to("failed")
    gate.retry(gate.export())
    gate.link("ORD-9")
    gate.close("success")

    page = desk.text("record", gate.contract.pk, query="?tab=timeline")

    said = plain(page)
    for text in (
        "created it", "sent it to accounting", "accepted it", "let it out to the integrator", "answered: failed",
        "Period closed.", "sent it to the integrator again", "wrote its origin ID", "answered: success",
    ):  # fmt: skip
        assert text in said
    assert page.count("<time") >= page.count('<li id="')
    assert plain(desk.text("export", gate.export().pk, query="?tab=timeline")) == said


def test_it_tells_who_was_told_and_each_attempt(gate, desk, company, service_account):
    gate.bring_to("exporting")
    event = Event.objects.of(company).get(resource_name="ERP Requests", resource_id=gate.requests()[0].pk)
    hook = Hook.objects.create(
        company=company, namespace="x", api_version="v2", destination_url="https://ledger.example/in",
        encrypted_headers="", encrypted_secret="", profile="durable", account_id=service_account.pk,
    )  # fmt: skip
    delivery = Delivery.objects.create(
        company=company, hook=hook, event=event, position=1, resource_name="ERP Requests",
        resource_id=event.resource_id, body="{}",
    )  # fmt: skip
    for number, (status, error) in enumerate([(None, "timed out"), (503, ""), (200, "")], start=1):
        DeliveryAttempt.objects.create(
            company=company, delivery=delivery, hook=hook, number=number, started_at=timezone.now(), duration_ms=35,
            outcome=AttemptOutcome.OK if status == 200 else AttemptOutcome.RETRIED, status=status, error=error,
        )  # fmt: skip

    said = plain(desk.text("record", gate.contract.pk, query="?tab=timeline"))

    for text in (
        "has news for the integrator at ledger.example", "could not reach the integrator at ledger.example",
        "timed out", "was turned away by ledger.example, attempt 2", "Answer 503 after 35 ms",
        "told the integrator at ledger.example, attempt 3", "Answer 200 after 35 ms",
    ):  # fmt: skip
        assert text in said


def test_it_tells_of_edits_and_decisions_that_were_refused(gate, desk, company, project_user):
    export = gate.bring_to("synced")
    site = Desk(company, project_user)
    record = gate.record()

    assert site.post("edit_record", record.pk, version=record.version, title="Mine").status_code == 422
    assert desk.post("accept", export.pk, version=1).status_code == 409

    page = desk.text("record", gate.contract.pk, query="?tab=timeline")
    said = plain(page)
    assert said.count("Project User tried to, and was refused") == 1
    assert "Approver tried to, and was refused" in said
    assert "fields: ['title']" in said
    correlations = re.findall(r"<code>([0-9a-f]{32})</code>", page)
    assert len(correlations) >= 2


def test_five_hundred_entries_cost_as_many_queries_as_a_few(gate, desk, company, approver):
    record = gate.contract
    url = desk.url("record", record.pk, query="?tab=timeline")
    desk.client.get(url)  # the first page of a session remembers its company
    with CaptureQueriesContext(connection) as few:
        desk.client.get(url)
    acts = [audit.Act("record.edited", "record", record.pk, record.pk, after={"n": n}) for n in range(1200)]
    in_company(company.pk, lambda: audit.record(company.pk, approver, acts))

    with CaptureQueriesContext(connection) as many:
        page = desk.client.get(url).content.decode()

    assert len(many) == len(few)
    assert page.count('<li id="') == 500
    assert "Older entries" in page
    for query in ("&before=0", "&before=x", "&before=999999999999999999"):
        assert desk.client.get(url + query).status_code == 200


def test_older_entries_follow_without_a_gap(company, contract, desk, approver):
    now = timezone.now()
    record = Record.objects.of(company).get(pk=contract.pk)
    for n in range(600):
        in_company(
            company.pk,
            lambda n=n: audit.record(
                company.pk, approver, [audit.Act("record.edited", "record", record.pk, record.pk)]
            ),
        )
    assert timezone.now() - now < timedelta(minutes=5)

    first = desk.text("record", record.pk, query="?tab=timeline")
    older = re.search(r'href="([^"]+before=\d+)"', html.unescape(first))[1]
    second = desk.client.get(older).content.decode()

    ids = [set(re.findall(r'<li id="(entry-\d+)"', page)) for page in (first, second)]
    assert len(ids[0]) == 500
    assert not ids[0] & ids[1]
    assert len(ids[0] | ids[1]) >= 600
    assert "Older entries" not in second
