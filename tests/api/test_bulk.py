"""Bulk decisions over HTTP: one answer with an outcome per row, or a job to ask about."""

from typing import Any

import pytest

from erpstaging.core.scope import in_company
from erpstaging.records.editing import create_record
from erpstaging.staging.models import StagedExport
from erpstaging.staging.sending import send_record
from erpstaging.staging.tasks import carry_on_bulk
from tests.fixtures.scope import no_scope


@pytest.fixture
def desk(sign_in, approver):
    return sign_in(approver)


@pytest.fixture
def send_vendors(company, connection, project_user):
    def send(count: int) -> list[StagedExport]:
        def command() -> list[StagedExport]:
            records = [
                create_record(company, actor=project_user, item_type="vendor", data={"name": f"Vendor {n}"})
                for n in range(count)
            ]
            return [send_record(company, record.pk, actor=project_user) for record in records]

        return in_company(company.pk, command)

    return send


def items(rows: list[StagedExport]) -> list[dict[str, Any]]:
    return [{"id": row.pk, "version": row.version} for row in rows]


@pytest.mark.capability("AP-07")
def test_up_to_100_rows_are_done_when_it_answers(desk, send_vendors):
    rows = send_vendors(2)
    sent = [*items(rows), {"id": rows[1].pk + 1, "version": 1}]

    answer = desk.post("decisions/bulk", {"act": "accept", "items": sent})

    assert answer.status == 200
    assert answer.body["counts"] == {"waiting": 0, "done": 2, "refused": 1, "skipped": 0}
    assert (answer.body["status"], answer.body["total"], answer.body["object"]) == ("finished", 3, "export")
    assert [(row["id"], row["outcome"], row["code"]) for row in answer.body["rows"]] == [
        (rows[0].pk, "done", None),
        (rows[1].pk, "done", None),
        (rows[1].pk + 1, "refused", "not_found"),
    ]
    assert desk.get(f"jobs/{answer.body['id']}").body == answer.body
    assert desk.get(f"exports/{rows[0].pk}").body["status"] == "exporting"


@pytest.mark.capability("AP-07")
def test_more_rows_are_a_job_that_goes_on(desk, send_vendors):
    rows = send_vendors(101)

    answer = desk.post("decisions/bulk", {"act": "reject", "items": items(rows), "reason": "Wrong year"})

    assert (answer.status, answer.body["status"]) == (202, "running")
    assert answer.body["counts"]["waiting"] == 101
    with no_scope():
        carry_on_bulk()
    url = f"jobs/{answer.body['id']}"
    seen = desk.get(url)
    assert (seen.body["status"], seen.body["counts"]["done"], len(seen.body["rows"])) == ("finished", 101, 100)
    (last,) = desk.get(f"{url}?cursor={seen.body['next_cursor']}").body["rows"]
    assert last["id"] == max(row.pk for row in rows)
    assert desk.get(f"{url}?outcome=refused").body["rows"] == []


@pytest.mark.capability("AP-07")
def test_a_filter_names_its_rows_as_the_queue_does(desk, send_vendors):
    send_vendors(3)

    narrowed = {"view": "ready_to_export", "item_type": ["vendor"], "q": "Vendor 1"}
    answer = desk.post("decisions/bulk", {"act": "accept", "filter": narrowed})

    assert (answer.status, answer.body["total"]) == (200, 1)
    assert desk.post("decisions/bulk", {"act": "accept", "filter": {}}).body["total"] == 2


def test_a_repeated_call_is_one_job(desk, send_vendors):
    rows = send_vendors(2)
    body = {"act": "accept", "items": items(rows)}

    first = desk.post("decisions/bulk", body, Idempotency_Key="k-1")
    again = desk.post("decisions/bulk", body, Idempotency_Key="k-1")

    assert (first.status, again.body) == (200, first.body)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"act": "accept"}, 422, "items"),
        ({"act": "accept", "items": [], "filter": {}}, 422, "items"),
        ({"act": "accept", "items": []}, 422, "items"),
        ({"act": "accept", "items": "all"}, 422, "items"),
        ({"act": "accept", "items": [7]}, 422, "items"),
        ({"act": "accept", "items": [{"id": 7}]}, 428, "items.0.version"),
        ({"act": "accept", "items": [{"id": 7, "version": "1"}]}, 422, "items.0.version"),
        ({"act": "accept", "items": [{"id": 7, "version": 2**31}]}, 422, "items.0.version"),
        ({"act": "accept", "items": [{"id": 2**63 - 1, "version": 1}, {"id": "x", "version": 1}]}, 422, "items.1.id"),
        ({"act": "accept", "items": [{"id": 7, "version": 1}] * 2}, 422, "items"),
        ({"act": ["accept"], "items": [{"id": 7, "version": 1}]}, 422, "act"),
        ({"act": "delete", "items": [{"id": 7, "version": 1}]}, 422, "act"),
        ({"act": "delete", "filter": {}}, 422, "act"),
        ({"act": "accept", "filter": []}, 422, "filter"),
        ({"act": "accept", "filter": {"view": "synced"}}, 422, "filter.view"),
        ({"act": "accept", "filter": {"view": {}}}, 422, "filter.view"),
        ({"act": "accept", "filter": {"item_type": "cow"}}, 422, "filter.item_type"),
        ({"act": "accept", "filter": {"item_type": [[]]}}, 422, "filter.item_type"),
        ({"act": "accept", "filter": {"project_id": "x"}}, 422, "filter.project_id"),
        ({"act": "accept", "filter": {"q": 7}}, 422, "filter.q"),
        ({"act": "accept", "filter": {"colour": 7}}, 422, "filter.colour"),
        ({"act": "accept", "filter": {}}, 422, "filter"),
        ({"act": "reject", "items": [{"id": 7, "version": 1}]}, 422, "reason"),
        ({"act": "accept", "undo_seconds": 0.5, "items": [{"id": 7, "version": 1}]}, 422, "undo_seconds"),
        ({"act": "accept", "code": 1.5, "items": [{"id": 7, "version": 1}]}, 422, "code"),
        ({"act": "accept", "custom_fields": [1.5], "items": [{"id": 7, "version": 1}]}, 422, "custom_fields"),
    ],
    ids=str,
)
def test_what_cannot_be_a_bulk_decision_is_named(desk, connection, body, status, field):
    answer = desk.post("decisions/bulk", body)

    assert (answer.status, list(answer.body["errors"] if status == 422 else [field])) == (status, [field])


def test_too_many_rows_are_too_large(desk, connection):
    sent = [{"id": n, "version": 1} for n in range(1, 10_002)]

    assert desk.post("decisions/bulk", {"act": "accept", "items": sent}).status == 413


def test_who_may_decide_on_nothing_gets_no_job(sign_in, auditor, send_vendors):
    rows = send_vendors(1)

    answer = sign_in(auditor).post("decisions/bulk", {"act": "accept", "items": items(rows)})

    assert (answer.status, answer.body["code"]) == (403, "missing_privilege")


def test_without_a_document_the_job_is_refused_as_each_accept_would_be(desk, company):
    answer = desk.post("decisions/bulk", {"act": "accept", "items": [{"id": 7, "version": 1}]})

    assert (answer.status, answer.body["code"]) == (422, "metadata_missing")


def test_a_job_is_shown_to_its_company_alone(desk, sign_in, send_vendors, make_person, other_company):
    job = desk.post("decisions/bulk", {"act": "accept", "items": items(send_vendors(1))}).body
    stranger = make_person("stranger", company=other_company, erp_level="admin")

    assert sign_in(stranger, company=other_company).get(f"jobs/{job['id']}").status == 404
    assert desk.get("jobs/999999").status == 404


@pytest.mark.parametrize("query", ["outcome=lost", "cursor=abc", "cursor=" + "9" * 30, "limit=0", "limit=x"])
def test_a_query_that_means_nothing_is_400(desk, send_vendors, query):
    job = desk.post("decisions/bulk", {"act": "accept", "items": items(send_vendors(1))}).body

    assert desk.get(f"jobs/{job['id']}?{query}").status == 400
