"""One decision on many rows: outcomes row by row, chunks with commits of their own, nothing decided twice."""

import dataclasses
import functools
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from erpstaging.audit.models import Entry
from erpstaging.companies.models import Membership
from erpstaging.connections.services import store_metadata
from erpstaging.core.errors import Invalid, NotPermitted, TooLarge
from erpstaging.core.scope import company_scope, in_company
from erpstaging.erp_requests.models import ErpRequest, ErpRequestDetail
from erpstaging.records.editing import create_record
from erpstaging.staging import bulk, bulk_acts, exports
from erpstaging.staging.bulk import Selection, decide_chunk, outcome_counts, seen_job, start_bulk
from erpstaging.staging.bulk_models import BulkItem, BulkJob
from erpstaging.staging.intake import stage_records
from erpstaging.staging.models import Decision, StagedExport, StagedRecord
from erpstaging.staging.queue import Asked, View
from erpstaging.staging.sending import send_record
from erpstaging.staging.tasks import carry_on_bulk
from tests.fixtures.ledger import metadata
from tests.fixtures.parallel import at_once, within
from tests.fixtures.scope import no_scope
from tests.staging.conftest import vendor_sent

READY = Selection(asked=Asked(View.READY_TO_EXPORT))


@pytest.fixture
def send_vendors(company, connection, project_user) -> Callable[..., list[StagedExport]]:
    """`send_vendors(3)`: three vendors that wait for their accept."""

    def send(count: int, name: str = "Kestrel Roofing") -> list[StagedExport]:
        def command() -> list[StagedExport]:
            found = []
            for n in range(count):
                data = {"name": f"{name} {n}"}
                record = create_record(company, actor=project_user, item_type="vendor", data=data)
                found.append(send_record(company, record.pk, actor=project_user))
            return found

        return in_company(company.pk, command)

    return send


@pytest.fixture
def decide(company, approver) -> Callable[..., BulkJob]:
    """`decide("accept", Selection(..))` as a command of its own."""

    def run(word: str, chosen: Selection, *, actor: Any = approver, **given: Any) -> BulkJob:
        return in_company(company.pk, lambda: start_bulk(company, word, chosen, actor=actor, given=given))

    return run


def pairs(rows: list[Any]) -> Selection:
    return Selection(pairs=[(row.pk, row.version) for row in rows])


def outcomes(job: BulkJob) -> dict[int, str]:
    return {
        item.object_id: item.code or item.outcome
        for item in BulkItem.objects.of(job.company_id).filter(job=job).order_by("object_id")
    }


def states(company) -> Counter[str]:
    return Counter(StagedExport.objects.of(company).values_list("state", flat=True))


@pytest.mark.capability("AP-07")
def test_rows_that_cannot_be_decided_keep_their_reason_and_the_others_are_decided(
    gate, send_vendors, decide, approver, second_approver
):
    good = send_vendors(3)
    (decided,) = send_vendors(1, "Decided")
    gate.reject(decided, actor=second_approver)
    changed = gate.send()
    chosen = [(export.pk, export.version) for export in (*good, changed)]
    chosen += [(decided.pk, decided.version + 1), (10**9, 1)]
    gate.run(lambda: exports.reject_export(gate.company, changed.pk, actor=approver, version=1, reason="Wrong one"))

    job = decide("accept", Selection(pairs=chosen))

    assert outcomes(job) == {
        **{export.pk: "done" for export in good},
        changed.pk: "changed",
        decided.pk: "wrong_state",
        10**9: "not_found",
    }
    assert outcome_counts(gate.company.pk, job) == {"waiting": 0, "done": 3, "refused": 2, "skipped": 1}
    assert job.finished_at is not None
    assert states(gate.company) == {"exporting": 3, "rejected": 2}
    texts = {row.object_id: row.message for row in seen_job(gate.company, job.pk).rows}
    assert texts[decided.pk] == "It is rejected already. Second Approver decided it."


@pytest.mark.capability("AP-07")
def test_of_250_rows_the_12_that_break_a_rule_stay_with_their_reason(company, integration, send_vendors, decide):
    rows = send_vendors(238, "Kestrel") + send_vendors(12, "Brook, Stone and Sons")
    wrong = {export.pk for export in rows[238:]}
    short = {"validation": {"max_length": {"enabled": True, "length": 15, "message": "Too long for the ledger."}}}
    configs = {"export": {"enabled": True}, "import": {"enabled": True}}
    vendors = {"enabled": True, "configs": configs, "rules": {"export": {"fields": {"name": short}}}}
    store = functools.partial(store_metadata, company.pk, metadata(vendors=vendors), actor=integration)
    in_company(company.pk, store)

    job = decide("accept", pairs(rows))
    assert job.finished_at is None
    with no_scope():
        assert carry_on_bulk() == 250

    seen = seen_job(company, job.pk, outcomes=["refused"])
    assert seen.counts == {"waiting": 0, "done": 238, "refused": 12, "skipped": 0}
    assert {(row.object_id, row.code, row.message) for row in seen.rows} == {
        (one, "rule_failed", "Too long for the ledger.") for one in wrong
    }
    assert states(company) == {"exporting": 238, "ready_to_export": 12}


@pytest.mark.capability("AP-07")
def test_a_filter_is_frozen_at_that_moment_and_what_changed_since_is_skipped(
    gate, send_vendors, decide, approver, monkeypatch
):
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    rows = send_vendors(3)
    job = decide("accept", READY)
    (late,) = send_vendors(1, "Late")
    gate.reject(rows[1])

    with no_scope():
        carry_on_bulk()

    assert outcomes(job) == {rows[0].pk: "done", rows[1].pk: "changed", rows[2].pk: "done"}
    assert states(gate.company) == {"exporting": 2, "rejected": 1, "ready_to_export": 1}
    assert StagedExport.objects.of(gate.company).get(pk=late.pk).state == "ready_to_export"


def test_a_chunk_is_a_commit_of_its_own(company, send_vendors, decide, approver, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    send_vendors(5)
    act = bulk_acts.ACTS["accept"]
    monkeypatch.setitem(bulk_acts.ACTS, "accept", dataclasses.replace(act, chunk=2))
    job = decide("accept", READY)

    assert [in_company(company.pk, lambda: decide_chunk(company, job.pk)) for _ in range(4)] == [2, 2, 1, 0]

    assert states(company) == {"exporting": 5}
    assert BulkJob.objects.of(company).get().finished_at is not None
    assert ErpRequest.objects.of(company).filter(request_name="create_vendor").count() == 5


def test_who_lost_his_rights_meanwhile_decides_no_more(company, send_vendors, decide, approver, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    rows = send_vendors(2)
    job = decide("accept", READY)
    Membership.objects.filter(user_id=approver.id).update(can_push_to_accounting=False)

    with no_scope():
        carry_on_bulk()

    assert set(outcomes(job).values()) == {"missing_privilege"}
    assert states(company) == {"ready_to_export": 2}
    denied = Entry.objects.of(company).filter(action="denied", object_type="export")
    assert {entry.object_id for entry in denied} == {row.pk for row in rows}


def test_nobody_accepts_his_own_in_a_crowd(company, send_vendors, decide, make_person):
    rights = {"erp_level": "standard", "project_level": "admin", "can_push_to_accounting": True}
    both = make_person("both", **rights)
    (other,) = send_vendors(1)

    def send_own() -> StagedExport:
        record = create_record(company, actor=both, item_type="vendor", data={"name": "Own"})
        return send_record(company, record.pk, actor=both)

    own = in_company(company.pk, send_own)

    job = decide("accept", READY, actor=both)

    assert outcomes(job) == {other.pk: "done", own.pk: "self_approval"}


def test_a_fault_at_one_row_is_its_own(company, send_vendors, decide, monkeypatch, caplog):
    rows = send_vendors(3)
    checked = exports.checked_inputs

    def fail(checking: Any, export: StagedExport, given: Any) -> dict[str, Any]:
        if export.pk == rows[1].pk:
            raise RuntimeError("boom")
        return checked(checking, export, given)

    monkeypatch.setattr(exports, "checked_inputs", fail)

    job = decide("accept", READY)

    assert outcomes(job) == {rows[0].pk: "done", rows[1].pk: "server_error", rows[2].pk: "done"}
    assert states(company) == {"exporting": 2, "ready_to_export": 1}
    assert "boom" in caplog.text


def test_what_postgresql_broke_is_repeated_as_a_whole(company, send_vendors, decide, monkeypatch):
    send_vendors(2)

    def broken(*args: Any, **kwargs: Any) -> Any:
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(exports, "lock_exports", broken)

    with pytest.raises(OperationalError):
        decide("accept", READY)

    assert not BulkJob.objects.of(company).exists()


@pytest.mark.capability("AP-07")
def test_many_are_rejected_with_one_reason(company, send_vendors, decide):
    rows = send_vendors(2)

    pin = {"field": "name", "note": "Which one?"}
    job = decide("reject", pairs(rows), reason="  Wrong year ", code="period", pins=[pin])

    assert set(outcomes(job).values()) == {"done"}
    stored = StagedExport.objects.of(company).order_by("pk")
    assert [(one.state, one.reason, one.reason_code) for one in stored] == [("rejected", "Wrong year", "period")] * 2


def test_many_that_failed_are_sent_again(gate, decide):
    failed = gate.bring_to("failed")

    job = decide("retry", Selection(asked=Asked(View.FAILED)))

    assert outcomes(job) == {failed.pk: "done"}
    assert (gate.export().state, len(gate.requests())) == ("exporting", 2)


@pytest.fixture
def staged(company, connection, integration) -> Callable[..., list[StagedRecord]]:
    def stage(*elements: Any) -> list[StagedRecord]:
        return in_company(company.pk, lambda: stage_records(company.pk, elements, actor=integration)).entities

    return stage


@pytest.mark.capability("AP-07")
def test_many_are_imported_each_on_its_own(company, decide, staged):
    rows = staged(vendor_sent("V-1"), vendor_sent("V-2"), vendor_sent("V-3"))
    refused = [(row.pk, row.version + (row is rows[1])) for row in rows]

    job = decide("import", Selection(pairs=refused))

    assert list(outcomes(job).values()) == ["done", "changed", "done"]
    stored = StagedRecord.objects.of(company).order_by("pk")
    assert [row.status for row in stored] == ["imported", "staged", "imported"]


def test_many_imports_are_rejected_with_one_reason(company, decide, staged):
    staged(vendor_sent("V-1"), vendor_sent("V-2"))

    job = decide("reject_import", Selection(asked=Asked(View.READY_TO_IMPORT)), reason="Not ours")

    assert set(outcomes(job).values()) == {"done"}
    assert [row.messages for row in StagedRecord.objects.of(company)] == [["Not ours"]] * 2


def test_a_job_is_refused_before_anything_is_written(company, send_vendors, decide, auditor, monkeypatch):
    rows = send_vendors(2)

    for word, chosen, given, field in [
        ("approve", pairs(rows), {}, "act"),
        ("accept", Selection(), {}, "items"),
        ("accept", Selection(pairs=[(7, 1), (7, 2)]), {}, "items"),
        ("accept", Selection(asked=Asked(View.FAILED)), {}, "filter.view"),
        ("accept", pairs(rows), {"undo_seconds": 61}, "undo_seconds"),
        ("reject", pairs(rows), {}, "reason"),
        ("reject", pairs(rows), {"reason": "Wrong", "code": 7}, "code"),
    ]:
        with pytest.raises(Invalid) as refused:
            decide(word, chosen, **given)
        assert list(refused.value.errors) == [field]
    with pytest.raises(NotPermitted):
        decide("accept", pairs(rows), actor=auditor)
    monkeypatch.setattr(bulk, "MAX_ROWS", 1)
    with pytest.raises(TooLarge):
        decide("accept", pairs(rows))

    assert not BulkJob.objects.of(company).exists()
    assert states(company) == {"ready_to_export": 2}


@pytest.mark.django_db(transaction=True)
def test_two_workers_on_one_job_decide_each_row_once(company, send_vendors, decide, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    send_vendors(6)
    act = bulk_acts.ACTS["accept"]
    monkeypatch.setitem(bulk_acts.ACTS, "accept", dataclasses.replace(act, chunk=3))
    job = decide("accept", READY)

    chunk = within(company, lambda: decide_chunk(company, job.pk))
    counted = [count for _ in range(3) for count in at_once([chunk, chunk])]

    assert sum(counted) == 6
    with company_scope(company.pk):
        assert Decision.objects.of(company).filter(object_type="export").count() == 6
        assert ErpRequestDetail.objects.of(company).filter(item_type="vendor").count() == 6


def test_a_chunk_costs_the_same_statements_whatever_its_size(company, send_vendors, approver):
    def statements(count: int) -> int:
        wanted = [exports.Wanted(export.pk, export.version) for export in send_vendors(count)]
        with CaptureQueriesContext(database) as queries:
            outcomes = exports.accept_exports(company, wanted, actor=approver)
        assert all(outcome.refusal is None for outcome in outcomes)
        return len(queries)

    assert statements(1) == statements(20) <= 14


def test_a_chunk_that_the_database_refuses_is_decided_row_by_row(company, send_vendors, decide, caplog):
    """The writes of a chunk travel in one pipeline: its refusal has to end where the chunk's savepoint does."""
    rows = send_vendors(3)
    with database.cursor() as cursor:
        cursor.execute("SELECT nextval('erp_requests_id_seq')")
        (drawn,) = cursor.fetchone()
    ErpRequest.objects.create(company=company, id=drawn + 3, request_name="sync_metadata", request_data={})

    job = decide("accept", pairs(rows))

    assert "duplicate key value" in caplog.text
    assert set(outcomes(job).values()) == {"done"}
    assert states(company) == {"exporting": 3}
    assert ErpRequestDetail.objects.of(company).filter(current=True).count() == 3
    assert Decision.objects.of(company).filter(object_type="export").count() == 3
