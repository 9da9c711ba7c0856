"""What PostgreSQL itself refuses, whichever code, console or script asks for it."""

from contextlib import contextmanager
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django_fsm import Transition

from erpstaging.core.scope import company_scope
from erpstaging.erp_requests.models import DetailState, ErpRequest, ErpRequestDetail
from erpstaging.records.editing import create_record
from erpstaging.records.models import OriginIdHistory, Record
from erpstaging.staging.confirmations import Confirmation, ConfirmationState
from erpstaging.staging.intake import create_staged_record
from erpstaging.staging.linking import link_staged_record
from erpstaging.staging.models import (
    Conflict,
    Decision,
    ExportState,
    LinkState,
    Refresh,
    RefreshState,
    StagedExport,
    StagedLink,
    StagedRecord,
    StagedStatus,
)
from erpstaging.staging.refreshing import ask_for_refresh
from erpstaging.staging.resetting import reset_record
from tests.fixtures.gate import UNDO
from tests.staging.conftest import vendor_sent


def execute(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(values))


@contextmanager
def refused(*words: str):
    """The database refuses, at the latest when the transaction would end."""
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():  # noqa: PT012 - a check may be deferred
        yield
        execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert all(word in str(refusal.value) for word in words)


# States


def moves(model: type[Any], field: str) -> set[tuple[str, str]]:
    """Every change of state that the model's own transitions allow."""
    transitions: list[Transition] = list(getattr(model(), f"get_all_{field}_transitions")())
    return {(str(one.source), str(one.target)) for one in transitions if one.source != one.target}


def takes(table: str, column: str, row_id: int, source: str, target: str) -> bool:
    """Whether the database lets a row go from one state to another; nothing is left of the attempt."""
    with transaction.atomic():
        execute("SET CONSTRAINTS ALL IMMEDIATE")
        execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", source, row_id)  # noqa: S608
        execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        try:
            with transaction.atomic():
                execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", target, row_id)  # noqa: S608
            taken = True
        except IntegrityError as exc:
            assert f"cannot go from {source} to {target}" in str(exc)  # noqa: PT017 - the words of the guard
            taken = False
        transaction.set_rollback(True)
    return taken


@pytest.mark.parametrize(
    ("model", "field", "states"),
    [
        (StagedRecord, "status", StagedStatus.values),
        (StagedExport, "state", ExportState.values),
        (ErpRequestDetail, "state", DetailState.values),
        (StagedLink, "state", LinkState.values),
        (Refresh, "state", RefreshState.values),
        (Confirmation, "state", ConfirmationState.values),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_guard_allows_exactly_the_moves_of_the_model(
    gate, integration, super_user, as_owner, project, model, field, states
):
    reset_record(gate.company, project.pk, actor=super_user, reason="Lost in the restore.")
    gate.bring_to("exporting")
    staged = create_staged_record(gate.company.pk, vendor_sent("CRED-1"), actor=integration)
    spare = create_record(gate.company, actor=gate.sender, item_type="vendor", data={"name": "Kestrel"})
    link_staged_record(gate.company, staged.pk, spare.pk, actor=gate.approver, version=1, undo=UNDO)
    ask_for_refresh(gate.company, "vendors", actor=gate.approver)
    row_id = model.objects.of(gate.company).order_by("pk").values_list("pk", flat=True).first()
    table = model._meta.db_table

    allowed = {
        (source, target)
        for source in states
        for target in (*states, "somewhere")
        if source != target and takes(table, field, row_id, source, target)
    }

    assert allowed == {(source, target) for source, target in moves(model, field) if source != target}


@pytest.mark.parametrize(
    ("settings", "taken"),
    [
        ("decided_at = now(), erp_request_id = erp_request_id", True),
        ("decided_at = now(), erp_request_id = NULL", False),
        ("decided_at = decided_at, erp_request_id = erp_request_id", False),
        ("decided_at = NULL, erp_request_id = erp_request_id", False),
    ],
)
def test_an_export_goes_out_at_once_only_with_its_decision_and_its_request(gate, as_owner, settings, taken):
    """Accept and release are written as one change, which has to show both."""
    export = gate.bring_to("exporting")
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute("ALTER TABLE staging_stagedexport DISABLE TRIGGER USER")
    execute(
        "UPDATE staging_stagedexport SET state = 'ready_to_export', decided_at = '2026-01-05' WHERE id = %s", export.pk
    )
    execute("ALTER TABLE staging_stagedexport ENABLE TRIGGER USER")
    out = f"UPDATE staging_stagedexport SET state = 'exporting', {settings} WHERE id = {export.pk}"  # noqa: S608

    if taken:
        execute(out)
    else:
        with refused("cannot go from ready_to_export to exporting"):
            execute(out)


# What is frozen


@pytest.mark.parametrize("column", ["request_data = '{}'", "request_name = 'create_vendor'"])
def test_a_request_is_frozen(gate, column):
    gate.bring_to("exporting")

    with refused("frozen"):
        execute(f"UPDATE erp_requests_erprequest SET {column} WHERE request_name = 'create_commitment'")  # noqa: S608


def test_requests_and_details_never_share_an_id(gate):
    failed = gate.bring_to("failed")
    gate.retry(failed)

    requests = set(ErpRequest.objects.of(gate.company).values_list("pk", flat=True))
    details = set(ErpRequestDetail.objects.of(gate.company).values_list("pk", flat=True))
    assert len(details) == 2
    assert not requests & details


# What is there once


def test_a_record_has_one_open_export(gate):
    export = gate.send()

    with refused("one_open_export_per_record"):
        StagedExport.objects.create(
            company=gate.company,
            record=gate.contract,
            item_type=export.item_type,
            snapshot={},
            content_hash=b"",
            record_version=1,
            sent_by_id=1,
            sent_by_name="Nobody",
        )


def test_an_origin_id_stands_on_one_record(gate, vendor):
    other = create_record(gate.company, actor=gate.sender, item_type="vendor", data={"name": "Kestrel"})

    with refused("one_origin_id_one_object"):
        Record.objects.of(gate.company).filter(pk=other.pk).update(origin_id=vendor.origin_id)
    with refused("origin_id_is_not_blank"):
        Record.objects.of(gate.company).filter(pk=other.pk).update(origin_id="")


def test_an_origin_id_is_staged_once(company, connection, integration):
    rows = [create_staged_record(company.pk, vendor_sent(one), actor=integration) for one in ("A", "B")]

    with refused("one_staged_record_per_origin_id"):
        StagedRecord.objects.of(company).filter(pk=rows[1].pk).update(origin_id="A")
    with refused("staged_origin_id_is_not_blank"):
        StagedRecord.objects.of(company).filter(pk=rows[1].pk).update(origin_id="")


def test_a_version_has_one_current_detail(gate):
    gate.retry(gate.bring_to("failed"))

    with refused("one_current_detail_per_version"):
        ErpRequestDetail.objects.of(gate.company).update(current=True)


def test_a_person_decides_once_on_a_version(gate):
    gate.accept(gate.send())
    decision = Decision.objects.of(gate.company).get(object_type="export")

    with refused("one_decision_per_version_and_person"):
        Decision.objects.create(
            company=gate.company,
            object_type="export",
            object_id=decision.object_id,
            version=decision.version,
            verdict="reject",
            actor_kind=decision.actor_kind,
            actor_id=decision.actor_id,
            actor_name="Approver",
        )


def test_a_rule_decides_once_on_a_version(gate):
    """Two decisions without an actor's id are the same decision, too."""
    values = {
        "company": gate.company,
        "object_type": "export",
        "object_id": 1,
        "version": 1,
        "verdict": "accept",
        "actor_kind": "rule",
        "actor_name": "direct_export",
    }
    Decision.objects.create(**values)

    with refused("one_decision_per_version_and_person"):
        Decision.objects.create(**values)


# Amounts


@pytest.mark.parametrize(
    ("table", "constraint"),
    [
        ("records_record", "amount_is_a_number"),
        ("staging_stagedrecord", "staged_amount_is_a_number"),
        ("staging_stagedexport", "export_amount_is_a_number"),
    ],
)
def test_an_amount_is_a_number(gate, table, constraint):
    gate.send()

    with refused(constraint):
        execute(f"UPDATE {table} SET amount = 'NaN'")  # noqa: S608 - names of our own


# Walls


@pytest.fixture
def theirs(other_company, integration):
    """A record, a staged record and a request of another company."""
    with company_scope(other_company.pk):
        record = create_record(other_company, actor=integration, item_type="vendor", data={"name": "Theirs"})
        staged = create_staged_record(other_company.pk, vendor_sent("A"), actor=integration)
        erp_request = ErpRequest.objects.create(company=other_company, request_name="create_vendor", request_data={})
    return {"records_record": record.pk, "staging_stagedrecord": staged.pk, "erp_requests_erprequest": erp_request.pk}


@pytest.mark.parametrize(
    ("model", "column", "target"),
    [
        (Record, "project_id", "records_record"),
        (Record, "parent_id", "records_record"),
        (Record, "vendor_id", "records_record"),
        (OriginIdHistory, "record_id", "records_record"),
        (StagedRecord, "record_id", "records_record"),
        (StagedRecord, "parent_id", "staging_stagedrecord"),
        (StagedExport, "record_id", "records_record"),
        (StagedExport, "project_id", "records_record"),
        (StagedExport, "vendor_id", "records_record"),
        (StagedExport, "erp_request_id", "erp_requests_erprequest"),
        (ErpRequestDetail, "item_id", "records_record"),
        (ErpRequestDetail, "erp_request_id", "erp_requests_erprequest"),
        (Conflict, "record_id", "records_record"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_row_points_to_rows_of_its_own_company(gate, theirs, model, column, target):
    gate.bring_to("synced")
    gate.close("failed", "It is gone.")
    gate.link(None)
    row_id = model.objects.of(gate.company).order_by("pk").values_list("pk", flat=True).first()

    with refused("same_company"):
        model.objects.of(gate.company).filter(pk=row_id).update(**{column: theirs[target]})


def test_a_row_does_not_change_its_company(gate, other_company):
    with pytest.raises(Exception, match="row-level security"), transaction.atomic():
        execute("UPDATE records_record SET company_id = %s", other_company.pk)


def test_another_companys_rows_are_neither_seen_nor_changed_by_plain_sql(gate, theirs):
    with connection.cursor() as cursor:
        for table, row_id in theirs.items():
            cursor.execute(f"SELECT count(*) FROM {table} WHERE id = %s", [row_id])  # noqa: S608
            assert cursor.fetchone() == (0,)
            cursor.execute(f"DELETE FROM {table} WHERE id = %s", [row_id])  # noqa: S608
            assert cursor.rowcount == 0


def test_a_detail_without_its_request_cannot_be_stored(gate):
    with refused("same_company"):
        ErpRequestDetail.objects.create(
            company=gate.company,
            erp_request_id=2**62,
            item_type="work_order_contract",
            item=gate.contract,
            item_version=1,
            due_at=timezone.now(),
        )


@pytest.mark.capability("LK-05", "EX-09")
def test_nobody_confirms_his_own(gate, project, super_user):
    reset_record(gate.company, project.pk, actor=super_user, reason="Lost in the restore.")
    with refused("nobody_confirms_his_own"):
        execute("UPDATE staging_confirmation SET state = 'confirmed', answered_by_id = asked_by_id")


def test_one_act_waits_for_a_record_at_a_time(gate, project, super_user):
    asked = reset_record(gate.company, project.pk, actor=super_user, reason="Lost in the restore.")
    with refused("one_confirmation_waits_per_act"):
        Confirmation.objects.create(
            company=gate.company,
            act=asked.act,
            record=project,
            reason="Again.",
            asked_by_id=super_user.id,
            asked_by_name=super_user.name,
            expires_at=timezone.now(),
        )
