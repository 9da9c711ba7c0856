"""A process that is killed at any statement of a command leaves all of it or nothing."""

import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, connections

from erpstaging.audit.models import Entry
from erpstaging.core import sets
from erpstaging.core.scope import company_scope, in_company
from erpstaging.erp_requests.models import ErpRequest, ErpRequestDetail
from erpstaging.notices.models import Notice
from erpstaging.outbox.models import Event
from erpstaging.records.editing import create_record
from erpstaging.records.models import OriginIdHistory, Record
from erpstaging.staging.closeout import close_details
from erpstaging.staging.exports import NO_UNDO, accept_export, reject_export
from erpstaging.staging.external import sync_external_data
from erpstaging.staging.imports import accept_import
from erpstaging.staging.intake import stage_records
from erpstaging.staging.linking import link_staged_record, undo_link, unlink_record
from erpstaging.staging.merging import merge_vendors
from erpstaging.staging.models import (
    Conflict,
    Decision,
    Intake,
    Refresh,
    StagedChange,
    StagedExport,
    StagedLink,
    StagedRecord,
)
from erpstaging.staging.refreshing import ask_for_refresh
from erpstaging.staging.sending import send_record
from tests.fixtures.gate import UNDO
from tests.staging.conftest import contract_sent, line_sent, vendor_sent

pytestmark = pytest.mark.django_db(transaction=True)

EVERYTHING = (
    Conflict, Decision, Entry, ErpRequest, ErpRequestDetail, Event, Intake, Notice, OriginIdHistory, Record, Refresh,
    StagedChange, StagedExport, StagedLink, StagedRecord,
)  # fmt: skip
MANY = 1000


def stored(company) -> dict[str, list[dict[str, Any]]]:
    """Every row of the company."""
    with company_scope(company.pk):
        return {model.__name__: list(model.objects.of(company).order_by("pk").values()) for model in EVERYTHING}


def run_and_die(company, command: Callable[[], Any], *, at: int) -> int:
    """Run a command in a process of its own that is killed before its statement number `at`.

    Answers with how many statements it came to when it lived to its end, else 0.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _child(company, command, at, writing)
    os.close(writing)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return 0
    assert os.WEXITSTATUS(status) == 0, said.decode()
    return int(said)


def _child(company, command: Callable[[], Any], at: int, writing: int) -> None:
    """Never returns: what pytest would do at its end is the parent's business."""
    count = 0

    def count_and_die(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        nonlocal count
        count += 1
        if count == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)

    try:
        inherited = connection.connection  # the parent's; kept, so that nothing says goodbye on it
        connections["default"].connection = None
        connections["default"].in_atomic_block = False
        with connection.execute_wrapper(count_and_die):
            in_company(company.pk, command)
        os.write(writing, str(count).encode())
        os._exit(0 if inherited is not connection.connection else 2)
    except BaseException as exc:  # told to the parent; the process ends here
        os.write(writing, repr(exc).encode())
        os._exit(1)


def deaths(company, command: Callable[[], Any]) -> Iterator[int]:
    """Kill the command before each of its statements in turn, until it lives; then nothing more is left to kill."""
    for at in range(1, MANY):
        if run_and_die(company, command, at=at):
            return
        yield at


@pytest.fixture
def command(request, gate, project, vendor, cost_code, cost_type) -> Callable[[], Any]:
    company = gate.company
    if request.param == "send":
        return lambda: send_record(company, gate.contract.pk, actor=gate.sender)
    if request.param in {"accept", "reject"}:
        export = gate.send()
        if request.param == "accept":
            return lambda: accept_export(company, export.pk, actor=gate.approver, version=1, inputs={"code": "5001"})
        return lambda: reject_export(company, export.pk, actor=gate.approver, version=1, reason="Wrong retainage")
    updates = [contract_sent("ORD-1", line_sent("L-1"), line_sent("L-2"))]
    if request.param == "stage":
        return lambda: stage_records(company.pk, updates, actor=gate.integration)
    if request.param == "import":
        (row,) = gate.run(lambda: stage_records(company.pk, updates, actor=gate.integration)).entities
        return lambda: accept_import(company, row.pk, actor=gate.approver, version=row.version)
    gate.bring_to("exporting")
    if request.param == "link":
        update = {"item_type": "work_order_contract", "item_id": gate.contract.pk, "origin_id": "ORD-9"}
        return lambda: sync_external_data(company, [update], actor=gate.integration)
    gate.link("ORD-9")
    close = {"id": gate.details()[0].pk, "status": "success"}
    return lambda: close_details(company, [close], actor=gate.integration)


@pytest.mark.parametrize("command", ["stage", "import", "send", "accept", "reject", "link", "close"], indirect=True)
@pytest.mark.capability("EX-01")
def test_a_killed_command_leaves_nothing_and_a_whole_one_leaves_all(gate, command):
    before = stored(gate.company)

    killed = 0
    for at in deaths(gate.company, command):
        killed = at
        assert stored(gate.company) == before, f"killed before statement {at}"

    assert killed > 5
    assert stored(gate.company) != before


@pytest.fixture
def vendor_command(request, gate, vendor, admin) -> Callable[[], Any]:
    company = gate.company
    if request.param == "refresh":
        return lambda: ask_for_refresh(company, "standard_cost_codes", actor=gate.approver)
    if request.param == "unlink vendor":
        return lambda: unlink_record(company, vendor.pk, actor=gate.approver)
    spare = gate.run(
        lambda: create_record(company, actor=gate.sender, item_type="vendor", data={"name": "Kestrel Roofing"})
    )
    if request.param == "merge":
        return lambda: merge_vendors(company, spare.pk, [vendor.pk], actor=admin)
    (row,) = gate.run(lambda: stage_records(company.pk, [vendor_sent("V-1")], actor=gate.integration)).entities
    link = lambda: link_staged_record(  # noqa: E731
        company,
        row.pk,
        spare.pk,
        actor=gate.approver,
        version=1,
        undo=UNDO if request.param == "undo link" else NO_UNDO,
    )
    if request.param == "link vendor":
        return link
    gate.run(link)
    return lambda: undo_link(company, row.pk, actor=gate.approver)


@pytest.mark.parametrize(
    "vendor_command", ["link vendor", "undo link", "unlink vendor", "merge", "refresh"], indirect=True
)
@pytest.mark.capability("LK-07")
def test_a_killed_command_on_companies_leaves_nothing(gate, vendor_command):
    before = stored(gate.company)

    killed = 0
    for at in deaths(gate.company, vendor_command):
        killed = at
        assert stored(gate.company) == before, f"killed before statement {at}"

    assert killed > 5
    assert stored(gate.company) != before


@pytest.mark.capability("EX-01")
def test_an_accept_killed_between_request_and_detail_leaves_neither(gate, monkeypatch):
    export = gate.send()
    before = stored(gate.company)

    insert = sets.insert

    def die(model: Any, *args: Any, **kwargs: Any) -> Any:
        if model is ErpRequestDetail:
            os.kill(os.getpid(), signal.SIGKILL)
        return insert(model, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(sets, "insert", die)
        accept = lambda: accept_export(gate.company, export.pk, actor=gate.approver, version=1)  # noqa: E731
        assert run_and_die(gate.company, accept, at=MANY) == 0

    assert stored(gate.company) == before
    gate.accept(export)
    assert (len(gate.requests()), len(gate.details())) == (1, 1)
